//! `rootwatch.toml`, as it is written.

use super::given::{Given, Origin, Place, Problem, Value, nearest};
use super::schema::{
    ENDPOINT, IGNORE, IGNORE_ACCOUNT, IGNORE_ID, IGNORE_REASON, IGNORE_REGION, IGNORE_RESOURCE,
    Key, Kind, PROTOCOL, ROOT,
};
use super::search;
use anyhow::{Context, Result};
use rootwatch_engine::{Ignore, Subscription};
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// Looked for in the working folder and those above it when no file is named.
pub(crate) const DEFAULT: &str = "rootwatch.toml";

/// The contents of a file, and everything that is wrong with them.
#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) given: Vec<Given>,
    pub(super) problems: Vec<Problem>,
    /// Whether it is not TOML, so that the contents are in part a guess.
    pub(super) is_broken: bool,
    /// The file's path, as it is shown; none where there is no file.
    pub(super) path: Option<String>,
}

/// Reads the named file, or else the first that is found upward from the working folder.
///
/// Fails when it cannot be read, or was found above the working folder and belongs to another user.
pub(super) fn read(path: Option<&Path>) -> Result<File> {
    let found = match path {
        Some(path) => Some((path.to_owned(), read_named(path)?)),
        None => search::find(DEFAULT)?,
    };
    let Some((path, text)) = found else {
        return Ok(File::default());
    };
    let shown = path.display().to_string();
    let file = parse(&text, &shown);
    Ok(File {
        path: Some(shown),
        ..file
    })
}

fn read_named(path: &Path) -> Result<String> {
    std::fs::File::open(path)
        .map_err(anyhow::Error::from)
        .and_then(search::text)
        .with_context(|| format!("reading the settings file {}", path.display()))
}

/// What a file's text says.
pub(super) fn parse(text: &str, path: &str) -> File {
    // Some editors begin a file with this invisible byte order mark.
    let text = text.trim_start_matches('\u{feff}');
    let (tree, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader {
        text,
        path,
        file: File::default(),
    };
    for error in errors {
        let span = error.span().unwrap_or_default();
        reader.problem(span, format!("this is not TOML: {}", error.message()));
    }
    // What the parser made of a broken line is a guess, so such a line is reported once.
    let mut broken = std::mem::take(&mut reader.file.problems);
    broken.sort_by_key(position);
    broken.dedup_by_key(|problem| position(problem).0);
    reader.table(tree.get_ref(), ROOT, "");
    let mut file = reader.file;
    file.is_broken = !broken.is_empty();
    file.problems
        .extend(file.given.iter().filter_map(Given::check));
    file.problems.retain(|problem| {
        !broken
            .iter()
            .any(|other| position(other).0 == position(problem).0)
    });
    file.problems.extend(broken);
    file.problems.sort_by_key(position);
    file
}

/// Line and column.
fn position(problem: &Problem) -> (usize, usize) {
    let place = problem.place.as_ref();
    place.map_or((0, 0), |place| (place.line, place.column))
}

/// Walks a file's tables along the known keys.
struct Reader<'t> {
    text: &'t str,
    path: &'t str,
    file: File,
}

