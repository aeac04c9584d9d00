//! The link in SNS's mail, or the token in it, as it was copied. Nothing is fetched. Pure.
//!
//! Mails have `https://sns.<region>.amazonaws.com/confirmation.html?TopicArn=…&Token=…&Endpoint=…`, and requests to http
//! endpoints `https://sns.<region>.amazonaws.com/?Action=ConfirmSubscription&TopicArn=…&Token=…` (Amazon SNS Developer
//! Guide, "HTTP/HTTPS subscription confirmation JSON format").

use crate::aws::partition::{Partition, is_region_name};
use anyhow::{Result, bail};
use percent_encoding::percent_decode_str;

/// More than any token or link has; what is longer was not copied from a mail.
const LONGEST: usize = 8_192;

/// What was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    /// The topic that the link names; a token alone names none.
    pub(super) topic: Option<Topic>,
    pub(super) token: String,
}

/// A topic by its ARN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Topic {
    pub(super) arn: String,
    pub(super) region: String,
    pub(super) account: String,
}

/// Reads what was copied.
///
/// # Errors
/// When it is neither a link of SNS's in a partition that is known, nor a token.
pub(super) fn parse(text: &str) -> Result<Given> {
    let text = text.trim().trim_matches(['<', '>', '"', '\'']);
    if text.is_empty() {
        bail!(
            "no link was given: copy it from the mail that SNS sent, \"Confirm subscription\", or the token in it"
        );
    }
    if text.len() > LONGEST {
        bail!("that is longer than any SNS confirmation link or the token from one");
    }
    match text.contains("://") {
        true => of_link(text, true),
        false => Ok(Given {
            topic: None,
            token: token(text)?,
        }),
    }
}

/// `may_wrap`: mail filters put a link into one of their own, as the value of `url` (Microsoft Defender, "Safe Links").
fn of_link(link: &str, may_wrap: bool) -> Result<Given> {
    let Some((host, query)) = parts(link) else {
        bail!(
            "that is not an SNS confirmation link: it must begin with https:// and have a ? in it"
        );
    };
    let Some(region) = region_of(host) else {
        let wrapped = value(query, "url").filter(|it| may_wrap && it.starts_with("https://"));
        return match wrapped {
            Some(inner) => of_link(&inner, false),
            None => bail!(
                "the link goes to {host}, and those of SNS go to sns.<region>.amazonaws.com, or of the other partitions' hosts: where a mail filter has rewritten it, copy the token, what stands between \"Token=\" and the next &"
            ),
        };
    };
    let (Some(arn), Some(token)) = (value(query, "TopicArn"), value(query, "Token")) else {
        bail!(
            "the link does not confirm a subscription: it has no TopicArn and Token, as that for \"Confirm subscription\" has"
        );
    };
    let topic = topic(&arn)?;
    let partition = Partition::of_region(&topic.region);
    if topic.region != region || partition.map(Partition::name) != arn.split(':').nth(1) {
        bail!("the link is of SNS in {region}, and its topic is {arn}: it was not made by SNS");
    }
    Ok(Given {
        token: self::token(&token)?,
        topic: Some(topic),
    })
}

/// Host and query of an https address without a user or a port.
fn parts(link: &str) -> Option<(&str, &str)> {
    let rest = link.strip_prefix("https://")?;
    let (before, query) = rest.split_once('?')?;
    let host = before.split('/').next()?;
    let is_host = |it: char| it.is_ascii_alphanumeric() || it == '.' || it == '-';
    let query = query.split('#').next()?;
    (!host.is_empty() && host.chars().all(is_host)).then_some((host, query))
}

/// The region of SNS's endpoint; `None` for every other host.
fn region_of(host: &str) -> Option<&str> {
    let rest = host
        .strip_prefix("sns.")
        .or(host.strip_prefix("sns-fips."))?;
    let (region, suffix) = rest.split_once('.')?;
    let partition = Partition::of_region(region).filter(|_| is_region_name(region))?;
    (suffix == partition.dns_suffix()).then_some(region)
}

fn value(query: &str, name: &str) -> Option<String> {
    // Some mails show & as it is written in HTML.
    let mut pairs = query.split('&').map(|it| it.trim_start_matches("amp;"));
    let found = pairs.find_map(|it| it.strip_prefix(name)?.strip_prefix('='))?;
    let text = percent_decode_str(found).decode_utf8().ok()?;
    Some(text.into_owned())
}

fn topic(arn: &str) -> Result<Topic> {
    let parts: Vec<&str> = arn.split(':').collect();
    let ["arn", _, "sns", region, account, name] = parts.as_slice() else {
        bail!("{arn} in the link is not the ARN of a topic");
    };
    let is_name = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
    if name.is_empty() || !name.chars().all(is_name) {
        bail!("{arn} in the link is not the ARN of a topic");
    }
    Ok(Topic {
        arn: arn.to_owned(),
        region: (*region).to_owned(),
        account: (*account).to_owned(),
    })
}

