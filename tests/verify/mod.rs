//! `rootwatch verify` on the lab: a good deployment is fine, and what breaks a hop is read from AWS and named. Every
//! way to break one is a row of a pure test beside the checks (`src/verify/tests/`, `spoke_tests.rs`).

mod hub;
mod keys;
mod patterns;
mod reader;
mod reads;
mod spokes;
mod trail;
mod url;

use crate::world::Ran;
use serde_json::Value;

/// In every account; it lets the hub's in.
const SPOKE_ROLE: &str = "rootwatch-reader";

/// What AWS makes in each account of an organization: it lets the management account in alone.
const DEFAULT_ROLE: &str = "OrganizationAccountAccessRole";

/// A hop that is not fine.
#[derive(Clone, Debug)]
struct Wrong {
    account: String,
    region: String,
    resource: String,
    check: String,
    verdict: String,
    fix: String,
}

fn wrong(ran: &Ran) -> Vec<Wrong> {
    let report = ran.json();
    let hops = report["hops"].as_array().unwrap().iter();
    let wrong = hops.filter(|hop| hop["verdict"] != "ok");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    wrong
        .map(|hop| Wrong {
            account: text(&hop["account"]),
            region: text(&hop["region"]),
            resource: text(&hop["resource"]),
            check: text(&hop["check"]),
            verdict: text(&hop["verdict"]),
            fix: text(&hop["fix"]),
        })
        .collect()
}
