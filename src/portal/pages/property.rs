//! One value of an entity, the way its property wants it shown.

use jiff::Timestamp;
use maud::{Markup, html};
use serde_json::Value;

use super::{badge, moment, run_link};
use crate::domain::time::{relative, utc};
use crate::portal::view::{Kind, person_name};

/// Shows a value; nothing for none.
pub(super) fn value(kind: &Kind, value: &Value, now: Timestamp) -> Markup {
    match (kind, value) {
        (_, Value::Null) => html! {},
        (Kind::Timer, Value::String(text)) => timer(text, now),
        (Kind::Moment, Value::String(text)) => text.parse().map_or_else(|_| html! { (text) }, |at| moment(at, now)),
        (Kind::Link, Value::String(text)) => link(text),
        (Kind::Run, Value::String(text)) => run_link(text),
        (Kind::Choice(choices), Value::String(word)) => {
            let color = choices.iter().find(|(choice, _)| choice == word).map_or("lightGray", |(_, color)| color);
            badge(color, word)
        }
        (_, Value::Bool(flag)) => html! { (if *flag { "yes" } else { "no" }) },
        (_, Value::Array(items)) => html! { ul class="plain" { @for item in items { li { (text(item)) } } } },
        (_, Value::Object(_)) => document("Show", value),
        (Kind::Text, Value::String(text)) if text.contains('@') => html! { (text) " " (named(text)) },
        (_, other) => html! { (text(other)) },
    }
}

/// A document that is folded away.
pub(super) fn document(name: &str, value: &Value) -> Markup {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    html! { details { summary { (name) } pre { code { (text) } } } }
}

/// The time that is left, counted down by the page's script.
fn timer(written: &str, now: Timestamp) -> Markup {
    let Ok(ends) = written.parse::<Timestamp>() else { return html! { (written) } };
    let word = if ends <= now { "expired " } else { "ends " };
    html! {
        time class="timer" datetime=(utc(ends)) title=(utc(ends)) data-ends=(ends.to_string()) {
            (word) (relative(ends, now))
        }
    }
}

/// A link, if it is one that a browser may follow: `javascript:` is none.
fn link(address: &str) -> Markup {
    if !address.starts_with("https://") && !address.starts_with("http://") {
        return html! { (address) };
    }
    html! { a class="long" href=(address) rel="noopener noreferrer" { (address) } }
}

fn named(email: &str) -> Markup {
    let name = person_name(email);
    html! { @if name != email { span class="quiet" { "(" (name) ")" } } }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_somebody_wrote_into_the_catalog_stays_text() {
        let hostile = "<img src=x onerror=alert(1)>\"'";
        let kinds = [
            Kind::Text,
            Kind::Timer,
            Kind::Moment,
            Kind::Link,
            Kind::Run,
            Kind::List,
            Kind::Object,
            Kind::Choice(vec![]),
        ];
        for kind in kinds {
            for written in [json!(hostile), json!([hostile]), json!({ hostile: hostile })] {
                let shown = value(&kind, &written, Timestamp::UNIX_EPOCH).0;
                assert!(!shown.contains("<img"), "{kind:?}: {shown}");
            }
        }
    }

    #[test]
    fn only_an_address_of_the_web_is_a_link() {
        let shown = |address: &str| value(&Kind::Link, &json!(address), Timestamp::UNIX_EPOCH).0;
        assert!(shown("https://signin.aws.amazon.com/switchrole?a=1&b=2").starts_with("<a "));
        for address in ["javascript:alert(1)", "data:text/html,x", "JAVASCRIPT:x", " https://x"] {
            assert!(!shown(address).contains("<a "), "{address}");
        }
    }

    #[test]
    fn a_run_leads_to_its_page() {
        let shown = value(&Kind::Run, &json!("r_1/?"), Timestamp::UNIX_EPOCH).0;
        assert_eq!(shown, "<a href=\"/runs/r_1%2F%3F\">r_1/?</a>");
    }

    #[test]
    fn a_timer_says_when_it_ends_and_whether_it_has() {
        let shown = |now: i64| {
            let now = Timestamp::from_second(now).unwrap();
            value(&Kind::Timer, &json!("1970-01-01T01:00:00.000Z"), now).0
        };
        assert!(shown(0).contains("ends in 1 hour"), "{}", shown(0));
        assert!(shown(3600).contains("expired "), "{}", shown(3600));
    }

    #[test]
    fn a_colour_is_one_class_whatever_the_blueprint_says() {
        let choices = Kind::Choice(vec![("live".to_owned(), "green\" onclick=\"x".to_owned())]);
        let shown = value(&choices, &json!("live"), Timestamp::UNIX_EPOCH).0;
        assert_eq!(shown, "<span class=\"badge greenonclickx\">live</span>");
    }
}
