//! What `port-iam aws` is told.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::domain::account::AwsAccount;
use crate::domain::arn::PARTITIONS;
use crate::domain::names::MANAGER_USER;
use crate::domain::setup::SecretStore;

use crate::assets::{self, OidcClaims, OidcTrust, PORT_DISPATCHER};
use crate::commands::Surroundings;
use crate::failure::Failure;

pub(super) const ACCOUNT: &str = "--account";

/// Print the policies of the AWS identities that take part, and templates that make them.
///
/// An administrator attaches `granter` and `revoker` to the workflows' IAM user (they are two managed policies) or to
/// the roles port-iam-granter and port-iam-revoker, creates `boundary` as the policy port-iam-boundary, and gives
/// `requester-policy` to the people who ask. `scp` and `rcp` are guardrails for a whole organisation.
#[derive(Clone, Debug, clap::Args)]
pub struct AwsArgs {
    /// Which policy; all of them when none is named.
    #[arg(value_enum)]
    pub(super) policy: Option<Which>,
    /// The account, 12 digits [environment: AWS_ACCOUNT_ID].
    #[arg(long, value_name = "ID")]
    pub(super) account: Option<String>,
    /// The partition, such as aws-us-gov.
    #[arg(long, value_name = "NAME", default_value = "aws", value_parser = PARTITIONS)]
    pub(super) partition: String,
    /// A checkout of the target repository, whose rules tell what the boundary opens, and for `scp` how the workflows' roles
    /// are called; by default the first rules file, which opens S3 and EC2.
    #[arg(long, value_name = "FOLDER")]
    pub(super) repository: Option<PathBuf>,
    /// The AWS organisation, for `rcp`.
    #[arg(long, value_name = "o-ID")]
    pub(super) organization: Option<String>,
    /// ARN of a role or user that may still write under our path, for `scp`, and alone change what it guards: the
    /// workflows' identities, the boundary, their provider, itself; `*` stands for any text. Several times for several.
    #[arg(long, value_name = "ARN")]
    pub(super) administrator: Vec<String>,
    /// The IAM user of the workflows, for `scp` with `--aws-auth access-key`.
    #[arg(long, value_name = "NAME", default_value = MANAGER_USER)]
    pub(super) user: String,
    /// Print a template that makes identities, policies and boundary in one account; `scp` and `rcp`, which are of a
    /// whole organisation, are not in it.
    #[arg(long, value_enum, conflicts_with = "policy")]
    pub(super) emit: Option<Emit>,
    /// How the workflows prove to AWS who they are, for `scp` and --emit.
    #[arg(long, value_enum, default_value_t = AwsAuth::Oidc)]
    pub(super) aws_auth: AwsAuth,
    #[command(flatten)]
    pub(super) oidc: OidcArgs,
}

/// A policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Which {
    /// What the grant workflow may do.
    Granter,
    /// What the revoke workflow may do.
    Revoker,
    /// The most that any grant can allow.
    Boundary,
    /// What people need to assume a granted role.
    RequesterPolicy,
    /// Guardrail of an organisation: who writes under our path, and attaches what lies there.
    Scp,
    /// Guardrail of an organisation: who assumes a granted role.
    Rcp,
    /// Whom the role port-iam-granter trusts.
    OidcGranter,
    /// Whom the role port-iam-revoker trusts.
    OidcRevoker,
}

/// A form of template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Emit {
    /// AWS CloudFormation, as JSON.
    Cloudformation,
    /// Terraform, as JSON, for a file that ends in .tf.json.
    Terraform,
}

/// How the workflows prove to AWS who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum AwsAuth {
    /// By GitHub's OIDC tokens, which AWS exchanges for a session of a role.
    Oidc,
    /// By the access key of an IAM user.
    AccessKey,
}

/// What GitHub's tokens say about the workflows.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Options of the OIDC trust")]
pub(super) struct OidcArgs {
    /// Organisation or user that owns the target repository.
    #[arg(long, value_name = "ORG")]
    github_org: Option<String>,
    /// Name of the target repository.
    #[arg(long, value_name = "NAME", default_value = "port-iam-permissions")]
    github_repository: String,
    /// GitHub's number of the target repository (`gh api repos/ORG/NAME --jq .id`).
    #[arg(long, value_name = "NUMBER")]
    github_repository_id: Option<String>,
    /// Its default branch.
    #[arg(long, value_name = "NAME", default_value = "main")]
    default_branch: String,
    /// How the tokens' subject begins: sub_claim_prefix of `gh api repos/ORG/NAME/actions/oidc/customization/sub`.
    #[arg(long, value_name = "PREFIX", conflicts_with = "oidc_sub_composed")]
    oidc_sub_prefix: Option<String>,
    /// Compose that beginning as repo:ORG/NAME, which is right for repositories made before July 2026 only.
    #[arg(long)]
    oidc_sub_composed: bool,
    /// Login of whoever may start the grant workflow; several times for several.
    #[arg(long, value_name = "LOGIN", default_value = PORT_DISPATCHER)]
    dispatcher: Vec<String>,
    /// The GitHub plan has no environments for the repository, so the tokens name none.
    #[arg(long)]
    no_environment: bool,
}

impl OidcArgs {
    /// Returns whether there is enough to print the trust policies.
    pub(super) fn is_given(&self) -> bool {
        self.github_repository_id.is_some()
    }

    /// Returns the flags without which there is no trust.
    pub(super) fn missing(&self) -> Vec<&'static str> {
        let has_beginning = self.oidc_sub_prefix.is_some() || self.oidc_sub_composed;
        [
            (self.github_org.is_some(), "--github-org"),
            (self.github_repository_id.is_some(), "--github-repository-id"),
            (has_beginning, "--oidc-sub-prefix or --oidc-sub-composed"),
        ]
        .into_iter()
        .filter(|(is_given, _)| !is_given)
        .map(|(_, flag)| flag)
        .collect()
    }

    /// Returns the trust policies of the two roles.
    pub(super) fn trust(&self, surroundings: &Surroundings<'_>, account: AwsAccount) -> Result<OidcTrust, Failure> {
        let missing = self.missing();
        let (Some(organization), Some(repository_id), true) =
            (self.github_org.clone(), self.github_repository_id.clone(), missing.is_empty())
        else {
            return Err(lacking("the OIDC trust", &missing));
        };
        let composed = || format!("repo:{organization}/{}", self.github_repository);
        let subject_prefix = self.oidc_sub_prefix.clone().unwrap_or_else(composed);
        let claims = OidcClaims {
            account,
            organization,
            repository: self.github_repository.clone(),
            repository_id,
            default_branch: self.default_branch.clone(),
            subject_prefix,
            store: if self.no_environment {
                SecretStore::Repository
            } else {
                SecretStore::Environment(surroundings.names.environment.clone())
            },
            dispatchers: self.dispatcher.clone(),
        };
        assets::oidc_trust(&surroundings.names, &claims).map_err(|error| Failure::usage(error.to_string()))
    }
}

/// Returns the failure of what lacks flags, all at once.
pub(super) fn lacking(what: &str, flags: &[&str]) -> Failure {
    let failure = Failure::usage(format!("{what} needs {}", flags.join(", ")));
    let failure =
        if flags.contains(&ACCOUNT) { failure.hint("pass --account ID, or set AWS_ACCOUNT_ID") } else { failure };
    if flags.iter().all(|flag| *flag == ACCOUNT) {
        return failure;
    }
    failure.hint(
        "`port-iam aws --help` says where GitHub tells each; --oidc-sub-prefix takes what GitHub says of the subject",
    )
}
