//! ARN patterns such as `arn:${Partition}:ec2:${Region}:${Account}:instance/${InstanceId}`.

use crate::domain::arn::Arn;

/// Which characters a placeholder may stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Names {
    /// Neither `/` nor `:`.
    WithoutSeparators,
    /// No `:`. Keys, log groups, parameters and repositories hold slashes.
    WithSlashes,
    /// Anything: some names hold colons, such as `snapshot:rds:…`.
    WithColons,
}

/// A piece of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Literal(&'static str),
    Placeholder(&'static str),
    /// `*`: any text, at least one character.
    Anything,
}

/// The pattern of an ARN.
#[derive(Clone, Debug)]
pub struct ArnPattern {
    text: &'static str,
    /// Service, region and account.
    fields: [&'static str; 3],
    resource: Vec<Piece>,
    without_colons: bool,
}

/// An ARN that fits a pattern.
#[derive(Clone, Debug)]
pub struct Match<'a> {
    /// The pattern.
    pub pattern: &'a ArnPattern,
    /// What each placeholder of the resource part stands for, in order.
    pub names: Vec<(&'static str, String)>,
}

impl ArnPattern {
    /// Takes a pattern apart. `without_colons` says that its names never hold a colon.
    pub(super) fn new(text: &'static str, without_colons: bool) -> Self {
        let mut parts = text.splitn(6, ':').skip(2);
        let mut next = || parts.next().unwrap_or_default();
        let fields = [next(), next(), next()];
        Self { text, fields, resource: pieces(next()), without_colons }
    }

    /// Returns the pattern as it is written.
    pub const fn as_str(&self) -> &'static str {
        self.text
    }

