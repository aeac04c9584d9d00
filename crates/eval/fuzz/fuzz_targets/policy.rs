//! No policy document makes reading, comparing or judging it panic, and what is read is written so that it reads the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rootwatch_eval::Policy;
use rootwatch_eval::external::{Access, find};
use rootwatch_eval::iam::{Decision, Keys, Principal, Request, decide};

const BUS: &str = "arn:aws:events:eu-west-1:222222222222:event-bus/rootwatch";
const ROLE: &str = "arn:aws:iam::333333333333:role/forward";
const ACTION: &str = "events:PutEvents";

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(policy) = Policy::parse(text) else {
        return;
    };
    let again = Policy::parse(&policy.document()).expect("what is written is a policy");
    assert_eq!(again.statements().count(), policy.statements().count());
    let principals = [
        None,
        Some(Principal::Role {
            account: "333333333333".into(),
            arn: ROLE.into(),
        }),
        Some(Principal::Service("events.amazonaws.com".into())),
    ];
    for principal in principals {
        let request = Request {
            principal,
            action: ACTION,
            resource: BUS.into(),
            keys: keys(),
        };
        let decision = decide([&policy], &request);
        // A judge that cannot tell says why.
        assert!(!decision.words().is_empty());
        // Nobody is let in by nothing.
        assert!(policy.statements().count() > 0 || decision == Decision::NotAllowed);
        let both = decide([&policy, &again], &request);
        assert!(both == decision || unknown(&both) || unknown(&decision));
    }
    let access = Access {
        account: "222222222222",
        actions: &[ACTION],
        resource: BUS,
    };
    if let Some(found) = find(&policy, &access) {
        assert!(policy.statement(&found.sid).is_some());
    }
});

fn unknown(decision: &Decision) -> bool {
    matches!(decision, Decision::Unknown(_))
}

fn keys() -> Keys {
    let mut keys = Keys::new();
    keys.insert("aws:PrincipalOrgID", Some("o-exampleorgid".into()));
    keys.insert("aws:SourceArn", None);
    keys.insert_all("events:source", vec!["aws.signin".into()]);
    keys
}
