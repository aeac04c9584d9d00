//! Which external principals a resource's policy allows, though it is meant for one rule alone.

use crate::Policy;
use crate::iam::{Decision, Keys, Principal, Request, decide};
use serde_json::Value;
use std::collections::BTreeSet;

/// A number that no account has.
const NOBODY: &str = "000000000000";

/// What an external principal would do.
pub struct Access<'a> {
    /// The resource's own account.
    pub account: &'a str,
    /// What they would call.
    pub actions: &'a [&'static str],
    /// ARN of what they would call it on.
    pub resource: &'a str,
}

/// An external principal, and the statement that allows it or is unknown.
pub struct ExternalPrincipal {
    /// The principal, as the statement names it.
    pub who: String,
    /// `Sid` of the statement.
    pub sid: String,
    /// Why it is unknown; `None` when it is certain.
    pub unknown: Option<String>,
}

/// The first principal that a statement allows; a certain one comes before an unknown one.
pub fn find(policy: &Policy, access: &Access<'_>) -> Option<ExternalPrincipal> {
    let mut doubt = None;
    for (sid, statement) in policy.statements() {
        if statement["Effect"] != "Allow" {
            continue;
        }
        for (who, request) in requests(statement, access) {
            // With the Deny statements of others, which may override it.
            let alone = policy.clone().only_with_denies(sid);
            let unknown = match decide([&alone], &request) {
                Decision::Allowed => None,
                Decision::Unknown(why) => Some(why),
                Decision::Denied(_) | Decision::NotAllowed | Decision::OutOfBounds => continue,
            };
            let found = ExternalPrincipal {
                who,
                sid: sid.to_owned(),
                unknown,
            };
            if found.unknown.is_none() {
                return Some(found);
            }
            doubt.get_or_insert(found);
        }
    }
    doubt
}

fn requests(statement: &Value, access: &Access<'_>) -> Vec<(String, Request)> {
    let named = |kind: &str| names(&statement["Principal"][kind]);
    let roles = named("AWS")
        .into_iter()
        .filter_map(|name| external_role(name, access.account))
        .chain([any_account()])
        .chain(conditioned_roles(statement, access.account))
        .flat_map(|(who, account, arn)| WAYS.map(|way| role(&who, &account, &arn, way)));
    // EventBridge is always evaluated: the policy is meant for it.
    let mut services: BTreeSet<&str> = named("Service").into_iter().collect();
    services.insert("events.amazonaws.com");
    let sources = &sources(statement, access.account);
    let services = services
        .into_iter()
        .flat_map(|name| sources.iter().map(|source| service(name, source)));
    roles
        .chain(services)
        .flat_map(|(who, principal, keys)| {
            access.actions.iter().map(move |action| {
                let request = Request {
                    principal: Some(principal.clone()),
                    action,
                    resource: access.resource.to_owned(),
                    keys: keys.clone(),
                };
                (who.clone(), request)
            })
        })
        .collect()
}

type Asking = (String, Principal, Keys);

/// An external role: its description, account and ARN.
type ExternalRole = (String, String, String);

/// How a request reaches a function: its description, the URL's auth type, and whether it came by the URL
/// (Lambda Developer Guide, "Control access to Lambda function URLs"). For other resources all are the same.
const WAYS: [(&str, Option<&str>, &str); 3] = [
    ("", None, "false"),
    (
        " by a function URL that is open to all",
        Some("NONE"),
        "true",
    ),
    (" by a function URL", Some("AWS_IAM"), "true"),
];

/// A named principal that is not of the resource's account.
fn external_role(name: &str, own: &str) -> Option<ExternalRole> {
    let account = match name.split(':').nth(4) {
        Some(account) => account,
        None if name.len() == 12 && name.bytes().all(|it| it.is_ascii_digit()) => name,
        // Everybody is evaluated below; a unique id may be anybody.
        None => NOBODY,
    };
    (account != own && name != "*").then(|| {
        let arn = if name.starts_with("arn:") {
            name.to_owned()
        } else {
            format!("arn:aws:iam::{account}:role/any")
        };
        (name.to_owned(), account.to_owned(), arn)
    })
}

