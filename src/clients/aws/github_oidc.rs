//! Exchanges the OIDC token of a GitHub job for a session of a role, and does so anew before the session ends.
//!
//! The token comes from GitHub's service, whose address and credential the runner sets for jobs with the permission
//! `id-token: write` (GitHub Docs, "OpenID Connect reference"); `sts:AssumeRoleWithWebIdentity` takes it unsigned.
//! Token and keys live in this process alone: no file, no environment of a later step.

use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use super::error::api_error;
use super::{AnswerHeaders, Repeat, retrying};
use crate::clients::error::{Api, ApiError, ApiErrorKind, printable};
use crate::clients::http::{self, ApiUrl};
use crate::domain::names::{OIDC_AUDIENCE, OIDC_ISSUER};
use crate::failure::Failure;
use crate::world::World;

/// How long a session lasts: the shortest that AWS gives.
const SESSION_SECONDS: i32 = 900;
/// How long before its end a session is no longer used. No request of ours takes that long.
const MARGIN: Duration = Duration::from_secs(120);
/// What a trust policy of ours looks at; it is told when AWS refuses.
const TOLD_CLAIMS: [&str; 7] = ["sub", "aud", "ref", "environment", "repository_id", "actor", "job_workflow_ref"];

/// A role, and how this job proves that it may assume it.
#[derive(Clone, Debug)]
pub struct GitHubOidc {
    /// ARN of the role.
    pub role_arn: String,
    /// Name of the session, which CloudTrail shows.
    pub session_name: String,
    /// Where GitHub hands out the job's token.
    pub request_url: IdTokenUrl,
    /// The credential for that.
    pub request_token: SecretString,
}

/// Address of GitHub's service for tokens: `https`, or `http` on loopback. It has a query of its own.
#[derive(Clone, Debug)]
pub struct IdTokenUrl {
    base: ApiUrl,
    url: Url,
}

impl IdTokenUrl {
    /// Parses the address; `setting` names where it was given.
    ///
    /// # Errors
    ///
    /// Fails on anything that no credential may be sent to.
    pub fn parse(setting: &str, text: &str) -> Result<Self, Failure> {
        let wrong = || Failure::usage(format!("{setting} is not an address"));
        let url = Url::parse(text.trim()).map_err(|_| wrong())?;
        let mut base = url.clone();
        base.set_query(None);
        Ok(Self { base: ApiUrl::parse(setting, base.as_str())?, url })
    }

    fn for_aws(&self) -> Url {
        let mut url = self.url.clone();
        url.query_pairs_mut().append_pair("audience", OIDC_AUDIENCE);
        url
    }
}

/// Credentials of a session, and when it ends by AWS's clock.
#[derive(Clone, Debug)]
struct Session {
    credentials: Credentials,
    expires: Timestamp,
}

/// Provides the credentials of a session that has not ended: the present one, or a new one.
pub(super) struct Exchange {
    world: World,
    http: reqwest::Client,
    sts: aws_sdk_sts::Client,
    oidc: GitHubOidc,
    observed: Arc<AnswerHeaders>,
    session: Mutex<Option<Session>>,
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Exchange").field("oidc", &self.oidc).finish_non_exhaustive()
    }
}

impl Exchange {
    /// Opens the first session, so that what is wrong with it is told before anything else is done.
    ///
    /// # Errors
    ///
    /// Fails with "login needed" when GitHub gives no token or AWS does not take it.
    pub(super) async fn begin(
        world: &World,
        oidc: &GitHubOidc,
        sts: aws_sdk_sts::Client,
        observed: Arc<AnswerHeaders>,
    ) -> Result<Self, Failure> {
        let http = http::client(world, &oidc.request_url.base)?;
        let exchange =
            Self { world: world.clone(), http, sts, oidc: oidc.clone(), observed, session: Mutex::default() };
        let session = exchange.exchange().await?;
        *exchange.session.lock().await = Some(session);
        Ok(exchange)
    }

