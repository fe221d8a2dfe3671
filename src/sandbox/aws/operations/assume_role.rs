//! `AssumeRole`: the trust policy of the role and the policies of the caller, together.

use jiff::SignedDuration;

use super::super::asked::Asked;
use super::super::authorization::{context, denied, document, documents, principal, refusal};
use super::super::call::Call;
use super::super::caller::session_arn;
use super::super::constraint::{ARN, DOCUMENT, EXTERNAL_ID, SESSION_NAME, TAG_KEY};
use super::super::failure::Failure;
use super::super::grammar::{self, Kind};
use super::super::managed_policy;
use super::super::role::Role;
use super::super::state::{Session, policy_size};
use super::super::tags::{KeyCase, TAGS_PER_RESOURCE, Tags};
use super::super::xml::Xml;
use crate::domain::evaluation::{
    AssumeDecision, Decision, Request, TrustDecision, evaluate, evaluate_trust, may_assume,
};

/// Seconds of a session when nobody says otherwise, and the most that a chained session may last.
const ONE_HOUR: u32 = 3600;
/// Characters that session policies may have together.
const SESSION_POLICY_SIZE: usize = 2048;

/// What is asked for.
struct Wish {
    role_arn: String,
    session_name: String,
    duration: u32,
    external_id: Option<String>,
    /// Named in this very request.
    new_source_identity: Option<String>,
    tags: Tags,
    transitive_tag_keys: Vec<String>,
    policies: Vec<String>,
}

pub(super) fn run(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let wish = read(call)?;
    let role = call.state().role_by_arn(&wish.role_arn).cloned();
    // Whether a role exists is nobody's business who may not assume it: AWS answers AccessDenied either way.
    let role = role.ok_or_else(|| denied(call.caller, &Asked::on("sts:AssumeRole", &wish.role_arn), ""))?;
    judge(call, &role, &wish)?;
    check_duration(call, &role, wish.duration)?;
    open(call, &role, wish)
}

fn read(call: &Call<'_>) -> Result<Wish, Failure> {
    let parameters = call.parameters;
    let mut policies: Vec<String> = parameters.optional("Policy", &DOCUMENT)?.into_iter().collect();
    for policy in &policies {
        grammar::check(policy, Kind::Inline)?;
    }
    if policies.iter().map(|policy| policy_size(policy)).sum::<usize>() > SESSION_POLICY_SIZE {
        return Err(Failure::validation_error("The session policy is longer than 2048 characters."));
    }
    for descriptor in parameters.structures("PolicyArns", 10)? {
        let policy = managed_policy::find(call.state(), &descriptor.required("arn", &ARN)?)?;
        policies.push(policy.document()?.to_owned());
    }
    Ok(Wish {
        role_arn: parameters.required("RoleArn", &ARN)?,
        session_name: parameters.required("RoleSessionName", &SESSION_NAME)?,
        duration: parameters.number("DurationSeconds", 900..=43_200)?.unwrap_or(ONE_HOUR),
        external_id: parameters.optional("ExternalId", &EXTERNAL_ID)?,
        new_source_identity: parameters.optional("SourceIdentity", &SESSION_NAME)?,
        tags: Tags::from_parameters(parameters)?,
        transitive_tag_keys: parameters.list("TransitiveTagKeys", TAGS_PER_RESOURCE, &TAG_KEY)?,
        policies,
    })
}

/// Judges `sts:AssumeRole`, and the actions that come with a source identity and with session tags.
fn judge(call: &Call<'_>, role: &Role, wish: &Wish) -> Result<(), Failure> {
    let asked = question("sts:AssumeRole", role, wish);
    let caller = call.caller;
    let trust = document(&role.trust)?;
    let own = documents(&caller.policies)?;
    let boundary = caller.boundary.as_deref().map(document).transpose()?;
    let keys = context(caller, &asked, call.now)?;
    let decision = may_assume(&trust, &wish.role_arn, &principal(caller)?, &own, boundary.as_ref(), &keys);
    match &decision {
        AssumeDecision::Allowed { .. } => {}
        AssumeDecision::NotAllowedByCaller(decision) => {
            let reason = refusal(decision, asked.action, "identity-based policy").unwrap_or_default();
            return Err(denied(caller, &asked, &reason));
        }
        _ => return Err(denied(caller, &asked, "")),
    }
    judge_session_policies(call, &asked)?;
    // A source identity that the caller carries is set again on the new session.
    if wish.new_source_identity.is_some() || carried_source_identity(call).is_some() {
        judge_companion(call, role, wish, "sts:SetSourceIdentity")?;
    }
    // So are tags that are passed on.
    if !wish.tags.is_empty() || !inherited_tags(call).0.is_empty() {
        judge_companion(call, role, wish, "sts:TagSession")?;
    }
    match (carried_source_identity(call), &wish.new_source_identity) {
        (Some(old), Some(new)) if old != new => Err(denied(caller, &question("sts:SetSourceIdentity", role, wish), "")),
        _ => Ok(()),
    }
}