    /// Returns the service that its ARNs name; none where that may be any.
    pub fn service(&self) -> Option<&'static str> {
        let service = self.fields[0];
        (!service.starts_with("${") && service != "*").then_some(service)
    }

    /// Returns how much of the pattern is literal; a literal service outweighs everything else.
    pub(super) fn specificity(&self) -> usize {
        const LITERAL_SERVICE: usize = 1_000;
        let literal = |piece: &Piece| if let Piece::Literal(text) = piece { text.len() } else { 0 };
        let service = if self.fields[0].starts_with("${") { 0 } else { LITERAL_SERVICE };
        service + self.resource.iter().map(literal).sum::<usize>()
    }

    /// Returns the match of `arn` with this pattern.
    pub(super) fn matches(&self, arn: &Arn, names: Names) -> Option<Match<'_>> {
        let fields = [arn.service(), arn.region(), arn.account()];
        let fits = self.fields.iter().zip(fields).all(|(pattern, value)| field_fits(pattern, value));
        if !fits {
            return None;
        }
        let names = if self.without_colons && names == Names::WithColons { Names::WithSlashes } else { names };
        let ends = Walk::new(&self.resource, arn.resource(), names).ends()?;
        let mut start = 0;
        let mut found = Vec::new();
        for (piece, end) in self.resource.iter().zip(ends) {
            if let Piece::Placeholder(name) = piece {
                found.push((*name, arn.resource()[start..end].to_owned()));
            }
            start = end;
        }
        Some(Match { pattern: self, names: found })
    }

    /// Returns the ARN of this pattern in the place of `arn`: placeholders of the resource part are filled by `names`,
    /// what has no name becomes `*`. The second value is whether everything had a name.
    ///
    /// None when the pattern wants a region or an account that `arn` does not have: `*` there would widen.
    pub fn fill(&self, arn: &Arn, names: &[(&'static str, String)]) -> Option<(String, bool)> {
        let field = |pattern: &'static str, value: &str| match pattern {
            "" => Some(String::new()),
            pattern if pattern.starts_with("${") => (!value.is_empty()).then(|| value.to_owned()),
            literal => Some(literal.to_owned()),
        };
        let (region, account) = (field(self.fields[1], arn.region())?, field(self.fields[2], arn.account())?);
        let mut resource = String::new();
        let mut is_complete = true;
        for piece in &self.resource {
            match piece {
                Piece::Literal(text) => resource.push_str(text),
                Piece::Anything => resource.push('*'),
                Piece::Placeholder(name) => match names.iter().find(|(known, _)| known == name) {
                    Some((_, value)) => resource.push_str(value),
                    None => {
                        is_complete = false;
                        resource.push('*');
                    }
                },
            }
        }
        Some((format!("arn:{}:{}:{region}:{account}:{resource}", arn.partition(), self.fields[0]), is_complete))
    }

    /// Returns this pattern's resource part with its placeholders filled in order; none when values are missing.
    pub fn fill_in_order(&self, values: &[(&'static str, String)]) -> Option<String> {
        let mut values = values.iter();
        let mut resource = String::new();
        for piece in &self.resource {
            match piece {
                Piece::Literal(text) => resource.push_str(text),
                Piece::Anything => resource.push('*'),
                Piece::Placeholder(_) => resource.push_str(&values.next()?.1),
            }
        }
        Some(resource)
    }

    /// Returns what `child` has behind this pattern, with `*` for every placeholder: `/*` for a bucket's objects. None
    /// when the child's ARN does not begin with this one.
    pub fn rest_of(&self, child: &Self) -> Option<String> {
        let (own, other) = (without_names(self.text), without_names(child.text));
        let rest = other.strip_prefix(own.as_str())?;
        rest.starts_with(['/', ':']).then(|| rest.replace(HOLE, "*"))
    }

    /// Returns an ARN that fits this pattern, for examples and tests: `name` stands for every placeholder.
    pub fn example(&self, name: impl Fn(&str) -> String) -> String {
        let field = |pattern: &str, value: &str| {
            if pattern.starts_with("${") || pattern == "*" { value.to_owned() } else { pattern.to_owned() }
        };
        let service = field(self.fields[0], "vendor");
        let resource: String = self
            .resource
            .iter()
            .map(|piece| match piece {
                Piece::Literal(text) => (*text).to_owned(),
                Piece::Placeholder(placeholder) => name(placeholder),
                Piece::Anything => name("Any"),
            })
            .collect();
        let (region, account) = (field(self.fields[1], "us-east-1"), field(self.fields[2], "123456789012"));
        format!("arn:aws:{service}:{region}:{account}:{resource}")
    }
}

const HOLE: char = '\u{0}';

fn without_names(pattern: &'static str) -> String {
    let hole = |piece: Piece| match piece {
        Piece::Literal(text) => text.to_owned(),
        Piece::Placeholder(_) | Piece::Anything => HOLE.to_string(),
    };
    pieces(pattern).into_iter().map(hole).collect()
}

fn field_fits(pattern: &str, value: &str) -> bool {
    match pattern {
        "" => value.is_empty(),
        "*" => !value.is_empty(),
        pattern if pattern.starts_with("${") => !value.is_empty(),
        literal => literal == value,
    }
}

/// Takes a text apart into literals, `${…}` and `*`.
fn pieces(text: &'static str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, length) = if let Some(inner) = rest.strip_prefix("${").and_then(|inner| inner.split('}').next()) {
            (Piece::Placeholder(inner), inner.len() + 3)
        } else if rest.starts_with('*') {
            (Piece::Anything, 1)
        } else {
            let end = rest.find(['$', '*']).unwrap_or(rest.len()).max(1);
            (Piece::Literal(&rest[..end]), end)
        };
        pieces.push(piece);
        rest = rest.get(length..).unwrap_or_default();
    }
    pieces
}

/// Finds out where each piece ends within a text.
///
/// Every (piece, place) is tried once, so that the cost is at worst their product, whatever the text.
struct Walk<'a> {
    pieces: &'a [Piece],
    text: &'a str,
    names: Names,
    failed: Vec<bool>,
    ends: Vec<usize>,
}

impl<'a> Walk<'a> {
    fn new(pieces: &'a [Piece], text: &'a str, names: Names) -> Self {
        Self { pieces, text, names, failed: Vec::new(), ends: vec![0; pieces.len()] }
    }

    fn ends(mut self) -> Option<Vec<usize>> {
        // Most patterns begin with a literal that does not fit: that costs no memory.
        if let Some(Piece::Literal(first)) = self.pieces.first()
            && !self.text.starts_with(first)
        {
            return None;
        }
        self.failed = vec![false; (self.pieces.len() + 1) * 2 * (self.text.len() + 1)];
        self.walk(0, 0, false).then_some(self.ends)
    }

    /// `inside` says that the piece has already taken a character.
    fn walk(&mut self, piece: usize, at: usize, inside: bool) -> bool {
        let state = (piece * 2 + usize::from(inside)) * (self.text.len() + 1) + at;
        if self.failed[state] {
            return false;
        }
        let reached = match self.pieces.get(piece).copied() {
            None => at == self.text.len(),
            Some(Piece::Literal(literal)) => {
                self.text[at..].starts_with(literal) && self.leave(piece, at + literal.len())
            }
            // A name without separators takes as much as it can, the others as little: the first `/` parts them.
            Some(Piece::Anything) => self.extend(piece, at, |_| true) || inside && self.leave(piece, at),
            Some(Piece::Placeholder(_)) => match self.names {
                Names::WithoutSeparators => {
                    self.extend(piece, at, |character| !"/:".contains(character)) || inside && self.leave(piece, at)
                }
                Names::WithSlashes => {
                    inside && self.leave(piece, at) || self.extend(piece, at, |character| character != ':')
                }
                Names::WithColons => inside && self.leave(piece, at) || self.extend(piece, at, |_| true),
            },
        };
        self.failed[state] = !reached;
        reached
    }

