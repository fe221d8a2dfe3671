//! Who and what is in the sandbox from the start: people, keys, organisation and account.
//!
//! None of these secrets opens anything outside a sandbox.

/// The AWS account that the environment file is for.
pub const AWS_ACCOUNT_ID: &str = "123456789012";
/// The AWS region.
pub const AWS_REGION: &str = "us-east-1";
/// The GitHub organisation, empty at first.
pub const GITHUB_ORGANIZATION: &str = "acme";
/// Port's organisation id.
pub const PORT_ORGANIZATION_ID: &str = "org_sandboxacme";
/// Login of Port's GitHub app, as GitHub shows it on what the app does.
pub const PORT_APP_LOGIN: &str = "getport-io[bot]";
/// Slug of Port's GitHub app, installed on the organisation.
pub const PORT_APP_SLUG: &str = "getport-io";
/// Token with which Port's GitHub app calls GitHub.
pub const PORT_APP_TOKEN: &str = "ghs_sandboxPortApp000000000000000000";

/// A human of the organisation.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// First and last name.
    pub name: &'static str,
    /// E-mail, by which Port knows the person.
    pub email: &'static str,
    /// Port's user id.
    pub port_user_id: &'static str,
    /// Client id of the person's own Port token.
    pub port_client_id: &'static str,
    /// Client secret of the person's own Port token.
    pub port_client_secret: &'static str,
    /// Role in Port: `Admin` or `Member`.
    pub port_role: &'static str,
    /// Status in Port: `ACTIVE` or `DISABLED`.
    pub port_status: &'static str,
    /// GitHub login.
    pub github_login: &'static str,
    /// GitHub token (classic).
    pub github_token: &'static str,
    /// Name of the IAM user.
    pub iam_user: &'static str,
    /// Access key of the IAM user.
    pub aws_access_key_id: &'static str,
    /// Secret of that key.
    pub aws_secret_access_key: &'static str,
}

/// The platform engineer: administrator of all three systems. The sandbox's environment file is hers.
pub const ADA: Person = Person {
    name: "Ada Engineer",
    email: "ada@acme.example",
    port_user_id: "auth0|ada",
    port_client_id: "ada-port-client-id",
    port_client_secret: "ada-port-client-secret-4f1d",
    port_role: "Admin",
    port_status: "ACTIVE",
    github_login: "ada",
    github_token: "ghp_sandboxAda0000000000000000000000000000",
    iam_user: "ada",
    aws_access_key_id: "AKIAIOSFODNN7EXAMPLE",
    aws_secret_access_key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};

/// A developer who asks for permissions.
pub const DANA: Person = Person {
    name: "Dana Developer",
    email: "dana@acme.example",
    port_user_id: "auth0|dana",
    port_client_id: "dana-port-client-id",
    port_client_secret: "dana-port-client-secret-77b0",
    port_role: "Member",
    port_status: "ACTIVE",
    github_login: "dana",
    github_token: "ghp_sandboxDana000000000000000000000000000",
    iam_user: "dana",
    aws_access_key_id: "AKIASANDBOXDANA00001",
    aws_secret_access_key: "sandboxDana/SecretAccessKey/000000000001",
};

/// A second developer of the same account, who was granted nothing.
pub const MAX: Person = Person {
    name: "Max Bystander",
    email: "max@acme.example",
    port_user_id: "auth0|max",
    port_client_id: "max-port-client-id",
    port_client_secret: "max-port-client-secret-91ce",
    port_role: "Member",
    port_status: "ACTIVE",
    github_login: "max",
    github_token: "ghp_sandboxMax0000000000000000000000000000",
    iam_user: "max",
    aws_access_key_id: "AKIASANDBOXMAX000001",
    aws_secret_access_key: "sandboxMax/SecretAccessKey/0000000000001",
};

/// Somebody who has left: her Port user is disabled, her keys are gone.
pub const GONE: Person = Person {
    name: "Greta Gone",
    email: "greta@acme.example",
    port_user_id: "auth0|greta",
    port_client_id: "greta-port-client-id",
    port_client_secret: "greta-port-client-secret-0000",
    port_role: "Member",
    port_status: "DISABLED",
    github_login: "greta",
    github_token: "ghp_sandboxGreta00000000000000000000000000",
    iam_user: "greta",
    aws_access_key_id: "AKIASANDBOXGRETA0001",
    aws_secret_access_key: "sandboxGreta/SecretAccessKey/00000000001",
};

/// Everybody who has a part of their own.
pub const PEOPLE: [Person; 4] = [ADA, DANA, MAX, GONE];

macro_rules! developer {
    ($number:literal) => {
        Person {
            name: concat!("Developer Number", $number),
            email: concat!("developer", $number, "@acme.example"),
            port_user_id: concat!("auth0|developer", $number),
            port_client_id: concat!("developer", $number, "-port-client-id"),
            port_client_secret: concat!("developer", $number, "-port-client-secret-5b17"),
            port_role: "Member",
            port_status: "ACTIVE",
            github_login: concat!("developer", $number),
            github_token: concat!("ghp_sandboxDeveloper", $number, "0000000000000000000000"),
            iam_user: concat!("developer", $number),
            aws_access_key_id: concat!("AKIASANDBOXDEVELOP0", $number),
            aws_secret_access_key: concat!("sandboxDeveloper", $number, "/SecretAccessKey/0000000000"),
        }
    };
}

/// More developers, whom Port alone knows: enough for a crowd that asks at once.
pub const CROWD: [Person; 10] = [
    developer!(0),
    developer!(1),
    developer!(2),
    developer!(3),
    developer!(4),
    developer!(5),
    developer!(6),
    developer!(7),
    developer!(8),
    developer!(9),
];

/// Returns everybody whom Port knows.
pub fn port_users() -> impl Iterator<Item = Person> {
    PEOPLE.into_iter().chain(CROWD)
}

/// Client id of the machine credentials that the workflows use.
pub const WORKFLOW_PORT_CLIENT_ID: &str = "workflow-port-client-id";
/// Client secret of the machine credentials that the workflows use.
pub const WORKFLOW_PORT_CLIENT_SECRET: &str = "workflow-port-client-secret-c2a9";

/// Name of the IAM user of the workflows, the guide's.
pub const MANAGER_IAM_USER: &str = "port-iam-management-user";
/// Access key of the workflows' IAM user.
pub const MANAGER_ACCESS_KEY_ID: &str = "AKIASANDBOXMANAGER01";
/// Secret of that key.
pub const MANAGER_SECRET_ACCESS_KEY: &str = "sandboxManager/SecretAccessKey/000000001";
/// A second AWS account of the organisation, in which nothing is set up at first.
pub const SECOND_AWS_ACCOUNT_ID: &str = "210987654321";
/// Who has an IAM user in the second account, with the access key there and its secret.
pub const IN_SECOND_ACCOUNT: [(Person, &str, &str); 2] = [
    (ADA, "AKIASANDBOXSECONDADA", "sandboxAdaSecondAccount/Key/000000000001"),
    (DANA, "AKIASANDBOXSECONDDAN", "sandboxDanaSecondAccount/Key/00000000001"),
];
/// An account that has nothing to do with the organisation.
pub const UNRELATED_AWS_ACCOUNT_ID: &str = "999999999999";
