//! AWS's address, region and credentials.

use super::variables::{
    ACTIONS_ID_TOKEN_REQUEST_TOKEN, ACTIONS_ID_TOKEN_REQUEST_URL, AWS_ACCESS_KEY_ID, AWS_ACCOUNT_ID,
    AWS_DEFAULT_REGION, AWS_ENDPOINT_URL, AWS_REGION, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, GITHUB_RUN_ID,
    PORT_IAM_AWS_PROFILES, PORT_IAM_AWS_ROLE_ARN, PORT_IAM_FURTHER_AWS_ROLE_ARNS,
};
use super::{Setting, Source, flag_or_variable, trace_credentials};
use crate::clients::aws::{
    AwsCredentials, AwsSettings, FurtherAccount, GitHubOidc, IdTokenUrl, NamedProfile, no_permission,
    warn_of_single_services,
};
use crate::clients::http::ApiUrl;
use crate::domain::identifier::AccountId;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::role_arn::RoleArn;
use crate::failure::Failure;
use crate::world::World;

/// The longest name of a session, and what it may hold besides letters and digits (STS API reference,
/// "AssumeRoleWithWebIdentity").
const LONGEST_SESSION_NAME: usize = 64;
const SESSION_NAME_MARKS: &str = "_+=,.@-";

/// Reads how AWS is reached: a role for a workflow, a key from the environment, else what the SDK finds. `purpose` is a
/// word for the name of the role's session. Whoever has set the address of a single service is warned that it takes no part.
///
/// # Errors
///
/// Fails on a wrong address, when only half of a key is set, when both a role and a key are set, and when a role is set
/// where there is no OIDC token; refuses a role of another account than the one that is meant.
pub fn read(world: &World, purpose: &str) -> Result<AwsSettings, Failure> {
    let region = flag_or_variable(world, None, &[AWS_REGION, AWS_DEFAULT_REGION]).map(|setting| setting.value);
    let endpoint = endpoint(world)?.value;
    warn_of_single_services(world);
    if let Some(role_arn) = world.variable(PORT_IAM_AWS_ROLE_ARN) {
        let (oidc, account) = role(world, role_arn, purpose)?;
        trace_credentials("AWS", Source::Variable(PORT_IAM_AWS_ROLE_ARN));
        let further = further_roles(world, &oidc, &account)?;
        return Ok(AwsSettings { credentials: AwsCredentials::GitHubOidc(oidc), region, endpoint, further });
    }
    if world.variable(PORT_IAM_FURTHER_AWS_ROLE_ARNS).is_some() {
        return Err(Failure::usage(format!(
            "{PORT_IAM_FURTHER_AWS_ROLE_ARNS} is set, and {PORT_IAM_AWS_ROLE_ARN} is not"
        ))
        .hint("an access key is of one account: workflows reach several by roles (`port-iam init --aws-auth oidc`)"));
    }
    let credentials = match (world.variable(AWS_ACCESS_KEY_ID), world.variable(AWS_SECRET_ACCESS_KEY)) {
        (Some(id), Some(secret)) => AwsCredentials::Keys {
            access_key_id: id.to_owned(),
            secret_access_key: secret.to_owned().into(),
            session_token: world.variable(AWS_SESSION_TOKEN).map(|token| token.to_owned().into()),
        },
        (None, None) => AwsCredentials::Profile(None),
        _ => {
            return Err(Failure::login("only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set")
                .hint("set both, or neither"));
        }
    };
    trace_credentials(
        "AWS",
        match credentials {
            AwsCredentials::Keys { .. } => Source::Variable(AWS_ACCESS_KEY_ID),
            _ => Source::Program("the AWS SDK"),
        },
    );
    Ok(AwsSettings { credentials, region, endpoint, further: Vec::new() })
}

