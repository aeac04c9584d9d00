//! What a single value must look like, in AWS's own rules, so that bad input ends before the first call.

use regex::Regex;
use rootwatch_engine::{Amount, Boundary, Heartbeat, Subscription, is_region_name};
use std::sync::LazyLock;
use std::time::Duration;

/// What is wrong with a text, if anything is, as the rest of a sentence that begins with the text.
pub(super) type Form = fn(&str) -> Option<String>;
/// The same of a name and its text.
pub(super) type PairForm = fn(&str, &str) -> Option<String>;

/// Days that CloudWatch Logs accepts (PutRetentionPolicy, `retentionInDays`).
pub(super) static RETENTION_DAYS: [i64; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

/// A protocol of SNS: its name, what a valid endpoint is, and the description of that.
type Protocol = (&'static str, fn(&str) -> bool, &'static str);

const PROTOCOLS: [Protocol; 8] = [
    ("email", is_email, "an e-mail address"),
    ("email-json", is_email, "an e-mail address"),
    ("sms", is_phone, "a phone number such as +491701234567"),
    (
        "https",
        |text| text.starts_with("https://"),
        "an https:// address",
    ),
    (
        "http",
        |text| text.starts_with("http://"),
        "an http:// address",
    ),
    ("sqs", |text| is_arn(text, "sqs"), "the ARN of a queue"),
    (
        "lambda",
        |text| is_arn(text, "lambda"),
        "the ARN of a function",
    ),
    (
        "application",
        |text| is_arn(text, "sns"),
        "the ARN of a mobile app endpoint",
    ),
];

/// The protocols that a subscription may have.
pub(super) fn protocols() -> Vec<String> {
    PROTOCOLS
        .iter()
        .map(|(name, _, _)| (*name).to_owned())
        .collect()
}

/// What is wrong with a subscription's endpoint; an unknown protocol has no form for it.
pub(super) fn endpoint(subscription: &Subscription) -> Option<String> {
    if has_stars(&subscription.endpoint) {
        return Some(
            "has stars in place of its password, as SNS shows it: give the password itself".into(),
        );
    }
    let (_, is_good, shape) = PROTOCOLS
        .iter()
        .find(|(name, _, _)| *name == subscription.protocol)?;
    unless(
        is_good(&subscription.endpoint),
        &format!(
            "is not {shape}, as the protocol \"{}\" requires",
            subscription.protocol
        ),
    )
}

/// Whether an address has what SNS lists in place of a password, and not the password.
pub(super) fn has_stars(endpoint: &str) -> bool {
    let rest = endpoint.split_once("://").map_or("", |(_, rest)| rest);
    let user = rest.split('/').next().and_then(|it| it.rsplit_once('@'));
    user.is_some_and(|(user, _)| user.ends_with(":****"))
}

pub(super) fn unless(good: bool, problem: &str) -> Option<String> {
    (!good).then(|| problem.to_owned())
}

pub(super) fn not_empty(text: &str) -> Option<String> {
    unless(!text.trim().is_empty(), "is empty")
}

pub(super) fn deployment_name(text: &str) -> Option<String> {
    let good = text.len() <= 32
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    unless(
        good,
        "must begin with a small letter and have up to 32 small letters, digits and hyphens",
    )
}

pub(super) fn region(text: &str) -> Option<String> {
    unless(
        is_region_name(text),
        "is not the name of an AWS region (such as eu-west-1)",
    )
}

pub(super) fn web_address(text: &str) -> Option<String> {
    let host = text
        .strip_prefix("https://")
        .or(text.strip_prefix("http://"));
    unless(
        host.is_some_and(|host| !host.is_empty()),
        "is not an http:// or https:// address",
    )
}

pub(super) fn organization(text: &str) -> Option<String> {
    unless(
        is_id(text, "o-", 10),
        "is not an organization's id (such as o-a1b2c3d4e5)",
    )
}

pub(super) fn finding(text: &str) -> Option<String> {
    let known: Result<rootwatch_engine::findings::FindingId, _> = text.parse();
    unless(
        known.is_ok(),
        "is not the number of a kind of finding (such as RW307); docs/findings.md lists them",
    )
}

pub(super) fn account(text: &str) -> Option<String> {
    unless(is_account(text), "is not an account id: 12 digits")
}

pub(super) fn topic_name(text: &str) -> Option<String> {
    let good = (1..=256).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    unless(
        good,
        "must have 1 to 256 letters, digits, hyphens and underscores",
    )
}

/// A key's ARN, or AWS's own alias. Any other alias is refused: a policy that names one allows nothing.
pub(super) fn kms_key(text: &str) -> Option<String> {
    match text {
        "alias/aws/sns" => None,
        _ => key_arn(text),
    }
}

/// A key's ARN. An alias is refused, those of AWS too: no policy of their keys can be changed for EventBridge.
pub(super) fn key_arn(text: &str) -> Option<String> {
    let good = match text.split(':').collect::<Vec<_>>().as_slice() {
        ["arn", _, "kms", region, account, key] => {
            is_region_name(region)
                && is_account(account)
                && key.strip_prefix("key/").is_some_and(|id| !id.is_empty())
        }
        _ => false,
    };
    unless(
        good,
        "is not the ARN of a KMS key (such as arn:aws:kms:eu-west-1:111122223333:key/1234abcd-…)",
    )
}

pub(super) fn email(text: &str) -> Option<String> {
    unless(is_email(text), "is not an e-mail address")
}

pub(super) fn organizational_unit(text: &str) -> Option<String> {
    let id = text
        .strip_prefix("ou-")
        .and_then(|rest| rest.split_once('-'));
    let good = id.is_some_and(|(root, unit)| is_id(root, "", 4) && is_id(unit, "", 8))
        || is_id(text, "r-", 4)
        || (text.starts_with('/') && !text.contains("//"));
    unless(
        good,
        "is not an organizational unit: give an id (ou-ab12-cdefgh34), the root's (r-ab12) or a path (/Workloads/Prod)",
    )
}

pub(super) fn duration(text: &str) -> Option<String> {
    unless(
        parse_duration(text).is_some(),
        "is not a duration, such as 90s, 30m or 2h",
    )
}

/// A duration as people write it, `90s`, `30m` or `2h`.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let parsed = text.parse::<jiff::SignedDuration>().ok()?;
    Duration::try_from(parsed).ok()
}

