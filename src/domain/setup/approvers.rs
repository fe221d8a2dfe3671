//! Approvers who are named by their team: the rules file names people, and a team changes.

use super::finding::{Finding, Severity};

/// Returns what separates the people who are meant now (`named`, with the members of teams) from those whom the rules file
/// at `path` names; none where nothing does.
pub fn approvers_that_moved(named: &[String], in_rules: &[String], path: &str) -> Option<Finding> {
    let missing = |from: &[String], of: &[String]| -> Vec<String> {
        let is_in = |person: &&String| from.iter().any(|other| other.eq_ignore_ascii_case(person));
        of.iter().filter(|person| !is_in(person)).cloned().collect()
    };
    let (joined, left) = (missing(in_rules, named), missing(named, in_rules));
    let told = [(joined, "cannot approve, and is meant to"), (left, "may approve, and is not in the team")];
    let told: Vec<String> = told
        .into_iter()
        .filter(|(people, _)| !people.is_empty())
        .map(|(people, what)| format!("{} {what}", people.join(", ")))
        .collect();
    (!told.is_empty()).then(|| {
        Finding::new(
            Severity::Warning,
            "approvers-moved",
            format!("the team of --approvers is not as {path} has it, which names people: {}", told.join("; ")),
            format!("change `approvers` in {path} by a pull request, and run `port-iam init` again"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_joined_and_who_left_is_told_and_letters_alone_make_no_difference() {
        let people = |all: &[&str]| all.iter().map(|&one| one.to_owned()).collect::<Vec<_>>();
        let (then, now) = (people(&["ada@x.y", "lead@x.y"]), people(&["Ada@x.y", "max@x.y"]));
        let told = approvers_that_moved(&now, &then, ".github/port-iam.yaml").unwrap();
        assert!(told.message.contains("max@x.y cannot approve"), "{told}");
        assert!(told.message.contains("lead@x.y may approve, and is not in the team"), "{told}");
        assert_eq!(approvers_that_moved(&people(&["ADA@x.y"]), &people(&["ada@x.y"]), "p"), None);
    }
}
