//! One run: its settings, the account and region in which it acts, and who is shown its progress and asked.

use crate::aws::Aws;
use crate::hub::desired::Wanted;
use crate::names::Names;
use crate::operator::{Operator, Question, View};
use crate::settings::Settings;
use crate::spokes::Place;
use crate::spokes::organization::Organization;
use crate::work::Work;
use anyhow::Result;
use std::sync::Arc;

/// A run against AWS. Its settings do not change during the run.
#[derive(Clone)]
pub struct Session {
    pub(crate) settings: Settings,
    pub(crate) aws: Aws,
    pub(crate) work: Work,
    operator: Arc<dyn Operator>,
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
        let aws = Aws::connect(&settings.connection).await?;
        work.message(&heading(&settings, &aws));
        Ok(Self {
            settings,
            aws,
            work,
            operator,
        })
    }

    /// The same run with other settings.
    pub(crate) fn with(&self, settings: Settings) -> Self {
        Self {
            settings,
            ..self.clone()
        }
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
            notify: settings.notify.clone(),
            log_retention_days: settings.hub.log_retention_days,
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
