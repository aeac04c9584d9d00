//! Strings compared without case, and by wildcards.

use crate::Answer;

/// A text without case: for each of its characters, the lower and the upper form.
#[derive(Clone, Debug)]
pub(super) struct IgnoreCase {
    forms: Vec<[String; 2]>,
    /// Event Ruler cuts characters beyond 16 bits in two halves, of which neither has a case.
    is_wide: bool,
}

impl IgnoreCase {
    pub(super) fn of(text: &str) -> Self {
        let forms = |it: char| [it.to_lowercase().collect(), it.to_uppercase().collect()];
        Self {
            forms: text.chars().map(forms).collect(),
            is_wide: text.chars().any(|it| it.len_utf16() > 1),
        }
    }

    /// Whether it is the whole text.
    pub(super) fn is(&self, text: &str) -> Answer {
        self.answer(self.rests(text).contains(&""))
    }

    /// Whether the text begins so.
    pub(super) fn begins(&self, text: &str) -> Answer {
        self.answer(!self.rests(text).is_empty())
    }

    /// Whether the text ends so.
    pub(super) fn ends(&self, text: &str) -> Answer {
        let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        let mut rests = starts.flat_map(|at| self.rests(&text[at..]));
        self.answer(rests.any(str::is_empty))
    }

    fn answer(&self, found: bool) -> Answer {
        if self.is_wide {
            return Answer::unknown("how AWS compares such characters without case is not known");
        }
        Answer::of(found)
    }

    /// What can be left of the text after it; a character may be as long as several of its other case.
    fn rests<'a>(&self, text: &'a str) -> Vec<&'a str> {
        let mut rests = vec![text];
        for forms in &self.forms {
            let mut next: Vec<&str> = Vec::new();
            for rest in rests.iter().flat_map(|rest| {
                forms
                    .iter()
                    .filter_map(|form| rest.strip_prefix(form.as_str()))
            }) {
                if !next.contains(&rest) {
                    next.push(rest);
                }
            }
            rests = next;
        }
        rests
    }
}

/// A text in which `*` stands for any characters: what is between the stars.
#[derive(Clone, Debug)]
pub(super) struct Wildcard(Vec<String>);

impl Wildcard {
    /// `\*` and `\\` are the characters themselves; EventBridge refuses any other `\`, and `**`.
    pub(super) fn of(text: &str) -> Result<Self, String> {
        let mut parts = vec![String::new()];
        let mut is_after_star = false;
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            if character == '*' {
                if is_after_star {
                    return Err(format!("the wildcard \"{text}\" has two stars together"));
                }
                is_after_star = true;
                parts.push(String::new());
                continue;
            }
            is_after_star = false;
            let literal = match character {
                '\\' => characters.next().filter(|it| ['*', '\\'].contains(it)),
                plain => Some(plain),
            };
            let Some(literal) = literal else {
                return Err(format!(
                    "the wildcard \"{text}\" has an escape that is none"
                ));
            };
            if let Some(part) = parts.last_mut() {
                part.push(literal);
            }
        }
        Ok(Self(parts))
    }

    /// Whether the text is like it.
    pub(super) fn is(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.0.as_slice() else {
            return self.0.first().is_some_and(|only| only == text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else {
            return false;
        };
        for part in middle {
            match rest.split_once(part.as_str()) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
        rest.ends_with(last.as_str())
    }
}
