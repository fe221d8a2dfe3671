//! What happens to a command while it runs: nothing, its end in the middle, or one answer that goes wrong.

use port_iam::sandbox::fault::{Fault, Faults};
use proptest::prelude::*;

/// How a command fares. Requests are counted over all three systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Undisturbed,
    /// From this request on nothing arrives any more, as for a process that was killed.
    CutOff {
        from: usize,
    },
    /// This request is done and its answer lost, and nothing after it arrives: killed while it waited.
    CutOffBehind {
        request: usize,
    },
    /// One request goes wrong, and the command goes on as it can.
    Hiccup {
        request: usize,
        kind: Hiccup,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hiccup {
    Lost,
    AnswerLost,
    Failing,
    Throttled,
    Html,
}

impl Hiccup {
    fn fault(self) -> Fault {
        match self {
            Self::Lost => Fault::DropBefore,
            Self::AnswerLost => Fault::DropAfter,
            Self::Failing => Fault::Status { status: 500, retry_after: None },
            Self::Throttled => Fault::Status { status: 429, retry_after: Some(1) },
            Self::Html => Fault::Html,
        }
    }
}

impl Fate {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Undisturbed => "undisturbed",
            Self::CutOff { .. } | Self::CutOffBehind { .. } => "cut-off",
            Self::Hiccup { .. } => "disturbed",
        }
    }

    pub(super) fn is_undisturbed(self) -> bool {
        self == Self::Undisturbed
    }

    /// Plans it for what comes next.
    pub(super) fn plan(self, faults: &Faults) {
        const FOR_GOOD: usize = 99_999;
        match self {
            Self::Undisturbed => {}
            Self::CutOff { from } => faults.plan(None, from, FOR_GOOD, Fault::DropBefore),
            Self::CutOffBehind { request } => {
                faults.plan(None, request, 1, Fault::DropAfter);
                // The first plan takes its request away from this one, which therefore counts one less.
                faults.plan(None, request, FOR_GOOD, Fault::DropBefore);
            }
            Self::Hiccup { request, kind } => faults.plan(None, request, 1, kind.fault()),
        }
    }
}

pub(super) fn fate() -> impl Strategy<Value = Fate> {
    let kind =
        prop::sample::select(vec![Hiccup::Lost, Hiccup::AnswerLost, Hiccup::Failing, Hiccup::Throttled, Hiccup::Html]);
    // A grant has some 30 requests, a revocation 20, a sweep from 10 on; what matters comes late.
    let request = prop_oneof![1 => 0..12usize, 3 => 10..36usize];
    prop_oneof![
        5 => Just(Fate::Undisturbed),
        2 => request.clone().prop_map(|from| Fate::CutOff { from }),
        2 => request.clone().prop_map(|request| Fate::CutOffBehind { request }),
        2 => (request, kind).prop_map(|(request, kind)| Fate::Hiccup { request, kind }),
    ]
}
