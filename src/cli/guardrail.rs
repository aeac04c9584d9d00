//! Arguments of `scp` and of `deploy guardrail`, `plan guardrail`.

use super::{CallerArgs, OtherAccountArgs, OutArgs, SavedPlanArgs};
use clap::Args;
use rootwatch_engine::guardrail::{Switches, Targets};

const SCP_EXAMPLES: &str = "\
Examples:
  rootwatch scp > scp.json
  rootwatch scp --free-role 'AWSReservedSSO_BreakGlass_*'";

const PLAN_EXAMPLES: &str = "\
Examples, with the management account's credentials:
  rootwatch plan guardrail --ou /Workloads
  rootwatch plan guardrail --ou / --detailed-exitcode";

const DEPLOY_EXAMPLES: &str = "\
Examples, with the management account's credentials:
  rootwatch deploy guardrail --ou /Workloads/Test
  rootwatch deploy guardrail --ou / --free-role AWSControlTowerExecution
  rootwatch deploy guardrail --remove-ou /Workloads/Test";

/// Roles that stay free.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct FreeArgs {
    /// Role of the member accounts that the policy does not bind, by name, pattern or ARN, such as
    /// AWSControlTowerExecution; repeatable. These are then all but for the roles of StackSets, which are never
    /// bound
    #[arg(long, value_name = "ROLE")]
    pub(crate) free_role: Vec<String>,
}

/// `scp`.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = SCP_EXAMPLES)]
pub(crate) struct ScpArgs {
    #[command(flatten)]
    pub(crate) free: FreeArgs,
    #[command(flatten)]
    pub(crate) caller: CallerArgs,
    #[command(flatten)]
    pub(crate) others: OtherAccountArgs,
}

/// What to guard.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct GuardArgs {
    /// Organizational unit to guard, by id (ou-…), root id (r-…) or path (/Workloads/Prod), beside those that are guarded
    /// already; / for every member account; repeatable
    #[arg(long, value_name = "OU")]
    ou: Vec<String>,
    /// Account to guard, by number; repeatable
    #[arg(long, value_name = "ID")]
    account: Vec<String>,
    /// Organizational unit to guard no longer, by id or path; repeatable
    #[arg(long, value_name = "OU")]
    remove_ou: Vec<String>,
    /// Account to guard no longer, by number; repeatable
    #[arg(long, value_name = "ID")]
    remove_account: Vec<String>,
    #[command(flatten)]
    pub(crate) free: FreeArgs,
    /// Turn service control policies on in the organization where they are off, as a step of the plan
    #[arg(long)]
    enable_policy_type: bool,
    #[command(flatten)]
    pub(crate) caller: CallerArgs,
    #[command(flatten)]
    pub(crate) others: OtherAccountArgs,
}

impl GuardArgs {
    pub(crate) fn targets(&self) -> Targets {
        Targets {
            ous: self.ou.clone(),
            accounts: self.account.clone(),
            removed_ous: self.remove_ou.clone(),
            removed_accounts: self.remove_account.clone(),
        }
    }

    pub(crate) fn switches(&self) -> Switches {
        Switches {
            enable_policy_type: self.enable_policy_type,
        }
    }
}

/// `deploy guardrail`.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = DEPLOY_EXAMPLES)]
pub(crate) struct DeployGuardrailArgs {
    #[command(flatten)]
    pub(crate) guard: GuardArgs,
    #[command(flatten)]
    pub(crate) saved: SavedPlanArgs,
}

/// `plan guardrail`.
#[derive(Clone, Debug, Default, Args)]
#[command(after_help = PLAN_EXAMPLES)]
pub(crate) struct PlanGuardrailArgs {
    #[command(flatten)]
    pub(crate) guard: GuardArgs,
    /// Exit with 2 when there are changes
    #[arg(long)]
    pub(crate) detailed_exitcode: bool,
    #[command(flatten)]
    pub(crate) out: OutArgs,
}
