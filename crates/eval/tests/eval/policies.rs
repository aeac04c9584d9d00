//! Every decision about a policy, held against those of an IAM simulator that nobody here wrote.

use rootwatch_eval::Policy;
use rootwatch_eval::iam::{Decision, Keys, Principal, Request, decide};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Rows of an oracle of which we know less than the simulator: why, and how many. These numbers may only get smaller.
type Unknown = BTreeMap<&'static str, usize>;

/// Reasons as they begin, without what they name.
const SEVERAL_VALUES: &str = "can have several values, which need ForAnyValue or ForAllValues";
const FOR_ANY_IF_EXISTS: &str = "whether ForAnyValue with IfExists holds without";
const NOT_A_WHOLE_ARN: &str = "is not a whole ARN";
const HOW_FAR: &str = "is not documented: it has fewer parts than an ARN, or a wildcard crosses a colon or is in the type";
const NOT_RESOURCE: &str = "the element NotResource is not evaluated";
const VARIABLE: &str = "is resolved is not documented";

const REASONS: [&str; 6] = [
    SEVERAL_VALUES,
    FOR_ANY_IF_EXISTS,
    NOT_A_WHOLE_ARN,
    HOW_FAR,
    NOT_RESOURCE,
    VARIABLE,
];

fn count(unknown: &mut Unknown, why: &str, row: &str) {
    let reason = REASONS.iter().find(|reason| why.contains(**reason));
    let reason = reason.unwrap_or_else(|| panic!("{row}: {why}"));
    *unknown.entry(reason).or_default() += 1;
}

fn keys(of_request: &Map<String, Value>, of_policies: &BTreeSet<String>) -> Keys {
    let mut keys = Keys::new();
    for absent in of_policies {
        keys.insert(absent, None);
    }
    for (key, value) in of_request {
        let values = match value {
            Value::Array(many) => many.clone(),
            Value::Null => Vec::new(),
            one => vec![one.clone()],
        };
        let texts = values.iter().map(|it| it.as_str().unwrap().to_owned());
        keys.insert_all(key, texts.collect());
    }
    keys
}

/// Every condition key that a policy names.
fn named_keys(policy: &Policy) -> impl Iterator<Item = String> {
    policy
        .statements()
        .filter_map(|(_, statement)| statement["Condition"].as_object())
        .flat_map(Map::values)
        .filter_map(Value::as_object)
        .flat_map(Map::keys)
        .cloned()
}

/// The keys of a request, and whether it is allowed.
type Cases = Vec<(Map<String, Value>, bool)>;

#[derive(Deserialize)]
struct Statements {
    rows: Vec<(String, String, String, Value, Cases)>,
}

#[test]
fn every_operator_and_element_decides_as_the_simulator_does_or_is_unknown() {
    let oracle: Statements = serde_json::from_str(include_str!("oracles/statements.json")).unwrap();
    let (mut rows, mut unknown) = (0, Unknown::new());
    for (action, resource, element, value, cases) in &oracle.rows {
        let mut statement = json!({"Effect": "Allow", "Action": action, "Resource": "*"});
        if let Some(replaced) = element.strip_prefix("Not") {
            statement.as_object_mut().unwrap().remove(replaced);
        }
        statement[element] = value.clone();
        let document = json!({"Version": "2012-10-17", "Statement": statement});
        let policy = Policy::parse(&document.to_string()).unwrap();
        let absent = named_keys(&policy).collect();
        for (of_request, allows) in cases {
            rows += 1;
            let request = Request {
                principal: None,
                action: action.clone().leak(),
                resource: resource.clone(),
                keys: keys(of_request, &absent),
            };
            let row = format!("{statement} {of_request:?}");
            match decide([&policy], &request) {
                Decision::Unknown(why) => count(&mut unknown, &why, &row),
                found => assert_eq!(found == Decision::Allowed, *allows, "{row}"),
            }
        }
    }
    assert_eq!(rows, 548);
    assert_eq!(
        unknown,
        Unknown::from([
            (SEVERAL_VALUES, 35),
            (FOR_ANY_IF_EXISTS, 12),
            (NOT_A_WHOLE_ARN, 20),
            (HOW_FAR, 11),
            (NOT_RESOURCE, 11),
            (VARIABLE, 3),
        ])
    );
}

#[derive(Deserialize)]
struct Policies {
    policies: BTreeMap<String, Value>,
    rows: Vec<Row>,
}

/// About, who, should, judged, principal, action, resource, keys, resource policy, identity policy.
type Row = (
    String,
    String,
    String,
    String,
    String,
    String,
    String,
    Map<String, Value>,
    Option<String>,
    Option<String>,
);

