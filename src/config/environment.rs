//! The variables of rootwatch's own: one for each setting that has a flag, named after it.

use super::given::{Given, Origin, Problem, Value, nearest};
use super::schema::{ACCOUNT_NAMES, IGNORE, Key, Kind, OU, OWNERS, ROOT, ROUTES, SUBSCRIPTIONS};
use rootwatch_engine::{Ignore, Subscription};

/// Begins the name of each.
const PREFIX: &str = "ROOTWATCH_";
/// Begins the names of the lab's.
const OF_THE_LAB: &str = "ROOTWATCH_LAB_";
/// Other variables that begin so: the settings file's, those of a build, and those of the tests.
const OTHERS: [&str; 14] = [
    "ROOTWATCH_CONFIG",
    "ROOTWATCH_BUILD_COMMIT",
    "ROOTWATCH_BUNDLE",
    "ROOTWATCH_EVERY_CALL",
    "ROOTWATCH_LAMBDA_TARGET",
    "ROOTWATCH_NOTIFIER_ARCHITECTURE",
    "ROOTWATCH_NOTIFIER_BOOTSTRAP",
    "ROOTWATCH_REQUIRE_BROWSER",
    "ROOTWATCH_REQUIRE_CFN_LINT",
    "ROOTWATCH_SELFCHECK_BOOTSTRAP",
    "ROOTWATCH_SEEDS",
    "ROOTWATCH_TERRAFORM",
    "ROOTWATCH_WRITE_PICTURES",
    "ROOTWATCH_WRITE_SCHEMA",
];

/// What the variables give, and what is wrong with them.
pub(super) fn read(
    variables: impl Iterator<Item = (String, String)>,
) -> (Vec<Given>, Vec<Problem>) {
    let (mut given, mut problems) = (Vec::new(), Vec::new());
    let keys = all(ROOT);
    for (name, text) in variables.filter(|(name, _)| name.starts_with(PREFIX)) {
        // An empty one is as good as none: many pipelines set all that they know.
        if text.trim().is_empty() {
            continue;
        }
        match keys.iter().find(|key| variable(key) == name) {
            Some(key) => give(key, &name, &text, &mut given, &mut problems),
            None => problems.extend(unknown(&name, &keys)),
        }
    }
    problems.extend(given.iter().filter_map(Given::check));
    (given, problems)
}

/// Name of the variable of a setting.
pub(crate) fn variable(key: &Key) -> String {
    let flag = key.flag.trim_start_matches('-').replace('-', "_");
    format!("{PREFIX}{}", flag.to_uppercase())
}

/// All keys that have a flag, those in tables too.
fn all(keys: &'static [&'static Key]) -> Vec<&'static Key> {
    let mut found = Vec::new();
    for key in keys {
        match key.kind {
            Kind::Table(inner) => found.extend(all(inner)),
            _ if !key.flag.is_empty() => found.push(*key),
            _ => {}
        }
    }
    found
}

fn give(
    key: &'static Key,
    name: &str,
    text: &str,
    given: &mut Vec<Given>,
    problems: &mut Vec<Problem>,
) {
    let mut add = |value: Value| {
        given.push(Given {
            key,
            value,
            origin: Origin::Environment(name.to_owned()),
        });
    };
    let mut problem = |text: String| problems.push(Problem { place: None, text });
    match key.kind {
        Kind::Number(_) => match text.trim().parse() {
            Ok(number) => add(Value::Number(number)),
            Err(_) => problem(format!("{name} \"{text}\" is not a whole number")),
        },
        Kind::List(_) => each(key, text).for_each(|it| add(Value::Text(it.to_owned()))),
        Kind::Pairs(_) | Kind::Tables(_) => {
            for one in each(key, text) {
                match one.split_once('=') {
                    Some((left, right)) if key.is(&IGNORE) => {
                        match Ignore::parse(left, right, name) {
                            Ok(ignore) => add(Value::Ignore(ignore)),
                            Err(why) => problem(format!("{name} holds {one}: {why}")),
                        }
                    }
                    Some((left, right)) => add(pair(key, left, right)),
                    None => problem(format!(
                        "{name} holds \"{}\", which has no = in it",
                        rootwatch_engine::without_password(one)
                    )),
                }
            }
        }
        _ => add(Value::Text(text.trim().to_owned())),
    }
}

fn pair(key: &Key, left: &str, right: &str) -> Value {
    match key.is(&SUBSCRIPTIONS) {
        true => Value::Subscription(Subscription {
            protocol: left.to_owned(),
            endpoint: right.to_owned(),
        }),
        false => Value::Pair(left.to_owned(), right.to_owned()),
    }
}

/// Several values, one a line, or with commas between them where a value cannot hold one.
fn each<'t>(key: &Key, text: &'t str) -> impl Iterator<Item = &'t str> {
    let may_hold_commas = [
        &SUBSCRIPTIONS,
        &ACCOUNT_NAMES,
        &OWNERS,
        &ROUTES,
        &OU,
        &IGNORE,
    ];
    let may_hold_commas = may_hold_commas.iter().any(|it| key.is(it));
    let parts = text.split(move |it| it == '\n' || it == ',' && !may_hold_commas);
    parts.map(str::trim).filter(|it| !it.is_empty())
}

