use crate::commands::shell;
use crate::world::run;

/// Every command's help, as people read it.
#[test]
fn help() {
    let commands: [&[&str]; 22] = [
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
        &["export"],
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

/// Every command that can be run, as it is typed.
const COMMANDS: [&[&str]; 19] = [
    &["deploy", "hub"],
    &["deploy", "spokes"],
    &["deploy", "guardrail"],
    &["plan", "hub"],
    &["plan", "spokes"],
    &["plan", "guardrail"],
    &["status"],
    &["verify"],
    &["test"],
    &["teardown"],
    &["adopt"],
    &["confirm"],
    &["policy"],
    &["scp"],
    &["export"],
    &["explain"],
    &["settings"],
    &["init"],
    &["completions"],
];

#[test]
fn every_command_has_examples_that_can_be_typed() {
    for command in COMMANDS {
        let help = run(&[], &[command, &["--help"]].concat())
            .ends_with(0)
            .stdout;
        let examples = help.split("\nExamples").nth(1);
        let examples = examples.unwrap_or_else(|| panic!("{command:?} has no examples"));
        let lines = examples.lines().map(str::trim_start);
        let lines: Vec<&str> = lines.filter(|line| line.contains("rootwatch ")).collect();
        assert!(!lines.is_empty(), "{command:?}");
        for line in lines {
            assert!(
                line.chars().count() <= 78,
                "too long for 80 columns: {line}"
            );
            let begin = line.find("rootwatch ").unwrap();
            let line = line[begin..].split(" # ").next().unwrap();
            let line = line.split(" > ").next().unwrap().trim_end();
            // The help of a command is printed only if all before it was understood.
            let env = [("HOME".to_owned(), "/nowhere".to_owned())];
            let ran = shell(&env, &[], &format!("{line} --help"));
            assert_eq!(ran.code, 0, "{line}: {}", ran.stderr);
            let spoken = command.join(" ");
            assert!(
                line.starts_with(&format!("rootwatch {spoken}")),
                "{spoken}: {line}"
            );
        }
    }
}

/// The short help leaves out what is rarely needed.
#[test]
fn the_short_help_of_a_command_fits_a_screen() {
    for command in [
        &["status"][..],
        &["test"],
        &["confirm"],
        &["explain"],
        &["plan", "hub"],
    ] {
        let short = run(&[], &[command, &["-h"]].concat()).ends_with(0).stdout;
        let long = run(&[], &[command, &["--help"]].concat())
            .ends_with(0)
            .stdout;
        assert!(short.lines().count() < long.lines().count(), "{short}");
        assert!(!short.contains("--role-prefix") && long.contains("--role-prefix"));
    }
}

#[test]
fn completions_for_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let ran = run(&[], &["completions", shell]).ends_with(0);
        assert!(ran.stdout.contains("teardown"), "{shell}");
        // No file is the name of a region.
        if shell == "fish" {
            let region = ran.stdout.lines().find(|it| it.contains("-l region "));
            assert!(region.unwrap().contains("-r -f"), "{region:?}");
        }
    }
}

#[test]
fn whoever_has_read_enough_of_the_help_is_no_error() {
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("rootwatch"))
        .arg("--help")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_wrong_option_is_an_error_and_no_finding() {
    let ran = run(&[], &["plan", "hub", "--detailed-exitcode", "--bogus"]).ends_with(1);
    assert!(ran.stderr.contains("--bogus"), "{}", ran.stderr);
}
