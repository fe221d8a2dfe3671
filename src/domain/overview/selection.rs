//! Which rows are asked for.

use super::{Row, State};

/// Which rows are asked for. All parts narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowSelection {
    /// E-mail of the requester, whatever its case.
    pub requester: Option<String>,
    /// ARN of a resource, be it the first or an additional one.
    pub resource: Option<String>,
    /// The account.
    pub account: Option<String>,
    /// The states; none is any.
    pub states: Vec<State>,
}

impl RowSelection {
    /// Returns whether a row is asked for. Whoever is told as requester anywhere is meant.
    pub fn takes(&self, row: &Row) -> bool {
        let is_theirs = |email: &String| row.requesters.iter().any(|one| one.to_lowercase() == email.to_lowercase());
        let is_on_it = |arn: &String| row.resources.iter().any(|one| at_or_under(one, arn));
        self.requester.as_ref().is_none_or(is_theirs)
            && self.resource.as_ref().is_none_or(is_on_it)
            && self.account.as_ref().is_none_or(|account| row.account.as_ref() == Some(account))
            && (self.states.is_empty() || self.states.contains(&row.state))
    }

    /// Returns whether permanent records of grants that have ended have to be read.
    pub fn wants_the_past(&self) -> bool {
        self.states.iter().any(|state| state.is_of_the_past())
    }
}

/// What a policy allows may be what lies under a resource, which is told where no tag names the resource.
fn at_or_under(one: &str, arn: &str) -> bool {
    one.strip_prefix(arn).is_some_and(|rest| rest.is_empty() || rest == "/*" || rest == ":*")
}
