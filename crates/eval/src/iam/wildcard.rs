//! Texts of a policy with `*` and `?`, and how they meet the colons of an ARN.

use crate::Answer;

/// `arn`, partition, service, region, account, resource; the last may have colons of its own.
const PARTS_OF_ARN: usize = 6;
const COLON: Part = Part::Is(':');
const SLASH: Part = Part::Is('/');

/// A text of a policy; `*` stands for any characters, `?` for one.
pub(super) struct Pattern(Vec<Part>);

/// Whether a text names a character by a policy variable.
pub(super) fn has_variable(text: &str) -> bool {
    text.contains("${")
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Any,
    One,
    Is(char),
}

impl Pattern {
    /// A text that has no policy variables.
    pub(super) fn plain(text: &str) -> Self {
        Self(text.chars().map(part).collect())
    }

    /// A text; `${*}`, `${?}` and `${$}` are the characters themselves, any other policy variable is unknown.
    ///
    /// Source: IAM User Guide, "IAM policy elements: Variables and tags".
    pub(super) fn of(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            let inner = rest.strip_prefix("${").and_then(|it| it.split_once('}'));
            rest = match inner {
                Some(("*", after)) => {
                    parts.push(Part::Is('*'));
                    after
                }
                Some(("?", after)) => {
                    parts.push(Part::Is('?'));
                    after
                }
                Some(("$", after)) => {
                    parts.push(Part::Is('$'));
                    after
                }
                Some(_) => {
                    return Err(format!("the policy variable in \"{text}\" is not known"));
                }
                None => {
                    parts.push(part(next));
                    &rest[next.len_utf8()..]
                }
            };
        }
        Ok(Self(parts))
    }

    /// The text as it is compared where `*` and `?` are characters like any other.
    pub(super) fn literal(&self) -> String {
        self.0.iter().map(|part| part.text()).collect()
    }

    /// Whether the text is like it.
    pub(super) fn is_like(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        like(&self.0, &text)
    }

    /// Whether it names this resource. The guide lets a wildcard cross a colon only at the end and none be in the type of a
    /// resource, and does not say whether an ARN of fewer parts is completed.
    pub(super) fn is_resource(&self, resource: &str) -> Answer {
        let whole = self.is_like(resource);
        let mut wanted: Vec<&[Part]> = self.0.split(|part| *part == COLON).collect();
        let have: Vec<&str> = resource.split(':').collect();
        if have.len() < PARTS_OF_ARN {
            return Answer::of(whole);
        }
        if Pattern(wanted[0].to_vec()).literal() == "arn" && wanted.len() < PARTS_OF_ARN {
            wanted.resize(PARTS_OF_ARN, &[Part::Any]);
        }
        let strict = by_segments(&wanted, &have) && !self.has_open_type();
        if strict == whole {
            return Answer::of(whole);
        }
        Answer::unknown(format!(
            "how far \"{}\" reaches is not documented: it has fewer parts than an ARN, or a wildcard crosses a colon or is in the type",
            self.literal()
        ))
    }

    /// Whether the type of the resource, what stands before a name, has a wildcard: `function:` or `event-bus/`.
    fn has_open_type(&self) -> bool {
        let resource = self
            .0
            .splitn(PARTS_OF_ARN, |part| *part == COLON)
            .nth(PARTS_OF_ARN - 1);
        let mut parts = resource
            .unwrap_or_default()
            .split(|part| [COLON, SLASH].contains(part));
        let of_type = parts.next().unwrap_or_default();
        parts.next().is_some()
            && of_type
                .iter()
                .any(|part| [Part::Any, Part::One].contains(part))
    }

    /// Whether an ARN is like it; each of the six parts is compared by itself.
    pub(super) fn is_arn(&self, arn: &str) -> Answer {
        let parts: Vec<&[Part]> = self.0.splitn(PARTS_OF_ARN, |part| *part == COLON).collect();
        if parts.len() < PARTS_OF_ARN {
            return Answer::unknown(format!("\"{}\" is not a whole ARN", self.literal()));
        }
        let have: Vec<&str> = arn.splitn(PARTS_OF_ARN, ':').collect();
        let is_like = parts
            .iter()
            .zip(&have)
            .all(|(part, have)| is_part(part, have));
        Answer::of(have.len() == PARTS_OF_ARN && is_like)
    }
}

impl Part {
    fn text(self) -> char {
        match self {
            Self::Any => '*',
            Self::One => '?',
            Self::Is(character) => character,
        }
    }
}

fn part(character: char) -> Part {
    match character {
        '*' => Part::Any,
        '?' => Part::One,
        other => Part::Is(other),
    }
}

/// Whether each segment is like its own; a last one that ends with `*` may take several.
fn by_segments(wanted: &[&[Part]], have: &[&str]) -> bool {
    let is_open = wanted.last().is_some_and(|it| it.ends_with(&[Part::Any]));
    if have.len() < wanted.len() || (have.len() > wanted.len() && !is_open) {
        return false;
    }
    let (own, rest) = have.split_at(wanted.len() - 1);
    let rest = rest.join(":");
    let have = own.iter().copied().chain([rest.as_str()]);
    wanted
        .iter()
        .zip(have)
        .all(|(wanted, have)| is_part(wanted, have))
}

fn is_part(pattern: &[Part], have: &str) -> bool {
    let have: Vec<char> = have.chars().collect();
    like(pattern, &have)
}

fn like(pattern: &[Part], text: &[char]) -> bool {
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        if p < pattern.len() && pattern[p] == Part::Any {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && [Part::One, Part::Is(text[t])].contains(&pattern[p]) {
            (p, t) = (p + 1, t + 1);
        } else if let Some((at, from)) = star {
            // The star matches one more character.
            star = Some((at, from + 1));
            (p, t) = (at + 1, from + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|rest| *rest == Part::Any)
}
