//! `[[ignore]]`: findings that are accepted.

use super::{KEY, Key, Kind};
use crate::config::form;

pub(crate) static IGNORE: Key = Key {
    name: "ignore",
    kind: Kind::Tables(&[
        &IGNORE_ID,
        &IGNORE_ACCOUNT,
        &IGNORE_REGION,
        &IGNORE_RESOURCE,
        &IGNORE_REASON,
    ]),
    meaning: "A finding of `status` or `verify` that is accepted: shown, and no reason to end with 2; write one such block for each. docs/findings.md lists the kinds",
    default: "none",
    flag: "--ignore",
    ..KEY
};

pub(crate) static IGNORE_ID: Key = Key {
    name: "id",
    kind: Kind::Text(form::finding),
    meaning: "Number of the kind of finding",
    example: r#""RW307""#,
    ..KEY
};

pub(crate) static IGNORE_ACCOUNT: Key = Key {
    name: "account",
    kind: Kind::Text(form::account),
    meaning: "Only of this account",
    example: r#""111122223333""#,
    optional: true,
    ..KEY
};

pub(crate) static IGNORE_REGION: Key = Key {
    name: "region",
    kind: Kind::Text(form::region),
    meaning: "Only in this region",
    example: r#""ap-southeast-5""#,
    optional: true,
    ..KEY
};

pub(crate) static IGNORE_RESOURCE: Key = Key {
    name: "resource",
    kind: Kind::Text(form::not_empty),
    meaning: "Only of this resource, by its name, or by its kind and name",
    example: r#""stack-set rootwatch-spoke""#,
    optional: true,
    ..KEY
};

pub(crate) static IGNORE_REASON: Key = Key {
    name: "reason",
    kind: Kind::Text(form::not_empty),
    meaning: "Why it is accepted",
    example: r#""an SCP denies this region to everybody""#,
    ..KEY
};