/// Whom the statement's conditions name by `aws:PrincipalArn` or `aws:PrincipalAccount`, except those of the resource's
/// account; of a pattern, one that is like it, in each account that may be meant.
fn conditioned_roles(statement: &Value, own: &str) -> Vec<ExternalRole> {
    let named = names(&statement["Principal"]["AWS"]);
    let named: Vec<String> = named
        .into_iter()
        .filter_map(|name| Some(external_role(name, own)?.1))
        .collect();
    let of_test = |(key, value): (&str, &str)| {
        let parts: Vec<&str> = value.splitn(6, ':').collect();
        let (account, resource) = if key.eq_ignore_ascii_case("aws:PrincipalArn") {
            let [_, _, _, _, account, resource] = parts.as_slice() else {
                return Vec::new();
            };
            (account_like(account), resource.replace(['*', '?'], "a"))
        } else if key.eq_ignore_ascii_case("aws:PrincipalAccount") {
            (account_like(value), "role/any".to_owned())
        } else {
            return Vec::new();
        };
        let service = parts.get(2).filter(|it| **it == "sts").unwrap_or(&"iam");
        let accounts = named
            .iter()
            .cloned()
            .chain([account])
            .filter(|it| it != own);
        accounts
            .map(|account| {
                let arn = format!("arn:aws:{service}::{account}:{resource}");
                (value.to_owned(), account, arn)
            })
            .collect()
    };
    tests(statement).into_iter().flat_map(of_test).collect()
}

/// An account's number that is like a pattern.
fn account_like(pattern: &str) -> String {
    if pattern.contains('*') {
        let before = pattern.split('*').next().unwrap_or_default();
        let after = pattern.rsplit('*').next().unwrap_or_default();
        let between = 12_usize.saturating_sub(before.len() + after.len());
        return format!("{before}{}{after}", "0".repeat(between)).replace('?', "0");
    }
    pattern.replace('?', "0")
}

/// Every key of the statement's conditions with each of its values, whatever the operator.
fn tests(statement: &Value) -> Vec<(&str, &str)> {
    let operators = statement["Condition"].as_object().into_iter().flatten();
    let tests = operators.filter_map(|(_, tests)| tests.as_object());
    tests
        .flatten()
        .flat_map(|(key, values)| names(values).into_iter().map(|it| (key.as_str(), it)))
        .collect()
}

fn any_account() -> ExternalRole {
    let arn = format!("arn:aws:iam::{NOBODY}:role/any");
    ("any account".to_owned(), NOBODY.to_owned(), arn)
}

fn role(
    who: &str,
    account: &str,
    arn: &str,
    (way, auth_type, is_by_url): (&str, Option<&str>, &str),
) -> Asking {
    let keys: Keys = [
        ("aws:principalarn", Some(arn.to_owned())),
        ("aws:principalaccount", Some(account.to_owned())),
        ("aws:sourcearn", None),
        ("aws:sourceaccount", None),
        ("lambda:functionurlauthtype", auth_type.map(str::to_owned)),
        ("lambda:invokedviafunctionurl", Some(is_by_url.to_owned())),
    ]
    .into();
    let (account, arn) = (account.to_owned(), arn.to_owned());
    let who = format!("{who}{way}");
    (who, Principal::Role { account, arn }, keys)
}

/// For which account a service asks.
struct Source {
    account: String,
    /// Any rule's when `None`.
    arn: Option<String>,
}

/// Any account, and those that the statement's condition names except the resource's own.
fn sources(statement: &Value, own: &str) -> Vec<Source> {
    let mut all = vec![Source {
        account: NOBODY.to_owned(),
        arn: None,
    }];
    for (key, value) in tests(statement) {
        let is = |name: &str| key.eq_ignore_ascii_case(name);
        let (account, arn) = if is("aws:SourceArn") {
            (value.split(':').nth(4), Some(value.to_owned()))
        } else if is("aws:SourceAccount") {
            (Some(value), None)
        } else {
            (None, None)
        };
        if let Some(account) = account.filter(|it| !it.is_empty() && *it != own) {
            let account = account.to_owned();
            all.push(Source { account, arn });
        }
    }
    all
}

