//! Pages of a list: `MaxItems`, `Marker`, `IsTruncated`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::constraint::MARKER;
use super::failure::Failure;
use super::parameters::Parameters;
use super::xml::Xml;

/// IAM's page length when none is asked for.
const DEFAULT_PAGE: u32 = 100;

/// Which page is asked for.
#[derive(Clone, Debug)]
pub(super) struct Page {
    length: usize,
    after: Option<String>,
}

impl Page {
    pub(super) fn from_parameters(parameters: &Parameters) -> Result<Self, Failure> {
        let length = parameters.number("MaxItems", 1..=1000)?.unwrap_or(DEFAULT_PAGE);
        let after = parameters.optional("Marker", &MARKER)?.map(|marker| key_of(&marker)).transpose()?;
        Ok(Self { length: usize::try_from(length).unwrap_or(usize::MAX), after })
    }

    /// Cuts the page out of `items`, which are sorted by their key, and returns it with the closing elements.
    ///
    /// A marker names the last item that was given out, so that what is added or deleted between two calls neither
    /// repeats nor hides another item.
    pub(super) fn cut<T>(&self, items: impl IntoIterator<Item = (String, T)>) -> (Vec<T>, Xml) {
        let mut rest =
            items.into_iter().filter(|(key, _)| self.after.as_ref().is_none_or(|after| key > after)).peekable();
        let mut page = Vec::new();
        let mut last = String::new();
        while page.len() < self.length
            && let Some((key, item)) = rest.next()
        {
            last = key;
            page.push(item);
        }
        let closing = match rest.peek() {
            Some(_) => Xml::new().value("IsTruncated", true).text("Marker", URL_SAFE_NO_PAD.encode(last)),
            None => Xml::new().value("IsTruncated", false),
        };
        (page, closing)
    }

    /// Cuts a page out of items that are their own keys, in their order.
    pub(super) fn cut_in_order<T>(&self, items: Vec<T>) -> (Vec<T>, Xml) {
        self.cut(items.into_iter().enumerate().map(|(index, item)| (format!("{index:08}"), item)))
    }
}

fn key_of(marker: &str) -> Result<String, Failure> {
    let bytes = URL_SAFE_NO_PAD.decode(marker).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| Failure::validation_error(format!("Invalid Marker: {marker}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyed(names: &[&str]) -> Vec<(String, String)> {
        names.iter().map(|name| ((*name).to_owned(), (*name).to_owned())).collect()
    }

    #[test]
    fn the_marker_continues_after_an_item_that_was_deleted() {
        let first = Page { length: 2, after: None };
        let (page, closing) = first.cut(keyed(&["a", "b", "c", "d"]));
        assert_eq!(page, ["a", "b"]);
        let closing = closing.into_text();
        let marker = closing.split("<Marker>").nth(1).and_then(|rest| rest.split('<').next()).unwrap();
        let second = Page { length: 2, after: Some(key_of(marker).unwrap()) };
        let (page, closing) = second.cut(keyed(&["a", "c", "d"]));
        assert_eq!(page, ["c", "d"]);
        assert_eq!(closing.into_text(), "<IsTruncated>false</IsTruncated>");
    }

    #[test]
    fn a_marker_that_was_never_given_out_is_refused() {
        let parameters = Parameters::parse("Marker=%25%25", b"");
        assert_eq!(Page::from_parameters(&parameters).unwrap_err().code, "ValidationError");
    }
}
