//! What `init` asks on the terminal: each question has what was found out as its answer already, where there is one.

use crate::cli::{Cli, HubArgs, InitArgs, SpokesArgs, problems};
use anyhow::{Context, Result};
use dialoguer::console::{Term, set_colors_enabled_stderr};
use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{Confirm, Input, MultiSelect, Select};
use rootwatch_engine::survey::{Standing, Survey, Unit, is_in};
use rootwatch_engine::{DEFAULT_NAME, count};
use std::path::Path;

/// What was answered, beside what flags gave.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    pub(super) hub: HubArgs,
    pub(super) spokes: SpokesArgs,
    /// Where the hub is.
    pub(super) region: Option<String>,
    pub(super) name: Option<String>,
    pub(super) tags: Vec<String>,
}

/// Asks on a thread of its own, so that a signal ends the run meanwhile. The terminal is as it was before, however this
/// ends.
async fn on_terminal<T: Send + 'static>(
    ask: impl FnOnce(&Asking) -> dialoguer::Result<T> + Send + 'static,
) -> Result<T> {
    crate::progress::make_room();
    let _as_before = AsBefore::new();
    let (send, answer) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let answered = ask(&Asking::new());
        // The receiver is gone once a run has ended.
        let _ = send.send(answered);
    });
    match answer.await? {
        // Ctrl-C in the middle of a question, which has sent the signal on: that ends the run.
        Err(dialoguer::Error::IO(error)) if error.kind() == std::io::ErrorKind::Interrupted => {
            std::future::pending().await
        }
        answered => answered.context("asking on the terminal"),
    }
}

/// Puts a terminal back that a question had switched to single keys.
struct AsBefore {
    #[cfg(unix)]
    modes: Option<rustix::termios::Termios>,
}

impl AsBefore {
    fn new() -> Self {
        Self {
            #[cfg(unix)]
            modes: rustix::termios::tcgetattr(std::io::stdin()).ok(),
        }
    }
}

impl Drop for AsBefore {
    fn drop(&mut self) {
        // Without a terminal there is nothing to put back.
        let _ = Term::stderr().show_cursor();
        #[cfg(unix)]
        if let Some(modes) = &self.modes {
            use rustix::termios::{OptionalActions, tcsetattr};
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, modes);
        }
    }
}

/// Whether the settings of what is deployed are to be written.
pub(super) async fn is_to_be_recorded(found: &Survey) -> Result<bool> {
    let what = found.deployed.join(" and ");
    let question = format!("There is a deployment already ({what}). Write its settings?");
    on_terminal(move |it| it.is_so(&question, true)).await
}

/// Whether to write the file.
pub(super) async fn is_to_be_written(path: &Path) -> Result<bool> {
    let question = format!("Write {}?", path.display());
    on_terminal(move |it| it.is_so(&question, true)).await
}

/// Asks what neither flags say nor can be found out.
pub(super) async fn answers(
    found: &Survey,
    profiles: Vec<String>,
    args: &InitArgs,
    cli: &Cli,
) -> Result<Answers> {
    let given = Answers {
        hub: args.hub.clone(),
        spokes: args.spokes.clone(),
        ..Answers::default()
    };
    let (found, is_named, has_tags) = (found.clone(), cli.name.is_some(), !cli.tag.is_empty());
    on_terminal(move |it| {
        let mut answers = given;
        it.place(&found, &mut answers)?;
        it.people(&mut answers.hub)?;
        it.units(&found, &mut answers.spokes)?;
        it.regions(&found, &mut answers.spokes)?;
        it.others(&found, &profiles, &mut answers)?;
        it.reads(&mut answers.hub)?;
        it.rest(is_named, has_tags, &mut answers)?;
        Ok(answers)
    })
    .await
}

/// The terminal, and how questions look on it.
struct Asking {
    terminal: Term,
    theme: Box<dyn Theme>,
}

