//! What can be said about an installation on the command line.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::clients::aws::{AwsCredentials, AwsSettings, NamedProfile};
use crate::clients::http::ApiUrl;
use crate::commands::connected;
use crate::config::variables::{
    PORT_IAM_ADMINISTRATORS, PORT_IAM_APPROVAL, PORT_IAM_APPROVAL_WEBHOOK, PORT_IAM_APPROVERS, PORT_IAM_AWS_AUTH,
    PORT_IAM_BACKEND, PORT_IAM_CODE_OWNERS, PORT_IAM_PAGE, PORT_IAM_RESOURCE_TYPES, PORT_IAM_RUNTIME_BINARY,
};
use crate::config::{self, flag_or_variable};
use crate::domain::setup::{
    Approval, ApprovalNotification, Consent, PageChoice, People, RuntimeConsent, System, Systems, WorkflowAccess,
};
use crate::engine::setup::BackendChoice;
use crate::failure::Failure;
use crate::world::World;

/// What an installation is, and whose part of it is meant.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SetUpArgs {
    /// Organisation or user that owns the target repository [environment: PORT_IAM_GITHUB_ORG].
    #[arg(long, value_name = "ORG")]
    pub(super) github_org: Option<String>,
    /// Name of the target repository [environment: PORT_IAM_REPOSITORY] [default: port-iam-permissions].
    #[arg(long, value_name = "NAME")]
    pub(super) repository: Option<String>,
    /// Types of AWS resources that people can ask for, such as S3,EC2,Lambda,DynamoDB; a type that is there is never
    /// taken away [environment: PORT_IAM_RESOURCE_TYPES] [default: S3,EC2].
    #[arg(long, value_name = "TYPES")]
    pub(super) resource_types: Option<String>,
    /// The part of one administrator: what is open elsewhere waits, by name, and systems without credentials are not
    /// looked at. Without AWS credentials the account comes from AWS_ACCOUNT_ID.
    #[arg(long, value_enum, value_name = "SYSTEMS", value_delimiter = ',')]
    pub(super) only: Vec<SystemArg>,
    /// Change objects of our names although they are not ours. Look at the plan first.
    #[arg(long)]
    pub(super) adopt: bool,
    /// Write workflow files anew that somebody has edited in the repository. Look at the plan first: it shows what is
    /// lost.
    #[arg(long)]
    pub(super) force: bool,
    /// Who has to review changes of workflows and rules, in the first CODEOWNERS file: @login, @organisation/team
    /// [environment: PORT_IAM_CODE_OWNERS] [default: whoever sets it up].
    #[arg(long, value_name = "OWNERS")]
    pub(super) code_owners: Option<String>,
    /// Put an access key into the secrets of the repository, where the GitHub plan has no environments: everybody who may
    /// write to the repository can then use it.
    #[arg(long)]
    pub(super) writers_are_admins: bool,
    /// Set the workflows' secrets again, although they are there.
    #[arg(long)]
    pub(super) rotate_secrets: bool,
    /// The program that the workflows shall run, for Linux on x86-64; this program itself by default
    /// [environment: PORT_IAM_RUNTIME_BINARY].
    #[arg(long, value_name = "PATH")]
    pub(super) runtime_binary: Option<PathBuf>,
    /// Have workflows that are there run this program instead of the one that they pin: it is published as a release, and
    /// the workflows are moved to it. Without this they stay with theirs. A program that is older than theirs is refused.
    #[arg(long)]
    pub(super) upgrade: bool,
    /// The same, even where this program is older than the one that they pin.
    #[arg(long, conflicts_with = "upgrade")]
    pub(super) downgrade: bool,
    /// How Port starts the workflows [environment: PORT_IAM_BACKEND] [default: auto].
    #[arg(long, value_enum)]
    backend: Option<BackendArg>,
    /// How many approvers have to agree in Port before a request is granted. What decides is the rules file: this writes the
    /// first one, and makes Port ask [environment: PORT_IAM_APPROVAL].
    #[arg(long, value_enum)]
    pub(super) approval: Option<ApprovalArg>,
    /// Who may approve, in the first rules file: e-mail addresses, and `team:NAME` for the members of a team in Port
    /// [environment: PORT_IAM_APPROVERS].
    #[arg(long, value_name = "PEOPLE")]
    pub(super) approvers: Option<String>,
    /// Address that Port calls when somebody waits for an approval; by e-mail otherwise
    /// [environment: PORT_IAM_APPROVAL_WEBHOOK].
    #[arg(long, value_name = "URL")]
    pub(super) approval_webhook: Option<String>,
    /// Who besides Port's administrators may edit catalog, grants and records in Port: e-mail addresses, `team:NAME`
    /// [environment: PORT_IAM_ADMINISTRATORS] [default: whoever may now].
    #[arg(long, value_name = "PEOPLE")]
    pub(super) administrators: Option<String>,
    /// Have a page in Port that shows who has access, until when, and what was asked for [environment: PORT_IAM_PAGE=yes]
    /// [default: with a first set-up; later it is kept where it is].
    #[arg(long, conflicts_with = "no_page")]
    pub(super) page: bool,
    /// Have none, and leave one that is there alone [environment: PORT_IAM_PAGE=no].
    #[arg(long)]
    pub(super) no_page: bool,
    /// How the workflows prove to AWS who they are [environment: PORT_IAM_AWS_AUTH] [default: oidc, or as the workflows
    /// do that are there].
    #[arg(long, value_enum)]
    pub(super) aws_auth: Option<AwsAuthArg>,
    /// Profile of the AWS CLI that holds your own credentials [environment: AWS_PROFILE].
    #[arg(long, value_name = "NAME")]
    pub(super) aws_profile: Option<String>,
    /// Make in AWS what the workflows need, with an administrator's credentials: the identity provider for GitHub's
    /// tokens (one that is there is not touched), the roles port-iam-granter and port-iam-revoker with their trust and
    /// the policies of the same names. With --aws-auth access-key the two policies alone, to be attached to the IAM
    /// user.
    #[arg(long)]
    pub(super) aws_setup: bool,
    #[command(flatten)]
    pub(super) profiles: connected::Profiles,
}

