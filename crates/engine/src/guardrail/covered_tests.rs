use super::*;
use crate::hub::resource::Tags;

const MANAGEMENT: &str = "111111111111";

fn account(id: &str, unit: &str, path: &str, standing: Standing) -> AccountStanding {
    AccountStanding {
        named: Named {
            account: id.into(),
            name: String::new(),
        },
        unit: unit.into(),
        unit_path: Some(path.into()),
        standing,
    }
}

fn organization() -> Vec<AccountStanding> {
    vec![
        account(MANAGEMENT, "r-1", "/", Standing::Covered),
        account("222222222222", "ou-s", "/Security", Standing::Covered),
        account("333333333333", "ou-p", "/Workloads/Prod", Standing::Gap),
        account("444444444444", "ou-w", "/Workloads", Standing::Covered),
        account("555555555555", "ou-x", "/Workloads-2", Standing::Covered),
        account("666666666666", "ou-w", "/Workloads", Standing::Suspended),
    ]
}

fn bound(attached: &[&str], are_known: bool) -> Guarded {
    let all = organization();
    let found = Guardrail {
        name: "rootwatch-guardrail".into(),
        id: "p-1".into(),
        description: String::new(),
        content: Default::default(),
        targets: BTreeMap::new(),
        tags: Tags::new(),
        attached: attached.iter().map(|it| (*it).to_owned()).collect(),
    };
    let units = [("ou-w", "/Workloads"), ("ou-s", "/Security"), ("r-1", "/")];
    let units = units.map(|(id, path)| (id.to_owned(), path.to_owned()));
    let accounts = Accounts {
        all: &all,
        are_known,
        management: MANAGEMENT,
    };
    of(&found, &accounts, &Directory::of(BTreeMap::from(units), []))
}

/// The member accounts that are not bound.
fn open(attached: &[&str]) -> Vec<String> {
    let open = bound(attached, true).not_guarded;
    open.into_iter().map(|it| it.account).collect()
}

#[test]
fn a_unit_binds_the_accounts_below_it_and_no_others() {
    assert_eq!(open(&["ou-w"]), ["222222222222", "555555555555"]);
    assert_eq!(open(&["ou-w", "222222222222"]), ["555555555555"]);
    assert_eq!(open(&["ou-s"]).len(), 3);
    assert!(open(&["r-1"]).is_empty());
    assert_eq!(open(&[]).len(), 4);
}

#[test]
fn the_state_says_no_more_than_is_known() {
    let all = bound(&["r-1"], true);
    assert_eq!((all.state, all.guarded), (State::Guarded, 4));
    assert_eq!(bound(&["ou-w"], true).state, State::Partly);
    assert_eq!(bound(&[], true).state, State::Partly);
    assert_eq!(bound(&["r-1"], false).state, State::Unknown);
    let unread = bound(&["ou-elsewhere"], true);
    assert_eq!(unread.state, State::Unknown);
    assert!(unread.unknown.unwrap().contains("ou-elsewhere"));
}
