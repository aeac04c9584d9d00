//! `rootwatch policy`: with what it prints a command does all that it does, and with less it says what is missing.

use crate::adopt::{beside, world as published};
use crate::every::one_of;
use crate::guardrail::{guarded, in_management};
use crate::world::{PERSON, Ran, World, side_by_side};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex};

const EMAIL: [&str; 2] = ["--email", PERSON];

static EMPTY: LazyLock<World> = LazyLock::new(|| World::new().calm());
static HUB: LazyLock<World> = LazyLock::new(|| World::with_hub().calm());
static ALL: LazyLock<World> = LazyLock::new(|| World::deployed().calm());
/// The same with the management account's own stacks.
static WATCHED: LazyLock<World> = LazyLock::new(|| {
    let world = World::deployed().calm();
    let regions = ["--regions", "us-east-1,eu-west-1"];
    world.as_management(&[&["deploy", "spokes", "--yes"], &regions[..]].concat());
    world
});
/// AWS's published pattern alone, and beside rootwatch where everybody has confirmed.
static PATTERN: LazyLock<World> = LazyLock::new(|| published().calm());
static BESIDE: LazyLock<World> = LazyLock::new(|| beside().calm());
static GUARDED: LazyLock<World> = LazyLock::new(|| guarded().calm());

/// A command, the policy for it, and where it runs.
struct Scenario {
    policy: &'static [&'static str],
    args: Vec<&'static str>,
    world: &'static LazyLock<World>,
    in_management: bool,
    /// Names of statements that only other runs of the command depend on.
    tolerates: &'static [&'static str],
}

/// The regions are remembered, and so need not be read.
const REGIONS: &[&str] = &["Account"];
/// The hub is in another account, so that nothing of it is judged here.
const NO_HUB: &[&str] = &[
    "Account",
    "AllAlarms",
    "Bus",
    "Function",
    "LogGroup",
    "LogGroups",
    "Queues",
    "Role",
    "Rules",
    "Topics",
];

fn scenario(
    policy: &'static [&'static str],
    args: &[&'static str],
    world: &'static LazyLock<World>,
) -> Scenario {
    Scenario {
        policy,
        args: args.to_vec(),
        world,
        in_management: false,
        tolerates: &[],
    }
}

fn of_management(
    policy: &'static [&'static str],
    args: &[&'static str],
    world: &'static LazyLock<World>,
) -> Scenario {
    Scenario {
        in_management: true,
        ..scenario(policy, args, world)
    }
}

impl Scenario {
    fn tolerates(self, tolerates: &'static [&'static str]) -> Self {
        Self { tolerates, ..self }
    }
}

fn all() -> Vec<Scenario> {
    const ROLE: [&str; 2] = ["--role", "rootwatch-reader"];
    let verify = ["policy", "verify", "--role", "rootwatch-reader"];
    let verify: &'static [&'static str] = Box::leak(Box::new(verify));
    vec![
        scenario(&["policy", "plan", "hub"], &["plan", "hub"], &HUB),
        scenario(
            &["policy", "deploy", "hub"],
            &[&["deploy", "hub", "--yes"], &EMAIL[..]].concat(),
            &EMPTY,
        ),
        scenario(&["policy", "plan", "spokes"], &["plan", "spokes"], &ALL).tolerates(REGIONS),
        scenario(
            &["policy", "deploy", "spokes"],
            &["deploy", "spokes", "--ou", "/Workloads/Prod", "--yes"],
            &HUB,
        ),
        scenario(&["policy", "status"], &["status"], &ALL).tolerates(REGIONS),
        scenario(&["policy", "verify"], &["verify"], &ALL),
        scenario(verify, &[&["verify"], &ROLE[..]].concat(), &ALL),
        scenario(&["policy", "test"], &["test"], &HUB),
        scenario(&["policy", "export"], &["export", "terraform"], &ALL),
        scenario(&["policy", "teardown"], &["teardown", "all", "--yes"], &ALL),
        of_management(&["policy", "plan", "spokes"], &["plan", "spokes"], &WATCHED)
            .tolerates(REGIONS),
        of_management(
            &["policy", "deploy", "spokes"],
            &["deploy", "spokes", "--yes"],
            &ALL,
        )
        .tolerates(REGIONS),
        of_management(&["policy", "status"], &["status"], &WATCHED).tolerates(NO_HUB),
        of_management(
            &["policy", "teardown"],
            &["teardown", "spokes", "--yes"],
            &WATCHED,
        ),
        of_management(
            &["policy", "plan", "guardrail"],
            &["plan", "guardrail", "--ou", "/Security"],
            &GUARDED,
        ),
        of_management(
            &["policy", "deploy", "guardrail"],
            &["deploy", "guardrail", "--ou", "/Workloads", "--yes"],
            &ALL,
        ),
        of_management(
            &["policy", "deploy", "guardrail"],
            &["teardown", "guardrail", "--yes"],
            &GUARDED,
        ),
    ]
}

