//! A pattern as flat rules, of which one has to match: `$or` makes several of one.

use super::event::below;
use super::filter::Filter;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What is asked of each path, of which one filter has to match. Event Ruler takes the paths in this order, and which
/// element of a list a way is in depends on it.
pub(super) type Rule = BTreeMap<String, Vec<Filter>>;

/// EventBridge refuses a pattern of more (User Guide, "Matching on multiple fields with `$or`").
const MOST_RULES: usize = 1000;

/// Names that may not be fields within `$or`: the operators, and what Event Ruler reserves.
const RESERVED: &[&str] = &[
    "exactly",
    "equals-ignore-case",
    "prefix",
    "suffix",
    "anything-but",
    "exists",
    "wildcard",
    "numeric",
    "cidr",
    "=",
    "<",
    "<=",
    ">",
    ">=",
    "regex",
    "not-wildcard",
    "not-equals-ignore-case",
    "date-after",
    "date-on-or-after",
    "date-before",
    "date-on-or-before",
    "in-date-range",
    "ip-address-in-range",
    "ip-address-not-in-range",
];

/// The rules of a pattern, or why EventBridge refuses it.
pub(super) fn of(pattern: &Value) -> Result<Vec<Rule>, String> {
    let Some(fields) = pattern.as_object() else {
        return Err("the pattern is not an object with fields".into());
    };
    let read = |meaning: OrMeans| {
        let mut rules = vec![Rule::new()];
        let reader = Reader { meaning };
        reader.object(&mut rules, "", fields, false).map(|()| rules)
    };
    // Event Ruler reads a pattern anew without `$or` where it is none, since it was a field's name once.
    read(OrMeans::Alternatives).or_else(|why| read(OrMeans::Field).map_err(|_| why))
}

/// What `$or` stands for.
#[derive(Clone, Copy, PartialEq)]
enum OrMeans {
    Alternatives,
    Field,
}

struct Reader {
    meaning: OrMeans,
}

impl Reader {
    fn object(
        &self,
        rules: &mut Vec<Rule>,
        path: &str,
        fields: &Map<String, Value>,
        is_in_or: bool,
    ) -> Result<(), String> {
        if fields.is_empty() {
            return Err(format!("the object \"{path}\" of the pattern is empty"));
        }
        for (name, wanted) in fields {
            if name == "$or" && self.meaning == OrMeans::Alternatives {
                *rules = self.any_of(rules, path, wanted)?;
                continue;
            }
            if is_in_or && RESERVED.contains(&name.as_str()) {
                return Err(format!("\"{name}\" may not be a field within \"$or\""));
            }
            let path = below(path, name);
            match wanted {
                Value::Object(fields) => self.object(rules, &path, fields, is_in_or)?,
                Value::Array(values) if !values.is_empty() => {
                    let filters = values.iter().map(Filter::of);
                    let filters: Vec<Filter> = filters.collect::<Result<_, _>>()?;
                    // A path named again, within `$or` or by a dotted name, replaces what was asked of it before.
                    for rule in rules.iter_mut() {
                        rule.insert(path.clone(), filters.clone());
                    }
                }
                _ => {
                    return Err(format!(
                        "\"{path}\" is neither an object nor a list of values"
                    ));
                }
            }
        }
        Ok(())
    }

    /// Each rule with each alternative.
    fn any_of(&self, rules: &[Rule], path: &str, wanted: &Value) -> Result<Vec<Rule>, String> {
        let alternatives: Option<Vec<_>> = wanted
            .as_array()
            .filter(|it| it.len() > 1)
            .and_then(|it| it.iter().map(Value::as_object).collect());
        let Some(alternatives) = alternatives else {
            return Err("\"$or\" needs a list of at least two objects".into());
        };
        let mut all = Vec::new();
        for fields in alternatives {
            let mut each = rules.to_vec();
            self.object(&mut each, path, fields, true)?;
            all.extend(each);
            if all.len() > MOST_RULES {
                return Err(format!(
                    "the pattern has more than {MOST_RULES} combinations by \"$or\""
                ));
            }
        }
        Ok(all)
    }
}