/// One of the three systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum SystemArg {
    /// Blueprints, actions, the automation and who may use them.
    Port,
    /// The repository and everything in it.
    Github,
    /// The permissions boundary and the workflows' identities.
    Aws,
}

/// How the workflows prove to AWS who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum AwsAuthArg {
    /// By GitHub's OIDC tokens: no AWS key is stored anywhere.
    Oidc,
    /// By an access key of an IAM user, which lies in GitHub's secrets.
    AccessKey,
}

/// How many approvers have to agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ApprovalArg {
    /// One of them.
    Any,
    /// All of them.
    All,
    /// Nobody has to.
    None,
}

impl ApprovalArg {
    /// Returns the word of the flag.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::All => "all",
            Self::None => "none",
        }
    }
}

impl BackendArg {
    /// Returns the word of the flag.
    fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Github => "github",
            Self::Ocean => "ocean",
        }
    }
}

impl AwsAuthArg {
    /// Returns the word of the flag.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Oidc => "oidc",
            Self::AccessKey => "access-key",
        }
    }
}

/// What the operator says about approval.
pub(super) struct ApprovalSettings {
    pub(super) approval: Option<Approval>,
    pub(super) approvers: People,
    pub(super) notification: Option<ApprovalNotification>,
}

/// How Port starts the workflows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BackendArg {
    /// By what the organisation has; the app where it has both.
    Auto,
    /// Through Port's GitHub app.
    Github,
    /// Through Port's GitHub Ocean integration.
    Ocean,
}

impl SetUpArgs {
    /// Reads how AWS is reached for `purpose`, here and in further accounts.
    ///
    /// # Errors
    ///
    /// Fails on settings that are missing or wrong.
    pub(in crate::commands) fn aws_of_several(&self, world: &World, purpose: &str) -> Result<AwsSettings, Failure> {
        let further = config::aws::named_profiles(world, &self.profiles.profiles)?;
        config::aws::with_profiles(self.aws(world, purpose)?, further)
    }

    /// Returns the repository as `owner/name`, where flags name it: the name may bring its owner along.
    pub(in crate::commands) fn place(&self, world: &World) -> Option<String> {
        let (name, owner) = (self.repository.as_deref(), self.github_org.as_deref());
        if name.is_some_and(|name| name.contains('/')) || (name.is_none() && owner.is_none()) {
            return name.map(str::to_owned);
        }
        let owner = config::github::owner(world, owner).ok()?.value;
        Some(format!("{owner}/{}", config::github::repository(world, name).value))
    }

    /// Returns owner and name of the repository as flags give them.
    pub(in crate::commands) fn named(&self) -> (Option<&str>, Option<&str>) {
        (self.github_org.as_deref(), self.repository.as_deref())
    }

    /// Returns the systems that are written to.
    pub(in crate::commands) fn share(&self) -> Systems {
        let system = |named: &SystemArg| match named {
            SystemArg::Port => System::Port,
            SystemArg::Github => System::GitHub,
            SystemArg::Aws => System::Aws,
        };
        Systems::of(&self.only.iter().map(system).collect::<Vec<_>>())
    }

