//! `--reset`: settings that go back to their defaults, whatever is deployed.

use super::given::{Given, Origin, Problem, Value, nearest};
use super::schema::{
    ACCOUNT_NAMES, EMAIL, Key, Kind, OU, OWNERS, ROOT, ROUTES, SUBSCRIPTIONS, TAGS,
};
use super::{form, messages};
use rootwatch_engine::source::key;
use rootwatch_engine::{Source, Sources};

/// Notes what is reset. Returns what is wrong with it.
pub(super) fn reset(names: &[String], given: &[Given], sources: &mut Sources) -> Vec<Problem> {
    let paths = paths(ROOT, "");
    let mut problems = Vec::new();
    for name in names {
        match find(name, &paths) {
            Ok((path, setting)) => match refusal(&path, setting, given) {
                Some(why) => problems.push(problem(name, &why)),
                None => sources.set(&path, Source::Reset),
            },
            Err(why) => problems.push(problem(name, &why)),
        }
    }
    problems
}

fn problem(name: &str, why: &str) -> Problem {
    Problem {
        place: None,
        text: format!("--reset {name}: {why}"),
    }
}

/// Every setting with its path in the file, `hub.topic_name`.
pub(super) fn paths(keys: &'static [&'static Key], table: &str) -> Vec<(String, &'static Key)> {
    let mut all = Vec::new();
    for key in keys {
        let path = match table {
            "" => key.name.to_owned(),
            table => format!("{table}.{}", key.name),
        };
        match key.kind {
            Kind::Table(inner) => all.extend(paths(inner, &path)),
            _ => all.push((path, *key)),
        }
    }
    all
}

/// A table's path and key, and the form of its names.
type Entries = (&'static str, &'static Key, form::Form);

/// Tables of which one entry can be reset, each with the form of its names.
static BY_NAME: [Entries; 3] = [
    (key::ACCOUNT_NAMES, &ACCOUNT_NAMES, form::account),
    (key::OWNERS, &OWNERS, messages::account_or_unit),
    (key::ROUTES, &ROUTES, messages::topic),
];

/// The table that a path such as `account_names.111122223333` has an entry of, and the entry's name.
fn entry(path: &str) -> Option<(&'static Entries, &str)> {
    BY_NAME.iter().find_map(|table| {
        let rest = path.strip_prefix(table.0)?;
        Some((table, rest.strip_prefix('.')?))
    })
}

