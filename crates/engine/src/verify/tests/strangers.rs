//! What others made or added: each is named with whom it lets do what, and none is ever fine.

use super::state::{Hub, add, policy};
use super::{Break, all_are_named_and_fixed, wrong};
use crate::hub::desired::Wanted;
use crate::hub::{mark, sample};
use crate::subscription::Subscription;
use crate::verify::deployed::{Filter, Subscriber};
use crate::verify::finding::Verdict;
use crate::verify::others::{OtherMapping, OtherRule, Way};
use serde_json::{Value, json};

const BUS: &str = "event-bus rootwatch";
const FUNCTION: &str = "function rootwatch-notifier";
const ALERTS: &str = "topic rootwatch-alerts";
const HEALTH: &str = "topic rootwatch-health";
const SUBSCRIPTIONS: &str = "subscriptions rootwatch-alerts";
const THEIRS: &str = "find out who";

fn allow(sid: &str, principal: Value, action: &str, condition: Value) -> Value {
    json!({"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*",
        "Condition": condition})
}

fn outside() -> Value {
    json!({"AWS": "999988887777"})
}

fn on_bus(what: &'static str, statement: Value) -> Break {
    Break::new(what, BUS, "policy", |hub| {
        add(&mut hub.bus("rootwatch").policy, statement)
    })
    .needs(THEIRS)
}

fn on_topic(what: &'static str, id: &'static str, statement: Value) -> Break {
    Break::new(what, id, "policy", |hub| {
        add(&mut hub.topic(&id["topic ".len()..]).policy, statement)
    })
    .needs(THEIRS)
}

fn on_queue(what: &'static str, id: &'static str, statement: Value) -> Break {
    Break::new(what, id, "policy", |hub| {
        add(&mut hub.queue(&id["queue ".len()..]).policy, statement)
    })
    .needs(THEIRS)
}

#[test]
fn statements_of_others() {
    let none = || json!({});
    let everybody = || json!("*");
    let role = json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::999988887777:role/Backup-*"}});
    let deny = json!({"Sid": "Freeze", "Effect": "Deny", "Resource": "*", "Action": "events:PutEvents",
        "Principal": {"AWS": "arn:aws:iam::123456789012:role/StackSet-rootwatch-spoke-1a2b-ForwardRole-ABC"}});
    const READS: &str = "queue rootwatch-reads";
    const DEAD_LETTERS: &str = "queue rootwatch-dead-letters";
    let on_function = |what, action| {
        let statement = allow("Theirs", outside(), action, json!({}));
        Break::new(what, FUNCTION, "policy", |hub| hub.theirs.push(statement)).needs(THEIRS)
    };
    let breaks = vec![
        on_bus(
            "lets an account outside put events by a name like ours",
            allow("RootwatchBackup", outside(), "events:PutEvents", none()),
        )
        .unknown(),
        on_bus(
            "lets everybody put events",
            allow("RootwatchBackup", everybody(), "events:PutEvents", none()),
        ),
        on_bus(
            "lets everybody remove rules",
            allow("RootwatchX", everybody(), "events:DeleteRule", none()),
        )
        .unknown(),
        on_bus("denies the role that really forwards", deny)
            .unknown()
            .and(BUS, "policy lets in"),
        on_topic(
            "lets others read along",
            ALERTS,
            allow("RootwatchReaders", outside(), "sns:Subscribe", none()),
        )
        .unknown(),
        on_topic(
            "lets everybody change the health topic",
            HEALTH,
            allow("X", everybody(), "sns:SetTopicAttributes", none()),
        )
        .unknown(),
        on_queue(
            "lets others take out what waits",
            READS,
            allow("X", outside(), "sqs:ReceiveMessage", none()),
        )
        .unknown(),
        on_queue(
            "lets a role outside send",
            READS,
            allow("X", outside(), "sqs:SendMessage", role),
        ),
        on_queue(
            "lets others purge what was lost",
            DEAD_LETTERS,
            allow("X", outside(), "sqs:PurgeQueue", none()),
        )
        .unknown(),
        on_queue(
            "lets everybody leave dead letters",
            DEAD_LETTERS,
            allow("X", everybody(), "sqs:SendMessage", none()),
        ),
        on_function("may replace the code", "lambda:UpdateFunctionCode").unknown(),
        on_function("may delete the notifier", "lambda:DeleteFunction").unknown(),
    ];
    all_are_named_and_fixed("strangers-statements", breaks);
}

