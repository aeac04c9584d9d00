use super::environment;
use crate::faults::access_denied;
use crate::world::{PERSON, REGION, Ran, World, run};
use std::fs;

/// `plan hub` with a profile of this configuration, and without keys in the environment.
fn plan(world: &World, config: &str, profile: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    fs::write(&file, config).unwrap();
    let cache = folder.path().join("cache");
    fs::create_dir(&cache).unwrap();
    let mut env = environment(
        world,
        &[
            ("AWS_CONFIG_FILE", file.to_str().unwrap()),
            ("AWS_LOGIN_CACHE_DIRECTORY", cache.to_str().unwrap()),
        ],
    );
    env.retain(|(name, _)| !name.contains("KEY") && !name.contains("TOKEN"));
    run(
        &env,
        &["plan", "hub", "--email", PERSON, "--profile", profile],
    )
}

#[test]
fn an_expired_sso_session_names_the_command_that_renews_it() {
    let config = "[profile corp]\nsso_session = corp\nsso_account_id = 222222222222\nsso_role_name = admin\n[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n";
    let ran = plan(&World::new(), config, "corp").ends_with(1);
    let says = "run `aws sso login --profile corp`";
    assert!(ran.stderr.contains(says), "{}", ran.stderr);
}

#[test]
fn an_aws_login_profile_names_the_command_that_renews_it() {
    let config = "[profile corp]\nlogin_session = arn:aws:iam::222222222222:user/me\n";
    let ran = plan(&World::new(), config, "corp").ends_with(1);
    let says = "run `aws login --profile corp`";
    assert!(ran.stderr.contains(says), "{}", ran.stderr);
}

#[test]
fn a_credential_process_gives_credentials() {
    let config = "[profile corp]\ncredential_process = echo '{\"Version\": 1, \"AccessKeyId\": \"222222222222\", \"SecretAccessKey\": \"lab\"}'\n";
    let ran = plan(&World::new(), config, "corp").ends_with(0);
    assert!(
        ran.stderr.contains("account 222222222222"),
        "{}",
        ran.stderr
    );
}

const ROLE: &str = "[profile corp]\nrole_arn = arn:aws:iam::222222222222:role/OrganizationAccountAccessRole\nsource_profile = keys\nexternal_id = from-the-profile\nmfa_serial = arn:aws:iam::111111111111:mfa/me\n[profile keys]\naws_access_key_id = 111111111111\naws_secret_access_key = lab\n";

/// The role's trust decides whether a code is wanted: only then is the profile's `mfa_serial` in the way.
#[test]
fn a_role_profile_enters_by_its_source_and_a_refusal_tells_the_way_around_mfa() {
    let world = World::new();
    let ran = plan(&world, ROLE, "corp").ends_with(0);
    assert!(
        ran.stderr.contains("account 222222222222"),
        "{}",
        ran.stderr
    );
    world.fail(&access_denied().operation("AssumeRole"));
    let ran = plan(&world, ROLE, "corp").ends_with(1);
    for text in [
        "the profile corp asks for an MFA code (mfa_serial)",
        "aws configure export-credentials --profile corp --format env",
    ] {
        assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
    }
}

/// A role whose trust policy wants an external id, as an auditor's has.
#[test]
fn a_spokes_role_is_entered_with_the_external_id_that_is_given() {
    let world = World::deployed();
    let env = environment(&world, &[]);
    let shop = world.account("shop");
    let iam = aws_sdk_iam::Client::new(&world.sdk(&shop, REGION));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let trust = format!(
        r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {{"AWS": "{}"}}, "Condition": {{"StringEquals": {{"sts:ExternalId": "corp=1"}}}}}}}}"#,
        world.organization.hub
    );
    let role = iam.create_role().role_name("Auditor");
    runtime
        .block_on(role.assume_role_policy_document(trust).send())
        .unwrap();
    let all = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}"#;
    let policy = iam.put_role_policy().role_name("Auditor");
    runtime
        .block_on(policy.policy_name("all").policy_document(all).send())
        .unwrap();
    let verify = ["verify", "--account", &shop, "--role", "Auditor"];
    run(&env, &[&verify[..], &["--external-id", "corp=1"]].concat()).ends_with(0);
    let ran = run(&env, &verify).ends_with(2);
    assert!(
        ran.stdout
            .contains(&format!("on resource: arn:aws:iam::{shop}:role/Auditor")),
        "{}",
        ran.stdout
    );
    let test = [
        "test",
        "--account",
        &shop,
        "--spoke-region",
        "eu-west-1",
        "--role",
        "Auditor",
    ];
    run(&env, &[&test[..], &["--external-id", "corp=1"]].concat()).ends_with(0);
    let ran = run(&env, &["verify", "--external-id", "corp=1"]).ends_with(1);
    assert!(ran.stderr.contains("--role <NAME>"), "{}", ran.stderr);
}
