//! The flows: how each is prepared, run, run again, and what it must have come to.

use std::time::Duration;

use jiff::SignedDuration;
use port_iam::sandbox::cast::{self, Person};
use serde_json::json;

use super::invariants::identifiers;
use super::sweeps;
use crate::harness::{Harness, Ran, runtime};
use crate::installed::{BUCKET, Dispatched, Installed};

/// What a runner sets on which somebody debugs.
pub(super) const DEBUG: (&str, &str) = ("RUNNER_DEBUG", "1");

/// A command and the variables that it is run with.
#[derive(Clone, Debug, Default)]
pub(super) struct Job {
    pub(super) arguments: Vec<String>,
    pub(super) variables: Vec<(&'static str, String)>,
}

impl Job {
    pub(super) fn new(arguments: &[&str]) -> Self {
        Self { arguments: arguments.iter().map(|&word| word.to_owned()).collect(), variables: Vec::new() }
    }

    /// A step of a workflow, with the workflow's credentials only.
    fn step(place: &Installed, command: &str, dispatched: &Dispatched) -> Self {
        Self { variables: place.variables_of_step(dispatched), ..Self::new(&[command]) }
    }

    pub(super) fn run(&self, place: &Installed) -> Ran {
        self.run_patiently(place, Duration::from_secs(30))
    }

    /// Runs it in this process, with the log of a debugging runner, which is looked through for secrets like everything that
    /// is printed; an answer counts as lost after this time.
    pub(super) fn run_patiently(&self, place: &Installed, patience: Duration) -> Ran {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let variables: Vec<(&'static str, &str)> =
            self.variables.iter().map(|(name, value)| (*name, value.as_str())).chain([DEBUG]).collect();
        place.harness.run_patiently(&arguments, &variables, patience)
    }
}

/// What was prepared for one case.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub(super) job: Job,
    pub(super) dispatched: Option<Dispatched>,
    /// The grants that it is about, the one that must stay last.
    pub(super) grants: Vec<String>,
    /// A grant whose entity somebody took away before.
    pub(super) lost: Option<String>,
    /// How much time passes before the sweep: the grace periods, or the whole time of the grant too.
    pub(super) passes: SignedDuration,
    /// Whether a role may go before its time so that nothing tells how: a first sweep then only marks its entity.
    pub(super) may_lose_its_role: bool,
    /// Whether an answer tells of an earlier moment.
    pub(super) is_stale: bool,
    /// Whether AWS answers no more from some request on: what was made can then not be undone.
    pub(super) aws_is_away: bool,
}

/// How much a flow is worth when the matrix is not to be whole: what is a variant of another finds less, and a case that
/// sets up a whole installation costs most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effort {
    Most,
    Share,
    Little,
}

/// One flow of the product.
#[derive(Debug)]
pub(super) struct Flow {
    pub(super) name: &'static str,
    /// Where it is run.
    pub(super) place: fn() -> Installed,
    /// Whether many cases can be run in one place, one after the other.
    pub(super) place_is_kept: bool,
    /// How many of its requests are taken when not all of them are.
    pub(super) effort: Effort,
    /// What it exits with when nothing goes wrong.
    pub(super) ends_with: u8,
    /// Whether what lags behind for good must at least tell what was there when the command began: what AWS never shows
    /// cannot be revoked.
    pub(super) sees_its_beginning: bool,
    /// Whether a sweep does something else before the flow was run again, and leaves nothing to people.
    pub(super) can_be_swept: bool,
    /// Which of its requests, by their names, no other flow has. The rest is tried there, and here where all are taken.
    pub(super) is_its_own: fn(&str) -> bool,
    /// Prepares the case of this number. What a single stale read will tell is remembered at a moment of it.
    pub(super) prepare: fn(&Installed, usize) -> Case,
    /// Returns how somebody runs it again, knowing nothing of what went wrong.
    pub(super) again: fn(&Installed, &Case) -> Job,
    /// Asserts that a first attempt which says that it is done has done it, before anybody runs it again.
    pub(super) kept_its_word: fn(&Installed, &Case, first: &Ran, what: &str),
    /// Asserts what it must have come to once it was run `again`. `first` is what the first attempt said, if it lived.
    pub(super) converged: fn(&Installed, &Case, first: Option<&Ran>, again: &Ran, what: &str),
}

