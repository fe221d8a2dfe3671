//! The dashboard in Port: what our widgets show is ours to set, everything else on the page is the operator's.
//!
//! Its title, its place in the portal, how our widgets are called and arranged, and every widget that somebody has added
//! stay as they are. Where people have done without the page, nobody is asked about it again.

use serde_json::{Map, Value, json};

use super::difference::differences;
use super::plan::{Outcome, Step, System, Write};
use super::seen::Seen;
use super::subject::Thing;
use super::wanted::Wanted;
use crate::domain::names::Names;

/// The widget that holds all others of a dashboard, as we call it.
const FRAME: &str = "portIamDashboard";
/// The kind of a widget that holds others (Port's Terraform provider, `port_page`).
const FRAME_TYPE: &str = "dashboard-widget";
/// What of one of our widgets decides what it shows; all else (title, icon, columns, sorting) is the operator's.
const WHAT_IT_SHOWS: [&str; 6] = ["type", "blueprint", "dataset", "property", "action", "actions"];
/// What Port takes in the body of a page (Port's Terraform provider, `cli.Page`).
const WRITABLE: [&str; 11] = [
    "identifier",
    "type",
    "icon",
    "title",
    "locked",
    "blueprint",
    "parent",
    "after",
    "description",
    "widgets",
    "pageFilters",
];
/// A row of a dashboard is so many columns wide, and at least so high (Port's dashboards, layout).
const ROW: (u32, u32) = (12, 400);

/// What the operator says about the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PageChoice {
    /// Nothing: it is made with a first set-up, and later it is kept where it is.
    #[default]
    AsItIs,
    /// There shall be one.
    Wanted,
    /// It is none of ours.
    Unwanted,
}

/// The page of our identifier.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum PageSeen {
    /// There is none.
    #[default]
    Absent,
    /// It is there.
    Present(Value),
    /// Port does not tell, and this is why.
    Hidden(String),
}

/// Returns the step of the page; none where it is not wanted.
pub(super) fn step(wanted: &Wanted, seen: &Seen) -> Option<Step> {
    if !is_wanted(wanted, seen) {
        return None;
    }
    let step = |lines, outcome| {
        Some(Step {
            system: System::Port,
            subject: Thing::Page(wanted.names.dashboard.clone()).into(),
            lines,
            files: Vec::new(),
            outcome,
        })
    };
    let theirs = match &seen.page {
        PageSeen::Absent => return step(Vec::new(), Outcome::Create(Write::NewPage(wanted.page.clone()))),
        PageSeen::Hidden(reason) => {
            let outcome = Outcome::Hidden {
                reason: format!("Port does not tell whether it is there: {reason}"),
                commands: vec!["port-iam init --only port --page".to_owned()],
            };
            return step(Vec::new(), outcome);
        }
        PageSeen::Present(theirs) => theirs,
    };
    let old = writable(theirs);
    let Some(body) = merged(&wanted.page, &old) else {
        let outcome = Outcome::Refused {
            reason: "a page of this name exists and is no dashboard".to_owned(),
            remedy:
                "port-iam init --no-page does without ours; or rename theirs; or install beside it with --prefix NAME"
                    .to_owned(),
        };
        return step(Vec::new(), outcome);
    };
    let lines = differences(&by_identifier(&old), &by_identifier(&body));
    if !is_ours(theirs) && !wanted.consent.adopt {
        let outcome = Outcome::Refused {
            reason: "a page of this name exists and is not of this system".to_owned(),
            remedy: "port-iam init --adopt adds our widgets to it: look at them first, below; `port-iam init --no-page` does without; or install beside it with --prefix NAME".to_owned(),
        };
        return step(lines, outcome);
    }
    if lines.is_empty() {
        return step(lines, Outcome::Keep);
    }
    let identifier = wanted.names.dashboard.clone();
    step(lines, Outcome::Change(Write::Page { identifier, body }))
}

/// Returns whether the page is part of what is wanted. The automation is made last: where it is there, a set-up has come
/// to its end, and a page that is not there is one that somebody does without.
pub(super) fn is_wanted(wanted: &Wanted, seen: &Seen) -> bool {
    match wanted.page_choice {
        PageChoice::Wanted => true,
        PageChoice::Unwanted => false,
        PageChoice::AsItIs => match &seen.page {
            PageSeen::Present(theirs) if is_ours(theirs) => true,
            _ => !is_set_up(&wanted.names, seen),
        },
    }
}

