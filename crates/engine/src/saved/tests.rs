use super::*;
use serde_json::json;

fn names() -> Names {
    Names {
        account: "222222222222".into(),
        ..Names::sample()
    }
}

fn run(names: &Names) -> Run<'_> {
    Run {
        command: "deploy hub",
        names,
        settings: BTreeMap::from([("hub.email".to_owned(), "[\"a@example.com\"]".to_owned())]),
    }
}

fn basis() -> Basis {
    let mut world = World::default();
    world.add("topic a", &json!({"policy": 1}));
    Basis {
        world,
        plan: json!([{"resource": "topic a", "action": "update"}]),
    }
}

fn plan() -> SavedPlan {
    SavedPlan::of(run(&names()), basis())
}

fn text(plan: &SavedPlan) -> Vec<u8> {
    serde_json::to_vec_pretty(plan).unwrap()
}

#[test]
fn what_was_written_is_read_and_holds() {
    let read = SavedPlan::parse(&text(&plan())).unwrap();
    assert_eq!(read, plan());
    read.check_run(&run(&names())).unwrap();
    read.check(&basis()).unwrap();
}

/// What is said of a run that differs.
fn refused(plan: &SavedPlan, run: &Run<'_>) -> String {
    plan.check_run(run).unwrap_err().to_string()
}

#[test]
fn what_moved_of_a_run_is_named() {
    let names = names();
    let mut other = names.clone();
    other.account = "111111111111".into();
    let said = refused(&plan(), &run(&other));
    assert!(
        said.contains("the account was 222222222222, and is 111111111111"),
        "{said}"
    );
    let mut changed = run(&names);
    changed.settings = BTreeMap::from([("topic".to_owned(), "\"x\"".to_owned())]);
    let said = refused(&plan(), &changed);
    assert!(
        said.contains("the setting hub.email was [\"a@example.com\"], and is not given"),
        "{said}"
    );
    assert!(
        said.contains("the setting topic was not given, and is \"x\""),
        "{said}"
    );
    let old = SavedPlan {
        rootwatch: "0.0.1".into(),
        ..plan()
    };
    let said = refused(&old, &run(&names));
    assert!(
        said.contains("the version of rootwatch was 0.0.1"),
        "{said}"
    );
    assert!(said.contains("`rootwatch plan hub --out FILE`"), "{said}");
    let built = SavedPlan {
        functions: "0".into(),
        ..plan()
    };
    let said = refused(&built, &run(&names));
    assert!(
        said.contains("the build of rootwatch's functions was 0"),
        "{said}"
    );
    let spokes = Run {
        command: "deploy spokes",
        ..run(&names)
    };
    let said = refused(&plan(), &spokes);
    assert!(
        said.contains("one of `rootwatch deploy hub`, and this is `rootwatch deploy spokes`"),
        "{said}"
    );
}

#[test]
fn what_moved_of_the_world_or_the_plan_is_named() {
    let mut now = basis();
    now.world.add("topic a", &json!({"policy": 2}));
    let said = plan().check(&now).unwrap_err().to_string();
    assert!(said.contains("topic a changed in policy"), "{said}");
    let now = Basis {
        plan: json!([]),
        ..basis()
    };
    let said = plan().check(&now).unwrap_err().to_string();
    assert!(
        said.contains("the changes that follow from it are others"),
        "{said}"
    );
    let said = basis().refuse_moved(&now).unwrap_err().to_string();
    assert!(said.starts_with("while the question stood"), "{said}");
    basis().refuse_moved(&basis()).unwrap();
}

#[test]
fn a_file_that_is_no_plan_is_refused_with_what_is_wrong() {
    let whole = text(&plan());
    let with = |change: &dyn Fn(&mut Value)| {
        let mut value: Value = serde_json::from_slice(&whole).unwrap();
        change(&mut value);
        serde_json::to_vec(&value).unwrap()
    };
    for (bytes, wanted) in [
        (Vec::new(), "cut short"),
        (whole[..whole.len() / 2].to_vec(), "cut short"),
        (b"\xff\xfe".to_vec(), "cut short"),
        (b"[]".to_vec(), "no plan"),
        (
            b"{\"schema\":\"rootwatch.plan-hub/2\"}".to_vec(),
            "its form is rootwatch.plan-hub/2",
        ),
        (
            b"{\"schema\":\"\\u001b[31m\"}".to_vec(),
            "its form is  [31m",
        ),
        (
            b"{\"schema\":\"rootwatch.saved-plan/1\"}".to_vec(),
            "missing field",
        ),
        ("[".repeat(100_000).into_bytes(), "no plan"),
        (with(&|it| it["more"] = json!(1)), "unknown field"),
        (
            with(&|it| it["\u{1b}[31m"] = json!(1)),
            "unknown field ` [31m`",
        ),
        (
            with(&|it| it["world"]["topic a"]["policy"] = json!("0")),
            "somebody changed the file",
        ),
        (with(&|it| it["settings"] = json!(3)), "invalid type"),
    ] {
        let said = format!("{:#}", SavedPlan::parse(&bytes).unwrap_err());
        assert!(said.contains(wanted), "{wanted}: {said}");
        assert!(!said.contains(char::is_control), "{said:?}");
    }
}

#[test]
fn what_a_file_says_at_length_makes_no_long_message() {
    let huge = "x".repeat(100_000);
    let mut file: Value = serde_json::from_slice(&text(&plan())).unwrap();
    file[&huge] = json!(1);
    let unknown = SavedPlan::parse(&serde_json::to_vec(&file).unwrap()).unwrap_err();
    let mut changed = basis();
    for part in 0..50 {
        changed.world.add(format!("{part} {huge}"), &json!(1));
    }
    let moved = plan().check(&changed).unwrap_err();
    for error in [unknown, moved] {
        let said = format!("{error:#}");
        assert!(said.len() < 6_000, "{} bytes: {said:.300}", said.len());
        assert!(said.lines().count() < 30, "{said:.300}");
        assert!(said.contains('…'), "{said:.300}");
    }
    let said = plan().check(&changed).unwrap_err().to_string();
    assert!(said.contains("and 30 more\n"), "{said:.300}");
}

#[test]
fn a_plan_is_the_same_wherever_its_values_were_given() {
    use crate::plan::{Action, FieldChange, Step};
    let step = |source: Option<&str>, action: fn(Vec<FieldChange>) -> Action| Step {
        resource: "topic a".into(),
        action: action(vec![FieldChange {
            field: "name".into(),
            old: None,
            new: Some(json!("x")),
            source: source.map(str::to_owned),
        }]),
        needs: vec!["role".into()],
        kept: Vec::new(),
        note: None,
        calls: &[],
    };
    let update = |fields| Action::Update { fields };
    let given = essence(&[step(Some("--topic-name"), update)]);
    assert_eq!(given, essence(&[step(None, update)]));
    assert!(given.to_string().contains("\"name\""), "{given}");
    assert_eq!(essence(&[step(None, |_| Action::Keep)]), json!([]));
}

#[test]
fn the_schema_in_templates_is_of_what_is_written() {
    crate::schema::holds::<SavedPlan>(&["saved-plan/1"]);
}
