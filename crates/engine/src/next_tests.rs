//! Commands with the settings of a deployment.

use super::*;

fn settings() -> Settings {
    Settings {
        name: "rootwatch".into(),
        ..Settings::default()
    }
}

fn hub() -> HubBus {
    HubBus {
        account: "222222222222".into(),
        region: "eu-west-1".into(),
    }
}

#[test]
fn without_settings_all_accounts_and_no_regions_are_named() {
    let next = after_hub(&settings(), &hub(), Partition::Aws, false);
    assert_eq!(
        next.deploy_spokes.unwrap().to_string(),
        "rootwatch deploy spokes --region eu-west-1 --hub-account 222222222222 --hub-region eu-west-1 --ou /"
    );
    assert_eq!(next.test.to_string(), "rootwatch test --region eu-west-1");
}

#[test]
fn the_settings_of_the_deployment_are_named() {
    let mut settings = settings();
    settings.name = "other".into();
    settings.hub.topic_name = Some("root-alarms".into());
    settings.spokes.ous = vec!["/Work loads".into()];
    settings.spokes.regions = vec!["us-east-1".into(), "eu-west-1".into()];
    settings.tags.insert("team".into(), "it's ours".into());
    let next = after_hub(&settings, &hub(), Partition::Aws, false);
    assert_eq!(
        next.deploy_spokes.unwrap().to_string(),
        r"rootwatch deploy spokes --region eu-west-1 --hub-account 222222222222 --hub-region eu-west-1 --ou '/Work loads' --regions us-east-1,eu-west-1 --name other --tag 'team=it'\''s ours'"
    );
    assert_eq!(
        next.test.to_string(),
        "rootwatch test --region eu-west-1 --name other"
    );
}
