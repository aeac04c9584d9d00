//! Every command line of README and docs/ runs as it is written, in a world that its block supposes.

use super::blocks::{Block, Line, blocks};
use super::pages;
use crate::adopt;
use crate::commands::printed::{saying_yes, shell_at};
use crate::confirm::{links, unconfirmed};
use crate::events::topic;
use crate::world::{REGION, World, side_by_side, with_profiles};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Whose credentials a block supposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Hub,
    Management,
}
use By::{Hub, Management};

/// How the lines of a block belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lines {
    /// One after the other, in one world and one folder.
    InOrder,
    /// Each is another way.
    Apart,
}
use Lines::{Apart, InOrder};

/// Where the lines of a block are typed. A block is known by its page and its first line.
struct Scene {
    page: &'static str,
    first: &'static str,
    world: fn() -> World,
    by: By,
    lines: Lines,
}

const fn scene(page: &'static str, first: &'static str, world: fn() -> World, by: By) -> Scene {
    Scene {
        page,
        first,
        world,
        by,
        lines: InOrder,
    }
}

/// The same of lines that are ways to choose from.
const fn ways(page: &'static str, first: &'static str, world: fn() -> World, by: By) -> Scene {
    Scene {
        lines: Apart,
        ..scene(page, first, world, by)
    }
}

/// Every account, the management account too. Two regions are remembered: all of them take long, and README's first day
/// has them.
static WATCHED: LazyLock<World> = LazyLock::new(|| {
    let world = World::deployed().calm();
    let management = world.organization.management.clone();
    let profiles = [("management", management.as_str())];
    let (folder, env) = with_profiles(world.lab.env(&world.organization.hub, REGION), &profiles);
    let line = "rootwatch deploy spokes --ou / --management-profile management --yes";
    shell_at(folder.path(), &env, &[], line, "").ends_with(0);
    world
});

fn watched() -> World {
    WATCHED.fork()
}

/// Nothing of rootwatch's, with a hub account that is a delegated administrator.
static EMPTY: LazyLock<World> = LazyLock::new(|| World::new().calm());

fn empty() -> World {
    EMPTY.fork()
}

/// With the topic that docs/targets.md has made before.
fn with_topic() -> World {
    let world = World::deployed();
    topic(&world, TOPIC);
    world
}

const TOPIC: &str = "rootwatch-pagerduty";

#[rustfmt::skip] // a table reads best with a line a row
const SCENES: &[Scene] = &[
    scene("docs/behaviour.md", "rootwatch deploy spokes --ou / --management-profile management", watched, Hub),
    scene("docs/ci.md", "rootwatch verify --quiet --role <role in the spokes>", watched, Hub),
    scene("docs/ci.md", "rootwatch policy status > status.json", empty, Hub),
    scene("docs/ci.md", "rootwatch plan hub --detailed-exitcode", empty, Hub),
    scene("docs/confirm.md", "rootwatch confirm", unconfirmed, Hub),
    scene("docs/control-tower.md", "rootwatch deploy spokes --ou / --regions us-east-1,eu-west-1 --management-profile management", World::deployed, Hub),
    scene("docs/control-tower.md", "rootwatch plan guardrail --ou /Workloads --free-role AWSControlTowerExecution", World::deployed, Management),
    scene("docs/delegated-administrator.md", "rootwatch deploy hub --email security@example.com", World::without_delegation, Hub),
    scene("docs/delegated-administrator.md", "rootwatch deploy spokes --ou / --hub-account <hub account> --hub-region <hub region>", watched, Management),
    scene("docs/from-aws-pattern.md", "rootwatch adopt --role <role in the spokes>", adopt::beside, Hub),
    scene("docs/guardrail.md", "rootwatch scp", World::deployed, Management),
    scene("docs/lab.md", "rootwatch deploy hub --email security@example.com", empty, Hub),
    scene("docs/leaving.md", "rootwatch export terraform rootwatch-tf", watched, Hub),
    scene("docs/leaving.md", "rootwatch export cloudformation rootwatch-cfn", watched, Hub),
    scene("docs/permissions.md", "rootwatch policy deploy hub > deploy-hub.json", empty, Hub),
    scene("docs/plans.md", "rootwatch plan hub --out plan.json", empty, Hub),
    scene("docs/quick-start.md", "rootwatch policy deploy hub > deploy-hub.json", empty, Hub),
    scene("docs/quick-start.md", "rootwatch policy deploy spokes > deploy-spokes-management.json", empty, Management),
    scene("docs/quick-start.md", "rootwatch plan hub --email security@example.com", empty, Hub),
    scene("docs/quick-start.md", "rootwatch plan spokes --ou / --management-profile management", World::deployed, Hub),
    scene("docs/quick-start.md", "rootwatch status --strict --management-profile management", watched, Hub),
    scene("docs/quick-start.md", "rootwatch teardown all --management-profile management", watched, Hub),
    scene("docs/quick-start.md", "rootwatch verify --role rootwatch-reader", watched, Hub),
    scene("docs/reader-role.md", "rootwatch policy reader", empty, Hub),
    scene("docs/reader-role.md", "rootwatch verify --role rootwatch-reader", watched, Hub),
    scene("docs/reader-role.md", "rootwatch verify --account 333333333333 --spoke-profile shop", watched, Hub),
    scene("docs/release.md", "rootwatch --version", empty, Hub),
    scene("docs/screens.md", "rootwatch explain --example sign-in-without-mfa", empty, Hub),
    ways("docs/screens.md", "rootwatch init --email security@example.com --ou / --yes", empty, Hub),
    ways("docs/settings.md", "rootwatch init --template", World::deployed, Hub),
    scene("docs/targets.md", "rootwatch deploy hub --route \"arn:aws:sns:eu-west-1:222222222222:TOPIC=severity=high format=pagerduty\"", with_topic, Hub),
];