#[test]
fn what_others_attached() {
    let theirs = || {
        policy(vec![allow(
            "Live",
            outside(),
            "lambda:InvokeFunction",
            json!({}),
        )])
    };
    let way = |what, resource, way: Way| {
        Break::new(what, resource, "others", |hub| hub.ways.push(way))
            .unknown()
            .needs(THEIRS)
    };
    let mapping = |what, source: &str, function: &str| {
        let mapping = OtherMapping {
            source: source.into(),
            function: function.into(),
            uuid: "u".into(),
        };
        Break::new(what, FUNCTION, "others", |hub| hub.mappings.push(mapping))
            .unknown()
            .needs(THEIRS)
    };
    let rule = |managed_by: Option<&str>, target: &str| OtherRule {
        name: "copy".into(),
        managed_by: managed_by.map(str::to_owned),
        targets: vec![target.to_owned()],
    };
    let ours = "arn:aws:sqs:eu-west-1:111122223333:rootwatch-acts";
    let notifier = "arn:aws:lambda:eu-west-1:111122223333:function:rootwatch-notifier";
    let outside = rule(None, "arn:aws:events:eu-west-1:999988887777:event-bus/x");
    let managed = rule(
        Some("prod.vhs.events.aws.internal"),
        "arn:aws:events:eu-west-1:::",
    );
    let breaks = vec![
        Break::new("a further rule", "rule copy", "others", |hub| {
            hub.rules.push(outside)
        })
        .unknown()
        .needs(THEIRS),
        Break::new("an archive's rule", "rule copy", "others", |hub| {
            hub.rules.push(managed)
        })
        .unknown()
        .needs(THEIRS),
        way(
            "a function URL",
            FUNCTION,
            Way::Url {
                qualifier: None,
                auth: "NONE".into(),
            },
        ),
        way(
            "settings of asynchronous invocations",
            FUNCTION,
            Way::Invocations {
                qualifier: "arn:f:$LATEST".into(),
                destinations: vec!["arn:aws:sqs:eu-west-1:999988887777:x".into()],
            },
        ),
        Break::new(
            "an alias with a policy of its own",
            "function rootwatch-notifier:live",
            "policy",
            move |hub| {
                hub.ways.push(Way::Qualified {
                    qualifier: "live".into(),
                    policy: theirs(),
                });
            },
        )
        .unknown()
        .needs(THEIRS),
        mapping(
            "somebody else takes events out",
            ours,
            "arn:aws:lambda:::function:x",
        ),
        mapping(
            "another queue",
            "arn:aws:sqs:eu-west-1:111122223333:x",
            notifier,
        ),
    ];
    all_are_named_and_fixed("strangers-attached", breaks);
}

fn subscriber(protocol: &str, endpoint: &str) -> Subscriber {
    let subscription = Subscription {
        protocol: protocol.into(),
        endpoint: endpoint.into(),
    };
    Subscriber {
        who: subscription.to_string(),
        subscription,
        confirmed: true,
        filter: Ok(None),
        delivery: None,
    }
}

fn filter(policy: Value, on_body: bool) -> Option<Filter> {
    Some(Filter {
        policy: policy.to_string(),
        on_body,
    })
}