/// What is wrong with an account's name (Organizations API reference, CreateAccount: 1 to 50 printable characters).
pub(super) fn role_arn(text: &str) -> Option<String> {
    let good = match text.split(':').collect::<Vec<_>>().as_slice() {
        ["arn", _, "iam", "", account, role] => {
            is_account(account) && role.strip_prefix("role/").is_some_and(|it| !it.is_empty())
        }
        _ => false,
    };
    unless(
        good,
        "is not the ARN of an IAM role (such as arn:aws:iam::111122223333:role/Name)",
    )
}

pub(super) fn account_name(id: &str, name: &str) -> Option<String> {
    if !is_account(id) {
        return Some("is not an account id: 12 digits".into());
    }
    let good = (1..=50).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    unless(good, "must have a name of 1 to 50 characters in one line")
}

pub(super) fn permissions_boundary(text: &str) -> Option<String> {
    unless(
        Boundary::parse(text).is_some(),
        "is neither the ARN of a policy of AWS's (arn:aws:iam::aws:policy/…) nor the path and name of a policy that exists in every account, such as /team/Boundary: the ARN of such a policy names one account",
    )
}

/// IAM API Reference, CreateRole, `Path`.
pub(super) fn iam_path(text: &str) -> Option<String> {
    let good = text == "/"
        || text.len() > 2
            && text.len() <= 512
            && text.starts_with('/')
            && text.ends_with('/')
            && text.bytes().all(|byte| byte.is_ascii_graphic());
    unless(
        good,
        "must begin and end with a slash, such as /team/, and have no spaces",
    )
}

/// IAM API Reference, CreateRole, `RoleName`.
pub(super) fn role_prefix(text: &str) -> Option<String> {
    let is_good = |it: u8| it.is_ascii_alphanumeric() || b"_+=,.@-".contains(&it);
    unless(
        !text.is_empty() && text.bytes().all(is_good),
        "must have letters, digits and _ + = , . @ - only",
    )
}