    async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let mut session = self.session.lock().await;
        // AWS decides by its own clock when a session is over, and so does this.
        let now = self.observed.time_now().unwrap_or_else(|| self.world.now());
        let is_good = |session: &&Session| {
            Duration::try_from(session.expires.duration_since(now)).is_ok_and(|remaining| remaining > MARGIN)
        };
        if let Some(session) = session.as_ref().filter(is_good) {
            return Ok(session.credentials.clone());
        }
        tracing::debug!("the AWS session ends soon: asking for a new one");
        let new = self.exchange().await.map_err(|failure| CredentialsError::provider_error(failure.message))?;
        let credentials = new.credentials.clone();
        *session = Some(new);
        Ok(credentials)
    }

    async fn exchange(&self) -> Result<Session, Failure> {
        let token = self.id_token().await?;
        self.assume(&token).await
    }

    async fn id_token(&self) -> Result<SecretString, Failure> {
        const OPERATION: &str = "ask GitHub for an OIDC token";
        let url = self.oidc.request_url.for_aws();
        let token = retrying(&self.world, Repeat::Safe, || async {
            let request = self.http.get(url.clone()).bearer_auth(self.oidc.request_token.expose_secret());
            let answer = request.send().await.map_err(|error| unanswered(OPERATION, error))?;
            let status = answer.status().as_u16();
            let request_id = answer.headers().get("x-github-request-id").and_then(|value| value.to_str().ok());
            let request_id = request_id.map(printable);
            let body = answer.bytes().await.map_err(|error| unanswered(OPERATION, error))?;
            if !(200..300).contains(&status) {
                return Err(ApiError { request_id, ..refused(OPERATION, status) });
            }
            // What the answer says is not told: half of a token is a token half told.
            let value: Option<Value> = serde_json::from_slice(&body).ok();
            let token = value.as_ref().and_then(|value| value["value"].as_str()).filter(|token| !token.is_empty());
            token.map(SecretString::from).ok_or_else(|| {
                let message = "the answer holds no token";
                ApiError { request_id, ..ApiError::new(Api::GitHub, OPERATION, ApiErrorKind::Undecodable, message) }
            })
        })
        .await
        .map_err(|error| {
            let mut failure = Failure::from(error);
            failure.hints = vec![no_permission().to_owned(), "run the job again if GitHub is at fault".to_owned()];
            failure
        })?;
        self.world.hide_in_log(&token);
        Ok(token)
    }

    async fn assume(&self, token: &SecretString) -> Result<Session, Failure> {
        const OPERATION: &str = "assume the role of the workflow";
        let answer = retrying(&self.world, Repeat::Safe, || async {
            let request = self.sts.assume_role_with_web_identity().role_arn(&self.oidc.role_arn);
            let request = request.role_session_name(&self.oidc.session_name).duration_seconds(SESSION_SECONDS);
            let answer = request.web_identity_token(token.expose_secret()).send().await;
            answer.map_err(|error| api_error(OPERATION, &error))
        })
        .await
        .map_err(|error| self.not_assumed(error, token))?;
        let missing = || {
            let error = ApiError::new(Api::Aws, OPERATION, ApiErrorKind::Undecodable, "the answer holds no keys");
            Failure::from(error)
        };
        let keys = answer.credentials().ok_or_else(missing)?;
        let (id, secret, session_token) = (keys.access_key_id(), keys.secret_access_key(), keys.session_token());
        for secret in [id, secret, session_token] {
            self.world.hide_in_log(&SecretString::from(secret));
        }
        let expires = Timestamp::from_second(keys.expiration().secs()).map_err(|_| missing())?;
        let credentials = Credentials::new(id, secret, Some(session_token.to_owned()), None, "GitHub OIDC");
        Ok(Session { credentials, expires })
    }

    /// Returns what went wrong, with what the reader can compare.
    fn not_assumed(&self, error: ApiError, token: &SecretString) -> Failure {
        let role = &self.oidc.role_arn;
        let name = role.rsplit('/').next().unwrap_or_default();
        match error.code.as_deref() {
            // AWS answers the same when there is no such role.
            Some("AccessDenied") => {
                Failure::login(format!("{error}; the role is {role}, and the token says {}", told(token)))
                    .hint(format!("each of these must be what the role's trust policy asks for: `aws iam get-role --role-name {name}`"))
                    .hint("`port-iam init --aws-setup --dry-run` shows whether the role is there and where its trust differs")
            }
            Some("InvalidIdentityToken") => Failure::login(format!("{error}; the role is {role}"))
                .hint(format!("the account needs the identity provider {OIDC_ISSUER} with the client id {OIDC_AUDIENCE}: `port-iam init --aws-setup` makes it"))
                .hint(format!("an administrator can look: `aws iam get-open-id-connect-provider --open-id-connect-provider-arn {}`", provider_beside(role))),
            _ => Failure::from(error),
        }
    }
}

