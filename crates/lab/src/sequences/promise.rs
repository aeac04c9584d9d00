//! With which codes a command may end. Pure.

use std::collections::BTreeSet;

use super::confirm::Standing;
use super::model::{Model, Part};
use super::step::Command;
use crate::sweep::command::By;

/// What the model does not know of a world.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// Accounts that are suspended or gone and still have a stack of the StackSet's.
    pub(super) stranded: BTreeSet<String>,
    /// Whether the second person has confirmed anything, so that something can be taken away from him.
    pub(super) is_confirmed: bool,
    /// Where he stands whose link is confirmed.
    pub(super) asked: Option<Standing>,
}

/// The codes of a command that nothing disturbs.
pub(super) fn undisturbed(command: &Command, model: &Model, facts: &Facts) -> &'static [i32] {
    let hub = model.hub;
    match command {
        Command::DeployHub(_) if model.takes_away(command) && !facts.is_confirmed => &[1],
        Command::DeployHub(_) | Command::DeployGuardrail(_) | Command::TeardownGuardrail => &[0],
        Command::PlanGuardrail => &[0, 2],
        Command::Confirm(_) => confirm(hub, facts),
        Command::PlanHub => &[0, 2],
        Command::DeploySpokes(..) => spokes(model, facts, &[0]),
        // Only the hub's own account sees that there is none.
        Command::PlanSpokes(By::Management) if hub == Part::Gone => &[0, 2],
        Command::PlanSpokes(_) => spokes(model, facts, &[0, 2]),
        Command::Status(_) | Command::Verify => match hub {
            Part::There => &[0, 2],
            _ => &[0, 1, 2],
        },
        Command::Test => match hub {
            Part::There if model.is_whole => &[0],
            Part::Gone => &[1],
            _ => &[0, 1, 2],
        },
        Command::TeardownHub => teardown_hub(model),
        Command::TeardownSpokes(_) if facts.stranded.is_empty() => &[0],
        Command::TeardownSpokes(_) => &[1],
        Command::TeardownAll(_) if !facts.stranded.is_empty() => &[1],
        Command::TeardownAll(By::Hub) if model.hanging.is_empty() => &[0],
        Command::TeardownAll(By::Hub) => &[1],
        // There is no hub where the management account looks.
        Command::TeardownAll(By::Management) => &[0, 1],
    }
}

/// Those of a command with which something goes wrong.
pub(super) fn disturbed(command: &Command) -> &'static [i32] {
    match command {
        // It has confirmed, and cannot read of which kind the subscription is.
        Command::Confirm(_) => &[0, 1, 2],
        command if command.changes() => &[0, 1],
        _ => &[0, 1, 2],
    }
}

/// A token is good for its subscription, and says whether a click ends it.
fn confirm(hub: Part, facts: &Facts) -> &'static [i32] {
    match (hub, facts.asked) {
        (Part::Unsure, _) => &[0, 1, 2],
        (Part::There, Some(Standing::Asked | Standing::Signed)) => &[0],
        (Part::There, Some(Standing::Clicked)) => &[2],
        _ => &[1],
    }
}

/// Spokes need a hub that takes what they forward, and accounts that StackSets reach.
fn spokes(model: &Model, facts: &Facts, good: &'static [i32]) -> &'static [i32] {
    let is_clear = model.is_whole && model.spoiled.is_empty() && facts.stranded.is_empty();
    match model.hub {
        Part::There if is_clear => good,
        Part::Gone => &[1],
        _ => &[0, 1, 2],
    }
}

fn teardown_hub(model: &Model) -> &'static [i32] {
    match (model.hub, model.spokes) {
        (Part::There, Part::There) => &[1],
        (_, Part::There | Part::Unsure) | (Part::Gone, _) => &[0, 1],
        _ if model.hanging.is_empty() => &[0],
        _ => &[1],
    }
}

#[cfg(test)]
mod tests {
    use super::super::confirm::Link;
    use super::super::guard::GuardChange;
    use super::super::organization::tests::sample;
    use super::super::settings::{HubChange, SpokesChange};
    use super::super::step::Hanging;
    use super::*;
    use crate::sweep::process::Ended;
    use crate::sweep::worlds::World;

