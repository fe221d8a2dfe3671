//! Wildcard matching that never backtracks further than the last `*`: at worst pattern times text, never exponential.

/// One piece of a wildcard pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain) enum Token {
    /// This very character.
    Character(char),
    /// `?`: exactly one character.
    AnyCharacter,
    /// `*`: any characters, or none.
    AnyRun,
}

/// How characters are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::domain) enum Case {
    /// `a` is not `A`.
    Sensitive,
    /// `a` is `A`.
    Insensitive,
}

/// Returns whether the pattern matches the whole text; wildcards cross every character, also `:` and `/`.
pub(in crate::domain) fn matches(pattern: &[Token], text: &[char], case: Case) -> bool {
    let (mut at_pattern, mut at_text) = (0, 0);
    // Where to resume when a later piece fails: after the last `*`, which then swallows one more character. An earlier
    // `*` never has to be tried again: what it could swallow, the last one can too.
    let mut resume: Option<(usize, usize)> = None;
    while at_text < text.len() {
        match pattern.get(at_pattern) {
            Some(Token::AnyRun) => {
                at_pattern += 1;
                resume = Some((at_pattern, at_text));
            }
            Some(token) if matches_one(*token, text[at_text], case) => {
                at_pattern += 1;
                at_text += 1;
            }
            _ => match &mut resume {
                Some((after_run, swallowed)) => {
                    *swallowed += 1;
                    (at_pattern, at_text) = (*after_run, *swallowed);
                }
                None => return false,
            },
        }
    }
    pattern[at_pattern..].iter().all(|token| *token == Token::AnyRun)
}

/// Returns whether a pattern written with `*` and `?` matches the whole text.
pub(in crate::domain) fn text_matches(pattern: &str, text: &str, case: Case) -> bool {
    let token = |character| match character {
        '*' => Token::AnyRun,
        '?' => Token::AnyCharacter,
        other => Token::Character(other),
    };
    matches(&pattern.chars().map(token).collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>(), case)
}

fn matches_one(token: Token, character: char, case: Case) -> bool {
    match token {
        Token::AnyRun | Token::AnyCharacter => true,
        Token::Character(expected) => {
            expected == character || (case == Case::Insensitive && expected.to_lowercase().eq(character.to_lowercase()))
        }
    }
}