const IN_CI: &str = "builds or tests this repository, as CI does";
const ON_FIRST_DAY: &str =
    "README's first day is typed in tests/commands/first_day.rs, from nothing";
const OF_A_RELEASE: &str =
    "needs a release; tests/release.rs has the archive, the installer and the formula";
const ON_A_MAC: &str = "is for macOS, which nobody had here";
const OF_GOVCLOUD: &str = "the lab's organization is of the partition aws; tests/network/partitions.rs deploys a hub in GovCloud";
const OF_AWS: &str =
    "is a call of the AWS CLI's about what is not rootwatch's; .ci/run checks the template";
const OF_READER: &str =
    "is a call of the AWS CLI's; tests/verify/reader.rs deploys the template by the same calls";
const OF_TERRAFORM: &str =
    "needs Terraform and its provider; tests/export/terraform.rs runs it where they are";
const OF_IMPORT: &str = "the lab imports nothing into stacks";

/// What is not typed here, and why.
#[rustfmt::skip] // a table reads best with a line a row
const NOT_TYPED: &[(&str, &str, &str)] = &[
    ("README.md", "cargo demo", IN_CI),
    ("README.md", "cargo test --workspace", IN_CI),
    ("README.md", "cargo build --release", IN_CI),
    ("README.md", "aws cloudformation activate-organizations-access", ON_FIRST_DAY),
    ("README.md", "aws organizations register-delegated-administrator --service-principal member.org.stacksets.cloudformation.amazonaws.com --account-id <hub account>", ON_FIRST_DAY),
    ("README.md", "rootwatch deploy hub --email security@example.com", ON_FIRST_DAY),
    ("README.md", "rootwatch deploy spokes --ou / --management-profile management", ON_FIRST_DAY),
    ("README.md", "rootwatch status --strict --management-profile management", ON_FIRST_DAY),
    ("README.md", "rootwatch test", ON_FIRST_DAY),
    ("docs/ci.md", "jq -e '[.error, (.gaps[]? | select(.id | IN(\"RW403\", \"RW304\") | not))] | all(. == null)' status.json", "jq is not on every machine that runs these tests"),
    ("docs/lab.md", "cargo lab", IN_CI),
    ("docs/leaving.md", "terraform -chdir=rootwatch-tf init", OF_TERRAFORM),
    ("docs/leaving.md", "terraform -chdir=rootwatch-tf plan", OF_TERRAFORM),
    ("docs/leaving.md", "terraform -chdir=rootwatch-tf apply", OF_TERRAFORM),
    ("docs/leaving.md", "aws s3 sync rootwatch-cfn s3://BUCKET/", OF_IMPORT),
    ("docs/leaving.md", "aws cloudformation create-change-set --region REGION --change-set-type IMPORT --stack-name rootwatch-hub --change-set-name import --template-url https://BUCKET.s3.REGION.amazonaws.com/template.json --resources-to-import file://rootwatch-cfn/resources-to-import.json --parameters ParameterKey=PackagesBucket,ParameterValue=BUCKET --capabilities CAPABILITY_NAMED_IAM", OF_IMPORT),
    ("docs/leaving.md", "aws cloudformation describe-change-set --region REGION --stack-name rootwatch-hub --change-set-name import", OF_IMPORT),
    ("docs/leaving.md", "aws cloudformation execute-change-set --region REGION --stack-name rootwatch-hub --change-set-name import", OF_IMPORT),
    ("docs/partitions.md", "rootwatch deploy hub --region us-gov-west-1 --email security@example.com", OF_GOVCLOUD),
    ("docs/partitions.md", "rootwatch deploy spokes --region us-gov-west-1 --ou /", OF_GOVCLOUD),
    ("docs/quick-start.md", "aws cloudformation activate-organizations-access", ON_FIRST_DAY),
    ("docs/quick-start.md", "aws organizations register-delegated-administrator --service-principal member.org.stacksets.cloudformation.amazonaws.com --account-id <hub account>", ON_FIRST_DAY),
    ("docs/reader-role.md", "aws cloudformation create-stack-set --region <hub region> --stack-set-name rootwatch-reader --template-body file://reader-role.yaml --capabilities CAPABILITY_NAMED_IAM --permission-model SERVICE_MANAGED --auto-deployment Enabled=true,RetainStacksOnAccountRemoval=false --parameters ParameterKey=HubAccountId,ParameterValue=<hub account>", OF_READER),
    ("docs/reader-role.md", "aws cloudformation create-stack-instances --region <hub region> --stack-set-name rootwatch-reader --deployment-targets OrganizationalUnitIds=ROOT --regions <hub region>", OF_READER),
    ("docs/reader-role.md", "aws cloudformation deploy --region <hub region> --stack-name rootwatch-reader --template-file reader-role.yaml --capabilities CAPABILITY_NAMED_IAM --parameter-overrides HubAccountId=<hub account>", OF_READER),
    ("docs/reader-role.md", "aws iam get-role --role-name rootwatch-reader --query Role.[Arn,AssumeRolePolicyDocument]", OF_AWS),
    ("docs/release.md", "sh install.sh", OF_A_RELEASE),
    ("docs/release.md", "brew install --formula ./rootwatch.rb", OF_A_RELEASE),
    ("docs/release.md", "cargo install --locked --git ADDRESS", OF_A_RELEASE),
    ("docs/release.md", "sha256sum --check --ignore-missing SHA256SUMS", OF_A_RELEASE),
    ("docs/release.md", "gh attestation verify rootwatch-x86_64-unknown-linux-gnu.tar.gz --repo OWNER/REPOSITORY", OF_A_RELEASE),
    ("docs/release.md", "rustup target add aarch64-unknown-linux-gnu", ON_A_MAC),
    ("docs/release.md", "cargo lambda build --profile notifier --arm64 --package rootwatch-notifier", ON_A_MAC),
    ("docs/release.md", "export ROOTWATCH_NOTIFIER_BOOTSTRAP=$PWD/target/lambda/bootstrap/bootstrap", ON_A_MAC),
    ("docs/release.md", "ROOTWATCH_BUNDLE=inside cargo lambda build --profile selfcheck --arm64 --package rootwatch-selfcheck", ON_A_MAC),
    ("docs/release.md", "export ROOTWATCH_SELFCHECK_BOOTSTRAP=$PWD/target/lambda/rootwatch-selfcheck/bootstrap", ON_A_MAC),
    ("docs/release.md", "cargo build --release", ON_A_MAC),
    ("docs/self-check.md", "aws logs filter-log-events --region eu-west-1 --log-group-name /aws/lambda/rootwatch-selfcheck --filter-pattern %rootwatch.self-check% --query events[-1].message --output text", "shows what the AWS CLI makes of one answer"),
    ("docs/settings.md", "rootwatch init", "asks on a terminal; tests/screens/init.rs answers it"),
    ("docs/targets.md", "aws secretsmanager create-secret --region eu-west-1 --name rootwatch-pagerduty --secret-string file://secret.json", OF_AWS),
    ("docs/targets.md", "aws cloudformation deploy --region eu-west-1 --stack-name rootwatch-pagerduty --template-file templates/https-route.yaml --capabilities CAPABILITY_IAM --parameter-overrides Service=pagerduty SecretArn=ARN NotifierRoleArn=ARN MailOfFailures=security@example.com", OF_AWS),
];

