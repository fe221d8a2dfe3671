//! Who may give a grant back: whoever asked for it, whoever approves it, and administrators.
//!
//! It is a revocation as any other, for people to whom the portal need not open `Revoke permissions`.

use super::catalog::{Approval, Run, User};
use super::identifier::GrantId;
use super::refusal::{Refusal, RefusalCode};

/// What is known of somebody who wants to give a grant back.
#[derive(Clone, Copy, Debug)]
pub struct Returner<'a> {
    /// The run that wants it.
    pub run: &'a Run,
    /// Who started it, where Port bears out what the dispatch says.
    pub user: Option<&'a User>,
    /// The run that made the grant, when Port knows it.
    pub granted: Option<&'a Run>,
    /// The decisions on that run.
    pub approvals: &'a [Approval],
    /// E-mail of the requester as the permanent record tells it, of a grant that was made without Port and so by no run;
    /// none of any other.
    pub recorded: Option<&'a str>,
    /// E-mails, in lower case, of those whom the rules let approve such a grant.
    pub approvers: &'a [String],
}

impl Returner<'_> {
    /// Returns whether it is their own: nothing besides Port's two runs, or the record in the place of the first, has to be
    /// known for it.
    pub fn is_requester(&self) -> bool {
        let (by, asked) = (self.run.created_by.as_deref(), self.granted.and_then(|run| run.created_by.as_deref()));
        let is_recorded = |user: &User| self.recorded.is_some_and(|email| user.has_email(email));
        by.is_some() && by == asked || self.user.is_some_and(is_recorded)
    }

    /// Checks that the person may give the grant back.
    ///
    /// # Errors
    ///
    /// Refuses everybody who neither asked for the grant, nor approved it or may approve such, nor is an administrator.
    pub fn verify(&self, grant: &GrantId) -> Result<(), Refusal> {
        let by = self.run.created_by.as_deref();
        let approved = self.approvals.iter().any(|it| it.is_approved() && Some(it.user_id.as_str()) == by);
        let user = self.user.filter(|user| user.is_active_human());
        let may_approve = user.is_some_and(|user| self.approvers.iter().any(|email| user.has_email(email)));
        if self.is_requester() || approved || may_approve || user.is_some_and(User::is_administrator) {
            return Ok(());
        }
        let reason = format!("{grant} is given back by whoever asked for it, by its approvers or by an administrator");
        Err(Refusal::new(
            RefusalCode::NotYours,
            "requester",
            reason,
            "ask one of them, or whoever may run `Revoke permissions`",
        ))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(by: Option<&str>) -> Run {
        Run {
            id: "r_2".to_owned(),
            action: "return_permissions".to_owned(),
            entity: Some("Permission-r_1".to_owned()),
            status: "IN_PROGRESS".to_owned(),
            status_label: None,
            created_by: by.map(str::to_owned),
            impersonated_by: None,
            created_at: None,
            updated_at: None,
            ended_at: None,
            has_ended: false,
            properties: json!({}),
            raw_properties: json!({}),
            needs_approval: false,
        }
    }

    fn user(role: &str, status: &str) -> User {
        User {
            id: "auth0|max".to_owned(),
            email: "Max@acme.example".to_owned(),
            status: status.to_owned(),
            kind: None,
            teams: Vec::new(),
            roles: vec![role.to_owned()],
        }
    }

    /// Somebody who has nothing to do with the grant.
    struct Case {
        run: Run,
        user: User,
        granted: Option<Run>,
        approvals: Vec<Approval>,
        recorded: Option<&'static str>,
        approvers: Vec<String>,
    }

    fn may(change: impl FnOnce(&mut Case)) -> bool {
        let mut case = Case {
            run: run(Some("auth0|max")),
            user: user("Member", "ACTIVE"),
            granted: Some(run(Some("auth0|dana"))),
            approvals: Vec::new(),
            recorded: None,
            approvers: Vec::new(),
        };
        change(&mut case);
        let Case { run, user, granted, approvals, recorded, approvers } = &case;
        let (granted, recorded) = (granted.as_ref(), *recorded);
        let returner = Returner { run, user: Some(user), granted, approvals, recorded, approvers };
        let verified = returner.verify(&GrantId::parse("Permission-r_1").unwrap());
        assert!(verified.as_ref().err().is_none_or(|refusal| refusal.code.as_str() == "not-yours"));
        verified.is_ok()
    }

    fn decision(state: &str, by: &str) -> Vec<Approval> {
        vec![Approval { user_id: by.to_owned(), state: state.to_owned(), said: None }]
    }

    #[test]
    fn whoever_asked_approves_or_administers_may_give_back_and_nobody_else() {
        assert!(!may(|_| {}));
        assert!(may(|it| it.run = run(Some("auth0|dana"))));
        assert!(may(|it| it.approvals = decision("APPROVED", "auth0|max")));
        assert!(!may(|it| it.approvals = decision("APPROVED", "auth0|ada")));
        assert!(!may(|it| it.approvals = decision("DECLINED", "auth0|max")));
        assert!(may(|it| it.approvers = vec!["max@acme.example".to_owned()]));
        assert!(!may(|it| it.approvers = vec!["ada@acme.example".to_owned()]));
        assert!(may(|it| it.user = user("Admin", "ACTIVE")));
    }

    #[test]
    fn two_runs_that_nobody_started_are_not_one_person_s() {
        assert!(!may(|it| (it.run, it.granted) = (run(None), Some(run(None)))));
        assert!(!may(|it| it.granted = None));
    }

    #[test]
    fn what_was_granted_without_port_is_given_back_by_the_requester_of_its_record_whatever_the_case() {
        let without_a_run = |recorded| may(|it| (it.granted, it.recorded) = (None, recorded));
        assert!(without_a_run(Some("max@acme.example")));
        assert!(without_a_run(Some("MAX@ACME.example")));
        assert!(!without_a_run(Some("dana@acme.example")));
        assert!(!without_a_run(Some("")));
        assert!(!without_a_run(None));
    }

    #[test]
    fn who_has_left_neither_approves_nor_administers() {
        assert!(!may(|it| {
            it.approvers = vec!["max@acme.example".to_owned()];
            it.user = user("Admin", "DISABLED");
        }));
    }
}
