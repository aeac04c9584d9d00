//! What a StackSet shows is what it was made from.

use super::*;
use crate::settings::{Amount, RegionConcurrency};
use crate::source::Source;
use crate::spokes::{HubBus, stack_set};

fn settings() -> Settings {
    let mut settings = Settings {
        name: "rootwatch".into(),
        ..Settings::default()
    };
    settings.iam.role_prefix = "Corp-".into();
    settings.iam.path = Some("/team/".into());
    settings.iam.boundary = Boundary::parse("arn:aws:iam::aws:policy/PowerUserAccess");
    settings.tags = [("team".to_owned(), "security".to_owned())].into();
    settings.spokes.regions = vec!["us-east-1".into()];
    settings.spokes.heartbeat = Heartbeat::Every(2);
    settings
}

fn deployment(settings: &Settings) -> Deployment {
    let hub = HubBus {
        account: "111122223333".into(),
        region: "eu-west-1".into(),
    };
    Deployment {
        set: stack_set(settings, "rootwatch-spoke".into(), &hub),
        units: ["ou-a".to_owned()].into(),
        regions: settings.spokes.regions.clone(),
        says_regions: true,
        operations: Some(OperationSettings {
            max_concurrent: Amount::Count(3),
            region_concurrency: RegionConcurrency::Sequential,
            ..OperationSettings::default()
        }),
    }
}

#[test]
fn every_setting_comes_back_as_it_was_given() {
    let given = settings();
    let mut plain = Settings {
        name: "rootwatch".into(),
        ..Settings::default()
    };
    remember(&mut plain, &deployment(&given));
    assert_eq!(plain.iam.role_prefix, given.iam.role_prefix);
    assert_eq!(plain.iam.path, given.iam.path);
    assert_eq!(plain.iam.boundary, given.iam.boundary);
    assert_eq!(plain.tags, given.tags);
    assert_eq!(plain.spokes.regions, given.spokes.regions);
    assert_eq!(plain.spokes.heartbeat, Heartbeat::Every(2));
    assert_eq!(plain.spokes.ous, ["ou-a"]);
    assert_eq!(plain.hub.account.as_deref(), Some("111122223333"));
    assert_eq!(plain.hub.region.as_deref(), Some("eu-west-1"));
    assert_eq!(plain.spokes.operations.max_concurrent, Amount::Count(3));
    let from = plain.sources.get(key::HUB_REGION).map(ToString::to_string);
    assert_eq!(from.as_deref(), Some("deployed: StackSet rootwatch-spoke"));
}

#[test]
fn no_heartbeat_is_remembered_and_a_template_without_one_says_nothing() {
    let mut off = settings();
    off.spokes.heartbeat = Heartbeat::Off;
    let mut deployment = deployment(&off);
    let remembered = |deployment: &Deployment| {
        let mut plain = Settings::default();
        remember(&mut plain, deployment);
        let source = plain.sources.get(key::HEARTBEAT).is_some();
        (plain.spokes.heartbeat, source)
    };
    assert_eq!(remembered(&deployment), (Heartbeat::Off, true));
    deployment.set.parameters.remove(Heartbeat::PARAMETER);
    assert_eq!(remembered(&deployment), (Heartbeat::default(), false));
}

#[test]
fn a_flag_adds_a_unit_and_the_file_lists_all() {
    let mut flag = settings();
    flag.spokes.ous = vec!["ou-b".into()];
    let mut file = flag.clone();
    flag.sources.set(key::OU, Source::Flag("--ou".into()));
    file.sources
        .set(key::OU, Source::File("rootwatch.toml, line 1".into()));
    let deployment = deployment(&settings());
    remember(&mut flag, &deployment);
    remember(&mut file, &deployment);
    assert_eq!(flag.spokes.ous, ["ou-b", "ou-a"]);
    assert_eq!(file.spokes.ous, ["ou-b"]);
}

#[test]
fn a_description_keeps_the_regions() {
    let of = |settings: &Settings| Record::of(&deployment(settings).set.description).unwrap();
    let mut all = settings();
    all.spokes.regions.clear();
    assert_eq!(of(&settings()).regions, ["us-east-1".to_owned()].into());
    assert_eq!(of(&all).regions, [].into());
}
