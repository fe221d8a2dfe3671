//! Reads how many grants may be open at once.

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::mistake::Mistakes;
use super::present::present;

/// How many grants may be live at once (`open-grants`); none where the file sets no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenGrants {
    /// Of one requester.
    pub per_requester: Option<usize>,
    /// On one resource.
    pub per_resource: Option<usize>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct OpenGrantsEntry {
    #[serde(default, deserialize_with = "present")]
    per_requester: Option<Spanned<u16>>,
    #[serde(default, deserialize_with = "present")]
    per_resource: Option<Spanned<u16>>,
}

pub(super) fn open_grants(entry: &OpenGrantsEntry, mistakes: &mut Mistakes) -> OpenGrants {
    let mut limit = |name: &str, limit: Option<&Spanned<u16>>| {
        let limit = limit?;
        if limit.value == 0 {
            mistakes.note(limit, format!("`{name}: 0` would refuse every grant; leave it out for no limit"));
        }
        Some(usize::from(limit.value))
    };
    OpenGrants {
        per_requester: limit("per-requester", entry.per_requester.as_ref()),
        per_resource: limit("per-resource", entry.per_resource.as_ref()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Rules;
    use super::*;

    fn parse(line: &str) -> Result<OpenGrants, String> {
        let file = format!(
            "version: 1\naccounts: {{ \"123456789012\": {{}} }}\ntrust: {{ mode: account }}\n{line}\nrules: []\n"
        );
        Rules::parse(&file).map(|rules| rules.open_grants).map_err(|error| error.to_string())
    }

    #[test]
    fn a_limit_is_read_and_one_that_is_not_there_is_none() {
        assert_eq!(parse(""), Ok(OpenGrants::default()));
        let both = OpenGrants { per_requester: Some(5), per_resource: Some(3) };
        assert_eq!(parse("open-grants: { per-requester: 5, per-resource: 3 }"), Ok(both));
        assert_eq!(parse("open-grants: { per-resource: 3 }"), Ok(OpenGrants { per_requester: None, ..both }));
    }

    #[test]
    fn a_limit_that_is_none_or_misspelt_is_a_mistake() {
        for line in ["per-requester: 0", "per-requester: -1", "per-requester: many", "per-requestor: 1"] {
            let error = parse(&format!("open-grants: {{ {line} }}")).unwrap_err();
            assert!(error.starts_with("line 4: "), "{line}: {error}");
        }
    }
}
