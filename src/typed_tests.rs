//! What a printed command gets of what this run typed.

use super::*;

fn typed(command: &[&str]) -> Vec<Typed> {
    of(&Cli::command().try_get_matches_from(command).unwrap())
}

/// Each text as it is printed by a run of this command.
#[track_caller]
fn complete(command: &[&str], texts: &[(&str, &str)]) {
    let typed = typed(command);
    for (text, wanted) in texts {
        assert_eq!(with(text, &typed, str::to_owned), *wanted);
    }
}

#[test]
fn a_command_gets_the_flags_that_it_lacks() {
    let run = ["rootwatch", "status", "--name", "q", "--profile", "my hub"];
    complete(
        &[&run[..], &["--region", "eu-west-1"]].concat(),
        &[
            (
                "`rootwatch deploy hub` fixes it",
                "`rootwatch deploy hub --name q --profile 'my hub' --region eu-west-1` fixes it",
            ),
            (
                "run `rootwatch plan hub --name other`.",
                "run `rootwatch plan hub --name other --profile 'my hub' --region eu-west-1`.",
            ),
            (
                "`rootwatch status --region us-east-1` there",
                "`rootwatch status --region us-east-1 --name q` there",
            ),
            (
                "`rootwatch status --region eu-west-1`",
                "`rootwatch status --region eu-west-1 --name q --profile 'my hub'`",
            ),
            (
                "`rootwatch status` with credentials of account 1; `rootwatch test`",
                "`rootwatch status --name q --region eu-west-1` with credentials of account 1; `rootwatch test --name q --profile 'my hub' --region eu-west-1`",
            ),
            (
                "with the management account's credentials run `rootwatch status`",
                "with the management account's credentials run `rootwatch status --name q --region eu-west-1`",
            ),
            (
                "`rootwatch init` and `aws sns list-topics`",
                "`rootwatch init` and `aws sns list-topics`",
            ),
        ],
    );
    complete(
        &["rootwatch", "status"],
        &[("`rootwatch status`", "`rootwatch status`")],
    );
}

#[test]
fn what_comes_next_gets_them_too() {
    let run = [
        "rootwatch",
        "deploy",
        "hub",
        "--profile",
        "p",
        "--endpoint-url",
        "http://x",
    ];
    complete(
        &run,
        &[
            (
                "Next: 1. as the management account: rootwatch deploy spokes\n      2. rootwatch test\n",
                "Next: 1. as the management account: rootwatch deploy spokes --endpoint-url http://x\n      2. rootwatch test --profile p --endpoint-url http://x\n",
            ),
            (
                r#"{"command": "rootwatch status"}"#,
                r#"{"command": "rootwatch status --endpoint-url http://x"}"#,
            ),
        ],
    );
}

#[test]
fn a_command_gets_no_flag_that_it_does_not_take() {
    let others = [
        "--management-profile",
        "m",
        "--hub-role",
        "arn:aws:iam::1:role/a",
        "--call-as",
        "self",
    ];
    complete(
        &[&["rootwatch", "status"], &others[..]].concat(),
        &[
            (
                "`rootwatch deploy spokes` fixes it",
                "`rootwatch deploy spokes --call-as self --hub-role arn:aws:iam::1:role/a --management-profile m` fixes it",
            ),
            (
                "`rootwatch deploy hub` fixes it",
                "`rootwatch deploy hub` fixes it",
            ),
            ("`rootwatch verify`", "`rootwatch verify --call-as self`"),
            (
                "`rootwatch status --region us-east-1`, with credentials of account 1",
                "`rootwatch status --region us-east-1`, with credentials of account 1",
            ),
        ],
    );
}

#[test]
fn verify_looks_at_the_same_spokes() {
    let spokes = [
        "--account",
        "111122223333",
        "--account",
        "444455556666",
        "--role",
        "R",
    ];
    complete(
        &[&["rootwatch", "test"], &spokes[..]].concat(),
        &[
            (
                "`rootwatch verify`: it says more",
                "`rootwatch verify --account 111122223333 --account 444455556666 --role R`: it says more",
            ),
            (
                "`rootwatch verify --hub-only`",
                "`rootwatch verify --hub-only`",
            ),
            ("`rootwatch test`", "`rootwatch test`"),
        ],
    );
}

/// Each flag is one of some command: one that was renamed would be lost without a word.
#[test]
fn there_is_a_command_for_every_flag() {
    for (flag, _) in FLAGS {
        let of_one = ["rootwatch verify", "rootwatch deploy spokes"];
        assert!(of_one.iter().any(|command| takes(command, flag)), "{flag}");
    }
}
