//! Every name that rootwatch gives, and the ARNs that follow from them.
//!
//! Names are deterministic, so a second run finds what the first one made without a state file.

use crate::aws::partition::Partition;
use crate::settings::IamSettings;

/// Key of the tag that marks a deployment's resources; its value is the deployment's name.
pub const DEPLOYMENT_TAG: &str = "rootwatch:deployment";
/// The name of a deployment that is given none, which no command needs to say.
pub const DEFAULT_NAME: &str = "rootwatch";

/// The names of one deployment's hub in one account and region.
#[derive(Clone, Debug)]
pub struct Names {
    /// Name of the deployment.
    pub deployment: String,
    /// The hub's account.
    pub account: String,
    /// The hub's region.
    pub region: String,
    /// The partition of both.
    pub partition: Partition,
    /// Set when the alerts topic has a custom name.
    pub topic: Option<String>,
    /// What the organization demands of roles.
    pub iam: IamSettings,
}

impl Names {
    pub(crate) fn bus(&self) -> String {
        self.deployment.clone()
    }

    pub(crate) fn alerts_topic(&self) -> String {
        self.topic.clone().unwrap_or_else(|| self.with("alerts"))
    }

    pub(crate) fn health_topic(&self) -> String {
        self.with("health")
    }

    pub(crate) fn dead_letter_queue(&self) -> String {
        self.with("dead-letters")
    }

    pub(crate) fn acts_queue(&self) -> String {
        self.with("acts")
    }

    pub(crate) fn reads_queue(&self) -> String {
        self.with("reads")
    }

    /// IAM is global, so a hub in a second region needs a role of another name.
    pub(crate) fn role(&self) -> String {
        format!("{}{}", self.iam.role_prefix, self.role_without_prefix())
    }

    /// What the role's name ends in, whatever the prefix.
    pub(crate) fn role_without_prefix(&self) -> String {
        format!("{}-notifier-{}", self.deployment, self.region)
    }

    pub(crate) fn function(&self) -> String {
        self.with("notifier")
    }

    pub(crate) fn log_group(&self) -> String {
        format!("/aws/lambda/{}", self.function())
    }

    /// Rule for write events, sign-ins included.
    pub(crate) fn acts_rule(&self) -> String {
        self.with("acts")
    }

    /// Rule for read-only events.
    pub(crate) fn reads_rule(&self) -> String {
        self.with("reads")
    }

    /// Name of the self-check's function, and of the rule that invokes it.
    pub(crate) fn self_check(&self) -> String {
        self.with("selfcheck")
    }

    pub(crate) fn self_check_arn(&self) -> String {
        self.arn("lambda", &format!("function:{}", self.self_check()))
    }

    pub(crate) fn self_check_log(&self) -> String {
        format!("/aws/lambda/{}", self.self_check())
    }

    pub(crate) fn self_check_log_arn(&self) -> String {
        self.arn("logs", &format!("log-group:{}", self.self_check_log()))
    }

    /// See [`Names::role`].
    pub(crate) fn self_check_role(&self) -> String {
        format!(
            "{}{}",
            self.iam.role_prefix,
            self.self_check_role_without_prefix()
        )
    }

    /// What that name ends in, whatever the prefix.
    pub(crate) fn self_check_role_without_prefix(&self) -> String {
        format!("{}-selfcheck-{}", self.deployment, self.region)
    }

    pub(crate) fn self_check_role_arn(&self) -> String {
        self.iam_role_arn(&self.self_check_role())
    }

    /// Rule for the heartbeats of the spokes.
    pub(crate) fn heartbeats_rule(&self) -> String {
        self.with("heartbeats")
    }

    /// All rules of ours on the hub's bus.
    pub(crate) fn rules(&self) -> [String; 4] {
        [
            self.acts_rule(),
            self.reads_rule(),
            self.heartbeats_rule(),
            self.tampering_rule(),
        ]
    }

    /// Rule for what the spokes' rules for tampering forward.
    pub(crate) fn tampering_rule(&self) -> String {
        self.with("tampering")
    }

