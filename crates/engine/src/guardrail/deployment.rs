//! The way through the guardrail: recall, plan, confirm, apply, read back; and its removal.

use super::plan::GuardrailPlan;
use super::policy;
use super::report::{Deployed, Planned, Report};
use super::resource::{self, Guardrail};
use super::targets::{self, Resolved, Targets};
use crate::aws::Aws;
use crate::end::End;
use crate::failure::Failure;
use crate::findings::steps;
use crate::hub::resource::Tags;
use crate::memory;
use crate::names::DEPLOYMENT_TAG;
use crate::operator::{Question, View};
use crate::saved::SavedPlan;
use crate::session::Session;
use crate::source::key;
use crate::spokes::Directory;
use crate::spokes::organization::{self, Organization};
use anyhow::{Context, Result, bail};

/// The flags of a run that are not settings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Switches {
    /// Whether to turn service control policies on in the organization where they are off.
    pub enable_policy_type: bool,
}

/// A run in the organization, with what is deployed recalled.
struct Begun {
    session: Session,
    /// Whose credentials ask Organizations.
    aws: Aws,
    organization: Organization,
    found: Option<Guardrail>,
    directory: Directory,
}

/// Reads the guardrail and says what [`deploy`] would change. Writes nothing.
///
/// # Errors
/// When something cannot be read, nothing is given to attach it to, or the policy of this name is somebody else's.
pub async fn plan(session: &Session, targets: &Targets, switches: Switches) -> Result<Planned> {
    let (begun, plan) = make_plan(session, targets, switches).await?;
    let report = begun.report("rootwatch.plan-guardrail/1", &plan);
    Ok(Planned {
        basis: plan.basis(),
        plan,
        report,
    })
}

/// Makes the guardrail, and attaches it.
///
/// # Errors
/// As [`plan`], or when it is not confirmed. What fails while it is applied is in the result.
pub async fn deploy(session: &Session, targets: &Targets, switches: Switches) -> Result<Deployed> {
    deploy_as(session, targets, switches, None).await
}

/// The same, as a plan says that was made before.
///
/// # Errors
/// As [`deploy`], or when what that plan was made from, or what it changes, is otherwise now: before anything is asked.
pub async fn deploy_saved(
    session: &Session,
    targets: &Targets,
    switches: Switches,
    saved: &SavedPlan,
) -> Result<Deployed> {
    deploy_as(session, targets, switches, Some(saved)).await
}

async fn deploy_as(
    session: &Session,
    targets: &Targets,
    switches: Switches,
    saved: Option<&SavedPlan>,
) -> Result<Deployed> {
    let (begun, plan) = make_plan(session, targets, switches).await?;
    if let Some(saved) = saved {
        saved.check(&plan.basis())?;
    }
    let report = begun.report("rootwatch.deploy-guardrail/1", &plan);
    if plan.counts().changes() == 0 {
        return Ok(unchanged(report));
    }
    session.show(View::Guardrail(&plan));
    let again = async || {
        let made = make_plan(&session.unseen(), targets, switches).await?;
        anyhow::Ok(made.1.basis())
    };
    let question = Question::MakeChanges;
    session.confirm_plan(question, &plan.basis(), again).await?;
    Ok(begun.carry_out(&plan, report).await)
}

/// Detaches the guardrail everywhere, and deletes it.
///
/// # Errors
/// When it cannot be read, or it is not confirmed. What fails while it is removed is in the result.
pub async fn teardown(session: &Session) -> Result<Deployed> {
    const SCHEMA: &str = "rootwatch.teardown-guardrail/1";
    let mut begun = begin(session).await?;
    let found = begun.found.take().filter(|it| is_ours(session, it));
    let Some(found) = found else {
        let nothing = GuardrailPlan::nothing();
        return Ok(unchanged(begun.report(SCHEMA, &nothing)));
    };
    begun.directory = targets::directory(&begun.aws, &found.attached).await;
    let plan = GuardrailPlan::removal(found, &begun.directory);
    let report = begun.report(SCHEMA, &plan);
    session.show(View::Guardrail(&plan));
    let deployment = &session.settings.name;
    let again = async || {
        let mut now = begin(&session.unseen()).await?;
        let found = now.found.take().filter(|it| is_ours(session, it));
        let plan = found.map(|found| GuardrailPlan::removal(found, &begun.directory));
        anyhow::Ok(plan.unwrap_or_else(GuardrailPlan::nothing).basis())
    };
    let question = Question::RemoveGuardrail { deployment };
    session.confirm_plan(question, &plan.basis(), again).await?;
    Ok(begun.carry_out(&plan, report).await)
}

