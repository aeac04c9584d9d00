//! What a stack has to be told: where the packages are, and addresses that may hold a key. Pure.

use super::BUCKET;
use serde_json::{Map, Value, json};

/// The parameters of the template.
#[derive(Default)]
pub(super) struct Parameters(Map<String, Value>);

impl Parameters {
    /// The bucket with the functions' packages.
    pub(super) fn bucket(&mut self) -> Value {
        let bucket = json!({
            "Type": "String",
            "Description": "S3 bucket, in the region of the stack, with the packages of the functions beside this template",
        });
        self.0.insert(BUCKET.into(), bucket);
        json!({"Ref": BUCKET})
    }

    /// An address that is not written.
    pub(super) fn address(&mut self, subscription: &str, hidden: &str) -> Value {
        let name = format!("{subscription}Endpoint");
        let address = json!({
            "Type": "String",
            "NoEcho": true,
            "Description": format!("The whole address {hidden}"),
        });
        self.0.insert(name.clone(), address);
        json!({"Ref": name})
    }

    pub(super) fn in_template(self) -> Value {
        self.0.into()
    }
}
