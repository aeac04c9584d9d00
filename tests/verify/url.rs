use crate::world::{REGION, World};
use aws_sdk_lambda::types::FunctionUrlAuthType;

const FUNCTION: &str = "rootwatch-notifier";

/// The findings of this kind: the verdict, what was found and how to fix it.
fn found(world: &World, id: &str) -> Vec<(String, String, String)> {
    let ran = world.rootwatch(&["verify", "--hub-only", "--output", "json"]);
    let report = ran.json();
    let hops = report["hops"].as_array().unwrap().iter();
    let wrong: Vec<_> = hops.filter(|hop| hop["verdict"] != "ok").collect();
    assert_eq!(
        ran.code,
        if wrong.is_empty() { 0 } else { 2 },
        "{}",
        ran.stdout
    );
    let of_kind = wrong.into_iter().filter(|hop| hop["id"] == id);
    let found = of_kind.map(|hop| {
        let text = |key: &str| hop[key].as_str().unwrap().to_owned();
        (text("verdict"), text("finding"), text("fix"))
    });
    found.collect()
}

#[test]
fn a_function_url_that_is_open_to_all_is_named_until_its_permissions_are_gone() {
    let world = World::with_hub();
    let config = world.sdk(&world.organization.hub, REGION);
    let lambda = aws_sdk_lambda::Client::new(&config);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let url = lambda.create_function_url_config().function_name(FUNCTION);
        url.auth_type(FunctionUrlAuthType::None)
            .send()
            .await
            .unwrap();
    });
    // An address alone lets nobody in: Lambda asks the function's policy too. But it is somebody's.
    assert_eq!(found(&world, "RW141"), []);
    let (verdict, finding, fix) = found(&world, "RW149").remove(0);
    assert_eq!(verdict, "unknown");
    assert!(
        finding.contains("a function URL of the auth type NONE"),
        "{finding}"
    );
    assert!(fix.contains("aws lambda get-function-url-config"), "{fix}");
    runtime.block_on(async {
        let allow = || {
            lambda
                .add_permission()
                .function_name(FUNCTION)
                .principal("*")
        };
        let url = allow().statement_id("FunctionURLAllowPublicAccess");
        let url = url.action("lambda:InvokeFunctionUrl");
        let url = url.function_url_auth_type(FunctionUrlAuthType::None);
        url.send().await.unwrap();
        let call = allow().statement_id("FunctionURLInvokeAllowPublicAccess");
        let call = call
            .action("lambda:InvokeFunction")
            .invoked_via_function_url(true);
        call.send().await.unwrap();
    });
    for sid in [
        "FunctionURLAllowPublicAccess",
        "FunctionURLInvokeAllowPublicAccess",
    ] {
        let named = format!("\"{sid}\"");
        let mut all = found(&world, "RW141").into_iter();
        let (verdict, finding, fix) = all.find(|it| it.1.contains(&named)).unwrap();
        assert_eq!(verdict, "broken");
        let expected =
            "any account by a function URL that is open to all can invoke it with forged events";
        assert!(finding.ends_with(expected), "{finding}");
        let command = format!(
            "`aws lambda get-policy --region {REGION} --function-name {FUNCTION}` shows it"
        );
        assert!(fix.contains(&command), "{fix}");
        let remove = lambda.remove_permission().function_name(FUNCTION);
        runtime.block_on(remove.statement_id(sid).send()).unwrap();
    }
    assert_eq!(found(&world, "RW141"), []);
}
