//! The topic that the function publishes to now, and no longer will: whoever is subscribed there stops being notified.
//! Only reads.

use super::desired::Node;
use super::hub_resource::HubResource;
use super::observe::Found;
use super::people::FormerTopic;
use super::subscriptions::Subscriptions;
use crate::aws::Aws;

/// Reads it, where there is one. That it cannot be read stops nothing: somebody else may have named any topic.
pub(crate) async fn observe(aws: &Aws, nodes: &[Node], found: &Found) -> Option<FormerTopic> {
    let arn = former(nodes, found)?;
    let standings = Subscriptions::standings_of(aws, &arn).await;
    Some(FormerTopic {
        standings: standings.map_err(|error| error.to_string()),
        arn,
    })
}

/// Its ARN. Pure.
fn former(nodes: &[Node], found: &Found) -> Option<String> {
    let wanted = topic(nodes.iter().map(|node| &node.resource))?;
    let now = topic(found.values())?;
    (now != wanted).then(|| now.to_owned())
}

fn topic<'a>(resources: impl IntoIterator<Item = &'a HubResource>) -> Option<&'a str> {
    resources.into_iter().find_map(|it| match it {
        HubResource::Function(function) => function.topic(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::desired::hub;
    use super::super::sample;
    use super::*;

    #[test]
    fn the_topic_of_the_function_is_the_former_one_where_another_is_wanted() {
        let was = hub(&sample::wanted());
        let found: Found = was
            .iter()
            .map(|node| (node.resource.id(), node.resource.clone()))
            .collect();
        let mut wanted = sample::wanted();
        wanted.names.topic = Some("other".into());
        assert_eq!(
            former(&hub(&wanted), &found).as_deref(),
            Some("arn:aws:sns:eu-west-1:111122223333:rootwatch-alerts")
        );
        assert_eq!(former(&was, &found), None);
        assert_eq!(former(&was, &Found::new()), None);
    }
}
