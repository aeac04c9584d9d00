//! One message for several events. A console session makes dozens of calls a minute, and a storm must not drown alerts.

mod json;
mod wording;

use std::collections::BTreeSet;

use self::wording::number_of;
use crate::assess::Assessment;
use crate::body::Body;
use crate::classify::Activity;
use crate::context::Context;
use crate::headline::Headline;
use crate::message::{Head, Message, instant, with_name};
use crate::reports::Form;
use crate::severity::Severity;
use crate::tally::{Call, MOST_LINES, Tally, beyond};
use crate::who::upper_first;
use crate::{tally, who, words};

/// The message of this form for these events.
pub(crate) fn message(form: Form, tally: &Tally<'_>, context: &Context<'_>) -> Message {
    let several = Several {
        form,
        tally,
        context,
        severity: severity(form, tally),
    };
    several.message()
}

/// Failed sign-ins are medium each. Of one address that knows the root e-mail addresses of several accounts they are an
/// attack.
pub(crate) fn severity(form: Form, tally: &Tally<'_>) -> Severity {
    match form {
        Form::Spray { succeeded: true } => Severity::Critical,
        Form::Spray { succeeded: false } => Severity::High.max(tally.severity()),
        _ => tally.severity(),
    }
}

struct Several<'a> {
    form: Form,
    tally: &'a Tally<'a>,
    context: &'a Context<'a>,
    severity: Severity,
}

