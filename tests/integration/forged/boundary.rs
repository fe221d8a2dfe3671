//! A permissions boundary that somebody made wider than the rules call for: nothing is granted under it, with Port or
//! without.

use crate::break_glass::{break_glass, checkout, switch_on};
use crate::installed::{Installed, everything};

const BOUNDARY: &str = "arn:aws:iam::123456789012:policy/port-iam-boundary";

/// What is wrong, and what the administrator prints to mend it.
const TOLD: [&str; 2] = [
    "boundary: the permissions boundary arn:aws:iam::123456789012:policy/port-iam-boundary is wider than the rules \
     call for: it allows `*`",
    "what `port-iam aws boundary --repository FOLDER` prints",
];

#[track_caller]
fn assert_told(text: &str) {
    for told in TOLD {
        assert!(text.contains(told), "{told}: {text}");
    }
}

/// Makes another version of the boundary its default one, which allows everything.
fn widen(installed: &Installed) {
    installed.harness.with_aws(async |iam| {
        let create = iam.create_policy_version().policy_arn(BOUNDARY).set_as_default(true);
        create.policy_document(everything().to_string()).send().await.unwrap();
    });
}

/// Makes the version that `init` has made the default one again.
fn restore(installed: &Installed) {
    installed.harness.with_aws(async |iam| {
        iam.set_default_policy_version().policy_arn(BOUNDARY).version_id("v1").send().await.unwrap();
    });
}

#[test]
fn a_request_is_refused_and_told_so_while_the_boundary_is_wider_than_the_rules() {
    let installed = Installed::new();
    let request = installed.request();
    widen(&installed);
    let since = installed.harness.sandbox.log.len();
    let ran = installed.grant(&request).exits(5);
    assert!(ran.stdout.contains("refused::boundary:"), "{}", ran.stdout);
    assert_told(&ran.stdout);
    assert_told(&installed.log_of(&request.run_id));
    assert_eq!(installed.run(&request.run_id)["status"], "FAILURE");
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
    installed.assert_no_grant();
    // The rest of the request was good.
    restore(&installed);
    installed.granted();
}

#[test]
fn no_glass_is_broken_while_the_boundary_is_wider_than_the_rules() {
    let installed = Installed::new();
    // By its role a grant of Port's tells whose installation it is.
    installed.granted();
    switch_on(&installed, "");
    let folder = checkout(&installed);
    widen(&installed);
    let (roles, policies, since) = (installed.roles(), installed.policies(), installed.harness.sandbox.log.len());
    let ran = break_glass(&installed, &folder, &["--yes"]).exits(5);
    assert!(ran.stderr.contains("refused: boundary:"), "{}", ran.stderr);
    assert_told(&ran.stderr);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
    assert_eq!((installed.roles(), installed.policies()), (roles, policies));
    restore(&installed);
    break_glass(&installed, &folder, &["--yes"]).exits(0);
}