fn unchanged(report: Report) -> Deployed {
    Deployed {
        end: End::Done,
        is_changed: false,
        report,
    }
}

/// Whether the policy carries our tag; one that does not is named and left alone.
fn is_ours(session: &Session, found: &Guardrail) -> bool {
    let is_ours = found.is_of(&session.settings.name);
    if !is_ours {
        session.work.message(&format!(
            "The service control policy {} ({}) is not rootwatch's (no tag {DEPLOYMENT_TAG}={}): left alone.",
            found.name, found.id, session.settings.name
        ));
    }
    is_ours
}

async fn begin(session: &Session) -> Result<Begun> {
    let organization = organization::find(&session.aws).await?;
    let aws = account(session, &organization).await?;
    let name = session.names().guardrail();
    let (recalled, found) =
        tokio::join!(spokes(session, &organization), Guardrail::find(&aws, &name));
    let found = found.with_context(|| {
        format!(
            "reading the service control policies of organization {} as account {}",
            organization.id, aws.account
        )
    })?;
    Ok(Begun {
        session: with_free_roles(recalled?, found.as_ref()),
        aws,
        organization,
        found,
        directory: Directory::default(),
    })
}

/// The management account, where these credentials are its own or the settings give them; else this one, which may be a
/// delegated administrator for policies.
pub(super) async fn account(session: &Session, organization: &Organization) -> Result<Aws> {
    let management = session.management(&organization.management_account).await?;
    Ok(management.unwrap_or_else(|| session.aws.clone()))
}

/// The run with what the spokes' StackSet remembers: the names of their roles.
pub(super) async fn spokes(session: &Session, organization: &Organization) -> Result<Session> {
    let place = session.stack_sets(organization);
    let note = match memory::recall_spokes(session, &place).await {
        Ok((recalled, Some(_))) => return Ok(recalled),
        Ok((_, None)) => "is not there".to_owned(),
        Err(error) if crate::is_stopped(&error) => return Err(error),
        Err(error) => format!("cannot be read from here ({error:#})"),
    };
    session.work.message(&format!(
        "The StackSet {} {note} in {}: the guardrail is for roles as this run's settings name them, with --role-prefix and --iam-path.",
        session.names().stack_set(),
        session.aws.place()
    ));
    Ok(session.clone())
}

/// The run with the roles that are free by the policy that is deployed, unless this run names them.
pub(super) fn with_free_roles(session: Session, found: Option<&Guardrail>) -> Session {
    let ours = found.filter(|it| it.is_of(&session.settings.name));
    let Some(ours) = ours else { return session };
    let mut settings = session.settings.clone();
    let free = Some(policy::free_of(&ours.content)).filter(|it| !it.is_empty());
    let slot = &mut settings.guardrail.free_roles;
    let from = format!("service control policy {}", ours.name);
    settings
        .sources
        .remember(key::FREE_ROLES, slot, free, &from);
    session.with(settings)
}

/// Outside of the management account a policy can be read by many, and changed by few: a plan does not show that.
fn say_who_may(session: &Session, begun: &Begun) {
    let (account, management) = (&begun.aws.account, &begun.organization.management_account);
    if account != management {
        session.work.message(&format!(
            "! Account {account} is not the management account ({management}): AWS lets it change service control policies only where the organization's resource policy allows that. --management-profile or --management-role give credentials of the management account."
        ));
    }
}

