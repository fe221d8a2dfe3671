//! The resource types of the catalog: what `resource_type` may be, of resources and of permissions.
//!
//! A type is a word for people. The guide's two are upper-case names of services; others are written as AWS writes
//! the service (`Lambda`, `DynamoDB`), and a service finds its type whatever the case and the separators.

mod binding;

use std::fmt;
use std::sync::LazyLock;

pub use binding::can_be_of;
use regex::Regex;

use super::policy::closest;
use super::reference;
use super::refusal::{Refusal, RefusalCode, quoted};

/// The guide's types, which an installation has unless it is told otherwise.
pub const GUIDE: [&str; 2] = ["S3", "EC2"];
/// The most types of an installation: as many as a person can still choose from.
const MOST: usize = 50;
/// Letters, digits, `-`, `_` and single blanks inside: safe as they are in YAML, in JSON and in Port's templates.
static NAME: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\A[A-Za-z][A-Za-z0-9_-]{0,49}( [A-Za-z0-9_-]{1,49}){0,5}\z").ok());
const LONGEST: usize = 50;
/// What YAML takes for a truth value, nothing or a number where it stands without quotes.
const WORDS_OF_YAML: [&str; 8] = ["true", "false", "yes", "no", "on", "off", "null", "y"];
/// Services whose name in AWS's console differs from their prefix, and the words that people use for them.
const SPELLINGS: [(&str, &[&str]); 27] = [
    ("s3", &["S3"]),
    ("ec2", &["EC2"]),
    ("lambda", &["Lambda"]),
    ("dynamodb", &["DynamoDB"]),
    ("rds", &["RDS"]),
    ("sns", &["SNS"]),
    ("sqs", &["SQS"]),
    ("kms", &["KMS"]),
    ("ecs", &["ECS"]),
    ("eks", &["EKS"]),
    ("ecr", &["ECR"]),
    ("ssm", &["SSM", "SystemsManager"]),
    ("secretsmanager", &["SecretsManager"]),
    ("logs", &["CloudWatchLogs", "Logs"]),
    ("states", &["StepFunctions"]),
    ("events", &["EventBridge", "Events"]),
    ("apigateway", &["APIGateway"]),
    ("cloudformation", &["CloudFormation"]),
    ("cloudfront", &["CloudFront"]),
    ("elasticache", &["ElastiCache"]),
    ("elasticloadbalancing", &["ELB", "ElasticLoadBalancing"]),
    ("elasticfilesystem", &["EFS"]),
    ("elasticmapreduce", &["EMR"]),
    ("es", &["OpenSearch"]),
    ("kafka", &["MSK", "Kafka"]),
    ("route53", &["Route53"]),
    ("sagemaker", &["SageMaker"]),
];

/// The types of an installation: at least one, each once, whatever the case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceTypes(Vec<String>);

impl Default for ResourceTypes {
    fn default() -> Self {
        Self(GUIDE.map(str::to_owned).to_vec())
    }
}

impl ResourceTypes {
    /// Parses names that are separated by commas; `field` names where they stand.
    ///
    /// # Errors
    ///
    /// Refuses an empty list, more than 50 names, a name that is no plain word or longer than 50 characters, and one
    /// that is there twice, in whatever case.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Refusal> {
        let refuse = |reason: String| {
            let remedy = "name 1 to 50 types, separated by commas, such as S3,EC2,Lambda,DynamoDB";
            Err(Refusal::new(RefusalCode::InvalidResourceTypes, field, reason, remedy))
        };
        let mut names: Vec<String> = Vec::new();
        for name in text.split(',').map(str::trim) {
            if !is_name(name) {
                return refuse(format!(
                    "{} is no resource type: 1 to {LONGEST} letters, digits, - and _, with single blanks between, \
                     beginning with a letter, and no word such as `yes` or `null`",
                    quoted(name)
                ));
            }
            if let Some(known) = names.iter().find(|known| known.eq_ignore_ascii_case(name)) {
                return refuse(format!("{} and {} are the same resource type", quoted(known), quoted(name)));
            }
            names.push(name.to_owned());
        }
        if names.len() > MOST {
            return refuse(format!("{} are too many resource types; {MOST} are the most", names.len()));
        }
        Ok(Self(names))
    }

    /// Finds out whether every name is that of an AWS service, as somebody who types them means it; `field` names where
    /// they stand. A word of the operator's own stands in Port, where it stays.
    ///
    /// # Errors
    ///
    /// Refuses a name that no service has, with what comes close.
    pub fn check_services(&self, field: &'static str) -> Result<(), Refusal> {
        let Some(name) = self.0.iter().find(|name| service_of_type(name).is_none()) else { return Ok(()) };
        let known = reference::prefixes().chain(SPELLINGS.iter().flat_map(|(_, words)| words.iter().copied()));
        let mut close: Vec<String> = closest(name, known).iter().map(|word| usual_spelling(word)).collect();
        close.dedup();
        let meant = if close.is_empty() { String::new() } else { format!("did you mean {}? ", close.join(" or ")) };
        Err(Refusal::new(
            RefusalCode::UnknownResourceType,
            field,
            format!("{} is the name of no AWS service", quoted(name)),
            format!(
                "{meant}`port-iam policy actions` lists the services; a word of your own is added in Port to the values of `resource_type`, where it stays"
            ),
        ))
    }

    /// Returns the names, in the order in which they were given.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for ResourceTypes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join(", "))
    }
}

fn is_name(name: &str) -> bool {
    name.len() <= LONGEST
        && NAME.as_ref().is_some_and(|pattern| pattern.is_match(name))
        && !WORDS_OF_YAML.iter().chain(&["n"]).any(|word| word.eq_ignore_ascii_case(name))
}