/// A block with what is typed of it, and where.
struct Played {
    page: &'static str,
    lines: Vec<Line>,
    scene: &'static Scene,
}

/// What is typed of a page's block, without what is listed as not typed.
fn lines(page: &str, block: &Block) -> Vec<Line> {
    let mut lines = block.typed();
    lines.retain(|line| {
        !NOT_TYPED
            .iter()
            .any(|it| (it.0, it.1) == (page, line.command.as_str()))
    });
    lines
}

/// README and docs/ by their names.
fn book() -> Vec<(String, String)> {
    let root = std::path::Path::new(super::ROOT);
    let name = |path: std::path::PathBuf| {
        path.strip_prefix(root)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    };
    let pages = pages().into_iter().map(|(path, text)| (name(path), text));
    let is_of_book = |it: &(String, String)| it.0 == "README.md" || it.0.starts_with("docs/");
    pages.filter(is_of_book).collect()
}

/// Each block with its scene. Fails for one without, and for entries of the lists that nothing has.
fn all() -> Vec<Played> {
    let (mut played, mut without) = (Vec::new(), Vec::new());
    let mut unused: BTreeSet<(&str, &str)> = NOT_TYPED.iter().map(|it| (it.0, it.1)).collect();
    unused.extend(SCENES.iter().map(|it| (it.page, it.first)));
    for (page, text) in book() {
        for block in blocks(&text) {
            block.typed().iter().for_each(|line| {
                unused.retain(|(of, entry)| (*of, *entry) != (&*page, &*line.command));
            });
            let lines = lines(&page, &block);
            let Some(first) = lines.first() else { continue };
            let is_here = |it: &&Scene| (it.page, it.first) == (&*page, &*first.command);
            match SCENES.iter().find(is_here) {
                Some(scene) => played.push(Played {
                    page: scene.page,
                    lines,
                    scene,
                }),
                None => without.push(format!("{page}, {}: {}", block.heading, first.command)),
            }
        }
    }
    assert!(without.is_empty(), "no scene for {without:#?}");
    assert!(unused.is_empty(), "no page has {unused:#?}");
    played
}

