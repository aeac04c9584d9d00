//! The Lambda function's executable.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    rootwatch_notifier::run().await
}
