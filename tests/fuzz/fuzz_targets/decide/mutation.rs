//! Changes a story by whole changes, in turns with those of its bytes that libFuzzer makes: of a hundred bytes that it
//! turns over, hardly one leaves a document that is read to its end.

use std::sync::LazyLock;

use fastrand::Rng;
use libfuzzer_sys::fuzzer_mutate;

use crate::body::known::{KNOWN, pointers};
use crate::body::{NAMES, Story};

/// What stands in the good documents, and in the lines of the rules file.
static VALUES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let good = Story::good();
    let of_document = |name: &str| {
        let Some(document) = good.json(name) else { return Vec::new() };
        pointers(&document).iter().filter_map(|place| document.pointer(place)).map(ToString::to_string).collect()
    };
    let values: Vec<String> = NAMES.into_iter().flat_map(of_document).collect();
    let lines = good.text("rules").lines().map(str::to_owned).collect::<Vec<String>>();
    values.into_iter().chain(lines).chain(KNOWN.iter().map(|&value| value.to_owned())).collect()
});

/// Writes a changed story over `data`, of which `size` bytes are the story and `longest` may be, and returns its length.
pub(crate) fn mutate(data: &mut [u8], size: usize, longest: usize, seed: u32) -> usize {
    let mut random = Rng::with_seed(seed.into());
    if random.bool() {
        return fuzzer_mutate(data, size, longest);
    }
    let story = String::from_utf8_lossy(&data[..size]).into_owned();
    let mut changes: Vec<String> = story.split("\n@").map(|change| change.trim_start_matches('@').to_owned()).collect();
    let at = random.usize(..changes.len());
    match random.u8(..6) {
        0 | 1 => changes.push(format!("{} {}", place(&Story::parse(&story), &mut random), pick(&mut random, &VALUES))),
        2 => drop(changes.remove(at)),
        // Without a value what is there goes.
        3 => changes.push(place(&Story::parse(&story), &mut random)),
        4 => changes[at] = with_value(&changes[at], |_| pick(&mut random, &VALUES).clone()),
        _ => changes[at] = with_value(&changes[at], |value| with_other_bytes(value, longest)),
    }
    let changed = changes.iter().map(|change| format!("@{change}")).collect::<Vec<String>>().join("\n");
    let length = changed.len().min(longest);
    data[..length].copy_from_slice(&changed.as_bytes()[..length]);
    length
}

/// Returns a place of one of the documents as they are, in the words of a change.
fn place(story: &Story, random: &mut Rng) -> String {
    let name = NAMES[random.usize(..NAMES.len())];
    let lines = || (1..=story.text(name).lines().count()).map(|line| format!("#{line}")).collect();
    let places: Vec<String> = story.json(name).map_or_else(lines, |document| pointers(&document));
    let place: &str = if places.is_empty() { "/" } else { pick(random, &places) };
    format!("{name} {place}")
}

fn pick<'a>(random: &mut Rng, from: &'a [String]) -> &'a String {
    &from[random.usize(..from.len())]
}

/// Returns a change of the same place to another value, or, where it names no place, of the same document to another text.
fn with_value(change: &str, other: impl FnOnce(&str) -> String) -> String {
    let (name, rest) = change.split_once([' ', '\n']).unwrap_or((change, ""));
    if !rest.starts_with(['/', '#']) {
        return format!("{name} {}", other(rest));
    }
    let (place, value) = rest.split_once(' ').unwrap_or((rest, ""));
    format!("{name} {place} {}", other(value))
}

fn with_other_bytes(value: &str, longest: usize) -> String {
    let mut bytes = value.as_bytes().to_vec();
    let size = bytes.len();
    // Room for what is put in.
    bytes.resize((size + 64).min(longest.max(size)), 0);
    let longest = bytes.len();
    let length = fuzzer_mutate(&mut bytes, size, longest);
    String::from_utf8_lossy(&bytes[..length]).into_owned()
}
