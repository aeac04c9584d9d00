//! Which setting a property of the hub or of the spokes comes from, so that a plan can say where its new value was given.
//! Pure.

use super::plan::HubPlan;
use crate::plan::Action;
use crate::spokes::SpokesPlan;

/// Properties and their settings: kind of resource, beginning of the property's path, key of the setting. A kind of
/// `*` is any; the first row that fits counts.
const SETTINGS: [(&str, &str, &str); 38] = [
    ("topic", "tags.rootwatch:self-check", "hub.self_check"),
    (
        "log-group",
        "tags.rootwatch:retention-days",
        "hub.log_retention_days",
    ),
    ("*", "tags", "tags"),
    ("topic", "kms_master_key_id", "hub.kms_key"),
    ("log-group", "kms_key", "hub.log_kms_key"),
    ("log-group", "retention_in_days", "hub.log_retention_days"),
    ("queue", "kms_key", "hub.queue_kms_key"),
    ("queue", "sqs_managed_sse", "hub.queue_kms_key"),
    ("function", "settings.topic_arn", "hub.topic_name"),
    ("function", "settings.read_only", "notify.read_only"),
    ("function", "settings.format", "notify.format"),
    ("function", "settings.account_names", "account_names"),
    ("function", "settings.owners", "owners"),
    ("function", "settings.routes", "routes"),
    ("function", "settings.runbook", "notify.runbook"),
    ("function", "settings.contact", "notify.contact"),
    ("function", "settings.mails", "hub.self_check"),
    ("function", "role", "iam.role_prefix"),
    ("event-source-mapping", "batch_size", "notify.read_only"),
    (
        "event-source-mapping",
        "maximum_batching_window",
        "notify.read_only",
    ),
    ("subscriptions", "subscriptions", "hub.subscriptions"),
    ("role", "permissions_boundary", "iam.permissions_boundary"),
    ("role", "path", "iam.path"),
    ("role", "inline_policy.Publish", "hub.topic_name"),
    ("role", "inline_policy.UseTopicKey", "hub.kms_key"),
    ("role", "inline_policy.UseQueueKey", "hub.queue_kms_key"),
    ("alarm", "dimensions.TopicName", "hub.topic_name"),
    ("role", "inline_policy.AccountNames", "org_id"),
    ("role", "inline_policy.Units", "owners"),
    ("role", "inline_policy.Routes", "routes"),
    ("event-bus", "policy.RootwatchOrganization", "org_id"),
    ("*", "parameters.HubAccountId", "hub.account"),
    ("*", "parameters.HubRegion", "hub.region"),
    (
        "*",
        "parameters.BoundaryAccount",
        "iam.permissions_boundary",
    ),
    (
        "*",
        "parameters.PermissionsBoundary",
        "iam.permissions_boundary",
    ),
    ("*", "parameters.RolePath", "iam.path"),
    ("*", "parameters.RolePrefix", "iam.role_prefix"),
    ("*", "parameters.Heartbeat", "spokes.heartbeat"),
];

/// The key of the setting that a property comes from; none where it is rootwatch's own.
///
/// `resource` is as in [`crate::Step`], kind and name; `field` is the property's path, as in [`crate::FieldChange`].
#[must_use]
pub fn setting_of(resource: &str, field: &str) -> Option<&'static str> {
    let kind = resource.split(' ').next().unwrap_or_default();
    let begins = |path: &str| {
        let rest = field.strip_prefix(path);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', ' ']))
    };
    let fits = |row: &&(&str, &str, &'static str)| (row.0 == "*" || row.0 == kind) && begins(row.1);
    let is_own_tag =
        |row: &&(&str, &str, &str)| row.1 == "tags" && field.starts_with("tags.rootwatch:");
    let row = SETTINGS.iter().find(fits).filter(|row| !is_own_tag(row));
    row.map(|row| row.2)
}

impl HubPlan {
    /// Notes beside each changed property where its setting was given. `source_of` knows that by the setting's key.
    pub fn name_sources(&mut self, source_of: impl Fn(&str) -> Option<String>) {
        for planned in &mut self.resources {
            let id = planned.id();
            name_sources(&id, &mut planned.action, &source_of);
        }
    }
}

impl SpokesPlan {
    /// The same for the StackSet.
    pub fn name_sources(&mut self, source_of: impl Fn(&str) -> Option<String>) {
        name_sources("stack-set", &mut self.stack_set, &source_of);
    }
}

