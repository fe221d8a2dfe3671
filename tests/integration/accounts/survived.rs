//! A grant and a revocation in the second account, with a fault at each of their requests: nothing is live there that is
//! not on record, a plain re-run converges, and one sweep leaves nothing. The matrix does the same in one account.
//!
//! Each request meets one of the three troubles; with `PORT_IAM_MATRIX=all` all of them.

use jiff::SignedDuration;
use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::nth_request::NthRequest;
use port_iam::sandbox::request_log::Api;
use serde_json::Value;

use super::swept::sweep;
use super::*;
use crate::matrix::size;

/// What happens: how the fault is called, how often, and what it is.
const TROUBLES: [(&str, usize, Fault); 3] = [
    ("the answer is lost", 1, Fault::DropAfter),
    ("the request is lost", 1, Fault::DropBefore),
    ("nothing answers from there on", usize::MAX, Fault::DropBefore),
];

/// Returns the requests of its own that a job sends to each system, those to AWS last.
pub(super) fn requests(installed: &Installed, job: impl FnOnce()) -> Vec<NthRequest> {
    let since = installed.harness.sandbox.log.len();
    job();
    let all = NthRequest::all(&installed.exchanges_since(since));
    let own = |api: Api| all.iter().filter(move |nth| nth.api == api).cloned();
    [Api::Port, Api::Github, Api::Aws].into_iter().flat_map(own).collect()
}

/// Asserts that every role of the second account that can do something is in the catalog and on record.
#[track_caller]
pub(super) fn assert_on_record(installed: &Installed, what: &str) {
    for role in installed.harness.sandbox.second_aws.roles("/port-iam/") {
        let name = role.name;
        let mut attached = Vec::new();
        let (_, id, secret) = cast::IN_SECOND_ACCOUNT[0];
        installed.harness.with_aws_as(id, secret, async |iam| {
            let answer = iam.list_attached_role_policies().role_name(&name).send().await.unwrap();
            attached.extend(answer.attached_policies.unwrap_or_default().into_iter().filter_map(|it| it.policy_arn));
        });
        let is_powerless = attached.is_empty() || attached.iter().any(|arn| arn.ends_with("AWSDenyAll"));
        let is_listed = installed.entities().iter().any(|entity| entity["identifier"] == name.as_str());
        let record = installed.record(&name)["properties"].clone();
        assert!(is_powerless || (is_listed && record["account"] == SECOND), "{what}: {name} is live and not on record");
        assert!(is_powerless || record["revoked_at"].is_null(), "{what}: {name} is live and recorded as ended");
    }
}

/// Whatever is left is over by now: one sweep explains everything.
#[track_caller]
pub(super) fn clear_away(installed: &Installed, what: &str) {
    installed.harness.sandbox.clock.advance(SignedDuration::from_mins(125));
    for _ in 0..2 {
        let swept = sweep(installed, REVOKERS, &[]);
        assert_eq!(swept.json()["sweep"]["findings"], json!([]), "{what}: somebody has to look at it");
        // What is found missing goes an hour later.
        installed.harness.sandbox.clock.advance(SignedDuration::from_mins(61));
    }
    let ran = sweep(installed, REVOKERS, &[]).exits(0);
    assert_eq!((roles_in_second(installed), installed.roles()), (Vec::new(), Vec::new()), "{what}: {}", ran.stdout);
    assert_eq!(installed.harness.sandbox.second_aws.policy_arns("/port-iam/"), Vec::<String>::new(), "{what}");
    assert_eq!(installed.entities(), Vec::<Value>::new(), "{what}");
}

/// One trouble at one request of a job.
struct Case<'a> {
    installed: &'a Installed,
    what: String,
    nth: &'a NthRequest,
    times: usize,
    fault: &'a Fault,
}

impl Case<'_> {
    /// Runs the job with the trouble in it; what must hold at every moment holds behind it.
    #[track_caller]
    fn run(&self, job: impl FnOnce() -> Ran) -> Ran {
        let faults = &self.installed.harness.sandbox.faults;
        faults.plan_nth(self.nth, self.times, self.fault.clone());
        let ran = job();
        faults.clear();
        assert_on_record(self.installed, &self.what);
        ran
    }
}

