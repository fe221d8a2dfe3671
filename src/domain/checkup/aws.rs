//! AWS: the account, the boundary, the workflows' identities, and room for grants.

use super::planned::Share;
use super::{Check, Judge, Outcome, Seen, Severity, Unseen, UserSeen, bad, check, fine, unknown, unseen};
use crate::domain::quotas::Quotas;
use crate::domain::setup::{System, Thing};

/// With less room than for so many grants somebody should look.
const FEW: i32 = 20;

const fn share(
    fine: &'static str,
    takes: fn(&super::planned::Part<'_>, &super::planned::Planned) -> bool,
    remedy: &'static str,
) -> Judge {
    Judge::Planned(Share { system: System::Aws, fine, differing: Severity::Error, takes, codes: &[], remedy })
}

pub(super) static CHECKS: [Check; 7] = [
    check("aws-account", account),
    Check {
        name: "boundary",
        judge: share(
            "it is what the rules call for",
            // In whichever account it is.
            |part, planned| matches!(&part.subject.thing, Thing::Policy(name) if *name == planned.wanted.names.boundary),
            "port-iam init --only aws",
        ),
    },
    Check {
        name: "identity-provider",
        judge: share(
            "AWS takes the tokens of GitHub's workflows, where they are used",
            |part, _| matches!(part.subject.thing, Thing::IdentityProvider(_)),
            "port-iam init --aws-setup",
        ),
    },
    Check {
        name: "oidc-subject",
        judge: share(
            "the roles trust in the subject that GitHub writes into this repository's tokens",
            |part, planned| part.is_about_the_subject(planned),
            "port-iam init --aws-setup",
        ),
    },
    Check {
        name: "workflow-roles",
        judge: share(
            "roles and policies are what is written, no less and no more; `port-iam doctor --security` tries each action",
            |part, _| match &part.subject.thing {
                Thing::Role(_) | Thing::OwnRole(_) | Thing::Policy(_) => true,
                Thing::Everything => part.subject.account.is_some(),
                _ => false,
            },
            "port-iam init --aws-setup",
        ),
    },
    check("workflow-user", user),
    check("quotas", quotas),
];

fn account(seen: &Seen) -> Outcome {
    let aws = match &seen.aws {
        Ok(aws) => aws,
        Err(barred) => return unknown(format!("AWS was not asked: {}", barred.why)),
    };
    let account = &aws.account;
    if let Some(expected) = aws.expected.as_ref().filter(|expected| *expected != account) {
        let what = format!("the AWS credentials are of the account {account}, and AWS_ACCOUNT_ID says {expected}");
        return bad(
            Severity::Error,
            what,
            "export AWS_PROFILE=PROFILE (one of that account), or: unset AWS_ACCOUNT_ID",
        );
    }
    match &seen.named_account {
        Ok(Some(named)) if named != account => bad(
            Severity::Error,
            format!("the AWS credentials are of the account {account}, and the workflows name {named}"),
            format!(
                "export AWS_PROFILE=PROFILE (one of the account {named}; aws sts get-caller-identity shows whose it is)"
            ),
        ),
        Ok(Some(_)) => fine(format!("it is {account}, and the workflows name it")),
        Ok(None) => fine(format!("it is {account}")),
        Err(why) => unseen("which account the workflows name", why, "port-iam doctor --verbose"),
    }
}

fn user(seen: &Seen) -> Outcome {
    let name_it = "port-iam doctor --user NAME";
    match &seen.user {
        Err(why) => unseen("the workflows' IAM user", why, "port-iam doctor --security --user NAME"),
        Ok(UserSeen::Roles) => fine("the workflows assume roles, and have no IAM user"),
        Ok(UserSeen::Unnamed) => unknown(format!(
            "the workflows use an access key, and whose it is cannot be read back; `{name_it}` tries it"
        )),
        Ok(UserSeen::Hidden(why)) => unknown(format!("these AWS credentials may not read its policies: {why}")),
        Ok(UserSeen::User { arn, policies: 0, .. }) => bad(
            Severity::Error,
            format!("{arn} has no policy: the workflows can do nothing"),
            "port-iam aws granter; port-iam aws revoker",
        ),
        Ok(UserSeen::User { arn, further, missing, .. }) => {
            let security = format!("port-iam doctor --security --user {}", arn.rsplit('/').next().unwrap_or(arn));
            match (further.first(), missing.first()) {
                (Some(further), _) => bad(
                    Severity::Error,
                    format!("the policies of {arn} allow more than is written: {further}"),
                    security,
                ),
                // It may say the same in other words, which only trying tells.
                (None, Some(missing)) => bad(
                    Severity::Warning,
                    format!("the policies of {arn} do not say all that is written: {missing}"),
                    security,
                ),
                (None, None) => {
                    fine(format!("the policies of {arn} are what is written; `{security}` tries each action"))
                }
            }
        }
    }
}

/// The worst of all accounts; each but the first by its number.
fn quotas(seen: &Seen) -> Outcome {
    const ROOM: &str =
        "port-iam sweep --dry-run, then raise the quota: aws service-quotas list-service-quotas --service-code iam";
    let first = std::iter::once((None, &seen.quotas));
    let further = seen.further_quotas.iter().map(|(account, quotas)| (Some(account.as_str()), quotas));
    let (mut worst, mut told) = (Severity::Fine, Vec::new());
    for (account, quotas) in first.chain(further) {
        let of = account.map_or_else(|| "the account".to_owned(), |account| format!("the account {account}"));
        let (severity, what) = match quotas {
            Ok(Some(quotas)) => room(&of, quotas),
            Ok(None) => (Severity::Unknown, format!("these AWS credentials may not ask {of} (iam:GetAccountSummary)")),
            Err(why) => {
                let (severity, what, _) = unseen(&format!("the room of {of}"), why, "");
                (severity, what)
            }
        };
        worst = worst.max(severity);
        told.push(what);
    }
    let told = told.join("; ");
    let is_unseen = matches!(seen.quotas, Err(Unseen::Here(_)));
    match worst {
        Severity::Fine => fine(told),
        Severity::Unknown => unknown(told),
        severity if is_unseen => bad(severity, told, "aws iam get-account-summary"),
        severity => bad(severity, format!("{told}; each grant needs one of each"), ROOM),
    }
}

/// Returns how full an account is.
fn room(of: &str, quotas: &Quotas) -> (Severity, String) {
    let (mut worst, mut counts) = (Severity::Fine, Vec::new());
    for (what, quota) in [("roles", quotas.roles), ("managed policies", quotas.policies)] {
        let Some((present, most)) = quota else { continue };
        worst = worst.max(match most.saturating_sub(present) {
            ..=0 => Severity::Error,
            room if room < FEW => Severity::Warning,
            _ => Severity::Fine,
        });
        counts.push(format!("{present} of {most} {what}"));
    }
    (worst, format!("{of} has {}", counts.join(" and ")))
}
