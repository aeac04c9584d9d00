//! A second emulator, unmodified.

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use crate::http::Client;
use crate::process::Server;
use crate::server::environment;
use crate::venv;

const HOST: &str = "127.0.0.1";
const START_LIMIT: Duration = Duration::from_secs(30);

/// A running ministack. Dropping it ends it.
#[derive(Debug)]
pub struct Ministack {
    client: Client,
    _server: Server,
}

impl Ministack {
    /// Starts one on a free port; the first start on a machine installs it.
    pub fn start() -> Result<Self> {
        let python = venv::python("ministack.txt")?;
        let port = free_port()?;
        let mut command = Command::new(python);
        command
            .args(["-m", "ministack.app"])
            .current_dir(venv::python_folder())
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", HOST)
            .env("MINISTACK_HOST", HOST)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env_remove("PYTHONPATH");
        let mut server = Server::start(&mut command)?;
        let client = Client::new(format!("http://{HOST}:{port}"));
        server.wait_until(START_LIMIT, || client.answers("/_ministack/health"))?;
        Ok(Self {
            client,
            _server: server,
        })
    }

    /// The address of every service: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        self.client.endpoint()
    }

    /// The environment in which AWS's tools and SDKs act as an administrator of `account`.
    pub fn env(&self, account: &str, region: &str) -> Vec<(String, String)> {
        environment(self.endpoint(), account, region)
    }
}

/// It cannot choose a port itself, so another process may bind to this one in between.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((HOST, 0))?.local_addr()?.port())
}
