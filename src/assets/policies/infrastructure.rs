//! The workflows' identities, their policies and the boundary, for those who keep their account as code.

use serde_json::{Map, Value, json};

use super::oidc::OidcTrust;
use crate::domain::names::{GRANTER_ROLE, MANAGER_USER, Names, OIDC_AUDIENCE, OIDC_ISSUER, REVOKER_ROLE};
use crate::domain::tags::{MARK, SCOPE};

/// How the workflows prove to AWS who they are.
#[derive(Clone, Debug, PartialEq)]
pub enum Identities {
    /// One user, whose access key is made by hand: a template must not hold it.
    User,
    /// Two roles, which trust GitHub's tokens.
    Roles(OidcTrust),
}

/// What the template asks whoever deploys it for: the roles of another installation are told apart by it.
const WHICH_INSTALLATION: &str = "The installation: Port's organisation and GitHub's number of the repository, ORGANIZATION/NUMBER, \
    which port-iam doctor prints in the line `installation`; with a prefix, /PREFIX behind it";

/// What is to be in the account.
#[derive(Clone, Debug, PartialEq)]
pub struct Infrastructure {
    /// The installation's names.
    pub names: Names,
    /// What making a grant needs.
    pub granter: Value,
    /// What taking one away needs.
    pub revoker: Value,
    /// The permissions boundary.
    pub boundary: Value,
    /// The identities.
    pub identities: Identities,
}

impl Infrastructure {
    /// Returns a CloudFormation template. The provider for GitHub's tokens is only made when the parameter says so, and
    /// stays when the stack goes: others may use it.
    pub fn cloudformation(&self) -> Value {
        let mut resources = Map::new();
        for (id, name, document) in self.policies() {
            // IAM's managed policies have no tags in CloudFormation (CloudFormation, "AWS::IAM::ManagedPolicy").
            let properties = json!({ "ManagedPolicyName": name, "Path": "/", "PolicyDocument": document });
            resources.insert(id.to_owned(), json!({ "Type": "AWS::IAM::ManagedPolicy", "Properties": properties }));
        }
        let mut template = json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": "Identities, policies and permissions boundary of port-iam",
        });
        match &self.identities {
            Identities::User => {
                let properties = json!({
                    "UserName": MANAGER_USER,
                    "ManagedPolicyArns": [{ "Ref": "GranterPolicy" }, { "Ref": "RevokerPolicy" }],
                });
                resources.insert("Manager".to_owned(), json!({ "Type": "AWS::IAM::User", "Properties": properties }));
            }
            Identities::Roles(trust) => {
                template["Parameters"] = json!({ "CreateOidcProvider": {
                    "Type": "String", "AllowedValues": ["yes", "no"], "Default": "no",
                    "Description": "yes where the account has no identity provider for GitHub's tokens yet" } });
                template["Parameters"]["Scope"] = json!({
                    "Type": "String", "AllowedPattern": "^[^/]+/[0-9]+(/[^/]+)?$", "Description": WHICH_INSTALLATION });
                template["Conditions"] =
                    json!({ "NoOidcProvider": { "Fn::Equals": [{ "Ref": "CreateOidcProvider" }, "yes"] } });
                let provider = json!({
                    "Type": "AWS::IAM::OIDCProvider", "Condition": "NoOidcProvider", "DeletionPolicy": "Retain",
                    "UpdateReplacePolicy": "Retain",
                    "Properties": { "Url": OIDC_ISSUER, "ClientIdList": [OIDC_AUDIENCE] },
                });
                resources.insert("OidcProvider".to_owned(), provider);
                for (id, name, trust, policy) in [
                    ("GranterRole", GRANTER_ROLE, &trust.granter, "GranterPolicy"),
                    ("RevokerRole", REVOKER_ROLE, &trust.revoker, "RevokerPolicy"),
                ] {
                    let properties = json!({
                        "RoleName": name, "AssumeRolePolicyDocument": trust, "MaxSessionDuration": 3600,
                        "ManagedPolicyArns": [{ "Ref": policy }],
                        "Tags": [{ "Key": MARK.0, "Value": MARK.1 }, { "Key": SCOPE, "Value": { "Ref": "Scope" } }],
                    });
                    resources.insert(id.to_owned(), json!({ "Type": "AWS::IAM::Role", "Properties": properties }));
                }
            }
        }
        template["Resources"] = Value::Object(resources);
        template
    }

    /// Returns a Terraform configuration in its JSON form (`port-iam.tf.json`).
    pub fn terraform(&self) -> Value {
        let mut policies = Map::new();
        for (id, name, document) in self.policies() {
            let tags = json!({ MARK.0: MARK.1 });
            policies.insert(snake(id), json!({ "name": name, "path": "/", "policy": literal(document), "tags": tags }));
        }
        let mut resources = json!({ "aws_iam_policy": policies });
        let mut template = json!({ "terraform": { "required_providers": { "aws": { "source": "hashicorp/aws" } } } });
        match &self.identities {
            Identities::User => {
                resources["aws_iam_user"] = json!({ "manager": { "name": MANAGER_USER } });
                let attachment = |policy: &str| json!({ "user": "${aws_iam_user.manager.name}", "policy_arn": format!("${{aws_iam_policy.{policy}.arn}}") });
                resources["aws_iam_user_policy_attachment"] = json!({
                    "granter": attachment("granter_policy"), "revoker": attachment("revoker_policy") });
            }
            Identities::Roles(trust) => {
                template["variable"] = json!({ "create_oidc_provider": {
                    "type": "bool", "default": false,
                    "description": "true where the account has no identity provider for GitHub's tokens yet" } });
                template["variable"]["scope"] = json!({ "type": "string", "description": WHICH_INSTALLATION });
                resources["aws_iam_openid_connect_provider"] = json!({ "github": {
                    "count": "${var.create_oidc_provider ? 1 : 0}", "url": OIDC_ISSUER,
                    "client_id_list": [OIDC_AUDIENCE], "lifecycle": { "prevent_destroy": true } } });
                let tags = json!({ MARK.0: MARK.1, SCOPE: "${var.scope}" });
                let role = |name: &str, trust: &Value| json!({ "name": name, "assume_role_policy": literal(trust), "max_session_duration": 3600, "tags": tags });
                resources["aws_iam_role"] = json!({
                    "granter": role(GRANTER_ROLE, &trust.granter), "revoker": role(REVOKER_ROLE, &trust.revoker) });
                let attachment = |role: &str| json!({ "role": format!("${{aws_iam_role.{role}.name}}"), "policy_arn": format!("${{aws_iam_policy.{role}_policy.arn}}") });
                resources["aws_iam_role_policy_attachment"] =
                    json!({ "granter": attachment("granter"), "revoker": attachment("revoker") });
            }
        }
        template["resource"] = resources;
        template
    }

    fn policies(&self) -> [(&'static str, &str, &Value); 3] {
        [
            ("Boundary", &self.names.boundary, &self.boundary),
            ("GranterPolicy", GRANTER_ROLE, &self.granter),
            ("RevokerPolicy", REVOKER_ROLE, &self.revoker),
        ]
    }
}

/// Returns a document as a text in which Terraform finds nothing to work out (Terraform, "Strings and templates").
fn literal(document: &Value) -> String {
    document.to_string().replace("${", "$${").replace("%{", "%%{")
}

fn snake(id: &str) -> String {
    let mut snake = String::new();
    for character in id.chars() {
        if character.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}
