//! One run: its settings, the account and region in which it acts, and who is shown its progress and asked.

use crate::aws::Aws;
use crate::hub::desired::Wanted;
use crate::names::Names;
use crate::operator::{Operator, Question, View};
use crate::saved::Basis;
use crate::settings::{Access, Settings};
use crate::source::key;
use crate::spokes::organization::Organization;
use crate::spokes::{Location, Place};
use crate::work::Work;
use anyhow::{Context, Result};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

/// An answer that came so soon was given by a program: what was read before it has just been read.
const AT_ONCE: Duration = Duration::from_secs(1);

/// A run against AWS. Its settings do not change during the run.
#[derive(Clone)]
pub struct Session {
    pub(crate) settings: Settings,
    pub(crate) aws: Aws,
    pub(crate) work: Work,
    operator: Arc<dyn Operator>,
    others: Arc<Others>,
}

/// Other accounts that this run acts in too, once they are needed.
#[derive(Default)]
struct Others {
    hub: OnceCell<Aws>,
    management: OnceCell<Aws>,
}

impl Session {
    /// Finds the credentials, and says where this acts, as whom, and by which settings.
    ///
    /// # Errors
    /// When there is no region, no credentials, or no answer.
    pub async fn start(
        settings: Settings,
        work: Work,
        operator: Arc<dyn Operator>,
    ) -> Result<Self> {
        let aws = Aws::connect(&settings.connection, &work).await?;
        work.message(&heading(&settings, &aws));
        Ok(Self {
            settings,
            aws,
            work,
            operator,
            others: Arc::default(),
        })
    }

    /// The same run with other settings.
    pub(crate) fn with(&self, settings: Settings) -> Self {
        Self {
            settings,
            ..self.clone()
        }
    }

    /// The management account: this one, or the one that the settings give credentials for; nothing where they give none.
    ///
    /// Fails when those credentials are another account's.
    pub(crate) async fn management(&self, account: &str) -> Result<Option<Aws>> {
        let access = self.settings.management.as_ref();
        let what = "the management account";
        self.account(&self.others.management, account, what, access)
            .await
    }

    /// The same run where the hub is, if that is in this account, or the settings give credentials for it.
    ///
    /// Fails when those credentials are another account's.
    pub(crate) async fn at_hub(&self, hub: &Location) -> Result<Option<Self>> {
        let access = self.settings.hub.access.as_ref();
        let found = self
            .account(&self.others.hub, &hub.account, "the hub", access)
            .await?;
        Ok(found.map(|aws| Self {
            aws: aws.in_region(&hub.region),
            ..self.clone()
        }))
    }

    /// Account and region of this, where they are not those of another run.
    pub(crate) fn elsewhere(&self, other: &Self) -> Option<String> {
        let place = |it: &Aws| format!("account {}, region {}", it.account, it.region);
        let (this, other) = (place(&self.aws), place(&other.aws));
        (this != other).then_some(this)
    }

    async fn account(
        &self,
        cell: &OnceCell<Aws>,
        account: &str,
        what: &str,
        access: Option<&Access>,
    ) -> Result<Option<Aws>> {
        if self.aws.account == account {
            return Ok(Some(self.aws.clone()));
        }
        let Some(access) = access else {
            return Ok(None);
        };
        let connect = async || {
            let aws = self.aws.of_account(account, what, access).await?;
            self.work.message(&format!("{what} · {}", aws.heading()));
            anyhow::Ok(aws)
        };
        Ok(Some(cell.get_or_try_init(connect).await?.clone()))
    }

    /// The settings of this run.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Who is shown its work, and what ends it early.
    #[must_use]
    pub fn work(&self) -> &Work {
        &self.work
    }

    /// Where this acts, as text: account, region and partition.
    #[must_use]
    pub fn place(&self) -> String {
        self.aws.place()
    }

    /// The names of this deployment's hub here.
    #[must_use]
    pub fn names(&self) -> Names {
        Names {
            deployment: self.settings.name.clone(),
            account: self.aws.account.clone(),
            region: self.aws.region.clone(),
            partition: self.aws.partition,
            topic: self.settings.hub.topic_name.clone(),
            iam: self.settings.iam.clone(),
        }
    }

    /// The hub as configured.
    pub(crate) fn hub(&self, org_id: String) -> Wanted {
        let settings = &self.settings;
        Wanted {
            names: self.names(),
            org_id,
            kms_key: settings.hub.kms_key.clone(),
            log_kms_key: settings.hub.log_kms_key.clone(),
            queue_kms_key: settings.hub.queue_kms_key.clone(),
            subscriptions: settings.hub.subscriptions.clone(),
            unsubscribed: settings.hub.unsubscribed.clone(),
            is_whole_list: settings.sources.is_whole(key::SUBSCRIPTIONS),
            unbounded: settings.sources.is_reset(key::PERMISSIONS_BOUNDARY),
            log_without_key: settings.sources.is_reset(key::LOG_KMS_KEY),
            notify: settings.notify.clone(),
            log_retention_days: settings.hub.log_retention_days,
            self_check: settings.hub.self_check,
            accepted: match settings.ignores.as_slice() {
                [] => settings.hub.accepted_by_self_check.clone(),
                named => named.to_vec(),
            },
            tags: settings.tags.clone(),
            own_build: false,
        }
    }

    /// Where StackSet calls go from here, and as whom.
    pub(crate) fn stack_sets(&self, organization: &Organization) -> Place<'_> {
        Place::of(&self.aws, organization, self.settings.spokes.call_as)
    }

    /// Shows something to the operator.
    pub(crate) fn show(&self, view: View<'_>) {
        self.operator.show(&view);
    }

    /// The same run, not shown.
    pub(crate) fn unseen(&self) -> Self {
        Self {
            work: self.work.unseen(),
            ..self.clone()
        }
    }

    /// Asks the operator about a plan; writing begins after it. Where the answer took its time, what the plan rests on is
    /// read again first.
    ///
    /// # Errors
    /// [`crate::end::NotConfirmed`], when the answer is not yes; or when the plan no longer holds, or that cannot be read.
    pub(crate) async fn confirm_plan(
        &self,
        question: Question<'_>,
        basis: &Basis,
        again: impl AsyncFnOnce() -> Result<Basis>,
    ) -> Result<()> {
        let asked = Instant::now();
        self.operator.confirm(&question).await?;
        if asked.elapsed() >= AT_ONCE {
            let now = again().await.context(
                "reading again, after the answer, what the plan was made from; nothing was changed",
            )?;
            basis.refuse_moved(&now)?;
        }
        self.work.writing_begins();
        Ok(())
    }

    /// Asks the operator; writing begins after it.
    ///
    /// # Errors
    /// [`crate::end::NotConfirmed`], when the answer is not yes.
    pub(crate) async fn confirm(&self, question: Question<'_>) -> Result<()> {
        self.operator.confirm(&question).await?;
        self.work.writing_begins();
        Ok(())
    }
}

#[cfg(test)]
impl Session {
    /// A run of a test, which shows nothing and asks nobody.
    pub(crate) fn sample(settings: Settings, aws: Aws) -> Self {
        Self {
            settings,
            aws,
            work: Work::silent(),
            operator: Arc::new(crate::operator::Nobody),
            others: Arc::default(),
        }
    }
}

/// The first line of every run.
fn heading(settings: &Settings, aws: &Aws) -> String {
    let file = match &settings.file {
        Some(file) => format!("settings {file}"),
        None => "no settings file".into(),
    };
    format!(
        "rootwatch \"{}\" · {} · {file}",
        settings.name,
        aws.heading()
    )
}