impl Reader<'_> {
    fn table(&mut self, table: &DeTable<'_>, keys: &'static [&'static Key], header: &str) {
        for (name, value) in table {
            match keys.iter().find(|key| key.name == name.get_ref()) {
                Some(key) => self.value(key, value),
                None => self.problem(name.span(), unknown(name.get_ref(), keys, header)),
            }
        }
    }

    fn value(&mut self, key: &'static Key, value: &Spanned<DeValue<'_>>) {
        match (&key.kind, value.get_ref()) {
            (Kind::Text(_) | Kind::Choice(_), DeValue::String(text)) => {
                self.give(key, Value::Text(text.to_string()), value.span());
            }
            (Kind::Number(_), DeValue::Integer(number)) => {
                match i64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(number) => self.give(key, Value::Number(number), value.span()),
                    Err(_) => self.problem(value.span(), format!("{} is too large", key.name)),
                }
            }
            (Kind::List(_) | Kind::Tables(_), DeValue::Array(array)) if array.is_empty() => {
                self.problem(value.span(), empty(key));
            }
            (Kind::List(_), DeValue::Array(array)) => self.list(key, array),
            (Kind::Pairs(_), DeValue::Table(table)) => self.pairs(key, table),
            (Kind::Table(keys), DeValue::Table(table)) => self.table(table, keys, key.name),
            (Kind::Tables(keys), DeValue::Array(array)) => self.tables(key, keys, array),
            _ => self.wrong_type(key, value),
        }
    }

    fn list(&mut self, key: &'static Key, array: &DeArray<'_>) {
        for item in array {
            match item.get_ref() {
                DeValue::String(text) => self.give(key, Value::Text(text.to_string()), item.span()),
                _ => self.wrong_type(key, item),
            }
        }
    }

    fn pairs(&mut self, key: &'static Key, table: &DeTable<'_>) {
        for (name, value) in table {
            match value.get_ref() {
                DeValue::String(text) => {
                    let pair = Value::Pair(name.get_ref().to_string(), text.to_string());
                    self.give(key, pair, name.span());
                }
                other => self.problem(
                    value.span(),
                    format!(
                        "{} \"{}\" must be a string in quotes, and this is {}",
                        key.name,
                        name.get_ref(),
                        words(other)
                    ),
                ),
            }
        }
    }

    fn tables(&mut self, key: &'static Key, keys: &'static [&'static Key], array: &DeArray<'_>) {
        for item in array {
            match item.get_ref() {
                DeValue::Table(table) if key.is(&IGNORE) => {
                    self.ignore(key, keys, table, item.span());
                }
                DeValue::Table(table) => self.subscription(key, keys, table, item.span()),
                _ => self.wrong_type(key, item),
            }
        }
    }

    /// A subscription is one value: its endpoint can be judged only with its protocol.
    fn subscription(
        &mut self,
        key: &'static Key,
        keys: &'static [&'static Key],
        table: &DeTable<'_>,
        span: Range<usize>,
    ) {
        let (parts, is_good) = self.parts(key, keys, table, span, "a subscription");
        let part = |key| parts.iter().find(|part| part.key.is(key));
        if let (true, Some(protocol), Some(endpoint)) = (is_good, part(&PROTOCOL), part(&ENDPOINT))
        {
            self.file.given.push(Given {
                key,
                value: Value::Subscription(Subscription {
                    protocol: protocol.text().into(),
                    endpoint: endpoint.text().into(),
                }),
                origin: endpoint.origin.clone(),
            });
        }
    }

    /// The values of one of several tables, and whether each is good.
    fn parts(
        &mut self,
        key: &'static Key,
        keys: &'static [&'static Key],
        table: &DeTable<'_>,
        span: Range<usize>,
        what: &str,
    ) -> (Vec<Given>, bool) {
        let before = self.file.given.len();
        self.table(table, keys, &key.header());
        let parts = self.file.given.split_off(before);
        let is_missing = |part: &&&Key| !part.optional && !table.contains_key(part.name);
        for part in keys.iter().filter(is_missing) {
            self.problem(span.clone(), format!("{what} lacks \"{}\"", part.name));
        }
        let wrong: Vec<Problem> = parts.iter().filter_map(Given::check).collect();
        let is_good = wrong.is_empty();
        self.file.problems.extend(wrong);
        (parts, is_good)
    }

    /// A finding that is accepted.
    fn ignore(
        &mut self,
        key: &'static Key,
        keys: &'static [&'static Key],
        table: &DeTable<'_>,
        span: Range<usize>,
    ) {
        let place = self.place(span.start);
        let (parts, is_good) = self.parts(key, keys, table, span, "an accepted finding");
        let text = |key| {
            let part = parts.iter().find(|part: &&Given| part.key.is(key));
            part.map(|it| it.text().to_owned())
        };
        let id = text(&IGNORE_ID).and_then(|it| it.parse().ok());
        if let (true, Some(id), Some(reason)) = (is_good, id, text(&IGNORE_REASON)) {
            self.file.given.push(Given {
                key,
                value: Value::Ignore(Ignore {
                    id,
                    account: text(&IGNORE_ACCOUNT),
                    region: text(&IGNORE_REGION),
                    resource: text(&IGNORE_RESOURCE),
                    reason,
                    source: format!("{}, line {}", place.file, place.line),
                }),
                origin: Origin::File(place),
            });
        }
    }

    fn give(&mut self, key: &'static Key, value: Value, span: Range<usize>) {
        let origin = Origin::File(self.place(span.start));
        self.file.given.push(Given { key, value, origin });
    }

    fn wrong_type(&mut self, key: &Key, value: &Spanned<DeValue<'_>>) {
        let wanted = match key.kind {
            Kind::Text(_) | Kind::Choice(_) => "a string in quotes",
            Kind::Number(_) => "a whole number",
            Kind::List(_) => "a list of strings",
            Kind::Pairs(_) | Kind::Table(_) => "a table",
            Kind::Tables(_) => "a list of tables",
        };
        let mut text = format!(
            "{} must be {wanted}, and this is {}",
            key.name,
            words(value.get_ref())
        );
        match key.kind {
            Kind::Tables(_) => text.push_str(&format!(": write [[{}]]", key.header())),
            Kind::Table(_) => text.push_str(&format!(": write [{}]", key.name)),
            _ => text.push_str(&format!(": write {} = {}", key.name, key.example)),
        }
        self.problem(value.span(), text);
    }

    fn problem(&mut self, span: Range<usize>, text: String) {
        let place = Some(self.place(span.start));
        self.file.problems.push(Problem { place, text });
    }

    fn place(&self, offset: usize) -> Place {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Place {
            file: self.path.into(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

/// What to do about a list without anything in it: a list is the whole one, and nobody wants none.
fn empty(key: &Key) -> String {
    let filled = match key.kind {
        Kind::Tables(_) => format!("write [[{}]]", key.header()),
        _ => format!("write {} = {}", key.name, key.example),
    };
    format!(
        "{} is an empty list, and a list in the file is the whole one, so this would mean none at all: leave it out, and what is deployed stays, or fill it in: {filled}",
        key.name
    )
}

/// What kind of value was found.
fn words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// Says that a key is not known here, with what was probably meant: a key like it, or the same one elsewhere.
fn unknown(name: &str, keys: &'static [&'static Key], header: &str) -> String {
    let here = match header {
        "" => "at the top".to_owned(),
        "hub.subscriptions" | "ignore" => format!("in [[{header}]]"),
        _ => format!("in [{header}]"),
    };
    let mut meant: Vec<String> = nearest(name, keys.iter().map(|key| key.name))
        .map(|key| format!("\"{key}\""))
        .into_iter()
        .collect();
    meant.extend(elsewhere(name, header));
    match meant.as_slice() {
        [] => {
            let known: Vec<&str> = keys.iter().map(|key| key.name).collect();
            format!(
                "there is no key \"{name}\" {here}; there are {}",
                known.join(", ")
            )
        }
        _ => format!(
            "there is no key \"{name}\" {here}; did you mean {}?",
            meant.join(", or ")
        ),
    }
}

/// The places where a key of this name belongs.
fn elsewhere(name: &str, header: &str) -> Vec<String> {
    let has = |keys: &[&Key]| keys.iter().any(|key| key.name == name);
    let mut found = Vec::new();
    if !header.is_empty() && has(ROOT) {
        found.push(format!("\"{name}\" above the first [table]"));
    }
    for table in ROOT.iter().filter(|table| table.name != header) {
        if matches!(table.kind, Kind::Table(keys) if has(keys)) {
            found.push(format!("\"{name}\" under [{}]", table.name));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(text: &str) -> Vec<String> {
        let file = parse(text, "f");
        file.problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_good_file_has_values_with_their_places() {
        let file = parse(
            "name = \"a\" # é\n[hub]\nemail = [\"a@b.de\",\n  \"c@d.de\"]\n",
            "f",
        );
        assert_eq!(file.problems, []);
        let places: Vec<(&str, &Origin)> = file
            .given
            .iter()
            .map(|given| (given.text(), &given.origin))
            .collect();
        let at = |line, column| {
            Origin::File(Place {
                file: "f".into(),
                line,
                column,
            })
        };
        assert_eq!(
            places,
            [
                ("a@b.de", &at(3, 10)),
                ("c@d.de", &at(4, 3)),
                ("a", &at(1, 8))
            ]
        );
    }

    #[test]
    fn what_is_accepted_has_a_kind_and_a_reason() {
        let good = "[[ignore]]\nid = \"RW301\"\nreason = \"known\"\n[[ignore]]\nid = \"RW307\"\naccount = \"111122223333\"\nregion = \"us-east-1\"\nresource = \"x\"\nreason = \"y\"\n";
        let file = parse(good, "f");
        assert_eq!(file.problems, []);
        let ignores: Vec<String> = file
            .given
            .iter()
            .map(|given| match &given.value {
                Value::Ignore(it) => format!("{it}: {} ({})", it.reason, it.source),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(
            ignores,
            [
                "RW301: known (f, line 1)",
                "RW307@111122223333/us-east-1 of x: y (f, line 4)"
            ]
        );
        let wrong = "[[ignore]]\nid = \"RW3\"\naccount = \"1\"\n[[ignore]]\nid = \"RW301\"\nreason = \"\"\nreasons = \"x\"\n";
        insta::assert_snapshot!(reported(wrong).join("\n"), @r#"
        f, line 1, column 1: an accepted finding lacks "reason"
        f, line 2, column 6: id "RW3" is not the number of a kind of finding (such as RW307); docs/findings.md lists them
        f, line 3, column 11: account "1" is not an account id: 12 digits
        f, line 6, column 10: reason "" is empty
        f, line 7, column 1: there is no key "reasons" in [[ignore]]; did you mean "reason"?
        "#);
        assert_eq!(reported("ignore = []\n").len(), 1);
    }

    #[test]
    fn all_problems_of_a_file_are_reported_at_once_and_in_order() {
        let text = r#"nmae = "x"
region = 5
email = ["a@example.com"]
regions = []
log_retention_days = 30
[hub]
emails = ["a@example.com"]
email = "a@example.com"
log_retention_days = 2
kms_key = "alias/mine"
[[hub.subscriptions]]
protocol = "smss"
endpoint = "+491701234567"
[[hub.subscriptions]]
protocol = "sms"
[[hub.subscriptions]]
protocol = "sms"
endpoint = "1"
adress = "x"
[spokes]
region = "eu-west-1"
regions = ["us-east-1", 7, "europe"]
call_as = "delegated_admin"
[tags]
team = 1
"aws:x" = "1"
[colour]
"#;
        insta::assert_snapshot!(reported(text).join("\n"), @r#"
        f, line 1, column 1: there is no key "nmae" at the top; did you mean "name"?
        f, line 2, column 10: region must be a string in quotes, and this is a whole number: write region = "eu-west-1"
        f, line 3, column 1: there is no key "email" at the top; did you mean "email" under [hub]?
        f, line 4, column 1: there is no key "regions" at the top; did you mean "region", or "regions" under [spokes]?
        f, line 5, column 1: there is no key "log_retention_days" at the top; did you mean "log_retention_days" under [hub]?
        f, line 7, column 1: there is no key "emails" in [hub]; did you mean "email"?
        f, line 8, column 9: email must be a list of strings, and this is a string: write email = ["security@example.com"]
        f, line 9, column 22: log_retention_days 2 is not one of the values that AWS accepts: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
        f, line 10, column 11: kms_key "alias/mine" is not the ARN of a KMS key (such as arn:aws:kms:eu-west-1:111122223333:key/1234abcd-…)
        f, line 12, column 12: protocol "smss" is not one of email, email-json, sms, https, http, sqs, lambda, application; did you mean "sms"?
        f, line 14, column 1: a subscription lacks "endpoint"
        f, line 18, column 12: endpoint "1" is not a phone number such as +491701234567, as the protocol "sms" requires
        f, line 19, column 1: there is no key "adress" in [[hub.subscriptions]]; there are protocol, endpoint
        f, line 21, column 1: there is no key "region" in [spokes]; did you mean "regions", or "region" above the first [table], or "region" under [hub]?
        f, line 22, column 25: regions must be a list of strings, and this is a whole number: write regions = ["us-east-1", "eu-west-1"]
        f, line 22, column 28: regions "europe" is not the name of an AWS region (such as eu-west-1)
        f, line 23, column 11: call_as "delegated_admin" is not one of self, delegated-admin; did you mean "delegated-admin"?
        f, line 25, column 8: tags "team" must be a string in quotes, and this is a whole number
        f, line 26, column 1: tags "aws:x" must not be empty or begin with "aws:" or "rootwatch:"
        f, line 27, column 2: there is no key "colour" at the top; there are name, profile, region, endpoint_url, org_id, timeout, hub, management, notify, account_names, owners, routes, spokes, guardrail, iam, tags, ignore
        "#);
    }

    #[test]
    fn broken_toml_is_reported_once_a_line_with_the_rest() {
        let text = "region = eu-west-1\nname = \nname = \"b\"\n[hub]\ntopic = \"x\"\nemail = [\"a@example.com\"\n";
        insta::assert_snapshot!(reported(text).join("\n"), @r#"
        f, line 1, column 10: this is not TOML: string values must be quoted, expected literal string
        f, line 2, column 8: this is not TOML: string values must be quoted, expected literal string
        f, line 3, column 1: this is not TOML: duplicate key
        f, line 5, column 1: there is no key "topic" in [hub]; did you mean "topic_name"?
        f, line 6, column 25: this is not TOML: unclosed array, expected `]`
        "#);
    }

    #[test]
    fn a_subscription_may_be_written_in_one_line() {
        let text = r#"hub.subscriptions = [{ protocol = "sms", endpoint = "+491701234567" }]"#;
        assert_eq!(reported(text), Vec::<String>::new());
        assert_eq!(parse(text, "f").given.len(), 1);
    }
}
