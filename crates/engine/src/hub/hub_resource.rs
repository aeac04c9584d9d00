//! The one type that can be any resource of the hub.

use super::alarm::Alarm;
use super::direct_way::DirectWay;
use super::event_bus::EventBus;
use super::function::Function;
use super::log_group::LogGroup;
use super::mapping::Mapping;
use super::queue::Queue;
use super::resource::{Resource, Tags};
use super::role::Role;
use super::rule::Rule;
use super::self_check::{
    SelfCheckFunction, SelfCheckLog, SelfCheckPermission, SelfCheckRole, SelfCheckSchedule,
};
use super::subscriptions::Subscriptions;
use super::topic::Topic;
use crate::aws::Aws;
use crate::aws::consistency::{Poll, poll_until};
use crate::aws::error::{AwsError, is_stopped};
use crate::names::DEPLOYMENT_TAG;
use crate::plan::{Action, decide, kept};
use crate::work::Work;
use anyhow::Result;
use serde::Serialize;
use std::time::Duration;

macro_rules! hub_resources {
    ($($kind:ident),+) => {
        /// Any resource of the hub.
        #[derive(Clone, Debug, Serialize)]
        #[serde(untagged)]
        pub(crate) enum HubResource { $(
            $kind($kind),
        )+ }

        $(impl From<$kind> for HubResource {
            fn from(resource: $kind) -> Self { Self::$kind(resource) }
        })+

        impl HubResource {
            /// Kind and name, `topic rootwatch-alerts`.
            pub(crate) fn id(&self) -> String {
                match self { $(Self::$kind(it) => format!("{} {}", $kind::KIND, it.name()),)+ }
            }

            /// See [`Resource::find`].
            pub(crate) async fn find(&self, aws: &Aws) -> Result<Option<Self>> {
                Ok(match self { $(Self::$kind(it) => it.find(aws).await?.map(Self::$kind),)+ })
            }

            /// See [`Resource::find_doubtful`].
            pub(crate) async fn find_doubtful(&self, aws: &Aws) -> Result<Option<Self>> {
                Ok(match self { $(Self::$kind(it) => it.find_doubtful(aws).await?.map(Self::$kind),)+ })
            }

            /// Carries out what the plan says of this resource.
            pub(crate) async fn apply(
                &self,
                aws: &Aws,
                work: &Work,
                observed: Option<&Self>,
                action: &Action,
            ) -> Result<()> {
                match (self, observed, action) {
                    (_, _, Action::Keep) => Ok(()),
                    $((Self::$kind(it), _, Action::Delete) => it.delete(aws, work).await,
                    (Self::$kind(it), Some(Self::$kind(old)), Action::Update { .. }) => {
                        it.update(aws, work, old, &action.changed()).await
                    }
                    (Self::$kind(it), _, _) => create(it, aws, work).await,)+
                }
            }

            /// See [`Resource::tags`].
            pub(crate) fn tags(&self) -> Option<&Tags> {
                match self { $(Self::$kind(it) => it.tags(),)+ }
            }

            /// The longest chain of calls that `find` makes.
            pub(crate) fn reads(&self) -> &'static [&'static str] {
                match self { $(Self::$kind(_) => $kind::FIND,)+ }
            }

            /// The calls that make it, where it is to be made.
            pub(crate) fn calls(&self, action: &Action) -> &'static [&'static str] {
                match (self, action) {
                    $((Self::$kind(_), Action::Create { .. }) => $kind::CREATE,)+
                    _ => &[],
                }
            }

            /// See [`Resource::is_off`].
            pub(crate) fn is_off(&self) -> bool {
                match self { $(Self::$kind(it) => it.is_off(),)+ }
            }

            /// What is to be done to make the observed state this one.
            pub(crate) fn decide(&self, observed: Option<&Self>) -> Action {
                let is_wanted = match self { $(Self::$kind(it) => it.is_wanted(),)+ };
                match (self, observed) {
                    (_, None) if !is_wanted => Action::Keep,
                    (_, Some(_)) if self.is_off() => Action::Delete,
                    (Self::Function(wanted), Some(Self::Function(found))) => {
                        decide(wanted, Some(&wanted.as_compared(found)))
                    }
                    (Self::LogGroup(wanted), Some(Self::LogGroup(found))) => {
                        decide(wanted, Some(&wanted.as_compared(found)))
                    }
                    (Self::Role(wanted), Some(Self::Role(found))) => {
                        decide(wanted, Some(&wanted.as_compared(found)))
                    }
                    (Self::SelfCheckFunction(wanted), Some(Self::SelfCheckFunction(found))) => {
                        decide(wanted, Some(&wanted.as_compared(found)))
                    }
                    (Self::SelfCheckLog(wanted), Some(Self::SelfCheckLog(found))) => {
                        decide(wanted, Some(&wanted.as_compared(found)))
                    }
                    (Self::SelfCheckRole(wanted), Some(Self::SelfCheckRole(found))) => {
                        decide(wanted, Some(&wanted.as_compared(found)))
                    }
                    _ => decide(self, observed),
                }
            }

            /// What people should know of the observed state, whatever is to be done.
            pub(crate) fn note(&self, observed: Option<&Self>) -> Option<String> {
                match (self, observed?) {
                    (Self::Function(wanted), Self::Function(found)) => wanted.note(found),
                    (Self::LogGroup(wanted), Self::LogGroup(found)) => wanted.note(found),
                    (Self::Role(wanted), Self::Role(found)) => wanted.note(found),
                    (Self::SelfCheckFunction(wanted), Self::SelfCheckFunction(found)) => {
                        wanted.it.note(&found.it)
                    }
                    (Self::SelfCheckLog(wanted), Self::SelfCheckLog(found)) => {
                        wanted.it.note(&found.it)
                    }
                    (Self::SelfCheckRole(wanted), Self::SelfCheckRole(found)) => {
                        wanted.it.note(&found.it)
                    }
                    _ => None,
                }
            }

            /// What others added to the observed state and keep.
            pub(crate) fn kept(&self, observed: Option<&Self>) -> Vec<String> {
                kept(self, observed)
            }
        }
    };
}

