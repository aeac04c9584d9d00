//! What is made from the code and committed: schemas of JSON results in `templates/`, and tables in `docs/`.

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

/// One test at a time writes pages.
static WRITING: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// Fails unless a page of `docs/` has this text between `<!-- made: NAME -->` and `<!-- end -->`. `ROOTWATCH_WRITE_SCHEMA`
/// rewrites it.
pub(crate) fn page_holds(page: &str, name: &str, made: &str) {
    let file = format!("{}/../../docs/{page}.md", env!("CARGO_MANIFEST_DIR"));
    let _one = WRITING
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let text = std::fs::read_to_string(&file).unwrap();
    let (begin, end) = (format!("<!-- made: {name} -->\n"), "<!-- end -->");
    let (before, rest) = text
        .split_once(&begin)
        .unwrap_or_else(|| panic!("{file}: {begin}"));
    let (committed, after) = rest
        .split_once(end)
        .unwrap_or_else(|| panic!("{file}: {end}"));
    let made = format!("\n{}\n\n", made.trim());
    if std::env::var_os("ROOTWATCH_WRITE_SCHEMA").is_some() {
        std::fs::write(&file, format!("{before}{begin}{made}{end}{after}")).unwrap();
        return;
    }
    assert!(
        committed == made,
        "{file} is stale; ROOTWATCH_WRITE_SCHEMA=1 rewrites it"
    );
}
