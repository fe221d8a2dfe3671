//! What is sent again, counted at the wire: what only reads as often as `clients/retry.rs` lets it, and what makes something
//! never before it was looked up.

use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::Exchange;
use serde_json::json;

use crate::installed::Installed;

/// What makes something of a grant, and what looks for it.
const MAKES: [(&str, &str); 2] = [("CreateRole", "GetRole"), ("CreatePolicy", "GetPolicy")];

/// How often a request is sent at most.
const MOST_TRIES: usize = 4;

/// Makes a grant while this happens once to that action, and returns which actions AWS was asked for, in order.
fn granted_despite(action: &str, fault: Fault) -> Vec<String> {
    let installed = Installed::new();
    let request = installed.request();
    let (log, faults) = (&installed.harness.sandbox.log, &installed.harness.sandbox.faults);
    let (since, before) = (log.len(), faults.hits());
    faults.plan_matching(&format!("Action={action}&"), 0, 1, fault);
    installed.grant(&request).exits(0);
    assert_eq!(faults.hits() - before, 1, "{action}");
    log.exchanges_since(since).iter().filter_map(Exchange::aws_action).map(str::to_owned).collect()
}

#[test]
fn what_was_made_and_whose_answer_was_lost_is_looked_up_and_not_sent_again() {
    for (action, _) in MAKES {
        let sent = granted_despite(action, Fault::DropAfter);
        assert_eq!(sent.iter().filter(|it| *it == action).count(), 1, "{sent:?}");
    }
}

#[test]
fn what_may_have_been_made_is_sent_again_only_behind_a_look() {
    for (action, look) in MAKES {
        let sent = granted_despite(action, Fault::Status { status: 500, retry_after: None });
        let tries: Vec<usize> = (0..sent.len()).filter(|at| sent[*at] == action).collect();
        let [first, second] = tries[..] else { panic!("{action} is sent twice: {sent:?}") };
        assert!(sent[first..second].iter().any(|it| it == look), "{sent:?}");
    }
}

/// Neither the SDK of AWS nor another library tries again by itself.
#[test]
fn what_only_reads_is_sent_four_times_whichever_api_fails() {
    for request in ["Action=ListRoles&", "GET /v1/users", "POST /graphql"] {
        let installed = Installed::new();
        installed.granted();
        let faults = &installed.harness.sandbox.faults;
        faults.plan_matching(request, 0, usize::MAX, Fault::Status { status: 500, retry_after: None });
        let before = faults.hits();
        installed.harness.run(&["sweep"]).exits(1);
        assert_eq!(faults.hits() - before, MOST_TRIES, "{request}");
    }
}

/// GraphQL tells of its limit with status 200, and has done nothing then.
#[test]
fn a_query_that_was_one_too_many_is_sent_again() {
    let installed = Installed::new();
    let request = installed.request();
    let faults = &installed.harness.sandbox.faults;
    let limited = json!([{ "type": "RATE_LIMITED", "message": "API rate limit exceeded" }]);
    let before = faults.hits();
    faults.plan_first("POST /graphql", Fault::Forged { pointer: "/errors".to_owned(), value: limited });
    installed.grant(&request).exits(0);
    assert_eq!(faults.hits() - before, 1);
}

/// Port gives fifty messages at once; what a run says last is what it came to.
#[test]
fn a_log_of_several_pages_is_read_to_its_end() {
    let installed = Installed::new();
    let run = installed.request().run_id;
    installed.harness.with_port(async |port| {
        for number in 0..120 {
            port.log(&run, &format!("line {number}")).await.unwrap();
        }
        let read = |offset: usize| port.logs(&run, offset);
        let (all, rest, none) = (read(0).await.unwrap(), read(100).await.unwrap(), read(120).await.unwrap());
        assert_eq!((all.len(), all.last().unwrap().as_str()), (120, "line 119"));
        assert_eq!((rest.len(), rest[0].as_str(), none.len()), (20, "line 100", 0));
    });
}
