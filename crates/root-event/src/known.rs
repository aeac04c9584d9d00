//! Known event names: what each is, and how it is described.
//!
//! Names are from the CloudTrail guide (console sign-in events), the IAM, Organizations and Account Management API
//! references and the Billing guide ("Logging with CloudTrail"). A name that is not here counts as a read or a write.

use crate::classify::Activity;

/// Event names that CloudTrail marks `readOnly` and that must still be reported at once: a payment instrument is added, a
/// command line signs in (`aws login`), or root's key is exchanged for a session.
pub const READ_ONLY_THAT_MATTERS: &[&str] = &[
    "AuthorizeOAuth2Access",
    "CreateOAuth2Token",
    "GetFederationToken",
    "GetSessionToken",
    "Instruments_Create",
];

/// Calls that CloudTrail need not mark `readOnly` and that change nothing, by the beginning of `eventSource` and by name:
/// an open CloudShell sends a heartbeat a minute, and pages of the console make the reports and queries that they show.
/// The Service Authorization Reference gives those of IAM and CloudWatch Logs the access level Read.
const CHANGES_NOTHING: &[(&str, &str)] = &[
    ("cloudshell.", "SendHeartBeat"),
    ("iam.", "GenerateCredentialReport"),
    ("iam.", "GenerateOrganizationsAccessReport"),
    ("iam.", "GenerateServiceLastAccessedDetails"),
    ("logs.", "StartQuery"),
    ("logs.", "StopQuery"),
    ("support.", "RefreshTrustedAdvisorCheck"),
];

/// Whether it is a call that changes nothing, whatever the record says.
pub(crate) fn changes_nothing(name: &str, source: Option<&str>) -> bool {
    CHANGES_NOTHING.iter().any(|(service, known)| {
        *known == name && source.is_some_and(|source| source.starts_with(service))
    })
}

/// One known event name.
pub(crate) struct Known {
    pub(crate) name: &'static str,
    pub(crate) activity: Activity,
    /// More severe than others of its kind.
    pub(crate) critical: bool,
    /// "Root *created an access key*".
    pub(crate) done: &'static str,
    /// "Root tried to *create an access key*".
    pub(crate) tried: &'static str,
    /// "*Alerting rule deleted* in …", where it is not root's doing alone, or nobody is signed in yet; empty for what only root does.
    pub(crate) short: &'static str,
}

/// Services whose event names are known here, by the beginning of `eventSource`. Others use the same names for other
/// actions: WorkMail has a `DeleteOrganization` too.
const SERVICES: [&str; 11] = [
    "account.",
    "billing",
    "iam.",
    "organizations.",
    "payments.",
    "portal.",
    "purchaseorders.",
    "rootwatch.",
    "signin.",
    "sts.",
    "tax.",
];

/// What is known about an event's name; a record without `eventSource` is looked up by its name alone.
pub(crate) fn find(name: &str, source: Option<&str>) -> Option<&'static Known> {
    let is_known = |source: &str| SERVICES.iter().any(|service| source.starts_with(service));
    if !source.is_none_or(is_known) {
        return None;
    }
    KNOWN.iter().find(|known| known.name == name)
}

pub(crate) const fn row(
    name: &'static str,
    activity: Activity,
    critical: bool,
    done: &'static str,
    tried: &'static str,
) -> Known {
    Known {
        name,
        activity,
        critical,
        done,
        tried,
        short: "",
    }
}

const fn sign_in(name: &'static str, done: &'static str, tried: &'static str) -> Known {
    row(name, Activity::SignIn, false, done, tried)
}

const fn recovery(
    name: &'static str,
    critical: bool,
    done: &'static str,
    tried: &'static str,
    short: &'static str,
) -> Known {
    Known {
        short,
        ..row(name, Activity::PasswordRecovery, critical, done, tried)
    }
}

const fn credential(name: &'static str, done: &'static str, tried: &'static str) -> Known {
    row(name, Activity::CredentialChange, true, done, tried)
}