impl Asking {
    fn new() -> Self {
        // What --color, NO_COLOR and CLICOLOR_FORCE come to for all other output.
        let choice = anstream::AutoStream::choice(&std::io::stderr());
        let has_colour = choice != anstream::ColorChoice::Never;
        set_colors_enabled_stderr(has_colour);
        let theme: Box<dyn Theme> = match has_colour {
            true => Box::new(ColorfulTheme::default()),
            false => Box::new(SimpleTheme),
        };
        Self {
            terminal: Term::stderr(),
            theme,
        }
    }

    fn is_so(&self, question: &str, default: bool) -> dialoguer::Result<bool> {
        Confirm::with_theme(&*self.theme)
            .with_prompt(question)
            .default(default)
            .interact_on(&self.terminal)
    }

    fn one_of(&self, question: &str, items: &[String]) -> dialoguer::Result<usize> {
        Select::with_theme(&*self.theme)
            .with_prompt(question)
            .items(items)
            .default(0)
            .interact_on(&self.terminal)
    }

    fn some_of(&self, question: &str, items: &[(String, bool)]) -> dialoguer::Result<Vec<usize>> {
        loop {
            let chosen = MultiSelect::with_theme(&*self.theme)
                .with_prompt(format!("{question} (space ticks, enter goes on)"))
                .items_checked(items.iter().cloned())
                .interact_on(&self.terminal)?;
            if !chosen.is_empty() {
                return Ok(chosen);
            }
            self.terminal.write_line("At least one has to be ticked.")?;
        }
    }

    /// A line of words with commas between, each checked as a flag's value would be.
    fn words(
        &self,
        question: &str,
        is_needed: bool,
        check: impl Fn(Vec<String>) -> Vec<String>,
    ) -> dialoguer::Result<Vec<String>> {
        let check = |line: &String| match (words(line), is_needed) {
            (words, true) if words.is_empty() => Err("this has no default".to_owned()),
            (words, _) => check(words).into_iter().next().map_or(Ok(()), Err),
        };
        let line: String = Input::with_theme(&*self.theme)
            .with_prompt(question)
            .allow_empty(!is_needed)
            .validate_with(check)
            .interact_text_on(&self.terminal)?;
        Ok(words(&line))
    }

    fn place(&self, found: &Survey, answers: &mut Answers) -> dialoguer::Result<()> {
        let given = &mut answers.spokes;
        if given.hub_account.is_some() {
            answers.region = given.hub_region.clone();
            return Ok(());
        }
        let here = format!("here: account {}, region {}", found.account, found.region);
        let elsewhere = "in another account or region".to_owned();
        let chosen = self.one_of("Where is the hub to be?", &[here, elsewhere])?;
        let (account, region) = match chosen {
            0 => (found.account.clone(), found.region.clone()),
            _ => (
                self.text("Account of the hub", &found.account, |it| {
                    of_spokes(|args| args.hub_account = Some(it))
                })?,
                self.text("Region of the hub", &found.region, |it| {
                    of_spokes(|args| args.hub_region = Some(it))
                })?,
            ),
        };
        answers.region = Some(region.clone());
        (given.hub_account, given.hub_region) = (Some(account), Some(region));
        Ok(())
    }

    fn text(
        &self,
        question: &str,
        default: &str,
        check: impl Fn(String) -> Vec<String>,
    ) -> dialoguer::Result<String> {
        let check = |line: &String| {
            check(line.trim().to_owned())
                .into_iter()
                .next()
                .map_or(Ok(()), Err)
        };
        let line: String = Input::with_theme(&*self.theme)
            .with_prompt(question)
            .default(default.to_owned())
            .validate_with(check)
            .interact_text_on(&self.terminal)?;
        Ok(line.trim().to_owned())
    }

    fn people(&self, hub: &mut HubArgs) -> dialoguer::Result<()> {
        if !hub.email.is_empty() || !hub.sns_subscription.is_empty() {
            return Ok(());
        }
        let question = "Who is notified? E-mail addresses";
        hub.email = self.words(question, true, |email| of_hub(|args| args.email = email))?;
        let question = "A second way, such as sms=+491701234567 [none]";
        hub.sns_subscription = self.words(question, false, |all| {
            of_hub(|args| args.sns_subscription = all)
        })?;
        Ok(())
    }

