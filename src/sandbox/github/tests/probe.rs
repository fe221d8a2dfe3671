//! The shared probe: 41 questions on a GitHub, written without knowing this emulator.

use std::process::Command;

use super::Sandbox;
use crate::counterparts::named;
use crate::sandbox::cast;

#[test]
fn the_probe_finds_nothing_that_differs_from_github() {
    let Some(shared) = named("PORT_IAM_SHARED", "the 41 questions of github-probe.py on the sandbox's GitHub") else {
        return;
    };
    let python = std::env::var_os("PORT_IAM_PYTHON").unwrap_or_else(|| "python3".into());
    // Without PyNaCl the probe sends values that nobody could open, and rightly gets 422.
    let has_pynacl = Command::new(&python).args(["-c", "import nacl"]).output().unwrap().status.success();
    assert!(has_pynacl, "the probe needs PyNaCl: pip install pynacl");
    let sandbox = Sandbox::empty();
    let output = Command::new(python)
        .arg(shared.join("contract/github-probe.py"))
        .args([sandbox.server.url(), cast::ADA.github_token, cast::GITHUB_ORGANIZATION])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let verdict = text.lines().last().unwrap_or_default();
    let numbers: Vec<&str> = verdict.split(' ').collect();
    let [_, right, "of", asked, ..] = numbers[..] else { panic!("no verdict in {text}") };
    assert_eq!(right, asked, "{text}");
    assert!(right.parse::<usize>().unwrap() >= 41, "{text}");
}
