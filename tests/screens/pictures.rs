//! The pictures of docs/pictures/: screens of the binary, drawn. `cargo pictures` writes them.

use super::shown::masked;
use super::terminal::Terminal;
use crate::status::page::{browser_or_skip, drawn};
use crate::world::{REGION, World};
use anstyle::RgbColor;
use anstyle_svg::{Palette, Term, VGA};
use regex_lite::Regex;
use rootwatch_lab::Late;
use std::path::Path;

/// Set to 1 where pictures are to be written, as `cargo pictures` does.
const WRITE: &str = "ROOTWATCH_WRITE_PICTURES";
const COLUMNS: u16 = 100;

/// Its dark yellow can be read on white.
const ON_LIGHT: Palette = anstyle_svg::WIN10_CONSOLE;

/// How a picture looks: what its file's name ends in, text, background and colours.
const LOOKS: [(&str, RgbColor, RgbColor, Palette); 2] = [
    (
        "dark",
        RgbColor(0xe6, 0xe6, 0xe6),
        RgbColor(0x16, 0x1b, 0x22),
        VGA,
    ),
    (
        "light",
        RgbColor(0x1f, 0x23, 0x28),
        RgbColor(0xf6, 0xf8, 0xfa),
        ON_LIGHT,
    ),
];

/// What was masked, as it might be.
fn unmasked(text: &str) -> String {
    text.replace(&"i".repeat(36), "rootwatch-0123456789abcdef01234567-1")
        .replace(&"t".repeat(20), "2026-11-26T09:00:00Z")
        .replace(&"u".repeat(16), "ou-ab12-cdefgh34")
}

/// Compares a picture with the one that is kept, or keeps it.
fn keep(file: &str, drawn: &str) {
    let drawn = unmasked(drawn);
    let file = format!("docs/pictures/{file}.svg");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
    if std::env::var(WRITE).is_ok_and(|value| value == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let is_kept = kept == drawn;
    assert!(
        is_kept,
        "{file} is not what is shown now: `cargo pictures` writes it"
    );
    assert!(!drawn.contains("127.0.0.1"), "{file} shows this machine");
}

/// Compares a screen with its pictures, or writes them.
fn picture(name: &str, command: &str, screen: &str) {
    let screen = format!("$ {command}\n{}", masked(screen));
    for (look, text, background, palette) in LOOKS {
        let drawn = Term::new()
            .fg_color(text.into())
            .bg_color(background.into())
            .palette(palette)
            .render_svg(&screen);
        keep(&format!("{name}-{look}"), &drawn);
    }
}

/// Runs a line on a terminal; what it asks is answered.
fn run(world: &World, command: &str, keys: Option<(&str, &str)>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let args: Vec<&str> = command.split(' ').skip(1).collect();
    let env = world.lab.env(&world.organization.hub, REGION);
    let mut run = Terminal::start(&env, folder.path(), COLUMNS, &args);
    if let Some((question, answer)) = keys {
        run.answers(question, &format!("{answer}\r"));
    }
    run.end().ends_with(0).coloured
}

#[test]
fn pictures_show_what_is_shown() {
    let world = World::with_hub().calm();
    let deploy =
        "rootwatch deploy spokes --ou /Workloads --ou /Security --regions us-east-1,eu-west-1";
    let screen = run(&world, deploy, Some(("to confirm:", "yes")));
    picture("deployment", deploy, &screen);
    let status = "rootwatch status";
    picture("status", status, &run(&world, status, None));
    let mail = "rootwatch explain --example sign-in-without-mfa";
    picture("mail", mail, &run(&world, mail, None));
}

/// What a browser has made of the page, as a picture: its content and style without its scripts.
fn as_picture(dom: &str) -> String {
    const SIZE: (u32, u32) = (1000, 860);
    let style = dom
        .split("<style>")
        .nth(1)
        .unwrap()
        .split("</style>")
        .next()
        .unwrap();
    let body = dom
        .split("<body>")
        .nth(1)
        .unwrap()
        .split("</body>")
        .next()
        .unwrap();
    let scripts = Regex::new("(?s)<(script|noscript).*?</(script|noscript)>").unwrap();
    let body = scripts.replace_all(body, "");
    // XML has no elements without an end.
    let open = Regex::new("<(input|br|meta|link)([^>]*)>").unwrap();
    let body = open
        .replace_all(&body, "<$1$2/>")
        .replace("&nbsp;", "&#160;");
    let (width, height) = SIZE;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\"><style>svg {{ background: Canvas; color: CanvasText; }}\n{style}</style><foreignObject width=\"{width}\" height=\"{height}\"><body xmlns=\"http://www.w3.org/1999/xhtml\">{}</body></foreignObject></svg>\n",
        masked(&body).trim_end()
    )
}

#[test]
fn the_picture_of_the_page_shows_the_page() {
    let Some(browser) = browser_or_skip("the picture of the page") else {
        return;
    };
    let world = World::deployed().calm();
    let late = Late {
        auto_deployment_ms: Some(60_000),
        ..Late::default()
    };
    world.lab.set_late(&late).unwrap();
    let prod = world.organization.ou("/Workloads/Prod").unwrap().id.clone();
    let new = world.lab.add_account("checkout", &prod).unwrap().id;
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("coverage.html");
    let regions = ["status", "--regions", "us-east-1,eu-west-1", "--html"];
    world
        .rootwatch(&[&regions[..], &[page.to_str().unwrap()]].concat())
        .ends_with(2);
    let picture = as_picture(&drawn(browser, &page, ""));
    keep("page", &picture.replace(&new, "777777777777"));
}