#[test]
fn subscribers_that_nobody_invited() {
    let further = |what, it: Subscriber| {
        Break::new(what, SUBSCRIPTIONS, "subscriber", |hub| {
            hub.further.push(it)
        })
        .unknown()
        .needs(THEIRS)
    };
    let drops_all = Subscriber {
        filter: Ok(filter(json!({"activity": ["nothing of the kind"]}), false)),
        ..subscriber("email", "dropped@example.com")
    };
    let may_drop_all = Subscriber {
        filter: Ok(filter(json!({"x": [{"exists": false}]}), true)),
        ..subscriber("email", "perhaps@example.com")
    };
    let throttled = Subscriber {
        delivery: Some(r#"{"throttlePolicy":{"maxReceivesPerSecond":1}}"#.into()),
        ..subscriber("email", "slow@example.com")
    };
    let breaks = vec![
        further(
            "another account's queue",
            subscriber("sqs", "arn:aws:sqs:eu-west-1:999988887777:theirs"),
        ),
        further(
            "a function of this account",
            subscriber("lambda", "arn:aws:lambda:eu-west-1:111122223333:function:x"),
        ),
        further(
            "a server",
            subscriber("https", "https://me:secret@example.com/x"),
        ),
        further(
            "a server by its address",
            subscriber("https", "https://[2001:db8:0:1::5]/x"),
        ),
        Break::new("is throttled", SUBSCRIPTIONS, "delivery", |hub| {
            hub.further.push(throttled)
        })
        .unknown()
        .needs(THEIRS),
        Break::new("hears nothing", SUBSCRIPTIONS, "received", |hub| {
            hub.further.push(drops_all)
        })
        .needs("remove the filter policy of"),
        Break::new("may hear nothing", SUBSCRIPTIONS, "received", |hub| {
            hub.further.push(may_drop_all)
        })
        .unknown()
        .needs("remove the filter policy of"),
    ];
    all_are_named_and_fixed("strangers-subscribers", breaks);
    for it in [
        subscriber("email", "colleague@example.com"),
        subscriber("https", "https://global.sns-api.chatbot.amazonaws.com"),
    ] {
        let mut hub = Hub::good();
        hub.further.push(it);
        assert_eq!(wrong(&hub), []);
    }
}

#[test]
fn a_server_that_the_settings_name_or_that_has_our_mark_is_nobodys() {
    let server = || subscriber("https", "https://example.com/alerts");
    let of_settings = Hub::of(Wanted {
        subscriptions: vec![server().subscription],
        ..sample::wanted()
    });
    let mut marked = Hub::good();
    marked.further.push(server());
    let tags = &mut marked.topic("rootwatch-alerts").tags;
    tags.insert(mark::key(&server().subscription), "https".into());
    for hub in [of_settings, marked] {
        let found = wrong(&hub);
        let named = found.iter().filter(|hop| hop.check == "subscriber");
        assert_eq!(named.count(), 0, "{found:?}");
    }
}

#[test]
fn a_filter_of_the_body_is_judged_by_what_an_alarm_says() {
    for (filter, verdict) in [
        (json!({"NewStateValue": ["ALARM"]}), None),
        (json!({"NewStateValue": ["OK"]}), Some(Verdict::Broken)),
        (
            json!({"AlarmName": [{"exists": false}]}),
            Some(Verdict::Broken),
        ),
        (
            json!({"AlarmName": ["rootwatch-dead-letters"]}),
            Some(Verdict::Broken),
        ),
        (json!({"AlarmName": [{"prefix": "rootwatch-"}]}), None),
    ] {
        let mut hub = Hub::good();
        hub.filters
            .insert("rootwatch-health".into(), (filter.clone(), true));
        let found = wrong(&hub).first().map(|hop| hop.verdict);
        assert_eq!(found, verdict, "{filter}");
    }
    // A mail's text has none of the keys.
    let mut hub = Hub::good();
    let severe = json!({"severity": ["critical", "high", "medium", "low", "info"]});
    hub.filters
        .insert("rootwatch-alerts".into(), (severe, true));
    assert_eq!(wrong(&hub)[0].verdict, Verdict::Broken);
}
