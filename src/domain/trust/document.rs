//! The trust document: the mode's principal and conditions in the frame of the reviewed template.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::mode::{PermissionSet, Trust};
use super::name::{AwsName, NameMapping};
use crate::domain::account::AwsAccount;
use crate::domain::digest::digest;
use crate::domain::policy_text::{LONGEST_TRUST, is_written};
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::template::{TrustStatement, TrustTemplate};

/// Characters of the random end of a permission set's role name (IAM Identity Center User Guide, "Referencing
/// permission sets"). Their number keeps `Dev` apart from a permission set `Dev_Admin`, which `*` would not.
const SUFFIX: &str = "????????????????";

/// Returns the trust document of a grant to the person with this e-mail that ends at `end`, or at the template's own
/// end where that is earlier.
///
/// # Errors
///
/// Refuses a requester without a name in AWS where the mode or the template needs one, a template that does not go
/// with the mode, and a document that IAM would not take: too long, or with characters outside of its alphabet.
pub fn document(
    template: &TrustTemplate,
    trust: &Trust,
    account: &AwsAccount,
    requester: &str,
    end: Timestamp,
) -> Result<Value, Refusal> {
    let ours = statement(trust, account, requester)?;
    let name = || names(trust).map(|names| names.name_of(requester)).transpose();
    let document = template.document(ours, account, end, name)?;
    check_text(&document.to_string(), template)?;
    Ok(document)
}

/// Returns whether the trust document depends on who asks.
pub fn wants_name(template: &TrustTemplate, trust: &Trust) -> bool {
    match trust {
        Trust::Account => template.wants_name(true),
        Trust::IdentityCenter { .. } | Trust::IamUser { .. } | Trust::SourceIdentity { .. } => true,
        Trust::Template { .. } => template.wants_name(false),
    }
}

/// Returns what people should know of the trust beyond [`Trust::what_it_proves`], each a sentence: the template's
/// identities of other accounts, of which nobody here can say who uses them.
pub fn notes(template: &TrustTemplate, trust: &Trust, account: &AwsAccount) -> Vec<String> {
    let Trust::Template { .. } = trust else { return Vec::new() };
    let sentence = |identity: String| {
        format!(
            "the trust template lets in {identity}, which is not of the account {}: that account decides who can use the grant",
            account.id
        )
    };
    template.foreign_principals(account).into_iter().map(sentence).collect()
}

fn names(trust: &Trust) -> Option<&NameMapping> {
    match trust {
        Trust::Account => None,
        Trust::IdentityCenter { names, .. } | Trust::IamUser { names, .. } | Trust::SourceIdentity { names } => {
            Some(names)
        }
        Trust::Template { names } => names.as_ref(),
    }
}

fn statement(trust: &Trust, account: &AwsAccount, requester: &str) -> Result<TrustStatement, Refusal> {
    let mut statement = TrustStatement {
        principal: Some(json!({ "AWS": account.root_arn() })),
        further_actions: &[],
        conditions: Map::new(),
    };
    match trust {
        Trust::Account => {}
        Trust::IdentityCenter { permission_set: PermissionSet::Role(role), names } => {
            let name = names.name_of(requester)?;
            let session = format!("arn:{}:sts::{}:assumed-role/{role}/{name}", account.partition, account.id);
            statement.principal = Some(json!({ "AWS": session }));
        }
        Trust::IdentityCenter { permission_set: PermissionSet::Name(set), names } => {
            let name = names.name_of(requester)?;
            statement.add("ArnLike", "aws:PrincipalArn", json!(permission_set_roles(set, account)));
            statement.add("StringLike", "aws:userid", json!(session_of(&name)));
        }
        Trust::IamUser { path, names } => {
            let user =
                account.iam_arn(&format!("user{}", path.trim_end_matches('/')), names.name_of(requester)?.as_str());
            statement.principal = Some(json!({ "AWS": user }));
        }
        Trust::SourceIdentity { names } => {
            // The value that the caller carries; what he asks for in this request (`sts:SourceIdentity`) proves nothing.
            statement.add("StringEquals", "aws:SourceIdentity", json!(names.name_of(requester)?.as_str()));
            // AWS sets a carried source identity anew on the next session of a chain. It does so with transitive tags too, but
            // tags are also what the caller likes to bring along: only a reviewed template lets them in.
            statement.further_actions = &["sts:SetSourceIdentity"];
        }
        Trust::Template { .. } => statement.principal = None,
    }
    Ok(statement)
}

