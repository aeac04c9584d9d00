//! The coverage as one page that needs no network: every account by every region, to be filtered in a browser.

use crate::plain::colourless;
use anyhow::{Context, Result, bail};
use base64::Engine as _;
use rootwatch_engine::Session;
use rootwatch_engine::findings::coverage::{GONE_QUIET, NEVER_HEARD};
use rootwatch_engine::status::{Guarded, GuardedState, Report};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::path::Path;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What the page shows: everything that `status --output json` prints, and what that does not say.
#[derive(Serialize)]
struct Page<'a> {
    /// Deployment, account, region and partition of the run.
    place: String,
    /// When it was made, in UTC.
    made: String,
    /// Of rootwatch.
    version: &'static str,
    /// Findings by which an account and region is quiet.
    quiet: Vec<String>,
    /// What stands above the table besides the numbers of accounts, subscribers and gaps.
    cards: Vec<Card>,
    report: &'a Report,
}

/// A fact with its name.
#[derive(Serialize)]
struct Card {
    title: &'static str,
    text: String,
    /// `bad`, `unknown`, or nothing.
    standing: &'static str,
}

/// Writes the coverage as a page. Fails when it is not known, or the file cannot be written.
pub(crate) fn write(file: &Path, session: &Session, report: &Report) -> Result<()> {
    if let Some(why) = &report.spokes.unknown {
        bail!(
            "{} was not written, since the coverage is not known: {why}",
            file.display()
        );
    }
    let place = format!(
        "rootwatch \"{}\": {}",
        session.settings().name,
        session.place()
    );
    let page = Page::of(place, report);
    std::fs::write(file, page.html()?).with_context(|| format!("writing {}", file.display()))
}

impl<'a> Page<'a> {
    fn of(place: String, report: &'a Report) -> Self {
        Self {
            place,
            made: format!("{:.0}", jiff::Timestamp::now()),
            version: env!("CARGO_PKG_VERSION"),
            quiet: [NEVER_HEARD, GONE_QUIET].map(|id| id.to_string()).into(),
            cards: cards(report),
            report,
        }
    }
}

/// Whom the guardrail binds, and what the last self-check said.
fn cards(report: &Report) -> Vec<Card> {
    let self_check = report.hub.self_check.iter().map(|it| Card {
        title: "Daily self-check",
        text: it.words(),
        standing: match (it.wrong, it.setting.as_str()) {
            (Some(0), _) => "",
            (_, "off") | (None, _) => "unknown",
            (Some(_), _) => "bad",
        },
    });
    std::iter::once(guardrail(&report.guardrail))
        .chain(self_check)
        .collect()
}

fn guardrail(found: &Guarded) -> Card {
    let members = found.guarded + found.not_guarded.len();
    let (text, standing) = match found.state {
        GuardedState::Guarded => (format!("all {members} member accounts"), ""),
        GuardedState::Partly => (
            format!("{} of {members} member accounts", found.guarded),
            "unknown",
        ),
        GuardedState::None => ("no member account".to_owned(), "unknown"),
        GuardedState::Unknown => ("not known".to_owned(), "unknown"),
    };
    Card {
        title: "Kept as they are by a guardrail",
        text,
        standing,
    }
}

impl Page<'_> {
    /// The page. Its content security policy allows its own script alone, and no requests.
    fn html(&self) -> Result<String> {
        let data = serde_json::to_value(self).context("writing the page's data")?;
        let data = visible(data).to_string();
        // Inside a script element, only this character can end it.
        let data = data.replace('<', "\\u003c");
        Ok(PAGE
            .replace("{style-hash}", &hash(STYLE))
            .replace("{script-hash}", &hash(SCRIPT))
            .replace("{style}", STYLE)
            .replace("{script}", SCRIPT)
            // Last, since a name in it may look like one of the places above.
            .replace("{data}", &data))
    }
}

/// The same with each text as it is seen in a terminal: a browser obeys marks that turn the order of letters round.
fn visible(value: Value) -> Value {
    match value {
        Value::String(text) => colourless(&text).into_owned().into(),
        Value::Array(all) => all.into_iter().map(visible).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter();
            let visible =
                |(name, value): (String, _)| (colourless(&name).into_owned(), visible(value));
            Value::Object(fields.map(visible).collect())
        }
        other => other,
    }
}

/// As a content security policy names a script (W3C, Content Security Policy Level 3).
fn hash(text: &str) -> String {
    base64::prelude::BASE64_STANDARD.encode(Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rootwatch_engine::spokes::coverage::{AccountStanding, Coverage, Named, Standing};

    fn page(name: &str) -> String {
        let mut report = Report::default();
        report.spokes.coverage = Coverage {
            regions: vec!["us-east-1".into()],
            every_account: vec![AccountStanding {
                named: Named {
                    account: "111111111111".into(),
                    name: name.into(),
                },
                unit: "ou-1".into(),
                unit_path: Some("/Workloads".into()),
                standing: Standing::Covered,
            }],
            ..Coverage::default()
        };
        Page::of("here".into(), &report).html().unwrap()
    }

    #[test]
    fn an_accounts_name_stays_text() {
        let page = page("</script><script>alert(1)</script>{script}");
        assert_eq!(page.matches("<script").count(), 2);
        assert_eq!(page.matches("</script>").count(), 2);
        assert!(page.contains(r"\u003c/script>\u003cscript>alert(1)\u003c/script>{script}"));
    }

    #[test]
    fn an_accounts_name_turns_nothing_round() {
        let page = page("a\u{202e}b\u{200b}");
        assert!(!page.contains(['\u{202e}', '\u{200b}']));
        // Escaped for people, and the backslash for JSON.
        assert!(page.contains(r"a\\u202eb\\u200b"), "{page}");
        assert!(!page.contains(r"a\u202e"), "{page}");
    }

    #[test]
    fn it_loads_nothing() {
        let page = page("shop");
        for outside in ["http:", "https:", "src=", "@import", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert!(page.contains("default-src 'none'"));
        assert!(!page.contains("unsafe-inline"));
    }
}
