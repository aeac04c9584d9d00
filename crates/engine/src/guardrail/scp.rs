//! `rootwatch scp`: the service control policy as a text, for a review or for another tool that attaches it.

use super::deployment::{account, spokes, with_free_roles};
use super::policy;
use super::resource::Guardrail;
use crate::session::Session;
use crate::spokes::organization;
use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::Value;

/// Versioned form of the JSON that `scp` prints.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(
    test,
    derive(schemars::JsonSchema),
    schemars(title = "rootwatch scp, version 1")
)]
pub struct Scp {
    /// `rootwatch.scp/1`.
    pub schema: &'static str,
    /// The name that `deploy guardrail` gives it.
    pub name: String,
    /// The partition whose ARNs it has.
    pub partition: &'static str,
    /// Characters that it has without white space.
    pub characters: usize,
    /// Characters that AWS takes.
    pub most_characters: usize,
    /// The roles that it does not bind, as patterns of ARNs; StackSets' own are never bound.
    pub free_roles: Vec<String>,
    /// The policy.
    pub policy: Value,
}

impl Scp {
    /// The policy as people read it. It fits with its white space too.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn text(&self) -> Result<String> {
        let pretty = serde_json::to_string_pretty(&self.policy).context("writing the policy")?;
        let fits = pretty.chars().count() <= policy::MOST_CHARACTERS;
        Ok(match fits {
            true => pretty,
            false => self.policy.to_string(),
        })
    }
}

/// The policy for this deployment.
///
/// # Errors
/// When it would be longer than AWS allows. What cannot be read of what is deployed is said, and the settings of the run
/// hold.
pub async fn scp(session: &Session) -> Result<Scp> {
    let session = recalled(session).await?;
    let (names, free) = (session.names(), &session.settings.guardrail.free_roles);
    let policy = policy::checked(&names, free)?;
    let text = policy.document();
    let mut document: Value = serde_json::from_str(&text).context("reading the policy again")?;
    sids_first(&mut document);
    Ok(Scp {
        schema: "rootwatch.scp/1",
        name: names.guardrail(),
        partition: names.partition.name(),
        characters: text.chars().count(),
        most_characters: policy::MOST_CHARACTERS,
        free_roles: policy::free_of(&policy),
        policy: document,
    })
}

/// Puts each statement's `Sid` before the rest, as people look for it.
fn sids_first(document: &mut Value) {
    let statements = document["Statement"].as_array_mut();
    for statement in statements.into_iter().flatten() {
        let Some(fields) = statement.as_object_mut() else {
            continue;
        };
        let rest = std::mem::take(fields);
        let sid = rest.get("Sid").cloned().map(|it| ("Sid".to_owned(), it));
        fields.extend(sid.into_iter().chain(rest));
    }
}

/// The run with what the StackSet and the deployed policy remember, as far as these credentials may read them.
async fn recalled(session: &Session) -> Result<Session> {
    let organization = match organization::find(&session.aws).await {
        Ok(found) => found,
        Err(error) if crate::is_stopped(&error) => return Err(error),
        Err(error) => {
            session.work.message(&format!(
                "The organization could not be read, so what is deployed is not known, and this run's settings hold: {error:#}."
            ));
            return Ok(session.clone());
        }
    };
    let (recalled, aws) = (
        spokes(session, &organization).await?,
        account(session, &organization).await?,
    );
    let name = session.names().guardrail();
    match Guardrail::find(&aws, &name).await {
        Ok(found) => Ok(with_free_roles(recalled, found.as_ref())),
        Err(error) if crate::is_stopped(&error) => Err(error),
        Err(error) => {
            session.work.message(&format!(
                "Whether the service control policy {name} is deployed could not be read, so that only the roles of this run's settings stay free: {error:#}."
            ));
            Ok(recalled)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_in_templates_is_of_what_is_printed() {
        crate::schema::holds::<Scp>(&["scp/1"]);
    }
}