/// All flows, in the order of the table.
pub(super) const FLOWS: &[Flow] = &[
    Flow {
        name: "init",
        place: nothing_set_up,
        place_is_kept: false,
        effort: Effort::Little,
        ends_with: 0,
        sees_its_beginning: false,
        can_be_swept: false,
        is_its_own: every,
        prepare: prepare_init,
        again: the_same,
        kept_its_word: promises_nothing,
        converged: init_converged,
    },
    Flow {
        name: "aws-setup",
        place: nothing_set_up_and_no_key,
        place_is_kept: false,
        effort: Effort::Little,
        ends_with: 0,
        sees_its_beginning: false,
        can_be_swept: false,
        is_its_own: is_of_the_roles,
        prepare: prepare_aws_setup,
        again: the_same,
        kept_its_word: promises_nothing,
        converged: init_converged,
    },
    Flow {
        name: "seed",
        place: Installed::new,
        place_is_kept: true,
        effort: Effort::Most,
        ends_with: 0,
        sees_its_beginning: false,
        can_be_swept: false,
        is_its_own: every,
        prepare: prepare_seed,
        again: the_same,
        kept_its_word: promises_nothing,
        converged: seed_converged,
    },
    Flow {
        name: "grant",
        place: Installed::new,
        place_is_kept: true,
        effort: Effort::Most,
        ends_with: 0,
        sees_its_beginning: true,
        can_be_swept: true,
        is_its_own: every,
        prepare: prepare_grant,
        again: the_same,
        kept_its_word: is_live_when_it_says_so,
        converged: grant_converged,
    },
    Flow {
        name: "oidc",
        place: crate::oidc::installed,
        place_is_kept: true,
        effort: Effort::Most,
        ends_with: 0,
        sees_its_beginning: true,
        can_be_swept: true,
        is_its_own: is_of_the_exchange,
        prepare: prepare_grant_by_role,
        again: the_same,
        kept_its_word: is_live_when_it_says_so,
        converged: grant_converged,
    },
    Flow {
        name: "revoke",
        place: Installed::new,
        place_is_kept: true,
        effort: Effort::Most,
        ends_with: 0,
        sees_its_beginning: true,
        can_be_swept: true,
        is_its_own: every,
        prepare: prepare_revocation,
        again: revoke_again,
        kept_its_word: is_gone_when_it_says_so,
        converged: revocation_converged,
    },
    Flow {
        name: "return",
        place: Installed::new,
        place_is_kept: true,
        effort: Effort::Share,
        ends_with: 0,
        sees_its_beginning: true,
        can_be_swept: true,
        is_its_own: every,
        prepare: prepare_return,
        again: return_again,
        kept_its_word: is_gone_when_it_says_so,
        converged: revocation_converged,
    },
    Flow {
        name: "timer",
        place: Installed::new,
        place_is_kept: true,
        effort: Effort::Share,
        ends_with: 0,
        sees_its_beginning: true,
        can_be_swept: true,
        is_its_own: every,
        prepare: prepare_timer,
        again: the_same,
        kept_its_word: is_gone_when_it_says_so,
        converged: timer_converged,
    },
    Flow {
        name: "extend",
        place: Installed::new,
        place_is_kept: true,
        effort: Effort::Share,
        ends_with: 0,
        sees_its_beginning: true,
        can_be_swept: true,
        is_its_own: every,
        prepare: prepare_extension,
        again: the_same,
        kept_its_word: is_live_when_it_says_so,
        converged: extension_converged,
    },
    Flow {
        name: "sweep",
        place: Installed::new,
        place_is_kept: true,
        effort: Effort::Share,
        ends_with: 0,
        sees_its_beginning: true,
        can_be_swept: true,
        is_its_own: every,
        prepare: sweeps::prepare,
        again: the_same,
        kept_its_word: sweeps::has_swept_when_it_says_so,
        converged: sweeps::converged,
    },
    Flow {
        name: "sweep-tampered",
        place: sweeps::with_break_glass,
        place_is_kept: true,
        effort: Effort::Little,
        ends_with: 1,
        sees_its_beginning: true,
        can_be_swept: false,
        is_its_own: every,
        prepare: sweeps::prepare_tampered,
        again: the_same,
        kept_its_word: sweeps::leaves_it_to_people,
        converged: sweeps::tampered_converged,
    },
];

