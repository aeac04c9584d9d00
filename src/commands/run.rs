//! The start of every command that calls AWS.

use crate::cli::{
    CallerArgs, Cli, FreeArgs, HubArgs, OutputForm, SpokeArgs, SpokesArgs, TopicArgs, flags,
};
use crate::config;
use crate::interrupt::Interrupts;
use crate::operator::Person;
use crate::output::Output;
use crate::progress::Terminal;
use crate::report::next;
use anyhow::Result;
use rootwatch_engine::verify::Selection;
use rootwatch_engine::{Entry, Session, Settings, Work};
use std::sync::Arc;

/// The command line, and the streams that it asked for.
pub(super) struct Run<'a> {
    cli: &'a Cli,
    interrupts: &'a Interrupts,
    pub(super) output: Output,
}

impl<'a> Run<'a> {
    pub(super) fn new(cli: &'a Cli, interrupts: &'a Interrupts) -> Self {
        Self {
            cli,
            interrupts,
            output: Output::of(cli),
        }
    }

    /// Settings that go back to their defaults, by name.
    pub(super) fn reset(&self) -> &[String] {
        &self.cli.reset
    }

    /// The same for what is about the guardrail.
    pub(super) async fn start_guarding(
        &self,
        spokes: &SpokesArgs,
        free: &FreeArgs,
    ) -> Result<Session> {
        let mut flags = flags(self.cli, &HubArgs::default(), spokes);
        flags.free_roles(&free.free_role);
        self.begin(flags).await
    }

    /// Checks the settings, finds the credentials, and shows the account and region.
    pub(super) async fn start(&self, hub: &HubArgs, spokes: &SpokesArgs) -> Result<Session> {
        self.start_accepting(hub, spokes, &[]).await
    }

    /// The same without a settings file, which is about to be written.
    pub(super) async fn start_without_file(
        &self,
        hub: &HubArgs,
        spokes: &SpokesArgs,
    ) -> Result<Session> {
        let settings = config::resolve_without_file(flags(self.cli, hub, spokes))?;
        self.begin_with(settings).await
    }

    /// The same with findings that are accepted.
    pub(super) async fn start_accepting(
        &self,
        hub: &HubArgs,
        spokes: &SpokesArgs,
        ignores: &[String],
    ) -> Result<Session> {
        let mut flags = flags(self.cli, hub, spokes);
        flags.ignores(ignores);
        self.begin(flags).await
    }

    /// Says what comes next, beside a result: on stderr, so that the result stays as it is.
    pub(super) fn next(&self, session: &Session, steps: &[String]) {
        if self.output.form == OutputForm::Text && !steps.is_empty() {
            session.work().message(next::steps(steps).trim_end());
        }
    }

    async fn begin(&self, flags: config::Flags) -> Result<Session> {
        self.begin_with(config::resolve(flags)?).await
    }

    async fn begin_with(&self, settings: Settings) -> Result<Session> {
        let progress = Arc::new(Terminal::new(
            self.cli.quiet,
            crate::trace::is_on(),
            self.interrupts.clone(),
        ));
        let person = Person {
            progress: progress.clone(),
            verbose: self.cli.is_verbose(),
            yes: self.cli.yes,
            has_confirmed: Default::default(),
        };
        let work = Work::new(progress, self.interrupts.stop());
        Session::start(settings, work, Arc::new(person)).await
    }
}

pub(super) fn on_topic(topic: &TopicArgs) -> HubArgs {
    HubArgs {
        topic: topic.clone(),
        ..HubArgs::default()
    }
}

pub(super) fn called_by(caller: &CallerArgs) -> SpokesArgs {
    SpokesArgs {
        caller: caller.clone(),
        ..SpokesArgs::default()
    }
}

pub(super) fn selection(args: &SpokeArgs) -> Selection {
    let role = args.role.clone().map(|name| Entry::Role {
        name,
        external_id: args.external_id.clone(),
    });
    let profile = args.spoke_profile.clone().map(Entry::Profile);
    Selection {
        entry: role.or(profile),
        accounts: args.account.clone(),
        regions: args.spoke_region.clone(),
    }
}
