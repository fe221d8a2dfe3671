//! The pages as a reader follows them: every block of commands is run, in its order, and prints what the page shows.
//!
//! Notes in the pages say what a test has to know and a reader sees anyway: `exits 3` where a command ends so, `serves`
//! where one goes on while the next is typed, `file NAME` before a file that is shown, `rules` before lines of the rules
//! file. A block of `text` right behind commands is what they print; `…` stands for lines that are left out.

use regex::Regex;

use super::markdown::{Block, blocks};
use super::stage::{BREAK_GLASS, GRANT, Kind, SCOPE, Stage};
use super::{documents, name_of, read};

/// Returns the pages with commands, by name.
fn pages() -> Vec<(String, Kind, Vec<Block>)> {
    let of_page = |path: std::path::PathBuf| {
        let text = read(&path);
        (name_of(&path), Kind::of(&text), blocks(&text))
    };
    let with_commands = |(_, _, blocks): &(String, Kind, Vec<Block>)| blocks.iter().any(|block| block.kind == "sh");
    documents().into_iter().map(of_page).filter(with_commands).collect()
}

/// Makes the commands of the page those of the sandbox.
fn on_stage(stage: &mut Stage, text: &str) -> String {
    // What stands in the place of credentials is in the environment already.
    let kept = text.lines().filter(|line| !(line.starts_with("export ") && line.contains("=…")));
    let text = kept.collect::<Vec<_>>().join("\n").replace("YOUR_ORG", "acme").replace(SCOPE[0], SCOPE[1]);
    match [GRANT, BREAK_GLASS].into_iter().find(|name| text.contains(name)) {
        Some(name) => text.replace(name, &stage.live_grant()),
        None => text,
    }
}

/// Takes out what is another with each run: names, moments, digests, addresses, and how wide a column is.
fn normalised(text: &str) -> Vec<String> {
    let mut text = text.to_owned();
    for (pattern, word) in [
        (r"r_[A-Za-z0-9]{16}", "RUN"),
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "MOMENT"),
        (r"in \d+ (minutes?|hours?)", "in TIME"),
        (r"\d+ (seconds?|minutes?) ago", "TIME ago"),
        // One more check makes no page wrong.
        (r"\d+ checks", "N checks"),
        (r"127\.0\.0\.1:\d+", "ADDRESS"),
        (r"[?]token=\S+", "TOKEN"),
        (r"port-iam-v\d+\.\d+\.\d+-[0-9a-f]{8}", "RELEASE"),
        (r"[0-9a-f]{64}", "DIGEST"),
        (r"org_sandboxacme/\d+", "SCOPE"),
        (r"[0-9.]+ of \d{4}-\d\d-\d\d", "EDITION"),
        (r"[ \t]+", " "),
        (r"-{3,}", "---"),
    ] {
        text = Regex::new(pattern).unwrap().replace_all(&text, word).into_owned();
    }
    text.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// Returns the first line of `shown` that is not in `printed` where it should be; none when all are.
fn missing(shown: &[String], printed: &[String]) -> Option<String> {
    let (mut rest, mut may_skip) = (printed, false);
    for line in shown {
        if line.trim() == "…" {
            may_skip = true;
            continue;
        }
        let Some(at) = rest.iter().position(|printed| printed == line) else { return Some(line.clone()) };
        if at > 0 && !may_skip {
            return Some(line.clone());
        }
        (rest, may_skip) = (&rest[at + 1..], false);
    }
    (!rest.is_empty() && !may_skip).then(|| format!("and then {:?}", rest[0]))
}

