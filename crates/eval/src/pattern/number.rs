//! Numbers as Event Ruler compares them: up to five billion, with six decimals.

use crate::Answer;
use serde_json::{Number, Value};

const MILLION: i64 = 1_000_000;
const LARGEST: i64 = 5_000_000_000 * MILLION;

/// A number in millionths; `None` for what is none, is too large, or has more decimals.
pub(super) fn comparable(value: &Value) -> Option<i64> {
    of_number(value.as_number()?)
}

fn of_number(number: &Number) -> Option<i64> {
    let millionths = match number.as_i64() {
        Some(whole) => whole.checked_mul(MILLION)?,
        None => of_decimal(number.as_f64()?)?,
    };
    (-LARGEST..=LARGEST)
        .contains(&millionths)
        .then_some(millionths)
}

/// From the shortest text that is this number, since 0.1 times a million is not whole.
fn of_decimal(decimal: f64) -> Option<i64> {
    let text = decimal.abs().to_string();
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    if decimals.len() > 6 {
        return None;
    }
    let millionths: i64 = format!("{whole}{decimals:0<6}").parse().ok()?;
    Some(if decimal < 0.0 {
        -millionths
    } else {
        millionths
    })
}

/// Event Ruler compares the texts of numbers that it cannot compare, and JSON's text of a decimal is not kept here.
pub(super) fn same(wanted: &Number, have: &Number) -> Answer {
    let is_decimal = |it: &Number| it.is_f64();
    match (of_number(wanted), of_number(have)) {
        (None, None) if is_decimal(wanted) && is_decimal(have) && wanted == have => {
            Answer::unknown(format!(
                "whether {wanted} is written the same in both is not known"
            ))
        }
        (None, None) => Answer::of(wanted == have),
        (wanted, have) => Answer::of(wanted == have),
    }
}

/// What `numeric` asks for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    bottom: i64,
    top: i64,
}

impl Range {
    /// `["=", 1]`, `[">", 0, "<=", 5]`.
    pub(super) fn of(terms: &[Value]) -> Option<Self> {
        let mut range = match terms {
            [operator, number] => Self::one(operator, number)?,
            [from, bottom, to, top] => {
                let is = |it: &Value, of: [&str; 2]| it.as_str().is_some_and(|it| of.contains(&it));
                if !is(from, [">", ">="]) || !is(to, ["<", "<="]) {
                    return None;
                }
                let (above, below) = (Self::one(from, bottom)?, Self::one(to, top)?);
                // Event Ruler refuses a bottom that is not below the top (`Range.ensureValidRange`).
                if comparable(bottom)? >= comparable(top)? {
                    return None;
                }
                Self {
                    bottom: above.bottom,
                    top: below.top,
                }
            }
            _ => return None,
        };
        range.bottom = range.bottom.max(-LARGEST);
        range.top = range.top.min(LARGEST);
        Some(range)
    }

    fn one(operator: &Value, number: &Value) -> Option<Self> {
        let number = comparable(number)?;
        let (bottom, top) = match operator.as_str()? {
            "=" => (number, number),
            ">" => (number + 1, LARGEST),
            ">=" => (number, LARGEST),
            "<" => (-LARGEST, number - 1),
            "<=" => (-LARGEST, number),
            _ => return None,
        };
        Some(Self { bottom, top })
    }

    /// Whether a value is a number within it.
    pub(super) fn has(self, value: &Value) -> bool {
        comparable(value).is_some_and(|it| (self.bottom..=self.top).contains(&it))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_that_cannot_be_compared_differ_where_their_values_do() {
        let of = |one: Value, other: Value| match (one, other) {
            (Value::Number(one), Value::Number(other)) => same(&one, &other),
            _ => Answer::unknown("no numbers"),
        };
        assert_eq!(of(json!(1e300), json!(2e300)), Answer::No);
        assert_eq!(of(json!(1e300), json!(7)), Answer::No);
        assert!(matches!(of(json!(1e300), json!(1e300)), Answer::Unknown(_)));
        assert_eq!(of(json!(1), json!(1.0)), Answer::Yes);
    }
}