fn every(_: &str) -> bool {
    true
}

fn the_same(_: &Installed, case: &Case) -> Job {
    case.job.clone()
}

/// What it is for is seen when it was run again, which then has nothing to do.
fn promises_nothing(_: &Installed, _: &Case, _: &Ran, _: &str) {}

fn is_live_when_it_says_so(place: &Installed, case: &Case, first: &Ran, what: &str) {
    assert!(first.exit_code != 0 || place.is_live(&case.grants[0]), "{what}: exit 0, and not live: {first:?}");
}

fn is_gone_when_it_says_so(place: &Installed, case: &Case, first: &Ran, what: &str) {
    let is_there = place.roles().contains(&case.grants[0]);
    assert!(first.exit_code != 0 || !is_there, "{what}: exit 0, and still there: {first:?}");
}

pub(super) fn case(job: Job) -> Case {
    Case {
        job,
        dispatched: None,
        grants: Vec::new(),
        lost: None,
        passes: SignedDuration::from_mins(61),
        may_lose_its_role: false,
        is_stale: false,
        aws_is_away: false,
    }
}

/// Half of the cases are swept when their grant is over, half when it still has hours to live.
fn duration(number: usize) -> (&'static str, SignedDuration) {
    match number % 2 {
        0 => ("4h", SignedDuration::from_mins(61)),
        _ => ("1h", SignedDuration::from_mins(122)),
    }
}

pub(super) fn request(place: &Installed, duration: &str) -> Dispatched {
    request_by(place, cast::DANA, duration)
}

pub(super) fn request_by(place: &Installed, person: Person, duration: &str) -> Dispatched {
    let form = json!({ "permissions": ["s3:PutObject"], "duration": duration });
    place.execute(person, "request_permissions", BUCKET, &form)
}

// init

fn nothing_set_up() -> Installed {
    Installed { harness: Harness::for_installation() }
}

fn prepare_init(place: &Installed, _: usize) -> Case {
    place.harness.sandbox.remember();
    let path = place.harness.folder.path().join("runtime");
    std::fs::write(&path, runtime()).unwrap();
    case(Job::new(&["init", "--yes", "--runtime-binary", path.to_str().unwrap()]))
}

fn init_converged(place: &Installed, case: &Case, first: Option<&Ran>, again: &Ran, what: &str) {
    assert_eq!(again.exit_code, 0, "{what}: {again:?}");
    let says_so = |ran: &Ran| ran.stdout.starts_with("Everything is set up already; nothing was changed.");
    let was_done = first.is_some_and(|first| first.exit_code == 0 && !case.is_stale);
    assert!(!was_done || says_so(again), "{what}: exit 0, and not done: first {first:?}, then {again:?}");
    let third = case.job.run(place);
    assert!(third.exit_code == 0 && says_so(&third), "{what}: {third:?}");
}

// aws-setup

fn nothing_set_up_and_no_key() -> Installed {
    Installed { harness: crate::oidc::harness() }
}

/// What `init` does in AWS besides the boundary: the identity provider, the roles of the workflows, and their policies.
fn is_of_the_roles(request: &str) -> bool {
    const ACTIONS: [&str; 4] = ["OpenIDConnectProvider", "Role", "Policy", "Policies"];
    !request.contains('/') && ACTIONS.iter().any(|word| request.contains(word))
}

