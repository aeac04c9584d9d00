//! Settings that are valid alone and invalid together.

use super::given::{Given, Origin, Problem, Value};
use super::schema::{
    ACCOUNT_NAMES, HUB_REGION, KMS_KEY, Key, LOG_KMS_KEY, NAME, OWNERS, QUEUE_KMS_KEY, REGION,
    REGIONS, ROLE_PREFIX, SUBSCRIPTIONS, TAGS, TOPIC_NAME,
};
use super::settings::Values;
use rootwatch_engine::{MOST_NOTIFIER_SETTINGS, Notify, Partition, Settings};
use std::collections::BTreeMap;

/// Tags that a resource can carry beside rootwatch's: one that marks it, and two more on the function.
const MOST_TAGS: usize = 47;
/// Characters of a role's name (IAM API Reference, CreateRole).
const MOST_ROLE: usize = 64;
/// Characters of a region's name: `ap-southeast-1`, and one to spare.
const LONGEST_REGION: usize = 15;
/// What stands between the deployment's name and the region in the longest name of a role.
const LONGEST_PART: &str = "-selfcheck-";
/// An ARN up to the topic's name, at its longest: the region need not be among the settings.
const LONGEST_TOPIC: &str = "arn:aws-us-gov:sns:ap-southeast-1:111122223333";

/// Every invalid combination.
pub(super) fn problems(settings: &Values) -> Vec<Problem> {
    let mut found = partitions(settings);
    found.extend(sign_in_region(settings));
    found.extend(keys_elsewhere(settings));
    found.extend(health_topic_name(settings));
    found.extend(too_long_role(settings));
    found.extend(too_many_tags(settings));
    found.extend(tags_alike(settings));
    found.extend(too_many_names(settings));
    found
}

/// Every setting that contains a region, with the region. What is not a region is reported elsewhere.
fn regions(settings: &Values) -> Vec<(&Given, &str, Partition)> {
    let plain = [&REGION, &HUB_REGION, &REGIONS]
        .into_iter()
        .flat_map(|key| settings.all(key))
        .map(|given| (given, given.text()));
    let of_arns = [&KMS_KEY, &LOG_KMS_KEY, &QUEUE_KMS_KEY, &SUBSCRIPTIONS]
        .into_iter()
        .flat_map(|key| settings.all(key))
        .filter_map(|given| Some((given, region_of_arn(given)?)));
    plain
        .chain(of_arns)
        .filter_map(|(given, region)| Some((given, region, Partition::of_region(region)?)))
        .collect()
}

fn region_of_arn(given: &Given) -> Option<&str> {
    let text = match &given.value {
        Value::Subscription(subscription) => &subscription.endpoint,
        _ => given.text(),
    };
    text.starts_with("arn:").then(|| text.split(':').nth(3))?
}

/// Partitions have accounts and organizations of their own, and nothing goes from one to another.
fn partitions(settings: &Values) -> Vec<Problem> {
    let regions = regions(settings);
    let Some((first, region, partition)) = regions.first() else {
        return Vec::new();
    };
    regions
        .iter()
        .filter(|(_, _, other)| other != partition)
        .map(|(given, _, other)| {
            given.problem(&format!(
                "is in the partition {}, and {} is in {}: a deployment stays in one",
                other.name(),
                named(first, region),
                partition.name()
            ))
        })
        .collect()
}

/// A setting with its value and place, to point at from another's problem.
fn named(given: &Given, value: &str) -> String {
    let subject = given.subject();
    match &given.origin {
        Origin::Flag | Origin::Environment(_) => format!("{subject} \"{value}\""),
        Origin::File(place) => format!("{subject} \"{value}\" (line {})", place.line),
    }
}

fn sign_in_region(settings: &Values) -> Option<Problem> {
    let first = settings.all(&REGIONS).next()?;
    let partition = Partition::of_region(first.text())?;
    let sign_in = partition.sign_in_region();
    if settings
        .all(&REGIONS)
        .any(|region| region.text() == sign_in)
    {
        return None;
    }
    let why = match partition.is_sign_in_region_documented() {
        true => "where AWS records every root sign-in",
        false => {
            "the first region of the partition, since AWS does not document where root sign-ins are recorded"
        }
    };
    Some(first.reported(format!(
        "{} leave out {sign_in}, {why}: add it",
        first.subject()
    )))
}

