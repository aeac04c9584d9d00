//! What is reported of a request: the names of its parameters, and the few values that only identify a resource.

use serde_json::Value;

use crate::sanitize;

/// The maximum number of parameters that are kept of a request.
const MOST: usize = 12;
/// The longest identifier that is reported; the ARN of an IAM entity with a path may be longer.
const LONGEST: usize = 128;

/// Parameters whose value names a user, a bucket or the like, and is never a secret. Any other value may be one.
const IDENTIFIERS: [&str; 17] = [
    "accountId",
    "alternateContactType",
    "bucketName",
    "functionName",
    "groupName",
    "instanceId",
    "keyId",
    "organizationalUnitId",
    "policyArn",
    "policyId",
    "queueUrl",
    "regionName",
    "roleName",
    "serialNumber",
    "topicArn",
    "userName",
    "virtualMFADeviceName",
];

/// A request's parameters; those whose value is reported come first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Parameters {
    pub(crate) names: Vec<String>,
    /// Name and value; the names are among `names`.
    pub(crate) identifiers: Vec<(String, String)>,
    /// How many more there are.
    pub(crate) left_out: usize,
}

impl Parameters {
    pub(crate) fn read(request: &Value) -> Self {
        let Some(map) = request.as_object() else {
            return Self::default();
        };
        let mut all: Vec<(&String, Option<&str>)> = map
            .iter()
            .map(|(name, value)| (name, identifier(name, value)))
            .collect();
        all.sort_unstable_by_key(|(name, value)| (value.is_none(), *name));
        let left_out = all.len().saturating_sub(MOST);
        all.truncate(MOST);
        Self {
            names: all
                .iter()
                .map(|(name, _)| sanitize::line_within(name, 40))
                .collect(),
            identifiers: all
                .iter()
                .filter_map(|(name, value)| Some(((*name).clone(), (*value)?.to_owned())))
                .collect(),
            left_out,
        }
    }
}

/// The value, if the parameter is one of [`IDENTIFIERS`] and the value looks like an identifier.
fn identifier<'a>(name: &str, value: &'a Value) -> Option<&'a str> {
    let text = value.as_str()?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-./:@_".contains(&byte);
    let good = IDENTIFIERS.contains(&name)
        && (1..=LONGEST).contains(&text.len())
        && text.bytes().all(is_plain);
    good.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn identifiers_come_first_and_other_values_not_at_all() {
        let read = Parameters::read(&json!({
            "Host": "s3", "bucketName": "media-2026", "bucketPolicy": {}, "userName": "not a name",
        }));
        assert_eq!(
            read.names,
            ["bucketName", "Host", "bucketPolicy", "userName"]
        );
        assert_eq!(
            read.identifiers,
            [("bucketName".to_owned(), "media-2026".to_owned())]
        );
    }

    #[test]
    fn what_is_left_out_is_counted() {
        let many: serde_json::Map<String, Value> =
            (0..30).map(|n| (format!("p{n}"), json!(n))).collect();
        let read = Parameters::read(&many.into());
        assert_eq!((read.names.len(), read.left_out), (12, 18));
    }

    #[test]
    fn what_is_no_object_has_no_parameters() {
        assert_eq!(Parameters::read(&json!("x")), Parameters::default());
    }
}
