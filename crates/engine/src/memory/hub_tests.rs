//! What a hub shows is what it was made from.

use super::*;
use crate::hub::log_group::LogGroup;
use crate::hub::sample;
use crate::names::{DEPLOYMENT_TAG, Names};
use crate::settings::{Boundary, Settings};
use crate::source::{Source, Sources};
use rootwatch_root_event::{Format, ReadOnly};

fn defaults() -> Settings {
    Settings {
        name: "rootwatch".into(),
        ..Settings::default()
    }
}

/// What is found of a hub that was just made so.
fn found(wanted: &crate::hub::desired::Wanted) -> Found {
    let nodes = hub(wanted).into_iter();
    nodes
        .map(|node| (node.resource.id(), node.resource))
        .collect()
}

fn recalled(mut settings: Settings, found: &Found) -> Settings {
    let at = Names::sample();
    names::topic(&mut settings, found, &at);
    names::role(&mut settings, found, &at);
    let named = Names {
        topic: settings.hub.topic_name.clone(),
        iam: settings.iam.clone(),
        ..at
    };
    values(&mut settings, found, &named);
    settings
}

#[test]
fn every_setting_comes_back_as_it_was_given() {
    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1";
    let mut wanted = sample::wanted();
    wanted.names.topic = Some("root-alarms".into());
    wanted.names.iam.role_prefix = "Corp-".into();
    wanted.names.iam.path = Some("/team/".into());
    wanted.names.iam.boundary = Boundary::parse("/team/Boundary");
    wanted.kms_key = Some(KEY.into());
    wanted.log_kms_key = Some(KEY.into());
    wanted.queue_kms_key = Some(KEY.into());
    wanted.notify.read_only = ReadOnly::Off;
    wanted.notify.format = Format::Chatbot;
    wanted.notify.account_names = [("111122223333".to_owned(), "Prod".to_owned())].into();
    wanted.notify.owners = [("r-ab12".to_owned(), "Platform".to_owned())].into();
    let topic = "arn:aws:sns:eu-west-1:444455556666:shops".to_owned();
    wanted.notify.routes = [(topic, "severity=high".to_owned())].into();
    wanted.notify.runbook = Some("https://wiki".into());
    wanted.notify.contact = Some("on call".into());
    wanted.log_retention_days = 90;
    let settings = recalled(defaults(), &found(&wanted));
    assert_eq!(settings.hub.topic_name.as_deref(), Some("root-alarms"));
    for key in [
        &settings.hub.kms_key,
        &settings.hub.log_kms_key,
        &settings.hub.queue_kms_key,
    ] {
        assert_eq!(key.as_deref(), Some(KEY));
    }
    assert_eq!(settings.hub.log_retention_days, 90);
    assert_eq!(settings.iam.role_prefix, "Corp-");
    assert_eq!(settings.iam.path.as_deref(), Some("/team/"));
    assert_eq!(settings.iam.boundary, wanted.names.iam.boundary);
    assert_eq!(settings.notify.read_only, ReadOnly::Off);
    assert_eq!(settings.notify.format, Format::Chatbot);
    assert_eq!(settings.notify.account_names, wanted.notify.account_names);
    assert_eq!(settings.notify.owners, wanted.notify.owners);
    assert_eq!(settings.notify.routes, wanted.notify.routes);
    assert_eq!(settings.notify.runbook, wanted.notify.runbook);
    assert_eq!(settings.notify.contact, wanted.notify.contact);
    assert_eq!(settings.tags, wanted.tags);
}

#[test]
fn a_retention_that_somebody_changed_by_hand_is_not_remembered() {
    let mut wanted = sample::wanted();
    wanted.log_retention_days = 90;
    let days = |change: fn(&mut LogGroup)| {
        let mut found = found(&wanted);
        for it in found.values_mut() {
            if let HubResource::LogGroup(group) = it {
                change(group);
            }
        }
        recalled(defaults(), &found).hub.log_retention_days
    };
    assert_eq!(days(|it| it.retention_in_days = Some(1)), 90);
    assert_eq!(days(|it| it.retention_in_days = None), 90);
    // An earlier version set no such tag.
    let of_earlier = |it: &mut LogGroup| {
        it.tags.remove("rootwatch:retention-days");
        it.retention_in_days = Some(30);
    };
    assert_eq!(days(of_earlier), 30);
    let broken = |it: &mut LogGroup| {
        it.tags
            .insert("rootwatch:retention-days".into(), "soon".into());
        it.retention_in_days = Some(30);
    };
    assert_eq!(days(broken), 30);
}

#[test]
fn what_is_given_or_reset_is_not_what_is_deployed() {
    let mut wanted = sample::wanted();
    wanted.notify.format = Format::Chatbot;
    wanted.notify.account_names = [("1".to_owned(), "old".to_owned())].into();
    wanted.log_retention_days = 90;
    let mut given = defaults();
    given.hub.log_retention_days = 30;
    given.sources.set(
        key::LOG_RETENTION_DAYS,
        Source::Flag("--log-retention-days".into()),
    );
    given.sources.set(key::FORMAT, Source::Reset);
    given.notify.account_names = [("2".to_owned(), "new".to_owned())].into();
    given
        .sources
        .set(key::ACCOUNT_NAMES, Source::Flag("--account-name".into()));
    let settings = recalled(given.clone(), &found(&wanted));
    assert_eq!(settings.hub.log_retention_days, 30);
    assert_eq!(settings.notify.format, Format::Text);
    let names: Vec<&str> = settings
        .notify
        .account_names
        .values()
        .map(String::as_str)
        .collect();
    assert_eq!(names, ["old", "new"], "a flag adds one");
    let mut of_file = given;
    of_file.sources = Sources::default();
    of_file.sources.set(
        key::ACCOUNT_NAMES,
        Source::File("rootwatch.toml, line 1".into()),
    );
    let settings = recalled(of_file, &found(&wanted));
    let names: Vec<&str> = settings
        .notify
        .account_names
        .values()
        .map(String::as_str)
        .collect();
    assert_eq!(names, ["new"], "the file's list is the whole one");
}