/// Each service accepts a key of its own region only.
fn keys_elsewhere(settings: &Values) -> Vec<Problem> {
    let Some(hub) = settings.one(&HUB_REGION).or(settings.one(&REGION)) else {
        return Vec::new();
    };
    let elsewhere = |(key, what): (&'static Key, &str)| {
        let key = settings.one(key)?;
        let region = region_of_arn(key).filter(|region| *region != hub.text())?;
        Some(key.problem(&format!(
            "is in {region}, and the hub's {}: a {what}'s key must be in the {what}'s region",
            named(hub, hub.text())
        )))
    };
    let keys = [
        (&KMS_KEY, "topic"),
        (&LOG_KMS_KEY, "log group"),
        (&QUEUE_KMS_KEY, "queue"),
    ];
    keys.into_iter().filter_map(elsewhere).collect()
}

/// The health topic must not be the alerts topic: it notifies people when alerts fail.
fn health_topic_name(settings: &Values) -> Option<Problem> {
    let topic = settings.one(&TOPIC_NAME)?;
    let name = settings
        .one(&NAME)
        .map_or(rootwatch_engine::DEFAULT_NAME, Given::text);
    (topic.text() == format!("{name}-health"))
        .then(|| topic.problem("is the name of the topic for alarms: choose another"))
}

/// A role's name has the prefix, the deployment's name and a region; the self-check's is the longest.
fn too_long_role(settings: &Values) -> Option<Problem> {
    let prefix = settings.one(&ROLE_PREFIX)?;
    let name = settings
        .one(&NAME)
        .map_or(rootwatch_engine::DEFAULT_NAME, Given::text);
    let most = MOST_ROLE.saturating_sub(name.len() + LONGEST_PART.len() + LONGEST_REGION);
    (prefix.text().len() > most).then(|| {
        prefix.problem(&format!(
            "is too long: with the deployment's name \"{name}\" and the longest name of a region, {most} characters are left of the {MOST_ROLE} that a role's name may have"
        ))
    })
}

fn too_many_tags(settings: &Values) -> Option<Problem> {
    let tag = settings.all(&TAGS).nth(MOST_TAGS)?;
    Some(tag.problem(&format!(
        "is one too many: AWS allows 50 tags, three of which are rootwatch's own, so {MOST_TAGS} are left"
    )))
}

/// IAM takes keys that differ in nothing but case for the same, and refuses them (IAM API Reference, TagRole).
fn tags_alike(settings: &Values) -> Vec<Problem> {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut found = Vec::new();
    for given in settings.all(&TAGS) {
        let Value::Pair(key, _) = &given.value else {
            continue;
        };
        match seen.get(&key.to_lowercase()) {
            Some(other) if other != key => {
                found.push(given.problem(&format!(
                    "differs from \"{other}\" in case alone, and IAM takes both for one tag: leave one out"
                )));
            }
            _ => drop(seen.insert(key.to_lowercase(), key)),
        }
    }
    found
}

fn too_many_names(settings: &Values) -> Option<Problem> {
    let last = settings.all(&ACCOUNT_NAMES).last();
    let last = last.or_else(|| settings.all(&OWNERS).last())?;
    let Settings {
        name, hub, notify, ..
    } = super::settings(settings);
    let topic = hub.topic_name.unwrap_or_else(|| format!("{name}-alerts"));
    too_long(&notify, &topic).map(|text| last.reported(text))
}

