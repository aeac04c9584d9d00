//! How this run reaches AWS, where AWS's own variables and configuration say it: shown among the settings, and never
//! remembered.

use crate::aws;
use crate::session::Session;
use crate::settings::Settings;
use crate::source::{Source, key};

/// Notes the region in force, and what AWS's variables give beside it, each with where it comes from.
pub(super) async fn remember(settings: &mut Settings, session: &Session) {
    let connection = &mut settings.connection;
    if connection.region.is_none() {
        let source = aws::region_source(connection.profile.as_deref()).await;
        connection.region = Some(session.aws.region.clone());
        settings.sources.set(key::REGION, source);
    }
    for (key, slot, variable) in [
        (key::PROFILE, &mut connection.profile, "AWS_PROFILE"),
        (
            key::ENDPOINT_URL,
            &mut connection.endpoint_url,
            "AWS_ENDPOINT_URL",
        ),
    ] {
        if slot.is_none()
            && let Ok(value) = std::env::var(variable)
        {
            *slot = Some(value);
            let source = Source::Environment(variable.to_owned());
            settings.sources.set(key, source);
        }
    }
}
