//! Cuts one Allow that is too long for a document into several that together allow the same.

use serde_json::Value;

use super::{Allow, cost};

/// Returns `allow` in as few pieces as can be found easily, none of which takes more than `room`; itself when it fits.
/// None when even one action on one resource is too long.
///
/// Every piece keeps all conditions. The pieces are the products of runs of actions and runs of resources, so that
/// each pair of them is allowed by exactly one piece.
pub(super) fn pieces(allow: &Allow, room: usize) -> Option<Vec<Allow>> {
    if cost(&allow.render()) <= room {
        return Some(vec![allow.clone()]);
    }
    let empty = Allow { actions: Vec::new(), resources: Vec::new(), conditions: allow.conditions.clone() };
    let space = room.checked_sub(cost(&empty.render()))?;
    let largest = |texts: &[String]| texts.iter().map(|text| length(text)).max().unwrap_or_default();
    // What the actions may take of the space. All of them in each piece is best where they are short, all resources in
    // each where those are, and halves where both are long; the last finds pieces whenever there are any.
    let shares = [
        total(&allow.actions),
        space.saturating_sub(total(&allow.resources)),
        space / 2,
        space.saturating_sub(largest(&allow.resources)),
    ];
    shares.into_iter().filter_map(|share| cut(allow, share, space)).min_by_key(Vec::len)
}

fn cut(allow: &Allow, share: usize, space: usize) -> Option<Vec<Allow>> {
    let mut pieces = Vec::new();
    for actions in runs(&allow.actions, share)? {
        for resources in runs(&allow.resources, space.checked_sub(total(actions))?)? {
            pieces.push(Allow {
                actions: actions.to_vec(),
                resources: resources.to_vec(),
                conditions: allow.conditions.clone(),
            });
        }
    }
    Some(pieces)
}

/// Returns `texts` in runs, in their order, none of which takes more than `most`; none when one of them does.
fn runs(texts: &[String], most: usize) -> Option<Vec<&[String]>> {
    let mut runs = Vec::new();
    let mut rest = texts;
    while !rest.is_empty() {
        let mut taken = 0;
        let fitting = rest.iter().take_while(|text| {
            taken += length(text);
            taken <= most
        });
        let (run, others) = rest.split_at(fitting.count());
        if run.is_empty() {
            return None;
        }
        runs.push(run);
        rest = others;
    }
    Some(runs)
}

fn total(texts: &[String]) -> usize {
    texts.iter().map(|text| length(text)).sum()
}

/// Returns the characters of a text in a list: quotes, escapes and the comma included.
fn length(text: &str) -> usize {
    cost(&Value::from(text))
}
