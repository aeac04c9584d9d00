//! No bytes make reading a plan file panic, what is refused is said in a few lines that steer no terminal, and what was
//! read is read again once it is written.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rootwatch_engine::saved::SavedPlan;

/// Characters that a message may have, whatever the file says.
const MOST: usize = 8_192;

fuzz_target!(|bytes: &[u8]| {
    let error = match SavedPlan::parse(bytes) {
        Ok(plan) => {
            let text = serde_json::to_vec(&plan).expect("a plan is JSON");
            let again = SavedPlan::parse(&text).expect("a plan that was written is read");
            assert_eq!(
                (again.world, again.settings),
                (plan.world.clone(), plan.settings.clone())
            );
            plan.check_command("deploy hub").err()
        }
        Err(error) => Some(error),
    };
    if let Some(error) = error {
        let said = format!("{error:#}");
        assert!(!said.contains(char::is_control), "{said:?}");
        assert!(
            said.chars().count() <= MOST,
            "{} characters",
            said.chars().count()
        );
    }
});
