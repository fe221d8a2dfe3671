//! The codes of refusals: each stands here once, with the word that is printed.

use std::fmt;

/// Makes the type and the words of one table, so that neither can lack what the other has.
macro_rules! codes {
    ($($code:ident => $word:literal,)*) => {
        /// Why something is refused, as machines are told. A word that has been released stays what it is.
        ///
        /// What a code says of a role that is there already is decided in `sweep::Verdict::of_refusal`, for each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RefusalCode {
            $(#[doc = concat!("Printed as `", $word, "`.")] $code,)*
        }

        impl RefusalCode {
            /// Every code, by its word in alphabetical order.
            pub const ALL: &[Self] = &[$(Self::$code,)*];

            /// Returns the word that is printed, in kebab case.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => $word,)*
                }
            }
        }
    };
}

codes! {
    AlreadyGranted => "already-granted",
    BeyondItsRequest => "beyond-its-request",
    BeyondTodaysConfiguration => "beyond-todays-configuration",
    Boundary => "boundary",
    BoundaryTooLong => "boundary-too-long",
    BreakGlassInActions => "break-glass-in-actions",
    BreakGlassOff => "break-glass-off",
    BreakGlassPerson => "break-glass-person",
    ContradictoryAccount => "contradictory-account",
    ControlCharacter => "control-character",
    DebugBuild => "debug-build",
    Duplicate => "duplicate",
    DurationOutOfRange => "duration-out-of-range",
    ExtendsNothing => "extends-nothing",
    ForeignAccount => "foreign-account",
    ForeignPartition => "foreign-partition",
    ForeignRegion => "foreign-region",
    FurtherAccounts => "further-accounts",
    FurtherVersion => "further-version",
    GrantEnded => "grant-ended",
    GrantedElsewhere => "granted-elsewhere",
    GrantsLive => "grants-live",
    HomeUnknown => "home-unknown",
    Impersonated => "impersonated",
    InactiveRequester => "inactive-requester",
    Incomplete => "incomplete",
    InputTooLong => "input-too-long",
    InvalidAccount => "invalid-account",
    InvalidArn => "invalid-arn",
    InvalidDuration => "invalid-duration",
    InvalidIdentifier => "invalid-identifier",
    InvalidResourceTypes => "invalid-resource-types",
    InvalidRole => "invalid-role",
    InvalidRunId => "invalid-run-id",
    LooserThanTemplate => "looser-than-template",
    MadeAfterItsRun => "made-after-its-run",
    MissingField => "missing-field",
    MissingFile => "missing-file",
    NeedsWildcard => "needs-wildcard",
    NeverApproved => "never-approved",
    NoAwsName => "no-aws-name",
    NoBoundary => "no-boundary",
    NoOwner => "no-owner",
    NoPermissions => "no-permissions",
    NoReason => "no-reason",
    NoRule => "no-rule",
    NotAGrant => "not-a-grant",
    NotApproved => "not-approved",
    NotExpired => "not-expired",
    NotExtendable => "not-extendable",
    NotForTags => "not-for-tags",
    NotJson => "not-json",
    NotOurs => "not-ours",
    NotTheManager => "not-the-manager",
    NotYours => "not-yours",
    OfTheFuture => "of-the-future",
    OtherAccount => "other-account",
    OtherAction => "other-action",
    OtherBranch => "other-branch",
    OtherDispatcher => "other-dispatcher",
    OtherEntity => "other-entity",
    OtherForm => "other-form",
    OtherOrganisation => "other-organisation",
    OtherRepository => "other-repository",
    OtherRequester => "other-requester",
    OtherResourceType => "other-resource-type",
    OtherRun => "other-run",
    OtherScope => "other-scope",
    OwnKey => "own-key",
    PartMissing => "part-missing",
    Placeholder => "placeholder",
    PolicyAlphabet => "policy-alphabet",
    PolicyTooLong => "policy-too-long",
    PrivilegeEscalation => "privilege-escalation",
    Quota => "quota",
    Reason => "reason",
    RefusedClass => "refused-class",
    Revoked => "revoked",
    RootKey => "root-key",
    Rules => "rules",
    RulesUnusable => "rules-unusable",
    RunOver => "run-over",
    ScopeUnknown => "scope-unknown",
    TagMissing => "tag-missing",
    TakenAwsName => "taken-aws-name",
    Template => "template",
    TemporaryKey => "temporary-key",
    TooLong => "too-long",
    TooLongForRule => "too-long-for-rule",
    TooMany => "too-many",
    TooManyOpen => "too-many-open",
    TooOld => "too-old",
    TrustAlphabet => "trust-alphabet",
    TrustTooLong => "trust-too-long",
    TwoKeys => "two-keys",
    UnknownAction => "unknown-action",
    UnknownPermission => "unknown-permission",
    UnknownRequester => "unknown-requester",
    UnknownResource => "unknown-resource",
    UnknownResourceType => "unknown-resource-type",
    UnknownRun => "unknown-run",
    UnusedResource => "unused-resource",
    WildcardAction => "wildcard-action",
    WrongShape => "wrong-shape",
    WrongType => "wrong-type",
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_a_word_of_its_own_in_kebab_case_and_the_table_is_sorted() {
        let words: Vec<&str> = RefusalCode::ALL.iter().map(|code| code.as_str()).collect();
        assert!(words.is_sorted_by(|one, next| one < next), "{words:?}");
        for (code, word) in RefusalCode::ALL.iter().zip(words) {
            let joined: String = word
                .split('-')
                .flat_map(|part| part[..1].to_uppercase().chars().chain(part[1..].chars()).collect::<Vec<_>>())
                .collect();
            assert_eq!(format!("{code:?}"), joined);
            assert_eq!(code.to_string(), word);
        }
    }
}