impl Several<'_> {
    fn message(&self) -> Message {
        let it = self.tally.gravest;
        let head = Head {
            label: self.severity.name().to_uppercase(),
            severity: self.severity,
            ..Head::of(it, self.context)
        };
        let headline = self.headline(&head);
        let subject = headline.subject(&head.label, head.region);
        let body = self.body(&head);
        let json = self.json(&subject);
        let mut message = head.message(it, subject, &headline, body, json);
        let all = self.accounts().into_iter().chain(self.targets());
        message.about.accounts = all.map(str::to_owned).collect();
        if self.is_about_several() {
            message.attributes.accounts = self.accounts().into_iter().map(str::to_owned).collect();
        }
        message
    }

    fn headline<'b>(&self, head: &Head<'b>) -> Headline<'b> {
        let here = Headline {
            what: self.what(),
            account: Some(head.account),
            name: head.name,
            ..Headline::default()
        };
        if self.form == Form::Tampering {
            return Headline {
                more: Some(format!("by {}", who::in_words(self.tally.gravest))),
                ..here
            };
        }
        if !self.is_about_several() {
            return here;
        }
        Headline {
            account: None,
            name: None,
            more: self.one_address().map(|ip| format!("from {ip}")),
            ..here
        }
    }

    fn body(&self, head: &Head<'_>) -> Body {
        let notes: BTreeSet<&String> = self.tally.events.iter().flat_map(|it| &it.notes).collect();
        Body {
            sentence: upper_first(&self.sentence(&head.account_in_words())),
            fields: self.fields(head),
            list: self.list(),
            help: self.context.guide.steps(),
            steps: self.steps(),
            sender: self.context.guide.sender(),
            notes: notes.into_iter().take(MOST_LINES).cloned().collect(),
            ..Body::default()
        }
    }

    fn fields(&self, head: &Head<'_>) -> Vec<(&'static str, String)> {
        let it = self.tally.gravest;
        let or = |value: &Option<String>| value.clone().unwrap_or_else(|| "not stated".to_owned());
        let mut fields = vec![("Severity", head.label.clone())];
        if self.is_about_several() {
            fields.push(("Accounts", self.accounts().len().to_string()));
        } else {
            fields.push(("Account", head.account_with_name()));
        }
        fields.extend(self.owner().map(|owner| ("Owner", owner)));
        if self.form == Form::Tampering {
            fields.push(("By", self.tally.some(|it| it.identity.as_deref())));
        }
        if self.is_of_administrator() {
            fields.push(("Caller", or(&it.identity)));
            fields.push(("Sessions in", number_of(self.targets().len(), "account")));
        }
        fields.push(("First", time(self.tally.first)));
        fields.push(("Last", time(self.tally.last)));
        fields.push(("Regions", self.tally.some(|it| it.region.as_deref())));
        fields.push(("From", self.tally.some(|it| it.source_ip.as_deref())));
        if !self.is_about_several() {
            fields.push(("Agent", or(&it.agent)));
        }
        if !self.is_about_several() && self.form != Form::Tampering {
            fields.push(("MFA", words::mfa(it.mfa).to_owned()));
            fields.push(("Access", words::access(it)));
        }
        let (failed, number) = (self.tally.failed(), self.number());
        fields.push(("Failed", format!("{failed} of {number}")));
        let repeated = self.tally.repeated;
        fields.push(("Repeated", format!("{repeated} duplicates, not counted")));
        fields
    }

    /// What there was, by what matters most about it, most often first.
    fn list(&self) -> (&'static str, Vec<String>) {
        match self.form {
            Form::Tampering | Form::Reads | Form::Rest | Form::Alert
                if !self.is_of_administrator() =>
            {
                let calls = self.tally.counts(Call::of);
                ("Calls", lines(&calls, "calls", |call| call.to_string()))
            }
            Form::Others => {
                let accounts = self.tally.counts(Assessment::account_or_unknown);
                let line = |id: &&str| format!("{}: {}", self.named(id), self.calls_in(id));
                ("Accounts", lines(&accounts, "accounts", line))
            }
            Form::Spray { .. } => {
                let accounts = self.tally.counts(Assessment::account_or_unknown);
                (
                    "Accounts",
                    lines(&accounts, "accounts", |id| self.named(id)),
                )
            }
            _ => {
                let targets = self
                    .tally
                    .counts(|it| it.target_account.as_deref().unwrap_or("not stated"));
                ("Accounts", lines(&targets, "accounts", |id| self.named(id)))
            }
        }
    }

    /// None where several accounts have owners of their own.
    fn owner(&self) -> Option<String> {
        let of_one = !self.is_about_several() && self.targets().len() < 2;
        self.context.owner_in_words().filter(|_| of_one)
    }

    fn number(&self) -> usize {
        self.tally.events.len()
    }

    /// Whether the message is about several accounts' root users, not about one session or caller.
    fn is_about_several(&self) -> bool {
        match self.form {
            Form::Spray { .. } => true,
            Form::Others => self.accounts().len() > 1,
            _ => false,
        }
    }

    /// Whether it is about administrators who call `sts:AssumeRoot`.
    fn is_of_administrator(&self) -> bool {
        match self.form {
            Form::Refused | Form::Audits => true,
            Form::Rest => self.tally.gravest.activity == Activity::PrivilegedSessionStart,
            _ => false,
        }
    }

    fn is_of_failed_sign_ins(&self) -> bool {
        let mut events = self.tally.events.iter();
        events.all(|it| it.activity == Activity::FailedSignIn)
    }

    /// What there was in one account.
    fn calls_in(&self, id: &str) -> String {
        let events = self.tally.events.iter().copied();
        let events: Vec<&Assessment> = events.filter(|it| it.account_or_unknown() == id).collect();
        tally::calls_in_a_line(&events)
    }

    fn accounts(&self) -> BTreeSet<&str> {
        self.tally.all(|it| Some(it.account_or_unknown()))
    }

    fn targets(&self) -> BTreeSet<&str> {
        self.tally.all(|it| it.target_account.as_deref())
    }

    fn one_address(&self) -> Option<&str> {
        let all = self.tally.all(|it| it.source_ip.as_deref());
        all.first().copied().filter(|_| all.len() == 1)
    }

    fn name_of(&self, id: &str) -> Option<&str> {
        let of_first = self.context.account_name;
        let is_first = self.tally.gravest.account.as_deref() == Some(id);
        self.context
            .name_of(id)
            .or_else(|| of_first.filter(|_| is_first))
    }

    fn named(&self, id: &str) -> String {
        with_name(id, self.name_of(id))
    }
}

fn lines<T>(counts: &[(T, usize)], what: &str, line: impl Fn(&T) -> String) -> Vec<String> {
    let listed = counts.iter().take(MOST_LINES);
    let mut lines: Vec<String> = listed
        .map(|(value, count)| format!("{count} x {}", line(value)))
        .collect();
    lines.extend(beyond(counts.len(), MOST_LINES).map(|more| format!("and {more} other {what}")));
    lines
}

fn time(it: &Assessment) -> String {
    it.timestamp()
        .map(instant)
        .or_else(|| it.time.clone())
        .unwrap_or_else(|| "not stated".to_owned())
}
