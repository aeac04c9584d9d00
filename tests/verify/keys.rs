use crate::intruder::Intruder;
use crate::world::{PERSON, REGION, World, api_call, eventually};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);
const EVENTS: &str = "events.amazonaws.com";
const LOGS: &str = "logs.eu-west-1.amazonaws.com";
const TEST: &str = "sns.amazonaws.com";

/// The verdict and the text of each finding of this kind.
fn found(world: &World, id: &str) -> Vec<(String, String)> {
    let report = world
        .rootwatch(&["verify", "--hub-only", "--output", "json"])
        .json();
    let hops = report["hops"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    hops.filter(|hop| hop["id"] == id)
        .map(|hop| (text(&hop["verdict"]), text(&hop["finding"])))
        .collect()
}

fn root_acts(world: &World, name: &str) {
    let shop = world.account("shop");
    world.root_does(&shop, REGION, &api_call(&shop, REGION, "iam", name, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_ones_own_is_judged_by_who_has_to_use_it() {
    let world = World::new();
    let intruder = Intruder::new(&world);
    let key = intruder.make_key(&[EVENTS, LOGS, TEST]).await;
    world
        .rootwatch(&[
            "deploy",
            "hub",
            "--email",
            PERSON,
            "--yes",
            "--queue-kms-key",
            &key,
            "--log-kms-key",
            &key,
        ])
        .ends_with(0);
    world.lab.confirm_subscription(PERSON).unwrap();
    let fine = world
        .rootwatch(&["verify", "--hub-only", "-v"])
        .ends_with(0);
    assert!(
        fine.stdout.contains(&format!("key {key}, key: is enabled")),
        "{}",
        fine.stdout
    );
    world.rootwatch(&["test"]).ends_with(0);
    world.deploy_spokes();

    // What the verdict says of the key is what becomes of an event.
    intruder.set_key_policy(&key, &[LOGS]).await;
    let refused = found(&world, "RW191");
    assert_eq!(refused.len(), 3, "{refused:?}");
    assert!(refused.iter().all(|(verdict, _)| verdict == "broken"));
    let alerts = world.alerts_now().len();
    root_acts(&world, "CreateUser");
    world.lab.wait_idle(PATIENCE).unwrap();
    assert_eq!(world.alerts_now().len(), alerts);
    intruder.set_key_policy(&key, &[EVENTS, LOGS]).await;
    world.rootwatch(&["verify", "--hub-only"]).ends_with(0);
    root_acts(&world, "CreateRole");
    eventually("an alert", || world.alerts_now().len() > alerts);

    // moto takes no ARN here.
    let id = key.rsplit('/').next().unwrap();
    let outsider = "arn:aws:iam::999988887777:role/Backup";
    let grant = intruder.grant(&key, outsider).await;
    let granted = found(&world, "RW192");
    assert_eq!(granted.len(), 1, "{granted:?}");
    assert_eq!(granted[0].0, "unknown");
    assert!(granted[0].1.contains(outsider), "{granted:?}");
    intruder
        .kms
        .revoke_grant()
        .key_id(id)
        .grant_id(grant)
        .send()
        .await
        .unwrap();

    intruder.kms.disable_key().key_id(id).send().await.unwrap();
    let off = found(&world, "RW190");
    assert_eq!(off.len(), 1, "{off:?}");
    assert!(off[0].1.contains("Disabled"), "{off:?}");
    intruder.kms.enable_key().key_id(id).send().await.unwrap();
    world.rootwatch(&["verify", "--hub-only"]).ends_with(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_there_is_broken() {
    let world = World::new();
    let key = "arn:aws:kms:eu-west-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    world
        .rootwatch(&[
            "deploy",
            "hub",
            "--email",
            PERSON,
            "--yes",
            "--log-kms-key",
            key,
        ])
        .ends_with(0);
    let gone = found(&world, "RW190");
    assert_eq!(gone.len(), 1, "{gone:?}");
    assert!(gone[0].1.contains("does not exist"), "{gone:?}");
}
