//! What AWS documents about its actions and resource types: a stand-in with a handful of both.

use super::arn::Arn;
use super::identifier::ActionName;

/// What an action does, in the words of AWS's Service Authorization Reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessLevel {
    /// Lists resources.
    List,
    /// Reads without changing.
    Read,
    /// Creates, changes or deletes.
    Write,
    /// Changes tags.
    Tagging,
    /// Changes who may do what.
    PermissionsManagement,
}

impl AccessLevel {
    /// Returns AWS's own word.
    pub fn title(self) -> &'static str {
        match self {
            Self::List => "List",
            Self::Read => "Read",
            Self::Write => "Write",
            Self::Tagging => "Tagging",
            Self::PermissionsManagement => "Permissions management",
        }
    }
}

/// What is known about an action.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts of the reference data")]
pub struct ActionFacts {
    /// The action in AWS's spelling, with its service: `s3:PutObject`.
    pub name: String,
    /// What it does.
    pub level: AccessLevel,
    /// Whether it shows data or credentials.
    pub sensitive: bool,
    /// Whether it hands a role to a service, where `iam:PassRole` lets it.
    pub pass_role: bool,
    /// Whether it leaves something behind that outlives the grant.
    pub leaves_behind: bool,
    /// Whether it names no resource, and so acts on the whole account.
    pub account_wide: bool,
    /// Whether no grant gives it by default.
    pub denied: bool,
    /// The kinds of resource on which it can be granted, sorted.
    pub kinds: Vec<String>,
}

const LEVELS: [(char, AccessLevel); 5] = [
    ('L', AccessLevel::List),
    ('R', AccessLevel::Read),
    ('W', AccessLevel::Write),
    ('T', AccessLevel::Tagging),
    ('P', AccessLevel::PermissionsManagement),
];
/// Name, level, flags (1 denied, 2 sensitive, 4 with PassRole, 8 leaves something behind, 16 account-wide), kinds.
const ACTIONS: [(&str, char, u8, &[&str]); 19] = [
    ("s3:DeleteObject", 'W', 0, &["bucket", "object"]),
    ("s3:GetBucketPolicy", 'R', 0, &["bucket"]),
    ("s3:GetObject", 'R', 2, &["bucket", "object"]),
    ("s3:ListAllMyBuckets", 'L', 16, &[]),
    ("s3:ListBucket", 'L', 0, &["bucket"]),
    ("s3:PutBucketPolicy", 'P', 1, &["bucket"]),
    ("s3:PutObject", 'W', 0, &["bucket", "object"]),
    ("s3:PutObjectTagging", 'T', 0, &["bucket", "object"]),
    ("s3:PutReplicationConfiguration", 'W', 8, &["bucket"]),
    ("ec2:AttachVolume", 'W', 0, &[]),
    ("ec2:DescribeInstances", 'L', 16, &[]),
    ("ec2:GetConsoleOutput", 'R', 0, &["instance"]),
    ("ec2:GetPasswordData", 'R', 2, &["instance"]),
    ("ec2:ModifyInstanceAttribute", 'W', 1, &["instance"]),
    ("ec2:RunInstances", 'W', 4, &[]),
    ("ec2:StartInstances", 'W', 0, &["instance"]),
    ("ec2:StopInstances", 'W', 0, &["instance"]),
    ("lambda:InvokeFunction", 'W', 0, &["function"]),
    ("lambda:ListFunctions", 'L', 16, &[]),
];

fn facts(row: &(&str, char, u8, &[&str])) -> ActionFacts {
    let (name, letter, flags, kinds) = row;
    let level = LEVELS.iter().find(|(known, _)| known == letter).map_or(AccessLevel::Write, |(_, level)| *level);
    ActionFacts {
        name: (*name).to_owned(),
        level,
        denied: flags & 1 != 0,
        sensitive: flags & 2 != 0,
        pass_role: flags & 4 != 0,
        leaves_behind: flags & 8 != 0,
        account_wide: flags & 16 != 0,
        kinds: kinds.iter().map(|&kind| kind.to_owned()).collect(),
    }
}

/// Returns the kind of a resource: the name of its type in AWS's reference, such as `bucket`; none when unknown.
pub fn kind_of(arn: &Arn) -> Option<String> {
    let kind = match (arn.service(), arn.resource().split_once(['/', ':'])) {
        ("s3", None) => "bucket",
        ("s3", Some(_)) => "object",
        ("ec2", Some(("instance", _))) => "instance",
        ("lambda", Some(("function", _))) => "function",
        _ => return None,
    };
    Some(kind.to_owned())
}

/// Returns what is known about an action; none when AWS has no such action.
pub fn action_facts(action: &ActionName) -> Option<ActionFacts> {
    ACTIONS.iter().find(|(name, ..)| name.eq_ignore_ascii_case(action.as_str())).map(facts)
}

/// Returns all actions of a service prefix, such as `s3`.
pub fn actions_of(prefix: &str) -> Vec<ActionFacts> {
    let is_of = |row: &&(&str, char, u8, &[&str])| {
        row.0.split_once(':').is_some_and(|(service, _)| service.eq_ignore_ascii_case(prefix))
    };
    ACTIONS.iter().filter(is_of).map(facts).collect()
}

/// Returns the actions that can be granted on a resource.
pub fn actions_on(arn: &Arn) -> Vec<ActionFacts> {
    let Some(kind) = kind_of(arn) else { return Vec::new() };
    actions_of(arn.service()).into_iter().filter(|facts| facts.kinds.contains(&kind)).collect()
}
