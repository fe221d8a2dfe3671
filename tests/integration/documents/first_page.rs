//! README is read before anything is believed: it stays short.

use super::markdown::blocks;
use super::{read, root};

#[test]
fn the_first_page_is_short_and_has_one_picture_and_two_commands() {
    let page = read(&root().join("README.md"));
    assert!(page.lines().count() <= 78, "{} lines", page.lines().count());
    let commands: Vec<String> = blocks(&page)
        .into_iter()
        .filter(|block| block.kind == "sh")
        .flat_map(|block| block.text.lines().map(str::to_owned).collect::<Vec<_>>())
        .filter(|line| !line.trim().is_empty())
        .collect();
    assert_eq!(commands.len(), 2, "{commands:?}");
    assert_eq!(page.matches("![").count(), 0, "a picture without a width fills the screen");
    let pictures: Vec<&str> = page.lines().filter(|line| line.contains("<img")).collect();
    let [picture] = pictures.as_slice() else { panic!("{pictures:?}") };
    let attribute = |name: &str| picture.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
    assert!(attribute("width").unwrap().parse::<u32>().unwrap() <= 640, "{picture}");
    assert!(attribute("alt").unwrap().len() > 20, "{picture}");
    assert!(root().join(attribute("src").unwrap()).is_file(), "{picture}");
}
