use super::{Intruder, LOGS};
use aws_sdk_cloudwatchlogs::types::PolicyType;

impl Intruder {
    /// How long the log is kept; forever where no days are given.
    pub(crate) async fn keep_logs(&self, days: Option<i32>) {
        if let Some(days) = days {
            let call = self.logs.put_retention_policy().log_group_name(LOGS);
            call.retention_in_days(days).send().await.unwrap();
        } else {
            let call = self.logs.delete_retention_policy().log_group_name(LOGS);
            call.send().await.unwrap();
        }
    }

    /// A policy of the account about the logs of all, by its days as JSON has them.
    pub(crate) async fn keep_all_logs(&self, days: &str) {
        let document =
            format!("{{\"retentionInDays\": {days}, \"enforcementMode\": \"RETROACTIVE\"}}");
        let call = self.logs.put_account_policy().policy_name("short");
        let call = call.policy_type(PolicyType::RetentionPolicy);
        call.policy_document(document).send().await.unwrap();
    }

    pub(crate) async fn encrypt_logs(&self) {
        let call = self.logs.associate_kms_key().log_group_name(LOGS);
        let call = call.kms_key_id(self.arn("kms", "key/1"));
        call.send().await.unwrap();
    }

    pub(crate) async fn tag_logs(&self) {
        let arn = self.arn("logs", &format!("log-group:{LOGS}"));
        let call = self.logs.tag_resource().resource_arn(arn);
        call.tags("team", "x").send().await.unwrap();
    }

    pub(crate) async fn delete_logs(&self) {
        let call = self.logs.delete_log_group().log_group_name(LOGS);
        call.send().await.unwrap();
    }
}
