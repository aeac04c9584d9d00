//! Schemas of JSON results, which stand in `templates/`.

use schemars::JsonSchema;

/// Fails unless the schema in `templates/` is that of what is printed. `ROOTWATCH_WRITE_SCHEMA` rewrites it.
pub(crate) fn holds<T: JsonSchema>(name: &str) {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let file = format!(
        "{}/../../templates/{name}.schema.json",
        env!("CARGO_MANIFEST_DIR")
    );
    if std::env::var_os("ROOTWATCH_WRITE_SCHEMA").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == text,
        "{file} is stale; ROOTWATCH_WRITE_SCHEMA=1 rewrites it"
    );
}
