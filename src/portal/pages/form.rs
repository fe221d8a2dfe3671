//! The form of a self-service action.

use maud::{Markup, html};

use super::Page;
use crate::portal::form::{Field, Filled, Form, Input};
use crate::portal::view::{EntityLink, segment};

/// Shows the form of an action on an entity: empty, or as it was filled in, with the reason why Port refused it.
pub(in crate::portal) fn page(
    form: &Form,
    entity: &EntityLink,
    filled: Option<&Filled>,
    refused: Option<&str>,
) -> Page {
    let body = html! {
        p class="path" { a href=(entity.path()) { (entity.title) } }
        h1 { (form.title) }
        @if !form.description.is_empty() { p class="lead" { (form.description) "." } }
        p { "On " code { (entity.identifier) } }
        @if form.needs_approval { p class="note" { "Somebody has to approve this before anything happens." } }
        @if let Some(refused) = refused {
            p class="problem" role="alert" { strong { "Port refused: " } (refused) }
        }
        form method="post" class="fields"
            action={ "/actions/" (segment(&form.action)) "?entity=" (segment(&entity.identifier)) }
        {
            @if form.fields.is_empty() { p { "There is nothing to fill in." } }
            @for field in &form.fields { (shown(field, filled)) }
            p class="buttons" {
                button class=(if form.deletes { "danger" } else { "primary" }) { (form.title) }
                " "
                a href=(entity.path()) { "Cancel" }
            }
        }
    };
    Page::new(form.title.clone(), body)
}

fn shown(field: &Field, filled: Option<&Filled>) -> Markup {
    let given = |key: &str| -> Vec<&str> {
        let pairs = filled.into_iter().flatten().filter(|(name, _)| name == key);
        pairs.map(|(_, value)| value.as_str()).collect()
    };
    let given = given(&field.key);
    match &field.input {
        Input::Entities { offered, are_many } => choices(field, offered, *are_many, &given),
        Input::Line { pattern, default } => {
            let value = if filled.is_some() { given.first().copied().unwrap_or_default() } else { default };
            labelled(
                field,
                &html! {
                    input type="text" id=(id(field)) name=(field.key) value=(value) pattern=[pattern.as_deref()]
                        required[field.is_required] aria-describedby=[described(field)] autocomplete="off";
                },
            )
        }
        Input::Lines => labelled(
            field,
            &html! {
                textarea id=(id(field)) name=(field.key) rows="3" required[field.is_required]
                    aria-describedby=[described(field)] { (given.first().copied().unwrap_or_default()) }
            },
        ),
    }
}

/// The entities that can be chosen. A browser cannot be told that one of several must be; Port says so.
fn choices(field: &Field, offered: &[EntityLink], are_many: bool, given: &[&str]) -> Markup {
    html! {
        fieldset aria-describedby=[described(field)] {
            legend { (field.title) (mark(field)) }
            (help(field))
            @if offered.is_empty() { p class="empty" { "There is none to choose." } }
            @for (number, entity) in offered.iter().enumerate() {
                div class="choice" {
                    input type=(if are_many { "checkbox" } else { "radio" }) id={ (id(field)) "-" (number) }
                        name=(field.key) value=(entity.identifier)
                        checked[given.contains(&entity.identifier.as_str())];
                    label for={ (id(field)) "-" (number) } {
                        (entity.title)
                        @if entity.title != entity.identifier { " " code { (entity.identifier) } }
                    }
                }
            }
        }
    }
}

fn labelled(field: &Field, input: &Markup) -> Markup {
    html! {
        div class="field" {
            label for=(id(field)) { (field.title) (mark(field)) }
            (input)
            (help(field))
        }
    }
}

fn mark(field: &Field) -> Markup {
    html! { @if field.is_required { " " span class="required" { "(required)" } } }
}

fn help(field: &Field) -> Markup {
    html! { @if let Some(id) = described(field) { p class="quiet" id=(id) { (field.description) "." } } }
}

fn described(field: &Field) -> Option<String> {
    (!field.description.is_empty()).then(|| format!("{}-help", id(field)))
}

fn id(field: &Field) -> String {
    format!("input-{}", field.key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page_of(filled: Option<&Filled>, refused: Option<&str>) -> String {
        let action = serde_json::from_str(include_str!("../../../actions/request_permissions.json")).unwrap();
        let link = |identifier: &str| EntityLink {
            blueprint: "b".to_owned(),
            identifier: identifier.to_owned(),
            title: "<i>".to_owned(),
        };
        let form = Form::read(&action, |_, _| vec![link("s3:PutObject"), link("s3:GetObject")]);
        page(&form, &link("arn:aws:s3:::b"), filled, refused).body.0
    }

    #[test]
    fn a_form_that_was_refused_is_shown_as_it_was_filled_in() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let filled =
            vec![pair("permissions", "s3:GetObject"), pair("duration", "\"><b>"), pair("reason", "</textarea>")];
        let page = page_of(Some(&filled), Some("<b>no</b>"));
        assert!(page.contains("role=\"alert\"") && page.contains("&lt;b&gt;no&lt;/b&gt;"));
        assert!(page.contains("value=\"s3:GetObject\" checked>") && !page.contains("value=\"s3:PutObject\" checked"));
        assert!(page.contains("value=\"&quot;&gt;&lt;b&gt;\"") && page.contains("&lt;/textarea&gt;</textarea>"));
        assert!(!page.contains("<i>"));
    }

    #[test]
    fn an_empty_form_has_the_defaults_of_the_action_and_its_pattern() {
        let page = page_of(None, None);
        assert!(page.contains("name=\"duration\" value=\"4h\" pattern=\"^([0-9]+[dhm])+$\""), "{page}");
        assert!(!page.contains("alert") && !page.contains(" checked"));
        assert_eq!(page.matches("(required)").count(), 1);
    }
}
