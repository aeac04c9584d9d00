//! What a setting must look like, in AWS's own rules, so that bad input ends before the first call.

use super::{Config, Subscription};
use crate::aws::partition::{Partition, is_region_name};

/// Days that CloudWatch Logs takes (PutRetentionPolicy, `retentionInDays`).
const RETENTION_DAYS: [i32; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

/// Every problem of the settings, each a sentence that names the setting.
pub(super) fn problems(config: &Config) -> Vec<String> {
    let hub = &config.hub;
    let mut found = Vec::new();
    let mut check = |ok: bool, problem: String| {
        if !ok {
            found.push(problem);
        }
    };
    check(
        is_deployment_name(&config.name),
        format!(
            "name \"{}\" must begin with a small letter and have up to 32 small letters, digits and hyphens",
            config.name
        ),
    );
    if let Some(region) = &config.connection.region {
        check(
            is_region_name(region),
            format!("region \"{region}\" is not the name of an AWS region (such as eu-west-1)"),
        );
    }
    if let Some(id) = &config.org_id {
        check(
            is_id(id, "o-", 10),
            format!("organization id \"{id}\" does not look like o-a1b2c3d4e5"),
        );
    }
    if let Some(account) = &hub.account {
        check(
            is_account_id(account),
            format!("hub account \"{account}\" is not an account id: 12 digits"),
        );
    }
    if let Some(region) = &hub.region {
        check(
            is_region_name(region),
            format!("hub region \"{region}\" is not the name of an AWS region (such as eu-west-1)"),
        );
    }
    if let Some(name) = &hub.topic_name {
        check(
            is_topic_name(name),
            format!(
                "topic name \"{name}\" must have 1 to 256 letters, digits, hyphens and underscores"
            ),
        );
    }
    check(
        RETENTION_DAYS.contains(&hub.log_retention_days),
        format!(
            "log retention of {} days is none that CloudWatch Logs knows: {RETENTION_DAYS:?}",
            hub.log_retention_days
        ),
    );
    for subscription in &hub.subscriptions {
        if let Some(problem) = subscription_problem(subscription) {
            check(false, problem);
        }
    }
    for ou in &config.spokes.ous {
        check(
            is_ou(ou),
            format!(
                "\"{ou}\" is not an organizational unit: give an id (ou-ab12-cdefgh34), the root's (r-ab12) or a path (/Workloads/Prod)"
            ),
        );
    }
    for problem in region_list_problems(&config.spokes.regions) {
        check(false, problem);
    }
    for key in config.tags.keys() {
        check(
            !key.is_empty() && !key.starts_with("aws:") && !key.starts_with("rootwatch:"),
            format!("tag key \"{key}\" must not be empty or begin with \"aws:\" or \"rootwatch:\""),
        );
    }
    found
}

fn region_list_problems(regions: &[String]) -> Vec<String> {
    let mut found: Vec<String> = regions
        .iter()
        .filter(|region| !is_region_name(region))
        .map(|region| {
            format!("region \"{region}\" is not the name of an AWS region (such as eu-west-1)")
        })
        .collect();
    let Some(partition) = regions
        .first()
        .and_then(|region| Partition::of_region(region).ok())
    else {
        return found;
    };
    let sign_in = partition.sign_in_region();
    if !regions.iter().any(|region| region == sign_in) {
        found.push(format!(
            "the regions leave out {sign_in}, where AWS records every root sign-in: add it"
        ));
    }
    found
}

fn is_deployment_name(name: &str) -> bool {
    name.len() <= 32
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Twelve digits.
fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_topic_name(name: &str) -> bool {
    (1..=256).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn is_id(text: &str, prefix: &str, at_least: usize) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| {
        (at_least..=32).contains(&rest.len())
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}

fn is_ou(text: &str) -> bool {
    let id = text
        .strip_prefix("ou-")
        .and_then(|rest| rest.split_once('-'));
    id.is_some_and(|(root, unit)| is_id(root, "", 4) && is_id(unit, "", 8))
        || is_id(text, "r-", 4)
        || (text.starts_with('/') && !text.contains("//"))
}

/// What is wrong with a subscription, if anything is.
fn subscription_problem(subscription: &Subscription) -> Option<String> {
    let endpoint = subscription.endpoint.as_str();
    let is_arn = |service: &str| {
        let mut parts = endpoint.split(':');
        parts.next() == Some("arn") && parts.nth(1) == Some(service) && parts.nth(2).is_some()
    };
    let (ok, shape) = match subscription.protocol.as_str() {
        "email" | "email-json" => (is_email(endpoint), "an e-mail address"),
        "sms" => (is_phone(endpoint), "a phone number such as +491701234567"),
        "https" => (endpoint.starts_with("https://"), "an https:// address"),
        "http" => (endpoint.starts_with("http://"), "an http:// address"),
        "sqs" => (is_arn("sqs"), "the ARN of a queue"),
        "lambda" => (is_arn("lambda"), "the ARN of a function"),
        "application" => (is_arn("sns"), "the ARN of a mobile app endpoint"),
        other => {
            return Some(format!(
                "\"{other}\" is no protocol of an SNS subscription here: email, email-json, sms, https, http, sqs, lambda or application"
            ));
        }
    };
    (!ok).then(|| {
        format!(
            "{} endpoint \"{endpoint}\" is not {shape}",
            subscription.protocol
        )
    })
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let printable =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_graphic() && c != '@');
    printable(local)
        && printable(domain)
        && domain.contains('.')
        && domain.split('.').all(|label| !label.is_empty())
        && text.len() <= 254
}

fn is_phone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(protocol: &str, endpoint: &str) -> Option<String> {
        subscription_problem(&Subscription {
            protocol: protocol.into(),
            endpoint: endpoint.into(),
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
            ("pigeon", "roof"),
        ] {
            assert!(problem(protocol, bad).is_some(), "{protocol} {bad} passed");
        }
    }

    #[test]
    fn organizational_units_are_ids_or_paths() {
        for good in ["ou-ab12-cdefgh34", "r-ab12", "/Workloads/Prod", "/"] {
            assert!(is_ou(good), "{good}");
        }
        for bad in ["", "ou-ab12", "ou-AB12-cdefgh34", "Workloads", "//x", "r-1"] {
            assert!(!is_ou(bad), "{bad}");
        }
    }

    #[test]
    fn the_sign_in_region_cannot_be_left_out() {
        let list = |regions: &[&str]| -> Vec<String> {
            region_list_problems(&regions.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert!(list(&[]).is_empty());
        assert!(list(&["us-east-1", "eu-west-1"]).is_empty());
        assert!(list(&["us-gov-west-1"]).is_empty());
        assert!(list(&["eu-west-1"])[0].contains("us-east-1"));
    }
}
