//! A hub as deployed, to be changed as others could change it.

use crate::hub::desired::{Node, Wanted, hub};
use crate::hub::hub_resource::HubResource;
use crate::hub::subscriptions::{Standing, Subscriptions};
use crate::hub::topic::Topic;
use crate::hub::{
    alarm::Alarm, event_bus::EventBus, function::Function, log_group::LogGroup, mapping::Mapping,
    queue::Queue, role::Role, rule::Rule, sample,
};
use crate::names::Names;
use crate::verify::deployed::{Deployed, Filter, Subscriber};
use crate::verify::finding::Read;
use crate::verify::identity::Identity;
use crate::verify::keys::Key;
use crate::verify::others::{OtherMapping, OtherRule, Others, Way};
use rootwatch_eval::Policy;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(in crate::verify) const FUNCTION: &str = "rootwatch-notifier";
const ROLE: &str = "rootwatch-notifier-eu-west-1";

pub(in crate::verify) struct Hub {
    names: Names,
    wanted: Vec<Node>,
    /// By id; without what was deleted.
    found: BTreeMap<String, HubResource>,
    /// Statements of others in the function's policy.
    pub(in crate::verify) theirs: Vec<Value>,
    /// Managed policies of the role.
    pub(in crate::verify) attached: BTreeMap<String, Policy>,
    /// The role's permissions boundary, where it has one.
    pub(in crate::verify) boundary: Policy,
    /// Filter policies of all subscriptions of a topic, and whether each is of the body.
    pub(in crate::verify) filters: BTreeMap<String, (Value, bool)>,
    /// Subscribers besides, of the alerts topic.
    pub(in crate::verify) further: Vec<Subscriber>,
    /// What others made.
    pub(in crate::verify) rules: Vec<OtherRule>,
    pub(in crate::verify) ways: Vec<Way>,
    pub(in crate::verify) mappings: Vec<OtherMapping>,
    /// KMS keys of one's own.
    pub(in crate::verify) keys: BTreeMap<String, Read<Key>>,
}

macro_rules! by_name {
    ($($function:ident: $kind:ident,)+) => { $(
        pub(in crate::verify) fn $function(&mut self, name: &str) -> &mut $kind {
            let id = format!("{} {name}", <$kind as crate::hub::resource::Resource>::KIND);
            match self.found.get_mut(&id) {
                Some(HubResource::$kind(it)) => it,
                other => panic!("{id} is {other:?}"),
            }
        }
    )+ };
}

impl Hub {
    pub(in crate::verify) fn good() -> Self {
        Self::of(sample::wanted())
    }

    /// As these settings make it.
    pub(in crate::verify) fn of(wanted: Wanted) -> Self {
        let names = wanted.names.clone();
        let wanted = hub(&wanted);
        let found = wanted
            .iter()
            .map(|node| (node.resource.id(), node.resource.clone()));
        Self {
            names,
            found: found.collect(),
            wanted,
            theirs: Vec::new(),
            attached: BTreeMap::new(),
            boundary: Policy::default(),
            filters: BTreeMap::new(),
            further: Vec::new(),
            rules: Vec::new(),
            ways: Vec::new(),
            mappings: Vec::new(),
            keys: BTreeMap::new(),
        }
    }

    by_name! {
        alarm: Alarm,
        bus: EventBus,
        function: Function,
        log_group: LogGroup,
        mapping: Mapping,
        queue: Queue,
        role: Role,
        rule: Rule,
        subscriptions: Subscriptions,
        topic: Topic,
    }

    pub(in crate::verify) fn names(&self) -> &Names {
        &self.names
    }

    /// Takes a resource away.
    pub(in crate::verify) fn delete(&mut self, id: &str) {
        assert!(self.found.remove(id).is_some(), "{id}");
    }

    /// Attaches a managed policy to the role.
    pub(in crate::verify) fn attach(&mut self, statement: Value) {
        let arn = "arn:aws:iam::111122223333:policy/theirs";
        self.attached.insert(arn.into(), policy(vec![statement]));
        self.role(ROLE).attached_policies.insert(arn.into());
    }

    /// Bounds the role by a policy of this one statement.
    pub(in crate::verify) fn bound(&mut self, statement: Value) {
        self.boundary = policy(vec![statement]);
        let arn = "arn:aws:iam::111122223333:policy/bounds";
        self.role(ROLE).permissions_boundary = Some(arn.into());
    }

    /// What `rootwatch deploy hub` does: what differs is fixed, and what others added to a policy stays.
    pub(in crate::verify) fn deploy(&mut self) {
        for node in &self.wanted {
            let id = node.resource.id();
            let found = self.found.get(&id);
            if node.resource.decide(found).is_change() {
                let made = over(node.resource.clone(), found);
                self.found.insert(id, made);
            }
        }
        let attached = self.role(ROLE).attached_policies.clone();
        self.attached.retain(|arn, _| attached.contains(arn));
    }