#[derive(Debug, PartialEq)]
enum Judged {
    Allowed,
    ImplicitlyDenied,
    ExplicitlyDenied,
    Unknown(String),
}

#[test]
fn every_request_is_decided_as_by_the_simulator_or_unknown() {
    let oracle: Policies = serde_json::from_str(include_str!("oracles/policies.json")).unwrap();
    assert_eq!(oracle.rows.len(), 217);
    let mut unknown = Unknown::new();
    for row in &oracle.rows {
        let (about, who, _, judged, ..) = row;
        let what = format!("{about}: {who}");
        match judge(&oracle.policies, row) {
            Judged::Unknown(why) => count(&mut unknown, &why, &what),
            ours => assert_eq!(format!("{ours:?}"), *judged, "{what}"),
        }
    }
    // The plain operator that the bus's policy had: whether it refuses another kind of event is open.
    assert_eq!(unknown, Unknown::from([(SEVERAL_VALUES, 3)]));
}

#[test]
fn the_bus_policy_with_set_operators_is_never_unknown() {
    let oracle: Policies = serde_json::from_str(include_str!("oracles/policies.json")).unwrap();
    let of_bus = |row: &&Row| row.8.as_deref() == Some("policy-25");
    let judged = oracle.rows.iter().filter(of_bus).map(|row| {
        let ours = judge(&oracle.policies, row);
        assert!(!matches!(ours, Judged::Unknown(_)), "{}: {ours:?}", row.1);
    });
    assert_eq!(judged.count(), 46);
}

fn judge(policies: &BTreeMap<String, Value>, row: &Row) -> Judged {
    let (_, _, _, _, principal, action, resource, of_request, of_resource, of_identity) = row;
    let parse = |name: &Option<String>| {
        let document = policies[name.as_ref()?].to_string();
        Some(Policy::parse(&document).unwrap())
    };
    let (of_resource, of_identity) = (parse(of_resource), parse(of_identity));
    let named = [&of_resource, &of_identity].into_iter().flatten();
    let keys = keys(of_request, &named.flat_map(named_keys).collect());
    let request = |principal| Request {
        principal,
        action: action.clone().leak(),
        resource: resource.clone(),
        keys: keys.clone(),
    };
    let decide = |policy: &Option<Policy>, principal| {
        policy.as_ref().map(|it| decide([it], &request(principal)))
    };
    let asking = asking(principal);
    let by_resource = decide(&of_resource, Some(asking.clone()));
    let by_identity = decide(&of_identity, None);
    together(by_resource, by_identity, &asking, action, resource)
}

fn asking(principal: &str) -> Principal {
    if !principal.starts_with("arn:") {
        return Principal::Service(principal.to_owned());
    }
    let parts: Vec<&str> = principal.splitn(6, ':').collect();
    // A session is named by its role.
    let arn = match parts[5].strip_prefix("assumed-role/") {
        Some(session) => {
            let role = session.split('/').next().unwrap();
            format!("arn:aws:iam::{}:role/{role}", parts[4])
        }
        None => principal.to_owned(),
    };
    Principal::Role {
        account: parts[4].to_owned(),
        arn,
    }
}

/// Within an account one Allow is enough, but for a role's trust; across accounts both must allow.
fn together(
    by_resource: Option<Decision>,
    by_identity: Option<Decision>,
    asking: &Principal,
    action: &str,
    resource: &str,
) -> Judged {
    let all = [&by_resource, &by_identity];
    let is = |wanted: fn(&Decision) -> bool| all.map(|it| it.as_ref().is_some_and(wanted));
    if is(|it| matches!(it, Decision::Denied(_))).contains(&true) {
        return Judged::ExplicitlyDenied;
    }
    for found in all.into_iter().flatten() {
        if let Decision::Unknown(why) = found {
            return Judged::Unknown(why.clone());
        }
    }
    let [resource_allows, identity_allows] = is(|it| *it == Decision::Allowed);
    let is_own = match asking {
        Principal::Service(_) => return of(resource_allows),
        Principal::Role { account, .. } => resource.split(':').nth(4) == Some(account),
    };
    of(match (&by_resource, is_own) {
        (None, _) => identity_allows,
        (Some(_), _) if action == "sts:AssumeRole" => resource_allows,
        (Some(_), true) => resource_allows || identity_allows,
        (Some(_), false) => resource_allows && identity_allows,
    })
}

fn of(allows: bool) -> Judged {
    if allows {
        Judged::Allowed
    } else {
        Judged::ImplicitlyDenied
    }
}