const fn account(name: &'static str, done: &'static str, tried: &'static str) -> Known {
    row(name, Activity::AccountChange, false, done, tried)
}

const fn critical_account(name: &'static str, done: &'static str, tried: &'static str) -> Known {
    row(name, Activity::AccountChange, true, done, tried)
}

#[rustfmt::skip] // a table reads best with a line a row
pub(crate) const KNOWN: &[Known] = &[
    sign_in("ConsoleLogin", "signed in to the AWS console", "sign in to the AWS console"),
    sign_in("AuthorizeOAuth2Access", "signed in on a command line (aws login)", "sign in on a command line (aws login)"),
    sign_in("CreateOAuth2Token", "got a command-line session (aws login)", "get a command-line session (aws login)"),
    sign_in("CheckMfa", "was asked for MFA at sign-in", "pass the MFA check at sign-in"),
    sign_in("GetSigninToken", "got a console sign-in token", "get a console sign-in token"),
    sign_in("SwitchRole", "switched role in the console", "switch role in the console"),
    recovery("PasswordRecoveryRequested", false, "asked to reset the root password", "ask for a reset of the root password", "Root password reset requested"),
    recovery("PasswordRecoveryCompleted", true, "reset the forgotten root password", "reset the forgotten root password", "Root password was reset"),
    credential("AcceptPrimaryEmailUpdate", "changed the root e-mail address", "change the root e-mail address"),
    credential("ChangePassword", "changed a password", "change a password"),
    credential("CreateAccessKey", "created an access key", "create an access key"),
    credential("CreateLoginProfile", "created a console password", "create a console password"),
    credential("CreateServiceSpecificCredential", "created a service credential", "create a service credential"),
    credential("CreateVirtualMFADevice", "created an MFA device", "create an MFA device"),
    credential("DeactivateMFADevice", "removed an MFA device", "remove an MFA device"),
    credential("DeleteAccessKey", "deleted an access key", "delete an access key"),
    credential("DeleteLoginProfile", "deleted a console password", "delete a console password"),
    credential("DeleteServiceSpecificCredential", "deleted a service credential", "delete a service credential"),
    credential("DeleteSigningCertificate", "deleted a signing certificate", "delete a signing certificate"),
    credential("DeleteVirtualMFADevice", "deleted an MFA device", "delete an MFA device"),
    credential("EmailUpdated", "changed the root e-mail address", "change the root e-mail address"),
    credential("EnableMFADevice", "added an MFA device", "add an MFA device"),
    credential("GetFederationToken", "got federated session credentials", "get federated session credentials"),
    credential("GetSessionToken", "got session credentials", "get session credentials"),
    credential("PasswordUpdated", "changed the root password", "change the root password"),
    credential("ResetServiceSpecificCredential", "reset a service credential", "reset a service credential"),
    credential("ResyncMFADevice", "resynchronized an MFA device", "resynchronize an MFA device"),
    credential("SetSecurityQuestions", "changed the security questions", "change the security questions"),
    credential("StartPrimaryEmailUpdate", "started to change the root e-mail address", "change the root e-mail address"),
    credential("UpdateAccessKey", "changed an access key", "change an access key"),
    credential("UpdateAccountEmailAddress", "changed the root e-mail address", "change the root e-mail address"),
    credential("UpdateLoginProfile", "changed a console password", "change a console password"),
    credential("UpdateServiceSpecificCredential", "changed a service credential", "change a service credential"),
    credential("UpdateSigningCertificate", "changed a signing certificate", "change a signing certificate"),
    credential("UploadSigningCertificate", "uploaded a signing certificate", "upload a signing certificate"),
    critical_account("CloseAccount", "closed the account", "close the account"),
    critical_account("LeaveOrganization", "left the organization", "leave the organization"),
    critical_account("DeleteOrganization", "deleted the organization", "delete the organization"),
    critical_account("RemoveAccountFromOrganization", "removed an account from the organization", "remove an account from the organization"),
    account("AccountNameUpdated", "changed the account's name", "change the account's name"),
    account("CreateAccountAlias", "set the account's alias", "set the account's alias"),
    account("DeleteAccountAlias", "deleted the account's alias", "delete the account's alias"),
    account("DeleteAccountPasswordPolicy", "deleted the password policy", "delete the password policy"),
    account("DeleteAlternateContact", "deleted an alternate contact", "delete an alternate contact"),
    account("DisableRegion", "disabled a region", "disable a region"),
    account("EnableRegion", "enabled a region", "enable a region"),
    account("Instruments_Create", "added a payment instrument", "add a payment instrument"),
    account("Instruments_Delete", "deleted a payment instrument", "delete a payment instrument"),
    account("Instruments_Update", "changed a payment instrument", "change a payment instrument"),
    account("PutAlternateContact", "changed an alternate contact", "change an alternate contact"),
    account("PutContactInformation", "changed the contact information", "change the contact information"),
    account("SetAccountPreferences", "changed the account's preferences", "change the account's preferences"),
    account("SetAdditionalContacts", "changed the additional contacts", "change the additional contacts"),
    account("SetContactAddress", "changed the contact address", "change the contact address"),
    account("SetIAMAccessPreference", "changed IAM access to billing", "change IAM access to billing"),
    account("UpdateAccountName", "changed the account's name", "change the account's name"),
    account("UpdateAccountPasswordPolicy", "changed the password policy", "change the password policy"),
    row("AssumeRoot", Activity::PrivilegedSessionStart, false, "started a privileged root session", "start a privileged root session"),
    row("RootwatchTest", Activity::Canary, false, "sent a test event", "send a test event"),
];