fn token(text: &str) -> Result<String> {
    match !text.is_empty() && text.bytes().all(|it| it.is_ascii_alphanumeric()) {
        true => Ok(text.to_owned()),
        false => bail!(
            "that is neither an SNS confirmation link nor the token from one, which has letters and digits only: put a link into quotes, since a shell ends it at &"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:sns:eu-west-1:222222222222:rootwatch-alerts";
    const TOKEN: &str = "2336412f37fb687f5d51e6e241d09c8058";

    fn of_mail(host: &str, arn: &str) -> String {
        format!(
            "https://{host}/confirmation.html?TopicArn={arn}&Token={TOKEN}&Endpoint=a@example.com"
        )
    }

    #[test]
    fn the_links_that_sns_sends_are_read() {
        let encoded = ARN.replace(':', "%3A");
        for link in [
            of_mail("sns.eu-west-1.amazonaws.com", ARN),
            of_mail("sns.eu-west-1.amazonaws.com", &encoded),
            format!("  <{}>\n", of_mail("sns.eu-west-1.amazonaws.com", ARN)),
            of_mail("sns.eu-west-1.amazonaws.com", ARN).replace('&', "&amp;"),
            format!(
                "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={ARN}&Token={TOKEN}"
            ),
        ] {
            let given = parse(&link).unwrap();
            assert_eq!(given.token, TOKEN, "{link}");
            let topic = given.topic.unwrap();
            assert_eq!(
                (topic.arn.as_str(), topic.region.as_str()),
                (ARN, "eu-west-1"),
                "{link}"
            );
            assert_eq!(topic.account, "222222222222");
        }
        let china = "arn:aws-cn:sns:cn-north-1:222222222222:rootwatch-alerts";
        assert!(parse(&of_mail("sns.cn-north-1.amazonaws.com.cn", china)).is_ok());
    }

    #[test]
    fn a_link_that_a_mail_filter_wrapped_is_taken_out_once() {
        let inner = of_mail("sns.eu-west-1.amazonaws.com", ARN);
        let wrap = |link: &str| {
            let link =
                percent_encoding::utf8_percent_encode(link, percent_encoding::NON_ALPHANUMERIC);
            format!("https://eur01.safelinks.protection.outlook.com/?url={link}&data=05%7C02")
        };
        assert_eq!(parse(&wrap(&inner)).unwrap(), parse(&inner).unwrap());
        assert!(parse(&wrap(&wrap(&inner))).is_err());
    }

    #[test]
    fn a_token_alone_is_taken_as_it_is() {
        let given = parse(&format!(" {TOKEN} ")).unwrap();
        assert_eq!(
            given,
            Given {
                topic: None,
                token: TOKEN.into()
            }
        );
    }

    #[test]
    fn what_is_not_of_sns_is_refused() {
        let good = of_mail("sns.eu-west-1.amazonaws.com", ARN);
        for (link, part) in [
            (String::new(), "no link"),
            (good.replace("https:", "http:"), "https://"),
            (
                of_mail("sns.eu-west-1.amazonaws.com.evil.example", ARN),
                "the link goes to sns.eu-west-1.amazonaws.com.evil.example",
            ),
            (
                of_mail("sns.eu-west-1.amazonaws.com.cn", ARN),
                "the link goes to",
            ),
            (
                of_mail("sns.eu-nowhere.amazonaws.com", ARN),
                "the link goes to",
            ),
            (
                of_mail("user@sns.eu-west-1.amazonaws.com", ARN),
                "not an SNS confirmation link",
            ),
            (
                of_mail("sns.eu-west-1.amazonaws.com:8443", ARN),
                "not an SNS confirmation link",
            ),
            (
                of_mail("sns.us-east-1.amazonaws.com", ARN),
                "not made by SNS",
            ),
            (
                of_mail(
                    "sns.eu-west-1.amazonaws.com",
                    &ARN.replace("aws:sns", "aws-cn:sns"),
                ),
                "not made by SNS",
            ),
            (
                of_mail("sns.eu-west-1.amazonaws.com", "arn:aws:sqs:eu-west-1:1:q"),
                "not the ARN of a topic",
            ),
            (
                of_mail("sns.eu-west-1.amazonaws.com", "x"),
                "not the ARN of a topic",
            ),
            (good.replace("Token=", "Jeton="), "no TopicArn and Token"),
            (good.replace(TOKEN, "a%20b"), "letters and digits"),
            (format!("{TOKEN};rm"), "letters and digits"),
            ("x".repeat(9_000), "longer than any"),
        ] {
            let error = parse(&link).unwrap_err().to_string();
            assert!(error.contains(part), "{link}: {error}");
        }
    }
}
