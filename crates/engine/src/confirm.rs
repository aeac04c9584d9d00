//! `rootwatch confirm`: confirms a subscription so that no click in a mail can end it.
//!
//! Every mail of SNS has a link that ends the subscription, for whoever follows it, scanners of mail included. One that was
//! confirmed by a signed call with `AuthenticateOnUnsubscribe` ends by a signed call of the topic's or the subscription's
//! owner only (Amazon SNS API Reference, ConfirmSubscription).

mod link;

use crate::aws::Aws;
use crate::aws::consistency::{read_until_consistent, retry_until_consistent};
use crate::aws::error::{AwsError, Call};
use crate::hub::topic::find_tags;
use crate::names::DEPLOYMENT_TAG;
use crate::session::Session;
use crate::shell::quoted;
use anyhow::{Context, Result, bail};
use link::{Given, Topic};
use serde::Serialize;

/// What SNS's attribute says of a confirmation by a signed call.
const AUTHENTICATED: &str = "ConfirmationWasAuthenticated";

/// Versioned form of the JSON that `confirm` prints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(title = "rootwatch confirm, version 1")
)]
pub struct Confirmed {
    /// `rootwatch.confirm/1`.
    pub schema: &'static str,
    /// ARN of the topic.
    pub topic: String,
    /// ARN of the subscription.
    pub subscription: String,
    /// Protocol and endpoint, `email security@example.com`; empty where they could not be read.
    pub subscriber: String,
    /// Whether only a signed call ends it; `null` where that could not be read.
    pub authenticated: Option<bool>,
    /// Why it could not be read, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// What makes it so where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

/// Confirms the subscription that a link of SNS's mail, or the token in it, is for.
///
/// # Errors
/// When it is neither, the topic is not this deployment's, or SNS refuses the token.
pub async fn confirm(session: &Session, given: &str) -> Result<Confirmed> {
    let Given { topic, token } = link::parse(given)?;
    let topics = match topic {
        Some(topic) => vec![of_link(session, topic).await?],
        None => topics(session).await?,
    };
    let (topic, subscription) = confirm_one(session, &topics, &token).await?;
    let mut confirmed = Confirmed {
        schema: "rootwatch.confirm/1",
        topic,
        subscription,
        subscriber: String::new(),
        authenticated: None,
        unknown: None,
        fix: None,
    };
    match attributes(&session.aws, &confirmed.subscription).await {
        Ok(found) => confirmed.take(&found),
        Err(why) => confirmed.unknown = Some(why.to_string()),
    }
    Ok(confirmed)
}

/// The topic of a link, if it is one of ours, here.
async fn of_link(session: &Session, topic: Topic) -> Result<String> {
    let aws = &session.aws;
    if topic.account != aws.account {
        bail!(
            "the link is for {}, a topic of account {}, and these credentials are of account {}: use that account's, if it is the hub's",
            topic.arn,
            topic.account,
            aws.account
        );
    }
    if topic.region != aws.region {
        bail!(
            "the link is for {}, a topic in {}, and this run is in {}: give --region {}",
            topic.arn,
            topic.region,
            aws.region,
            topic.region
        );
    }
    if !is_ours(session, &topic.arn).await? {
        bail!(
            "the link is for {}, which is not a topic of the deployment \"{}\" (no tag {DEPLOYMENT_TAG}={}): nothing was confirmed",
            topic.arn,
            session.settings.name,
            session.settings.name
        );
    }
    Ok(topic.arn)
}

async fn is_ours(session: &Session, arn: &str) -> Result<bool> {
    let tags = find_tags(&session.aws, arn).await;
    let tags = tags.with_context(|| format!("reading the tags of {arn}"))?;
    Ok(tags.get(DEPLOYMENT_TAG) == Some(&session.settings.name))
}

/// Both topics of the hub here: a token does not say which it is for.
async fn topics(session: &Session) -> Result<Vec<String>> {
    let names = session.names();
    let mut ours = Vec::new();
    for topic in [names.alerts_topic(), names.health_topic()] {
        let arn = names.topic_arn(&topic);
        if is_ours(session, &arn).await? {
            ours.push(arn);
        }
    }
    if ours.is_empty() {
        bail!(
            "there is no topic {} or {} of the deployment \"{}\" in {}: give the whole link in place of the token, or --region",
            names.alerts_topic(),
            names.health_topic(),
            names.deployment,
            session.aws.place()
        );
    }
    Ok(ours)
}

/// Topic and subscription, by the first topic that knows the token.
async fn confirm_one(
    session: &Session,
    topics: &[String],
    token: &str,
) -> Result<(String, String)> {
    let mut refused = None;
    for topic in topics {
        match call(session, topic, token).await {
            Ok(subscription) => return Ok((topic.clone(), subscription)),
            Err(error) if error.code.starts_with("InvalidParameter") => refused = Some(error),
            Err(error) => {
                return Err(error).with_context(|| format!("confirming a subscription to {topic}"));
            }
        }
    }
    let topics = topics.join(" and ");
    match refused {
        Some(error) => Err(error).with_context(|| {
            format!(
                "SNS does not take this token for {topics}: a token is good for two days, after which the subscription is gone and `rootwatch deploy hub` subscribes again, with a new mail"
            )
        }),
        None => bail!("no topic was given"),
    }
}

async fn call(session: &Session, topic: &str, token: &str) -> Result<String, AwsError> {
    let work = session.work.of("subscription");
    let answer = retry_until_consistent(&work, async || {
        let call = session.aws.sns.confirm_subscription().topic_arn(topic);
        let call = call.token(token).authenticate_on_unsubscribe("true");
        call.send().await.call("sns:ConfirmSubscription")
    })
    .await;
    work.end();
    let subscription = answer?.subscription_arn;
    subscription.ok_or_else(|| AwsError::incomplete("sns:ConfirmSubscription", "SubscriptionArn"))
}

/// What SNS says of a subscription.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attributes {
    /// Whether it was confirmed by a signed call, and ends by one only.
    pub(crate) authenticated: bool,
    protocol: String,
    endpoint: String,
}