/// What the task policies of `sts:AssumeRoot` allow (IAM guide, "Perform a privileged task on a member account").
pub(crate) const PRIVILEGED_TASKS: &[&str] = &[
    "CreateLoginProfile",
    "DeactivateMFADevice",
    "DeleteAccessKey",
    "DeleteBucketPolicy",
    "DeleteLoginProfile",
    "DeleteSigningCertificate",
    "GetAccessKeyLastUsed",
    "GetAccountSummary",
    "GetBucketPolicy",
    "GetLoginProfile",
    "GetQueueAttributes",
    "GetQueueUrl",
    "GetUser",
    "ListAccessKeys",
    "ListAllMyBuckets",
    "ListBuckets",
    "ListMFADevices",
    "ListQueues",
    "ListSigningCertificates",
    "PutBucketPolicy",
    "SetQueueAttributes",
];

/// Verbs of calls that only read, for records that do not say `readOnly`.
const READING_VERBS: &[&str] = &[
    "BatchDescribe",
    "BatchGet",
    "Check",
    "Describe",
    "Download",
    "Estimate",
    "Get",
    "Head",
    "List",
    "Lookup",
    "Preview",
    "Query",
    "Scan",
    "Search",
    "Simulate",
    "View",
];

/// Whether a name begins like those of read-only calls: such a verb, then a new word.
pub(crate) fn sounds_read_only(name: &str) -> bool {
    READING_VERBS.iter().any(|verb| {
        name.strip_prefix(verb).is_some_and(|rest| {
            rest.chars()
                .next()
                .is_none_or(|next| !next.is_ascii_lowercase())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verb_is_a_whole_word() {
        assert!(sounds_read_only("ListBuckets"));
        assert!(sounds_read_only("Get"));
        assert!(!sounds_read_only("Getaway"));
        assert!(!sounds_read_only("CheckoutLicense"));
        assert!(!sounds_read_only("CreateListener"));
    }

    #[test]
    fn each_name_stands_once() {
        for known in KNOWN {
            assert_eq!(
                KNOWN
                    .iter()
                    .filter(|other| other.name == known.name)
                    .count(),
                1,
                "{}",
                known.name
            );
        }
    }

    #[test]
    fn what_matters_is_known() {
        assert!(
            READ_ONLY_THAT_MATTERS
                .iter()
                .all(|name| find(name, None).is_some())
        );
    }
}
