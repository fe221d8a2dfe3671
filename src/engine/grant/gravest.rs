//! What speaks most against a role that its run, or its tags, would not make today.

use super::Place;
use crate::domain::iam::Observed;
use crate::domain::identifier::GrantId;
use crate::domain::sweep::Verdict;
use crate::domain::vouching::keeps_what_the_template_demands;
use crate::engine::Engine;
use crate::failure::Failure;

/// The role in question, and where it is.
#[derive(Clone, Copy)]
pub(super) struct Held<'a> {
    pub(super) grant: &'a GrantId,
    pub(super) place: &'a Place,
    pub(super) observed: &'a Observed,
}

impl Engine<'_> {
    /// Returns the gravest of what speaks against a role: that nobody vouches for it, that it goes further than what was
    /// asked for (`further`), that a policy of it has a further version, what it lacks of today's templates, or else why it
    /// would be `refused`. Where the versions cannot be told, that is returned in the place of what would take nothing.
    pub(super) async fn gravest(&self, refused: Failure, further: Result<(), Failure>, held: Held<'_>) -> Failure {
        let Held { grant, place, observed } = held;
        let verdict_of = |failure: &Failure| Some(Verdict::of_refusal(failure.refusal.as_ref()?, grant));
        // What may have been otherwise once explains nothing of it.
        if let Some(Verdict::Unvouched(_)) = verdict_of(&refused) {
            return refused;
        }
        let refused = further.err().unwrap_or(refused);
        let verdict = verdict_of(&refused);
        if let Some(Verdict::Unvouched(_)) = verdict {
            return refused;
        }
        let takes = matches!(verdict, Some(Verdict::Beyond(_) | Verdict::RunOver(_)));
        // No rules, templates or catalog explain a version that waits to be chosen.
        if let Err(failure) = self.have_one_version(grant, observed).await
            && (failure.refusal.is_some() || !takes)
        {
            return failure;
        }
        // Where other rules than those of today would explain it, it holds at least what their templates demand: what it
        // lacks of that somebody may have taken away.
        let is_explained = match verdict {
            Some(Verdict::OtherRules(_) | Verdict::Incomplete(_)) => true,
            Some(Verdict::Differs(_)) => grant.is_break_glass(),
            _ => false,
        };
        let demanded =
            if is_explained { keeps_what_the_template_demands(&place.configuration, observed) } else { Ok(()) };
        demanded.err().map_or(refused, Failure::from)
    }
}
