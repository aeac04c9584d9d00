//! What `confirm` is given, and what there is of the subscription that it is for. Pure.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::control::Mail;
use crate::sweep::command::{PERSON, REGION, SECOND};

/// A token that nobody was ever sent.
const NOBODYS: &str = "0123456789abcdef0123456789abcdef";

/// Which link. Where nobody was asked yet, it is a token that nobody was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Link {
    /// That of the last mail that asked the second person.
    Last,
    /// That of the one before.
    Before,
    /// The token in the last one, alone.
    Token,
    /// That of the last mail to the first person, who has followed it.
    Followed,
    /// That of the last mail, with another token.
    Wrong,
}

/// Where a person stands with a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Not subscribed, or not by this token.
    Unknown,
    Asked,
    /// A click confirmed it, and a click can end it.
    Clicked,
    Signed,
}

/// What is typed behind `confirm`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) text: String,
    /// Topic and person, by the topic's name; nobody's where the token is not good.
    of: Option<(String, &'static str)>,
}

impl Link {
    pub(super) const ALL: [Self; 5] = [
        Self::Last,
        Self::Before,
        Self::Token,
        Self::Followed,
        Self::Wrong,
    ];

    /// Whose mails it is among.
    pub(super) fn person(self) -> &'static str {
        match self {
            Self::Followed => PERSON,
            _ => SECOND,
        }
    }

    /// The link among all mails of that person.
    pub(super) fn among(self, mails: &[Mail]) -> Given {
        let asking = mails.iter().rev().filter(|it| it.kind == "confirmation");
        let asking: Vec<(&str, &str)> = asking.filter_map(parts).collect();
        let Some((topic, link)) = asking.get(usize::from(self == Self::Before)) else {
            return Given {
                text: NOBODYS.to_owned(),
                of: None,
            };
        };
        // Who is asked once more is sent the same token; who is subscribed anew is sent another.
        let mut later = asking.iter().filter(|(of, _)| of == topic);
        let is_good = later.next().is_some_and(|(_, it)| token(it) == token(link));
        let is_good = is_good && self != Self::Wrong;
        Given {
            text: match self {
                Self::Token => token(link).to_owned(),
                Self::Wrong => link.replace("Token=", "Token=0"),
                _ => (*link).to_owned(),
            },
            of: is_good.then(|| ((*topic).to_owned(), self.person())),
        }
    }
}

/// A mail's topic and link.
fn parts(mail: &Mail) -> Option<(&str, &str)> {
    let link = mail.body.lines().find(|it| it.starts_with("https://"))?;
    Some((mail.topic_arn.rsplit(':').next()?, link))
}

fn token(link: &str) -> &str {
    let token = link.split("Token=").nth(1).unwrap_or_default();
    token.split('&').next().unwrap_or_default()
}

impl Given {
    /// Where it stands now, in the hub's account.
    pub(super) fn standing(&self, account: &Value) -> Standing {
        let of = self.of.as_ref();
        of.map_or(Standing::Unknown, |(topic, person)| {
            standing(account, topic, person)
        })
    }
}

/// Where somebody stands with a topic of the hub's account.
pub(super) fn standing(account: &Value, topic: &str, person: &str) -> Standing {
    let all = account[REGION]["topics"][topic]["Subscriptions"].as_array();
    let mut all = all.into_iter().flatten();
    let Some(found) = all.find(|it| it[0] == "email" && it[1] == person) else {
        return Standing::Unknown;
    };
    let is = |at: usize| {
        let said = found[at].as_str().unwrap_or_default();
        said.eq_ignore_ascii_case("true")
    };
    match (is(2), is(3)) {
        (true, _) => Standing::Asked,
        (false, true) => Standing::Signed,
        (false, false) => Standing::Clicked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TOPICS: [&str; 2] = ["rootwatch-alerts", "rootwatch-health"];

    fn asked(topic: &str, token: &str) -> Mail {
        let link = format!("https://sns.eu-west-1.amazonaws.com/x?Token={token}&Endpoint=a");
        Mail {
            address: PERSON.to_owned(),
            topic_arn: format!("arn:aws:sns:{REGION}:2:{topic}"),
            subject: String::new(),
            body: format!("Follow\n{link}"),
            at: String::new(),
            kind: "confirmation".to_owned(),
        }
    }

    #[test]
    fn a_link_is_good_until_another_was_sent_for_its_topic() {
        let [alerts, health] = TOPICS;
        let mut mails = vec![asked(alerts, "1"), asked(health, "2")];
        let of = |link: Link, mails: &[Mail]| link.among(mails).of.map(|(topic, _)| topic);
        assert_eq!(of(Link::Last, &[]), None);
        assert_eq!(of(Link::Last, &mails).as_deref(), Some(health));
        assert_eq!(of(Link::Before, &mails).as_deref(), Some(alerts));
        assert_eq!(of(Link::Wrong, &mails), None);
        assert_eq!(Link::Token.among(&mails).text, "2");
        // Asked again, and subscribed anew.
        mails.push(asked(health, "2"));
        assert_eq!(of(Link::Before, &mails).as_deref(), Some(health));
        mails.push(asked(health, "3"));
        assert_eq!(of(Link::Before, &mails), None);
    }

    #[test]
    fn where_somebody_stands_is_read_from_the_lab() {
        let account = |subscription: Value| json!({REGION: {"topics": {"rootwatch-alerts": {"Subscriptions": [subscription]}}}});
        for (pending, signed, wanted) in [
            ("True", "False", Standing::Asked),
            ("False", "False", Standing::Clicked),
            ("False", "True", Standing::Signed),
        ] {
            let account = account(json!(["email", SECOND, pending, signed]));
            assert_eq!(standing(&account, TOPICS[0], SECOND), wanted);
            assert_eq!(standing(&account, TOPICS[1], SECOND), Standing::Unknown);
            assert_eq!(standing(&account, TOPICS[0], PERSON), Standing::Unknown);
        }
    }
}