/// Does every case of a job that sends these requests: an installation for each trouble, of which one is left `behind`.
fn each_case(requests: &[NthRequest], case: impl Fn(&Case<'_>), behind: impl Fn(&Installed, &str)) {
    assert!(requests.len() > 20, "{requests:?}");
    for (number, (name, times, fault)) in TROUBLES.iter().enumerate() {
        let installed = &installed();
        let all = requests.iter().enumerate();
        let its_own = all.filter(|(place, _)| size() == "all" || place % TROUBLES.len() == number);
        for (_, nth) in its_own {
            let what = format!("{name} at {nth:?}");
            case(&Case { installed, what, nth, times: *times, fault });
        }
        behind(installed, name);
    }
}

#[test]
fn a_grant_in_the_second_account_survives_a_fault_at_each_of_its_requests() {
    let first = installed();
    let asked = request(&first, SECOND_BUCKET, "s3:PutObject");
    let requests = requests(&first, || _ = grant(&first, &asked).exits(0));
    let case = |case: &Case<'_>| {
        let Case { installed, what, .. } = case;
        let asked = request(installed, SECOND_BUCKET, "s3:PutObject");
        let ran = case.run(|| grant(installed, &asked));
        if ran.exit_code == 0 {
            assert_eq!(roles_in_second(installed), [asked.grant()], "{what}: it says that it is done");
        }
        let again = grant(installed, &asked);
        assert_on_record(installed, what);
        // A run that the first attempt has ended brings nothing back, and what was made for it is undone while AWS
        // answers; else it can do nothing, and the sweep finds it.
        let is_there = roles_in_second(installed) == [asked.grant()];
        assert!(is_there || again.exit_code != 0, "{what}: {again:?}");
        assert!(!is_there || again.exit_code == 0 || case.times > 1, "{what}: {again:?}");
        if again.exit_code == 0 {
            revoke(installed, &installed.give_back(&asked.grant())).exits(0);
        }
        clear_away(installed, what);
    };
    each_case(&requests, case, |_, _| ());
}

/// Asserts that a revocation that was begun, and perhaps cut off, comes to its end when somebody runs it again.
#[track_caller]
pub(super) fn assert_ends_when_run_again(installed: &Installed, asked: &Dispatched, ended: &Dispatched, what: &str) {
    let is_gone = roles_in_second(installed).is_empty();
    let is_over = installed.record(&asked.grant())["properties"]["revoked_at"].is_string();
    assert!(is_gone || !is_over, "{what}: it is recorded as ended, and there");
    let is_listed = !installed.entities().is_empty();
    let again = if is_listed { installed.give_back(&asked.grant()) } else { ended.clone() };
    let again = revoke(installed, &again).exits(0);
    assert_eq!(roles_in_second(installed), Vec::<String>::new(), "{what}: {again:?}");
    assert_eq!(installed.record(&asked.grant())["properties"]["state"], "revoked", "{what}: {again:?}");
    assert_eq!(installed.entities(), Vec::<Value>::new(), "{what}");
}

#[test]
fn a_revocation_in_the_second_account_survives_a_fault_at_each_of_its_requests() {
    let first = installed();
    let asked = granted(&first);
    let ended = first.give_back(&asked.grant());
    let requests = requests(&first, || _ = revoke(&first, &ended).exits(0));
    let case = |case: &Case<'_>| {
        let Case { installed, what, .. } = case;
        let asked = granted(installed);
        let ended = installed.give_back(&asked.grant());
        let ran = case.run(|| revoke(installed, &ended));
        let is_gone = roles_in_second(installed).is_empty();
        assert!(ran.exit_code != 0 || is_gone, "{what}: it says that it is gone");
        assert_ends_when_run_again(installed, &asked, &ended, what);
    };
    each_case(&requests, case, |installed, name| clear_away(installed, name));
}
