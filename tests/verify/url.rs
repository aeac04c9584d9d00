use crate::world::{REGION, World};
use aws_sdk_lambda::types::FunctionUrlAuthType;

const FUNCTION: &str = "rootwatch-notifier";

/// The one finding about who may invoke the notifier, if there is one: what was found and how to fix it.
fn keeps_out(world: &World) -> Option<(String, String)> {
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
    let [hop] = wrong[..] else {
        assert!(wrong.is_empty(), "{wrong:#?}");
        return None;
    };
    assert_eq!(
        (&hop["check"], &hop["verdict"]),
        (&"keeps out".into(), &"broken".into())
    );
    let text = |key: &str| hop[key].as_str().unwrap().to_owned();
    Some((text("finding"), text("fix")))
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
    // An address alone lets nobody in: Lambda asks the function's policy too.
    assert_eq!(keeps_out(&world), None);
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
        let (finding, fix) = keeps_out(&world).unwrap();
        let expected = format!(
            "\"{sid}\" of its policy allows any account by a function URL that is open to all to invoke it with forged events"
        );
        assert_eq!(finding, expected);
        let command = format!(
            "`aws lambda get-policy --region {REGION} --function-name {FUNCTION}` shows it"
        );
        assert!(fix.contains(&command), "{fix}");
        let remove = lambda.remove_permission().function_name(FUNCTION);
        runtime.block_on(remove.statement_id(sid).send()).unwrap();
    }
    assert_eq!(keeps_out(&world), None);
}