/// A variable that no setting has: it would have no effect, and nobody would notice.
fn unknown(name: &str, keys: &[&'static Key]) -> Option<Problem> {
    if OTHERS.contains(&name) || name.starts_with(OF_THE_LAB) {
        return None;
    }
    let what = match meant(name, keys) {
        Some(meant) => format!("did you mean {meant}?"),
        None => "unset it; `rootwatch init` writes a file that names them all".into(),
    };
    Some(Problem {
        place: None,
        text: format!("the environment variable {name} is not one that rootwatch knows; {what}"),
    })
}

/// The variable that was probably meant: the one whose name ends in this one's, or is a slip away.
fn meant(name: &str, keys: &[&'static Key]) -> Option<String> {
    let short = name.strip_prefix(PREFIX)?;
    let known: Vec<String> = keys.iter().map(|key| variable(key)).collect();
    let mut ending = known.iter().filter(|it| it.ends_with(&format!("_{short}")));
    if let (Some(one), None) = (ending.next(), ending.next()) {
        return Some(one.clone());
    }
    let shorts = known.iter().filter_map(|it| it.strip_prefix(PREFIX));
    nearest(short, shorts).map(|meant| format!("{PREFIX}{meant}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(name: &str, text: &str) -> (Vec<Value>, Vec<String>) {
        let (given, problems) = read(std::iter::once((name.to_owned(), text.to_owned())));
        let problems = problems.iter().map(ToString::to_string);
        (
            given.into_iter().map(|it| it.value).collect(),
            problems.collect(),
        )
    }

    #[test]
    fn every_setting_with_a_flag_has_a_variable_of_its_own() {
        let mut names: Vec<String> = all(ROOT).iter().map(|key| variable(key)).collect();
        assert!(names.contains(&"ROOTWATCH_TOPIC_NAME".to_owned()));
        assert!(names.contains(&"ROOTWATCH_NOTIFY_FORMAT".to_owned()));
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn values_are_read_by_their_kind() {
        let text = |it: &str| Value::Text(it.into());
        let (given, problems) = read_one("ROOTWATCH_EMAIL", "a@example.com, b@example.com\n");
        assert_eq!(given, [text("a@example.com"), text("b@example.com")]);
        assert!(problems.is_empty());
        let (given, _) = read_one("ROOTWATCH_LOG_RETENTION_DAYS", "90");
        assert_eq!(given, [Value::Number(90)]);
        let (given, _) = read_one("ROOTWATCH_TAG", "team=security,cost=1");
        assert_eq!(given.len(), 2);
        let (given, _) = read_one("ROOTWATCH_ACCOUNT_NAME", "111122223333=Prod, EU");
        assert_eq!(
            given,
            [Value::Pair("111122223333".into(), "Prod, EU".into())]
        );
        let (given, _) = read_one("ROOTWATCH_OU", "/Prod, EU\n/Security\n");
        assert_eq!(given, [text("/Prod, EU"), text("/Security")]);
        let (given, problems) = read_one("ROOTWATCH_TOPIC_NAME", " ");
        assert_eq!((given.len(), problems.len()), (0, 0));
    }

    #[test]
    fn what_is_wrong_names_the_variable() {
        let problem = |name: &str, text: &str| read_one(name, text).1.join("\n");
        insta::assert_snapshot!(problem("ROOTWATCH_LOG_RETENTION_DAYS", "90d"), @r#"ROOTWATCH_LOG_RETENTION_DAYS "90d" is not a whole number"#);
        insta::assert_snapshot!(problem("ROOTWATCH_EMAIL", "nobody"), @r#"ROOTWATCH_EMAIL "nobody" is not an e-mail address"#);
        insta::assert_snapshot!(problem("ROOTWATCH_REGOIN", "eu-west-1"), @"the environment variable ROOTWATCH_REGOIN is not one that rootwatch knows; did you mean ROOTWATCH_REGION?");
        insta::assert_snapshot!(problem("ROOTWATCH_SNS_SUBSCRIPTION", "https://u:secret@h/p"), @r#"ROOTWATCH_SNS_SUBSCRIPTION holds "https://u:****@h/p", which has no = in it"#);
    }

    #[test]
    fn a_variable_of_no_setting_is_refused() {
        let problem = |name: &str| read_one(name, "x").1.join("\n");
        insta::assert_snapshot!(["FORMAT", "READ_ONLY", "YES", "COLOUR", "NOTIFIER"].map(|it| problem(&format!("ROOTWATCH_{it}"))).join("\n"), @r#"
        the environment variable ROOTWATCH_FORMAT is not one that rootwatch knows; did you mean ROOTWATCH_NOTIFY_FORMAT?
        the environment variable ROOTWATCH_READ_ONLY is not one that rootwatch knows; did you mean ROOTWATCH_NOTIFY_READ_ONLY?
        the environment variable ROOTWATCH_YES is not one that rootwatch knows; unset it; `rootwatch init` writes a file that names them all
        the environment variable ROOTWATCH_COLOUR is not one that rootwatch knows; unset it; `rootwatch init` writes a file that names them all
        the environment variable ROOTWATCH_NOTIFIER is not one that rootwatch knows; did you mean ROOTWATCH_NOTIFY_FORMAT?
        "#);
        for name in OTHERS.iter().chain(&["ROOTWATCH_LAB_SEED"]) {
            assert_eq!(problem(name), "");
        }
        assert_eq!(read_one("ROOTWATCH_YES", "").1, [""; 0]);
    }
}
