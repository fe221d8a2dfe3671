//! The benchmark measures what it names and is described; how fast anything is, no test says.

use std::path::Path;
use std::process::Command;

#[test]
fn every_section_of_the_benchmark_is_measured_and_described() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(repository.join(path)).unwrap();
    let listed = Command::new(repository.join("scripts/bench")).arg("--list").output().unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let listed = String::from_utf8(listed.stdout).unwrap();
    let sections: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(sections.len() >= 9, "{listed}");
    let (harness, description) = (read("benches/measures/main.rs"), read("docs/performance.md"));
    for section in sections {
        // The script itself measures processes.
        let is_measured = section == "process" || harness.contains(&format!("(\"{section}\", "));
        assert!(is_measured, "nothing measures {section}");
        assert!(description.contains(&format!("`scripts/bench {section}`")), "nothing describes {section}");
    }
    let unknown = Command::new(repository.join("scripts/bench")).arg("nothing").output().unwrap();
    assert_eq!(unknown.status.code(), Some(2), "a section that is not there is no success");
}
