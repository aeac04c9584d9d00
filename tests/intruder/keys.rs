use super::Intruder;
use aws_sdk_kms::types::GrantOperation;
use serde_json::{Value, json};

/// The policy of a key of one's own: its account, and these services.
pub(crate) fn key_policy(account: &str, services: &[&str]) -> Value {
    let theirs = json!({"Sid": "Account", "Effect": "Allow", "Action": "kms:*", "Resource": "*",
        "Principal": {"AWS": format!("arn:aws:iam::{account}:root")}});
    let services = services.iter().map(|service| {
        json!({"Sid": service.replace(['.', '-'], ""), "Effect": "Allow", "Resource": "*",
            "Principal": {"Service": service}, "Action": ["kms:GenerateDataKey*", "kms:Decrypt", "kms:Encrypt*"]})
    });
    let statements: Vec<Value> = [theirs].into_iter().chain(services).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

impl Intruder {
    /// Makes a key of one's own, and returns its ARN.
    pub(crate) async fn make_key(&self, services: &[&str]) -> String {
        let policy = key_policy(&self.hub, services).to_string();
        let answer = self.kms.create_key().policy(policy).send().await.unwrap();
        answer.key_metadata.unwrap().arn.unwrap()
    }

    pub(crate) async fn set_key_policy(&self, key: &str, services: &[&str]) {
        let policy = key_policy(&self.hub, services).to_string();
        let call = self.kms.put_key_policy().key_id(key).policy_name("default");
        call.policy(policy).send().await.unwrap();
    }

    pub(crate) async fn grant(&self, key: &str, grantee: &str) -> String {
        let call = self.kms.create_grant().key_id(key);
        let call = call.grantee_principal(grantee).name("backup");
        let call = call.operations(GrantOperation::Decrypt);
        call.send().await.unwrap().grant_id.unwrap()
    }
}
