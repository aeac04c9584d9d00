//! Who called, in a few words, from the ARN of the identity.

use crate::assess::Assessment;

/// What IAM Identity Center names its roles with, before the permission set and a number (IAM Identity Center User
/// Guide, "Referencing permission sets in resource policies").
const IDENTITY_CENTER: &str = "AWSReservedSSO_";

/// "user mallory", "role Admin (alice)", "alice (AdministratorAccess)" of IAM Identity Center, "the root user".
pub(crate) fn in_words(it: &Assessment) -> String {
    let (kind, name, session) = match parts(it) {
        Who::Nobody => return "somebody".to_owned(),
        Who::Root => return "the root user".to_owned(),
        Who::Role { name, session } => ("role", name, session),
        Who::Other { kind, name } => (kind, name, None),
    };
    match (set(name), session) {
        (Some(set), Some(session)) => format!("{session} ({set})"),
        (_, Some(session)) => format!("{kind} {name} ({session})"),
        (_, None) => format!("{kind} {name}"),
    }
}

/// "user mallory", "role Admin".
pub(crate) fn without_session(it: &Assessment) -> String {
    match parts(it) {
        Who::Role { name, .. } => format!("role {name}"),
        Who::Other { kind, name } => format!("{kind} {name}"),
        Who::Root | Who::Nobody => "an administrator".to_owned(),
    }
}

enum Who<'a> {
    Nobody,
    Root,
    Role {
        name: &'a str,
        session: Option<&'a str>,
    },
    Other {
        kind: &'a str,
        name: &'a str,
    },
}

fn parts(it: &Assessment) -> Who<'_> {
    let arn = it.identity.as_deref().unwrap_or_default();
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    match resource.split_once('/') {
        Some(("assumed-role", rest)) => {
            let mut parts = rest.split('/');
            let name = parts.next().unwrap_or(rest);
            let session = parts.next().filter(|it| !it.is_empty());
            Who::Role { name, session }
        }
        Some((kind, rest)) => Who::Other {
            kind,
            name: rest.rsplit('/').next().unwrap_or(rest),
        },
        None if resource == "root" => Who::Root,
        None => Who::Nobody,
    }
}

/// The permission set of a role that IAM Identity Center made.
fn set(role: &str) -> Option<&str> {
    let rest = role.strip_prefix(IDENTITY_CENTER)?;
    rest.rsplit_once('_').map(|(set, _)| set)
}

/// With a capital at the beginning, unless a name stands there.
pub(crate) fn upper_first(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or_default();
    if !first.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return text.to_owned();
    }
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| {
        format!("{}{}", first.to_uppercase(), rest.as_str())
    })
}
