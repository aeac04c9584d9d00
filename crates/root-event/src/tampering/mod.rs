//! Calls that can silence these alerts: on a trail, on what a spoke forwards by, on the parts of the hub, and on what
//! the organization decides.
//!
//! Names of calls and of their parameters are from the API references of the services. What has a name of rootwatch's is
//! known by the end or a part of it, since the deployment's own name may be any.

mod calls;
mod names;

use self::calls::{OF_ORGANIZATION, PARTS};
use crate::known::Known;

/// What such calls are about.
struct Part {
    /// The beginning of `eventSource`.
    service: &'static str,
    /// Whether something of this name carries alerts.
    carries_alerts: fn(&str) -> bool,
    calls: &'static [Known],
}

/// A call that tampers with a part; `about` has the names of what it is about.
pub(crate) fn find(name: &str, source: Option<&str>, about: &[String]) -> Option<&'static Known> {
    let source = source?;
    let mut parts = PARTS.iter();
    parts.find_map(|part| part.find(name, source, about))
}

/// The same of a call that root did not make: what root does to the account or the organization is a change of the
/// account ([`crate::known`]), and not worth a second look when the organization's own administrators do it, but for
/// what takes accounts, policies or regions out of the organization's hands.
pub(crate) fn find_by_others(
    name: &str,
    source: Option<&str>,
    about: &[String],
) -> Option<&'static Known> {
    let of_organization = || {
        let source = source?;
        let mut parts = OF_ORGANIZATION.iter();
        parts.find_map(|part| part.find(name, source, about))
    };
    find(name, source, about).or_else(of_organization)
}

impl Part {
    fn find(&self, name: &str, source: &str, about: &[String]) -> Option<&'static Known> {
        let is_about = || match about {
            [] => (self.carries_alerts)(""),
            names => names.iter().any(|name| (self.carries_alerts)(name)),
        };
        if !source.starts_with(self.service) || !is_about() {
            return None;
        }
        let name = without_version(self.service, name);
        self.calls.iter().find(|known| known.name == name)
    }
}

