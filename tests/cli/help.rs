use crate::world::run;

/// Every command's help, as people read it.
#[test]
fn help() {
    let commands: [&[&str]; 21] = [
        &[],
        &["deploy"],
        &["deploy", "hub"],
        &["deploy", "spokes"],
        &["plan"],
        &["plan", "hub"],
        &["plan", "spokes"],
        &["deploy", "guardrail"],
        &["plan", "guardrail"],
        &["confirm"],
        &["policy"],
        &["scp"],
        &["status"],
        &["verify"],
        &["test"],
        &["teardown"],
        &["explain"],
        &["init"],
        &["completions"],
        &["man"],
        &["schema"],
    ];
    let mut all = String::new();
    for command in commands {
        let ran = run(&[], &[command, &["--help"]].concat()).ends_with(0);
        all.push_str(&format!(
            "$ rootwatch {} --help\n{}\n",
            command.join(" "),
            ran.stdout
        ));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn completions_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = run(&[], &["completions", shell]).ends_with(0);
        assert!(ran.stdout.contains("teardown"), "{shell}");
    }
}

#[test]
fn a_wrong_option_is_an_error_and_no_finding() {
    let ran = run(&[], &["plan", "hub", "--detailed-exitcode", "--bogus"]).ends_with(1);
    assert!(ran.stderr.contains("--bogus"), "{}", ran.stderr);
}
