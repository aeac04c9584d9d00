//! What is made from the code and committed: schemas of JSON results in `templates/`.

use crate::page::{at, is_current, is_to_be_written};
use schemars::JsonSchema;
use serde_json::{Value, json};

/// Fails unless the schema in `templates/` is that of what is printed under these names, the first of which the file
/// has. `ROOTWATCH_WRITE_SCHEMA` rewrites it.
#[track_caller]
pub(crate) fn holds<T: JsonSchema>(names: &[&str]) {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let mut schema = serde_json::to_value(schema).unwrap();
    let full: Vec<Value> = names
        .iter()
        .map(|it| json!(format!("rootwatch.{it}")))
        .collect();
    schema["properties"]["schema"]["enum"] = full.into();
    let text = format!("{schema:#}\n");
    let name = names[0].replace('/', "-");
    let file = at(&format!("templates/{name}.schema.json"));
    if is_to_be_written() {
        std::fs::write(&file, &text).unwrap();
    }
    is_current(
        &file,
        &std::fs::read_to_string(&file).unwrap_or_default(),
        &text,
    );
}
