use super::*;

fn problem(protocol: &str, address: &str) -> Option<String> {
    endpoint(&Subscription {
        protocol: protocol.into(),
        endpoint: address.into(),
    })
}

#[test]
fn endpoints_fit_their_protocol() {
    for (protocol, good) in [
        ("email", "sec.ops+root@example.co.uk"),
        ("email-json", "a@b.example"),
        ("sms", "+491701234567"),
        ("https", "https://example.com/hook"),
        ("sqs", "arn:aws:sqs:eu-west-1:111122223333:q"),
        (
            "lambda",
            "arn:aws-cn:lambda:cn-north-1:111122223333:function:f",
        ),
    ] {
        assert_eq!(problem(protocol, good), None);
    }
    for (protocol, bad) in [
        ("email", "nobody"),
        ("email", "a@b"),
        ("email", "a@@b.c"),
        ("email", "a b@c.de"),
        ("email", "a@b..c"),
        ("sms", "0170123456"),
        ("https", "http://example.com"),
        ("sqs", "https://sqs.eu-west-1.amazonaws.com/1/q"),
        ("sqs", "arn:aws:sns:eu-west-1:111122223333:q"),
    ] {
        assert!(problem(protocol, bad).is_some(), "{protocol} {bad} passed");
    }
}

#[test]
fn forms_take_the_good_and_refuse_the_bad() {
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd";
    let cases: [(Form, &[&str], &[&str]); 14] = [
        (key_arn, &[key], &["", "alias/aws/sqs", "1234abcd"]),
        (
            permissions_boundary,
            &[
                "Boundary",
                "/team/Boundary",
                "team/Boundary",
                "arn:aws:iam::aws:policy/PowerUserAccess",
                "arn:aws-us-gov:iam::aws:policy/job-function/ViewOnlyAccess",
            ],
            &[
                "",
                "/",
                "//x",
                "team/",
                "a b",
                "arn:aws:iam::111122223333:policy/Boundary",
                "arn:aws:iam::aws:role/x",
            ],
        ),
        (
            iam_path,
            &["/", "/team/", "/a/b/"],
            &["", "team", "/team", "team/", "//", "/a b/"],
        ),
        (
            heartbeat,
            &["off", "1h", "6h", "12h"],
            &["", "6", "0h", "13h", "90m"],
        ),
        (role_prefix, &["Corp-", "a_b.c"], &["", "a/", "a b", "é"]),
        (
            organizational_unit,
            &["ou-ab12-cdefgh34", "r-ab12", "/Workloads/Prod", "/"],
            &["", "ou-ab12", "ou-AB12-cdefgh34", "Workloads", "//x", "r-1"],
        ),
        (
            kms_key,
            &[key, "alias/aws/sns"],
            &[
                "",
                "alias/mine",
                "1234abcd",
                "arn:aws:kms:eu-west-1:111122223333:alias/x",
                "arn:aws:sns:eu-west-1:111122223333:key/x",
            ],
        ),
        (
            web_address,
            &["http://localhost:4566", "https://a.example"],
            &["", "localhost", "https://", "ftp://a"],
        ),
        (duration, &["90s", "30m", "2h"], &["", "soon", "-2h", "12"]),
        (
            account,
            &["111122223333"],
            &["12345", "1111-2222-3333", "11112222333a"],
        ),
        (organization, &["o-a1b2c3d4e5"], &["o-1", "a1b2c3d4e5"]),
        (not_empty, &["x"], &["", " "]),
        (
            amount,
            &["0", "10", "0%", "100%"],
            &["", "-1", "1.5", "101%", "%", "10 %", "many"],
        ),
        (at_least_one, &["1", "1%"], &["0", "0%", "all"]),
    ];
    for (form, good, bad) in cases {
        for text in good {
            assert_eq!(form(text), None, "{text:?}");
        }
        for text in bad {
            assert!(form(text).is_some(), "{text:?} passed");
        }
    }
}

#[test]
fn names_are_for_accounts() {
    assert_eq!(account_name("111122223333", "Prod – Zürich"), None);
    let long = "x".repeat(51);
    for (id, name) in [
        ("Prod", "111122223333"),
        ("111122223333", ""),
        ("111122223333", "a\nb"),
        ("111122223333", &long),
    ] {
        assert!(account_name(id, name).is_some(), "{id} {name} passed");
    }
}

#[test]
fn tags_keep_to_the_limits_of_aws() {
    let long = "x".repeat(257);
    for (key, value) in [
        ("", "1"),
        ("k", ""),
        ("aws:x", "1"),
        ("AWS:x", "1"),
        ("k", "aws:x"),
        ("rootwatch:deployment", "1"),
        (&long[..129], "1"),
        ("k", long.as_str()),
    ] {
        assert!(tag(key, value).is_some(), "{key} {value} passed");
    }
}

/// The rules of each service, as in its model; a check of the lab compares them with the models.
fn services() -> serde_json::Value {
    serde_json::from_str(include_str!("../../tests/fixtures/tags.json")).unwrap()
}

/// Whether a service takes a text by its rule for keys or values.
fn is_taken(rule: &serde_json::Value, text: &str) -> bool {
    let length = u64::try_from(text.chars().count()).unwrap();
    let pattern = rule["pattern"].as_str().unwrap_or(".*");
    let whole = Regex::new(&format!("(?s)^(?:{pattern})$")).unwrap();
    length >= rule["min"].as_u64().unwrap_or_default()
        && length <= rule["max"].as_u64().unwrap_or(u64::MAX)
        && whole.is_match(text)
}

#[test]
fn a_tag_passes_when_every_service_takes_it() {
    let services = services();
    let services = services.as_object().unwrap();
    let (long_key, long_value) = ("x".repeat(128), "x".repeat(256));
    for (key, value) in [
        ("team", "security"),
        ("Kostenstelle", "Zürich 1 – 2"),
        ("cost-center", "a.b:c/d=e+f-g@h_i"),
        ("チーム", "①"),
        ("team", "R&D"),
        ("a,b", "1"),
        ("team", "\"quoted\""),
        ("team", "tab\there"),
        ("team", "crab 🦀"),
        ("team", "line\nbreak"),
        ("team", ""),
        (&long_key, &long_value),
        (&format!("{long_key}x"), "1"),
        ("k", &format!("{long_value}x")),
    ] {
        let refusing: Vec<&String> = services
            .iter()
            .filter(|(_, rule)| !is_taken(&rule["key"], key) || !is_taken(&rule["value"], value))
            .map(|(service, _)| service)
            .collect();
        let found = tag(key, value);
        assert_eq!(
            found.is_none(),
            refusing.is_empty(),
            "{key}={value}: {found:?}, {refusing:?}"
        );
    }
}