hub_resources!(
    Alarm,
    DirectWay,
    EventBus,
    Function,
    LogGroup,
    Mapping,
    Queue,
    Role,
    Rule,
    SelfCheckFunction,
    SelfCheckLog,
    SelfCheckPermission,
    SelfCheckRole,
    SelfCheckSchedule,
    Subscriptions,
    Topic
);

/// How long a read may show nothing of what is there.
const NEW: Duration = Duration::from_secs(60);

/// Creates it; and where AWS says that it exists already, updates what differs.
///
/// The SDK retries a call whose answer was lost, and so may find what it has created itself. What was created
/// meanwhile by somebody else, without our tag, stays as it is.
async fn create<R: Resource>(wanted: &R, aws: &Aws, work: &Work) -> Result<()> {
    let Err(error) = wanted.create(aws, work).await else {
        return Ok(());
    };
    let is_there = error
        .downcast_ref::<AwsError>()
        .is_some_and(AwsError::already_exists);
    if !is_there {
        return Err(error);
    }
    // A read may still show what was before it was made.
    let found = poll_until(work, "AWS to show what is there already", NEW, async || {
        let found = wanted.find(aws).await?;
        Ok(found.map_or(Poll::Pending, Poll::Ready))
    });
    let found = match found.await {
        Err(stopped) if is_stopped(&stopped) => return Err(stopped),
        Err(unseen) => {
            return Err(error.context(format!("what is there already cannot be read: {unseen:#}")));
        }
        Ok(found) => found,
    };
    let mark = |resource: &R| Some(resource.tags()?.get(DEPLOYMENT_TAG)?.clone());
    if mark(&found) != mark(wanted) {
        return Err(error);
    }
    let action = decide(wanted, Some(&found));
    if action.is_change() {
        wanted.update(aws, work, &found, &action.changed()).await?;
    }
    Ok(())
}