/// Follows one page, and returns what is not as it shows.
fn follow(stage: &mut Stage, name: &str, blocks: &[Block]) -> Vec<String> {
    let (mut wrong, mut printed) = (Vec::new(), String::new());
    for block in blocks {
        let place = format!("{name}:{}", block.line);
        match (block.kind.as_str(), block.note.split_once(' ').unwrap_or((&block.note, ""))) {
            ("sh", ("serves", _)) => {
                let text = on_stage(stage, &block.text);
                stage.serve(&text);
            }
            ("sh", (note, code)) => {
                let text = on_stage(stage, &block.text);
                let (output, failed) = stage.run(&text);
                let expected: Vec<&str> = if note == "exits" { vec![code] } else { Vec::new() };
                if failed != expected {
                    wrong.push(format!("{place}: exit codes {failed:?}, not {expected:?}, of\n{text}\n{output}"));
                }
                printed = output;
            }
            ("text", _) if block.is_behind_block => {
                let (shown, told) = (normalised(&block.text), normalised(&printed));
                if let Some(line) = missing(&shown, &told) {
                    wrong.push(format!("{place}: {line:?} is not what it prints:\n{printed}"));
                }
            }
            (_, ("file", file)) => stage.write(file, &block.text),
            (_, ("rules", _)) => {
                let changed = stage.change_rules(&block.text);
                wrong.extend(changed.err().map(|why| format!("{place}: {why}")));
            }
            _ => {}
        }
    }
    wrong
}

fn play(is_wanted: impl Fn(Kind) -> bool) {
    let mut wrong = Vec::new();
    let mut shared: Option<Stage> = None;
    // Whoever writes a page plays it alone.
    let one = std::env::var("PORT_IAM_PAGE").ok();
    for (name, kind, blocks) in pages().into_iter().filter(|(_, kind, _)| is_wanted(*kind)) {
        if one.as_ref().is_some_and(|one| !name.contains(one.as_str())) {
            continue;
        }
        if kind == Kind::Shared {
            let stage = shared.get_or_insert_with(|| Stage::new(kind));
            wrong.extend(follow(stage, &name, &blocks));
            // The next page begins without the grants of this one.
            stage.run("port-iam revoke --requester ada@acme.example");
        } else {
            wrong.extend(follow(&mut Stage::new(kind), &name, &blocks));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn every_command_of_the_pages_about_an_installation_works_in_one() {
    play(|kind| kind == Kind::Shared);
}

#[test]
fn every_command_of_the_pages_with_a_stage_of_their_own_works_there() {
    play(|kind| kind != Kind::Shared);
}

#[test]
fn commands_stand_in_blocks_that_are_run() {
    const SHOWN: [&str; 8] = ["sh", "text", "json", "yaml", "ini", "csv", "mermaid", "markdown"];
    let mut run = 0;
    for path in documents() {
        let name = name_of(&path);
        for block in blocks(&read(&path)) {
            let place = format!("{name}:{}", block.line);
            assert!(
                SHOWN.contains(&block.kind.as_str()),
                "{place}: commands stand in blocks of `sh`, not {:?}",
                block.kind
            );
            run += usize::from(block.kind == "sh");
            let is_command =
                |line: &str| ["port-iam ", "cargo ", "scripts/", "$ "].iter().any(|it| line.starts_with(it));
            let loose = block.text.lines().find(|line| block.kind != "sh" && is_command(line));
            assert_eq!(loose, None, "{place}: no test runs it");
        }
    }
    assert!(run > 40, "only {run} blocks are run");
}

#[test]
fn an_output_that_is_not_as_it_is_shown_is_noticed() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let printed = lines("a\nb\nc\nd");
    for shown in ["a\nb\nc\nd", "a\n…\nd", "…\nc\n…", "…", "a\n…\nb\nc\nd"] {
        assert_eq!(missing(&lines(shown), &printed), None, "{shown}");
    }
    for shown in ["a", "b\n…", "a\nc\nd", "…\nx\n…", "a\n…\nd\n…\nb"] {
        assert!(missing(&lines(shown), &printed).is_some(), "{shown}");
    }
    assert_eq!(
        normalised("Permission-r_k86OUzq80jRlxFV0  x until 2026-11-28T18:54:01Z (in 60 minutes)"),
        normalised("Permission-r_0000000000000000 x until 2027-01-01T00:00:00Z (in 59 minutes)")
    );
}