    fn leave(&mut self, piece: usize, at: usize) -> bool {
        let reached = self.walk(piece + 1, at, false);
        if reached {
            self.ends[piece] = at;
        }
        reached
    }

    fn extend(&mut self, piece: usize, at: usize, takes: fn(char) -> bool) -> bool {
        let next = self.text[at..].chars().next().filter(|character| takes(*character));
        next.is_some_and(|character| self.walk(piece, at + character.len_utf8(), true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arn(text: &str) -> Arn {
        Arn::parse("entity", text).unwrap()
    }

    fn names(pattern: &'static str, text: &str, names: Names) -> Option<Vec<String>> {
        let pattern = ArnPattern::new(pattern, false);
        Some(pattern.matches(&arn(text), names)?.names.into_iter().map(|(_, value)| value).collect())
    }

    const OBJECT: &str = "arn:${Partition}:s3:::${BucketName}/${ObjectName}";

    #[test]
    fn the_first_slash_parts_the_bucket_from_a_key_with_slashes() {
        assert_eq!(names(OBJECT, "arn:aws:s3:::b/a/c", Names::WithoutSeparators), None);
        assert_eq!(names(OBJECT, "arn:aws:s3:::b/a/c", Names::WithSlashes).unwrap(), ["b", "a/c"]);
    }

    #[test]
    fn a_name_is_never_empty() {
        for kind in [Names::WithoutSeparators, Names::WithSlashes, Names::WithColons] {
            assert_eq!(names("arn:${Partition}:x:::${Bucket}/${Key}", "arn:aws:x:::b/", kind), None);
        }
    }

    #[test]
    fn a_literal_field_must_be_equal_and_an_empty_one_empty() {
        let image = "arn:${Partition}:ec2:${Region}::image/${ImageId}";
        assert!(names(image, "arn:aws:ec2:us-east-1::image/ami-1", Names::WithoutSeparators).is_some());
        for other in [
            "arn:aws:ec2:us-east-1:123456789012:image/ami-1",
            "arn:aws:ec2:::image/ami-1",
            "arn:aws:s3:us-east-1::image/ami-1",
        ] {
            assert!(names(image, other, Names::WithoutSeparators).is_none(), "{other}");
        }
    }

    #[test]
    fn a_pattern_says_what_lies_under_it() {
        let bucket = ArnPattern::new("arn:${Partition}:s3:::${BucketName}", false);
        assert_eq!(bucket.rest_of(&ArnPattern::new(OBJECT, false)).unwrap(), "/*");
        assert_eq!(ArnPattern::new(OBJECT, false).rest_of(&bucket), None);
        // `trail` is not the parent of `trailing`.
        let one = ArnPattern::new("arn:${Partition}:x:::a/${A}", false);
        assert_eq!(one.rest_of(&ArnPattern::new("arn:${Partition}:x:::a/${A}-b/${B}", false)), None);
    }

    #[test]
    fn what_has_no_name_is_filled_with_a_star_and_an_absent_region_not_at_all() {
        let task = ArnPattern::new("arn:${Partition}:ecs:${Region}:${Account}:task/${ClusterName}/${TaskId}", false);
        let cluster = [("ClusterName", "c".to_owned())];
        let (filled, complete) = task.fill(&arn("arn:aws:ecs:us-east-1:123456789012:cluster/c"), &cluster).unwrap();
        assert_eq!((filled.as_str(), complete), ("arn:aws:ecs:us-east-1:123456789012:task/c/*", false));
        assert_eq!(task.fill(&arn("arn:aws:ecs::123456789012:cluster/c"), &cluster), None);
    }

    #[test]
    fn a_long_text_of_separators_is_decided_at_once() {
        let pattern = "arn:${Partition}:x:::${A}/${B}/${C}/${D}/${E}/end";
        let text = format!("arn:aws:x:::{}", "a/".repeat(900));
        for kind in [Names::WithSlashes, Names::WithColons] {
            assert_eq!(names(pattern, &text, kind), None);
        }
    }
}