/// CloudTrail names Lambda's calls with the version of its API: `UpdateFunctionCode20150331v2` (Lambda Developer Guide,
/// "Logging Lambda API calls using CloudTrail").
fn without_version<'a>(service: &str, name: &'a str) -> &'a str {
    match name.find(|it: char| it.is_ascii_digit()) {
        Some(digits) if service == calls::LAMBDA => &name[..digits],
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_known(by_root: bool, service: &str, name: &str, about: &[&str]) -> bool {
        let about: Vec<String> = about.iter().map(|&it| it.to_owned()).collect();
        let find = if by_root { find } else { find_by_others };
        find(name, Some(service), &about).is_some()
    }

    #[test]
    #[rustfmt::skip] // a table reads best with a line a row
    fn only_what_carries_alerts_is_tampered_with() {
        const STACK: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/StackSet-rootwatch-spoke-1f/2";
        let rows: &[(&str, &str, &[&str], bool)] = &[
            ("cloudtrail.amazonaws.com", "StopLogging", &["any"], true),
            ("cloudtrail.amazonaws.com.cn", "StopLogging", &[], true),
            ("cloudtrail.amazonaws.com", "StartLogging", &[], false),
            ("events.amazonaws.com", "PutRule", &["rootwatch-root-activity"], true),
            ("events.amazonaws.com", "PutRule", &["rootwatch-org-tampering"], true),
            ("events.amazonaws.com", "PutRule", &["nightly"], false),
            ("events.amazonaws.com", "PutRule", &[], false),
            ("iam.amazonaws.com", "DeleteRole", &["StackSet-rootwatch-spoke-1f-ForwardRole-2"], true),
            ("iam.amazonaws.com", "DeleteRole", &["acme-rootwatch-spoke-eu-west-1"], true),
            ("iam.amazonaws.com", "PutRolePolicy", &["rootwatch-notifier-ap-southeast-2"], true),
            ("iam.amazonaws.com", "DeleteRole", &["hub-spoke-network"], false),
            ("iam.amazonaws.com", "DeleteRole", &["slack-notifier-prod"], false),
            ("iam.amazonaws.com", "CreateRole", &["stacksets-exec-0a1b"], true),
            ("iam.amazonaws.com", "CreateRole", &["Admin"], false),
            ("cloudformation.amazonaws.com", "DeleteStack", &[STACK], true),
            ("cloudformation.amazonaws.com", "UpdateStack", &["rootwatch-spoke"], true),
            ("cloudformation.amazonaws.com", "UpdateStack", &["shop"], false),
            ("sqs.amazonaws.com", "PurgeQueue", &["https://sqs.eu-west-1.amazonaws.com/111122223333/rootwatch-acts"], true),
            ("sqs.amazonaws.com", "PurgeQueue", &["https://sqs.eu-west-1.amazonaws.com/111122223333/StackSet-rootwatch-spoke-1f-DeadLetterQueue-2"], true),
            ("sqs.amazonaws.com", "PurgeQueue", &["https://sqs.eu-west-1.amazonaws.com/111122223333/orders"], false),
            ("sns.amazonaws.com", "SetSubscriptionAttributes", &["arn:aws:sns:eu-west-1:111122223333:rootwatch-health:1-2"], true),
            ("sns.amazonaws.com", "DeleteTopic", &["arn:aws:sns:eu-west-1:111122223333:orders"], false),
            ("sns.amazonaws.com", "DeleteTopic", &["arn:aws:sns:eu-west-1:111122223333:orders", "rootwatch-alerts"], true),
            ("lambda.amazonaws.com", "UpdateFunctionCode20150331v2", &["rootwatch-notifier"], true),
            ("lambda.amazonaws.com", "DeleteEventSourceMapping20150331", &["arn:aws:lambda:eu-west-1:111122223333:function:rootwatch-notifier"], true),
            ("lambda.amazonaws.com", "UpdateFunctionCode20150331v2", &["orders"], false),
            ("lambda.amazonaws.com", "Invoke", &["rootwatch-notifier"], false),
            ("logs.amazonaws.com", "DeleteLogGroup", &["/aws/lambda/rootwatch-notifier"], true),
            ("logs.amazonaws.com", "CreateLogStream", &["/aws/lambda/rootwatch-notifier"], false),
            ("monitoring.amazonaws.com", "DeleteAlarms", &["orders-late", "rootwatch-acts-waiting"], true),
            ("monitoring.amazonaws.com", "DeleteAlarms", &["orders-late"], false),
            ("logs.amazonaws.com", "DeleteTrail", &[], false),
        ];
        for (service, name, about, expected) in rows {
            for by_root in [true, false] {
                assert_eq!(is_known(by_root, service, name, about), *expected, "{service} {name} {about:?}");
            }
        }
    }

    /// "[CRITICAL] " and this are what a phone shows of a subject.
    #[test]
    fn what_was_done_fits_a_phone() {
        for part in PARTS.iter().chain(OF_ORGANIZATION) {
            for known in part.calls {
                let length = known.short.len();
                assert!((1..=29).contains(&length), "{}: {length}", known.short);
            }
        }
    }

    #[test]
    fn what_is_the_organizations_is_no_tampering_of_root() {
        for (service, name) in [
            ("organizations.amazonaws.com", "LeaveOrganization"),
            ("organizations.amazonaws.com", "DetachPolicy"),
            ("account.amazonaws.com", "DisableRegion"),
        ] {
            let by = |by_root| is_known(by_root, service, name, &[]);
            assert_eq!((by(false), by(true)), (true, false), "{name}");
        }
        let attach = is_known(false, "organizations.amazonaws.com", "AttachPolicy", &[]);
        assert!(!attach, "an ordinary change is none");
    }
}
