use crate::world::{REGION, World};

#[test]
fn quiet_is_silent_about_what_is_fine_and_about_nothing_else() {
    let world = World::with_hub();
    let verify = ["verify", "--hub-only", "--quiet"];
    for job in [&verify[..], &["test", "--quiet"]] {
        let ran = world.rootwatch(job).ends_with(0);
        assert_eq!((ran.stdout, ran.stderr), (String::new(), String::new()));
        // Programs get everything all the same.
        let all = world
            .rootwatch(&[job, &["--output", "json"]].concat())
            .ends_with(0)
            .json();
        assert!(all["hops"].as_array().unwrap().len() > 3, "{all}");
    }
    let lambda = aws_sdk_lambda::Client::new(&world.sdk(&world.organization.hub, REGION));
    let idle = lambda
        .put_function_concurrency()
        .function_name("rootwatch-notifier");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime
        .block_on(idle.reserved_concurrent_executions(0).send())
        .unwrap();
    let ran = world.rootwatch(&verify).ends_with(2);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", ran.stdout);
    assert!(lines[0].starts_with("broken  RW143  function rootwatch-notifier, state: "));
    assert!(lines[1].contains("fix: run `rootwatch deploy hub`"));
    assert!(lines[2].ends_with(" fine, 1 broken, 0 unknown."));
    let ran = world
        .rootwatch(&["test", "--quiet", "--wait", "2s"])
        .ends_with(2);
    assert!(ran.stdout.contains("Failed: it stopped "), "{}", ran.stdout);
    // And what cannot be run at all is an error, not a finding.
    world
        .rootwatch(&["test", "--quiet", "--role", "x"])
        .ends_with(1);
}
