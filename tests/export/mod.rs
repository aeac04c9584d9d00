//! `rootwatch export`: what is deployed, as files with which another tool takes it over.

/// The template, and what is imported into a stack of it.
mod cloudformation;
/// What is in no file, and what is refused.
mod edges;
/// Terraform itself, on those files.
mod terraform;

use crate::intruder::{BUS, Intruder};
use crate::world::{REGION, World};
use regex_lite::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

/// A hub with its self-check, and spokes.
static WHOLE: LazyLock<World> = LazyLock::new(|| {
    let world = World::new().with_self_check().calm();
    world.deploy_hub();
    world.deploy_spokes().ends_with(0);
    world
});

/// What the hub of a plan is for Terraform: type and import id of each resource.
struct Expected<'a> {
    world: &'a World,
    intruder: Intruder,
    all: BTreeSet<(String, String)>,
}

impl<'a> Expected<'a> {
    fn of(world: &'a World) -> BTreeSet<(String, String)> {
        let plan = world.rootwatch(&["plan", "hub", "--output", "json"]).json();
        let mut it = Self {
            world,
            intruder: Intruder::new(world),
            all: BTreeSet::new(),
        };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        for step in plan["steps"].as_array().unwrap() {
            let resource = step["resource"].as_str().unwrap();
            let (kind, name) = resource.split_once(' ').unwrap();
            runtime.block_on(it.add(kind, name));
        }
        it.all
    }

    fn one(&mut self, kind: &str, id: impl Into<String>) {
        let is_new = self.all.insert((kind.to_owned(), id.into()));
        assert!(is_new, "{kind}");
    }

    async fn add(&mut self, kind: &str, name: &str) {
        match kind {
            "alarm" => self.one("aws_cloudwatch_metric_alarm", name),
            "event-bus" => {
                self.one("aws_cloudwatch_event_bus", name);
                self.one("aws_cloudwatch_event_bus_policy", name);
            }
            "event-source-mapping" => {
                let id = self.mapping(name).await;
                self.one("aws_lambda_event_source_mapping", id);
            }
            "function" => self.one("aws_lambda_function", name),
            "log-group" => self.one("aws_cloudwatch_log_group", name),
            "permission" => self.one("aws_lambda_permission", name.replace(' ', "/")),
            "queue" => {
                let hub = &self.intruder.hub;
                let url = format!("https://sqs.{REGION}.amazonaws.com/{hub}/{name}");
                self.one("aws_sqs_queue", url);
            }
            "role" => {
                let part = name.split('-').nth(1).unwrap();
                self.one("aws_iam_role", name);
                self.one("aws_iam_role_policy", format!("{name}:{part}"));
            }
            "rule" => self.rule(name),
            "subscriptions" => {
                let arn = self.subscription(name).await;
                self.one("aws_sns_topic_subscription", arn);
            }
            "topic" => {
                let arn = self.intruder.arn("sns", name);
                self.one("aws_sns_topic", arn);
            }
            other => panic!("{other} {name}"),
        }
    }

    async fn mapping(&self, queue: &str) -> String {
        let call = self.intruder.lambda.list_event_source_mappings();
        let call = call.event_source_arn(self.intruder.arn("sqs", queue));
        let found = call.send().await.unwrap().event_source_mappings.unwrap();
        found[0].uuid.clone().unwrap()
    }

    async fn subscription(&self, topic: &str) -> String {
        let call = self.intruder.sns.list_subscriptions_by_topic();
        let call = call.topic_arn(self.intruder.arn("sns", topic));
        let found = call.send().await.unwrap().subscriptions.unwrap();
        assert_eq!(found.len(), 1);
        found[0].subscription_arn.clone().unwrap()
    }

    /// The rule and its targets, on the hub's bus or else on the default bus, where the hub's own spoke has one of the
    /// same name as a rule on the other.
    fn rule(&mut self, name: &str) {
        let snapshot = self.world.lab.snapshot().unwrap();
        let buses = &snapshot[&self.intruder.hub][REGION]["event_buses"];
        let is_there = |bus: &&str| buses[*bus]["Rules"][name].is_object();
        let bus = [BUS, "default"].into_iter().find(is_there).unwrap();
        let found = &buses[bus];
        self.one("aws_cloudwatch_event_rule", format!("{bus}/{name}"));
        let targets = found["Rules"][name]["Targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{name}");
        for target in targets {
            let id = target["Id"].as_str().unwrap();
            self.one("aws_cloudwatch_event_target", format!("{bus}/{name}/{id}"));
        }
    }
}

