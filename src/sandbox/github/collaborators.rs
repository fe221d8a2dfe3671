//! Who has access to a repository.

use axum::extract::{Path, State};

use super::GitHub;
use super::access::Need;
use super::answer::{Answer, Refusal, no_content};
use super::directory::Caller;

/// `GET collaborators/{login}`: 204 for owners, for members whom the base permission lets in, and for collaborators.
pub(super) async fn is_one(
    State(github): State<GitHub>,
    caller: Caller,
    Path((owner, name, login)): Path<(String, String, String)>,
) -> Answer {
    let (role, base) = {
        let directory = github.directory();
        (directory.role(&owner, &login), directory.base_permission)
    };
    github.with(&caller, &owner, &name, Need::READ_CONTENTS, |repository| {
        let is_owner = owner.eq_ignore_ascii_case(&login) || role == Some("admin");
        let is_member = role.is_some() && base.is_some();
        if is_owner || is_member || repository.collaborators.contains_key(&login) {
            return no_content();
        }
        Err(Refusal::not_found())
    })
}
