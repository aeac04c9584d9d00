//! The known keys, described: as a file for people and as a JSON schema for their editors.

use super::schema::{Key, Kind, ROOT};
use serde_json::{Map, Value, json};

/// Where editors look for the schema, beside the settings; `rootwatch init --schema` prints it.
const SCHEMA_FILE: &str = "./rootwatch.schema.json";

const HEAD: &str = "\
# Settings of rootwatch. Flags win over this file, and this file over AWS's variables, but for credentials.
# Every setting is here; those that begin with # hold nothing and show an example.
# For completion in an editor: rootwatch init --schema > rootwatch.schema.json
";

/// A `rootwatch.toml` with every key, its meaning, default and an example.
///
/// Prose begins with \"# \", a setting that is not in force with \"#\" alone.
pub(crate) fn file() -> String {
    let mut text = format!("#:schema {SCHEMA_FILE}\n{HEAD}");
    keys(&mut text, ROOT);
    text
}

fn keys(text: &mut String, keys: &[&Key]) {
    for key in keys {
        match key.kind {
            Kind::Table(inner) => {
                text.push_str(&format!("\n\n# {}.\n[{}]\n", key.meaning, key.name));
                self::keys(text, inner);
            }
            Kind::Tables(inner) => {
                prose(text, key);
                text.push_str(&format!("#[[hub.{}]]\n", key.name));
                for part in inner {
                    text.push_str(&format!("#{} = {}\n", part.name, part.example));
                }
            }
            Kind::Pairs(_) => {
                text.push('\n');
                prose(text, key);
                text.push_str(&format!("[{}]\n#{}\n", key.name, key.example));
            }
            _ => setting(text, key),
        }
    }
}

fn setting(text: &mut String, key: &Key) {
    prose(text, key);
    if key.essential {
        text.push_str(&format!("{} = []\n", key.name));
    } else {
        text.push_str(&format!("#{} = {}\n", key.name, key.example));
    }
}

fn prose(text: &mut String, key: &Key) {
    text.push_str(&format!("\n# {}.\n", key.meaning));
    if key.essential {
        text.push_str(&format!("# For example: {} = {}\n", key.name, key.example));
    }
    if let Kind::Choice(all) = key.kind {
        text.push_str(&format!("# One of: {}.\n", all().join(", ")));
    }
    text.push_str(&format!("# Default: {}. Flag: {}.", key.default, key.flag));
    if !key.environment.is_empty() {
        text.push_str(&format!(" Environment: {}.", key.environment.join(", ")));
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
            each["required"] = keys.iter().map(|key| key.name).collect();
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
        let line = match line.strip_prefix("# For example: ") {
            Some(example) => example,
            None if line.ends_with(" = []") => "",
            None => line.strip_prefix('#').filter(is_setting).unwrap_or(line),
        };
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
                    found.push(format!("{}.{name}", key.name));
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
        let text = uncommented(&file());
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
        let file = parse(&file(), "f");
        assert_eq!(file.problems, []);
        assert!(file.given.is_empty(), "{:?}", file.given);
    }
}