/// Reads how a job of a workflow assumes a role.
fn role(world: &World, arn: &str, purpose: &str) -> Result<(GitHubOidc, AccountId), Failure> {
    if let Some(key) =
        [AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY].into_iter().find(|name| world.variable(name).is_some())
    {
        return Err(Failure::usage(format!(
            "{PORT_IAM_AWS_ROLE_ARN} and {key} are both set, and contradict each other"
        ))
        .hint("unset the one that is not meant: a workflow has either a role or an access key"));
    }
    let account = role_arn(PORT_IAM_AWS_ROLE_ARN, arn)?.account().clone();
    if let Some(expected) = world.variable(AWS_ACCOUNT_ID).filter(|expected| *expected != account.as_str()) {
        let reason = format!("the role is of the account {account}, and {AWS_ACCOUNT_ID} says {expected}");
        let remedy = "name a role of that account; `port-iam init` writes both";
        return Err(Refusal::new(RefusalCode::OtherAccount, PORT_IAM_AWS_ROLE_ARN, reason, remedy).into());
    }
    let (Some(url), Some(token)) =
        (world.variable(ACTIONS_ID_TOKEN_REQUEST_URL), world.variable(ACTIONS_ID_TOKEN_REQUEST_TOKEN))
    else {
        let failure =
            Failure::login(format!("{PORT_IAM_AWS_ROLE_ARN} is set, and GitHub gives this job no OIDC token"));
        return Err(if world.is_in_actions() {
            failure.hint(no_permission())
        } else {
            failure.hint(format!("it is for workflows alone: unset it to use credentials of your own ({AWS_ACCESS_KEY_ID} or AWS_PROFILE)"))
        });
    };
    let oidc = GitHubOidc {
        role_arn: arn.to_owned(),
        session_name: session_name(purpose, world.variable(GITHUB_RUN_ID)),
        request_url: IdTokenUrl::parse(ACTIONS_ID_TOKEN_REQUEST_URL, url)?,
        request_token: token.to_owned().into(),
    };
    Ok((oidc, account))
}

/// Returns the role that a workflow assumes.
fn role_arn(setting: &'static str, arn: &str) -> Result<RoleArn, Failure> {
    RoleArn::parse(setting, arn).map_err(|_| {
        Failure::usage(format!("{setting} is not the ARN of a role: {arn:?}"))
            .hint("it looks like arn:aws:iam::123456789012:role/port-iam-granter")
    })
}

/// Reads the roles of the further accounts, which a workflow assumes as it does that of the first.
fn further_roles(world: &World, first: &GitHubOidc, of_first: &AccountId) -> Result<Vec<FurtherAccount>, Failure> {
    let text = world.variable(PORT_IAM_FURTHER_AWS_ROLE_ARNS).unwrap_or_default();
    let mut further: Vec<FurtherAccount> = Vec::new();
    for arn in text.split(',').map(str::trim).filter(|arn| !arn.is_empty()) {
        let role = role_arn(PORT_IAM_FURTHER_AWS_ROLE_ARNS, arn)?;
        if role.account() == of_first || further.iter().any(|known| known.account == *role.account()) {
            let message = format!("{PORT_IAM_FURTHER_AWS_ROLE_ARNS} names a second role of {}", role.account());
            return Err(Failure::usage(message).hint("name one role of each further account"));
        }
        let credentials = AwsCredentials::GitHubOidc(GitHubOidc { role_arn: arn.to_owned(), ..first.clone() });
        further.push(FurtherAccount { account: role.account().clone(), credentials });
    }
    Ok(further)
}

/// Reads `ID=PROFILE`, each the profile of the AWS CLI that holds credentials of a further account.
fn further_profiles(texts: &[String], setting: &'static str) -> Result<Vec<FurtherAccount>, Failure> {
    let mut further: Vec<FurtherAccount> = Vec::new();
    for text in texts.iter().flat_map(|text| text.split(',')).map(str::trim).filter(|text| !text.is_empty()) {
        let wrong = || {
            Failure::usage(format!("{setting} is not ID=PROFILE: {text:?}"))
                .hint("it looks like 210987654321=production: an account, and a profile of the AWS CLI")
        };
        let (id, profile) = text.split_once('=').filter(|(_, profile)| !profile.is_empty()).ok_or_else(wrong)?;
        let account = AccountId::parse(PORT_IAM_AWS_PROFILES, id).map_err(|_| wrong())?;
        let profile = NamedProfile { name: profile.to_owned(), named_by: setting };
        if further.iter().any(|known| known.account == account) {
            return Err(Failure::usage(format!("{setting} names two profiles for {account}")).hint("name one"));
        }
        further.push(FurtherAccount { account, credentials: AwsCredentials::Profile(Some(profile)) });
    }
    Ok(further)
}

