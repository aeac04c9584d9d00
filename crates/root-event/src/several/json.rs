//! The body for programs of a message about several events.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Several;
use crate::context::with_context;
use crate::json::{SCHEMA, access, account, mfa, name, without_nulls};
use crate::tally::{Call, MOST_LINES, beyond};
use crate::who::upper_first;

/// The maximum number of event ids.
const MOST_IDS: usize = 100;

impl Several<'_> {
    pub(super) fn json(&self, subject: &str) -> Value {
        let it = self.tally.gravest;
        let id = it.account_or_unknown();
        let body = without_nulls(json!({
            "schema": SCHEMA,
            "kind": "digest",
            "test": false,
            "severity": self.severity.name(),
            "activity": it.activity.name(),
            "account": account(id, self.context),
            "subject": subject,
            "summary": upper_first(&self.sentence(&format!("account {id}"))),
            "time": self.tally.first.time,
            "received": self.context.received.map(|at| at.to_string()),
            "mfa": mfa(it.mfa),
            "access": access(it),
            "identity": it.identity,
            "what_to_do": self.steps(),
            "digest": self.counts(),
        }));
        with_context(body, self.context, self.owner())
    }

    fn counts(&self) -> Value {
        let tally = self.tally;
        let ids = tally.events.iter().filter_map(|it| it.event_id.as_deref());
        let calls = tally.counts(Call::of).len();
        without_nulls(json!({
            "of": self.form.name(),
            "events": self.number(),
            "repeated": tally.repeated,
            "failed": tally.failed(),
            "first": tally.first.time,
            "last": tally.last.time,
            "accounts": self.accounts_as_json(self.accounts()),
            "accounts_left_out": beyond(self.accounts().len(), MOST_LINES),
            "target_accounts": self.is_of_administrator().then(|| self.accounts_as_json(self.targets())),
            "target_accounts_left_out": beyond(self.targets().len(), MOST_LINES),
            "regions": tally.first_of(|it| it.region.as_deref()),
            "regions_left_out": tally.left_out(|it| it.region.as_deref()),
            "source_ips": tally.first_of(|it| it.source_ip.as_deref()),
            "source_ips_left_out": tally.left_out(|it| it.source_ip.as_deref()),
            "calls": tally.calls_as_json(),
            "calls_left_out": beyond(calls, MOST_LINES).unwrap_or_default(),
            "event_ids": ids.clone().take(MOST_IDS).collect::<Vec<_>>(),
            "event_ids_left_out": beyond(ids.count(), MOST_IDS),
        }))
    }

    fn accounts_as_json(&self, accounts: BTreeSet<&str>) -> Vec<Value> {
        let one =
            |id: &str| without_nulls(json!({ "id": id, "name": self.name_of(id).and_then(name) }));
        accounts.into_iter().take(MOST_LINES).map(one).collect()
    }
}
