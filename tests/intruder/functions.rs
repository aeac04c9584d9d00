use super::{FUNCTION, Intruder, READS};
use aws_sdk_lambda::operation::update_event_source_mapping::builders::UpdateEventSourceMappingFluentBuilder as UpdateMapping;
use aws_sdk_lambda::operation::update_function_code::builders::UpdateFunctionCodeFluentBuilder as UpdateCode;
use aws_sdk_lambda::operation::update_function_configuration::builders::UpdateFunctionConfigurationFluentBuilder as Configure;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{
    Architecture, Environment, Filter, FilterCriteria, LayerVersionContentInput,
};
use rootwatch_bundle::with_settings;
use serde_json::{Value, json};
use std::io::{Cursor, Write};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

impl Intruder {
    pub(crate) async fn configure(&self, change: impl FnOnce(Configure) -> Configure) {
        let call = self.lambda.update_function_configuration();
        change(call.function_name(FUNCTION)).send().await.unwrap();
    }

    /// A variable in the function's environment, where rootwatch sets none.
    pub(crate) async fn set_variable(&self, name: &str, value: &str) {
        let environment = Environment::builder().variables(name, value).build();
        self.configure(|call| call.environment(environment)).await;
    }

    /// The notifier with its settings, some of them changed, as rootwatch packs it.
    fn package(&self, zip: &[u8], changes: Value) -> Vec<u8> {
        let mut all = json!({
            "format": "text",
            "read_only": "digest",
            "topic_arn": self.arn("sns", "rootwatch-alerts"),
        });
        for (name, value) in changes.as_object().unwrap() {
            all[name] = value.clone();
        }
        let text = serde_json::to_string_pretty(&all).unwrap();
        with_settings(zip, &text).unwrap().zip
    }

    /// Puts other settings beside the notifier's executable.
    pub(crate) async fn retell(&self, changes: Value) {
        let zip = self.package(rootwatch_bundle::zip(), changes);
        self.update_code(zip, |call| call).await;
    }

    /// A layer of one's own.
    pub(crate) async fn layer(&self) -> String {
        let content = LayerVersionContentInput::builder();
        let content = content.zip_file(Blob::new(rootwatch_bundle::zip()));
        let layer = self.lambda.publish_layer_version().layer_name("mine");
        let layer = layer.content(content.build()).send().await.unwrap();
        layer.layer_version_arn.unwrap()
    }

    async fn update_code(&self, zip: Vec<u8>, change: impl FnOnce(UpdateCode) -> UpdateCode) {
        let call = self.lambda.update_function_code().function_name(FUNCTION);
        change(call.zip_file(Blob::new(zip))).send().await.unwrap();
    }

    /// The executable alone, as earlier versions uploaded it.
    pub(crate) async fn without_settings(&self) {
        self.update_code(rootwatch_bundle::zip().to_vec(), |call| call)
            .await;
    }

    /// Other code, with some of the settings changed.
    pub(crate) async fn other_code(&self, changes: Value) {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().unix_permissions(0o755);
        zip.start_file("bootstrap", options).unwrap();
        zip.write_all(b"#!/bin/sh\nexit 1\n").unwrap();
        let zip = zip.finish().unwrap().into_inner();
        let zip = self.package(&zip, changes);
        self.update_code(zip, |call| call).await;
    }

    pub(crate) async fn other_architecture(&self) {
        let other = match rootwatch_bundle::ARCHITECTURE {
            "arm64" => Architecture::X8664,
            _ => Architecture::Arm64,
        };
        let zip = self.package(rootwatch_bundle::zip(), json!({}));
        self.update_code(zip, |call| call.architectures(other))
            .await;
    }

    pub(crate) async fn never_run(&self) {
        let call = self.lambda.put_function_concurrency();
        let call = call
            .function_name(FUNCTION)
            .reserved_concurrent_executions(0);
        call.send().await.unwrap();
    }

    pub(crate) async fn tag_function(&self) {
        let arn = self.arn("lambda", &format!("function:{FUNCTION}"));
        let call = self.lambda.tag_resource().resource(arn);
        call.tags("team", "x").send().await.unwrap();
    }

    /// A permission of one's own.
    pub(crate) async fn permit(&self, sid: &str, principal: &str) {
        let call = self.lambda.add_permission().function_name(FUNCTION);
        let call = call.statement_id(sid).action("lambda:InvokeFunction");
        call.principal(principal).send().await.unwrap();
    }

    pub(crate) async fn revoke(&self, sid: &str) {
        let call = self.lambda.remove_permission().function_name(FUNCTION);
        call.statement_id(sid).send().await.unwrap();
    }

    pub(crate) async fn update_mapping(&self, change: impl FnOnce(UpdateMapping) -> UpdateMapping) {
        let call = self.lambda.update_event_source_mapping();
        let call = call.uuid(self.mapping(READS).await).function_name(FUNCTION);
        change(call).send().await.unwrap();
    }

    async fn mapping(&self, queue: &str) -> String {
        let all = self.lambda.list_event_source_mappings();
        let all = all.event_source_arn(self.arn("sqs", queue));
        let all = all.function_name(FUNCTION).send().await.unwrap();
        all.event_source_mappings()[0].uuid().unwrap().to_owned()
    }

    pub(crate) async fn delete_mapping(&self, queue: &str) {
        let call = self.lambda.delete_event_source_mapping();
        call.uuid(self.mapping(queue).await).send().await.unwrap();
    }
}

/// A filter that drops what comes from any other account.
pub(crate) fn filter() -> FilterCriteria {
    let filter = Filter::builder().pattern("{\"body\":{\"account\":[\"1\"]}}");
    FilterCriteria::builder().filters(filter.build()).build()
}
