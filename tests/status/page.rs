use crate::world::World;
use rootwatch_lab::Late;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const TWO: [&str; 4] = ["status", "--regions", "us-east-1,eu-west-1", "--html"];

/// Names that a Chromium has, the first that there is wins. `.ci/run` installs one.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// What a browser makes of an address, or nothing where there is not one of this name. The network is out of its reach.
fn dom(browser: &str, address: &str) -> Option<String> {
    let profile = tempfile::tempdir().unwrap();
    let arguments = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--virtual-time-budget=2000",
        "--dump-dom",
    ];
    let output = Command::new(browser)
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(arguments)
        .arg(address)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    Some(String::from_utf8(output.stdout).unwrap())
}

/// A browser that can draw at all: a machine may have one that does not start there.
fn browser() -> Option<&'static str> {
    let draws = |browser: &&str| {
        let drawn = dom(browser, "data:text/html,<p>drawn</p>");
        drawn.is_some_and(|drawn| drawn.contains("<p>drawn</p>"))
    };
    BROWSERS.into_iter().find(draws)
}

/// Set to 1 where a browser is installed on purpose, as by `.ci/run`: a test without one fails then.
const REQUIRED: &str = "ROOTWATCH_REQUIRE_BROWSER";

/// A browser, or a line which says that what needs one is skipped. The line is not captured as `eprintln!` is.
pub(crate) fn browser_or_skip(test: &str) -> Option<&'static str> {
    let found = browser();
    let required = std::env::var_os(REQUIRED).is_some_and(|value| value == "1");
    assert!(
        found.is_some() || !required,
        "{REQUIRED} is 1, and none of {BROWSERS:?} draws a page"
    );
    if found.is_none() {
        let line = format!("skipped: {test}: none of {BROWSERS:?} draws a page\n");
        std::io::stderr().write_all(line.as_bytes()).unwrap();
    }
    found
}

/// The page as a browser has drawn it, with a view that its address asks for.
pub(crate) fn drawn(browser: &str, page: &Path, view: &str) -> String {
    let address = format!("file://{}#{view}", page.display());
    dom(browser, &address).unwrap()
}

/// The text of the table's rows, one a line: account, name, in how many regions, unit, each region.
fn rows(dom: &str) -> Vec<String> {
    let (_, body) = dom.split_once("<tbody>").unwrap();
    let (body, _) = body.split_once("</tbody>").unwrap();
    let button = regex_lite::Regex::new("<button[^>]*>[^<]*</button>").unwrap();
    let end = regex_lite::Regex::new("</(td|th|b)>").unwrap();
    let tag = regex_lite::Regex::new("<[^>]*>").unwrap();
    let body = button.replace_all(body, "").replace("</b></th>", "</b>");
    let rows = body.split("</tr>").filter(|row| !row.is_empty());
    rows.map(|row| {
        let cells = end.split(row).map(|cell| tag.replace_all(cell, ""));
        cells.collect::<Vec<_>>().join("|")
    })
    .collect()
}

#[test]
fn the_page_shows_every_account_by_region_and_can_be_filtered() {
    let world = World::deployed();
    let late = Late {
        auto_deployment_ms: Some(60_000),
        ..Late::default()
    };
    world.lab.set_late(&late).unwrap();
    let prod = world.organization.ou("/Workloads/Prod").unwrap().id.clone();
    let name = "<b>new</b>&amp;";
    let new = world.lab.add_account(name, &prod).unwrap().id;
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("coverage.html");
    let page_name = page.to_str().unwrap();

    let ran = world.rootwatch(&[&TWO[..], &[page_name]].concat());
    let ran = ran.ends_with(2);
    assert!(ran.stderr.contains("Wrote "), "{}", ran.stderr);
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(!html.contains("<b>new"), "markup of an account's name");
    let json = world.rootwatch(&[
        "status",
        "--regions",
        "us-east-1,eu-west-1",
        "--output",
        "json",
    ]);
    let json = json.ends_with(2).json();
    let accounts = json["spokes"]["every_account"].as_array().unwrap();
    for account in accounts {
        assert!(html.contains(account["account"].as_str().unwrap()));
    }

    let Some(browser) = browser_or_skip("the page as a browser draws it") else {
        return; // The file itself was looked at.
    };
    let dom = drawn(browser, &page, "");
    assert_eq!(rows(&dom).len(), accounts.len(), "{dom}");
    let count = format!("{0} of {0} accounts", accounts.len());
    assert!(dom.contains(&count), "{dom}");
    let notified =
        "<b>email security@example.com</b>: root activity (confirmed), a broken watch (confirmed)";
    assert!(dom.contains(notified), "{dom}");
    let gap = format!("{new}|&lt;b&gt;new&lt;/b&gt;&amp;amp;|0/2|/Workloads/Prod|gap|gap|");
    // What is wrong comes first.
    assert_eq!(rows(&dom)[0], gap);
    for view in [
        format!("text={new}"),
        "text=NO+STACK&state=gap".to_owned() + &format!("&text={new}"),
    ] {
        let dom = drawn(browser, &page, &view);
        assert_eq!(rows(&dom), [&*gap], "{view}");
    }
    // Its reason, and what closes it, can be had without a mouse.
    let dom = drawn(browser, &page, &format!("text={new}&open={new}"));
    let why = &rows(&dom)[1];
    assert!(
        why.starts_with("eu-west-1, us-east-1: no stack instance"),
        "{why}"
    );
    assert!(dom.contains("aria-expanded=\"true\""), "{dom}");
    assert!(dom.contains("<code>rootwatch deploy spokes"), "{dom}");
    let dom = drawn(browser, &page, "region=us-east-1&state=covered");
    let shop = world.account("shop");
    let covered = rows(&dom);
    assert!(
        covered
            .iter()
            .any(|row| row.starts_with(&format!("{shop}|shop|2/2|")) && row.ends_with("|ok|")),
        "{covered:?}"
    );
    assert!(
        !covered.iter().any(|row| row.contains("|gap|")),
        "{covered:?}"
    );
    let management = &world.organization.management;
    let dom = drawn(browser, &page, "state=unseen");
    assert!(rows(&dom).iter().all(|row| row.starts_with(&**management)));
    assert_eq!(rows(&dom).len(), 1);
}

#[test]
fn a_page_that_cannot_be_written_is_an_error() {
    let world = World::deployed();
    let missing = "/no/such/folder/page.html";
    let ran = world
        .rootwatch(&[&TWO[..], &[missing]].concat())
        .ends_with(1);
    assert!(ran.stderr.contains(missing), "{}", ran.stderr);
    assert!(ran.stdout.contains("No gaps found."), "{}", ran.stdout);
}