    /// Rule on the hub's default bus for changes of the hub. Not of the spokes' name: the hub has a spoke of its own.
    pub(crate) fn hub_tampering_rule(&self) -> String {
        self.with("hub-tampering")
    }

    /// The same for what can keep the notifier from reporting them.
    pub(crate) fn hub_urgent_rule(&self) -> String {
        self.with("hub-urgent-tampering")
    }

    pub(crate) fn alarm(&self, what: &str) -> String {
        self.with(what)
    }

    pub(crate) fn stack_set(&self) -> String {
        self.with("spoke")
    }

    /// The spokes' rule; the template makes it.
    pub(crate) fn spoke_rule(&self) -> String {
        self.with("root-activity")
    }

    /// The spokes' rules for tampering with what forwards, and with what the organization decides.
    pub(crate) fn spoke_tampering_rules(&self) -> [String; 2] {
        [self.with("tampering"), self.with("org-tampering")]
    }

    /// The organization's service control policy that keeps the spokes as they are.
    pub(crate) fn guardrail(&self) -> String {
        self.with("guardrail")
    }

    /// What one run of `rootwatch test` makes: a queue and a rule.
    pub(crate) fn test(&self, run: &str) -> String {
        self.with(&format!("test-{run}"))
    }

    fn with(&self, part: &str) -> String {
        format!("{}-{part}", self.deployment)
    }

    /// Of something regional in this account.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        let (partition, region, account) = (self.partition.name(), &self.region, &self.account);
        format!("arn:{partition}:{service}:{region}:{account}:{resource}")
    }

    pub(crate) fn bus_arn(&self) -> String {
        self.arn("events", &format!("event-bus/{}", self.bus()))
    }

    pub(crate) fn rule_arn(&self, rule: &str) -> String {
        self.arn("events", &format!("rule/{}/{rule}", self.bus()))
    }

    /// Of a rule on the default bus.
    pub(crate) fn default_rule_arn(&self, rule: &str) -> String {
        self.arn("events", &format!("rule/{rule}"))
    }

    pub(crate) fn topic_arn(&self, topic: &str) -> String {
        self.arn("sns", topic)
    }

    pub(crate) fn queue_arn(&self, queue: &str) -> String {
        self.arn("sqs", queue)
    }

    pub(crate) fn function_arn(&self) -> String {
        self.arn("lambda", &format!("function:{}", self.function()))
    }

    pub(crate) fn log_group_arn(&self) -> String {
        self.arn("logs", &format!("log-group:{}", self.log_group()))
    }

    pub(crate) fn alarm_arn(&self, alarm: &str) -> String {
        self.arn("cloudwatch", &format!("alarm:{alarm}"))
    }

    pub(crate) fn role_arn(&self) -> String {
        self.iam_role_arn(&self.role())
    }

    /// IAM has no region.
    fn iam_role_arn(&self, role: &str) -> String {
        let (partition, account) = (self.partition.name(), &self.account);
        let path = self.iam.path();
        format!("arn:{partition}:iam::{account}:role{path}{role}")
    }

    /// The permissions boundary of the role.
    pub(crate) fn boundary_arn(&self) -> Option<String> {
        let boundary = self.iam.boundary.as_ref()?;
        let owner = match boundary.is_aws {
            true => "aws",
            false => &self.account,
        };
        let (partition, policy) = (self.partition.name(), &boundary.policy);
        Some(format!("arn:{partition}:iam::{owner}:policy/{policy}"))
    }
}

/// The region that an ARN names; nothing where it names none.
pub(crate) fn region_of(arn: &str) -> &str {
    arn.split(':').nth(3).unwrap_or_default()
}

#[cfg(test)]
impl Names {
    /// Those of a hub like any other.
    pub(crate) fn sample() -> Self {
        Self {
            deployment: "rootwatch".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            partition: Partition::Aws,
            topic: None,
            iam: IamSettings::default(),
        }
    }
}
