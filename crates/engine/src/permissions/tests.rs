use super::*;
use crate::settings::IamSettings;
use crate::{page, schema};

fn place(is_management: bool) -> Place {
    let names = Names {
        iam: IamSettings {
            boundary: crate::Boundary::parse("/team/Boundary"),
            ..IamSettings::default()
        },
        ..Names::sample()
    };
    Place {
        routes: vec!["arn:aws:sns:eu-west-1:444455556666:shops".into()],
        management: match is_management {
            true => names.account.clone(),
            false => "999988887777".into(),
        },
        names,
        organization: "o-a1b2c3d4e5".into(),
        role: Some("Reader".into()),
        pattern: Some(Named {
            topics: vec!["arn:aws:sns:eu-west-1:111122223333:root-activity".into()],
            stack_sets: vec!["root-activity".into()],
        }),
    }
}

#[test]
fn every_line_of_the_table_is_a_row_of_a_command() {
    assert!(table::is_whole());
    let used: BTreeSet<&str> = Command::ALL
        .iter()
        .flat_map(|(_, it)| it.parts().iter().copied())
        .collect();
    for row in TABLE.iter().filter(|it| it.part != "start") {
        assert!(used.contains(row.part), "{row:?}");
        assert!(On::of(row.on, &place(true)).is_some(), "{row:?}");
    }
    for part in used {
        assert!(TABLE.iter().any(|it| it.part == part), "{part}");
    }
}

#[test]
fn a_name_of_a_statement_is_given_once() {
    for (name, command) in Command::ALL {
        for is_management in [true, false] {
            let made = statements(command, &place(is_management));
            let sids: BTreeSet<&String> = made.iter().map(|it| &it.sid).collect();
            assert_eq!(sids.len(), made.len(), "{name}");
            let is_sid = |it: &&String| it.bytes().all(|it| it.is_ascii_alphanumeric());
            assert!(sids.iter().all(is_sid), "{sids:?}");
        }
    }
}

/// Actions that support no resource-level permissions, or only read the organization (Service Authorization Reference).
const EVERYTHING: [&str; 24] = [
    "cloudformation:ActivateOrganizationsAccess",
    "cloudformation:DescribeOrganizationsAccess",
    "cloudformation:ListStackSets",
    "cloudtrail:DescribeTrails",
    "cloudwatch:GetMetricData",
    "events:ListArchives",
    "events:ListEventBuses",
    "events:ListRules",
    "lambda:ListEventSourceMappings",
    "organizations:DescribeOrganization",
    "organizations:DescribeOrganizationalUnit",
    "organizations:EnableAWSServiceAccess",
    "organizations:ListAccountsForParent",
    "organizations:ListDelegatedAdministrators",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListParents",
    "organizations:ListPolicies",
    "organizations:ListRoots",
    "sns:GetSubscriptionAttributes",
    "sns:Unsubscribe",
    "sqs:ListQueues",
    // These with a condition.
    "lambda:CreateEventSourceMapping",
    "organizations:CreatePolicy",
    "organizations:TagResource",
];

#[test]
fn what_has_an_arn_is_allowed_on_it_alone() {
    for (name, command) in Command::ALL {
        for it in statements(command, &place(true)) {
            if it.resources == ["*"] {
                let wide = it.actions.iter().filter(|it| !EVERYTHING.contains(it));
                assert_eq!(wide.count(), 0, "{name}: {it:?}");
            }
            let writes = |it: &str| {
                !it.contains(":List") && !it.contains(":Get") && !it.contains(":Describe")
            };
            let is_open = it.resources == ["*"] && it.condition.is_none();
            let unbound = it.actions.iter().filter(|it| writes(it) && is_open);
            let unbound: Vec<&&str> = unbound.collect();
            let known = [
                "sns:Unsubscribe",
                "cloudformation:ActivateOrganizationsAccess",
                "organizations:EnableAWSServiceAccess",
            ];
            assert!(
                unbound.iter().all(|it| known.contains(it)),
                "{name}: {unbound:?}"
            );
        }
    }
}

#[test]
fn a_command_that_only_reads_may_only_read() {
    let reads = [
        Command::PlanHub,
        Command::PlanSpokes,
        Command::PlanGuardrail,
        Command::Verify,
        Command::Export,
    ];
    for command in reads {
        for it in statements(command, &place(true)) {
            for action in it.actions {
                let (_, operation) = action.split_once(':').unwrap();
                let is_read = ["Get", "List", "Describe", "AssumeRole"]
                    .iter()
                    .any(|it| operation.starts_with(it));
                assert!(is_read, "{}: {action}", command.name());
            }
        }
    }
}