fn name_sources(resource: &str, action: &mut Action, source_of: &dyn Fn(&str) -> Option<String>) {
    if let Action::Update { fields } = action {
        for change in fields {
            change.source = setting_of(resource, &change.field).and_then(source_of);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::desired::{Wanted, hub};
    use super::super::plan::plan_deploy;
    use super::super::sample;
    use super::*;
    use crate::settings::{Boundary, Notify};
    use rootwatch_root_event::{Format, ReadOnly};
    use std::collections::{BTreeMap, BTreeSet};

    /// What a plan from the sample to these settings changes, as `kind field setting`.
    fn changed(change: impl Fn(&mut Wanted)) -> BTreeSet<String> {
        let was = sample::wanted();
        let found = hub(&was).into_iter().map(|node| node.resource);
        let found = found.map(|it| (it.id(), it)).collect();
        let mut wanted = was.clone();
        change(&mut wanted);
        let steps = plan_deploy(hub(&wanted), found).steps();
        let updates = steps.iter().filter_map(|step| match &step.action {
            Action::Update { fields } => Some(fields.iter().map(|it| (&step.resource, &it.field))),
            _ => None,
        });
        updates
            .flatten()
            .map(|(resource, field)| setting_of(resource, field).unwrap_or(field).to_owned())
            .collect()
    }

    #[test]
    fn a_changed_setting_is_named_by_the_properties_that_it_changes() {
        let arn = |key: &str| Some(format!("arn:aws:kms:eu-west-1:111122223333:key/{key}"));
        type Case<'a> = (&'a str, Box<dyn Fn(&mut Wanted) + 'a>);
        let cases: Vec<Case<'_>> = vec![
            ("hub.kms_key", Box::new(|it| it.kms_key = arn("1"))),
            ("hub.log_kms_key", Box::new(|it| it.log_kms_key = arn("1"))),
            (
                "hub.queue_kms_key",
                Box::new(|it| it.queue_kms_key = arn("1")),
            ),
            (
                "hub.log_retention_days",
                Box::new(|it| it.log_retention_days = 30),
            ),
            (
                "hub.topic_name",
                Box::new(|it| it.names.topic = Some("other".into())),
            ),
            (
                "notify.read_only",
                Box::new(|it| it.notify.read_only = ReadOnly::Each),
            ),
            (
                "notify.format",
                Box::new(|it| it.notify.format = Format::Chatbot),
            ),
            (
                "account_names",
                Box::new(|it| {
                    it.notify = Notify {
                        account_names: BTreeMap::from([("1".into(), "shop".into())]),
                        ..Notify::default()
                    };
                }),
            ),
            (
                "owners",
                Box::new(|it| {
                    it.notify.owners = BTreeMap::from([("r-ab12".into(), "shop".into())]);
                }),
            ),
            (
                "routes",
                Box::new(|it| {
                    let topic = "arn:aws:sns:eu-west-1:444455556666:shops";
                    it.notify.routes = BTreeMap::from([(topic.into(), "all".into())]);
                }),
            ),
            (
                "notify.runbook",
                Box::new(|it| it.notify.runbook = Some("https://wiki".into())),
            ),
            (
                "notify.contact",
                Box::new(|it| it.notify.contact = Some("on call".into())),
            ),
            (
                "iam.permissions_boundary",
                Box::new(|it| it.names.iam.boundary = Boundary::parse("/team/Boundary")),
            ),
            (
                "tags",
                Box::new(|it| {
                    it.tags.insert("team".into(), "other".into());
                }),
            ),
            ("hub.subscriptions", Box::new(|it| it.subscriptions.clear())),
        ];
        for (key, change) in cases {
            let found = changed(&*change);
            assert!(found.contains(key), "{key}: {found:?}");
        }
    }

    #[test]
    fn what_no_setting_decides_has_no_source() {
        for (resource, field) in [
            ("function rootwatch-notifier", "timeout"),
            ("function rootwatch-notifier", "tags.rootwatch:sources"),
            ("queue rootwatch-reads", "kms_key_of_others"),
            ("topic rootwatch-alerts", "policy.RootwatchNotifier"),
            ("stack-set rootwatch-spoke", "template"),
        ] {
            assert_eq!(setting_of(resource, field), None, "{resource} {field}");
        }
    }

    #[test]
    fn a_parameter_of_the_stack_set_comes_from_a_setting() {
        let set = "stack-set rootwatch-spoke";
        assert_eq!(setting_of(set, "parameters.RolePath"), Some("iam.path"));
        assert_eq!(setting_of(set, "parameters.HubRegion"), Some("hub.region"));
    }

    #[test]
    fn a_plan_says_where_a_changed_value_was_given() {
        let was = sample::wanted();
        let found = hub(&was).into_iter().map(|node| node.resource);
        let found = found.map(|it| (it.id(), it)).collect();
        let wanted = Wanted {
            log_retention_days: 30,
            ..was
        };
        let mut plan = plan_deploy(hub(&wanted), found);
        plan.name_sources(|key| Some(format!("{key} in rootwatch.toml, line 3")));
        let steps = plan.steps();
        let log_group = &steps[0];
        let Action::Update { fields } = &log_group.action else {
            panic!("{log_group:?}");
        };
        assert_eq!(
            fields[0].source.as_deref(),
            Some("hub.log_retention_days in rootwatch.toml, line 3")
        );
    }
}