    /// As it is read.
    pub(in crate::verify) fn deployed(&self) -> Deployed {
        let ids = self.wanted.iter().map(|node| node.resource.id());
        let found = ids
            .map(|id| (id.clone(), Ok(self.found.get(&id).cloned())))
            .collect();
        let function = self.found.values().find_map(|it| match it {
            HubResource::Function(it) => Some(it),
            _ => None,
        });
        let topic = |name: String| self.names.topic_arn(&name);
        Deployed {
            names: self.names.clone(),
            org_id: Ok("o-abcdefghij".into()),
            wanted: self.wanted.clone(),
            found,
            function_policy: Ok(Some(policy(self.theirs.clone()))),
            others: self.others(),
            keys: self.keys.clone(),
            routes: Vec::new(),
            role: Ok(function.and_then(|it| self.identity(&it.role))),
            alerts_subscribers: Ok(self.subscribers(&topic(self.names.alerts_topic()))),
            health_subscribers: Ok(self.subscribers(&topic(self.names.health_topic()))),
        }
    }

    fn identity(&self, arn: &str) -> Option<Identity> {
        let HubResource::Role(role) = self.found.get(&format!("role {ROLE}"))? else {
            return None;
        };
        let own = [role.inline_policy.clone()];
        (arn == self.names.role_arn()).then(|| Identity {
            arn: arn.to_owned(),
            account: self.names.account.clone(),
            trust: role.trust.clone(),
            policies: own
                .into_iter()
                .chain(self.attached.values().cloned())
                .collect(),
            boundary: role
                .permissions_boundary
                .as_ref()
                .map(|_| self.boundary.clone()),
            boundary_arn: role.permissions_boundary.clone(),
            tags: BTreeMap::new(),
        })
    }

    fn others(&self) -> Others {
        Others {
            rules: Ok(self.rules.clone()),
            ways: Ok(self.ways.clone()),
            mappings: Ok(self.mappings.clone()),
        }
    }

    fn subscribers(&self, topic_arn: &str) -> Vec<Subscriber> {
        let all = self.found.values().filter_map(|it| match it {
            HubResource::Subscriptions(it) if it.topic_arn == topic_arn => Some(it),
            _ => None,
        });
        let one = |of: &Subscriptions| -> Vec<Subscriber> {
            let filter = self.filters.get(&of.name).map(|(policy, on_body)| Filter {
                policy: policy.to_string(),
                on_body: *on_body,
            });
            let people = of.subscriptions.keys().map(|it| Subscriber {
                who: it.to_string(),
                subscription: it.clone(),
                confirmed: of.standings.get(it) != Some(&Standing::Pending),
                filter: Ok(filter.clone()),
                delivery: None,
            });
            people.collect()
        };
        let further = self
            .further
            .iter()
            .filter(|_| topic_arn.ends_with("-alerts"));
        all.flat_map(one).chain(further.cloned()).collect()
    }

    /// Sets a variable in the function's environment.
    pub(in crate::verify) fn set_variable(&mut self, name: &str, value: &str) {
        let environment = &mut self.function(FUNCTION).environment;
        environment.insert(name.into(), value.into());
    }

    pub(in crate::verify) fn publish_to(&mut self, arn: &str) {
        self.function(FUNCTION).settings.set("topic_arn", arn);
    }
}

/// The wanted resource with the statements that others have in its policy.
fn over(mut wanted: HubResource, found: Option<&HubResource>) -> HubResource {
    match (&mut wanted, found) {
        (HubResource::EventBus(new), Some(HubResource::EventBus(old))) => {
            merge(&mut new.policy, &old.policy);
        }
        (HubResource::Queue(new), Some(HubResource::Queue(old))) => {
            merge(&mut new.policy, &old.policy);
        }
        (HubResource::Topic(new), Some(HubResource::Topic(old))) => {
            merge(&mut new.policy, &old.policy);
        }
        _ => {}
    }
    wanted
}

fn merge(new: &mut Policy, old: &Policy) {
    *new = Policy::parse(&new.document_over(Some(old))).unwrap();
}

/// A policy of these statements, each with its `Sid`.
pub(in crate::verify) fn policy(statements: Vec<Value>) -> Policy {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    Policy::parse(&document.to_string()).unwrap()
}

/// Changes a policy's statements.
fn edit(of: &mut Policy, change: impl FnOnce(&mut Vec<Value>)) {
    let mut document: Value = serde_json::from_str(&of.document()).unwrap();
    let statements = document["Statement"].as_array_mut().unwrap();
    change(statements);
    *of = policy(statements.clone());
}

pub(in crate::verify) fn without(of: &mut Policy, sid: &str) {
    edit(of, |statements| statements.retain(|it| it["Sid"] != sid));
}

pub(in crate::verify) fn with(of: &mut Policy, sid: &str, element: &str, value: Value) {
    edit(of, |statements| {
        let statement = statements.iter_mut().find(|it| it["Sid"] == sid);
        statement.unwrap()[element] = value;
    });
}

pub(in crate::verify) fn add(of: &mut Policy, statement: Value) {
    edit(of, |statements| statements.push(statement));
}