#[test]
fn a_member_account_gets_nothing_for_the_management_accounts_stacks() {
    let text = permissions(Command::DeploySpokes, &place(false))
        .policy
        .to_string();
    assert!(!text.contains("cloudformation:CreateStack\""), "{text}");
    let text = permissions(Command::DeploySpokes, &place(true))
        .policy
        .to_string();
    assert!(text.contains("cloudformation:CreateStack\""), "{text}");
}

#[test]
fn each_fits_into_one_policy() {
    // It is all of the others in one run.
    let others = Command::ALL.iter().filter(|(_, it)| *it != Command::Adopt);
    for (name, command) in others {
        for is_management in [true, false] {
            let made = permissions(*command, &place(is_management));
            assert!(made.fits(), "{name}: {}", made.characters);
        }
    }
    for is_management in [true, false] {
        let made = permissions(Command::Adopt, &place(is_management));
        assert!(
            made.characters <= 2 * MOST_CHARACTERS,
            "{}",
            made.characters
        );
    }
}

/// Each operation that the source names where it calls AWS, with the file.
fn called() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![std::path::PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src"
    ))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let text = text
                    .split("#[cfg(test)]\nmod tests {")
                    .next()
                    .unwrap()
                    .to_owned();
                for way in [".call(\"", ".found(\"", "OPERATION: &str = \""] {
                    for part in text.split(way).skip(1) {
                        let operation = part.split('"').next().unwrap().to_owned();
                        found.insert(operation, path.display().to_string());
                    }
                }
            }
        }
    }
    found
}

#[test]
fn every_call_is_allowed_to_some_command() {
    let of_table: BTreeSet<&str> = TABLE
        .iter()
        .flat_map(|it| it.actions.iter().copied())
        .collect();
    let called = called();
    assert!(called.len() > 80, "{}", called.len());
    let missing: BTreeSet<&String> = called
        .iter()
        .filter(|(operation, _)| !of_table.contains(operation.as_str()))
        .map(|(operation, _)| operation)
        .collect();
    // One is another call's, and one is the self-check's own.
    let of_others = ["sqs:DeleteMessageBatch", "sns:Publish"];
    let missing: Vec<&&String> = missing
        .iter()
        .filter(|it| !of_others.contains(&it.as_str()))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Each action once for a part, with all that it is for.
fn rows_of_docs(part: &str) -> String {
    let mut all = String::new();
    for row in TABLE.iter().filter(|it| it.part == part) {
        let actions: Vec<String> = row.actions.iter().map(|it| format!("`{it}`")).collect();
        let when = match row.mark {
            Mark::Required => "",
            Mark::Seldom => "in some runs",
            Mark::Optional => "may be refused",
        };
        let (on, purpose) = (row.on, row.purpose);
        all.push_str(&format!(
            "| {} | {on} | {when} | {purpose} |\n",
            actions.join(", ")
        ));
    }
    all
}

#[test]
fn the_actions_of_docs_are_those_of_the_table() {
    let mut commands = String::from("| command | parts |\n|---|---|\n");
    for (name, command) in Command::ALL {
        let link = |it: &&str| format!("[{it}](#{it})");
        let parts: Vec<String> = command.parts().iter().map(link).collect();
        commands.push_str(&format!("| `{name}` | {} |\n", parts.join(", ")));
    }
    page::holds("actions", "commands", &commands);
    let mut parts: Vec<&str> = TABLE.iter().map(|it| it.part).collect();
    parts.dedup();
    let mut all = String::new();
    let mut seen = BTreeSet::new();
    for part in parts
        .into_iter()
        .filter(|it| *it != "start" && seen.insert(*it))
    {
        all.push_str(&format!(
            "## {part}\n\n| actions | on | when | for |\n|---|---|---|---|\n{}\n",
            rows_of_docs(part)
        ));
    }
    page::holds("actions", "parts", &all);
}

#[test]
fn what_the_words_of_docs_stand_for_is_what_a_policy_has() {
    let place = place(true);
    let kinds: BTreeSet<&str> = TABLE.iter().map(|it| it.on).collect();
    let mut all = String::from("| word | resources | condition |\n|---|---|---|\n");
    for kind in kinds {
        let on = On::of(kind, &place).unwrap();
        let resources: Vec<String> = on.resources.iter().map(|it| format!("`{it}`")).collect();
        let condition = on.condition.map(|it| format!("`{it}`")).unwrap_or_default();
        all.push_str(&format!(
            "| {kind} | {} | {condition} |\n",
            resources.join(" ")
        ));
    }
    page::holds("actions", "words", &all);
}

#[test]
fn the_schema_in_templates_is_of_what_is_printed() {
    schema::holds::<Permissions>(&["policy/1"]);
}