/// Returns the one among `known` types that stands for an AWS service, which is named by its prefix (`dynamodb`).
///
/// Case and separators do not matter: `DynamoDB`, `DYNAMODB` and `Dynamo DB` all stand for it.
pub fn type_of_service<'a>(service: &str, known: &'a [String]) -> Option<&'a str> {
    let spellings = SPELLINGS.iter().find(|(prefix, _)| prefix.eq_ignore_ascii_case(service));
    let mut words = std::iter::once(service).chain(spellings.into_iter().flat_map(|(_, words)| words.iter().copied()));
    words.find_map(|word| known.iter().find(|name| plain(name) == plain(word))).map(String::as_str)
}

/// Returns the prefix of the service that a type is named after; none when it is the operator's own word.
pub fn service_of_type(resource_type: &str) -> Option<&'static str> {
    let is_named = |word: &str| plain(word) == plain(resource_type);
    let spelled = SPELLINGS.iter().find(|(prefix, words)| is_named(prefix) || words.iter().any(|word| is_named(word)));
    let spelled = spelled.map(|(prefix, _)| *prefix);
    // Most names need one letter made small, and not every service looked through.
    let written = || reference::service(&resource_type.to_ascii_lowercase()).map(|service| service.prefix);
    spelled.or_else(written).or_else(|| reference::prefixes().find(|prefix| is_named(prefix)))
}

/// Returns the name that a type for this service would best have, for advice.
pub fn usual_name(service: &str) -> String {
    let spelling = SPELLINGS.iter().find(|(prefix, _)| prefix.eq_ignore_ascii_case(service));
    if let Some((_, [first, ..])) = spelling {
        return (*first).to_owned();
    }
    let mut characters = service.chars();
    characters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + characters.as_str())
}

/// Returns a service's name as people write it, from a prefix or a spelling.
fn usual_spelling(word: &str) -> String {
    let is_spelled = |(_, words): &&(&str, &[&str])| words.contains(&word);
    if SPELLINGS.iter().any(|spelling| is_spelled(&spelling)) { word.to_owned() } else { usual_name(word) }
}

fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|character| character.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn names_keep_their_order_and_lose_the_blanks_around_them() {
        let types = ResourceTypes::parse("f", "S3, EC2 ,Lambda,Step Functions,my_own-type").unwrap();
        assert_eq!(types.names(), owned(&["S3", "EC2", "Lambda", "Step Functions", "my_own-type"]));
        assert_eq!(types.to_string(), "S3, EC2, Lambda, Step Functions, my_own-type");
    }

    #[test]
    fn without_a_word_the_types_are_the_guides() {
        assert_eq!(ResourceTypes::parse("f", "S3,EC2").unwrap(), ResourceTypes::default());
    }

    #[test]
    fn what_is_no_plain_word_is_refused() {
        let long = "x".repeat(51);
        for name in [
            "",
            " ",
            "S3,,EC2",
            "S3,",
            "3S",
            "-S3",
            "a: b",
            "[S3]",
            "S3]",
            "\"S3\"",
            "S3\nEC2",
            "Größe",
            "{{ 1 }}",
            "<YOUR_TYPES>",
            "$x",
            "yes",
            "NULL",
            "n",
            "a  b",
            "S3 #x",
            "*",
            &long,
        ] {
            let refusal = ResourceTypes::parse("f", name).unwrap_err();
            assert_eq!((refusal.code.as_str(), refusal.field), ("invalid-resource-types", "f"), "{name:?}");
        }
    }

    #[test]
    fn a_name_that_differs_from_another_by_its_case_alone_is_refused() {
        let refusal = ResourceTypes::parse("f", "S3,Lambda,LAMBDA").unwrap_err();
        assert!(refusal.reason.contains("`Lambda` and `LAMBDA`"), "{}", refusal.reason);
    }

    #[test]
    fn fifty_types_are_the_most() {
        let names = |count: usize| (0..count).map(|number| format!("T{number}")).collect::<Vec<_>>().join(",");
        assert_eq!(ResourceTypes::parse("f", &names(50)).unwrap().names().len(), 50);
        assert!(ResourceTypes::parse("f", &names(51)).is_err());
    }

    #[test]
    fn every_plain_name_is_the_same_text_in_yaml() {
        let types = ResourceTypes::parse("f", "S3,Step Functions,e1,inf,nan,x_1-2,Off-site").unwrap();
        let read: Vec<String> = serde_saphyr::from_str(&format!("[{types}]")).unwrap();
        assert_eq!(read, types.names());
    }

    #[test]
    fn a_service_finds_its_type_whatever_the_case_and_the_separators() {
        let known = owned(&["S3", "LAMBDA", "Dynamo DB", "Step-Functions", "OpenSearch"]);
        for (service, expected) in [
            ("s3", Some("S3")),
            ("lambda", Some("LAMBDA")),
            ("dynamodb", Some("Dynamo DB")),
            ("states", Some("Step-Functions")),
            ("es", Some("OpenSearch")),
            ("ec2", None),
            ("s3-outposts", None),
        ] {
            assert_eq!(type_of_service(service, &known), expected, "{service}");
        }
    }

    #[test]
    fn the_name_that_is_advised_can_be_used_and_is_found_again() {
        for service in ["s3", "lambda", "dynamodb", "states", "glue", "s3-outposts"] {
            let name = usual_name(service);
            let types = ResourceTypes::parse("f", &name).unwrap();
            assert_eq!(type_of_service(service, types.names()), Some(name.as_str()), "{service}");
        }
    }
}