/// Returns the further accounts with the profiles that hold their credentials: those that a flag names, else those of the
/// environment.
///
/// # Errors
///
/// Fails on what is no `ID=PROFILE`, and where two profiles are of one account.
pub fn named_profiles(world: &World, flags: &[String]) -> Result<Vec<FurtherAccount>, Failure> {
    match world.variable(PORT_IAM_AWS_PROFILES).map(str::to_owned) {
        Some(text) if flags.is_empty() => further_profiles(&[text], PORT_IAM_AWS_PROFILES),
        _ => further_profiles(flags, "--account-profile"),
    }
}

/// Adds the further accounts that profiles reach.
///
/// # Errors
///
/// Fails where a workflow's role is set, whose further accounts have roles too.
pub fn with_profiles(settings: AwsSettings, further: Vec<FurtherAccount>) -> Result<AwsSettings, Failure> {
    if further.is_empty() {
        return Ok(settings);
    }
    if matches!(settings.credentials, AwsCredentials::GitHubOidc(_)) {
        return Err(Failure::usage(format!("{PORT_IAM_AWS_ROLE_ARN} is set, and profiles are for people"))
            .hint(format!("a workflow has {PORT_IAM_FURTHER_AWS_ROLE_ARNS}")));
    }
    Ok(AwsSettings { further, ..settings })
}

/// Returns a name by which CloudTrail shows what a run of a workflow did.
fn session_name(purpose: &str, run_id: Option<&str>) -> String {
    let name = format!("port-iam-{purpose}-{}", run_id.unwrap_or("run"));
    let allowed = |character: &char| character.is_ascii_alphanumeric() || SESSION_NAME_MARKS.contains(*character);
    name.chars().filter(allowed).take(LONGEST_SESSION_NAME).collect()
}

