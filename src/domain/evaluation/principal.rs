//! Who makes a request.

use super::context::Context;
use super::listed_principal::is_account_id;

/// Who makes a request: an IAM user, a role or one of its sessions, the root user, a service, or a federated identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Root { arn: ArnParts },
    User { arn: ArnParts, unique_id: String },
    Role { role_arn: ArnParts, session_arn: Option<String>, unique_id: String },
    Service(String),
    Federated(String),
}

/// An IAM ARN, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ArnParts {
    pub(super) text: String,
    pub(super) partition: String,
    pub(super) account: String,
    pub(super) resource: String,
}

/// An ARN that names no principal whose requests can be judged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrincipalError {
    /// Not the ARN of a user, role, session or root user.
    #[error("{0:?} is not the ARN of an IAM user, a role, a role's session or a root user")]
    Arn(String),
    /// Session and role do not belong together.
    #[error("{session:?} is no session of the role {role:?}")]
    Session {
        /// The session's ARN.
        session: String,
        /// The role's ARN.
        role: String,
    },
}

impl Principal {
    /// Returns the principal of an ARN, as `sts:GetCallerIdentity` answers it, with its unique id (`UserId` there).
    ///
    /// A user's id is `AIDA…`, a session's `AROA…:session-name`, a role's `AROA…`; the root user's is its account and
    /// not looked at. The role of a session is taken to have no path; use [`Principal::assumed_role`] for others.
    ///
    /// # Errors
    ///
    /// Fails for any other ARN, also for that of a federated user.
    pub fn from_arn(arn: &str, unique_id: &str) -> Result<Self, PrincipalError> {
        let refused = || PrincipalError::Arn(arn.to_owned());
        let unique_id = unique_id.to_owned();
        if let Some(session) = ArnParts::parse(arn, "sts") {
            let role = session_role(&session).ok_or_else(refused)?;
            let role_arn = format!("arn:{}:iam::{}:role/{role}", session.partition, session.account);
            return Self::assumed_role(arn, &role_arn, &unique_id);
        }
        let arn = ArnParts::parse(arn, "iam").ok_or_else(refused)?;
        let kind = match arn.resource.split_once('/') {
            None if arn.resource == "root" => Kind::Root { arn },
            Some(("user", name)) if is_name(name) => Kind::User { arn, unique_id },
            Some(("role", name)) if is_name(name) => Kind::Role { role_arn: arn, session_arn: None, unique_id },
            _ => return Err(refused()),
        };
        Ok(Self(kind))
    }

    /// Returns a session of a role: `arn:aws:sts::A:assumed-role/NAME/SESSION` and `arn:aws:iam::A:role/PATH/NAME`.
    ///
    /// # Errors
    ///
    /// Fails when one is no such ARN, or the session is not one of the role.
    pub fn assumed_role(session_arn: &str, role_arn: &str, unique_id: &str) -> Result<Self, PrincipalError> {
        let session = ArnParts::parse(session_arn, "sts").ok_or_else(|| PrincipalError::Arn(session_arn.to_owned()))?;
        let role = ArnParts::parse_role(role_arn).ok_or_else(|| PrincipalError::Arn(role_arn.to_owned()))?;
        let together = session_role(&session).is_some_and(|name| name == role.name())
            && (&session.partition, &session.account) == (&role.partition, &role.account);
        if !together {
            return Err(PrincipalError::Session { session: session_arn.to_owned(), role: role_arn.to_owned() });
        }
        Ok(Self(Kind::Role {
            role_arn: role,
            session_arn: Some(session_arn.to_owned()),
            unique_id: unique_id.to_owned(),
        }))
    }

    /// Returns an AWS service, by its principal name such as `ec2.amazonaws.com`.
    #[must_use]
    pub fn service(name: impl Into<String>) -> Self {
        Self(Kind::Service(name.into()))
    }

    /// Returns somebody whom an identity provider vouches for, by the provider's ARN (or name, for AWS's built-in
    /// ones). What the provider says about them (`…:sub`, `…:aud`) belongs into the [`Context`].
    #[must_use]
    pub fn federated(provider: impl Into<String>) -> Self {
        Self(Kind::Federated(provider.into()))
    }