/// The trust policy must allow the companion action too, and the caller's own where trust goes to his account.
fn judge_companion(call: &Call<'_>, role: &Role, wish: &Wish, action: &'static str) -> Result<(), Failure> {
    let asked = question(action, role, wish);
    let caller = call.caller;
    let keys = context(caller, &asked, call.now)?;
    let trusted = evaluate_trust(&document(&role.trust)?, &principal(caller)?, action, &keys);
    let boundary = caller.boundary.as_deref().map(document).transpose()?;
    let request = Request::new(action, role.arn()).with_context(keys);
    let own = evaluate(&documents(&caller.policies)?, boundary.as_ref(), &request);
    let allowed = match trusted {
        TrustDecision::AllowedToPrincipal { .. } => !matches!(own, Decision::ExplicitlyDenied { .. }),
        TrustDecision::AllowedToAccount { .. } => own.is_allowed(),
        _ => false,
    };
    if !allowed {
        return Err(denied(caller, &asked, ""));
    }
    judge_session_policies(call, &asked)
}

fn judge_session_policies(call: &Call<'_>, asked: &Asked) -> Result<(), Failure> {
    let Some(session) = call.caller.session.as_ref().filter(|session| !session.policies.is_empty()) else {
        return Ok(());
    };
    let request = Request::new(asked.action, asked.resource.as_str());
    let request = request.with_context(context(call.caller, asked, call.now)?);
    let decision = evaluate(&documents(&session.policies)?, None, &request);
    match refusal(&decision, asked.action, "session policy") {
        Some(reason) => Err(denied(call.caller, asked, &reason)),
        None => Ok(()),
    }
}

fn question(action: &'static str, role: &Role, wish: &Wish) -> Asked {
    let mut asked =
        Asked::on(action, role.arn()).with("sts:RoleSessionName", &wish.session_name).request_tags(&wish.tags);
    for prefix in ["aws:ResourceTag", "iam:ResourceTag"] {
        asked = asked.tagged(prefix, &role.tags);
    }
    if let Some(external_id) = &wish.external_id {
        asked = asked.with("sts:ExternalId", external_id);
    }
    if let Some(identity) = &wish.new_source_identity {
        asked = asked.with("sts:SourceIdentity", identity);
    }
    if !wish.transitive_tag_keys.is_empty() {
        asked.context.push(("sts:TransitiveTagKeys".to_owned(), wish.transitive_tag_keys.clone()));
    }
    asked
}

fn carried_source_identity<'a>(call: &Call<'a>) -> Option<&'a String> {
    call.caller.session.as_ref()?.source_identity.as_ref()
}

fn check_duration(call: &Call<'_>, role: &Role, duration: u32) -> Result<(), Failure> {
    if call.caller.session.is_some() && duration > ONE_HOUR {
        return Err(Failure::validation_error(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ));
    }
    if duration > role.max_session_duration {
        return Err(Failure::validation_error(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    Ok(())
}

fn open(call: &mut Call<'_>, role: &Role, wish: Wish) -> Result<Xml, Failure> {
    let source_identity = carried_source_identity(call).cloned().or(wish.new_source_identity);
    let (mut tags, mut transitive_tag_keys) = inherited_tags(call);
    tags.set(wish.tags, KeyCase::Ignored)?;
    transitive_tag_keys.extend(wish.transitive_tag_keys);
    let now = call.now;
    let state = call.without_identity_policies("judged above by trust policy and caller's policies together");
    let access_key_id = state.temporary_access_key_id();
    let secret = state.secret_access_key();
    let session = Session {
        role_id: role.id.clone(),
        name: wish.session_name,
        token: state.session_token(),
        issued: now,
        expires: now.saturating_add(SignedDuration::from_secs(i64::from(wish.duration))).unwrap_or(now),
        source_identity,
        tags,
        transitive_tag_keys,
        policies: wish.policies,
    };
    let answer = answer(role, &session, &access_key_id, &secret);
    state.sessions.insert(access_key_id, session);
    Ok(answer)
}

/// Transitive tags pass to the next session of a chain.
fn inherited_tags(call: &Call<'_>) -> (Tags, Vec<String>) {
    let session = call.caller.session.as_ref();
    session.map_or_else(Default::default, |session| {
        (session.tags.only(&session.transitive_tag_keys), session.transitive_tag_keys.clone())
    })
}

/// Returns the answer that tells a new session.
pub(in crate::sandbox::aws) fn answer(role: &Role, session: &Session, access_key_id: &str, secret: &str) -> Xml {
    let credentials = Xml::new()
        .text("AccessKeyId", access_key_id)
        .text("SecretAccessKey", secret)
        .text("SessionToken", &session.token)
        .time("Expiration", session.expires);
    let user = Xml::new()
        .text("AssumedRoleId", format!("{}:{}", role.id, session.name))
        .text("Arn", session_arn(role.account, &role.name, &session.name));
    Xml::new()
        .optional("SourceIdentity", session.source_identity.as_ref())
        .element("AssumedRoleUser", user)
        .element("Credentials", credentials)
}
