//! What confirming a subscription came to.

use super::YELLOW;
use rootwatch_engine::confirm::Confirmed;

/// As people read it.
pub(crate) fn text(confirmed: &Confirmed) -> String {
    let who = match confirmed.subscriber.as_str() {
        "" => &confirmed.subscription,
        known => known,
    };
    let topic = &confirmed.topic;
    let text = format!("Confirmed: {who} on {topic}.\n");
    match (confirmed.authenticated, &confirmed.fix, &confirmed.unknown) {
        (Some(true), ..) => {
            text + "No click in a mail ends this subscription; `aws sns unsubscribe` with this account's credentials does.\n"
        }
        (_, Some(fix), _) => {
            format!(
                "{text}{YELLOW}! A click in any of its mails ends it all the same: {fix}.{YELLOW:#}\n"
            )
        }
        (_, None, why) => format!(
            "{text}{YELLOW}! Whether a click in a mail can end it could not be read: {}{YELLOW:#}\n",
            why.as_deref().unwrap_or("SNS does not say")
        ),
    }
}
