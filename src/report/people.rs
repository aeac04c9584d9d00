//! Who is notified, and who no longer, as text.

use super::{RED, YELLOW};
use rootwatch_engine::count;
use rootwatch_engine::hub::{Lost, People, Person, Subject};
use std::fmt::Write;

/// Who sends the mails with the links (SNS Developer Guide, "Confirming an Amazon SNS subscription").
const SENDER: &str = "no-reply@sns.amazonaws.com";

/// Everybody who is subscribed, under a heading.
pub(super) fn notified(heading: &str, persons: &[Person]) -> String {
    if persons.is_empty() {
        return format!("{heading}: nobody\n");
    }
    let lines = persons.iter().map(|it| format!("  {}\n", person(it)));
    format!("{heading}:\n{}", lines.collect::<String>())
}

fn person(it: &Person) -> String {
    let mut parts = Vec::new();
    if !it.confirmed.is_empty() {
        parts.push(subjects(&it.confirmed));
    }
    if !it.pending.is_empty() {
        let links = match it.pending.len() {
            1 => "1 confirmation link".to_owned(),
            many => format!("{many} confirmation links"),
        };
        parts.push(format!(
            "{} (pending: {links} to click)",
            subjects(&it.pending)
        ));
    }
    format!("{}: {}", it.subscriber, parts.join("; "))
}

fn subjects(all: &[Subject]) -> String {
    let names: Vec<&str> = all.iter().map(|it| it.name()).collect();
    names.join(", ")
}

/// Who is notified now and no longer after a plan; empty where that is nobody.
pub(super) fn no_longer(people: &People) -> String {
    let mut text = String::new();
    if !people.lost.is_empty() {
        let _ = writeln!(
            text,
            "{RED}No longer notified: {}{RED:#}",
            people.lost.len()
        );
    }
    for it in &people.lost {
        let _ = writeln!(text, "  {RED}-{RED:#} {}", lost(it));
    }
    if let Some(unknown) = &people.unknown {
        let _ = writeln!(
            text,
            "{YELLOW}! Alerts no longer go to this topic, and who is subscribed to it cannot be read: {unknown}{YELLOW:#}"
        );
    }
    text
}

fn lost(it: &Lost) -> String {
    let mut parts = Vec::new();
    if !it.subjects.is_empty() {
        parts.push(subjects(&it.subjects));
    }
    if !it.until_confirmed.is_empty() {
        let until = subjects(&it.until_confirmed);
        parts.push(format!("{until} (until the link in a new mail is clicked)"));
    }
    format!("{}: {}", it.subscriber, parts.join("; "))
}

/// A warning where nobody is notified of something; the last line of whatever it belongs to.
pub(super) fn warning(persons: &[Person], unheard: &[Subject], when: &str) -> String {
    if persons.is_empty() {
        return format!(
            "{RED}! Nobody is notified {when}: give --email or --sns-subscription.{RED:#}\n"
        );
    }
    let waits = |it: &&Subject| persons.iter().any(|person| person.pending.contains(it));
    let (waiting, empty): (Vec<Subject>, Vec<Subject>) =
        unheard.iter().partition(|subject| waits(subject));
    let mut text = String::new();
    if !empty.is_empty() {
        let _ = writeln!(
            text,
            "{RED}! Nobody is notified {when} of: {}. Nobody is subscribed.{RED:#}",
            subjects(&empty)
        );
    }
    if !waiting.is_empty() {
        let _ = writeln!(
            text,
            "{YELLOW}! Nobody is notified {when} of: {}, until someone clicks the link in the mail from SNS.{YELLOW:#}",
            subjects(&waiting)
        );
    }
    text
}

/// Of what nobody who has confirmed is notified.
pub(super) fn unheard(persons: &[Person]) -> Vec<Subject> {
    let is_heard = |it: &Subject| persons.iter().any(|person| person.confirmed.contains(it));
    let all = Subject::ALL.into_iter();
    all.filter(|it| !is_heard(it)).collect()
}

