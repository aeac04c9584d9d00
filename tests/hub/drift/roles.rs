use super::Row;
use crate::intruder::{Intruder, policy, policy_with, with_statement};
use serde_json::{Value, json};

fn everything(sid: &str) -> Value {
    json!({"Sid": sid, "Effect": "Allow", "Action": "*", "Resource": "*"})
}

pub(super) fn rows(c: &Intruder) -> Vec<Vec<Row<'_>>> {
    let id = "role rootwatch-notifier-eu-west-1";
    let trust = &["trust.RootwatchLambda.Principal.Service"];
    let inline = &["inline_policy.Backdoor", "inline_policy.Publish.Resource"];
    let wider = c.role_policy(|found| {
        let wider = policy_with(found, "Publish", Some(("Resource", json!("*"))));
        with_statement(&wider, everything("Backdoor"))
    });
    vec![vec![
        Row::new(id, &["description"], &["iam:UpdateRole"], c.describe_role()),
        Row::new(id, inline, &["iam:PutRolePolicy"], wider),
        Row::new(
            id,
            trust,
            &["iam:UpdateAssumeRolePolicy"],
            c.trust_another_service(),
        ),
        Row::new(
            id,
            &["attached_policies"],
            &["iam:DetachRolePolicy"],
            c.attach("mine", everything("All")),
        ),
        Row::new(
            id,
            &["other_policies"],
            &["iam:DeleteRolePolicy"],
            c.put_role_policy("mine", policy(everything("All"))),
        ),
        Row::new(id, &["tags.team"], &["iam:TagRole"], c.tag_role()),
    ]]
}