/// Returns whether people do without the page although it could be had.
pub(super) fn is_done_without(wanted: &Wanted, seen: &Seen) -> bool {
    wanted.page_choice == PageChoice::AsItIs && !is_wanted(wanted, seen)
}

fn is_set_up(names: &Names, seen: &Seen) -> bool {
    seen.actions.iter().any(|action| action["identifier"] == names.revoke_expired_permissions)
}

/// Returns whether a page is one of ours, whatever somebody has added to it or taken out.
pub(in crate::domain) fn is_ours(theirs: &Value) -> bool {
    let is_named = |widget: &Value| id(widget).is_some_and(|id| id == FRAME || id.starts_with("portIam"));
    theirs["type"] == "dashboard" && widgets(theirs).any(|widget| is_named(widget) || widgets(widget).any(is_named))
}

/// Returns whether a page holds nothing on its first level that we did not make, so that it is one of ours as a whole. On
/// a dashboard of somebody else that was adopted our widgets stand among theirs.
pub(in crate::domain) fn is_ours_alone(theirs: &Value) -> bool {
    theirs["type"] == "dashboard"
        && widgets(theirs).next().is_some()
        && widgets(theirs).all(|widget| id(widget) == Some(FRAME))
}

/// Returns the widgets on a page of ours that are not ours, by title or identifier.
pub(in crate::domain) fn additions(ours: &Value, theirs: &Value) -> Vec<String> {
    let own: Vec<&str> = widgets(ours).flat_map(|frame| widgets(frame).chain([frame])).filter_map(id).collect();
    let all = widgets(theirs).flat_map(|widget| widgets(widget).chain([widget]));
    let added = all.filter(|widget| !id(widget).is_some_and(|id| own.contains(&id)) && widget["type"] != FRAME_TYPE);
    added.map(|widget| widget["title"].as_str().or_else(|| id(widget)).unwrap_or("without a name").to_owned()).collect()
}

/// Returns a page of somebody else, as Port takes it, without the widgets of ours that were added to it; none where no
/// widget on it is ours by its identifier. The frame that holds ours goes where it holds nothing else.
pub(in crate::domain) fn without_ours(ours: &Value, theirs: &Value) -> Option<Value> {
    let own: Vec<&str> = widgets(ours).flat_map(widgets).filter_map(id).collect();
    let is_own = |widget: &Value| id(widget).is_some_and(|id| own.contains(&id));
    let before = writable(theirs);
    let mut body = before.clone();
    for frame in body["widgets"].as_array_mut().into_iter().flatten() {
        if let Some(held) = frame["widgets"].as_array_mut() {
            held.retain(|widget| !is_own(widget));
            take_places(&own, &mut frame["layout"]);
        }
    }
    let is_empty_frame = |widget: &Value| id(widget) == Some(FRAME) && widgets(widget).next().is_none();
    body["widgets"].as_array_mut()?.retain(|widget| !is_own(widget) && !is_empty_frame(widget));
    (body != before).then_some(body)
}

/// Takes columns out of a layout. A row is as wide as it was: what stands beside them gets their room.
fn take_places(taken: &[&str], layout: &mut Value) {
    let Some(rows) = layout.as_array_mut() else { return };
    for columns in rows.iter_mut().filter_map(|row| row["columns"].as_array_mut()) {
        let (mut kept, mut room) = (Vec::new(), 0);
        for column in columns.drain(..) {
            if id(&column).is_some_and(|id| taken.contains(&id)) {
                room += column["size"].as_u64().unwrap_or_default();
            } else {
                kept.push(column);
            }
        }
        if let Some(last) = kept.last_mut().filter(|_| room > 0) {
            last["size"] = json!(last["size"].as_u64().unwrap_or_default() + room);
        }
        *columns = kept;
    }
    rows.retain(|row| row["columns"].as_array().is_none_or(|columns| !columns.is_empty()));
}

fn id(widget: &Value) -> Option<&str> {
    widget["id"].as_str()
}

