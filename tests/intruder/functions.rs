use super::{FUNCTION, Intruder, READS};
use aws_sdk_lambda::operation::update_event_source_mapping::builders::UpdateEventSourceMappingFluentBuilder as UpdateMapping;
use aws_sdk_lambda::operation::update_function_code::builders::UpdateFunctionCodeFluentBuilder as UpdateCode;
use aws_sdk_lambda::operation::update_function_configuration::builders::UpdateFunctionConfigurationFluentBuilder as Configure;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{
    Architecture, Environment, Filter, FilterCriteria, LayerVersionContentInput,
};

impl Intruder {
    pub(crate) async fn configure(&self, change: impl FnOnce(Configure) -> Configure) {
        let call = self.lambda.update_function_configuration();
        change(call.function_name(FUNCTION)).send().await.unwrap();
    }

    /// The function's environment with further variables, or other values for ours.
    pub(crate) fn environment(&self, changes: &[(&str, &str)]) -> Environment {
        let ours = Environment::builder()
            .variables("ROOTWATCH_TOPIC_ARN", self.arn("sns", "rootwatch-alerts"))
            .variables("ROOTWATCH_READ_ONLY", "digest")
            .variables("ROOTWATCH_FORMAT", "text");
        let all = changes
            .iter()
            .fold(ours, |all, (name, value)| all.variables(*name, *value));
        all.build()
    }

    pub(crate) async fn set_variable(&self, name: &str, value: &str) {
        let environment = self.environment(&[(name, value)]);
        self.configure(|call| call.environment(environment)).await;
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

    pub(crate) async fn other_code(&self) {
        let mut zip = rootwatch_bundle::zip().to_vec();
        zip.push(0);
        self.update_code(zip, |call| call).await;
    }

    pub(crate) async fn other_architecture(&self) {
        let other = match rootwatch_bundle::ARCHITECTURE {
            "arm64" => Architecture::X8664,
            _ => Architecture::Arm64,
        };
        let zip = rootwatch_bundle::zip().to_vec();
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