#[test]
fn what_others_made_or_changed_is_no_setting() {
    let mut of_others = found(&sample::wanted());
    for resource in of_others.values_mut() {
        match resource {
            HubResource::Function(function) => {
                function
                    .tags
                    .insert(DEPLOYMENT_TAG.into(), "another".into());
                function.settings.set("format", "chatbot");
            }
            HubResource::Queue(queue) => queue.kms_key = Some("alias/aws/sqs".into()),
            HubResource::EventBus(bus) => {
                bus.tags.insert("createdBy".into(), "somebody".into());
            }
            _ => {}
        }
    }
    let settings = recalled(defaults(), &of_others);
    assert_eq!(settings.notify.format, Format::Text);
    assert_eq!(
        (settings.hub.kms_key, settings.hub.queue_kms_key),
        (None, None)
    );
    assert!(!settings.tags.contains_key("createdBy"));
}

#[test]
fn one_part_alone_turns_no_alert_away() {
    let deployed = found(&sample::wanted());
    for (topic, role) in [
        (
            "arn:aws:sns:eu-west-1:111122223333:evil",
            "arn:aws:iam::111122223333:role/x",
        ),
        (
            "arn:aws:sns:eu-west-1:999999999999:x",
            "arn:aws:iam::999999999999:role/x-rootwatch-notifier-eu-west-1",
        ),
        (
            "arn:aws:sns:eu-west-1:111122223333:rootwatch-health",
            "arn:aws:iam::111122223333:role/x-rootwatch-notifier-us-east-1",
        ),
        ("", ""),
    ] {
        let mut changed = deployed.clone();
        for resource in changed.values_mut() {
            if let HubResource::Function(function) = resource {
                function.settings.set("topic_arn", topic);
                function.role = role.into();
            }
        }
        let settings = recalled(defaults(), &changed);
        assert_eq!(settings.hub.topic_name, None, "{topic}");
        assert_eq!(settings.iam.role_prefix, "", "{role}");
    }
}

#[test]
fn keys_that_are_not_clear_are_asked_for() {
    let doubts = |change: &dyn Fn(&mut HubResource)| {
        let mut changed = found(&sample::wanted());
        changed.values_mut().for_each(change);
        let mut settings = defaults();
        let doubts = values(&mut settings, &changed, &Names::sample());
        assert_eq!(
            (settings.hub.kms_key, settings.hub.queue_kms_key),
            (None, None)
        );
        doubts.join("\n")
    };
    assert_eq!(doubts(&|_| {}), "");
    let one = doubts(&|it| match it {
        HubResource::Queue(queue) if queue.name == "rootwatch-reads" => {
            queue.kms_key = Some("arn:aws:kms:eu-west-1:999999999999:key/1".into());
        }
        _ => {}
    });
    assert!(one.contains("--queue-kms-key"), "{one}");
    let alias = doubts(&|it| {
        if let HubResource::Topic(topic) = it {
            topic.kms_master_key_id = Some("alias/corp".into());
        }
    });
    assert!(
        alias.contains("alias/corp") && alias.contains("--kms-key"),
        "{alias}"
    );
}

#[test]
fn what_the_notifier_is_told_and_cannot_be_read_is_named_until_it_is_given() {
    let mut deployed = found(&sample::wanted());
    for resource in deployed.values_mut() {
        if let HubResource::Function(function) = resource {
            function.settings.clear();
            function.unread = Some("no answer within 20 s".into());
        }
    }
    let doubts = |settings: &Settings| {
        let mut settings = settings.clone();
        values(&mut settings, &deployed, &Names::sample())
    };
    let mut settings = defaults();
    let all = doubts(&settings).join("\n");
    for part in [
        "no answer",
        "--notify-format",
        "--notify-read-only",
        "--notify-runbook",
        "--notify-contact",
        "account_names",
        "[owners]",
        "[routes]",
    ] {
        assert!(all.contains(part), "{part}: {all}");
    }
    settings
        .sources
        .set(key::FORMAT, Source::Flag("--notify-format".into()));
    for key in [
        key::ACCOUNT_NAMES,
        key::OWNERS,
        key::ROUTES,
        key::RUNBOOK,
        key::CONTACT,
    ] {
        settings.sources.set(key, Source::Reset);
    }
    let rest = doubts(&settings).join("\n");
    assert!(
        rest.contains("--notify-read-only") && !rest.contains("--notify-format"),
        "{rest}"
    );
    settings.sources.set(key::READ_ONLY, Source::Reset);
    assert_eq!(doubts(&settings), Vec::<String>::new());
}
