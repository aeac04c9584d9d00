//! JSON over HTTP to the lab's own paths.

use anyhow::{Context as _, Result, anyhow};
use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::Agent;
use ureq::http::Response;

/// A client of one server.
#[derive(Debug)]
pub(crate) struct Client {
    agent: Agent,
    endpoint: String,
}

impl Client {
    pub(crate) fn new(endpoint: String) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // The lab counts who is connected: what asks for that must not stay.
            .max_idle_connections(0)
            .build();
        Self {
            agent: config.into(),
            endpoint,
        }
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T> {
        let request = self.agent.get(self.url(path)).query_pairs(query.to_vec());
        let response = request.call().with_context(|| format!("GET {path}"))?;
        parse(path, response)
    }

    pub(crate) fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T> {
        let request = self.agent.post(self.url(path));
        let response = request.send_json(body);
        parse(path, response.with_context(|| format!("POST {path}"))?)
    }

    pub(crate) fn delete(&self, path: &str) -> Result<()> {
        let response = self.agent.delete(self.url(path)).call();
        parse(path, response.with_context(|| format!("DELETE {path}"))?)
    }

    /// Whether the server responds.
    pub(crate) fn answers(&self, path: &str) -> bool {
        self.agent
            .get(format!("{}{path}", self.endpoint))
            .call()
            .is_ok()
    }

    fn url(&self, path: &str) -> String {
        format!("{}/lab/{path}", self.endpoint)
    }
}

fn parse<T: DeserializeOwned>(path: &str, mut response: Response<ureq::Body>) -> Result<T> {
    let status = response.status();
    let body = response
        .body_mut()
        .with_config()
        .limit(1 << 30)
        .read_to_string()
        .with_context(|| format!("/lab/{path}"))?;
    if !status.is_success() {
        let error = serde_json::from_str::<Value>(&body).ok();
        let text = error.as_ref().and_then(|e| e["error"].as_str());
        return Err(anyhow!("/lab/{path}: {}", text.unwrap_or(&body)));
    }
    serde_json::from_str(&body).with_context(|| format!("/lab/{path} answered {body}"))
}
