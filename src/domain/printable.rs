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

/// Returns whether nobody sees a character: controls, line separators, what a font leaves out where it does not know it (soft
/// hyphen, zero-width, direction marks, fillers, variation selectors, tags: Unicode's `Default_Ignorable_Code_Point`), the
/// marks of an annotation and the Braille pattern without a dot. A name with one reads like another name. Of the general
/// category Cf the signs that do show are missing, such as that of a year in Arabic.
pub fn is_hidden(character: char) -> bool {
    let ranges = [
        '\u{ad}'..='\u{ad}',
        '\u{34f}'..='\u{34f}',
        '\u{61c}'..='\u{61c}',
        '\u{115f}'..='\u{1160}',
        '\u{17b4}'..='\u{17b5}',
        '\u{180b}'..='\u{180f}',
        '\u{200b}'..='\u{200f}',
        '\u{2028}'..='\u{202e}',
        '\u{2060}'..='\u{206f}',
        '\u{2800}'..='\u{2800}',
        '\u{3164}'..='\u{3164}',
        '\u{fe00}'..='\u{fe0f}',
        '\u{feff}'..='\u{feff}',
        '\u{ffa0}'..='\u{ffa0}',
        '\u{fff0}'..='\u{fffb}',
        '\u{1bca0}'..='\u{1bca3}',
        '\u{1d173}'..='\u{1d17a}',
        '\u{e0000}'..='\u{e0fff}',
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

    /// The category is that of the regular expressions' tables.
    #[test]
    fn every_control_and_format_character_is_hidden_but_the_signs_that_show() {
        const SIGNS: &str = r"\x{600}-\x{605}\x{6dd}\x{70f}\x{890}\x{891}\x{8e2}\x{110bd}\x{110cd}\x{13430}-\x{1343f}";
        let of_category = regex::Regex::new(&format!(r"\A[[\p{{Cc}}\p{{Cf}}]--[{SIGNS}]]\z")).unwrap();
        let is_missed =
            |character: &char| of_category.is_match(character.encode_utf8(&mut [0; 4])) && !is_hidden(*character);
        let missed: Vec<char> = ('\0'..=char::MAX).filter(is_missed).collect();
        assert!(missed.is_empty(), "{missed:?}");
    }

    #[test]
    fn what_fills_a_place_and_does_not_show_is_hidden_and_what_shows_is_not() {
        let hidden = "\u{34f}\u{115f}\u{1160}\u{17b4}\u{180e}\u{2029}\u{2800}\u{3164}\u{fe0f}\u{ffa0}\u{fff9}\u{fffb}";
        assert!(hidden.chars().all(is_hidden), "{:?}", hidden.chars().find(|one| !is_hidden(*one)));
        let shown = "aä-_@ \u{601}\u{1100}\u{1161}\u{2801}\u{4e00}\u{ac00}\u{fffc}\u{fffd}";
        assert!(!shown.chars().any(is_hidden), "{:?}", shown.chars().find(|one| is_hidden(*one)));
    }

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
