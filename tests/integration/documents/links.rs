//! Every link of a document leads to a file and a heading that are there; of external ones the form is looked at.

use std::path::Path;

use super::markdown::{anchors, links};
use super::{documents, name_of, read, root};

/// Returns what is wrong with a link of the document at `path`; none when it leads somewhere.
fn wrong(path: &Path, own_text: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return match url::Url::parse(target) {
            Ok(url) if url.scheme() == "https" && url.host_str().is_some_and(|host| host.contains('.')) => None,
            _ => Some(format!("{target} is no address")),
        };
    }
    let (file, anchor) = target.split_once('#').map_or((target, None), |(file, anchor)| (file, Some(anchor)));
    let place = if file.is_empty() { path.to_owned() } else { path.parent().unwrap().join(file) };
    let Ok(place) = place.canonicalize() else { return Some(format!("there is no {file}")) };
    if !place.starts_with(root().canonicalize().unwrap()) {
        return Some(format!("{file} is not in this repository"));
    }
    let anchor = anchor?;
    let text = if file.is_empty() { own_text.to_owned() } else { read(&place) };
    (!anchors(&text).iter().any(|known| known == anchor)).then(|| format!("{target} has no such heading"))
}

#[test]
fn every_link_of_the_documents_leads_somewhere() {
    let (mut linked, mut dead) = (0, Vec::new());
    for path in documents() {
        let text = read(&path);
        for target in links(&text) {
            linked += 1;
            dead.extend(wrong(&path, &text, &target).map(|why| format!("{}: {why}", name_of(&path))));
        }
    }
    assert!(linked > 60, "only {linked} links were found");
    assert!(dead.is_empty(), "{dead:#?}");
}

#[test]
fn a_dead_link_is_noticed() {
    let path = root().join("docs/performance.md");
    let text = read(&path);
    for target in ["#beside-the-guide", "reliability.md", "../README.md", "https://port.io/a#b"] {
        assert_eq!(wrong(&path, &text, target), None, "{target}");
    }
    for target in ["#no-such", "none.md", "reliability.md#no-such", "../../x", "http://port.io", "https://nowhere"] {
        assert!(wrong(&path, &text, target).is_some(), "{target}");
    }
}

#[test]
fn every_page_of_docs_can_be_reached_from_the_index() {
    let index = root().join("docs/README.md");
    let mut reached = vec![index.canonicalize().unwrap()];
    let mut at = 0;
    while let Some(path) = reached.get(at).cloned() {
        let targets = links(&read(&path)).into_iter().filter(|target| !target.contains("://"));
        for target in targets {
            let file = target.split('#').next().unwrap();
            let Ok(place) = path.parent().unwrap().join(file).canonicalize() else { continue };
            let is_page = place.starts_with(root().canonicalize().unwrap().join("docs"));
            if is_page && place.extension().is_some_and(|end| end == "md") && !reached.contains(&place) {
                reached.push(place);
            }
        }
        at += 1;
    }
    let lost: Vec<String> = documents()
        .into_iter()
        .filter(|path| name_of(path).starts_with("docs") && !reached.contains(&path.canonicalize().unwrap()))
        .map(|path| name_of(&path))
        .collect();
    assert!(lost.is_empty(), "docs/README.md leads to none of {lost:?}");
}
