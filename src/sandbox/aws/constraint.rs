//! What the service models allow in a parameter: lengths and alphabets.
//!
//! The figures are those of the IAM and STS service models; `\w` there is ASCII.

/// The constraint of one text parameter.
#[derive(Clone, Copy)]
pub(super) struct Constraint {
    /// Fewest characters.
    pub(super) min: usize,
    /// Most characters.
    pub(super) max: usize,
    /// Whether the text has the right form, length apart.
    pub(super) allows: fn(&str) -> bool,
    /// What a refusal says about the form.
    pub(super) form: &'static str,
}

const NAME_FORM: &str = "It must contain only alphanumeric characters and/or the following: +=,.@_-";
const PATH_FORM: &str = "It must begin and end with / and contain only alphanumeric characters and/or / characters.";
const DOCUMENT_FORM: &str = "It must contain only printable ASCII characters.";

pub(super) const ROLE_NAME: Constraint = Constraint { min: 1, max: 64, allows: is_name, form: NAME_FORM };
pub(super) const USER_NAME: Constraint = Constraint { min: 1, max: 128, allows: is_name, form: NAME_FORM };
pub(super) const GROUP_NAME: Constraint = Constraint { min: 1, max: 128, allows: is_name, form: NAME_FORM };
pub(super) const POLICY_NAME: Constraint = Constraint { min: 1, max: 128, allows: is_name, form: NAME_FORM };
pub(super) const INSTANCE_PROFILE_NAME: Constraint = Constraint { min: 1, max: 128, allows: is_name, form: NAME_FORM };
pub(super) const SESSION_NAME: Constraint = Constraint { min: 2, max: 64, allows: is_name, form: NAME_FORM };
pub(super) const PATH: Constraint = Constraint { min: 1, max: 512, allows: is_path, form: PATH_FORM };
pub(super) const POLICY_PATH: Constraint = Constraint { min: 1, max: 512, allows: is_policy_path, form: PATH_FORM };
pub(super) const PATH_PREFIX: Constraint = Constraint { min: 1, max: 512, allows: is_path_prefix, form: PATH_FORM };
pub(super) const ARN: Constraint = Constraint { min: 20, max: 2048, allows: |_| true, form: "" };
pub(super) const DOCUMENT: Constraint =
    Constraint { min: 1, max: 131_072, allows: is_document_text, form: DOCUMENT_FORM };
pub(super) const ROLE_DESCRIPTION: Constraint =
    Constraint { min: 0, max: 1000, allows: is_role_description, form: DOCUMENT_FORM };
pub(super) const POLICY_DESCRIPTION: Constraint = Constraint { min: 0, max: 1000, allows: |_| true, form: "" };
pub(super) const VERSION_ID: Constraint =
    Constraint { min: 1, max: 64, allows: is_version_id, form: "It must be of the form v1, v2, v3." };
pub(super) const TAG_KEY: Constraint = Constraint { min: 1, max: 128, allows: is_tag_text, form: TAG_FORM };
pub(super) const TAG_VALUE: Constraint = Constraint { min: 0, max: 256, allows: is_tag_text, form: TAG_FORM };
pub(super) const EXTERNAL_ID: Constraint = Constraint { min: 2, max: 1224, allows: is_external_id, form: NAME_FORM };
pub(super) const ACCESS_KEY_ID: Constraint =
    Constraint { min: 16, max: 128, allows: |text| text.chars().all(is_word), form: NAME_FORM };
pub(super) const ANY: Constraint = Constraint { min: 0, max: usize::MAX, allows: |_| true, form: "" };
pub(super) const ACTION_NAME: Constraint = Constraint { min: 3, max: 128, allows: |_| true, form: "" };
pub(super) const RESOURCE_NAME: Constraint = Constraint { min: 1, max: 2048, allows: |_| true, form: "" };
pub(super) const CONTEXT_KEY: Constraint = Constraint { min: 5, max: 256, allows: |_| true, form: "" };
pub(super) const MARKER: Constraint = Constraint { min: 1, max: 320, allows: is_document_text, form: "" };
pub(super) const PROVIDER_URL: Constraint =
    Constraint { min: 1, max: 255, allows: |text| text.starts_with("https://"), form: "It must begin with https://." };
pub(super) const CLIENT_ID: Constraint = Constraint { min: 1, max: 255, allows: |_| true, form: "" };
pub(super) const THUMBPRINT: Constraint = Constraint { min: 40, max: 40, allows: |_| true, form: "" };
pub(super) const IDENTITY_TOKEN: Constraint = Constraint { min: 4, max: 20_000, allows: |_| true, form: "" };

const TAG_FORM: &str = "It must contain only letters, digits, spaces and/or the following: _.:/=+-@";

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn is_name(text: &str) -> bool {
    text.chars().all(|character| is_word(character) || "+=,.@-".contains(character))
}

fn is_external_id(text: &str) -> bool {
    text.chars().all(|character| is_word(character) || "+=,.@:/-".contains(character))
}

fn is_path(text: &str) -> bool {
    text.starts_with('/') && text.ends_with('/') && text.chars().all(|character| character.is_ascii_graphic())
}

fn is_policy_path(text: &str) -> bool {
    is_path(text)
        && !text.contains("//")
        && text.chars().all(|character| character.is_ascii_alphanumeric() || "/.,+@=_-".contains(character))
}

fn is_path_prefix(text: &str) -> bool {
    text.starts_with('/') && text.chars().all(|character| ('\u{21}'..='\u{7f}').contains(&character))
}

fn is_document_text(text: &str) -> bool {
    text.chars().all(|character| matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}'))
}

fn is_role_description(text: &str) -> bool {
    text.chars().all(|character| matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{7e}' | '\u{a1}'..='\u{ff}'))
}

fn is_version_id(text: &str) -> bool {
    text.strip_prefix('v').is_some_and(|number| {
        !number.is_empty() && !number.starts_with('0') && number.chars().all(|digit| digit.is_ascii_digit())
    })
}

/// The model's classes are letters, separators and numbers of Unicode; line breaks are in none of them.
fn is_tag_text(text: &str) -> bool {
    text.chars().all(|character| {
        character.is_alphanumeric()
            || "_.:/=+-@".contains(character)
            || (character.is_whitespace() && !character.is_control())
    })
}
