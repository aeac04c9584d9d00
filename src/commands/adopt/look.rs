//! What is there of the old path. Reads only.

use crate::aws::error::AwsError;
use crate::cli::ReferenceArgs;
use crate::commands::Run;
use crate::hub::log_group::LogGroup;
use crate::hub::resource::Resource;
use crate::reference::hub::OldHub;
use crate::reference::spokes::{Found, OldSpokes};
use crate::reference::{FUNCTION, gaps, hub, spokes, terraform};
use crate::spokes::organization::{self, Organization};
use crate::spokes::{Place, Spot, is_refusal, observe};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Where Terraform keeps its state when it is told nothing else.
const TERRAFORM_STATE: &str = "terraform.tfstate";

/// The old path, as far as it is there and can be seen.
pub(super) struct Old {
    pub(super) organization: Organization,
    pub(super) hub: OldHub,
    /// Nothing with `--hub-only`.
    pub(super) spokes: Option<Found>,
    /// What it misses, each in a sentence.
    pub(super) gaps: Vec<String>,
    /// The log group of the old function, which Lambda made.
    pub(super) log_group: Option<String>,
    /// Its parts in a Terraform state, by address; nothing when no state was looked at.
    pub(super) terraform: Option<Vec<String>>,
}

impl Old {
    pub(super) fn is_nothing(&self) -> bool {
        self.hub.is_nothing() && self.stack_sets().is_empty()
    }

    pub(super) fn stack_sets(&self) -> &[OldSpokes] {
        self.spokes.as_ref().map_or(&[], |it| it.old.as_slice())
    }
}

/// Where StackSet calls go.
pub(super) fn place<'a>(run: &'a Run, organization: &Organization) -> Place<'a> {
    Place::of(&run.aws, organization, run.config.spokes.call_as)
}

/// Looks at everything.
pub(super) async fn look(run: &Run, args: &ReferenceArgs) -> Result<Old> {
    let state = terraform_state(args.terraform_state.as_deref())?;
    let organization = organization::find(&run.aws).await?;
    let place = place(run, &organization);
    let log_group = old_log_group(run);
    let (hub, spokes, log_group) = tokio::join!(
        hub::find(&run.aws),
        async {
            match args.hub_only {
                true => Ok(None),
                false => spokes::find(&place).await.map(Some),
            }
        },
        log_group.find(&run.aws),
    );
    let (hub, spokes) = (hub?, spokes.map_err(|error| unseen(run, error))?);
    let topic = hub.topic.as_ref().map(|it| it.arn.as_str());
    let terraform = state.map(|(file, text)| {
        let (account, region) = (&run.aws.account, &run.aws.region);
        terraform::addresses(&text, account, region, topic)
            .with_context(|| format!("reading {}", file.display()))
    });
    let gaps = gaps::gaps(&gaps::Known {
        hub: &hub,
        spokes: spokes.as_ref().map(|it| it.old.as_slice()),
        account: &run.aws.account,
        region: &run.aws.region,
        org_id: &organization.id,
        management_account: &organization.management_account,
        sign_in_region: run.aws.partition.sign_in_region(),
    });
    Ok(Old {
        gaps,
        log_group: log_group?.map(|it| it.name),
        terraform: terraform.transpose()?,
        organization,
        hub,
        spokes,
    })
}

fn old_log_group(run: &Run) -> LogGroup {
    let name = format!("/aws/lambda/{FUNCTION}");
    LogGroup {
        arn: run.names().arn("logs", &format!("log-group:{name}")),
        name,
        retention_in_days: None,
        tags: std::collections::BTreeMap::new(),
    }
}

/// The state that is named, or the one in the working folder.
fn terraform_state(given: Option<&Path>) -> Result<Option<(PathBuf, String)>> {
    let file = given.unwrap_or(Path::new(TERRAFORM_STATE));
    if given.is_none() && !file.exists() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(file);
    let text = text.with_context(|| format!("reading the Terraform state {}", file.display()))?;
    Ok(Some((file.to_owned(), text)))
}

fn unseen(run: &Run, error: AwsError) -> anyhow::Error {
    let place = run.aws.place();
    let account = &run.aws.account;
    if !is_refusal(&error) && error.code != "ValidationError" {
        return anyhow::Error::new(error).context(format!("listing the StackSets in {place}"));
    }
    anyhow::Error::new(error).context(format!(
        "the StackSets of the organization cannot be seen from {place}, so nobody could say that the new spokes watch what the old ones do, and nothing was changed: make it a delegated administrator, in the management account, by `aws organizations register-delegated-administrator --service-principal member.org.stacksets.cloudformation.amazonaws.com --account-id {account}`, or leave the spokes to the management account with --hub-only"
    ))
}

/// The units of the old StackSets, and of ours where it has some already.
pub(super) async fn units(run: &Run, old: &Old) -> Result<Vec<String>> {
    let ours = observe(
        &place(run, &old.organization),
        &run.names().stack_set(),
        &BTreeSet::new(),
    )
    .await?;
    let sets = old.stack_sets().iter().map(|it| &it.observed);
    let targets = sets.chain([&ours]).flat_map(|it| it.targets().into_keys());
    let units: BTreeSet<String> = targets.collect();
    if units.is_empty() {
        bail!(
            "no StackSet of the published pattern was found whose units could be taken over: name the units to watch with --ou; / takes all accounts"
        );
    }
    Ok(units.into_iter().collect())
}

/// Where the old spokes watch and ours do not, in words.
pub(super) async fn unwatched(run: &Run, old: &Old) -> Result<Vec<String>> {
    if old.stack_sets().is_empty() {
        return Ok(Vec::new());
    }
    let name = run.names().stack_set();
    let ours = observe(&place(run, &old.organization), &name, &BTreeSet::new()).await?;
    let sets = old.stack_sets().iter();
    let spots: BTreeSet<Spot> = sets
        .flat_map(|it| spokes::unwatched(&it.observed.instances, &ours.instances))
        .collect();
    let words = |it: &Spot| {
        format!(
            "account {} in {}: the old StackSet watches it and {name} does not yet; add its unit with --ou, or see `rootwatch status`",
            it.account, it.region
        )
    };
    Ok(spots.iter().map(words).collect())
}