fn too_long(notify: &Notify, topic: &str) -> Option<String> {
    let bytes = notify.package_settings_len(&format!("{LONGEST_TOPIC}:{topic}"));
    (bytes > MOST_NOTIFIER_SETTINGS).then(|| {
        format!(
            "with {} account names and {} owners the notifier's settings have {bytes} bytes, and there is room for {MOST_NOTIFIER_SETTINGS}: name fewer, or make the hub a delegated administrator, so that it can read them from Organizations",
            notify.account_names.len(),
            notify.owners.len()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    /// What is impossible in a file, none of whose values is wrong alone.
    fn reported(text: &str) -> Vec<String> {
        let file = file::parse(text, "f");
        assert_eq!(file.problems, []);
        let settings = Values(file.given);
        problems(&settings)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn what_goes_together_is_left_alone() {
        for text in [
            "",
            "region = \"eu-west-1\"\n[hub]\nregion = \"us-east-1\"\n[spokes]\nregions = [\"us-east-1\", \"eu-west-1\"]\n",
            "[spokes]\nregions = [\"us-gov-west-1\"]\n",
            "[hub]\nregion = \"eu-west-1\"\nkms_key = \"arn:aws:kms:eu-west-1:111122223333:key/1\"\n",
            "[hub]\ntopic_name = \"rootwatch-alerts\"\n",
        ] {
            assert_eq!(reported(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn one_deployment_stays_in_one_partition() {
        let text = "[hub]\nregion = \"eu-west-1\"\nsubscriptions = [{protocol = \"sqs\", endpoint = \"arn:aws-cn:sqs:cn-north-1:111122223333:q\"}]\n[spokes]\nregions = [\"us-gov-west-1\", \"us-east-1\"]\n";
        insta::assert_snapshot!(reported(text).join("\n"), @r#"
        f, line 5, column 12: regions "us-gov-west-1" is in the partition aws-us-gov, and region "eu-west-1" (line 2) is in aws: a deployment stays in one
        f, line 3, column 48: endpoint "arn:aws-cn:sqs:cn-north-1:111122223333:q" is in the partition aws-cn, and region "eu-west-1" (line 2) is in aws: a deployment stays in one
        "#);
    }

    #[test]
    fn the_sign_in_region_cannot_be_left_out() {
        let text = "[spokes]\nregions = [\"eu-west-1\"]\n";
        insta::assert_snapshot!(reported(text).join("\n"), @r#"
        f, line 2, column 12: regions leave out us-east-1, where AWS records every root sign-in: add it
        "#);
    }

    #[test]
    fn the_key_is_in_the_hubs_region() {
        let text = "region = \"us-east-1\"\n[hub]\nkms_key = \"arn:aws:kms:eu-west-1:111122223333:key/1\"\n";
        insta::assert_snapshot!(reported(text).join("\n"), @r#"
        f, line 3, column 11: kms_key "arn:aws:kms:eu-west-1:111122223333:key/1" is in eu-west-1, and the hub's region "us-east-1" (line 1): a topic's key must be in the topic's region
        "#);
    }

    #[test]
    fn alerts_and_alarms_have_topics_of_their_own() {
        let text = "name = \"x\"\n[hub]\ntopic_name = \"x-health\"\n";
        insta::assert_snapshot!(reported(text).join("\n"), @r#"
        f, line 3, column 14: topic_name "x-health" is the name of the topic for alarms: choose another
        "#);
    }

    #[test]
    fn names_fit_the_package_of_a_function() {
        // As long as an account's name can be (Organizations API Reference, CreateAccount).
        let name = |n: u32| (format!("{n:012}"), "x".repeat(50));
        let notify = |count: u32| Notify {
            account_names: (0..count).map(name).collect(),
            ..Notify::default()
        };
        assert_eq!(too_long(&notify(100_000), "rootwatch-alerts"), None);
        insta::assert_snapshot!(too_long(&notify(120_000), "rootwatch-alerts").unwrap(), @"with 120000 account names and 0 owners the notifier's settings have 8880154 bytes, and there is room for 8388608: name fewer, or make the hub a delegated administrator, so that it can read them from Organizations");
    }

    #[test]
    fn a_roles_name_is_short_enough_in_every_region() {
        let with = |prefix: usize| format!("[iam]\nrole_prefix = \"{}\"\n", "x".repeat(prefix));
        assert_eq!(reported(&with(29)), Vec::<String>::new());
        insta::assert_snapshot!(reported(&with(30)).join("\n"), @r#"
        f, line 2, column 15: role_prefix "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" is too long: with the deployment's name "rootwatch" and the longest name of a region, 29 characters are left of the 64 that a role's name may have
        "#);
    }

    #[test]
    fn tags_that_differ_in_case_alone_are_one_to_iam() {
        insta::assert_snapshot!(reported("[tags]\nTeam = \"a\"\nteam = \"b\"\n").join("\n"), @r#"
        f, line 3, column 1: tags "team" differs from "Team" in case alone, and IAM takes both for one tag: leave one out
        "#);
    }

    #[test]
    fn aws_takes_fifty_tags() {
        let tags: String = (0..50).map(|n| format!("k{n:02} = \"v\"\n")).collect();
        assert_eq!(reported(&format!("[tags]\n{tags}")).len(), 1);
    }
}