impl ProvideCredentials for Exchange {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

/// Returns what is to be done where a job gets no token.
pub(crate) fn no_permission() -> &'static str {
    "the job needs `permissions: id-token: write`, which `port-iam init` writes into the workflows"
}

/// Returns what a token says of what trust policies look at. It is our own job's, so that nobody has to vouch for it.
fn told(token: &SecretString) -> String {
    let claims = token.expose_secret().split('.').nth(1).and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok());
    let claims: Value = claims.and_then(|claims| serde_json::from_slice(&claims).ok()).unwrap_or_default();
    let claim = |name: &&str| match &claims[*name] {
        Value::String(value) => format!("{name}={}", printable(value)),
        _ => format!("no {name}"),
    };
    TOLD_CLAIMS.iter().map(claim).collect::<Vec<_>>().join(", ")
}

/// Returns the ARN of the provider in a role's account.
fn provider_beside(role_arn: &str) -> String {
    let account = role_arn.split(":role/").next().unwrap_or_default();
    format!("{account}:oidc-provider/{}", OIDC_ISSUER.trim_start_matches("https://"))
}

fn unanswered(operation: &str, error: reqwest::Error) -> ApiError {
    let kind =
        if error.is_connect() || error.is_builder() { ApiErrorKind::Unreachable } else { ApiErrorKind::NoAnswer };
    ApiError::new(Api::GitHub, operation, kind, error.without_url().to_string())
}

fn refused(operation: &str, status: u16) -> ApiError {
    let kind = match status {
        401 => ApiErrorKind::Unauthorized,
        403 => ApiErrorKind::Forbidden,
        429 => ApiErrorKind::RateLimited,
        500.. => ApiErrorKind::Server,
        _ => ApiErrorKind::Invalid,
    };
    let mut error = ApiError::new(Api::GitHub, operation, kind, "it gives none to this job");
    error.status = Some(status);
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_keeps_its_own_query_and_names_aws_as_the_audience() {
        let url = IdTokenUrl::parse("U", "https://run.actions.githubusercontent.com/t?api-version=2.0").unwrap();
        assert_eq!(
            url.for_aws().as_str(),
            "https://run.actions.githubusercontent.com/t?api-version=2.0&audience=sts.amazonaws.com"
        );
    }

    #[test]
    fn the_credential_is_sent_over_plain_http_on_loopback_only() {
        assert!(IdTokenUrl::parse("U", "http://127.0.0.1:1/t?a=b").is_ok());
        for text in
            ["http://pipelines.example.com/t?a=b", "http://10.0.0.1/t", "ftp://127.0.0.1/t", "https://u:p@x/", ""]
        {
            assert!(IdTokenUrl::parse("U", text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_a_token_says_is_told_on_one_line_and_never_the_token() {
        let claims = serde_json::json!({ "sub": "repo:a/b:ref:refs/heads/x\n::error::y", "aud": "z" });
        let token = format!("head.{}.signature", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let told = told(&SecretString::from(token.clone()));
        assert!(told.starts_with("sub=repo:a/b:ref:refs/heads/x ::error::y, aud=z, no ref, "), "{told}");
        assert!(!told.contains('\n') && !told.contains(token.split('.').nth(1).unwrap()));
        assert!(super::told(&SecretString::from("no token")).starts_with("no sub"));
    }

    #[test]
    fn the_provider_is_looked_for_in_the_role_s_partition_and_account() {
        assert_eq!(
            provider_beside("arn:aws-us-gov:iam::123456789012:role/port-iam-granter"),
            "arn:aws-us-gov:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
        );
    }
}
