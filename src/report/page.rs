//! The coverage as one page that needs no network: every account by every region, to be filtered in a browser.

use crate::spokes::coverage::Coverage;
use anyhow::{Context, Result};
use serde::Serialize;
use sha2::{Digest, Sha256};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What the page shows.
#[derive(Serialize)]
pub(crate) struct Page<'a> {
    /// Account, region and partition that were looked from.
    pub(crate) place: String,
    /// When it was made, in UTC.
    pub(crate) made: String,
    #[serde(flatten)]
    pub(crate) coverage: &'a Coverage,
    /// Every hole of the whole path, as `status` prints it.
    pub(crate) all_holes: &'a [String],
}

impl Page<'_> {
    /// The page. Its content security policy lets nothing run but its own script, and nothing be loaded.
    pub(crate) fn html(&self) -> Result<String> {
        let data = serde_json::to_string(self).context("writing the page's data")?;
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

/// As a content security policy names a script (W3C, Content Security Policy Level 3).
fn hash(text: &str) -> String {
    aws_smithy_types::base64::encode(Sha256::digest(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spokes::coverage::{AccountStanding, Named, Standing};

    fn page(name: &str) -> String {
        let coverage = Coverage {
            regions: vec!["us-east-1".into()],
            every_account: vec![AccountStanding {
                named: Named {
                    account: "111111111111".into(),
                    name: name.into(),
                },
                unit: "ou-1".into(),
                standing: Standing::Covered,
            }],
            ..Coverage::default()
        };
        Page {
            place: "here".into(),
            made: "now".into(),
            coverage: &coverage,
            all_holes: &[],
        }
        .html()
        .unwrap()
    }

    #[test]
    fn an_accounts_name_stays_text() {
        let page = page("</script><script>alert(1)</script>{script}");
        assert_eq!(page.matches("<script").count(), 2);
        assert_eq!(page.matches("</script>").count(), 2);
        assert!(page.contains(r"\u003c/script>\u003cscript>alert(1)\u003c/script>{script}"));
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