/// What each subscriber that has not confirmed has to do.
pub(super) fn to_confirm(persons: &[Person]) -> Vec<String> {
    let pending = persons.iter().filter(|it| !it.pending.is_empty());
    let step = |it: &Person| {
        if it.is_left {
            return format!(
                "ignore the mail from {SENDER} to {}, which is not in the settings: SNS drops it two days after it was subscribed",
                it.subscriber
            );
        }
        let mails = format!(
            "{}: {}",
            count(it.pending.len(), "mail"),
            subjects(&it.pending)
        );
        match it.subscriber.split_once(' ') {
            Some(("email" | "email-json", address)) => format!(
                "within two days, give the link in the mail from {SENDER} to {address} ({mails}) to `rootwatch confirm`, so that no click in a later mail can end the subscription; or click it"
            ),
            _ => format!(
                "confirm the subscription of {} ({}), within two days",
                it.subscriber,
                subjects(&it.pending)
            ),
        }
    };
    pending.map(step).collect()
}

/// The question whether subscribers may stop being notified.
pub(super) fn question(lost: &[Lost]) -> String {
    let subject = match lost.len() {
        1 => "1 subscriber is".to_owned(),
        many => format!("{many} subscribers are"),
    };
    format!("{subject} no longer notified.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use Subject::{Alerts, Health};

    fn one(confirmed: &[Subject], pending: &[Subject]) -> Person {
        Person {
            subscriber: "email a@example.com".into(),
            confirmed: confirmed.into(),
            pending: pending.into(),
            is_left: false,
        }
    }

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn each_subscriber_is_a_line_with_what_it_still_has_to_do() {
        for (person, line) in [
            (one(&[Alerts, Health], &[]), "alerts, health"),
            (
                one(&[], &[Alerts, Health]),
                "alerts, health (pending: 2 confirmation links to click)",
            ),
            (
                one(&[Health], &[Alerts]),
                "health; alerts (pending: 1 confirmation link to click)",
            ),
        ] {
            let text = notified("Notified after this", &[person]);
            assert_eq!(
                text,
                format!("Notified after this:\n  email a@example.com: {line}\n")
            );
        }
        assert_eq!(notified("Notified", &[]), "Notified: nobody\n");
    }

    #[test]
    fn who_is_no_longer_notified_is_counted_and_named() {
        let people = People {
            lost: vec![Lost {
                subscriber: "email a@example.com".into(),
                subjects: vec![Health],
                until_confirmed: vec![Alerts],
            }],
            unknown: Some("arn:x: denied".into()),
            ..People::default()
        };
        assert_eq!(
            plain(&no_longer(&people)),
            "No longer notified: 1\n  - email a@example.com: health; alerts (until the link in a new mail is clicked)\n! Alerts no longer go to this topic, and who is subscribed to it cannot be read: arn:x: denied\n"
        );
        assert_eq!(no_longer(&People::default()), "");
        assert_eq!(
            question(&people.lost),
            "1 subscriber is no longer notified."
        );
    }

    #[test]
    fn a_hub_that_notifies_nobody_says_so_in_colour() {
        for (persons, words) in [
            (
                vec![],
                "! Nobody is notified now: give --email or --sns-subscription.\n",
            ),
            (
                vec![one(&[], &[Alerts, Health])],
                "! Nobody is notified now of: alerts, health, until someone clicks the link in the mail from SNS.\n",
            ),
            (
                vec![one(&[Health], &[])],
                "! Nobody is notified now of: alerts. Nobody is subscribed.\n",
            ),
            (vec![one(&[Alerts, Health], &[])], ""),
        ] {
            let text = warning(&persons, &unheard(&persons), "now");
            assert_eq!(plain(&text), words);
            assert_eq!(text.is_empty(), !text.contains('\u{1b}'), "{text:?}");
        }
    }

    #[test]
    fn the_mail_with_the_link_is_named_with_its_sender() {
        let webhook = Person {
            subscriber: "https https://siem.example.com/in".into(),
            ..one(&[], &[Alerts])
        };
        assert_eq!(
            to_confirm(&[
                one(&[], &[Alerts, Health]),
                webhook,
                one(&[Alerts], &[]),
                Person {
                    is_left: true,
                    ..one(&[], &[Alerts])
                }
            ]),
            [
                "within two days, give the link in the mail from no-reply@sns.amazonaws.com to a@example.com (2 mails: alerts, health) to `rootwatch confirm`, so that no click in a later mail can end the subscription; or click it",
                "confirm the subscription of https https://siem.example.com/in (alerts), within two days",
                "ignore the mail from no-reply@sns.amazonaws.com to email a@example.com, which is not in the settings: SNS drops it two days after it was subscribed"
            ]
        );
    }
}
