//! The number at the end of a release's tag, which the first one has not.
//!
//! GitHub lets no release have the tag that an immutable one has had, though that and its tag are deleted: the same program is
//! then published under the next tag. Which bytes the release of a tag holds is told by the digest alone.

/// No tag has a higher number.
const MOST: u32 = 999;

/// Returns the tag without its number.
pub fn first(tag: &str) -> &str {
    numbered(tag).map_or(tag, |(first, _)| first)
}

/// Returns the number of a tag among those of one program; the first has number 1.
pub fn number(tag: &str) -> u32 {
    numbered(tag).map_or(1, |(_, number)| number)
}

/// Returns the tag behind this one; the first one, where there is none.
pub fn next(tag: &str) -> String {
    let (first, number) = (first(tag), number(tag));
    if number < MOST { format!("{first}-{}", number + 1) } else { first.to_owned() }
}

/// Returns the tag without its number, and that, where it has one. Eight digits of a digest are none.
fn numbered(tag: &str) -> Option<(&str, u32)> {
    let (first, digits) = tag.rsplit_once('-')?;
    let is_plain = !digits.starts_with('0') && digits.len() <= 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: u32 = if is_plain { digits.parse().ok()? } else { return None };
    (2..=MOST).contains(&number).then_some((first, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tags_of_one_program_are_counted_from_the_second_on() {
        let tag = "port-iam-v0.2.0-12345678";
        let second = next(tag);
        assert_eq!(second, "port-iam-v0.2.0-12345678-2");
        assert_eq!(next(&second), "port-iam-v0.2.0-12345678-3");
        for (tag, number) in [(tag, 1), (second.as_str(), 2), ("port-iam-v0.2.0-12345678-999", 999)] {
            assert_eq!((first(tag), super::number(tag)), ("port-iam-v0.2.0-12345678", number));
        }
        assert_eq!(next("port-iam-v0.2.0-12345678-999"), "port-iam-v0.2.0-12345678", "nobody counts on for ever");
        for other in
            ["port-iam-v0.2.0-12345678-1", "port-iam-v0.2.0-12345678-02", "port-iam-v0.2.0-12345678-x", "a", ""]
        {
            assert_eq!((first(other), super::number(other)), (other, 1));
        }
    }
}
