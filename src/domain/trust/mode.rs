//! The ways in which a role can be trusted to one person, and what each of them proves.

use super::name::NameMapping;

/// Who may assume a granted role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The whole account, as in the guide: whoever in it may call `sts:AssumeRole` on the role.
    Account,
    /// The requester's session of a permission set of IAM Identity Center, in the grant's account.
    IdentityCenter {
        /// The permission set.
        permission_set: PermissionSet,
        /// The requester's user name in Identity Center.
        names: NameMapping,
    },
    /// The requester's IAM user, in the grant's account.
    IamUser {
        /// The path of the users, with a slash at both ends.
        path: String,
        /// The requester's user name in IAM.
        names: NameMapping,
    },
    /// Sessions of the account that carry the requester's name as source identity.
    SourceIdentity {
        /// The requester's source identity.
        names: NameMapping,
    },
    /// Whomever the reviewed trust template names.
    Template {
        /// The name that stands for `<REQUESTER>` in the template.
        names: Option<NameMapping>,
    },
}

/// A permission set, by what the file knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PermissionSet {
    /// The name of its role in the account, `AWSReservedSSO_NAME_SUFFIX`. It changes when the last assignment is
    /// removed and made anew.
    Role(String),
    /// Its name.
    Name(String),
}

impl Trust {
    /// The modes as the rules file spells them.
    pub const MODES: [&'static str; 5] = ["account", "identity-center", "iam-user", "source-identity", "template"];

    /// Returns one sentence on what the mode proves and what not.
    pub fn what_it_proves(&self) -> &'static str {
        match self {
            Self::Account => {
                "trust `account`: anybody in the AWS account whose own policies allow sts:AssumeRole on the role can take it; it proves nothing about the requester"
            }
            Self::IdentityCenter { permission_set: PermissionSet::Role(_), .. } => {
                "trust `identity-center`: only the session that IAM Identity Center opened for the requester's user name with this permission set can take the role; it proves the person as far as your identity provider does, and nothing once the permission set's role has got another name"
            }
            Self::IdentityCenter { permission_set: PermissionSet::Name(_), .. } => {
                "trust `identity-center`: only a session of this permission set whose name, which IAM Identity Center chose, is the requester's can take the role; it proves the person as far as your identity provider does, and the permission set itself has to allow sts:AssumeRole on the role"
            }
            Self::IamUser { .. } => {
                "trust `iam-user`: only the IAM user of the requester's name can take the role; it proves that somebody holds this user's credentials, not who does"
            }
            Self::SourceIdentity { .. } => {
                "trust `source-identity`: only a session that carries the requester's name as source identity can take the role, by `aws sts assume-role`, since the console's Switch Role cannot satisfy it; it proves the person only if nobody but your identity provider may set a source identity in this account; a session with tags, its own or passed on, is let in only where the reviewed trust template allows sts:TagSession"
            }
            Self::Template { .. } => {
                "trust `template`: whoever the reviewed iamTrustPolicy.json names can take the role; port-iam adds nothing but the end, and what it proves of the requester is what the template proves"
            }
        }
    }
}
