//! What an API answered instead of what was asked, told apart by code. Only where GitHub has one code for several
//! things its words decide, at the border (`github::error`); nobody behind it looks at text.

use crate::domain::printable::cut;
use std::fmt;
use std::time::Duration;

/// The system that answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// Port.
    Port,
    /// GitHub.
    GitHub,
    /// AWS.
    Aws,
}

impl Api {
    /// Returns what the system calls the id under which it has logged a request: whoever asks its support is asked for
    /// it.
    pub fn name_of_request_id(self) -> &'static str {
        match self {
            Self::Port => "X-Trace-Id",
            Self::GitHub => "X-GitHub-Request-Id",
            Self::Aws => "AWS request id",
        }
    }
}

impl fmt::Display for Api {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Port => "Port",
            Self::GitHub => "GitHub",
            Self::Aws => "AWS",
        })
    }
}

/// What a caller may have to tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiErrorKind {
    /// The credentials are missing, wrong or expired.
    Unauthorized,
    /// The credentials are good and not enough.
    Forbidden,
    /// The organisation's allow-list does not let this machine's address in, whatever the credentials.
    AddressRefused,
    /// The thing is not there, or cannot be seen.
    NotFound,
    /// The thing is there already, or is in the way.
    Conflict,
    /// A Port run has ended and takes nothing more.
    RunExhausted,
    /// The repository has no commit yet (GitHub's 409 on git data).
    EmptyRepository,
    /// A rule of the branch forbids the push.
    BranchRule,
    /// The request itself is wrong.
    Invalid,
    /// A limit of the service.
    LimitExceeded,
    /// Too many requests; nothing was done.
    RateLimited,
    /// The service failed; whether it did something is not known.
    Server,
    /// The service could not be reached; nothing was sent.
    Unreachable,
    /// The request was sent and no answer came; whether it was carried out is not known.
    NoAnswer,
    /// The answer is not what the API documents.
    Undecodable,
}

/// An error of one API call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ApiError {
    /// The system.
    pub api: Api,
    /// What was being done, as in "create the role".
    pub operation: String,
    /// What a caller may have to tell apart.
    pub kind: ApiErrorKind,
    /// HTTP status, when there was an answer.
    pub status: Option<u16>,
    /// The service's own code.
    pub code: Option<String>,
    /// The service's own words, cut and without control characters.
    pub message: String,
    /// The id under which the service has logged the request.
    pub request_id: Option<String>,
    /// How long the service asks to wait.
    pub retry_after: Option<Duration>,
    /// What GitHub says the token lacks.
    pub missing_right: Option<String>,
    /// What the reader can do, where more is known of it than what follows from the kind.
    pub remedy: Option<String>,
}

impl ApiError {
    /// Creates an error without an answer's details.
    pub fn new(api: Api, operation: impl Into<String>, kind: ApiErrorKind, message: impl Into<String>) -> Self {
        Self {
            api,
            operation: operation.into(),
            kind,
            status: None,
            code: None,
            message: printable(&message.into()),
            request_id: None,
            retry_after: None,
            missing_right: None,
            remedy: None,
        }
    }

    /// Returns what the reader can do about it, when that follows from the kind.
    pub fn hint(&self) -> Option<String> {
        if let Some(known) = self.missing_right.as_ref().or(self.remedy.as_ref()) {
            return Some(known.clone());
        }
        let text = match (self.kind, self.api) {
            (ApiErrorKind::Unauthorized, Api::Port) => {
                "check PORT_CLIENT_ID and PORT_CLIENT_SECRET (Port: ... > Credentials)"
            }
            (ApiErrorKind::Unauthorized, Api::GitHub) => {
                "the token is wrong or expired: set GH_TOKEN, or run `gh auth login -s workflow`"
            }
            (ApiErrorKind::Unauthorized, Api::Aws) => "check the AWS credentials: `aws sts get-caller-identity`",
            (ApiErrorKind::Forbidden, Api::Port) => {
                "the Port credentials lack the right, or an IP allow-list of the organisation is in the way"
            }
            (ApiErrorKind::Forbidden, Api::Aws) => {
                "the AWS identity lacks the right: `port-iam aws` prints what the identities need"
            }
            // GitHub answers so about what is there, too, to a token that may not see it.
            (ApiErrorKind::NotFound, Api::GitHub) => "check the name, and whether the token may see it",
            (ApiErrorKind::Unreachable, _) => "check the network, the proxy settings and the configured address",
            (ApiErrorKind::NoAnswer | ApiErrorKind::Server, _) => {
                "run the same command again: it goes on where it stopped"
            }
            _ => return None,
        };
        Some(text.to_owned())
    }

    /// Returns whether the system could not be asked, or could not answer: another try may go well.
    pub fn is_out_of_reach(&self) -> bool {
        use ApiErrorKind::{NoAnswer, RateLimited, Server, Unreachable};
        matches!(self.kind, Unreachable | NoAnswer | Server | RateLimited)
    }

    /// Returns whether the thing asked for is not there.
    pub fn is_not_found(&self) -> bool {
        self.kind == ApiErrorKind::NotFound
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "could not {}: {}: {}", self.operation, self.api, self.message)?;
        if let Some(code) = &self.code {
            write!(formatter, " ({code}")?;
            match self.status {
                Some(status) => write!(formatter, ", HTTP {status})")?,
                None => formatter.write_str(")")?,
            }
        } else if let Some(status) = self.status {
            write!(formatter, " (HTTP {status})")?;
        }
        if let Some(id) = &self.request_id {
            write!(formatter, " [{}: {id}]", self.api.name_of_request_id())?;
        }
        Ok(())
    }
}

/// Returns what another system says on one line, at most 300 characters long.
pub fn printable(text: &str) -> String {
    const LONGEST: usize = 300;
    cut(text, LONGEST)
}