impl Scenario {
    fn account(&self, world: &World) -> String {
        match self.in_management {
            true => world.organization.management.clone(),
            false => world.organization.hub.clone(),
        }
    }

    /// A run in a world of its own, by a caller who may do what a policy allows.
    fn run(&self, policy: Option<&Value>) -> (World, Ran) {
        let world = self.world.fork().calm();
        let account = self.account(&world);
        let documents = policy.map(|it| vec![it.clone()]);
        world.lab.restrict(&account, documents.as_deref()).unwrap();
        world.lab.listen_to_requests().unwrap();
        let ran = world.rootwatch_as(&account, &self.args);
        (world, ran)
    }

    /// What the caller asked for, and on what.
    fn asked(&self, world: &World) -> Vec<(String, String)> {
        let account = self.account(world);
        let asked = world.lab.asked().unwrap().into_iter();
        let asked =
            asked.filter(|(who, action, _)| *who == account && action != "sts:GetCallerIdentity");
        asked
            .map(|(_, action, resource)| (action, resource))
            .collect()
    }

    fn statements(&self) -> Value {
        let args = [self.policy, &["--output", "json"]].concat();
        let ran = self.world.rootwatch_as(&self.account(self.world), &args);
        ran.ends_with(0).json()
    }
}

fn said(ran: &Ran) -> String {
    format!("{}\n{}", ran.stdout, ran.stderr)
}

/// One scenario, its policy, and a statement that is missing.
struct Case<'a> {
    scenario: &'a Scenario,
    policy: Value,
    without: Value,
    /// What the run asks for that no other statement allows.
    actions: BTreeSet<String>,
    expected: i32,
}

/// Whether one of a statement's resources is this one.
fn covers(statement: &Value, action: &str, resource: &str) -> bool {
    let texts = |key: &str| -> Vec<String> {
        let all = statement[key].as_array().unwrap().iter();
        all.map(|it| it.as_str().unwrap().to_owned()).collect()
    };
    let is_like = |pattern: &String| {
        let parts: Vec<String> = pattern.split('*').map(regex_lite::escape).collect();
        let pattern = format!("^{}$", parts.join(".*"));
        regex_lite::Regex::new(&pattern).unwrap().is_match(resource)
    };
    texts("actions").iter().any(|it| it == action) && texts("resources").iter().any(is_like)
}

/// What is wrong with how a run misses a statement, if anything is.
fn misses(case: &Case<'_>) -> Option<String> {
    let mut policy = case.policy.clone();
    let statements = policy["Statement"].as_array_mut().unwrap();
    statements.retain(|it| it["Sid"] != case.without["sid"]);
    let (world, ran) = case.scenario.run(Some(&policy));
    let (args, sid) = (&case.scenario.args, &case.without["sid"]);
    let what = format!("{args:?} without {sid} {:?}", case.actions);
    let sid = sid.as_str().unwrap();
    let is_said = |ran: &Ran| case.actions.iter().any(|it| said(ran).contains(it));
    if case.without["optional"] == true || case.scenario.tolerates.contains(&sid) {
        let goes_on = ran.code == case.expected;
        return (!goes_on && !is_said(&ran))
            .then(|| format!("{what}: {}\n{}", ran.code, said(&ran)));
    }
    if !is_said(&ran) {
        return Some(format!("{what} is not said ({})", ran.code));
    }
    // Once it is allowed, the same command does the rest.
    if ["adopt", "deploy", "teardown"].contains(&args[0]) && ran.code != case.expected {
        let account = case.scenario.account(&world);
        let policies = [case.policy.clone()];
        world.lab.restrict(&account, Some(&policies)).unwrap();
        let again = world.rootwatch_as(&account, args);
        let ends = again.code == case.expected;
        return (!ends).then(|| format!("{what}, again: {}", said(&again)));
    }
    None
}

/// The statements of a scenario that its run needs.
fn cases<'a>(scenario: &'a Scenario) -> Vec<Case<'a>> {
    let permissions = scenario.statements();
    let policy = &permissions["policy"];
    let statements = permissions["statements"].as_array().unwrap();
    let is_allowed = |(action, resource): &(String, String)| {
        statements.iter().any(|it| covers(it, action, resource))
    };
    let (world, free) = scenario.run(None);
    let mut refused = scenario.asked(&world);
    refused.retain(|it| !is_allowed(it));
    let (world, ran) = scenario.run(Some(policy));
    let what = format!(
        "{:?}, not allowed: {refused:?}\n{}",
        scenario.args,
        said(&ran)
    );
    assert_eq!(ran.code, free.code, "{what}\nfree: {}", said(&free));
    assert!(
        !said(&ran).contains("is not authorized to perform"),
        "{what}"
    );
    let asked = scenario.asked(&world);
    let only_by = |wanted: &Value, (action, resource): &(String, String)| {
        let allows = |it: &&Value| covers(it, action, resource);
        statements.iter().filter(allows).eq([wanted])
    };
    let all = statements.iter().map(|it| Case {
        scenario,
        policy: policy.clone(),
        without: it.clone(),
        actions: asked
            .iter()
            .filter(|one| only_by(it, one))
            .map(|one| one.0.clone())
            .collect(),
        expected: free.code,
    });
    all.filter(|it| !it.actions.is_empty()).collect()
}