/// A role that a service control policy may name: its name, a pattern of names, or a pattern of ARNs.
pub(super) fn free_role(text: &str) -> Option<String> {
    let name = match text.split(':').collect::<Vec<_>>().as_slice() {
        [name] => Some(*name),
        ["arn", _, "iam", "", _, role] => role.strip_prefix("role/"),
        _ => None,
    };
    let is_good = |it: u8| it.is_ascii_alphanumeric() || b"_+=,.@/*?-".contains(&it);
    let Some(name) = name.filter(|it| !it.is_empty() && it.bytes().all(is_good)) else {
        return Some(
            "is neither a role's name (or a pattern of names), such as AWSControlTowerExecution, nor a role's ARN, such as arn:aws:iam::*:role/Repair"
                .into(),
        );
    };
    let says_something = name.bytes().any(|it| it.is_ascii_alphanumeric());
    unless(
        says_something,
        "would leave every role free, and the guardrail without effect",
    )
}

const AMOUNT: &str = "is neither a number of accounts, such as 10, nor a percentage, such as 25%";

pub(super) fn amount(text: &str) -> Option<String> {
    unless(parse_amount(text).is_some(), AMOUNT)
}

pub(super) fn heartbeat(text: &str) -> Option<String> {
    let (least, most) = (Heartbeat::HOURS.start(), Heartbeat::HOURS.end());
    unless(
        Heartbeat::parse(text).is_some(),
        &format!("is neither a number of hours from {least}h to {most}h nor off"),
    )
}

/// A number of at least one.
pub(super) fn count(text: &str) -> Option<String> {
    let is_count = text.parse::<usize>().is_ok_and(|count| count > 0);
    unless(is_count, "is not a number of 1 or more")
}

pub(super) fn at_least_one(text: &str) -> Option<String> {
    match parse_amount(text) {
        None => Some(AMOUNT.into()),
        Some(Amount::Count(0) | Amount::Percent(0)) => {
            Some("leaves no account to work on: give 1 or more".into())
        }
        Some(_) => None,
    }
}

pub(super) fn parse_amount(text: &str) -> Option<Amount> {
    let number = |text: &str| text.parse::<u16>().ok().map(i32::from);
    match text.strip_suffix('%') {
        Some(percent) => number(percent).filter(|it| *it <= 100).map(Amount::Percent),
        None => number(text).map(Amount::Count),
    }
}

/// Characters of a tag, as IAM, Lambda and CloudWatch Logs take them; the other services take more.
const TAG: &str = r"^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$";

/// What is wrong with a tag, by the narrowest rules of all the services that get it. One key of rootwatch's is on
/// everything too.
pub(super) fn tag(key: &str, value: &str) -> Option<String> {
    static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(TAG).ok());
    let is_aws = |text: &str| {
        text.get(..4)
            .is_some_and(|it| it.eq_ignore_ascii_case("aws:"))
    };
    if key.is_empty() || is_aws(key) || is_aws(value) || key.starts_with("rootwatch:") {
        return Some("must not be empty or begin with \"aws:\" or \"rootwatch:\"".into());
    }
    if value.is_empty() {
        return Some("has no value: CloudFormation takes no empty ones".into());
    }
    if key.chars().count() > 128 || value.chars().count() > 256 {
        return Some("is too long: a tag has up to 128 characters, its value up to 256".into());
    }
    unless(
        FORM.as_ref()
            .is_none_or(|it| it.is_match(key) && it.is_match(value)),
        "has a character that IAM, Lambda or CloudWatch Logs refuses: letters, digits, spaces and _ . : / = + - @ are taken by all services",
    )
}

/// Twelve digits.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_id(text: &str, prefix: &str, at_least: usize) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| {
        (at_least..=32).contains(&rest.len())
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    })
}

fn is_arn(text: &str, service: &str) -> bool {
    let mut parts = text.split(':');
    parts.next() == Some("arn") && parts.nth(1) == Some(service) && parts.nth(2).is_some()
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
#[path = "form_tests.rs"]
mod tests;