/// Returns the address that takes the place of AWS's own, if there is one.
///
/// # Errors
///
/// Fails on a wrong address.
pub fn endpoint(world: &World) -> Result<Setting<Option<ApiUrl>>, Failure> {
    match world.variable(AWS_ENDPOINT_URL) {
        Some(text) => {
            Ok(Setting::new(Some(ApiUrl::parse(AWS_ENDPOINT_URL, text)?), Source::Variable(AWS_ENDPOINT_URL)))
        }
        None => Ok(Setting::new(None, Source::Default)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::world::Sink;

    const ROLE: &str = "arn:aws:iam::123456789012:role/port-iam-granter";

    fn read_with(variables: &[(&str, &str)]) -> Result<AwsSettings, Failure> {
        let environment: BTreeMap<String, String> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let sink = || Sink::new(std::io::sink());
        read(&World::isolated(environment, "port-iam".into(), sink(), sink()), "grant")
    }

    fn in_a_job(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
        let mut variables = vec![
            (PORT_IAM_AWS_ROLE_ARN, ROLE),
            (AWS_ACCOUNT_ID, "123456789012"),
            (ACTIONS_ID_TOKEN_REQUEST_URL, "https://run.example.com/t?api-version=2.0"),
            (ACTIONS_ID_TOKEN_REQUEST_TOKEN, "request-token"),
            (GITHUB_RUN_ID, "17000000042"),
        ];
        variables.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        variables.extend(more);
        variables
    }

    #[test]
    fn a_role_is_assumed_in_a_session_that_tells_the_run() {
        let AwsCredentials::GitHubOidc(oidc) = read_with(&in_a_job(&[])).unwrap().credentials else { panic!() };
        assert_eq!((oidc.role_arn.as_str(), oidc.session_name.as_str()), (ROLE, "port-iam-grant-17000000042"));
        let long = session_name("sweep", Some(&format!("1 $\n\u{e9}{}", "7".repeat(99))));
        assert!(long.len() == 64 && long.starts_with("port-iam-sweep-1777"), "{long}");
    }

    #[test]
    fn a_role_and_a_key_contradict_each_other_by_name() {
        for key in [AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY] {
            let failure = read_with(&in_a_job(&[(key, "x")])).unwrap_err();
            assert_eq!(failure.kind.exit_code(), 2);
            assert!(failure.message.contains(PORT_IAM_AWS_ROLE_ARN) && failure.message.contains(key), "{failure}");
        }
    }

    #[test]
    fn a_role_of_another_account_than_the_reviewed_one_is_refused() {
        let failure = read_with(&in_a_job(&[(AWS_ACCOUNT_ID, "999999999999")])).unwrap_err();
        assert_eq!(failure.refusal.unwrap().code.as_str(), "other-account");
    }

    #[test]
    fn each_further_account_has_one_role_and_none_without_a_first() {
        let two = "arn:aws:iam::210987654321:role/port-iam-granter";
        let further = |text: &'static str| read_with(&in_a_job(&[(PORT_IAM_FURTHER_AWS_ROLE_ARNS, text)]));
        let settings = further("arn:aws:iam::210987654321:role/port-iam-granter, ").unwrap();
        let [found] = settings.further.as_slice() else { panic!("one further account") };
        let AwsCredentials::GitHubOidc(oidc) = &found.credentials else { panic!("a role") };
        assert_eq!((found.account.as_str(), oidc.role_arn.as_str()), ("210987654321", two));
        for wrong in [
            "port-iam-granter",
            "arn:aws:iam::123456789012:role/other",
            "arn:aws:iam::210987654321:role/a,arn:aws:iam::210987654321:role/b",
        ] {
            let failure = further(wrong).unwrap_err();
            assert!(failure.kind.exit_code() == 2 && failure.message.contains("FURTHER"), "{wrong}: {failure}");
        }
        let key = [(AWS_ACCESS_KEY_ID, "x"), (AWS_SECRET_ACCESS_KEY, "x"), (PORT_IAM_FURTHER_AWS_ROLE_ARNS, two)];
        assert!(read_with(&key).unwrap_err().hints[0].contains("an access key is of one account"));
    }

    #[test]
    fn a_profile_belongs_to_one_account() {
        let read = |text: &str| further_profiles(&[text.to_owned()], "--account-profile");
        let found = read("210987654321=prod,345678901234=test").unwrap();
        assert_eq!(found.len(), 2);
        for wrong in ["prod", "1=prod", "210987654321=", "210987654321=a,210987654321=b"] {
            assert_eq!(read(wrong).unwrap_err().kind.exit_code(), 2, "{wrong}");
        }
    }

    #[test]
    fn what_is_no_role_is_a_wrong_setting() {
        for arn in [
            "port-iam-granter",
            "arn:aws:iam::123456789012:user/x",
            "arn:aws:iam::1:role/x",
            "arn:aws:iam::123456789012:role/",
        ] {
            let failure = read_with(&in_a_job(&[(PORT_IAM_AWS_ROLE_ARN, arn)])).unwrap_err();
            assert_eq!(failure.kind.exit_code(), 2, "{arn}");
        }
    }

    #[test]
    fn a_job_without_the_permission_is_told_so_and_a_person_that_the_role_is_for_workflows() {
        for missing in [ACTIONS_ID_TOKEN_REQUEST_URL, ACTIONS_ID_TOKEN_REQUEST_TOKEN] {
            let failure = read_with(&in_a_job(&[(missing, ""), ("GITHUB_ACTIONS", "true")])).unwrap_err();
            assert_eq!((failure.kind.exit_code(), failure.hints[0].contains("id-token: write")), (4, true));
            let failure = read_with(&in_a_job(&[(missing, "")])).unwrap_err();
            assert!(failure.hints[0].contains("for workflows alone"), "{failure:?}");
        }
    }

    #[test]
    fn the_credential_for_the_token_goes_to_no_plain_http() {
        assert!(read_with(&in_a_job(&[(ACTIONS_ID_TOKEN_REQUEST_URL, "http://run.example.com/t")])).is_err());
    }
}