/// Statements that the runs of some scenarios ask for, one of `step`, each left out once.
fn each_is_missed(scenarios: &[Scenario], at_least: usize, step: usize) {
    let cases: Vec<Case<'_>> = scenarios.iter().flat_map(cases).collect();
    assert!(cases.len() > at_least, "{}", cases.len());
    let wrong = Mutex::new(Vec::new());
    side_by_side(one_of(step, cases), |case| {
        wrong.lock().unwrap().extend(misses(case))
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn with_the_policy_a_command_does_all_and_without_a_statement_says_what_is_missing() {
    each_is_missed(&all(), 100, 2);
}

const POLICY_OF_ADOPT: &[&str] = &["policy", "adopt", "--role", "rootwatch-reader"];
const ADOPT: &[&str] = &[
    "adopt",
    "--regions",
    "us-east-1,eu-west-1",
    "--role",
    "rootwatch-reader",
    "--yes",
];

/// As far as it comes before people have confirmed: it reads the pattern, and deploys the hub and the spokes.
#[test]
fn adopt_deploys_with_its_policy_and_without_a_statement_says_what_is_missing() {
    each_is_missed(&[scenario(POLICY_OF_ADOPT, ADOPT, &PATTERN)], 15, 5);
}

/// Once they have: it proves the new path, and removes the pattern.
#[test]
fn adopt_removes_with_its_policy_and_without_a_statement_says_what_is_missing() {
    each_is_missed(&[scenario(POLICY_OF_ADOPT, ADOPT, &BESIDE)], 15, 5);
}

#[test]
fn a_link_is_confirmed_with_the_policy_for_it() {
    let world = World::new().calm();
    world
        .rootwatch(&[&["deploy", "hub", "--yes"], &EMAIL[..]].concat())
        .ends_with(0);
    let policy = world
        .rootwatch(&["policy", "confirm", "--output", "json"])
        .json();
    let token = world.lab.confirmation_token(PERSON).unwrap().unwrap();
    let hub = &world.organization.hub;
    let mut less = policy["policy"].clone();
    less["Statement"]
        .as_array_mut()
        .unwrap()
        .retain(|it| it["Sid"] != "Topics");
    world.lab.restrict(hub, Some(&[less])).unwrap();
    let refused = world.rootwatch(&["confirm", &token]).ends_with(1);
    assert!(
        refused.stderr.contains("sns:ListTagsForResource"),
        "{}",
        refused.stderr
    );
    world
        .lab
        .restrict(hub, Some(&[policy["policy"].clone()]))
        .unwrap();
    world.rootwatch(&["confirm", &token]).ends_with(0);
}

#[test]
fn what_is_printed_says_for_which_command_it_is() {
    let world = World::with_hub();
    for words in [
        &["plan", "hub"][..],
        &["deploy", "hub"],
        &["status"],
        &["verify"],
        &["test"],
        &["teardown"],
    ] {
        let args = [&["policy"], words, &["--output", "json"]].concat();
        let made = world.rootwatch(&args).ends_with(0).json();
        assert_eq!(made["schema"], "rootwatch.policy/1");
        assert_eq!(made["command"], words.join(" "));
        let text = made["policy"].to_string();
        assert!(!text.contains(":*:*:role"), "{text}");
        assert_eq!(
            made["characters"].as_u64().unwrap() as usize,
            text.chars().count()
        );
    }
}

#[test]
fn it_is_printed_in_three_forms() {
    let world = World::with_hub();
    let shown = |form: &str| {
        world
            .rootwatch(&["policy", "deploy", "hub", "--format", form])
            .ends_with(0)
            .stdout
    };
    insta::assert_snapshot!("json", world.shown(&shown("json")));
    insta::assert_snapshot!("hcl", world.shown(&shown("hcl")));
    insta::assert_snapshot!("yaml", world.shown(&shown("yaml")));
    let json: Value = serde_json::from_str(&shown("json")).unwrap();
    assert_eq!(json["Version"], json!("2012-10-17"));
    let wrong = in_management(&world, &["policy", "hub"]).ends_with(1);
    assert!(
        wrong
            .stderr
            .contains("there is no policy for \"hub\"; there are those for plan hub"),
        "{}",
        wrong.stderr
    );
}