    /// Reads how AWS is reached for `purpose`. A profile that is named weighs more than a key of the environment.
    fn aws(&self, world: &World, purpose: &str) -> Result<AwsSettings, Failure> {
        let mut settings = config::aws::read(world, purpose)?;
        if let Some(name) = self.aws_profile.clone() {
            settings.credentials = AwsCredentials::Profile(Some(NamedProfile { name, named_by: "--aws-profile" }));
        }
        Ok(settings)
    }

    /// Returns what was said about the installation beyond its place, by flags or variables, as flags. The address of a
    /// webhook is as good as a secret: what came in a variable is left there.
    pub(super) fn said(&self, world: &World) -> Vec<(&'static str, String)> {
        let text = |flag: &'static str, value: Option<&str>, variable: Option<&'static str>| {
            let value = value.or_else(|| world.variable(variable?));
            Some((flag, value?.to_owned()))
        };
        let approval = self.approval.map(ApprovalArg::word);
        let access = self.aws_auth.map(AwsAuthArg::word);
        let backend = self.backend.map(BackendArg::word);
        let binary = self.runtime_binary(world).map(|path| path.display().to_string());
        let said = [
            text("--resource-types", self.resource_types.as_deref(), Some(PORT_IAM_RESOURCE_TYPES)),
            text("--backend", backend, Some(PORT_IAM_BACKEND)),
            text("--approval", approval, Some(PORT_IAM_APPROVAL)),
            text("--approvers", self.approvers.as_deref(), Some(PORT_IAM_APPROVERS)),
            text("--approval-webhook", self.approval_webhook.as_deref(), None),
            text("--administrators", self.administrators.as_deref(), Some(PORT_IAM_ADMINISTRATORS)),
            text("--code-owners", self.code_owners.as_deref(), Some(PORT_IAM_CODE_OWNERS)),
            text("--aws-auth", access, Some(PORT_IAM_AWS_AUTH)),
            text("--runtime-binary", binary.as_deref(), None),
            text("--aws-profile", self.aws_profile.as_deref(), None),
        ];
        let page = match self.page(world) {
            Ok(PageChoice::Wanted) => Some(("--page", String::new())),
            Ok(PageChoice::Unwanted) => Some(("--no-page", String::new())),
            Ok(PageChoice::AsItIs) | Err(_) => None,
        };
        let further = self.profiles.profiles.iter().map(|profile| ("--account-profile", profile.clone()));
        said.into_iter().flatten().chain(further).chain(page).collect()
    }

    /// Returns the systems of `--only` as it takes them.
    pub(super) fn only_words(&self) -> Option<String> {
        let words = self.only.iter().filter_map(|system| Some(system.to_possible_value()?.get_name().to_owned()));
        (!self.only.is_empty()).then(|| words.collect::<Vec<_>>().join(","))
    }

    /// Returns what the operator agrees to.
    pub(super) fn consent(&self) -> Consent {
        Consent {
            adopt: self.adopt,
            force: self.force,
            rotate_secrets: self.rotate_secrets,
            runtime: match (self.upgrade, self.downgrade) {
                (_, true) => RuntimeConsent::Downgrade,
                (true, false) => RuntimeConsent::Upgrade,
                (false, false) => RuntimeConsent::Keep,
            },
            writers_are_admins: self.writers_are_admins,
        }
    }

    /// Returns which way Port shall start the workflows.
    pub(super) fn backend(&self, world: &World) -> Result<BackendChoice, Failure> {
        let said = match (self.backend, world.variable(PORT_IAM_BACKEND)) {
            (Some(said), _) => said,
            (None, None) => BackendArg::Auto,
            (None, Some(text)) => BackendArg::from_str(text, true).map_err(|_| {
                Failure::usage(format!("{PORT_IAM_BACKEND} is none of auto, github and ocean"))
                    .hint("set it to one of them")
            })?,
        };
        Ok(match said {
            BackendArg::Auto => BackendChoice::Auto,
            BackendArg::Github => BackendChoice::GitHub,
            BackendArg::Ocean => BackendChoice::Ocean,
        })
    }

    /// Returns the program that the workflows shall run, where the operator names another than this one.
    pub(super) fn runtime_binary(&self, world: &World) -> Option<PathBuf> {
        self.runtime_binary.clone().or_else(|| world.variable(PORT_IAM_RUNTIME_BINARY).map(PathBuf::from))
    }

    /// Returns whom the operator names to review changes.
    pub(super) fn code_owners(&self, world: &World) -> Vec<String> {
        let flag = self.code_owners.as_deref().map(|value| (value, "--code-owners"));
        let owners = flag_or_variable(world, flag, &[PORT_IAM_CODE_OWNERS]).map(|setting| setting.value);
        let words = owners.iter().flat_map(|owners| owners.split([',', ' ']));
        words.filter(|owner| !owner.is_empty()).map(str::to_owned).collect()
    }