/// `init` as it is by default, by an administrator of AWS.
fn prepare_aws_setup(place: &Installed, number: usize) -> Case {
    let mut case = prepare_init(place, number);
    case.job.arguments.insert(1, "--aws-setup".to_owned());
    case
}

// seed

const CATALOG: [(&str, usize); 2] = [("aws_resource", 2), ("iam_permissions", 2)];

/// Everything is there, and then it is not: what is stale says that there is nothing to do.
fn prepare_seed(place: &Installed, _: usize) -> Case {
    place.harness.sandbox.remember();
    for (blueprint, _) in CATALOG {
        let there = identifiers(&place.harness.sandbox.port.entities(blueprint));
        there.iter().for_each(|entity| place.harness.delete_entity(blueprint, entity));
    }
    case(Job::new(&["seed", "--yes"]))
}

fn seed_converged(place: &Installed, case: &Case, first: Option<&Ran>, again: &Ran, what: &str) {
    assert_eq!(again.exit_code, 0, "{what}: {again:?}");
    let says_so = |ran: &Ran| ran.stdout.starts_with("Nothing to do: 4 entities are as wanted.");
    let was_done = first.is_some_and(|first| first.exit_code == 0 && !case.is_stale);
    assert!(!was_done || says_so(again), "{what}: exit 0, and not done: first {first:?}, then {again:?}");
    for (blueprint, count) in CATALOG {
        assert_eq!(place.harness.sandbox.port.entities(blueprint).len(), count, "{what}: {blueprint}");
    }
    let third = case.job.run(place);
    assert!(says_so(&third), "{what}: {third:?}");
}

// grant

fn prepare_grant(place: &Installed, number: usize) -> Case {
    let (duration, passes) = duration(number);
    place.harness.sandbox.remember();
    let dispatched = request(place, duration);
    let job = Job::step(place, "grant", &dispatched);
    Case { grants: vec![dispatched.grant()], dispatched: Some(dispatched), passes, ..case(job) }
}

/// The two requests by which a job comes to a session.
fn is_of_the_exchange(request: &str) -> bool {
    request.contains("idtoken") || request == "AssumeRoleWithWebIdentity"
}

/// A grant whose workflow holds no key: it has GitHub's token of the job.
fn prepare_grant_by_role(place: &Installed, number: usize) -> Case {
    let mut case = prepare_grant(place, number);
    let run_id = case.dispatched.as_ref().map(|dispatched| dispatched.run_id.clone()).unwrap();
    let run = place.runs().into_iter().find(|run| run.inputs.values().any(|input| input.contains(&run_id))).unwrap();
    case.job.variables.extend(crate::oidc::variables(place, crate::oidc::GRANTER, &run));
    case
}

/// A run again either completes the grant, or finds the run ended and nothing of it that could be used. Where AWS no
/// longer answers, what was made cannot be undone: a run that has failed may then be live, on record and with its end, if the
/// failure said so.
fn grant_converged(place: &Installed, case: &Case, first: Option<&Ran>, again: &Ran, what: &str) {
    let grant = &case.grants[0];
    let run = place.run(&case.dispatched.as_ref().unwrap().run_id);
    let attached = place.attached(grant);
    let status = run["status"].as_str().unwrap_or_default();
    let tale = || format!("{what}: the run is {status}; first {first:?}, then {again:?}");
    match (status, first) {
        ("SUCCESS", _) => assert!(again.exit_code == 0 && attached.len() == 1, "{}", tale()),
        // A program that was killed has ended no run: the second attempt completes the grant.
        ("FAILURE", Some(first)) => {
            let told = first.exit_code != 0 && first.stdout.contains("What to do: not undone:");
            assert!((told && case.aws_is_away) || attached.is_empty(), "{}: a failed run is live", tale());
        }
        _ => panic!("{}", tale()),
    }
}

// revoke

