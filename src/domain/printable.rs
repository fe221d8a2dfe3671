//! Text that anybody may have written, made fit to be shown: no control character, and no mark that changes the direction
//! of what follows (Unicode Standard Annex 9), with which a line could be made to read as another.

/// Returns `text` with its line ends and nothing else that is not printable.
pub fn printable_lines(text: &str) -> String {
    text.chars().filter(|character| *character == '\n' || is_printable(*character)).collect()
}

/// Returns `text` on one line: whoever wrote it begins no line of ours with it, and what was on two does not run together.
pub fn one_line(text: &str) -> String {
    let shown = text.chars().filter(|character| !turns(*character));
    shown.map(|character| if is_printable(character) { character } else { ' ' }).collect()
}

/// Returns `text` on one line with at most `longest` characters, the last of which tells when something is left out.
pub fn cut(text: &str, longest: usize) -> String {
    let text = one_line(text);
    if text.chars().count() <= longest {
        return text;
    }
    text.chars().take(longest.saturating_sub(1)).chain(['…']).collect()
}

/// Returns whether nobody sees a character: controls, soft hyphen, zero-width, direction marks, tags (Unicode, general
/// categories Cc and Cf) and variation selectors. A name with one reads like another name.
pub fn is_hidden(character: char) -> bool {
    let ranges = [
        '\u{ad}'..='\u{ad}',
        '\u{61c}'..='\u{61c}',
        '\u{200b}'..='\u{200f}',
        '\u{2028}'..='\u{202e}',
        '\u{2060}'..='\u{206f}',
        '\u{fe00}'..='\u{fe0f}',
        '\u{feff}'..='\u{feff}',
        '\u{e0000}'..='\u{e01ef}',
    ];
    character.is_control() || ranges.iter().any(|range| range.contains(&character))
}

/// Line and paragraph separators begin a line as a line end does.
fn is_printable(character: char) -> bool {
    !character.is_control() && !turns(character) && !matches!(character, '\u{2028}' | '\u{2029}')
}

fn turns(character: char) -> bool {
    matches!(character, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_lines_and_hold_nothing_that_moves_the_cursor() {
        assert_eq!(printable_lines("a\u{1b}[2J\r\nb"), "a[2J\nb");
        assert_eq!(printable_lines("a\u{2028}b"), "ab");
    }

    #[test]
    fn nothing_turns_the_direction_of_what_follows() {
        assert_eq!(printable_lines("live\u{202e}dekover\u{2069}"), "livedekover");
        assert_eq!(one_line("a\u{200f}b\u{061c}c"), "abc");
    }

    #[test]
    fn a_line_that_is_to_be_one_is_one() {
        assert_eq!(one_line("a\nb\u{2029}c\u{7}d"), "a b c d");
    }

    #[test]
    fn what_is_left_out_is_told_by_its_last_character() {
        assert_eq!((cut("abcd", 4), cut("abcde", 4)), ("abcd".to_owned(), "abc…".to_owned()));
    }
}
