//! Who is asking, and what does not change while it is set up.

use futures_util::future::{join4, try_join, try_join4};

use super::super::Setup;
use crate::clients::aws::Caller;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::github::{Installed, Repository, TokenOwner};
use crate::clients::port::Integration;
use crate::domain::account::AwsAccount;
use crate::domain::github_host::GitHubHost;
use crate::domain::setup::{App, People, System};
use crate::failure::Failure;

/// Slug of Port's GitHub app on github.com.
const APP: &str = "getport-io";

/// Whose credentials these are, and the repository: what the first round trip tells.
#[derive(Clone, Debug)]
pub struct Who {
    /// The account.
    pub account: AwsAccount,
    pub(super) caller: Option<Caller>,
    pub(super) token: Option<TokenOwner>,
    pub(super) owner_is_user: bool,
    pub(super) repository: Option<Repository>,
}

/// Who is asking, and what does not change while it is set up.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The account.
    pub account: AwsAccount,
    /// The AWS identity of the caller; none where AWS is not looked at.
    pub caller: Option<Caller>,
    /// The AWS region.
    pub region: String,
    /// Port's organisation; none where Port is not looked at.
    pub organization: Option<String>,
    /// Whether the Port credentials belong to a person; none when their token does not say.
    pub personal: Option<bool>,
    /// The GitHub integrations of the organisation; none when the credentials may not see them.
    pub integrations: Option<Vec<Integration>>,
    /// The owner of the GitHub token; none where GitHub is not looked at.
    pub token: Option<TokenOwner>,
    /// Whether the repository's owner is the token's own user.
    pub owner_is_user: bool,
    /// Whether Port's app is installed.
    pub app: App,
    /// E-mail addresses of the first approvers: of those who are named, and of the members of their teams.
    pub approvers: Vec<String>,
}

impl Identity {
    /// Returns who is asking, with the repository as it is now.
    pub(super) fn asking(&self, repository: Option<Repository>) -> Who {
        Who {
            account: self.account.clone(),
            caller: self.caller.clone(),
            token: self.token.clone(),
            owner_is_user: self.owner_is_user,
            repository,
        }
    }
}

impl Setup<'_> {
    /// Asks the systems whose credentials these are, and for the repository. Credentials that do not work are found out
    /// here, before anything else is asked.
    ///
    /// # Errors
    ///
    /// Fails when credentials are rejected or a system cannot be asked.
    pub async fn who(&self) -> Result<Who, Failure> {
        let port = async { if self.found.looks_at.contains(System::Port) { self.port.log_in().await } else { Ok(()) } };
        let github = async {
            if !self.found.looks_at.contains(System::GitHub) {
                return Ok(None);
            }
            self.github.token_owner().await.map(Some)
        };
        let aws =
            async { if self.found.presumed_account.is_some() { Ok(None) } else { self.aws.caller().await.map(Some) } };
        let (port, token, caller, repository) = join4(port, github, aws, self.repository()).await;
        port?;
        let (token, caller) = (token?, caller?);
        let account = caller.as_ref().map(|caller| &caller.account).or(self.found.presumed_account.as_ref()).cloned();
        let account = account.ok_or_else(|| Failure::failed("AWS did not tell the account"))?;
        let owner = &self.asked.owner;
        let owner_is_user = token.as_ref().is_some_and(|token| token.login.eq_ignore_ascii_case(owner));
        Ok(Who { account, caller, token, owner_is_user, repository: repository? })
    }

    /// Returns who is asking, with what follows from it.
    pub(super) async fn identity(&self, who: &Who) -> Result<Identity, Failure> {
        let Who { account, caller, token, owner_is_user, repository: _ } = who.clone();
        let region = self.aws.region().ok_or_else(|| Failure::usage("no AWS region is set").hint("set AWS_REGION"))?;
        let port = async {
            if !self.found.looks_at.contains(System::Port) {
                return Ok((None, None, None, self.first_approvers().await?));
            }
            let organization = async { Ok(self.port.organization_id().await?) };
            let personal = async { Ok(self.port.is_personal().await?) };
            let integrations = async {
                match self.port.github_integrations().await {
                    // Port publishes no schema of them, and what hangs on them is only a warning.
                    Err(error) if error.kind == ApiErrorKind::Undecodable => {
                        tracing::warn!(%error, "the integrations of Port are not looked at");
                        Ok(None)
                    }
                    integrations => Ok(integrations?),
                }
            };
            let (organization, personal, integrations, approvers) =
                try_join4(organization, personal, integrations, self.first_approvers()).await?;
            Ok::<_, Failure>((Some(organization), personal, integrations, approvers))
        };
        let app = async { if token.is_none() || owner_is_user { Ok(App::Unknown) } else { Ok(self.app().await?) } };
        let ((organization, personal, integrations, approvers), app) = try_join(port, app).await?;
        Ok(Identity {
            region: region.to_owned(),
            account,
            caller,
            organization,
            personal,
            integrations,
            token,
            owner_is_user,
            app,
            approvers,
        })
    }

    /// Returns the people who are named as approvers; the members of teams are looked up, since the rules file names people.
    async fn first_approvers(&self) -> Result<Vec<String>, Failure> {
        let People { users, teams } = &self.asked.approvers;
        let mut approvers = users.clone();
        if !teams.is_empty() {
            if !self.found.looks_at.contains(System::Port) {
                return Err(Failure::login("the members of an approving team are known in Port")
                    .hint("use Port credentials, or name the approvers by e-mail"));
            }
            let members = self.port.users().await?;
            for team in teams {
                let of_team = members.iter().filter(|user| user.is_active_human() && user.teams.contains(team));
                let found: Vec<String> = of_team.map(|user| user.email.to_ascii_lowercase()).collect();
                if found.is_empty() {
                    return Err(Failure::usage(format!(
                        "--approvers: Port knows no active member of the team {team:?}"
                    ))
                    .hint("check the team's name in Port, or name the approvers by e-mail"));
                }
                approvers.extend(found);
            }
        }
        approvers.sort();
        approvers.dedup();
        Ok(approvers)
    }

    async fn app(&self) -> Result<App, ApiError> {
        Ok(match self.github.app_installed(&self.asked.owner, APP).await? {
            Installed::Yes => App::Installed,
            // Elsewhere it is an app of the owner's own making, whose name nobody else knows.
            Installed::No if self.found.host != GitHubHost::GithubCom => App::Unknown,
            Installed::No => App::Absent,
            Installed::Powerless => App::Powerless,
            Installed::CannotTell => App::Unknown,
        })
    }
}
