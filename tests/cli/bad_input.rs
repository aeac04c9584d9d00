use crate::world::{REGION, World, run};

/// Runs a command that must fail with one message and no write.
#[track_caller]
fn refused(world: &World, args: &[&str], says: &str) {
    world.count_calls();
    let ran = world.rootwatch(args).ends_with(1);
    assert!(
        ran.stderr.contains(says),
        "{says:?} is not in {}",
        ran.stderr
    );
    assert_eq!(ran.stderr.matches("error:").count(), 1, "{}", ran.stderr);
    assert_eq!(world.writes(), Vec::<String>::new());
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
}

#[test]
fn wrong_settings_end_before_the_first_write() {
    let world = World::with_hub();
    let cases: [(&[&str], &str); 12] = [
        (
            &["deploy", "hub", "--email", "nobody", "--yes"],
            "\"nobody\" is not an e-mail address",
        ),
        (
            &["deploy", "hub", "--sns-subscription", "sms:+49", "--yes"],
            "PROTOCOL=ENDPOINT",
        ),
        (
            &["deploy", "hub", "--sns-subscription", "fax=1", "--yes"],
            "--sns-subscription \"fax=1\" begins with \"fax\", which is not one of",
        ),
        (
            &["deploy", "hub", "--region", "europe", "--yes"],
            "--region \"europe\" is not the name of an AWS region",
        ),
        (
            &["deploy", "hub", "--org-id", "o-1", "--yes"],
            "--org-id \"o-1\" is not an organization's id",
        ),
        (
            &["deploy", "hub", "--name", "Root Watch", "--yes"],
            "--name \"Root Watch\" must begin with",
        ),
        (
            &["deploy", "hub", "--topic-name", "a.b", "--yes"],
            "--topic-name \"a.b\" must have",
        ),
        (
            &["deploy", "hub", "--log-retention-days", "2", "--yes"],
            "--log-retention-days 2 is not one of",
        ),
        (
            &[
                "deploy",
                "spokes",
                "--ou",
                "/Workloads",
                "--hub-account",
                "12345",
                "--yes",
            ],
            "--hub-account \"12345\" is not an account id",
        ),
        (
            &["deploy", "spokes", "--ou", "Workloads", "--yes"],
            "\"Workloads\" is not an organizational unit",
        ),
        (
            &[
                "deploy",
                "spokes",
                "--ou",
                "/Workloads",
                "--regions",
                "eu-west-1",
                "--yes",
            ],
            "--regions leave out us-east-1",
        ),
        (
            &["deploy", "spokes", "--yes"],
            "no organizational unit is given",
        ),
    ];
    for (args, says) in cases {
        refused(&world, args, says);
    }
}

#[test]
fn what_does_not_exist_ends_before_the_first_write() {
    let world = World::with_hub();
    refused(
        &world,
        &["deploy", "spokes", "--ou", "ou-ab12-cdefgh34", "--yes"],
        "there is no organizational unit ou-ab12-cdefgh34",
    );
    refused(
        &world,
        &["deploy", "spokes", "--ou", "/Workloads/Test", "--yes"],
        "\"Test\", only [\"Prod\"]",
    );
    refused(
        &world,
        &["deploy", "spokes", "--ou", "r-zzzz", "--yes"],
        "the organization's root is r-",
    );
    refused(
        &world,
        &[
            "deploy",
            "spokes",
            "--ou",
            "/Workloads",
            "--regions",
            "us-east-1,eu-wst-1",
            "--yes",
        ],
        "eu-wst-1",
    );
}

#[test]
fn all_problems_are_reported_at_once() {
    let world = World::new();
    let ran = world
        .rootwatch(&[
            "deploy", "hub", "--email", "a", "--email", "b", "--org-id", "x", "--yes",
        ])
        .ends_with(1);
    assert!(
        ran.stderr.contains("3 settings are wrong"),
        "{}",
        ran.stderr
    );
}

