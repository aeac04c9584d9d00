//! The known keys, described: as a file for people and as a JSON schema for their editors.

use super::environment::variable;
use super::schema::{Key, Kind, ROOT};
use super::shown::Written;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Where editors look for the schema, beside the settings; `rootwatch init --schema` prints it.
const SCHEMA_FILE: &str = "./rootwatch.schema.json";

const HEAD: &str = "\
# Settings of rootwatch. Flags win over variables of the environment (ROOTWATCH_ and the flag's name), those over this
# file, and this file over what is deployed. Every setting is here; those that begin with # are not set and show an
# example: then what is deployed stays. A list that is set here is the whole list: no flag or variable adds to it.
# For completion in an editor: rootwatch init --schema > rootwatch.schema.json
";

/// A `rootwatch.toml` with every key, its meaning, default and an example; those of `values` as they say, by their paths.
/// The notes stand at the top.
///
/// Prose begins with "# ", a setting that is not in force with "#" alone.
pub(crate) fn file(values: &Values, notes: &[String]) -> String {
    let mut text = format!("#:schema {SCHEMA_FILE}\n{HEAD}");
    notes.iter().for_each(|note| comment(&mut text, note));
    keys(&mut text, ROOT, "", values);
    text
}

/// What the file has of settings, by the paths of their keys.
pub(crate) type Values = BTreeMap<&'static str, Entry>;

/// What the file has of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// It is in force.
    Set(Written),
    /// It is not, and a comment says why; the value, or else the example, is a comment too.
    LeftOut {
        /// Why, as sentences.
        why: String,
        value: Option<Written>,
    },
}