/// Reads them.
pub(crate) async fn attributes(aws: &Aws, subscription: &str) -> Result<Attributes, AwsError> {
    let answer = read_until_consistent(async || {
        let call = aws.sns.get_subscription_attributes();
        let call = call.subscription_arn(subscription);
        call.send().await.call("sns:GetSubscriptionAttributes")
    })
    .await?;
    let found = answer.attributes.unwrap_or_default();
    let text = |name: &str| found.get(name).cloned().unwrap_or_default();
    Ok(Attributes {
        authenticated: text(AUTHENTICATED) == "true",
        protocol: text("Protocol"),
        endpoint: text("Endpoint"),
    })
}

impl Confirmed {
    fn take(&mut self, found: &Attributes) {
        self.subscriber = format!("{} {}", found.protocol, found.endpoint);
        self.authenticated = Some(found.authenticated);
        if !found.authenticated {
            self.fix = Some(again(&found.protocol, &found.endpoint));
        }
    }
}

/// How somebody who confirmed by a click confirms so.
fn again(protocol: &str, endpoint: &str) -> String {
    let (remove, add) = match protocol {
        "email" => (endpoint.to_owned(), format!("--email {}", quoted(endpoint))),
        _ => {
            let whole = format!("{protocol}={endpoint}");
            let add = format!("--sns-subscription {}", quoted(&whole));
            (whole, add)
        }
    };
    format!(
        "it was confirmed by a click before, which SNS does not change: `rootwatch deploy hub --remove-subscription {}`, then `rootwatch deploy hub {add}`, and `rootwatch confirm` with the links of the new mails",
        quoted(&remove)
    )
}

/// Whether a subscription of this protocol has a link, or an address, by which anybody ends it.
pub(crate) fn can_be_clicked(protocol: &str) -> bool {
    ["email", "email-json", "http", "https"].contains(&protocol)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_in_templates_is_of_what_is_printed() {
        crate::schema::holds::<Confirmed>(&["confirm/1"]);
    }

    #[test]
    fn who_confirmed_by_a_click_is_told_how_to_confirm_again() {
        let text = again("email", "a@example.com");
        assert!(
            text.contains("--remove-subscription a@example.com`")
                && text.contains("--email a@example.com`")
        );
        let text = again("https", "https://x.example/?a=b");
        assert!(
            text.contains("--sns-subscription 'https=https://x.example/?a=b'"),
            "{text}"
        );
    }
}
