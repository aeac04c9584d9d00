//! Layers that contradict each other: what one removes and another gives, and what the file's list leaves out.

use super::given::{Given, Origin, Problem};
use super::schema::{EMAIL, Key, OU, SUBSCRIPTIONS};
use super::settings::Values;

/// Lists of which the file's is the whole one, each with what the next run would do to all else.
static WHOLE: [(&[&Key], &str); 2] = [
    (&[&EMAIL, &SUBSCRIPTIONS], "unsubscribe it again"),
    (&[&OU], "no longer watch it"),
];

/// What the flags that remove contradict, and what flags and variables add to a list of the file.
pub(super) fn problems<'g>(
    removed: impl IntoIterator<Item = &'g Given>,
    above: &[Given],
    of_the_file: &[Given],
) -> Vec<Problem> {
    let mut found = Vec::new();
    for one in removed {
        let all = above.iter().chain(of_the_file);
        let same = all.filter(|it| is_same(one, it));
        found.extend(same.map(|it| contradicted(one, it)));
    }
    for (keys, consequence) in &WHOLE {
        let is_in = |given: &&Given| keys.iter().any(|key| given.key.is(key));
        let listed: Vec<&Given> = of_the_file.iter().filter(is_in).collect();
        let is_listed = |given: &&Given| listed.iter().any(|it| is_same(given, it));
        let others = above.iter().filter(is_in).filter(|it| !is_listed(it));
        found.extend(others.filter_map(|it| not_listed(it, listed.first()?, consequence)));
    }
    found
}

/// Whether two values are one subscription, or one unit by the same name.
fn is_same(one: &Given, other: &Given) -> bool {
    let subscriptions = |given: &Given| Values(vec![given.clone()]).subscriptions();
    let of_one = subscriptions(one);
    one.key.is(other.key) && one.value == other.value
        || !of_one.is_empty() && of_one == subscriptions(other)
}

fn contradicted(removed: &Given, given: &Given) -> Problem {
    let flag = match removed.key.is(&OU) {
        true => "--remove-ou",
        false => "--remove-subscription",
    };
    let what = match &given.origin {
        Origin::Flag => {
            format!("is what {flag} removes in the same command: leave one of them out")
        }
        Origin::Environment(_) => format!("is what {flag} removes: take it out of the variable"),
        Origin::File(_) => format!(
            "is listed here, and {flag} removes it: take it out of the file, whose list is the whole one"
        ),
    };
    given.problem(&what)
}

fn not_listed(given: &Given, listed: &Given, consequence: &str) -> Option<Problem> {
    let Origin::File(place) = &listed.origin else {
        return None;
    };
    Some(given.problem(&format!(
        "is not in the list of {}, line {}, which is the whole one, so that the next run without it would {consequence}: put it there",
        place.file, place.line
    )))
}

#[cfg(test)]
mod tests {
    use super::super::file::parse;
    use super::super::given::Value;
    use super::super::schema::TAGS;
    use super::*;
    use rootwatch_engine::Subscription;

    const FILE: &str = "[hub]\nemail = [\n  \"a@example.com\",\n]\n[spokes]\nou = [\"/Prod\"]\n";

    fn text(key: &'static Key, text: &str, origin: &Origin) -> Given {
        Given {
            key,
            value: Value::Text(text.into()),
            origin: origin.clone(),
        }
    }

    fn sns(protocol: &str, endpoint: &str) -> Given {
        Given {
            key: &SUBSCRIPTIONS,
            value: Value::Subscription(Subscription {
                protocol: protocol.into(),
                endpoint: endpoint.into(),
            }),
            origin: Origin::Flag,
        }
    }

    fn reported(removed: &[Given], above: &[Given], file: &str) -> String {
        let file = parse(file, "f");
        assert_eq!(file.problems, []);
        let found = problems(removed, above, &file.given);
        let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
        lines.join("\n")
    }

    #[test]
    fn what_is_removed_is_given_in_no_layer() {
        let variable = Origin::Environment("ROOTWATCH_EMAIL".into());
        let removed = [
            text(&EMAIL, "a@example.com", &Origin::Flag),
            text(&OU, "/Prod", &Origin::Flag),
        ];
        let above = [
            text(&EMAIL, "a@example.com", &Origin::Flag),
            text(&EMAIL, "a@example.com", &variable),
            sns("email", "a@example.com"),
            text(&OU, "/Prod", &Origin::Flag),
        ];
        insta::assert_snapshot!(reported(&removed, &above, FILE), @r#"
        --email "a@example.com" is what --remove-subscription removes in the same command: leave one of them out
        ROOTWATCH_EMAIL "a@example.com" is what --remove-subscription removes: take it out of the variable
        --sns-subscription "email=a@example.com" is what --remove-subscription removes in the same command: leave one of them out
        f, line 3, column 3: email "a@example.com" is listed here, and --remove-subscription removes it: take it out of the file, whose list is the whole one
        --ou "/Prod" is what --remove-ou removes in the same command: leave one of them out
        f, line 6, column 7: ou "/Prod" is listed here, and --remove-ou removes it: take it out of the file, whose list is the whole one
        "#);
        let others = [text(&EMAIL, "b@example.com", &Origin::Flag)];
        assert_eq!(reported(&others, &above, FILE), "");
    }

    #[test]
    fn nothing_is_added_to_a_list_of_the_file() {
        let variable = Origin::Environment("ROOTWATCH_OU".into());
        let above = [
            text(&EMAIL, "new@example.com", &Origin::Flag),
            sns("sms", "+491701234567"),
            text(&OU, "/Security", &variable),
        ];
        insta::assert_snapshot!(reported(&[], &above, FILE), @r#"
        --email "new@example.com" is not in the list of f, line 3, which is the whole one, so that the next run without it would unsubscribe it again: put it there
        --sns-subscription "sms=+491701234567" is not in the list of f, line 3, which is the whole one, so that the next run without it would unsubscribe it again: put it there
        ROOTWATCH_OU "/Security" is not in the list of f, line 6, which is the whole one, so that the next run without it would no longer watch it: put it there
        "#);
        assert_eq!(
            reported(&[], &above, "[hub]\nlog_retention_days = 90\n"),
            ""
        );
        let listed = [sns("email", "a@example.com"), text(&OU, "/Prod", &variable)];
        assert_eq!(reported(&[], &listed, FILE), "");
    }

    #[test]
    fn tags_of_a_flag_stand_beside_those_of_the_file() {
        let tag = Given {
            key: &TAGS,
            value: Value::Pair("cost".into(), "1".into()),
            origin: Origin::Flag,
        };
        let file = "[tags]\nteam = \"security\"\n";
        assert_eq!(reported(&[], &[tag], file), "");
    }
}
