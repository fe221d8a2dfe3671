//! One call on its way: parameters, caller and state.
//!
//! Before [`Call::authorize`] an operation can only look at the state, to find the ARN that its parameters mean; the
//! state that it may change is what a granted authorization returns. No operation can forget to ask.

use jiff::Timestamp;

use super::asked::Asked;
use super::authorization;
use super::caller::Caller;
use super::failure::Failure;
use super::parameters::Parameters;
use super::state::State;

/// One call of a known caller.
pub(super) struct Call<'a> {
    pub(super) parameters: &'a Parameters,
    pub(super) caller: &'a Caller,
    /// The sandbox's time, cut to seconds as IAM keeps it.
    pub(super) now: Timestamp,
    state: &'a mut State,
}

impl<'a> Call<'a> {
    pub(super) fn new(parameters: &'a Parameters, caller: &'a Caller, now: Timestamp, state: &'a mut State) -> Self {
        Self { parameters, caller, now, state }
    }

    /// Returns the state, to find out what a call is about.
    pub(super) fn state(&self) -> &State {
        self.state
    }

    /// Returns the state when the caller may do all that is asked.
    pub(super) fn authorize(&mut self, asked: &[Asked]) -> Result<&mut State, Failure> {
        for question in asked {
            authorization::judge(self.caller, question, self.now)?;
        }
        Ok(self.state)
    }

    /// Returns the state for a call that AWS documents to need no permission or, as `AssumeRole`, to be judged by more
    /// than the caller's own policies; `reason` is for the reader.
    pub(super) fn without_identity_policies(&mut self, _reason: &'static str) -> &mut State {
        self.state
    }
}