    const DEPLOY: Command = Command::DeploySpokes(By::Hub, SpokesChange::Nothing);

    fn codes(command: &Command, model: &Model) -> &'static [i32] {
        undisturbed(command, model, &Facts::default())
    }

    #[test]
    fn what_is_there_decides() {
        let (empty, hub, watched) = (World::Empty, World::Hub, World::Watched);
        let model = |from| Model::new(sample(), from);
        for (command, from, wanted) in [
            (DEPLOY, empty, &[1][..]),
            (DEPLOY, hub, &[0]),
            (Command::TeardownHub, hub, &[0]),
            (Command::TeardownHub, watched, &[1]),
            (Command::TeardownAll(By::Hub), watched, &[0]),
            (Command::DeployGuardrail(GuardChange::Nothing), empty, &[0]),
            (Command::TeardownGuardrail, empty, &[0]),
            (Command::Confirm(Link::Last), watched, &[1]),
            (Command::Test, empty, &[1]),
            (Command::Test, watched, &[0]),
        ] {
            assert_eq!(
                codes(&command, &model(from)),
                wanted,
                "{command:?} {from:?}"
            );
        }
    }

    #[test]
    fn a_link_is_good_where_somebody_was_asked_and_says_whether_he_came_by_it() {
        let command = Command::Confirm(Link::Last);
        for (hub, asked, wanted) in [
            (Part::There, Standing::Asked, &[0][..]),
            (Part::There, Standing::Signed, &[0]),
            (Part::There, Standing::Clicked, &[2]),
            (Part::There, Standing::Unknown, &[1]),
            (Part::Gone, Standing::Unknown, &[1]),
        ] {
            let facts = Facts {
                asked: Some(asked),
                ..Facts::default()
            };
            let mut model = Model::new(sample(), World::Hub);
            model.hub = hub;
            assert_eq!(undisturbed(&command, &model, &facts), wanted, "{asked:?}");
        }
    }

    #[test]
    fn nobody_is_taken_away_who_has_confirmed_nothing() {
        let model = Model::new(sample(), World::Asked);
        let command = Command::DeployHub(HubChange::Person);
        assert_eq!(codes(&command, &model), [1]);
        let facts = Facts {
            is_confirmed: true,
            ..Facts::default()
        };
        assert_eq!(undisturbed(&command, &model, &facts), [0]);
        assert_eq!(codes(&command, &Model::new(sample(), World::Hub)), [0]);
    }

    #[test]
    fn what_others_hang_on_the_hub_and_stranded_stacks_stop_a_removal() {
        let mut model = Model::new(sample(), World::Watched);
        let facts = Facts {
            stranded: BTreeSet::from(["3".to_owned()]),
            ..Facts::default()
        };
        let removal = Command::TeardownSpokes(By::Hub);
        assert_eq!(undisturbed(&removal, &model, &facts), [1]);
        assert_eq!(codes(&removal, &model), [0]);
        model.hang(Hanging::Rule, true);
        assert_eq!(codes(&Command::TeardownAll(By::Hub), &model), [1]);
        model.hang(Hanging::Rule, false);
        assert_eq!(codes(&Command::TeardownAll(By::Hub), &model), [0]);
    }

    #[test]
    fn a_deployment_that_failed_leaves_a_whole_path_whole_and_a_new_hub_unsure() {
        let command = Command::DeployHub(HubChange::Nothing);
        for (from, hub, is_whole) in [
            (World::Empty, Part::Unsure, false),
            (World::Hub, Part::There, true),
        ] {
            let mut model = Model::new(sample(), from);
            let begun = model.begin(&command);
            model.end(&command, begun, Ended::Killed, false);
            assert_eq!((model.hub, model.is_whole), (hub, is_whole));
        }
        let mut model = Model::new(sample(), World::Watched);
        model.spoil_hub("delete-acts");
        assert!(!model.is_whole);
        let begun = model.begin(&command);
        model.end(&command, begun, Ended::Code(0), false);
        assert!(model.is_whole);
    }
}
