use super::*;
use crate::hub::resource::Tags;
use crate::names::{DEPLOYMENT_TAG, Names};

fn guardrail(targets: &[&str], attached: &[&str]) -> Guardrail {
    let names = Names::sample();
    Guardrail {
        name: names.guardrail(),
        id: "p-12345678".into(),
        description: "d".into(),
        content: super::super::policy::content(&names, &[]),
        targets: targets.iter().map(|it| ((*it).to_owned(), true)).collect(),
        tags: Tags::from([(DEPLOYMENT_TAG.to_owned(), names.deployment)]),
        attached: attached.iter().map(|it| (*it).to_owned()).collect(),
    }
}

/// Each step with its sign.
fn signs(plan: &GuardrailPlan) -> Vec<String> {
    let sign = |step: &Step| match &step.action {
        Action::Create { .. } => format!("+ {}", step.resource),
        Action::Update { fields } => {
            let fields: Vec<&str> = fields.iter().map(|it| it.field.as_str()).collect();
            format!("~ {} {}", step.resource, fields.join(","))
        }
        Action::Delete => format!("- {}", step.resource),
        Action::Keep => format!("= {}", step.resource),
    };
    plan.steps().iter().map(sign).collect()
}

fn deploy(wanted: Guardrail, found: Option<Guardrail>) -> Vec<String> {
    signs(&GuardrailPlan::deploy(
        wanted,
        found,
        None,
        &Directory::default(),
    ))
}

const POLICY_NAME: &str = "service-control-policy rootwatch-guardrail";

#[test]
fn it_is_made_and_then_attached() {
    let root = Some("r-ab12".to_owned());
    let wanted = guardrail(&["ou-1", "444455556666"], &[]);
    let plan = GuardrailPlan::deploy(wanted, None, root, &Directory::default());
    let policy_type = "policy-type SERVICE_CONTROL_POLICY of root r-ab12";
    assert_eq!(
        signs(&plan),
        [
            format!("+ {policy_type}"),
            format!("+ {POLICY_NAME}"),
            "+ attachment to account 444455556666".into(),
            "+ attachment to ou-1".into(),
        ]
    );
    let needs: Vec<Vec<String>> = plan.steps().into_iter().map(|it| it.needs).collect();
    let policy = || vec![POLICY_NAME.to_owned()];
    assert_eq!(
        needs,
        [vec![], vec![policy_type.to_owned()], policy(), policy()]
    );
}

#[test]
fn what_is_as_it_should_be_is_kept() {
    let found = guardrail(&["ou-1"], &["ou-1"]);
    let plan = GuardrailPlan::deploy(
        guardrail(&["ou-1"], &[]),
        Some(found),
        None,
        &Directory::default(),
    );
    assert_eq!(plan.counts().changes(), 0);
}

#[test]
fn what_somebody_detached_or_changed_is_put_back() {
    let mut found = guardrail(&["ou-1"], &[]);
    found.content = Default::default();
    found.tags.insert("team".into(), "security".into());
    let signs = deploy(guardrail(&["ou-1"], &[]), Some(found));
    assert!(
        signs[0].starts_with(&format!("~ {POLICY_NAME} content.RootwatchQueue")),
        "{signs:?}"
    );
    assert!(
        !signs[0].contains("tags"),
        "a tag of others stays: {signs:?}"
    );
    assert_eq!(signs[1], "+ attachment to ou-1");
}

#[test]
fn what_is_no_longer_wanted_is_detached_and_forgotten() {
    let found = guardrail(&["ou-1", "ou-2"], &["ou-1", "ou-2"]);
    let signs = deploy(guardrail(&["ou-1"], &[]), Some(found));
    let wanted = [
        format!("~ {POLICY_NAME} targets.ou-2"),
        "= attachment to ou-1".into(),
        "- attachment to ou-2".into(),
    ];
    assert_eq!(signs, wanted);
}

#[test]
fn it_is_deleted_once_it_is_attached_to_nothing() {
    let plan = GuardrailPlan::removal(guardrail(&["ou-1"], &["ou-1"]), &Directory::default());
    let wanted = [
        "- attachment to ou-1".to_owned(),
        format!("- {POLICY_NAME}"),
    ];
    assert_eq!(signs(&plan), wanted);
    assert_eq!(plan.steps()[1].needs, ["attachment to ou-1"]);
}

#[test]
fn more_targets_than_there_are_tags_are_refused() {
    let many: Vec<String> = (0..50).map(|it| format!("ou-{it}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(guardrail(&many[..49], &[]).fits().is_ok());
    let error = guardrail(&many, &[]).fits().unwrap_err().to_string();
    assert!(
        error.contains("50 units") && error.contains("--ou /"),
        "{error}"
    );
}