/// The lines of a file that are in force, without their explanations.
pub(crate) fn in_force(values: &Values) -> String {
    let file = file(values, &[]);
    let mut text = String::new();
    let mut table = None;
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    for line in lines.filter(|line| !line.is_empty()) {
        // A table of which nothing is set is not shown.
        match line.starts_with('[') && !line.starts_with("[[") {
            true => table = Some(line),
            false => {
                for line in table.take().into_iter().chain([line]) {
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
    }
    text
}

fn keys(text: &mut String, keys: &[&Key], table: &str, values: &Values) {
    for key in keys {
        let path = match table {
            "" => key.name.to_owned(),
            table => format!("{table}.{}", key.name),
        };
        match key.kind {
            Kind::Table(inner) => {
                text.push_str(&format!("\n\n# {}.\n[{}]\n", key.meaning, key.name));
                self::keys(text, inner, &path, values);
            }
            _ => setting(text, key, values.get(path.as_str())),
        }
    }
}

fn setting(text: &mut String, key: &Key, entry: Option<&Entry>) {
    let is_table = matches!(key.kind, Kind::Pairs(_));
    if is_table {
        text.push('\n');
    }
    prose(text, key);
    let (mark, lines) = match entry {
        Some(Entry::Set(value)) => ("", lines(key, value)),
        Some(Entry::LeftOut { why, value }) => {
            comment(text, why);
            let value = value.as_ref().map(|it| lines(key, it));
            ("#", value.unwrap_or_else(|| example(key)))
        }
        None => {
            if key.essential {
                comment(text, "Fill it in, and remove the # from the line.");
            }
            ("#", example(key))
        }
    };
    if is_table {
        text.push_str(&format!("[{}]\n", key.name));
    }
    for line in lines {
        text.push_str(&format!("{mark}{line}\n"));
    }
}

fn lines(key: &Key, value: &Written) -> Vec<String> {
    let pairs = |all: &mut dyn Iterator<Item = (String, &String)>| -> Vec<String> {
        all.map(|(name, value)| format!("{name} = {value}"))
            .collect()
    };
    match value {
        Written::Value(value) => vec![format!("{} = {value}", key.name)],
        Written::Pairs(all) => pairs(&mut all.iter().map(|(name, it)| (name.clone(), it))),
        Written::Tables(all) => {
            let table = |table: &Vec<(&str, String)>| {
                let header = format!("[[{}]]", key.header());
                let mut values = table.iter().map(|(name, it)| ((*name).to_owned(), it));
                [vec![header], pairs(&mut values)].concat()
            };
            all.iter().flat_map(table).collect()
        }
    }
}

fn example(key: &Key) -> Vec<String> {
    match key.kind {
        Kind::Tables(inner) => {
            let parts = inner.iter();
            let parts = parts.map(|part| format!("{} = {}", part.name, part.example));
            std::iter::once(format!("[[{}]]", key.header()))
                .chain(parts)
                .collect()
        }
        Kind::Pairs(_) => vec![key.example.to_owned()],
        _ => vec![format!("{} = {}", key.name, key.example)],
    }
}

fn comment(text: &mut String, prose: &str) {
    for line in prose.lines() {
        text.push_str(&format!("# {line}\n"));
    }
}

fn prose(text: &mut String, key: &Key) {
    text.push_str(&format!("\n# {}.\n", key.meaning));
    if let Kind::Choice(all) = key.kind {
        text.push_str(&format!("# One of: {}.\n", all().join(", ")));
    }
    text.push_str(&format!("# Default: {}. Flag: {}.", key.default, key.flag));
    if !key.flag.is_empty() {
        text.push_str(&format!(" Variable: {}.", variable(key)));
    }
    if !key.environment.is_empty() {
        let all = key.environment.join(", ");
        text.push_str(&format!(" Also over this file: {all}."));
    }
    text.push('\n');
}

/// The JSON schema of the file.
pub(crate) fn json_schema() -> Value {
    let mut schema = table(ROOT);
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["$id"] = json!("urn:rootwatch:settings:1");
    schema["title"] = json!("rootwatch.toml");
    schema
}

fn table(keys: &[&Key]) -> Value {
    let properties: Map<String, Value> = keys
        .iter()
        .map(|key| (key.name.to_owned(), property(key)))
        .collect();
    json!({"type": "object", "additionalProperties": false, "properties": properties})
}

fn property(key: &Key) -> Value {
    let mut schema = match key.kind {
        Kind::Text(_) => json!({"type": "string"}),
        Kind::Choice(all) => json!({"type": "string", "enum": all()}),
        Kind::Number(all) => json!({"type": "integer", "enum": all}),
        Kind::List(_) => json!({"type": "array", "items": {"type": "string"}}),
        Kind::Pairs(_) => json!({"type": "object", "additionalProperties": {"type": "string"}}),
        Kind::Table(keys) => table(keys),
        Kind::Tables(keys) => {
            let mut each = table(keys);
            let required = keys.iter().filter(|key| !key.optional);
            each["required"] = required.map(|key| key.name).collect();
            json!({"type": "array", "items": each})
        }
    };
    schema["description"] = json!(description(key));
    schema
}

fn description(key: &Key) -> String {
    let mut text = format!("{}.", key.meaning);
    if !key.default.is_empty() {
        text.push_str(&format!(" Default: {}.", key.default));
    }
    if !key.flag.is_empty() {
        text.push_str(&format!(" Flag: {}.", key.flag));
    }
    text
}

/// The file with each of its settings in force.
#[cfg(test)]
pub(super) fn uncommented(text: &str) -> String {
    let mut settings = String::new();
    for line in text.lines() {
        let is_setting = |rest: &&str| !rest.starts_with([' ', ':']);
        let line = line.strip_prefix('#').filter(is_setting).unwrap_or(line);
        settings.push_str(line);
        settings.push('\n');
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::super::file::parse;
    use super::*;

    /// Set to rewrite the committed schema.
    const WRITE: &str = "ROOTWATCH_WRITE_SCHEMA";

    #[test]
    fn the_committed_schema_is_the_one_of_the_code() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/templates/rootwatch.schema.json"
        );
        let wanted = format!("{:#}\n", json_schema());
        if std::env::var_os(WRITE).is_some() {
            std::fs::write(path, &wanted).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == wanted,
            "{path} is stale; {WRITE}=1 rewrites it"
        );
    }

    /// All keys with the tables that they are in.
    fn known(keys: &[&Key], table: &str, found: &mut Vec<String>) {
        for key in keys {
            match key.kind {
                Kind::Table(inner) => known(inner, key.name, found),
                Kind::Tables(inner) => known(inner, &format!("{table}.{}", key.name), found),
                Kind::Pairs(_) => {
                    let name = key.example.split(' ').next().unwrap_or_default();
                    found.push(format!("{}.{}", key.name, name.trim_matches('"')));
                }
                _ => found.push(format!("{table}.{}", key.name)),
            }
        }
    }

    fn in_toml(table: &toml::Table, path: &str, found: &mut Vec<String>) {
        for (name, value) in table {
            match value {
                toml::Value::Table(inner) => in_toml(inner, name, found),
                toml::Value::Array(items) if items.iter().all(toml::Value::is_table) => items
                    .iter()
                    .filter_map(toml::Value::as_table)
                    .for_each(|item| in_toml(item, &format!("{path}.{name}"), found)),
                _ => found.push(format!("{path}.{name}")),
            }
        }
    }

    #[test]
    fn the_file_has_exactly_the_known_keys() {
        let text = uncommented(&file(&Values::new(), &[]));
        let table: toml::Table = toml::from_str(&text).unwrap();
        let (mut written, mut wanted) = (Vec::new(), Vec::new());
        in_toml(&table, "", &mut written);
        known(ROOT, "", &mut wanted);
        written.sort();
        wanted.sort();
        assert_eq!(written, wanted);
    }

    #[test]
    fn the_file_is_good_as_it_is_written() {
        let file = parse(&file(&Values::new(), &[]), "f");
        assert_eq!(file.problems, []);
        assert!(file.given.is_empty(), "{:?}", file.given);
    }
}
