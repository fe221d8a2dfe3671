//! Actions that make more power, or open something to others, though AWS files them under plain writes: nobody gets them
//! unless the rules name them, and their twins stay what anybody may ask for.

use serde_json::Value;

use super::{allows, open_services, rules};
use crate::domain::boundary::{denials, from_rules};
use crate::domain::evaluation::Context;
use crate::domain::glob::{Case, text_matches};
use crate::domain::identifier::ActionName;
use crate::domain::policy::{ActionClass, Allowances, Judged, Verdict, judge};
use crate::domain::policy_text::{LONGEST_POLICY, length_without_white_space};
use crate::domain::reference;

/// What makes more power although AWS's level is none of permissions management, by the action.
const MORE_POWER: [&str; 53] = [
    // It opens a resource to others and stays.
    "aps:PutResourcePolicy",
    "bedrock:PutResourcePolicy",
    "codeartifact:PutDomainPermissionsPolicy",
    "codeartifact:PutRepositoryPermissionsPolicy",
    "dsql:PutClusterPolicy",
    "ec2:ModifyVerifiedAccessEndpointPolicy",
    "ec2:ModifyVerifiedAccessGroupPolicy",
    "es:UpdateDomainConfig",
    "es:UpdateElasticsearchDomainConfig",
    "kafka:PutClusterPolicy",
    "kinesis:DeleteResourcePolicy",
    "kinesis:PutResourcePolicy",
    "kms:ReplicateKey",
    "logs:PutAccountPolicy",
    "logs:PutDestinationPolicy",
    "oam:PutSinkPolicy",
    "sagemaker:PutModelPackageGroupPolicy",
    "schemas:PutResourcePolicy",
    "servicediscovery:PutResourcePolicy",
    "xray:PutResourcePolicy",
    // It acts as somebody else.
    "athena:StartCalculationExecution",
    "athena:StartSession",
    "bedrock-agentcore:InvokeAgentRuntimeCommand",
    "cloud9:CreateEnvironmentMembership",
    "cloud9:UpdateEnvironmentMembership",
    "cloudformation:ContinueUpdateRollback",
    "cloudformation:DeleteStack",
    "cloudformation:RollbackStack",
    "cloudformation:UpdateStackSet",
    "codebuild:CreateWebhook",
    "codebuild:StartSandbox",
    "codebuild:UpdateProject",
    "codedeploy:CreateDeployment",
    "config:StartRemediationExecution",
    "ds:ResetUserPassword",
    "emr-containers:StartJobRun",
    "glue:RunDataPreviewStatement",
    "glue:RunStatement",
    "glue:StartJobRun",
    "sagemaker:StartSession",
    "sagemaker:UpdatePipeline",
    "servicecatalog:ProvisionProduct",
    "servicecatalog:TerminateProvisionedProduct",
    "servicecatalog:UpdateProvisionedProduct",
    "ssm:CreateAssociationBatch",
    "ssm:RegisterTaskWithMaintenanceWindow",
    "ssm:ResumeSession",
    "ssm:StartAssociationsOnce",
    "ssm:StartChangeRequestExecution",
    "ssm:UpdateAssociation",
    "ssm:UpdateDocument",
    "ssm:UpdateDocumentDefaultVersion",
    "ssm:UpdateMaintenanceWindowTask",
];

/// Their twins, which stay what anybody may ask for.
const ORDINARY: [&str; 32] = [
    "aps:GetLabels",
    "athena:StartQueryExecution",
    "autoscaling:PutScalingPolicy",
    "bedrock:InvokeModel",
    "bedrock-agentcore:InvokeAgentRuntime",
    "cloudformation:CreateStack",
    "cloudformation:DescribeStacks",
    "codeartifact:PublishPackageVersion",
    "codebuild:StopBuild",
    "codedeploy:DeleteDeploymentGroup",
    "codepipeline:StartPipelineExecution",
    "ec2:StopInstances",
    "ecr:PutImage",
    "ecr:PutLifecyclePolicy",
    "ecs:UpdateService",
    "elasticfilesystem:PutBackupPolicy",
    "es:ESHttpPost",
    "glue:GetJob",
    "glue:StartWorkflowRun",
    "kafka:UpdateBrokerCount",
    "kinesis:GetResourcePolicy",
    "kinesis:PutRecord",
    "lambda:InvokeFunction",
    "logs:DeleteRetentionPolicy",
    "logs:PutRetentionPolicy",
    "network-firewall:UpdateFirewallPolicy",
    "s3:PutLifecycleConfiguration",
    "s3:PutObject",
    "servicecatalog:DescribeProvisionedProduct",
    "ssm:CreateDocument",
    "ssm:PutParameter",
    "states:StartExecution",
];

/// Returns the boundary of a rule that allows everything of the action's service.
fn of_its_service(action: &str) -> Value {
    let (prefix, _) = action.split_once(':').unwrap();
    from_rules(&rules("", &[("'*'", "'*'", &format!("'{prefix}:*'"))])).unwrap()
}

