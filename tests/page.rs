use crate::world::World;
use rootwatch_lab::Late;
use std::path::Path;
use std::process::{Command, Stdio};

const TWO: [&str; 4] = ["status", "--regions", "us-east-1,eu-west-1", "--html"];

/// Names that a Chromium has, the first that there is wins. `.ci/run` installs one.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// The page as a browser has drawn it, with a view that its address asks for, or nothing without a browser. The network
/// is out of its reach.
fn drawn(page: &Path, view: &str) -> Option<String> {
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
    BROWSERS.iter().find_map(|browser| {
        let output = Command::new(browser)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .args(arguments)
            .arg(format!("file://{}#{view}", page.display()))
            .stdin(Stdio::null())
            .output()
            .ok()?;
        Some(String::from_utf8(output.stdout).unwrap())
    })
}

/// The text of the table's rows, one a line.
fn rows(dom: &str) -> Vec<String> {
    let (_, body) = dom.split_once("<tbody>").unwrap();
    let (body, _) = body.split_once("</tbody>").unwrap();
    let tag = regex_lite::Regex::new("<[^>]*>").unwrap();
    let rows = body.split("</tr>").filter(|row| !row.is_empty());
    rows.map(|row| {
        let cells = row.split("</td>").map(|cell| tag.replace_all(cell, ""));
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

    let Some(dom) = drawn(&page, "") else {
        return; // No browser here; the file itself was looked at.
    };
    assert_eq!(rows(&dom).len(), accounts.len(), "{dom}");
    let count = format!("{0} of {0} accounts", accounts.len());
    assert!(dom.contains(&count), "{dom}");
    let hole = format!(
        "{new}|&lt;b&gt;new&lt;/b&gt;&amp;amp;|{prod}|no stack instance|no stack instance|"
    );
    for view in [
        format!("text={new}"),
        "text=NO+STACK&state=hole".to_owned() + &format!("&text={new}"),
    ] {
        let dom = drawn(&page, &view).unwrap();
        assert_eq!(rows(&dom), [&*hole], "{view}");
    }
    let dom = drawn(&page, "region=us-east-1&state=covered").unwrap();
    let shop = world.account("shop");
    let covered = rows(&dom);
    assert!(
        covered
            .iter()
            .any(|row| row.starts_with(&format!("{shop}|shop|")) && row.ends_with("|covered|")),
        "{covered:?}"
    );
    assert!(
        !covered.iter().any(|row| row.contains("no stack")),
        "{covered:?}"
    );
    let management = &world.organization.management;
    let dom = drawn(&page, "state=unseen").unwrap();
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
    assert!(ran.stdout.contains("Holes"), "{}", ran.stdout);
}
