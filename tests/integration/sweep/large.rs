//! Many grants: few requests, whatever IAM lets pass. `crowd` sweeps more of them, by the program itself.

use super::*;
use crate::crowd::multiply;

#[test]
fn many_grants_are_swept_page_by_page_with_few_requests_even_when_iam_throttles() {
    const LIVE: usize = 950;
    const EXPIRED: usize = 40;
    let installed = Installed::new();
    let model = installed.granted();
    let over = installed.harness.sandbox.clock.now() - SignedDuration::from_mins(1);
    let names: Vec<String> = (0..LIVE + EXPIRED).map(|number| format!("Permission-r_{number:05}")).collect();
    let (expired, live) = names.split_at(EXPIRED);
    multiply(&installed, &model, live, None);
    multiply(&installed, &model, expired, Some(over));
    let since = installed.harness.sandbox.log.len();
    // A close look at some has its own requests.
    let ran = installed.sweep(&["--close-looks", "0"]).exits(0);
    assert_eq!(done(&ran).len(), EXPIRED);
    assert_eq!(installed.roles().len(), LIVE + 1);
    // The lists and the searches have a page each; besides them login, users, rules, action, account and organisation.
    let requests = installed.exchanges_since(since).len();
    assert!(requests <= 6 + 4 + 12 * EXPIRED, "{requests} requests");
    installed.harness.sandbox.aws.throttle(5, 3);
    let ran = installed.sweep(&["--close-looks", "0"]).exits(0);
    assert!(done(&ran).is_empty() && found(&ran).is_empty(), "{}", ran.stdout);
}
