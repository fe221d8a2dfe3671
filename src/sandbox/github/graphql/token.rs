//! The words of a GraphQL document.

/// One word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Name(String),
    Number(f64),
    Text(String),
    /// One of `{ } ( ) [ ] : = ! $ @ | &`.
    Sign(char),
    /// `...`
    Spread,
}

/// Splits a document into words; commas and comments say nothing.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let letters: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        match letter {
            '#' => at += letters[at..].iter().take_while(|letter| **letter != '\n').count(),
            '"' => {
                let (token, end) = string(&letters, at)?;
                found.push(token);
                at = end;
            }
            '.' if letters[at..].starts_with(&['.', '.', '.']) => {
                found.push(Token::Spread);
                at += 3;
            }
            _ if letter.is_whitespace() || letter == ',' || letter == '\u{feff}' => at += 1,
            _ if letter.is_ascii_alphabetic() || letter == '_' => {
                let end = word_end(&letters, at, |letter| letter.is_ascii_alphanumeric() || letter == '_');
                found.push(Token::Name(letters[at..end].iter().collect()));
                at = end;
            }
            _ if letter.is_ascii_digit() || letter == '-' => {
                let end = word_end(&letters, at + 1, |letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter));
                let word: String = letters[at..end].iter().collect();
                found.push(Token::Number(word.parse().map_err(|_| format!("{word} is not a number"))?));
                at = end;
            }
            _ if "{}()[]:=!$@|&".contains(letter) => {
                found.push(Token::Sign(letter));
                at += 1;
            }
            _ => return Err(format!("Unexpected character: {letter:?}").replace('\'', "\"")),
        }
    }
    Ok(found)
}

fn word_end(letters: &[char], start: usize, belongs: impl Fn(char) -> bool) -> usize {
    start + letters[start..].iter().take_while(|letter| belongs(**letter)).count()
}

/// Reads a string or a block string that starts at `start`; returns it and the place after it.
fn string(letters: &[char], start: usize) -> Result<(Token, usize), String> {
    let unterminated = || "Unterminated string".to_owned();
    if letters[start..].starts_with(&['"', '"', '"']) {
        let body = start + 3;
        let length = letters[body..].windows(3).position(|three| three == ['"', '"', '"']).ok_or_else(unterminated)?;
        let text: String = letters[body..body + length].iter().collect();
        return Ok((Token::Text(text.trim().to_owned()), body + length + 3));
    }
    let mut end = start + 1;
    loop {
        match letters.get(end) {
            Some('"') => break,
            Some('\\') => end += 2,
            Some('\n') | None => return Err(unterminated()),
            Some(_) => end += 1,
        }
    }
    // Escapes are those of JSON.
    let quoted: String = letters[start..=end].iter().collect();
    let text = serde_json::from_str(&quoted).map_err(|_| "Invalid escape in a string".to_owned())?;
    Ok((Token::Text(text), end + 1))
}