    /// Returns what the operator says about approval.
    pub(super) fn approval(&self, world: &World) -> Result<ApprovalSettings, Failure> {
        let said = match (self.approval, world.variable(PORT_IAM_APPROVAL)) {
            (Some(said), _) => Some(said),
            (None, None) => None,
            (None, Some(text)) => Some(ApprovalArg::from_str(text, true).map_err(|_| {
                Failure::usage(format!("{PORT_IAM_APPROVAL} is none of any, all and none"))
                    .hint("set it to one of them")
            })?),
        };
        let approvers = people(world, ("--approvers", self.approvers.as_deref()), PORT_IAM_APPROVERS)?;
        let approvers = approvers.unwrap_or_default();
        if approvers.is_empty() && matches!(said, Some(ApprovalArg::Any | ApprovalArg::All)) {
            return Err(Failure::usage("--approval is said, and nobody is named who could approve")
                .hint("name them with --approvers, as in --approvers lead@example.com,team:Platform"));
        }
        if !approvers.is_empty() && matches!(said, Some(ApprovalArg::None)) {
            return Err(Failure::usage("--approvers are named, and --approval none says that nobody has to approve")
                .hint("leave one of them out"));
        }
        let approval = match said {
            Some(ApprovalArg::Any) => Some(Approval::Any),
            Some(ApprovalArg::All) => Some(Approval::All),
            Some(ApprovalArg::None) | None => None,
        };
        let webhook = match (self.approval_webhook.as_deref(), world.variable(PORT_IAM_APPROVAL_WEBHOOK)) {
            (Some(url), _) => Some(ApiUrl::parse("--approval-webhook", url)?),
            (None, Some(url)) => Some(ApiUrl::parse(PORT_IAM_APPROVAL_WEBHOOK, url)?),
            (None, None) => None,
        };
        let notification = webhook.map(|url| ApprovalNotification::Webhook(url.as_str().to_owned()));
        Ok(ApprovalSettings { approval, approvers, notification })
    }

    /// Returns who besides Port's administrators shall edit what the portal shows, where the operator says so.
    pub(super) fn administrators(&self, world: &World) -> Result<Option<People>, Failure> {
        people(world, ("--administrators", self.administrators.as_deref()), PORT_IAM_ADMINISTRATORS)
    }

    /// Returns what the operator says about the dashboard.
    pub(super) fn page(&self, world: &World) -> Result<PageChoice, Failure> {
        match (self.page, self.no_page, world.variable(PORT_IAM_PAGE)) {
            (true, ..) | (false, false, Some("yes")) => Ok(PageChoice::Wanted),
            (false, true, _) | (false, false, Some("no")) => Ok(PageChoice::Unwanted),
            (false, false, None) => Ok(PageChoice::AsItIs),
            (false, false, Some(_)) => {
                Err(Failure::usage(format!("{PORT_IAM_PAGE} is neither yes nor no")).hint("set it to one of them"))
            }
        }
    }

    /// Returns how the workflows shall reach AWS, where the operator says so.
    pub(super) fn access(&self, world: &World) -> Result<Option<WorkflowAccess>, Failure> {
        let flag = match (self.aws_auth, world.variable(PORT_IAM_AWS_AUTH)) {
            (Some(flag), _) => flag,
            (None, None) => return Ok(None),
            (None, Some(text)) => AwsAuthArg::from_str(text, false).map_err(|_| {
                Failure::usage(format!("{PORT_IAM_AWS_AUTH} is neither oidc nor access-key"))
                    .hint("set it to one of them")
            })?,
        };
        Ok(Some(match flag {
            AwsAuthArg::Oidc => WorkflowAccess::Oidc,
            AwsAuthArg::AccessKey => WorkflowAccess::AccessKey,
        }))
    }
}

/// Reads a list of people, from a flag (its name and value) or a variable.
fn people(
    world: &World,
    (name, flag): (&'static str, Option<&str>),
    variable: &'static str,
) -> Result<Option<People>, Failure> {
    let Some(list) = flag_or_variable(world, flag.map(|value| (value, name)), &[variable]) else { return Ok(None) };
    let people = People::parse(list.value.split(',')).map_err(|entry| {
        Failure::usage(format!("{}: {entry:?} is neither an e-mail address nor `team:NAME`", list.source))
            .hint("separate several by commas, as in lead@example.com,team:Platform")
    })?;
    Ok(Some(people))
}
