use super::{Intruder, ROLE, policy};
use aws_sdk_iam::types::Tag;
use serde_json::{Value, json};

/// Lets a service take a role.
fn trust(service: &str) -> String {
    policy(json!({
        "Sid": "RootwatchLambda", "Effect": "Allow", "Action": "sts:AssumeRole",
        "Principal": {"Service": service},
    }))
}

impl Intruder {
    /// A role of one's own for functions.
    pub(crate) async fn other_role(&self) -> String {
        let call = self.iam.create_role().role_name("other");
        let call = call.assume_role_policy_document(trust("lambda.amazonaws.com"));
        call.send().await.unwrap().role.unwrap().arn
    }

    pub(crate) async fn delete_role(&self) {
        let call = self.iam.delete_role_policy().role_name(ROLE);
        call.policy_name("notifier").send().await.unwrap();
        let call = self.iam.delete_role().role_name(ROLE);
        call.send().await.unwrap();
    }

    /// A policy that bounds nothing, as an organization has one in each account.
    pub(crate) async fn make_boundary(iam: &aws_sdk_iam::Client) {
        let all = json!({"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"});
        let call = iam.create_policy().path("/team/").policy_name("Boundary");
        call.policy_document(policy(all)).send().await.unwrap();
    }

    /// Another boundary of the notifier's role than rootwatch's.
    pub(crate) async fn bound_role(&self) {
        let call = self.iam.put_role_permissions_boundary().role_name(ROLE);
        let call = call.permissions_boundary("arn:aws:iam::aws:policy/ReadOnlyAccess");
        call.send().await.unwrap();
    }

    pub(crate) async fn describe_role(&self) {
        let call = self.iam.update_role().role_name(ROLE).description("mine");
        call.send().await.unwrap();
    }

    pub(crate) async fn trust_another_service(&self) {
        let call = self.iam.update_assume_role_policy().role_name(ROLE);
        let call = call.policy_document(trust("ec2.amazonaws.com"));
        call.send().await.unwrap();
    }

    /// The role's inline policy, with a change.
    pub(crate) async fn role_policy(&self, change: impl FnOnce(&str) -> String) {
        let call = self.iam.get_role_policy().role_name(ROLE);
        let found = call.policy_name("notifier").send().await.unwrap();
        let text = percent_encoding::percent_decode_str(&found.policy_document);
        let changed = change(&text.decode_utf8_lossy());
        self.put_role_policy("notifier", changed).await;
    }

    pub(crate) async fn put_role_policy(&self, name: &str, document: String) {
        let call = self.iam.put_role_policy().role_name(ROLE);
        let call = call.policy_name(name).policy_document(document);
        call.send().await.unwrap();
    }

    /// Attaches a managed policy of this one statement.
    pub(crate) async fn attach(&self, name: &str, statement: Value) {
        let call = self.iam.create_policy().policy_name(name);
        let call = call.policy_document(policy(statement));
        call.send().await.unwrap();
        let call = self.iam.attach_role_policy().role_name(ROLE);
        call.policy_arn(self.policy_arn(name)).send().await.unwrap();
    }

    pub(crate) async fn detach(&self, name: &str) {
        let call = self.iam.detach_role_policy().role_name(ROLE);
        call.policy_arn(self.policy_arn(name)).send().await.unwrap();
    }

    fn policy_arn(&self, name: &str) -> String {
        format!("arn:aws:iam::{}:policy/{name}", self.hub)
    }

    pub(crate) async fn tag_role(&self) {
        let tag = Tag::builder().key("team").value("x").build().unwrap();
        let call = self.iam.tag_role().role_name(ROLE);
        call.tags(tag).send().await.unwrap();
    }
}