/// An AWS service on behalf of an account.
fn service(name: &str, source: &Source) -> Asking {
    let short = name.split('.').next().unwrap_or_default();
    let account = &source.account;
    let any = || format!("arn:aws:{short}:eu-west-1:{account}:rule/any");
    let keys: Keys = [
        (
            "aws:sourcearn",
            Some(source.arn.clone().unwrap_or_else(any)),
        ),
        ("aws:sourceaccount", Some(account.clone())),
    ]
    .into();
    let who = match (&source.arn, account.as_str()) {
        (Some(arn), _) => format!("{name} for {arn}"),
        (None, NOBODY) => format!("{name} for any account"),
        (None, account) => format!("{name} for account {account}"),
    };
    (who, Principal::Service(name.to_owned()), keys)
}

fn names(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_principal_is_external_by_its_account_and_a_unique_id_may_be_anybody() {
        let account = |name| external_role(name, "111122223333").map(|it| it.1);
        assert_eq!(account("999988887777").as_deref(), Some("999988887777"));
        assert_eq!(account("AIDAEXAMPLE1").as_deref(), Some(NOBODY));
        assert_eq!(account("99998888777").as_deref(), Some(NOBODY));
        assert_eq!(account("111122223333"), None);
        assert_eq!(account("*"), None);
    }

    #[test]
    fn an_account_that_is_like_a_pattern_has_its_length() {
        for (pattern, wanted) in [
            ("9999*77", "999900000077"),
            ("9*7", "900000000007"),
            ("*", "000000000000"),
            ("99998888777?", "999988887770"),
            ("999988887777*", "999988887777"),
        ] {
            assert_eq!(account_like(pattern), wanted, "{pattern}");
        }
    }

    #[test]
    fn a_session_that_a_condition_names_is_one() {
        let named = |value: &str| {
            let statement = json!({"Condition": {"ArnLike": {"aws:PrincipalArn": value}}});
            let all = conditioned_roles(&statement, "111122223333").into_iter();
            all.map(|it| it.2).collect::<Vec<_>>()
        };
        let session = "arn:aws:sts::999988887777:assumed-role/x/s";
        assert_eq!(named(session), [session]);
        let role = "arn:aws:iam::999988887777:role/x";
        assert_eq!(named(role), [role]);
    }

    fn found(principal: Value, condition: Value) -> Option<(String, bool)> {
        let policy = json!({"Statement": [
            {"Sid": "Ours", "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "q",
             "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:events:eu-west-1:111122223333:rule/x"}}},
            {"Sid": "Theirs", "Effect": "Allow", "Principal": principal, "Action": "sqs:*", "Resource": "q", "Condition": condition},
        ]});
        let access = Access {
            account: "111122223333",
            actions: &["sqs:SendMessage"],
            resource: "q",
        };
        find(&Policy::parse(&policy.to_string()).unwrap(), &access).map(|it| {
            assert_eq!(it.sid, "Theirs");
            (it.who, it.unknown.is_none())
        })
    }

    #[test]
    fn every_external_principal_is_found() {
        let sure = |who: &str| Some((who.to_owned(), true));
        let none = json!({});
        assert_eq!(found(json!("*"), none.clone()), sure("any account"));
        assert_eq!(
            found(
                json!({"AWS": ["111122223333", "999988887777"]}),
                none.clone()
            ),
            sure("999988887777")
        );
        let role = "arn:aws:iam::999988887777:role/x";
        assert_eq!(found(json!({"AWS": role}), none.clone()), sure(role));
        assert_eq!(
            found(json!({"Service": "s3.amazonaws.com"}), none.clone()),
            sure("s3.amazonaws.com for any account")
        );
        let rule = "arn:aws:events:eu-west-1:999988887777:rule/x";
        for (key, value, who) in [
            ("aws:SourceArn", rule, rule),
            ("AWS:SourceAccount", "999988887777", "account 999988887777"),
        ] {
            let condition = json!({"StringLike": {key: value}});
            let by = json!({"Service": "events.amazonaws.com"});
            let expected = format!("events.amazonaws.com for {who}");
            assert_eq!(found(by, condition), sure(&expected));
        }
        let odd = json!({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}});
        assert_eq!(found(json!("*"), odd).map(|it| it.1), Some(false));
        assert_eq!(
            found(json!({"AWS": "AROAEXAMPLEEXAMPLE12"}), none).map(|it| it.1),
            Some(false)
        );
    }

    #[test]
    fn a_function_url_is_open_to_whom_its_policy_allows() {
        let invokes = |principal: &str, action: &str, condition: &Value| {
            let policy = json!({"Statement": [
                {"Sid": "Url", "Effect": "Allow", "Principal": principal, "Action": action, "Resource": "f", "Condition": condition},
            ]});
            let access = Access {
                account: "111122223333",
                actions: &["lambda:InvokeFunction", "lambda:InvokeFunctionUrl"],
                resource: "f",
            };
            let found = find(&Policy::parse(&policy.to_string()).unwrap(), &access)?;
            assert_eq!(found.unknown, None);
            Some(found.who)
        };
        let auth = |kind: &str| json!({"StringEquals": {"lambda:FunctionUrlAuthType": kind}});
        let by_url = |is: &str| json!({"Bool": {"lambda:InvokedViaFunctionUrl": is}});
        let open = Some("any account by a function URL that is open to all".to_owned());
        let url = "lambda:InvokeFunctionUrl";
        assert_eq!(invokes("*", url, &auth("NONE")), open);
        assert_eq!(invokes("*", "lambda:InvokeFunction", &by_url("true")), open);
        assert_eq!(
            invokes("*", url, &auth("AWS_IAM")),
            Some("any account by a function URL".to_owned())
        );
        assert_eq!(
            invokes("*", "lambda:InvokeFunction", &by_url("false")),
            Some("any account".to_owned())
        );
    }

    #[test]
    fn whom_a_condition_names_is_found() {
        let outside = "999988887777";
        for (principal, key, value) in [
            (
                json!({"AWS": outside}),
                "aws:PrincipalArn",
                "arn:aws:iam::999988887777:role/Backup",
            ),
            (
                json!({"AWS": outside}),
                "AWS:principalarn",
                "arn:*:iam::9999*:role/Ba?kup-*",
            ),
            (
                json!("*"),
                "aws:PrincipalArn",
                "arn:aws:iam::*:role/rootwatch-*",
            ),
            (json!("*"), "aws:PrincipalAccount", outside),
            (json!("*"), "aws:PrincipalAccount", "99998888????"),
        ] {
            for operator in ["ArnLike", "StringLike"] {
                if operator == "ArnLike" && key == "aws:PrincipalAccount" {
                    continue;
                }
                let condition =
                    json!({operator: {key: [value, "arn:aws:iam::111122223333:role/x"]}});
                let found = found(principal.clone(), condition.clone());
                assert_eq!(found, Some((value.to_owned(), true)), "{condition}");
            }
        }
        let own = json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}});
        assert_eq!(found(json!({"AWS": outside}), own), None);
    }

    #[test]
    fn our_own_account_is_no_outsider() {
        let own = json!({"StringEquals": {"aws:SourceAccount": "111122223333"}});
        for (principal, condition) in [
            (json!({"AWS": "111122223333"}), json!({})),
            (
                json!({"AWS": "arn:aws:iam::111122223333:role/x"}),
                json!({}),
            ),
            (json!({"Service": "s3.amazonaws.com"}), own.clone()),
            (json!("*"), own),
        ] {
            assert_eq!(found(principal.clone(), condition), None, "{principal}");
        }
    }
}