/// Returns the patterns of a permission set's role: with the region of Identity Center, and without it as for us-east-1.
fn permission_set_roles(set: &str, account: &AwsAccount) -> [String; 2] {
    ["*/", ""].map(|region| {
        account.iam_arn("role/aws-reserved/sso.amazonaws.com", &format!("{region}AWSReservedSSO_{set}_{SUFFIX}"))
    })
}

/// Returns the pattern of `aws:userid`, the role's id and the session's name, which cannot hold a colon.
fn session_of(name: &AwsName) -> String {
    format!("*:{name}")
}

fn check_text(text: &str, template: &TrustTemplate) -> Result<(), Refusal> {
    if let Some(character) = text.chars().find(|&character| !is_written(character)) {
        let reason = format!("the trust policy would hold {character:?}; IAM takes U+0020 to U+00FF");
        let remedy = "write the template without it";
        return Err(Refusal::new(RefusalCode::TrustAlphabet, "iamTrustPolicy.json", reason, remedy));
    }
    let length = text.chars().count();
    if length <= LONGEST_TRUST {
        return Ok(());
    }
    let of_template = template.length();
    let reason = format!(
        "the trust policy would have {length} characters, {} more than the {LONGEST_TRUST} that IAM takes; the template alone has {of_template}",
        length - LONGEST_TRUST
    );
    Err(Refusal::new(RefusalCode::TrustTooLong, "iamTrustPolicy.json", reason, "shorten the template"))
}

/// Returns the end that a trust document of ours carries: the one `DateLessThan aws:CurrentTime` of its one statement.
pub fn end_of(trust: &Value) -> Option<Timestamp> {
    let statements = trust["Statement"].as_array()?;
    let [statement] = statements.as_slice() else { return None };
    statement["Condition"]["DateLessThan"]["aws:CurrentTime"].as_str()?.parse().ok()
}

/// Returns whether a trust document lets in nobody who carries no source identity.
pub fn wants_source_identity(trust: &Value) -> bool {
    let conditions = trust["Statement"].as_array().into_iter().flatten().filter_map(|it| it["Condition"].as_object());
    let keys = conditions.flatten().filter_map(|(_, keys)| keys.as_object()).flatten();
    keys.map(|(key, _)| key).any(|key| key.eq_ignore_ascii_case("aws:SourceIdentity"))
}

/// Returns whether two trust documents say the same. IAM answers what it was given, but not always in the same order,
/// and with a single text in place of a list of one; a principal that was deleted comes back as its id and is another.
pub fn is_same(one: &Value, other: &Value) -> bool {
    normal(one) == normal(other)
}

/// Returns the digest of a trust document as a record holds it: the same for documents that say the same, as [`is_same`]
/// tells.
pub fn digest_of(trust: &Value) -> String {
    digest(&normal(trust))
}

/// Returns the document with its keys and lists of texts in order, and lists of one text as the text.
fn normal(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().map(|(key, value)| (key.clone(), normal(value))).collect();
            entries.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(Value::as_str).collect();
            match texts {
                Some(mut texts) => {
                    texts.sort_unstable();
                    texts.dedup();
                    if let [text] = texts.as_slice() { json!(text) } else { json!(texts) }
                }
                None => Value::Array(items.iter().map(normal).collect()),
            }
        }
        other => other.clone(),
    }
}