async fn make_plan(
    session: &Session,
    targets: &Targets,
    switches: Switches,
) -> Result<(Begun, GuardrailPlan)> {
    let mut begun = begin(session).await?;
    refuse_billing_only(&begun.organization)?;
    say_who_may(session, &begun);
    if let Some(found) = begun
        .found
        .as_ref()
        .filter(|it| !it.is_of(&session.settings.name))
    {
        bail!(
            "there is already a service control policy {} ({}) without the tag {DEPLOYMENT_TAG}={}: it belongs to somebody else, and nothing was changed. Choose another --name, or rename it",
            found.name,
            found.id,
            session.settings.name
        );
    }
    let found = begun.found.as_ref();
    let (resolved, root) = tokio::join!(
        targets::resolve(&begun.aws, &begun.organization, targets, found),
        resource::root(&begun.aws)
    );
    let Resolved { wanted, directory } = resolved?;
    if wanted.is_empty() {
        bail!(
            "nothing is given to guard: name units with --ou, such as --ou /Workloads or --ou / for every member account, or accounts with --account; to remove the guardrail run `rootwatch teardown guardrail`"
        );
    }
    let enable = policy_type(root?, switches)?;
    let wanted = begun.wanted(wanted)?;
    wanted.fits()?;
    let plan = GuardrailPlan::deploy(wanted, begun.found.clone(), enable, &directory);
    begun.directory = directory;
    Ok((begun, plan))
}

fn refuse_billing_only(organization: &Organization) -> Result<()> {
    if !organization.all_features {
        bail!(
            "organization {} has consolidated billing only, and no service control policies: enable all features first (`aws organizations enable-all-features` in the management account)",
            organization.id
        );
    }
    Ok(())
}

/// The root whose policy type is to be enabled, if any.
fn policy_type((root, is_enabled): (String, bool), switches: Switches) -> Result<Option<String>> {
    match (is_enabled, switches.enable_policy_type) {
        (true, _) => Ok(None),
        (false, true) => Ok(Some(root)),
        (false, false) => bail!(
            "service control policies are off in this organization (root {root}), and nothing was changed: --enable-policy-type turns them on as a step of this plan, which alone denies nothing, or `aws organizations enable-policy-type --root-id {root} --policy-type SERVICE_CONTROL_POLICY`"
        ),
    }
}

impl Begun {
    fn wanted(&self, targets: std::collections::BTreeMap<String, bool>) -> Result<Guardrail> {
        let (names, settings) = (self.session.names(), &self.session.settings);
        let mark = (DEPLOYMENT_TAG.to_owned(), names.deployment.clone());
        let tags: Tags = settings.tags.clone().into_iter().chain([mark]).collect();
        Ok(Guardrail {
            name: names.guardrail(),
            id: String::new(),
            description: description(&names.deployment),
            content: policy::checked(&names, &settings.guardrail.free_roles)?,
            targets,
            tags,
            attached: Default::default(),
        })
    }

    fn report(&self, schema: &'static str, plan: &GuardrailPlan) -> Report {
        let place = (&*self.aws.account, &*self.organization.id);
        Report::of(schema, place, plan, &self.directory)
    }

    async fn carry_out(&self, plan: &GuardrailPlan, mut report: Report) -> Deployed {
        let (session, work) = (&self.session, &self.session.work);
        let outcome = plan.apply(&self.aws, work).await;
        report.take(&outcome);
        let mut end = End::Done;
        if let Some(unfinished) = &outcome.unfinished {
            session.show(View::Unfinished(&outcome));
            end = End::from(unfinished);
        } else if let Err(error) = plan.settle(&self.aws, work, session.settings.timeout).await {
            let kind = match plan.wanted {
                Some(_) => steps::NOT_SHOWN,
                None => steps::STILL_SHOWN,
            };
            session.show(View::StepError(kind, &error));
            report.error = Some(Failure::of_step(kind, &error));
            end = End::of(&error);
        }
        Deployed {
            end,
            is_changed: true,
            report,
        }
    }
}

/// What the console shows beside the policy.
pub(super) fn description(deployment: &str) -> String {
    format!(
        "Keeps what rootwatch has in member accounts as it is, for everybody but StackSets and the roles that it names. Made by `rootwatch deploy guardrail` of the deployment {deployment}."
    )
}
