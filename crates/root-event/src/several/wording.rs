//! The wording of a message about several events.

use super::Several;
use crate::reports::Form;
use crate::{advice, who};

impl Several<'_> {
    pub(super) fn what(&self) -> String {
        let number = self.number();
        let accounts = self.accounts().len();
        match self.form {
            Form::Reads | Form::Alert => format!("Root made {number} read-only calls"),
            Form::Rest if self.is_of_administrator() => {
                format!("And {number} more root sessions by {}", self.who())
            }
            Form::Rest if self.is_of_failed_sign_ins() => {
                format!("And {number} more failed root sign-ins")
            }
            Form::Rest => format!("And {number} more by root"),
            Form::Refused => format!("{number} refused AssumeRoot calls by {}", self.who()),
            Form::Audits => format!("{number} audits of root credentials by {}", self.who()),
            Form::Tampering => match self.silenced() {
                Some(what) => format!("{what}, and {} more", number.saturating_sub(1)),
                None if self.tally.failed() == number => {
                    format!("Tried {number} times to change alerting")
                }
                None => format!("Alerting changed {number} times"),
            },
            Form::Spray { .. } => format!("{number} root sign-ins failed in {accounts} accounts"),
            Form::Others if accounts == 1 => format!("And {number} more events"),
            Form::Others => format!("And {number} more events in {accounts} accounts"),
        }
    }

    pub(super) fn sentence(&self, account: &str) -> String {
        let number = self.number();
        let accounts = number_of(self.accounts().len(), "account");
        let targets = number_of(self.targets().len(), "account");
        let from = self.tally.some(|it| it.source_ip.as_deref());
        let from = if from.is_empty() {
            "an unknown address"
        } else {
            &from
        };
        let (who, own) = (
            self.who(),
            "the most severe was sent as an alert of its own",
        );
        match self.form {
            Form::Reads | Form::Alert => {
                format!("The root user of {account} made {number} read-only calls in one session.")
            }
            Form::Rest if self.is_of_administrator() => format!(
                "{who} of {account} started {number} more privileged root sessions in {targets}; {own}."
            ),
            Form::Rest if self.is_of_failed_sign_ins() => format!(
                "Somebody at {from} tried {number} more times to sign in as the root user of {account}, and failed; {own}."
            ),
            Form::Rest => format!(
                "The root user of {account} made {number} more calls in the same session; {own}."
            ),
            Form::Refused => format!(
                "{number} refused sts:AssumeRoot calls by {who} of {account} from {from} on {targets}."
            ),
            Form::Audits => format!(
                "{who} of {account} started {number} privileged root sessions in {targets}, which can only read what credentials root has."
            ),
            Form::Tampering => {
                let who = who::in_words(self.tally.gravest);
                let alerts = "what these alerts depend on";
                match self.tally.failed() {
                    failed if failed == number => format!(
                        "{who} of {account} tried {number} times from {from} to change {alerts}, and failed."
                    ),
                    0 => format!("{who} of {account} changed {alerts} {number} times from {from}."),
                    failed => format!(
                        "{who} of {account} tried {number} times from {from} to change {alerts}, and failed {failed} times."
                    ),
                }
            }
            Form::Spray { succeeded } => {
                let after = if succeeded {
                    " A root sign-in from there succeeded: it was sent as an alert of its own."
                } else {
                    ""
                };
                format!(
                    "Somebody at {from} tried {number} times to sign in as the root user of {accounts}, and failed.{after}"
                )
            }
            Form::Others => format!(
                "{number} more events in {accounts} arrived at the same time; the most severe were sent as alerts of their own."
            ),
        }
    }

    pub(super) fn steps(&self) -> Vec<&'static str> {
        match self.form {
            Form::Refused => vec![
                "A refused call starts nothing. Many of them suggest that somebody tries out what these credentials allow.",
                "Ask who used them, and why. If nobody on your team did: revoke them.",
            ],
            Form::Audits => {
                vec!["Check that this administrator was supposed to audit root credentials."]
            }
            Form::Spray { .. } => vec![
                "One address tries the root users of several accounts: treat it as an attack.",
                "Somebody knows, or has guessed, their root e-mail addresses: check that these root users have MFA and long, unique passwords.",
            ],
            Form::Others => vec![
                "Look for what these accounts have in common: an address, a caller, a time.",
                "Each event is in the CloudTrail history of its account.",
            ],
            Form::Tampering | Form::Reads | Form::Rest | Form::Alert => {
                advice::what_to_do(self.tally.gravest)
            }
        }
    }

    /// "user mallory", "role Admin"; an ARN is complete among the fields.
    fn who(&self) -> String {
        who::without_session(self.tally.gravest)
    }

    /// What was done that takes something away, of what is not just a deployment.
    fn silenced(&self) -> Option<&'static str> {
        let taken = [
            "Close",
            "Delete",
            "Deregister",
            "Detach",
            "Disable",
            "Leave",
            "Purge",
            "Remove",
            "Stop",
        ];
        let mut done = self.tally.events.iter().filter(|it| !it.has_failed());
        let found = done.find(|it| {
            let action = it.action.as_deref().unwrap_or_default();
            taken.iter().any(|verb| action.starts_with(verb))
        });
        found.map(|it| it.phrase.short)
    }
}

pub(super) fn number_of(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        many => format!("{many} {what}s"),
    }
}
