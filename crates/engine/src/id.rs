//! Unguessable ids, for what one run makes and has to recognize.

use anyhow::{Result, anyhow};

/// 24 hexadecimal digits. Short enough for a rule's name of 64 characters (EventBridge API Reference, PutRule) behind a
/// deployment's of 32.
///
/// # Errors
/// When the machine has no random numbers.
pub(crate) fn random() -> Result<String> {
    let mut bytes = [0_u8; 12];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("getting random numbers: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
