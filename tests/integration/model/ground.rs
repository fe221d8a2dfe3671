//! Who asks and for what, and what the reviewed rules allow of it: once as the file that the program reads, and once
//! more as a plain function that knows nothing of the program.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use port_iam::sandbox::cast::{self, Person};

use crate::installed::{BUCKET, INSTANCE};

pub(super) const ARCHIVE: &str = "arn:aws:s3:::my-s3-bucket-archive";

/// Whether somebody has to approve what the rules allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Approval {
    NotAsked,
    Demanded,
}

/// To whom the roles are trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trusted {
    /// The requester's IAM user.
    User,
    /// The requester's session of a permission set of IAM Identity Center.
    SignedIn,
}

impl Trusted {
    fn written(self) -> &'static str {
        match self {
            Self::User => "  mode: iam-user\n  name: local-part\n  domains: [acme.example]",
            Self::SignedIn => "  mode: identity-center\n  permission-set: Dev\n  name: email",
        }
    }
}

/// What a campaign is played under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) approval: Approval,
    pub(super) trusted: Trusted,
}

/// Somebody who asks for permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Developer {
    Dana,
    Max,
}

impl Developer {
    pub(super) const ALL: [Self; 2] = [Self::Dana, Self::Max];

    pub(super) fn person(self) -> Person {
        match self {
            Self::Dana => cast::DANA,
            Self::Max => cast::MAX,
        }
    }
}

/// Somebody who approves, declines or takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colleague {
    Ada,
    A(Developer),
}

impl Colleague {
    pub(super) fn person(self) -> Person {
        match self {
            Self::Ada => cast::ADA,
            Self::A(developer) => developer.person(),
        }
    }
}

/// A resource of the catalog. The archive's name goes on where the bucket's ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wanted {
    Bucket,
    Archive,
    Machine,
}

impl Wanted {
    pub(super) const ALL: [Self; 3] = [Self::Bucket, Self::Archive, Self::Machine];

    pub(super) fn arn(self) -> &'static str {
        match self {
            Self::Bucket => BUCKET,
            Self::Archive => ARCHIVE,
            Self::Machine => INSTANCE,
        }
    }

    pub(super) fn resource_type(self) -> &'static str {
        if self == Self::Machine { "EC2" } else { "S3" }
    }
}

/// An action of the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Deed {
    Read,
    Write,
    List,
    /// The catalog offers it, and no rule allows it.
    Erase,
    Stop,
    Start,
}

impl Deed {
    pub(super) const ALL: [Self; 6] = [Self::Read, Self::Write, Self::List, Self::Erase, Self::Stop, Self::Start];

    pub(super) fn action(self) -> &'static str {
        match self {
            Self::Read => "s3:GetObject",
            Self::Write => "s3:PutObject",
            Self::List => "s3:ListBucket",
            Self::Erase => "s3:DeleteObject",
            Self::Stop => "ec2:StopInstances",
            Self::Start => "ec2:StartInstances",
        }
    }

    pub(super) fn resource_type(self) -> &'static str {
        if matches!(self, Self::Stop | Self::Start) { "EC2" } else { "S3" }
    }

    /// Returns whether the deed, granted on `wanted`, reaches the resource of this ARN.
    pub(super) fn reaches(self, wanted: Wanted, arn: &str) -> bool {
        match self {
            Self::Read | Self::Write | Self::Erase => {
                arn.strip_prefix(wanted.arn()).is_some_and(|rest| rest.starts_with('/'))
            }
            Self::List | Self::Stop | Self::Start => arn == wanted.arn(),
        }
    }
}

/// How long is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Span {
    QuarterOfAnHour,
    Hour,
    FourHours,
    /// Longer than any rule allows.
    Day,
}

impl Span {
    pub(super) const LONGEST_HOURS: i64 = 4;

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::QuarterOfAnHour => "15m",
            Self::Hour => "1h",
            Self::FourHours => "4h",
            Self::Day => "1d",
        }
    }

    pub(super) fn length(self) -> SignedDuration {
        SignedDuration::from_mins(match self {
            Self::QuarterOfAnHour => 15,
            Self::Hour => 60,
            Self::FourHours => 240,
            Self::Day => 1_440,
        })
    }
}

/// The rules as the program reads them.
pub(super) fn rules_file(setting: Setting) -> String {
    let trust = setting.trusted.written();
    let approval = match setting.approval {
        Approval::NotAsked => "none".to_owned(),
        Approval::Demanded => format!("required\n    approvers: [{}, {}]", cast::ADA.email, cast::MAX.email),
    };
    format!(
        r#"version: 1
accounts:
  "123456789012":
    regions: ["us-east-1"]
trust:
{trust}
rules:
  - name: objects
    requesters: ["*"]
    resource-types: [S3]
    resources: ["arn:aws:s3:::my-s3-bucket*"]
    actions: ["s3:GetObject", "s3:PutObject", "s3:ListBucket"]
    longest-duration: 4h
    approval: {approval}
  - name: machines
    requesters: ["{}"]
    resource-types: [EC2]
    resources: ["arn:aws:ec2:us-east-1:123456789012:instance/*"]
    actions: ["ec2:StopInstances", "ec2:StartInstances"]
    longest-duration: 1h
    approval: {approval}
"#,
        cast::DANA.email
    )
}

/// The same rules as a plain function.
pub(super) fn rules_allow(by: Developer, all_wanted: &[Wanted], deeds: &BTreeSet<Deed>, span: Span) -> bool {
    let is_once_each = all_wanted.iter().collect::<BTreeSet<_>>().len() == all_wanted.len();
    let is_objects = all_wanted.iter().all(|wanted| *wanted != Wanted::Machine)
        && deeds.iter().all(|deed| matches!(deed, Deed::Read | Deed::Write | Deed::List))
        && span <= Span::FourHours;
    let is_machines = by == Developer::Dana
        && all_wanted.iter().all(|wanted| *wanted == Wanted::Machine)
        && deeds.iter().all(|deed| matches!(deed, Deed::Stop | Deed::Start))
        && span <= Span::Hour;
    is_once_each && (is_objects || is_machines)
}

/// The rules as a plain function: who may have approved what `by` asks for.
pub(super) fn may_approve(by: Developer, approver: Colleague) -> bool {
    match approver {
        Colleague::Ada => true,
        Colleague::A(Developer::Max) => by != Developer::Max,
        Colleague::A(Developer::Dana) => false,
    }
}