fn widgets(holder: &Value) -> impl Iterator<Item = &Value> {
    holder["widgets"].as_array().into_iter().flatten()
}

fn writable(theirs: &Value) -> Value {
    let fields = theirs.as_object().into_iter().flatten();
    let kept = fields.filter(|(key, value)| WRITABLE.contains(&key.as_str()) && !value.is_null());
    Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// Returns theirs with our widgets in it; none where there is nothing that could hold them.
fn merged(ours: &Value, theirs: &Value) -> Option<Value> {
    if theirs["type"] != "dashboard" {
        return None;
    }
    let mut body = theirs.clone();
    let own = widgets(ours).next()?;
    if !body["widgets"].is_array() {
        body["widgets"] = json!([]);
    }
    let frames = body["widgets"].as_array_mut()?;
    let place = frame_of(own, frames);
    let Some(place) = place else {
        frames.push(own.clone());
        return Some(body);
    };
    let frame = &mut frames[place];
    for key in ["widgets", "layout"] {
        if !frame[key].is_array() {
            frame[key] = json!([]);
        }
    }
    for widget in widgets(own) {
        let held = frame["widgets"].as_array_mut()?;
        match held.iter_mut().find(|held| id(held) == id(widget)) {
            Some(held) => set_what_it_shows(widget, held),
            None => held.push(widget.clone()),
        }
        give_it_a_place(widget, &mut frame["layout"]);
    }
    Some(body)
}

/// Returns which widget of a page holds ours, or is to hold them: ours by name, the one that holds any of them, or the
/// first that can.
fn frame_of(own: &Value, frames: &[Value]) -> Option<usize> {
    let can = |frame: &Value| frame["type"] == FRAME_TYPE;
    let holds_ours = |frame: &Value| widgets(frame).any(|held| widgets(own).any(|widget| id(widget) == id(held)));
    let find = |fits: &dyn Fn(&Value) -> bool| frames.iter().position(|frame| can(frame) && fits(frame));
    find(&|frame| id(frame) == Some(FRAME)).or_else(|| find(&holds_ours)).or_else(|| find(&|_| true))
}

/// Makes a widget show what ours shows. Members that Port adds to one of them by itself stay.
fn set_what_it_shows(ours: &Value, theirs: &mut Value) {
    let Some(theirs): Option<&mut Map<String, Value>> = theirs.as_object_mut() else { return };
    for key in WHAT_IT_SHOWS {
        let own = ours.get(key);
        let is_said = own.is_none_or(|own| theirs.get(key).is_some_and(|their| says(their, own)));
        if let Some(own) = own.filter(|_| !is_said) {
            theirs.insert(key.to_owned(), own.clone());
        }
    }
}

/// Returns whether theirs says all that ours says, and lists nothing else.
fn says(theirs: &Value, ours: &Value) -> bool {
    match (theirs, ours) {
        (Value::Object(their), Value::Object(own)) => {
            own.iter().all(|(key, own)| their.get(key).is_some_and(|their| says(their, own)))
        }
        (Value::Array(their), Value::Array(own)) => {
            their.len() == own.len() && their.iter().zip(own).all(|(their, own)| says(their, own))
        }
        _ => theirs == ours,
    }
}

/// Adds a row for a widget that has no place: Port shows what has one alone.
fn give_it_a_place(widget: &Value, layout: &mut Value) {
    let has_place =
        |row: &Value| row["columns"].as_array().into_iter().flatten().any(|column| id(column) == id(widget));
    let Some(rows) = layout.as_array_mut().filter(|rows| !rows.iter().any(has_place)) else { return };
    let (width, height) = ROW;
    rows.push(json!({ "height": height, "columns": [{ "id": widget["id"], "size": width }] }));
}

/// Returns a page with its widgets under their names: a widget that is added does not make all others differ.
fn by_identifier(page: &Value) -> Value {
    let mut page = page.clone();
    if let Some(all) = page["widgets"].as_array() {
        let named = |(place, widget): (usize, &Value)| {
            (id(widget).map_or_else(|| place.to_string(), str::to_owned), by_identifier(widget))
        };
        page["widgets"] = Value::Object(all.iter().enumerate().map(named).collect());
    }
    page
}
