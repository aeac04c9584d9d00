use super::compare::changes;
use super::entries::{Entries, Entry};
use super::mail::{Occasion, body, due, subject};
use super::report::{Figures, Found, MOST, MOST_BYTES, MOST_OF_A_KIND, Mailed, Report, SCHEMA};
use crate::canary::Quiet;
use crate::findings::{coverage, hub, spokes, status_hub};
use crate::names::Names;
use crate::settings::SelfCheck;
use crate::status::Gap;
use crate::verify::{Hop, Part};
use jiff::{SignedDuration, Timestamp};

fn entry(id: &str, account: &str) -> Entry {
    Entry {
        id: id.into(),
        account: Some(account.into()),
        region: Some("eu-west-1".into()),
        resource: "stack-set rootwatch-spoke".into(),
        text: format!("account {account} has no stack instance"),
        fix: "`rootwatch deploy spokes` creates it".into(),
        ..Entry::default()
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn report(wrong: Vec<Entry>) -> Report {
    Report {
        schema: SCHEMA.into(),
        at: at("2026-11-26T06:00:00Z"),
        version: "0.1.0".into(),
        deployment: "rootwatch".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        figures: Figures {
            accounts: Some(42),
            covered: Some(41),
            regions: Some(17),
            heartbeats: Some(714),
            heard: Some(713),
            notifier_ran: Some(at("2026-11-26T05:30:00Z")),
            test_event_ms: Some(3_200),
            took_ms: 5_000,
        },
        wrong: Found::of(wrong),
        ..Report::default()
    }
}

/// The same a day later, compared with it.
fn next_day(before: &Report, wrong: Vec<Entry>) -> Report {
    let mut next = Report {
        at: before.at + SignedDuration::from_hours(24),
        last_mail: before.last_mail,
        ..report(wrong)
    };
    next.changes = changes(before, &next);
    next
}

fn mailed(mut report: Report) -> Report {
    report.last_mail = Some(report.at);
    report.mailed = Some(Mailed {
        why: "wrong".into(),
        subject: "x".into(),
        error: None,
    });
    report
}

#[test]
fn what_is_wrong_is_mailed_when_it_changes_and_then_once_a_week() {
    let wrong = || vec![entry("RW301", "1"), entry("RW706", "2")];
    let mut before = mailed(report(wrong()));
    for day in 1..=6 {
        before = next_day(&before, wrong());
        assert_eq!(
            due(&before, Some(&before), SelfCheck::Daily, true),
            None,
            "day {day}"
        );
    }
    let week = next_day(&before, wrong());
    assert_eq!(
        due(&week, Some(&before), SelfCheck::Problems, true),
        Some(Occasion::Wrong)
    );
    let fewer = next_day(&before, vec![entry("RW301", "1")]);
    assert_eq!(
        due(&fewer, Some(&before), SelfCheck::Problems, true),
        Some(Occasion::Changed)
    );
    let fixed = next_day(&before, Vec::new());
    assert_eq!(
        due(&fixed, Some(&before), SelfCheck::Problems, true),
        Some(Occasion::Changed)
    );
    let other = next_day(&before, vec![entry("RW301", "1"), entry("RW706", "3")]);
    assert_eq!(
        due(&other, Some(&before), SelfCheck::Problems, true),
        Some(Occasion::Changed)
    );
}

#[test]
fn that_all_is_well_is_mailed_as_the_setting_says() {
    let before = mailed(report(Vec::new()));
    let day = next_day(&before, Vec::new());
    let mut week = day.clone();
    week.at = before.at + SignedDuration::from_hours(7 * 24 - 1);
    for (mails, after_a_day, after_a_week) in [
        (SelfCheck::Problems, None, None),
        (SelfCheck::Weekly, None, Some(Occasion::Well)),
        (SelfCheck::Daily, Some(Occasion::Well), Some(Occasion::Well)),
    ] {
        assert_eq!(
            due(&day, Some(&before), mails, true),
            after_a_day,
            "{mails:?}"
        );
        assert_eq!(
            due(&week, Some(&before), mails, true),
            after_a_week,
            "{mails:?}"
        );
    }
}

#[test]
fn the_first_one_of_a_deployment_mails_nothing_and_the_next_day_says_what_is_wrong() {
    let first = report(vec![entry("RW308", "1")]);
    assert_eq!(due(&first, None, SelfCheck::Weekly, false), None);
    assert_eq!(
        due(&first, None, SelfCheck::Weekly, true),
        Some(Occasion::Wrong)
    );
    let next = next_day(&first, vec![entry("RW308", "1")]);
    assert_eq!(
        due(&next, Some(&first), SelfCheck::Weekly, true),
        Some(Occasion::Wrong)
    );
    let well = report(Vec::new());
    assert_eq!(
        due(&well, None, SelfCheck::Weekly, true),
        Some(Occasion::Well)
    );
    assert_eq!(due(&well, None, SelfCheck::Problems, true), None);
}

#[test]
fn a_mail_that_could_not_be_sent_is_due_again() {
    let mut before = mailed(report(vec![entry("RW301", "1")]));
    before.mailed.as_mut().unwrap().error = Some("sns:Publish: AuthorizationError".into());
    let next = next_day(&before, vec![entry("RW301", "1")]);
    assert_eq!(
        due(&next, Some(&before), SelfCheck::Problems, true),
        Some(Occasion::Changed)
    );
}

#[test]
fn what_cannot_be_read_is_said_once() {
    let unread = |report: Report| Report {
        unread: Found::of(vec![entry("RW590", "1")]),
        ..report
    };
    let before = report(Vec::new());
    let mut first = unread(next_day(&before, Vec::new()));
    first.changes = changes(&before, &first);
    assert!(first.is_well());
    assert_eq!(
        due(&first, Some(&before), SelfCheck::Problems, true),
        Some(Occasion::Changed)
    );
    let first = mailed(first);
    let mut second = unread(next_day(&first, Vec::new()));
    second.changes = changes(&first, &second);
    assert_eq!(due(&second, Some(&first), SelfCheck::Problems, true), None);
}

#[test]
fn words_that_differ_from_day_to_day_are_no_change() {
    let one = entry("RW711", "1");
    let other = Entry {
        text: "3 events wait".into(),
        ..one.clone()
    };
    assert_eq!(changes(&report(vec![one]), &report(vec![other])), []);
}

#[test]
fn what_is_new_and_gone_is_named_where_all_are_listed_and_counted_elsewhere() {
    let many = |count: usize| {
        (0..count)
            .map(|it| entry("RW301", &format!("{it:012}")))
            .collect::<Vec<_>>()
    };
    let few = changes(&report(many(3)), &report(many(2)));
    assert_eq!(
        few[0].gone,
        ["stack-set rootwatch-spoke (000000000002 eu-west-1)"]
    );
    assert_eq!((few[0].before, few[0].now, few[0].new.len()), (3, 2, 0));
    let large = changes(&report(many(500)), &report(many(501)));
    assert_eq!((large[0].before, large[0].now), (500, 501));
    assert!(large[0].new.is_empty() && large[0].gone.is_empty());
}

#[test]
fn a_report_of_two_hundred_thousand_findings_fits_one_line_and_is_read_again() {
    let places = (0..10_000).flat_map(|account| (0..20).map(move |region| (account, region)));
    let long = "x".repeat(390);
    let all = places.map(|(account, region)| Entry {
        region: Some(format!("region-{region}")),
        text: long.clone(),
        fix: long.clone(),
        ..entry(["RW301", "RW302"][region % 2], &format!("{account:012}"))
    });
    let report = report(all.collect());
    assert_eq!(report.wrong.count(), 200_000);
    assert_eq!(report.wrong.first.len(), 2 * MOST_OF_A_KIND);
    let line = report.line();
    assert!(
        line.len() <= MOST_BYTES && !line.contains('\n'),
        "{}",
        line.len()
    );
    let read = Report::parse(&line).unwrap();
    assert_eq!(read, report);
}

#[test]
fn no_kind_is_without_an_example_and_what_is_too_long_is_cut() {
    let kinds: Vec<String> = (300..400).map(|it| format!("RW{it}")).collect();
    let all = kinds
        .iter()
        .flat_map(|id| (0..50).map(|it| entry(id, &it.to_string())));
    let found = Found::of(all.collect());
    assert_eq!((found.kinds.len(), found.first.len()), (100, MOST));
    assert!(
        found
            .kinds
            .iter()
            .all(|it| found.listed(&it.id).count() == 1)
    );
    let long = Entry {
        text: "x".repeat(50_000),
        ..entry("RW301", "1")
    };
    let all = (0..20).map(|it| Entry {
        account: Some(it.to_string()),
        ..long.clone()
    });
    let mut huge = report(all.collect());
    huge.unread = Found::of(vec![long]);
    let line = huge.line();
    assert!(line.len() <= MOST_BYTES);
    let read = Report::parse(&line).unwrap();
    assert_eq!((read.wrong.count(), read.unread.count()), (20, 1));
}

#[test]
fn what_is_no_report_is_passed_over() {
    for line in [
        "",
        "START RequestId: x",
        "{}",
        r#"{"schema":"rootwatch.self-check/2"}"#,
    ] {
        assert_eq!(Report::parse(line), None, "{line}");
    }
}

#[test]
fn a_mail_says_what_is_wrong_and_its_subject_fits_a_phone() {
    let mut wrong: Vec<Entry> = (0..12)
        .map(|it| entry("RW301", &format!("{it:012}")))
        .collect();
    wrong.push(Entry {
        id: "RW706".into(),
        account: Some("111122223333".into()),
        region: Some("eu-west-1".into()),
        resource: "alarm rootwatch-dead-letters".into(),
        text: "the alarm rootwatch-dead-letters is in the state ALARM".into(),
        fix: "`rootwatch verify` says what is broken and how to fix it".into(),
        ..Entry::default()
    });
    let before = report(vec![entry("RW712", "1")]);
    let mut report = next_day(&before, wrong);
    report.unread = Found::of(vec![Entry {
        account: None,
        region: None,
        text: "the organization's accounts could not be read".into(),
        fix: "allow the caller organizations:ListAccountsForParent".into(),
        ..entry("RW591", "1")
    }]);
    let mail = format!(
        "Subject: {}\n\n{}",
        subject(&report),
        body(&report, Occasion::Changed)
    );
    insta::assert_snapshot!("mail_of_problems", mail);
    let well = super::tests::report(Vec::new());
    let mail = format!(
        "Subject: {}\n\n{}",
        subject(&well),
        body(&well, Occasion::Well)
    );
    insta::assert_snapshot!("mail_that_all_is_well", mail);
}

#[test]
fn a_subject_is_short_and_in_ascii() {
    let many = (300..400).map(|it| entry(&format!("RW{it}"), "1"));
    let mut report = report(many.collect());
    report.deployment = "a-name-as-long-as-the-settings-allow-and-then-some-more-letters-ü".into();
    let subject = subject(&report);
    assert!(subject.len() < 100 && subject.is_ascii(), "{subject}");
}

fn hop(id: crate::findings::FindingId, resource: &str, part: Part) -> Hop {
    let hop = Hop::broken(
        id,
        resource,
        "exists",
        "there is none",
        "run `rootwatch deploy hub`",
    );
    hop.at(part, "111122223333", "eu-west-1")
}

#[test]
fn what_two_looks_find_is_reported_once() {
    let names = Names::sample();
    let hops = [
        hop(hub::QUEUE_MISSING, "queue rootwatch-acts", Part::Hub),
        hop(
            spokes::INSTANCE,
            "stack-set rootwatch-spoke",
            Part::StackSet,
        ),
        hop(
            spokes::STACK_SET_DIFFERS,
            "stack-set rootwatch-spoke",
            Part::StackSet,
        ),
        hop(
            spokes::RULE_MISSING,
            "rule rootwatch-root-activity",
            Part::Spoke,
        ),
        Hop::ok("bus rootwatch", "as made", "is as rootwatch makes it"),
    ];
    let missing =
        |resource: &str| Gap::new(status_hub::RESOURCE_MISSING, resource, "is missing", "");
    let gaps = [
        missing("queue rootwatch-acts"),
        missing("queue rootwatch-reads"),
    ];
    let mut all = Entries::default();
    all.hops(&hops);
    all.gaps(&names, &gaps, &hops);
    let found: Vec<(&str, &str)> = all
        .wrong
        .iter()
        .map(|it| (it.id.as_str(), it.resource.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            ("RW120", "queue rootwatch-acts"),
            ("RW233", "stack-set rootwatch-spoke"),
            ("RW702", "queue rootwatch-reads"),
        ]
    );
}

#[test]
fn it_does_not_report_that_it_does_not_run() {
    let names = Names::sample();
    let gap = |id, resource: &str| Gap::new(id, resource, "x", "").of(&names);
    let own = [
        gap(coverage::SELF_CHECK_NEVER, "function rootwatch-selfcheck"),
        gap(coverage::SELF_CHECK_SILENT, "function rootwatch-selfcheck"),
        gap(coverage::TEST_EVENT_LOST, "function rootwatch-selfcheck"),
        gap(status_hub::IN_ALARM, "alarm rootwatch-selfcheck-silent"),
    ];
    let mut all = Entries::default();
    all.gaps(&names, &own, &[]);
    assert!(all.wrong.is_empty() && all.unread.is_empty());
    all.gaps(
        &names,
        &[gap(status_hub::IN_ALARM, "alarm rootwatch-dead-letters")],
        &[],
    );
    assert_eq!(all.wrong.len(), 1);
}

#[test]
fn a_lost_test_event_is_wrong_and_what_could_not_be_done_is_not_known() {
    let names = Names::sample();
    let mut all = Entries::default();
    all.test_event(&names, &Ok(Quiet::Arrived(12)));
    assert!(all.wrong.is_empty() && all.unread.is_empty());
    all.test_event(&names, &Ok(Quiet::Lost(120)));
    assert_eq!(all.wrong[0].id, "RW333");
    all.test_event(
        &names,
        &Err(anyhow::anyhow!("events:PutEvents: AccessDenied")),
    );
    assert_eq!(all.unread[0].id, "RW332");
    assert!(all.unread[0].text.contains("events:PutEvents"));
}

#[test]
fn the_schema_in_templates_is_of_what_is_written() {
    crate::schema::holds::<Report>(&["self-check/1"]);
}
