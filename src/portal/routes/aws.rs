//! What AWS has now, and the tester.

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use maud::Markup;
use serde_json::Value;

use super::taken::InQuery;
use crate::assets;
use crate::domain::account::AwsAccount;
use crate::portal::Portal;
use crate::portal::aws::{Question, Taker, Verdict, account, judge, judge_taker};
use crate::portal::catalog::Catalog;
use crate::portal::pages::aws as pages;
use crate::sandbox::aws::RoleDocuments;
use crate::sandbox::cast;

/// A question to the tester, as far as it is asked.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    role: String,
    action: String,
    resource: String,
    context: String,
}

/// `GET /aws?role=ROLE&action=ACTION&resource=ARN&context=LINES`
pub(super) async fn page(State(portal): State<Portal>, InQuery(asked): InQuery<Asked>, here: Uri) -> Response {
    let page = async {
        let roles = roles(&portal);
        let mut names: Vec<String> = roles.iter().map(|(role, _)| role.name.clone()).collect();
        // Of those that have ended, only the name is left, and the record.
        let catalog = Catalog::read(&portal).await?;
        for record in catalog.entities(&portal.names().permission_records) {
            if !names.contains(&record.identifier) {
                names.push(record.identifier.clone());
            }
        }
        let role = if asked.role.is_empty() { names.first().cloned().unwrap_or_default() } else { asked.role.clone() };
        let found = roles.iter().map(|(role, _)| role).find(|known| known.name == role);
        let (question, answer) = answered(&portal, found, &Asked { role, ..asked });
        let (names, answer) = (Some(names.as_slice()), answer.as_ref());
        Ok(pages::page(&pages::Shown { roles: &roles, names, question: &question, answer, here: "/aws" }))
    };
    portal.show(&here, page).await
}

/// Returns what AWS has of one grant, for the grant's own page.
pub(super) fn panel(portal: &Portal, grant: &str, asked: &Asked, here: &str) -> Markup {
    let mut roles = roles(portal);
    roles.retain(|(role, _)| role.name == grant);
    let asked = Asked { role: grant.to_owned(), ..asked.clone() };
    let (question, answer) = answered(portal, roles.first().map(|(role, _)| role), &asked);
    pages::panel(&pages::Shown { roles: &roles, names: None, question: &question, answer: answer.as_ref(), here })
}

/// Returns the question with its answer, or with the line of it that cannot be read; where none is asked, one that could be.
fn answered(
    portal: &Portal,
    role: Option<&RoleDocuments>,
    asked: &Asked,
) -> (Question, Option<Result<Verdict, String>>) {
    let Asked { role: name, action, resource, context } = asked.clone();
    let question = Question { role: name, action, resource, context };
    if !question.is_asked() {
        let (action, resource) = role.and_then(suggestion).unwrap_or_default();
        return (Question { action, resource, ..question }, None);
    }
    let answer = judge(role, &question, portal.sandbox().clock.now());
    (question, Some(answer))
}

/// Returns the first action of the role's policy, on something that lies under its resource.
fn suggestion(role: &RoleDocuments) -> Option<(String, String)> {
    let document: Value = serde_json::from_str(role.policies.first()?).ok()?;
    let first = |value: &Value| value.as_str().or_else(|| value[0].as_str()).map(str::to_owned);
    let statement = document["Statement"].get(0)?;
    Some((first(&statement["Action"])?, first(&statement["Resource"])?.replace('*', "report.csv")))
}

/// Returns the roles of grants in both accounts, each with who may take it.
fn roles(portal: &Portal) -> Vec<(RoleDocuments, Vec<Taker>)> {
    let (sandbox, path) = (portal.sandbox(), &portal.names().iam_path);
    let all = [&sandbox.aws, &sandbox.second_aws].into_iter().flat_map(|account| account.roles(path));
    let with_takers = |role: RoleDocuments| {
        let takers = takers(portal, &role);
        (role, takers)
    };
    all.map(with_takers).collect()
}

fn takers(portal: &Portal, role: &RoleDocuments) -> Vec<Taker> {
    let home = account(&role.arn);
    let policy = |home| assets::requester_policy(portal.names(), &home).ok();
    let own = AwsAccount::parse("account", home, "aws").ok().and_then(policy).unwrap_or_default();
    let user = |account: &str, name: &str| format!("arn:aws:iam::{account}:user/{name}");
    let now = portal.sandbox().clock.now();
    [
        (cast::DANA.name, user(home, cast::DANA.iam_user)),
        (cast::MAX.name, user(home, cast::MAX.iam_user)),
        ("Somebody of another account", user(cast::UNRELATED_AWS_ACCOUNT_ID, "stranger")),
    ]
    .map(|(name, arn)| judge_taker(role, (name, &arn), &own, now))
    .to_vec()
}
