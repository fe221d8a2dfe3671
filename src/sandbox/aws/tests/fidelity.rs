//! The 73 questions on IAM and STS whose answers AWS documents, asked by another client through HTTP.

use std::process::Command;
use std::sync::Arc;

use crate::counterparts::named;
use crate::sandbox::aws::{Account, router};
use crate::sandbox::clock::SandboxClock;
use crate::sandbox::fault::Faults;
use crate::sandbox::request_log::{Api, RequestLog};
use crate::sandbox::wire::{Wire, listen, serve};

/// Names the folder that holds `contract/aws-fidelity.py`, which needs Python 3 with boto3.
const SHARED: &str = "PORT_IAM_SHARED";

#[test]
fn every_documented_answer_is_given() {
    let Some(shared) = named(SHARED, "the questions of contract/aws-fidelity.py on the sandbox's AWS") else { return };
    let script = shared.join("contract/aws-fidelity.py");
    assert!(script.is_file(), "{SHARED} is set, but there is no {}", script.display());
    let clock = SandboxClock::default();
    let wire = Wire {
        clock: clock.clone(),
        log: Arc::new(RequestLog::default()),
        faults: Arc::new(Faults::default()),
        past: Arc::default(),
    };
    let (listener, url) = listen().unwrap();
    let router = router(vec![Account::new(clock, &[])]);
    let _server = serve(Api::Aws, listener, router, wire, std::future::ready(())).unwrap();
    let python = std::env::var_os("PORT_IAM_PYTHON").unwrap_or_else(|| "python3".into());
    let output = Command::new(python).arg(&script).arg(&url).output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    let wrong: Vec<&str> = printed.lines().filter(|line| line.starts_with("XX")).collect();
    let counted = printed.lines().last().unwrap_or_default();
    assert_eq!(wrong, Vec::<&str>::new(), "{counted}");
    assert!(counted.contains(": 73 of 73 "), "{counted}");
}
