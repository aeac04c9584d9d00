//! Accounts and their organization.

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::server::Lab;

/// The sample organization.
#[derive(Clone, Debug, Deserialize)]
pub struct Organization {
    /// Its id: `o-...`.
    pub id: String,
    /// The id of its root: `r-...`.
    pub root_id: String,
    /// The management account.
    pub management: String,
    /// The account intended for the hub.
    pub hub: String,
    /// Its organizational units.
    pub ous: Vec<Ou>,
    /// Its accounts, the management account first.
    pub accounts: Vec<Account>,
}

impl Organization {
    /// The OU with this path, as in `/Workloads/Prod`.
    pub fn ou(&self, path: &str) -> Result<&Ou> {
        let found = self.ous.iter().find(|ou| ou.path == path);
        found.with_context(|| format!("no OU {path}"))
    }

    /// The account with this name.
    pub fn account(&self, name: &str) -> Result<&Account> {
        let found = self.accounts.iter().find(|account| account.name == name);
        found.with_context(|| format!("no account {name}"))
    }
}

/// An organizational unit.
#[derive(Clone, Debug, Deserialize)]
pub struct Ou {
    /// Its id: `ou-...`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The names from below the root down to it: `/Workloads/Prod`.
    pub path: String,
}

/// An account.
#[derive(Clone, Debug, Deserialize)]
pub struct Account {
    /// Its 12 digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The id of the OU (or root) that it is in.
    pub ou: String,
    /// Whether it is suspended.
    pub suspended: bool,
}

/// The size of an organization to simulate.
#[derive(Clone, Debug, Serialize)]
pub struct Generated {
    /// Accounts beside the management account.
    pub accounts: u32,
    /// Organizational units, all directly below the root.
    pub units: u32,
    /// Regions; us-east-1 is the first.
    pub regions: u32,
    /// The account that makes the calls; it has enabled all of the regions.
    pub hub: String,
}

impl Lab {
    /// Creates the sample organization, or describes it if it exists already.
    ///
    /// Management account 111111111111 (`management`) in the root; 222222222222 (`hub`) in
    /// `/Security`; 333333333333 (`shop`) and 444444444444 (`payments`) in `/Workloads/Prod`;
    /// 555555555555 (`sandbox`) and 666666666666 (`retired`, suspended) in `/Workloads`.
    /// StackSets have trusted access, and an organization trail logs in all regions.
    pub fn sample_organization(&self) -> Result<Organization> {
        self.client.post("organization", &json!({}))
    }

    /// Adds an account to the organization, in an OU (or the root).
    pub fn add_account(&self, name: &str, ou_id: &str) -> Result<Account> {
        let body = json!({ "name": name, "ou": ou_id });
        self.client.post("accounts", &body)
    }

    /// Moves an account to another OU (or the root).
    pub fn move_account(&self, account: &str, ou_id: &str) -> Result<()> {
        let body = json!({ "account": account, "ou": ou_id });
        self.client.post("accounts/move", &body)
    }

    /// Suspends an account.
    pub fn suspend_account(&self, account: &str) -> Result<()> {
        let body = json!({ "account": account });
        self.client.post("accounts/suspend", &body)
    }

    /// Reinstates a suspended account.
    pub fn reinstate_account(&self, account: &str) -> Result<()> {
        let body = json!({ "account": account });
        self.client.post("accounts/reinstate", &body)
    }

    /// Removes an account from the organization.
    pub fn remove_account(&self, account: &str) -> Result<()> {
        let body = json!({ "account": account });
        self.client.post("accounts/remove", &body)
    }

    /// Disables a region of an account that [`Lab::enable_region`] enabled. Resources in it remain.
    pub fn disable_region(&self, account: &str, region: &str) -> Result<()> {
        let body = json!({ "account": account, "region": region });
        self.client.post("accounts/region/off", &body)
    }

    /// Enables an opt-in region of an account: af-south-1, ap-east-1, eu-south-1 or me-south-1.
    pub fn enable_region(&self, account: &str, region: &str) -> Result<()> {
        let body = json!({ "account": account, "region": region });
        self.client.post("accounts/region", &body)
    }

    /// From now on, responds as if the organization had this many accounts, spread evenly over this many units, each with
    /// a current instance of every StackSet in this many regions. Returns the regions.
    pub fn generate(&self, generated: &Generated) -> Result<Vec<String>> {
        #[derive(Deserialize)]
        struct Answer {
            regions: Vec<String>,
        }
        let body = serde_json::to_value(generated)?;
        let answer: Answer = self.client.post("organization/generate", &body)?;
        Ok(answer.regions)
    }

    /// Turns trusted access for StackSets on or off.
    pub fn set_trusted_access(&self, enabled: bool) -> Result<()> {
        let body = json!({ "enabled": enabled });
        self.client.post("organization/access", &body)
    }

    /// From now on the operator of an account may do what these IAM policies allow, and nothing else; `None` lifts that.
    pub fn restrict(&self, account: &str, policies: Option<&[serde_json::Value]>) -> Result<()> {
        let body = json!({ "account": account, "policies": policies });
        self.client.post("identity", &body)
    }

    /// From now on what each call asks for is kept.
    pub fn listen_to_requests(&self) -> Result<()> {
        self.client.post("asked", &json!({}))
    }

    /// Account, IAM action and resource of each permission that a call has asked for since then, once each.
    pub fn asked(&self) -> Result<Vec<(String, String, String)>> {
        self.client.get("asked", &[])
    }

    /// Stops the logging of the organization's trail.
    pub fn stop_trails(&self) -> Result<()> {
        self.client.post("trails/stop", &json!({}))
    }

    /// Registers an account as a delegated administrator for StackSets, as the management account can.
    pub fn delegate_stacksets(&self, account: &str) -> Result<()> {
        let body = json!({ "account": account });
        self.client.post("accounts/delegate", &body)
    }
}