#[test]
fn the_boundary_denies_what_makes_more_power_whatever_aws_s_level_and_lets_its_twins_through() {
    for action in MORE_POWER {
        assert!(!allows(&of_its_service(action), action, "*", Context::new()), "{action}");
    }
    for action in ORDINARY {
        assert!(allows(&of_its_service(action), action, "*", Context::new()), "{action}");
    }
}

/// Returns the verdict on the action on an example of the first kind that it takes, or on any ARN where it takes none.
fn judged(action: &str, allowances: &Allowances) -> Judged {
    let (prefix, name) = action.split_once(':').unwrap();
    let service = reference::service(prefix).unwrap();
    let types = &service.action(name).unwrap().types;
    let example = types.first().map(|used| service.types[used.index].patterns[0].example(|name| format!("n{name}")));
    let arn = example.unwrap_or_else(|| "arn:aws:s3:::bucket".to_owned());
    judge(&[&arn], &[action], allowances).into_iter().next().unwrap()
}

#[test]
fn the_compiler_refuses_what_makes_more_power_until_the_rules_name_it() {
    for action in MORE_POWER {
        let refused = judged(action, &Allowances::default());
        assert_eq!((refused.verdict, refused.is_granted()), (Verdict::PrivilegeEscalation, false), "{action}");
        let named = Allowances { denied_actions: vec![ActionName::parse(action).unwrap()], ..Allowances::default() };
        assert_ne!(judged(action, &named).verdict, Verdict::PrivilegeEscalation, "{action}");
    }
    for action in ORDINARY {
        let judged = judged(action, &Allowances::default());
        assert!(judged.verdict.allows() || judged.is_account_wide, "{judged:?}");
    }
}

#[test]
fn what_hands_out_credentials_is_sensitive() {
    let (default, refusing) =
        (Allowances::default(), Allowances { refused_classes: vec![ActionClass::Sensitive], ..Allowances::default() });
    for action in [
        "acm:ExportCertificate",
        "elasticmapreduce:GetClusterSessionCredentials",
        "emr-containers:GetManagedEndpointSessionCredentials",
        "gamelift:GetComputeAccess",
        "ivs:GetStreamKey",
        "quicksight:GenerateEmbedUrlForRegisteredUser",
        "redshift:GetClusterCredentialsWithIAM",
        "redshift-serverless:GetCredentials",
    ] {
        let judged = |allowances| judged(action, allowances);
        assert!(judged(&default).is_granted(), "{action}");
        assert!(!judged(&refusing).is_granted(), "{action}");
    }
}

#[test]
fn passwords_users_and_open_ports_that_outlive_a_grant_are_of_the_class_that_leaves_something_behind() {
    let refusing = Allowances { refused_classes: vec![ActionClass::LeavesBehind], ..Allowances::default() };
    for action in [
        "cognito-idp:AdminCreateUser",
        "firehose:UpdateDestination",
        "lightsail:OpenInstancePublicPorts",
        "memorydb:UpdateUser",
        "mq:CreateUser",
        "rds:ModifyDBCluster",
        "rds:ModifyDBInstance",
        "redshift:ModifyCluster",
    ] {
        assert!(judged(action, &Allowances::default()).is_granted(), "{action}");
        assert!(!judged(action, &refusing).is_granted(), "{action}");
    }
}

#[test]
fn what_makes_more_power_is_granted_under_its_own_name_alone() {
    let boundary = from_rules(&rules("allow-actions: [ssm:UpdateDocument]\n", &[("'*'", "'*'", "'ssm:*'")])).unwrap();
    assert!(allows(&boundary, "ssm:UpdateDocument", "*", Context::new()));
    assert!(!allows(&boundary, "ssm:UpdateDocumentDefaultVersion", "*", Context::new()));
}

#[test]
fn in_every_service_exactly_what_is_denied_is_matched() {
    for service in reference::services() {
        let patterns = denials::widening(&service, &[]);
        for action in &service.actions {
            let name = format!("{}:{}", service.prefix, action.name);
            let is_matched = patterns.iter().any(|pattern| text_matches(pattern, &name, Case::Insensitive));
            let is_wanted = action.is_denied || denials::WIDENING.contains(&name.as_str());
            assert_eq!(is_matched, is_wanted, "{name}: {patterns:?}");
        }
    }
}

#[test]
fn the_boundary_of_thirty_services_that_are_used_together_fits() {
    let services = "s3 ec2 lambda dynamodb sqs sns kinesis kafka logs ssm ecs ecr rds secretsmanager kms cloudwatch events states athena elasticache es apigateway cloudformation elasticloadbalancing autoscaling codebuild codedeploy codepipeline route53 cloudfront acm glue";
    let actions: Vec<String> = services.split(' ').map(|prefix| format!("'{prefix}:*'")).collect();
    let boundary = from_rules(&rules("", &[("'*'", "'*'", &actions.join(", "))])).unwrap();
    assert!(length_without_white_space(&boundary) <= LONGEST_POLICY);
    assert_eq!(open_services(&boundary).len(), actions.len());
}
