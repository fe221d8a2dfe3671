//! What is served until somebody stops it: the signal is how it ends.

use super::*;

#[test]
fn a_sandbox_that_is_stopped_has_told_its_environment_and_no_error() {
    let harness = Harness::new();
    let file = harness.folder.path().join("sandbox.env");
    for (flags, name, exit_code) in
        [(&[][..], "INT", 130), (&["--output", "json"], "TERM", 143), (&["--serve", "--output", "json"], "INT", 130)]
    {
        let arguments = [&["sandbox", "--env-file", file.to_str().unwrap()], flags].concat();
        let child = spawn(&harness, &arguments, &[]);
        until("the sandbox", || file.exists().then_some(()));
        // The environment is printed behind it.
        std::thread::sleep(Duration::from_millis(500));
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        std::fs::remove_file(&file).unwrap();
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(exit_code), "{flags:?}: {stderr}");
        assert!(!stderr.contains("error") && stderr.contains("Stop it with Ctrl-C"), "{flags:?}: {stderr}");
        if flags.contains(&"json") {
            let told: Value = serde_json::from_str(&stdout).unwrap();
            assert!(told["environment"].is_object(), "{stdout}");
        }
    }
}
