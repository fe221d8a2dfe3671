//! Which resources a type can be of: the rules allow types, and whoever edits the catalog chooses one for each resource.

use super::service_of_type;
use crate::domain::arn::Arn;
use crate::domain::reference::{self, ArnPattern, Service};

/// Services whose resources are shown under another service's name too: the type's service, the ARN's, and what the
/// resource begins with.
const FAMILIES: [(&str, &str, &str); 11] = [
    ("apigateway", "execute-api", ""),
    ("cloudwatch", "logs", ""),
    ("ebs", "ec2", "volume/"),
    ("es", "aoss", ""),
    ("es", "opensearch", ""),
    ("es", "osis", ""),
    ("rds", "rds-db", ""),
    ("redshift", "redshift-serverless", ""),
    ("ssm", "ssm-contacts", ""),
    ("waf", "waf-regional", ""),
    ("waf", "wafv2", ""),
];

/// Returns whether a resource can be of this type.
///
/// A type that is the name of an AWS service, of whichever one, is for that service alone; any other one is the
/// operator's own word, which says nothing about a resource.
pub fn can_be_of(resource_type: &str, arn: &Arn) -> bool {
    let Some(prefix) = service_of_type(resource_type) else { return true };
    let is_family = |(of_type, of_arn, begins): &(&str, &str, &str)| {
        *of_type == prefix && *of_arn == arn.service() && arn.resource().starts_with(begins)
    };
    arn.service() == prefix
        || FAMILIES.iter().any(is_family)
        || reference::service(prefix).is_some_and(|service| has_under_another_name(service, arn))
}

/// Returns whether a service calls this resource its own although the ARN bears another word than its prefix, as `ebs` does
/// with the snapshots of `ec2`.
///
/// AWS's tables also list what a service's actions merely touch: a bucket for `ssm`, a role for `ec2`. That is another
/// service's, and such a one is not taken from a service that has ARNs of its own.
fn has_under_another_name(service: &Service, arn: &Arn) -> bool {
    let bears = |pattern: &ArnPattern, word: &str| pattern.service() == Some(word);
    let has_own_arns =
        service.types.iter().flat_map(|kind| &kind.patterns).any(|pattern| bears(pattern, service.prefix));
    let is_another_service_s = has_own_arns && reference::service(arn.service()).is_some();
    !is_another_service_s && service.types_of(arn).iter().any(|(_, found)| bears(found.pattern, arn.service()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn can(resource_type: &str, arn: &str) -> bool {
        can_be_of(resource_type, &Arn::parse("resource", arn).unwrap())
    }

    const BUCKET: &str = "arn:aws:s3:::payroll";
    const ROLE: &str = "arn:aws:iam::123456789012:role/admin";

    /// The ARN of something in a service: its own word, and what is behind the account.
    fn in_account(service: &str, resource: &str) -> String {
        format!("arn:aws:{service}:us-east-1:123456789012:{resource}")
    }

    #[test]
    fn a_type_that_names_a_service_is_for_that_service_alone() {
        for (resource_type, service, resource, expected) in [
            ("Lambda", "lambda", "function:x", true),
            ("Dynamo DB", "dynamodb", "table/t", true),
            ("RDS", "rds-db", "dbuser:db-x/y", true),
            ("APIGateway", "execute-api", "x/prod/GET/y", true),
            ("Glue", "glue", "database/d", true),
            ("Glue", "dynamodb", "table/t", false),
            ("CloudWatch", "logs", "log-group:x", true),
            ("CloudWatch", "lambda", "function:x", false),
            ("OpenSearch", "opensearch", "application/x", true),
            ("WAF", "wafv2", "regional/webacl/x/1", true),
        ] {
            let arn = Arn::parse("resource", &in_account(service, resource)).unwrap();
            assert_eq!(can_be_of(resource_type, &arn), expected, "{resource_type} {arn}");
        }
    }

    #[test]
    fn no_service_s_name_makes_a_bucket_or_a_role_its_own() {
        let services = reference::services().filter(|service| !["s3", "iam"].contains(&service.prefix));
        for service in services {
            for name in [service.prefix.to_owned(), service.prefix.to_ascii_uppercase()] {
                assert!(!can(&name, BUCKET) && !can(&name, ROLE), "{name}");
            }
        }
        assert!(can("S3", BUCKET) && can("IAM", ROLE));
    }

    #[test]
    fn a_word_of_the_operator_s_own_binds_nothing() {
        for word in ["Machine", "Bucket", "Step-by-step"] {
            assert!(can(word, BUCKET) && can(word, ROLE), "{word}");
        }
    }

    #[test]
    fn a_service_whose_arns_bear_another_word_keeps_what_its_table_names_and_nothing_beside_it() {
        let snapshot = "arn:aws:ec2:us-east-1::snapshot/snap-1";
        let (volume, instance) = (in_account("ec2", "volume/vol-1"), in_account("ec2", "instance/i-1"));
        assert_eq!([snapshot, &volume, &instance].map(|arn| can("EBS", arn)), [true, true, false]);
        let (topic, product) = (in_account("kafka", "topic/c/u/t"), in_account("catalog", "product/p"));
        assert!(can("kafka-cluster", &topic) && can("ServiceCatalog", &product));
        assert!(!can("kafka-cluster", &in_account("ec2", "instance/i-1")));
        // Backup calls any service's snapshot a recovery point.
        assert!(!can("Backup", &in_account("rds", "snapshot:awsbackup")));
    }

    #[test]
    fn every_service_with_arns_has_a_resource_that_its_name_fits() {
        let examples = |service: &Service| -> Vec<Arn> {
            let patterns = service.types.iter().flat_map(|kind| &kind.patterns);
            patterns.filter_map(|pattern| Arn::parse("example", &pattern.example(str::to_owned)).ok()).collect()
        };
        for service in reference::services() {
            let examples = examples(&service);
            assert!(
                examples.is_empty() || examples.iter().any(|arn| can_be_of(service.prefix, arn)),
                "{}",
                service.prefix
            );
        }
    }
}