/// What a page leaves to whoever types it.
fn filled(world: &World, line: &str, links: &mut Vec<String>) -> String {
    let link = "https://sns.eu-west-1.amazonaws.com/confirmation.html?TopicArn=...&Token=...";
    let mut line = line.to_owned();
    if line.contains(link) {
        line = line.replace(link, &links.remove(0));
    }
    for (placeholder, value) in [
        ("<hub account>", world.organization.hub.as_str()),
        ("<hub region>", REGION),
        ("<role in the spokes>", "rootwatch-reader"),
        // A unit of the lab's organization.
        ("/Workloads/Test", "/Workloads/Prod"),
        (":TOPIC=", ":rootwatch-pagerduty="),
    ] {
        line = line.replace(placeholder, value);
    }
    assert!(
        !line.contains(['\u{2026}', '<']),
        "a placeholder without a value: {line}"
    );
    line
}

impl Played {
    fn play(&self) {
        match self.scene.lines {
            InOrder => self.types(&self.lines),
            Apart => self.lines.chunks(1).for_each(|line| self.types(line)),
        }
    }

    /// Types these lines, in a world and a folder of their own.
    fn types(&self, lines: &[Line]) {
        let world = (self.scene.world)().calm();
        let organization = &world.organization;
        let account = match self.scene.by {
            Hub => &organization.hub,
            Management => &organization.management,
        };
        let shop = world.account("shop");
        let profiles = [
            ("management", organization.management.as_str()),
            ("shop", &shop),
        ];
        let (folder, env) = with_profiles(world.lab.env(account, REGION), &profiles);
        let mut links = match self.page {
            "docs/confirm.md" => links(&world),
            _ => Vec::new(),
        };
        for line in lines {
            let input = match line.command.as_str() {
                "rootwatch confirm" => format!("{}\n", links.remove(0)),
                _ => String::new(),
            };
            let typed = saying_yes(&filled(&world, &line.command, &mut links));
            let ran = shell_at(folder.path(), &env, &[], &typed, &input);
            let said = format!("{}: {typed}\n{}\n{}", self.page, ran.stdout, ran.stderr);
            assert_eq!(ran.code, line.code, "{said}");
        }
    }
}

#[test]
fn every_command_line_of_the_book_runs_as_it_is_written() {
    let all = all();
    assert!(all.len() > 20, "{}", all.len());
    side_by_side(all, Played::play);
}