fn prepare_revocation(place: &Installed, number: usize) -> Case {
    prepare_ending(place, number, "revoke_permissions")
}

/// Dana has a grant, and runs an action that ends it.
fn prepare_ending(place: &Installed, number: usize, action: &str) -> Case {
    let (duration, passes) = duration(number);
    place.harness.sandbox.remember();
    let asked = request(place, duration);
    place.grant(&asked).exits(0);
    let dispatched = place.execute(cast::DANA, action, &asked.grant(), &json!({}));
    let job = Job::step(place, "revoke", &dispatched);
    Case { grants: vec![asked.grant()], dispatched: Some(dispatched), passes, may_lose_its_role: true, ..case(job) }
}

fn revoke_again(place: &Installed, case: &Case) -> Job {
    end_again(place, case, "revoke_permissions")
}

/// The same dispatch once the entity is gone, else a new one, since the run may have ended.
fn end_again(place: &Installed, case: &Case, action: &str) -> Job {
    let grant = &case.grants[0];
    if !identifiers(&place.entities()).contains(grant) {
        return case.job.clone();
    }
    Job::step(place, "revoke", &place.execute(cast::DANA, action, grant, &json!({})))
}

fn revocation_converged(place: &Installed, case: &Case, first: Option<&Ran>, again: &Ran, what: &str) {
    ended(place, case, first, again, what, "revoked");
}

fn ended(place: &Installed, case: &Case, first: Option<&Ran>, again: &Ran, what: &str, state: &str) {
    let grant = &case.grants[0];
    let tale = || format!("{what}: first {first:?}, then {again:?}");
    assert_eq!(again.exit_code, 0, "{}", tale());
    assert!(!place.roles().contains(grant), "{}", tale());
    assert_eq!(place.policies(), Vec::<String>::new(), "{}", tale());
    assert!(!identifiers(&place.entities()).contains(grant), "{}", tale());
    assert_eq!(place.record(grant)["properties"]["state"], state, "{}", tale());
}

// return

fn prepare_return(place: &Installed, number: usize) -> Case {
    prepare_ending(place, number, "return_permissions")
}

fn return_again(place: &Installed, case: &Case) -> Job {
    end_again(place, case, "return_permissions")
}

// timer

/// The time of a grant is over, and Port's timer has started the workflow.
fn prepare_timer(place: &Installed, _: usize) -> Case {
    let asked = request(place, "1h");
    place.grant(&asked).exits(0);
    place.harness.sandbox.remember();
    place.pass(61);
    let job = Job::step(place, "revoke", &place.expired(&asked.grant()));
    Case { grants: vec![asked.grant()], may_lose_its_role: true, ..case(job) }
}

fn timer_converged(place: &Installed, case: &Case, first: Option<&Ran>, again: &Ran, what: &str) {
    ended(place, case, first, again, what, "expired");
}

// extend

/// An extension is a grant of its own beside the one that it extends, which must stay as it is.
fn prepare_extension(place: &Installed, number: usize) -> Case {
    let (first, longer, passes) = match number % 2 {
        0 => ("4h", "5h", SignedDuration::from_mins(61)),
        _ => ("1h", "2h", SignedDuration::from_mins(122)),
    };
    place.harness.sandbox.remember();
    let old = request(place, first);
    place.grant(&old).exits(0);
    let dispatched = place.extend(&old.grant(), longer);
    let job = Job::step(place, "grant", &dispatched);
    Case { grants: vec![dispatched.grant(), old.grant()], dispatched: Some(dispatched), passes, ..case(job) }
}

fn extension_converged(place: &Installed, case: &Case, first: Option<&Ran>, again: &Ran, what: &str) {
    grant_converged(place, case, first, again, what);
    let old = &case.grants[1];
    let attached = place.attached(old);
    assert_eq!(attached.len(), 1, "{what}: the grant that was to be extended has {attached:?}");
    assert_eq!(place.record(old)["properties"]["state"], "live", "{what}");
}
