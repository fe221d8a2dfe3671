//! What of a rules file can never match: a name that AWS does not have is no mistake, since AWS has new ones before this
//! version knows them.

use super::Rules;
use crate::domain::identifier::ActionName;
use crate::domain::policy::unmatched;
use crate::domain::refusal::quoted;

impl Rules {
    /// Returns a sentence for each pattern over actions that matches no action that this version knows.
    pub fn unmatched(&self) -> Vec<String> {
        let allowed: Vec<String> = self.allow_actions.iter().map(ActionName::to_string).collect();
        let of_file = [("`allow-actions`", &allowed), ("`account-wide-actions`", &self.account_wide_actions)];
        let of_file = of_file.map(|(place, patterns)| (place.to_owned(), patterns.iter().collect::<Vec<_>>()));
        let of_bundles =
            self.bundles.iter().map(|(name, patterns)| (format!("bundle {}", quoted(name)), patterns.iter().collect()));
        let of_rules = self.rules.iter().map(|rule| {
            // The rules hold those of their bundles too, which are told by the bundle's name.
            let bundles: Vec<&String> =
                rule.bundles.iter().filter_map(|name| self.bundles.get(name)).flatten().collect();
            let own = rule.actions.iter().filter(|pattern| !bundles.contains(pattern)).collect();
            (format!("rule {}", quoted(&rule.name)), own)
        });
        let told = |(place, patterns): (String, Vec<&String>)| {
            patterns.into_iter().filter_map(|pattern| sentence(&place, pattern)).collect::<Vec<_>>()
        };
        of_file.into_iter().chain(of_bundles).chain(of_rules).flat_map(told).collect()
    }
}

fn sentence(place: &str, pattern: &str) -> Option<String> {
    let like = unmatched(pattern)?;
    let meant = if like.is_empty() { String::new() } else { format!("; did you mean {}?", like.join(" or ")) };
    Some(format!("{place}: {} matches no action of AWS that this version knows{meant}", quoted(pattern)))
}
