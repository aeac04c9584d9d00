//! What programs read is valid against the committed schemas: each JSON value that a run prints in any test.

#[path = "../crates/root-event/tests/violations.rs"]
mod violations;

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;
use violations::violations;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Each committed schema by the names that its results carry.
static SCHEMAS: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    let files = std::fs::read_dir(Path::new(ROOT).join("templates")).unwrap();
    let files = files.map(|it| it.unwrap().path());
    let files = files.filter(|it| it.to_str().unwrap().ends_with(".schema.json"));
    let alert = Path::new(ROOT).join("crates/root-event/schema/alert-1.json");
    let schemas = files.chain([alert]).map(|file| {
        let text = std::fs::read_to_string(file).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()
    });
    schemas
        .flat_map(|schema| {
            let names = names(&schema);
            names.into_iter().map(move |name| (name, schema.clone()))
        })
        .collect()
});

/// The names that results of a schema carry; none of the settings file, which has no `schema`.
fn names(schema: &Value) -> Vec<String> {
    let rule = &schema["properties"]["schema"];
    let several = rule["enum"].as_array().into_iter().flatten();
    let all = several.chain(rule.get("const"));
    all.map(|it| it.as_str().unwrap().to_owned()).collect()
}

/// Fails where a run prints JSON that has another form than its `schema` says.
pub(crate) fn are_obeyed(stdout: &str) {
    if stdout.starts_with('{') {
        let values = serde_json::Deserializer::from_str(stdout).into_iter::<Value>();
        let values = values.map_while(Result::ok);
        let named = values.filter(|value| value["schema"].is_string());
        named.for_each(|value| is_obeyed(&value));
    }
}

/// Fails where a value has another form than its `schema` says.
#[track_caller]
pub(crate) fn is_obeyed(value: &Value) {
    let name = value["schema"].as_str().unwrap();
    let schema = SCHEMAS.get(name);
    let schema = schema.unwrap_or_else(|| panic!("no schema is committed for {name}"));
    let found = violations(value, schema, name, true);
    assert!(found.is_empty(), "{found:#?}\n{value:#}");
}

#[test]
fn each_schema_is_listed_by_every_name_that_results_carry() {
    let listed = crate::world::run(&[], &["schema"]).ends_with(0).stdout;
    let full = listed.lines().map(|name| format!("rootwatch.{name}"));
    let committed = SCHEMAS.keys().cloned();
    assert_eq!(full.collect::<Vec<_>>(), committed.collect::<Vec<_>>());
    for (name, schema) in SCHEMAS.iter() {
        let printed = crate::world::run(&[], &["schema", name]).ends_with(0);
        assert_eq!(&printed.json(), schema, "{name}");
        let short = name.trim_start_matches("rootwatch.");
        let by_short = crate::world::run(&[], &["schema", short]).ends_with(0);
        assert_eq!(by_short.stdout, printed.stdout, "{name}");
    }
}

#[test]
fn a_field_that_is_missing_strange_or_unknown_is_found() {
    let schema = &SCHEMAS["rootwatch.plan-hub/2"];
    let wrong = serde_json::json!({
        "schema": "rootwatch.plan-hub/1", "region": 3, "surprise": null,
        "steps": [{ "resource": "queue q", "action": "keep", "needs": [], "surprise": 1 }],
    });
    let found = violations(&wrong, schema, "plan", true).join("\n");
    for said in [
        "plan.schema: enum",
        "plan.region: type",
        "plan.surprise: no schema names it",
        "plan.steps[0].surprise: no schema names it",
        "plan: required",
    ] {
        assert!(found.contains(said), "{said}: {found}");
    }
    assert!(!found.contains("plan.steps[0].action"), "{found}");
    let wrong = violations(&wrong, schema, "plan", false).join("\n");
    assert!(!wrong.contains("no schema names it"), "{wrong}");
}