    fn units(&self, found: &Survey, spokes: &mut SpokesArgs) -> dialoguer::Result<()> {
        if !spokes.ou.is_empty() {
            return Ok(());
        }
        spokes.ou = match found.units.is_empty() {
            true => {
                let question = "Which organizational units? Paths or ids, / for all";
                self.words(question, true, |ou| of_spokes(|args| args.ou = ou))?
            }
            false => {
                let items: Vec<(String, bool)> = found
                    .units
                    .iter()
                    .map(|unit| (shown(unit), unit.path == "/"))
                    .collect();
                let chosen = self.some_of("Which organizational units are watched?", &items)?;
                outermost(chosen.iter().filter_map(|index| found.units.get(*index)))
            }
        };
        Ok(())
    }

    fn regions(&self, found: &Survey, spokes: &mut SpokesArgs) -> dialoguer::Result<()> {
        let given = &mut spokes.regions;
        if !given.regions.is_empty() || given.all_regions || found.regions.is_empty() {
            return Ok(());
        }
        let all = format!(
            "all {}, and each that is enabled later",
            count(found.regions.len(), "enabled region")
        );
        let chosen = self.one_of("In which regions?", &[all, "only some of them".to_owned()])?;
        if chosen == 0 {
            return Ok(());
        }
        let fixed = &found.sign_in_region;
        let others: Vec<&String> = found.regions.iter().filter(|it| *it != fixed).collect();
        let items: Vec<(String, bool)> = others.iter().map(|it| ((*it).clone(), true)).collect();
        let question = format!("Regions beside {fixed}, where AWS records every root sign-in");
        let chosen = self.some_of(&question, &items)?;
        let chosen = chosen.iter().filter_map(|index| others.get(*index));
        given.regions = std::iter::once(fixed)
            .chain(chosen.copied())
            .cloned()
            .collect();
        Ok(())
    }

    /// How one run reaches the other accounts too.
    fn others(
        &self,
        found: &Survey,
        profiles: &[String],
        answers: &mut Answers,
    ) -> dialoguer::Result<()> {
        let given = &mut answers.spokes;
        let standing = found.organization.as_ref().map(|it| it.standing);
        let is_elsewhere = given.hub_account.as_ref() != Some(&found.account);
        if is_elsewhere && given.others.hub_profile.is_none() && given.others.hub_role.is_none() {
            given.others.hub_profile = self.profile("the hub's account", profiles)?;
        }
        let reaches = &mut given.others;
        let is_management = standing == Some(Standing::Management);
        if !is_management
            && reaches.management_profile.is_none()
            && reaches.management_role.is_none()
        {
            reaches.management_profile = self.profile("the management account", profiles)?;
        }
        Ok(())
    }

    fn profile(&self, whose: &str, profiles: &[String]) -> dialoguer::Result<Option<String>> {
        if profiles.is_empty() {
            return Ok(None);
        }
        let question = format!("Profile that reaches {whose} in the same run?");
        let none = "none: print the commands for it instead".to_owned();
        let items: Vec<String> = [none].into_iter().chain(profiles.iter().cloned()).collect();
        let chosen = self.one_of(&question, &items)?;
        Ok(chosen
            .checked_sub(1)
            .and_then(|it| profiles.get(it).cloned()))
    }

    fn reads(&self, hub: &mut HubArgs) -> dialoguer::Result<()> {
        const HOW: [(&str, &str); 3] = [
            ("digest", "together, in a digest of each session"),
            ("each", "each one immediately, like changes"),
            ("off", "not at all"),
        ];
        if hub.notify_read_only.is_some() {
            return Ok(());
        }
        let items = HOW.map(|(_, meaning)| meaning.to_owned());
        let chosen = self.one_of("How is what root only reads reported?", &items)?;
        let chosen = HOW.get(chosen).filter(|(word, _)| *word != "digest");
        hub.notify_read_only = chosen.map(|(word, _)| (*word).to_owned());
        Ok(())
    }

