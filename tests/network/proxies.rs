use super::proxy::Proxy;
use super::{LAB, address, environment};
use crate::world::{PERSON, World, run};

#[test]
fn a_hub_is_planned_and_deployed_through_a_proxy_that_is_the_only_way_out() {
    let world = World::new();
    let proxy = Proxy::start(address(&world));
    let endpoint = format!("http://{LAB}");
    let env = environment(
        &world,
        &[
            ("AWS_ENDPOINT_URL", &endpoint),
            ("HTTP_PROXY", &proxy.url()),
            ("NO_PROXY", "localhost,.example.com"),
        ],
    );
    let planned = run(&env, &["plan", "hub", "--email", PERSON]).ends_with(0);
    assert!(planned.stdout.contains("to create"), "{}", planned.stdout);
    run(&env, &["deploy", "hub", "--email", PERSON, "--yes"]).ends_with(0);
    let again = run(&env, &["plan", "hub", "--email", PERSON]).ends_with(0);
    assert!(again.stdout.starts_with("No changes"), "{}", again.stdout);

    let log = proxy.log();
    let through = format!("http://{LAB}/");
    assert!(log.iter().all(|line| line.contains(&through)), "{log:?}");
    let calls = world.lab.calls().unwrap();
    let by_people = calls.iter().filter(|call| !call.by_function).count();
    assert_eq!(log.len(), by_people);
}

#[test]
fn no_proxy_names_what_is_reached_without_one_and_lower_case_goes_first() {
    let world = World::with_hub();
    let proxy = Proxy::start(address(&world));
    let url = proxy.url();
    let plan = |more: &[(&str, &str)]| {
        let before = proxy.log().len();
        run(
            &environment(&world, more),
            &["plan", "hub", "--email", PERSON],
        )
        .ends_with(0);
        proxy.log().len() - before
    };
    assert_eq!(plan(&[("HTTP_PROXY", &url), ("NO_PROXY", "127.0.0.1")]), 0);
    let with_port = address(&world);
    assert_eq!(plan(&[("http_proxy", &url), ("no_proxy", with_port)]), 0);
    assert_eq!(plan(&[("HTTP_PROXY", &url), ("NO_PROXY", "*")]), 0);
    // An empty one in lower case takes the other back; of ALL_PROXY the AWS CLI knows nothing.
    assert_eq!(plan(&[("HTTP_PROXY", &url), ("http_proxy", "")]), 0);
    assert_eq!(plan(&[("ALL_PROXY", &url), ("HTTPS_PROXY", &url)]), 0);
    assert!(plan(&[("HTTP_PROXY", "http://127.0.0.1:9"), ("http_proxy", &url)]) > 20);
}

#[test]
fn a_proxys_user_and_password_are_sent_and_not_shown() {
    let world = World::with_hub();
    let wanted = "Proxy-Authorization: Basic bWU6aHVudGVyMiE=\r\n".to_lowercase();
    let proxy = Proxy::answering(address(&world), move |request| {
        let is_known = request.head.to_lowercase().contains(&wanted);
        (!is_known).then(|| {
            "HTTP/1.1 407 Proxy Authentication Required\r\nServer: squid/6.6\r\nProxy-Authenticate: Basic realm=\"corp\"\r\nContent-Length: 0\r\n\r\n".to_owned()
        })
    });
    let plan = |url: &str| {
        let env = environment(&world, &[("HTTP_PROXY", url)]);
        run(&env, &["plan", "hub", "--email", PERSON])
    };
    plan(&proxy.url_with("me:hunter2%21")).ends_with(0);
    let ran = plan(&proxy.url_with("me:wrong-one")).ends_with(1);
    for text in [
        "NotAws",
        "HTTP 407",
        "squid/6.6",
        "HTTP_PROXY=http://me:****@127.0.0.1",
        "hint: the proxy wants a user and password",
    ] {
        assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains("wrong-one"), "{}", ran.stderr);
}

#[test]
fn a_proxy_that_opens_no_tunnel_is_told_from_aws() {
    let world = World::new();
    let wants = "hint: the proxy wants a user and password";
    let refuses = "hint: have the proxy of HTTPS_PROXY allow the endpoints of AWS";
    let no = "NotAws: the proxy opens no connection to AWS: HTTP";
    for (status, says, hint) in [
        (
            "407 Proxy Authentication Required",
            "407, server squid/6.6, empty",
            wants,
        ),
        ("403 Forbidden", "403, server squid/6.6, empty", refuses),
        (
            "503 Service Unavailable",
            "503, server squid/6.6, empty",
            refuses,
        ),
    ] {
        let answer = format!("HTTP/1.1 {status}\r\nServer: squid/6.6\r\nContent-Length: 0\r\n\r\n");
        let proxy = Proxy::answering("", move |_| Some(answer.clone()));
        let endpoint = format!("https://{LAB}");
        let env = environment(
            &world,
            &[
                ("AWS_ENDPOINT_URL", &endpoint),
                ("HTTPS_PROXY", &proxy.url_with("me:hunter2")),
            ],
        );
        let ran = run(&env, &["plan", "hub"]).ends_with(1);
        let says = format!("{no} {says}");
        for text in [&*says, hint, "with HTTPS_PROXY=http://me:****@"] {
            assert!(ran.stderr.contains(text), "{text}: {}", ran.stderr);
        }
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
        let tunnel = format!("CONNECT {LAB}:443");
        assert!(proxy.log().iter().all(|line| *line == tunnel));
    }
}

#[test]
fn a_proxy_that_is_no_address_is_named_without_its_password() {
    let world = World::new();
    for address in ["socks5://me:hunter2@proxy:1080", "http://me:hunter2 @proxy"] {
        let env = environment(&world, &[("HTTPS_PROXY", address)]);
        let ran = run(&env, &["plan", "hub"]).ends_with(1);
        let says = "the environment variable HTTPS_PROXY is not the address of a proxy";
        assert!(ran.stderr.contains(says), "{}", ran.stderr);
        assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
    }
}
