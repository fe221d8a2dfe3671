//! How a grant stands, in one word.

/// How a grant stands. Where AWS was looked at, it decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It can be used now.
    Live,
    /// It is being made.
    Granting,
    /// Its role is there, its time is not over, and everything is denied to it.
    Denied,
    /// Its role is there and can do nothing, since no policy is attached.
    Powerless,
    /// Its time is over, and it is not taken away yet.
    Expired,
    /// It is on record as live, and there is no such role.
    Missing,
    /// It is being taken away.
    Revoking,
    /// It could not be taken away completely.
    RevokeFailed,
    /// It was taken away.
    Revoked,
    /// It was never made.
    GrantFailed,
    /// Port has it in a word that is not known.
    Unknown,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Live,
        Self::Granting,
        Self::Denied,
        Self::Powerless,
        Self::Expired,
        Self::Missing,
        Self::Revoking,
        Self::RevokeFailed,
        Self::Revoked,
        Self::GrantFailed,
        Self::Unknown,
    ];

    /// Returns the word for people and machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Granting => "granting",
            Self::Denied => "denied",
            Self::Powerless => "powerless",
            Self::Expired => "expired",
            Self::Missing => "missing",
            Self::Revoking => "revoking",
            Self::RevokeFailed => "revoke-failed",
            Self::Revoked => "revoked",
            Self::GrantFailed => "grant-failed",
            Self::Unknown => "unknown",
        }
    }

    /// Returns the state that a word of Port's catalog says.
    pub(super) fn of_port(word: &str) -> Self {
        match word {
            // Port has no words for what only AWS knows.
            "denied" | "powerless" => Self::Unknown,
            _ => Self::ALL.into_iter().find(|state| state.word() == word).unwrap_or(Self::Unknown),
        }
    }

    /// Returns whether only permanent records tell of such grants, for the most part.
    pub fn is_of_the_past(self) -> bool {
        matches!(self, Self::Expired | Self::Revoked | Self::RevokeFailed | Self::GrantFailed)
    }
}