/// The files of a folder, by their names.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries
        .map(|it| {
            let name = it.file_name().into_string().unwrap();
            (name, std::fs::read(it.path()).unwrap())
        })
        .collect()
}

fn text(files: &BTreeMap<String, Vec<u8>>, name: &str) -> String {
    String::from_utf8(files[name].clone()).unwrap()
}

/// The address of each resource in some files, in order.
fn addresses(text: &str) -> Vec<String> {
    let resource = Regex::new(r#"(?m)^resource "([a-z_]+)" "([A-Za-z0-9_]+)" \{$"#).unwrap();
    let all = resource.captures_iter(text);
    all.map(|it| format!("{}.{}", &it[1], &it[2])).collect()
}

/// Address and id of each import, in order.
fn imports(text: &str) -> Vec<(String, String)> {
    let import = r#"(?m)^import \{\n  to = ([a-z_]+\.[A-Za-z0-9_]+)\n  id = "([^"]+)"\n\}$"#;
    let all = Regex::new(import).unwrap();
    let all = all.captures_iter(text);
    all.map(|it| (it[1].to_owned(), it[2].to_owned())).collect()
}

/// The first block of each type.
fn first_of_each_type(text: &str) -> String {
    let mut seen = BTreeSet::new();
    let begin = Regex::new(r#"(?m)^([a-z]+(?: "[a-z_]+")?)"#).unwrap();
    let blocks = text.split_inclusive("\n}\n").filter(|block| {
        let kind = begin.captures(block).map(|it| it[1].to_owned());
        kind.is_some_and(|it| seen.insert(it))
    });
    blocks.collect()
}

#[test]
fn what_is_printed_is_what_terraform_reads() {
    let world = World::deployed();
    let ran = world.rootwatch(&["export", "terraform"]).ends_with(0);
    let blocks = first_of_each_type(&ran.stdout);
    insta::assert_snapshot!("terraform", world.shown(&blocks));
    let said = ran.stderr.split_once('\n').map(|(_, rest)| rest);
    insta::assert_snapshot!("terraform_aside", world.shown(said.unwrap()));
}

#[test]
fn terraform_imports_every_resource_of_the_hub_once_by_its_id() {
    let world = WHOLE.fork().calm();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tf");
    let before = world.writes();
    let ran = world.rootwatch(&["export", "terraform", path.to_str().unwrap()]);
    let ran = ran.ends_with(0);
    assert_eq!(world.writes(), before, "an export only reads");
    let files = files(&path);
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "hub.tf",
            "imports.tf",
            "rootwatch-notifier.zip",
            "rootwatch-selfcheck.zip",
            "spoke.yaml",
            "spokes.tf",
            "versions.tf"
        ]
    );
    let (hub, spokes) = (text(&files, "hub.tf"), text(&files, "spokes.tf"));
    let addresses: Vec<String> = [addresses(&hub), addresses(&spokes)].concat();
    let imports = imports(&text(&files, "imports.tf"));
    let imported: Vec<&String> = imports.iter().map(|(to, _)| to).collect();
    assert_eq!(addresses.iter().collect::<Vec<_>>(), imported);
    let once: BTreeSet<&String> = addresses.iter().collect();
    assert_eq!(once.len(), addresses.len());
    let kind = |to: &str| to.split('.').next().unwrap().to_owned();
    let of_hub = imports
        .iter()
        .filter(|(to, _)| !to.contains("cloudformation"));
    let of_hub: BTreeSet<(String, String)> =
        of_hub.map(|(to, id)| (kind(to), id.clone())).collect();
    assert_eq!(of_hub, Expected::of(&world));
    let of_spokes: Vec<&str> = imports[of_hub.len()..]
        .iter()
        .map(|(_, id)| id.as_str())
        .collect();
    assert_eq!(
        of_spokes,
        [
            "rootwatch-spoke,DELEGATED_ADMIN",
            "rootwatch-spoke,DELEGATED_ADMIN,OU"
        ]
    );
    let resources = format!("Wrote {} resources into ", addresses.len());
    assert!(ran.stdout.starts_with(&resources), "{}", ran.stdout);
}