#[test]
fn no_credentials_no_region_and_no_endpoint_are_told_apart() {
    let world = World::new();
    let env = world.lab.env(&world.organization.hub, REGION);
    let without = |name: &str| -> Vec<(String, String)> {
        env.iter()
            .filter(|(key, _)| !key.contains(name))
            .cloned()
            .collect()
    };
    let ran = run(&without("AWS_ACCESS_KEY_ID"), &["deploy", "hub", "--yes"]).ends_with(1);
    assert!(
        ran.stderr.contains("NoCredentials") && ran.stderr.contains("--profile"),
        "{}",
        ran.stderr
    );
    let ran = run(&without("REGION"), &["deploy", "hub", "--yes"]).ends_with(1);
    assert!(ran.stderr.contains("no region is set"), "{}", ran.stderr);
    let mut nowhere = without("ENDPOINT");
    // Port 9 of this machine: nothing listens there.
    nowhere.push(("AWS_ENDPOINT_URL".into(), "http://127.0.0.1:9".into()));
    let ran = run(&nowhere, &["deploy", "hub", "--yes"]).ends_with(1);
    assert!(
        ran.stderr.contains("NoAnswer") && ran.stderr.contains("AWS_ENDPOINT_URL"),
        "{}",
        ran.stderr
    );
}

/// A profile decides where the region and the credentials come from: it comes first.
#[test]
fn a_profile_that_does_not_exist_is_named_before_anything_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    let text = "[profile management]\nregion = eu-west-1\n[profile broken]\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = managemnet\n";
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap().to_owned();
    let env = [
        ("AWS_CONFIG_FILE".to_owned(), file.clone()),
        (
            "AWS_SHARED_CREDENTIALS_FILE".to_owned(),
            "/dev/null".to_owned(),
        ),
    ];
    let meant = format!("in {file} or /dev/null; did you mean \"management\"?");
    let said = |args: &[&str], more: &[(String, String)]| {
        let ran = run(&[&env[..], more].concat(), args).ends_with(1);
        assert!(ran.stderr.contains(&meant), "{}", ran.stderr);
        assert!(!ran.stderr.contains("no region is set"), "{}", ran.stderr);
        ran.stderr
    };
    let typed = said(&["plan", "hub", "--profile", "managment"], &[]);
    assert!(
        typed.contains("there is no profile \"managment\""),
        "{typed}"
    );
    let by_variable = ("AWS_PROFILE".to_owned(), "managment".to_owned());
    said(&["status"], &[by_variable]);
    let source = said(&["status", "--profile", "broken"], &[]);
    assert!(
        source.contains("there is no profile \"managemnet\""),
        "{source}"
    );
}

#[test]
fn a_slip_in_the_region_is_seen_before_anything_is_called() {
    let world = World::new();
    let env = world.lab.env(&world.organization.hub, REGION);
    let ran = run(&env, &["plan", "hub", "--region", "eu-wset-1"]).ends_with(1);
    let meant = "there is no region eu-wset-1; did you mean eu-west-1?";
    assert!(ran.stderr.contains(meant), "{}", ran.stderr);
}

#[test]
fn an_endpoint_that_is_set_and_empty_is_reported() {
    let env = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SNS"];
    for name in env {
        let variables = [
            (name.to_owned(), String::new()),
            ("AWS_REGION".to_owned(), REGION.to_owned()),
        ];
        let ran = run(&variables, &["plan", "hub"]).ends_with(1);
        let reported = format!("the environment variable {name} is set and empty");
        assert!(ran.stderr.contains(&reported), "{}", ran.stderr);
    }
}

/// Whatever is wrong with an address, a password in it stays out of the text.
#[test]
fn a_password_in_an_address_that_is_refused_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rootwatch.toml");
    let text = "endpoint_url = \"ftp://me:hunter2@aws\"\n[[hub.subscriptions]]\nprotocol = \"http\"\nendpoint = \"https://me:hunter2@siem\"\n";
    std::fs::write(&file, text).unwrap();
    let file = ["--config", file.to_str().unwrap()];
    let cases: [&[&str]; 8] = [
        &file,
        &["--sns-subscription", "http=https://me:hunter2@siem"],
        &["--sns-subscription", "https=https://me:hun/ter2@siem"],
        &["--sns-subscription", "https://me:hunter2@siem"],
        &["--sns-subscription", "fax=https://me:hunter2@siem"],
        &["--endpoint-url", "ftp://me:hunter2@aws"],
        &["--endpoint-url", "http://me:hunter2 @aws"],
        &["--kms-key", "https://me:hunter2@aws"],
    ];
    for case in cases {
        let ran = run(&[], &[&["plan", "hub"], case].concat()).ends_with(1);
        assert!(ran.stderr.contains("error"), "{}", ran.stderr);
        let shown = ran.stderr.contains("hunter2") || ran.stderr.contains("ter2");
        assert!(!shown, "{case:?}: {}", ran.stderr);
    }
}