    fn rest(&self, is_named: bool, has_tags: bool, answers: &mut Answers) -> dialoguer::Result<()> {
        let question = "Tags that are demanded, such as team=security [none]";
        if !has_tags {
            answers.tags = self.words(question, false, |tags| of_rest(None, &tags))?;
        }
        let question = "Another name than rootwatch, or a KMS key of your own?";
        if is_named || answers.hub.kms_key.is_some() || !self.is_so(question, false)? {
            return Ok(());
        }
        let name = self.text("Name of the deployment", DEFAULT_NAME, |name| {
            of_rest(Some(&name), &[])
        })?;
        answers.name = Some(name).filter(|it| it != DEFAULT_NAME);
        let question = "KMS key of the alerts topic, by its ARN [none]";
        let key = self.words(question, false, |all| {
            of_hub(|args| args.kms_key = all.first().cloned())
        })?;
        answers.hub.kms_key = key.into_iter().next();
        Ok(())
    }
}

/// What would be wrong with such flags.
fn of_hub(set: impl FnOnce(&mut HubArgs)) -> Vec<String> {
    let mut hub = HubArgs::default();
    set(&mut hub);
    texts(problems(&hub, &SpokesArgs::default(), None, &[]))
}

fn of_spokes(set: impl FnOnce(&mut SpokesArgs)) -> Vec<String> {
    let mut spokes = SpokesArgs::default();
    set(&mut spokes);
    texts(problems(&HubArgs::default(), &spokes, None, &[]))
}

fn of_rest(name: Option<&String>, tags: &[String]) -> Vec<String> {
    texts(problems(
        &HubArgs::default(),
        &SpokesArgs::default(),
        name,
        tags,
    ))
}

fn texts(problems: Vec<crate::config::Problem>) -> Vec<String> {
    problems.into_iter().map(|it| it.text).collect()
}

fn words(line: &str) -> Vec<String> {
    let words = line.split(',').map(str::trim);
    words
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect()
}

/// A unit below the one that holds it, with its accounts.
fn shown(unit: &Unit) -> String {
    let depth = match unit.path.as_str() {
        "/" => 0,
        path => path.matches('/').count(),
    };
    let indent = "  ".repeat(depth);
    format!(
        "{indent}{} ({})",
        unit.path,
        count(unit.accounts, "account")
    )
}

/// Those that no other one holds.
fn outermost<'a>(chosen: impl Iterator<Item = &'a Unit>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    // A unit stands before those below it.
    for unit in chosen {
        if !kept.iter().any(|above| is_in(&unit.path, above)) {
            kept.push(unit.path.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_inside_another_one_is_not_named() {
        let unit = |path: &str| Unit {
            path: path.into(),
            accounts: 1,
        };
        let all = ["/", "/Work", "/Work/Prod", "/Works"].map(unit);
        assert_eq!(outermost(all.iter()), ["/"]);
        assert_eq!(outermost(all[1..].iter()), ["/Work", "/Works"]);
        assert_eq!(outermost(all[2..3].iter()), ["/Work/Prod"]);
        assert_eq!(shown(&all[2]), "    /Work/Prod (1 account)");
    }

    #[test]
    fn words_have_commas_between() {
        assert_eq!(words(" a@b.c, d@e.f ,"), ["a@b.c", "d@e.f"]);
        assert!(words(" ").is_empty());
    }

    #[test]
    fn an_answer_is_checked_as_a_flag_is() {
        let wrong = of_hub(|args| args.email = vec!["nobody".into()]);
        assert_eq!(wrong, ["--email \"nobody\" is not an e-mail address"]);
        assert!(of_hub(|args| args.email = vec!["a@example.com".into()]).is_empty());
        assert!(!of_spokes(|args| args.hub_region = Some("europe".into())).is_empty());
    }
}
