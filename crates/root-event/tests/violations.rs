//! Where a JSON value violates its schema: what schemas of this repository use of draft 2020-12, and nothing else.

use serde_json::{Map, Value};

/// A value, a schema for it, and where both stand.
#[derive(Clone, Copy)]
struct Checked<'a> {
    value: &'a Value,
    schema: &'a Value,
    /// The whole schema, in which `$ref` looks.
    root: &'a Value,
    at: &'a str,
}

/// Where a value violates a schema. With `is_strict` also each field that the schema does not name: it is allowed, since
/// fields may be added, but none is printed today.
pub(crate) fn violations(value: &Value, schema: &Value, at: &str, is_strict: bool) -> Vec<String> {
    let root = schema;
    let checked = Checked {
        value,
        schema,
        root,
        at,
    };
    let mut found = checked.violations();
    if is_strict {
        found.extend(checked.unnamed());
    }
    found
}

impl<'a> Checked<'a> {
    fn violations(self) -> Vec<String> {
        // `true` allows all.
        let Some(rules) = self.schema.as_object() else {
            assert_eq!(self.schema, &Value::Bool(true), "{}", self.at);
            return Vec::new();
        };
        let by = |(keyword, rule): (&String, &'a Value)| self.by(keyword, rule);
        rules.iter().flat_map(by).collect()
    }

    fn by(self, keyword: &str, rule: &'a Value) -> Vec<String> {
        let Self { value, .. } = self;
        let holds = match keyword {
            "type" => is_of(value, rule),
            "const" => value == rule,
            "enum" => all(rule).contains(value),
            "anyOf" => all(rule).iter().any(|way| self.allows(way)),
            "oneOf" => all(rule).iter().filter(|way| self.allows(way)).count() == 1,
            "maxLength" => value
                .as_str()
                .is_none_or(|it| it.chars().count() as u64 <= rule.as_u64().unwrap()),
            "minimum" => value.as_f64().is_none_or(|it| it >= rule.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|it| it <= rule.as_f64().unwrap()),
            "required" => {
                let has = |name: &Value| value.get(name.as_str().unwrap()).is_some();
                !value.is_object() || all(rule).iter().all(has)
            }
            "$ref" => return self.with(self.definition(rule)).violations(),
            "allOf" => {
                return all(rule)
                    .iter()
                    .flat_map(|way| self.with(way).violations())
                    .collect();
            }
            "properties" => return self.fields(|name| rule.get(name), |it| it.violations()),
            "additionalProperties" => return self.others(rule),
            "items" => return self.items(rule, |it| it.violations()),
            // Words, and formats that go with a type.
            "$schema" | "$id" | "$defs" | "title" | "description" | "format" | "default"
            | "uniqueItems" => true,
            other => panic!("the checker does not know {other}"),
        };
        match holds {
            true => Vec::new(),
            false => vec![format!("{}: {keyword} {rule}: {value}", self.at)],
        }
    }

    fn with(self, schema: &'a Value) -> Self {
        Self { schema, ..self }
    }

    fn allows(self, way: &'a Value) -> bool {
        self.with(way).violations().is_empty()
    }

    fn definition(self, reference: &Value) -> &'a Value {
        let name = reference.as_str().unwrap().trim_start_matches('#');
        let found = self.root.pointer(name);
        found.unwrap_or_else(|| panic!("no {reference}"))
    }

    /// What is found in each field for which there is a schema.
    fn fields(
        self,
        schema_of: impl Fn(&str) -> Option<&'a Value>,
        find: fn(Checked<'_>) -> Vec<String>,
    ) -> Vec<String> {
        let fields = self.value.as_object().into_iter().flatten();
        let known = fields.filter_map(|(name, value)| Some((name, value, schema_of(name)?)));
        let found = known.flat_map(|(name, value, schema)| {
            let at = format!("{}.{name}", self.at);
            let root = self.root;
            find(Checked {
                value,
                schema,
                root,
                at: &at,
            })
        });
        found.collect()
    }

    fn items(self, schema: &'a Value, find: fn(Checked<'_>) -> Vec<String>) -> Vec<String> {
        let items = self.value.as_array().into_iter().flatten().enumerate();
        let found = items.flat_map(|(index, value)| {
            let at = format!("{}[{index}]", self.at);
            let root = self.root;
            find(Checked {
                value,
                schema,
                root,
                at: &at,
            })
        });
        found.collect()
    }

    /// Fields that `properties` does not name.
    fn others(self, rule: &'a Value) -> Vec<String> {
        let named = self.schema.get("properties");
        let is_named = |name: &str| named.is_some_and(|it| it.get(name).is_some());
        if rule != &Value::Bool(false) {
            return self.fields(
                |name| (!is_named(name)).then_some(rule),
                |it| it.violations(),
            );
        }
        let fields = self.value.as_object().into_iter().flatten();
        let others = fields.filter(|(name, _)| !is_named(name));
        let words = |(name, value)| format!("{}.{name}: is not allowed: {value}", self.at);
        others.map(words).collect()
    }

    /// Fields, at any depth, that no schema names which holds for a value, where one says which there are.
    fn unnamed(self) -> Vec<String> {
        let mut holding = Vec::new();
        self.gather(&mut holding);
        let named = |name: &str| {
            let mut all = holding.iter();
            all.find_map(|it| it.get("properties")?.get(name))
        };
        let is_open = |it: &&Map<String, Value>| it.contains_key("additionalProperties");
        let says = holding.iter().any(|it| it.contains_key("properties"));
        let mut found = self.fields(named, |it| it.unnamed());
        if says && !holding.iter().any(is_open) {
            let fields = self.value.as_object().into_iter().flatten();
            let unknown = fields.filter(|(name, _)| named(name).is_none());
            found
                .extend(unknown.map(|(name, _)| format!("{}.{name}: no schema names it", self.at)));
        }
        for rules in &holding {
            if let Some(each) = rules.get("items") {
                found.extend(self.items(each, |it| it.unnamed()));
            }
            if let Some(each) = rules
                .get("additionalProperties")
                .filter(|it| it.is_object())
            {
                let other = |name: &str| named(name).is_none().then_some(each);
                found.extend(self.fields(other, |it| it.unnamed()));
            }
        }
        found
    }

    /// The schemas that hold for the value: of alternatives those that allow it.
    fn gather(self, holding: &mut Vec<&'a Map<String, Value>>) {
        let Some(rules) = self.schema.as_object() else {
            return;
        };
        holding.push(rules);
        if let Some(reference) = rules.get("$ref") {
            self.with(self.definition(reference)).gather(holding);
        }
        let ways = ["allOf", "anyOf", "oneOf"]
            .iter()
            .filter_map(|it| rules.get(*it));
        for way in ways.flat_map(all).filter(|way| self.allows(way)) {
            self.with(way).gather(holding);
        }
    }
}

fn all(rule: &Value) -> &[Value] {
    rule.as_array().unwrap()
}

/// Whether it is of the type, or of one of them.
fn is_of(value: &Value, rule: &Value) -> bool {
    match rule {
        Value::Array(types) => types.iter().any(|it| is_of(value, it)),
        name => has_type(value, name.as_str().unwrap()),
    }
}

fn has_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the checker does not know {other}"),
    }
}