/// The setting of this name: its path, its last part, or its flag without dashes; for one account's name or owner, with
/// the account after a full stop.
fn find(name: &str, paths: &[(String, &'static Key)]) -> Result<(String, &'static Key), String> {
    if let Some(((_, setting, form), id)) = entry(name) {
        return match form(id) {
            None => Ok((name.to_owned(), *setting)),
            Some(what) => Err(format!("\"{id}\" {what}")),
        };
    }
    let is_it = |(path, key): &&(String, &'static Key)| {
        path == name || key.name == name || key.flag.trim_start_matches('-') == name
    };
    let exact = paths.iter().find(|(path, _)| path == name);
    let mut all = paths.iter().filter(is_it);
    match (exact, all.next(), all.next()) {
        (Some((path, key)), ..) | (None, Some((path, key)), None) => Ok((path.clone(), key)),
        (None, Some((one, _)), Some((other, _))) => Err(format!("that may be {one} or {other}")),
        (None, None, _) => Err(match meant(name, paths) {
            Some(path) => format!("there is no such setting; did you mean {path}?"),
            None => "there is no such setting; `rootwatch settings` lists all".into(),
        }),
    }
}

/// The setting that was probably meant, by its last part or its path.
fn meant<'p>(name: &str, paths: &'p [(String, &'static Key)]) -> Option<&'p str> {
    let named = nearest(name, paths.iter().map(|(_, key)| key.name));
    let by_name = paths.iter().find(|(_, key)| Some(key.name) == named);
    let by_name = by_name.map(|(path, _)| path.as_str());
    by_name.or_else(|| nearest(name, paths.iter().map(|(path, _)| path.as_str())))
}

/// Why this setting cannot be reset, if so.
fn refusal(path: &str, setting: &'static Key, given: &[Given]) -> Option<String> {
    if setting.is(&EMAIL) || setting.is(&SUBSCRIPTIONS) {
        return Some(
            "who is no longer to be notified is said by name, with --remove-subscription".into(),
        );
    }
    if setting.is(&OU) {
        return Some("what is no longer to be watched is said by name, with --remove-ou".into());
    }
    if setting.is(&TAGS) {
        return Some(
            "rootwatch takes no tag off anything that carries it: take it off with the AWS CLI"
                .into(),
        );
    }
    let is_remembered = paths(ROOT, "")
        .iter()
        .any(|(path, key)| key.is(setting) && key::ALL.contains(&path.as_str()));
    if !is_remembered {
        return Some("this is not remembered: leave it out, and it has its default".into());
    }
    let one = given.iter().find(|it| gives(it, path, setting))?;
    Some(match &one.origin {
        Origin::Flag => format!("{} gives it in the same command", setting.flag),
        Origin::Environment(name) => format!("{name} gives it: unset that"),
        Origin::File(place) => format!("{place} gives it: take it out there"),
    })
}

/// Whether this value is one of the setting, or of the one account of a path such as `account_names.111122223333`.
fn gives(given: &Given, path: &str, setting: &Key) -> bool {
    match (&given.value, entry(path)) {
        (Value::Pair(name, _), Some((_, id))) => given.key.is(setting) && name == id,
        _ => given.key.is(setting),
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema;
    use super::*;

    fn reset_one(name: &str, given: &[Given]) -> (Sources, String) {
        let mut sources = Sources::default();
        let problems = reset(&[name.to_owned()], given, &mut sources);
        let text: Vec<String> = problems.iter().map(ToString::to_string).collect();
        (sources, text.join("\n"))
    }

    #[test]
    fn a_setting_is_named_by_its_path_its_name_or_its_flag() {
        for name in ["hub.topic_name", "topic_name", "topic-name"] {
            let (sources, problems) = reset_one(name, &[]);
            assert_eq!(problems, "");
            assert_eq!(sources.get(key::TOPIC_NAME), Some(&Source::Reset), "{name}");
        }
        let (sources, _) = reset_one("account_names.111122223333", &[]);
        let one = sources.get("account_names.111122223333");
        assert_eq!(one, Some(&Source::Reset));
    }

    #[test]
    fn every_setting_that_is_remembered_is_one_of_the_file() {
        let all = paths(ROOT, "");
        for remembered in key::ALL {
            assert!(
                all.iter().any(|(path, _)| path == remembered),
                "{remembered}"
            );
        }
    }

    #[test]
    fn what_cannot_be_reset_says_what_to_do() {
        let flag = Given {
            key: &schema::FORMAT,
            value: Value::Text("text".into()),
            origin: Origin::Flag,
        };
        let problem = |name: &str| reset_one(name, std::slice::from_ref(&flag)).1;
        insta::assert_snapshot!(["email", "ou", "tags", "format", "timeout", "topic", "region", "account_names.bogus"].map(problem).join("\n"), @r#"
        --reset email: who is no longer to be notified is said by name, with --remove-subscription
        --reset ou: what is no longer to be watched is said by name, with --remove-ou
        --reset tags: rootwatch takes no tag off anything that carries it: take it off with the AWS CLI
        --reset format: --notify-format gives it in the same command
        --reset timeout: this is not remembered: leave it out, and it has its default
        --reset topic: there is no such setting; did you mean hub.topic_name?
        --reset region: this is not remembered: leave it out, and it has its default
        --reset account_names.bogus: "bogus" is not an account id: 12 digits
        "#);
    }

    #[test]
    fn one_accounts_name_is_reset_beside_another_that_is_given() {
        let name = Given {
            key: &schema::ACCOUNT_NAMES,
            value: Value::Pair("111122223333".into(), "Prod".into()),
            origin: Origin::Flag,
        };
        let problem = |path: &str| reset_one(path, std::slice::from_ref(&name)).1;
        assert_eq!(problem("account_names.444455556666"), "");
        let refused = problem("account_names.111122223333");
        assert!(refused.contains("in the same command"), "{refused}");
    }
}
