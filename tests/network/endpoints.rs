use super::environment;
use super::proxy::Proxy;
use crate::world::{World, run};
use assert_cmd::cargo::cargo_bin;
use std::fs;
use std::process::Command;

/// The hosts that a run wants to reach, with a proxy that lets it reach none.
fn hosts(profile: &str, more: &[(&str, &str)]) -> Vec<String> {
    let refused = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    let proxy = Proxy::answering("", move |_| Some(refused.to_owned()));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    fs::write(&file, profile).unwrap();
    let url = proxy.url();
    let always = [
        ("HTTPS_PROXY", &*url),
        ("AWS_CONFIG_FILE", file.to_str().unwrap()),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_REGION", "us-east-1"),
    ];
    let env: Vec<(String, String)> = always
        .iter()
        .chain(more)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let ran = run(&env, &["plan", "hub"]).ends_with(1);
    assert!(ran.stderr.contains("opens no connection"), "{}", ran.stderr);
    let mut log = proxy.log();
    log.dedup();
    log
}

const KEYS: [(&str, &str); 2] = [
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "secret"),
];

#[test]
fn the_first_call_goes_to_the_kind_of_endpoint_that_is_set() {
    let with = |variable: (&'static str, &'static str)| [&KEYS[..], &[variable]].concat();
    for (profile, env, host) in [
        ("", KEYS.to_vec(), "sts.us-east-1.amazonaws.com"),
        (
            "",
            with(("AWS_USE_FIPS_ENDPOINT", "true")),
            "sts-fips.us-east-1.amazonaws.com",
        ),
        (
            "",
            with(("AWS_USE_DUALSTACK_ENDPOINT", "true")),
            "sts.us-east-1.api.aws",
        ),
        (
            "[default]\nuse_fips_endpoint = true\n",
            KEYS.to_vec(),
            "sts-fips.us-east-1.amazonaws.com",
        ),
        (
            "",
            with(("AWS_REGION", "eusc-de-east-1")),
            "sts.eusc-de-east-1.amazonaws.eu",
        ),
        (
            "",
            with(("AWS_REGION", "us-iso-east-1")),
            "sts.us-iso-east-1.c2s.ic.gov",
        ),
        (
            "",
            with(("AWS_REGION", "cn-north-1")),
            "sts.cn-north-1.amazonaws.com.cn",
        ),
    ] {
        assert_eq!(hosts(profile, &env), [format!("CONNECT {host}:443")]);
    }
}

/// What makes a session for a profile asks the same kind.
#[test]
fn providers_of_credentials_take_the_proxy_and_the_kind_of_endpoint_too() {
    let role = "[profile role]\nrole_arn = arn:aws:iam::222222222222:role/r\nsource_profile = keys\nexternal_id = x\nuse_fips_endpoint = true\n[profile keys]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = secret\n";
    assert_eq!(
        hosts(role, &[("AWS_PROFILE", "role")]),
        ["CONNECT sts-fips.us-east-1.amazonaws.com:443"]
    );
}

/// IAM Identity Center's portal, with a session in the cache that is still good.
#[test]
fn the_portal_is_reached_through_the_proxy() {
    let refused = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    let proxy = Proxy::answering("", move |_| Some(refused.to_owned()));
    let home = tempfile::tempdir().unwrap();
    let cache = home.path().join(".aws/sso/cache");
    fs::create_dir_all(&cache).unwrap();
    let config = "[profile corp]\nregion = eu-west-1\nsso_session = corp\nsso_account_id = 222222222222\nsso_role_name = admin\n[sso-session corp]\nsso_region = eu-north-1\nsso_start_url = https://corp.awsapps.com/start\n";
    fs::write(home.path().join(".aws/config"), config).unwrap();
    let token = "{\"accessToken\": \"t0ken\", \"expiresAt\": \"2099-01-01T00:00:00Z\"}";
    // Named by the SHA-1 of the session's name.
    let file = cache.join("ee0bfd2552fbd840c02cc48b6e823320543c450f.json");
    fs::write(file, token).unwrap();
    let ran = Command::new(cargo_bin!("rootwatch"))
        .args(["plan", "hub", "--profile", "corp"])
        .env_clear()
        .env("HOME", home.path())
        .env("HTTPS_PROXY", proxy.url())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .current_dir(home.path())
        .output()
        .unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    assert!(said.contains("NotAws") && !said.contains("t0ken"), "{said}");
    let mut log = proxy.log();
    log.dedup();
    assert_eq!(log, ["CONNECT portal.sso.eu-north-1.amazonaws.com:443"]);
}

#[test]
fn an_address_and_another_kind_of_endpoint_exclude_each_other() {
    let world = World::new();
    for variable in ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"] {
        let ran = run(
            &environment(&world, &[(variable, "true")]),
            &["plan", "hub"],
        )
        .ends_with(1);
        assert!(
            ran.stderr.contains("custom endpoint are not supported"),
            "{}",
            ran.stderr
        );
        assert!(
            ran.stderr
                .contains("check AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT"),
            "{}",
            ran.stderr
        );
    }
}