    /// Returns the ARN by which AWS knows the caller: of the session rather than of its role.
    #[must_use]
    pub fn arn(&self) -> Option<&str> {
        match &self.0 {
            Kind::Root { arn } | Kind::User { arn, .. } => Some(&arn.text),
            Kind::Role { role_arn, session_arn, .. } => Some(session_arn.as_deref().unwrap_or(&role_arn.text)),
            Kind::Service(_) | Kind::Federated(_) => None,
        }
    }

    /// Returns the ARN of the role behind a session.
    #[must_use]
    pub fn role_arn(&self) -> Option<&str> {
        if let Kind::Role { role_arn, .. } = &self.0 { Some(&role_arn.text) } else { None }
    }

    /// Returns the account that the principal belongs to; services and federated identities belong to none.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        self.own_arn().map(|arn| arn.account.as_str())
    }

    /// Returns the condition keys that AWS fills in about this principal.
    ///
    /// `aws:PrincipalArn` is the role's ARN for a session, never the session's.
    #[must_use]
    pub fn context(&self) -> Context {
        let context = Context::new().with("aws:PrincipalIsAWSService", matches!(self.0, Kind::Service(_)).to_string());
        let context = match self.own_arn() {
            Some(arn) => {
                context.with("aws:PrincipalArn", arn.text.as_str()).with("aws:PrincipalAccount", arn.account.as_str())
            }
            None => context,
        };
        // An id that is not known must not become an empty text, which a pattern such as `*` would match.
        let with_id = |context: Context, id: &str| if id.is_empty() { context } else { context.with("aws:userid", id) };
        match &self.0 {
            Kind::Root { arn } => with_id(context.with("aws:PrincipalType", "Account"), &arn.account),
            Kind::User { arn, unique_id } => {
                with_id(context.with("aws:PrincipalType", "User").with("aws:username", arn.name()), unique_id)
            }
            Kind::Role { unique_id, session_arn, .. } => {
                let context = context.with("aws:PrincipalType", "AssumedRole");
                // A role by itself, without a session, makes no request: its session's id is not known.
                if session_arn.is_some() { with_id(context, unique_id) } else { context }
            }
            Kind::Service(name) => context.with("aws:PrincipalServiceName", name.as_str()),
            Kind::Federated(_) => context,
        }
    }

    pub(super) fn kind(&self) -> &Kind {
        &self.0
    }

    /// Returns the ARN of the user, of the role, or of the root user.
    pub(super) fn own_arn(&self) -> Option<&ArnParts> {
        match &self.0 {
            Kind::Root { arn } | Kind::User { arn, .. } => Some(arn),
            Kind::Role { role_arn, .. } => Some(role_arn),
            Kind::Service(_) | Kind::Federated(_) => None,
        }
    }
}

impl ArnParts {
    /// Takes apart an ARN of this service with an account and no region.
    pub(super) fn parse(text: &str, service: &str) -> Option<Self> {
        let parts: Vec<_> = text.splitn(6, ':').collect();
        let ["arn", partition, found, "", account, resource] = parts[..] else { return None };
        if found != service || partition.is_empty() || !is_account_id(account) {
            return None;
        }
        Some(Self {
            text: text.to_owned(),
            partition: partition.to_owned(),
            account: account.to_owned(),
            resource: resource.to_owned(),
        })
    }

    /// Takes apart the ARN of a role.
    pub(super) fn parse_role(text: &str) -> Option<Self> {
        Self::parse(text, "iam").filter(|arn| arn.resource.strip_prefix("role/").is_some_and(is_name))
    }

    /// Returns the name, without path.
    pub(super) fn name(&self) -> &str {
        self.resource.rsplit('/').next().unwrap_or_default()
    }
}

/// Returns whether a text is a name with or without path: it is never empty and ends with no slash.
fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.ends_with('/') && !text.contains(['*', '?'])
}

/// Returns the role's name in the ARN of a session.
fn session_role(session: &ArnParts) -> Option<&str> {
    let (role, name) = session.resource.strip_prefix("assumed-role/")?.split_once('/')?;
    (!role.is_empty() && !name.is_empty() && !name.contains('/')).then_some(role)
}
