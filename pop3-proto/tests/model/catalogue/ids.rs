//! Honest servers with other unique-ids.

use super::{ONE_HEADER, ONE_HEADER_AND_SIZE};
use crate::world::{Ids, Policy, World};

/// Servers whose unique-ids are missing, empty, repeated, used again, or changing.
pub(crate) fn ids() -> Vec<World> {
    let kinds = [
        ("none", Ids::None),
        ("second-empty", Ids::SecondEmpty),
        ("same", Ids::Same),
        ("reused", Ids::Reused),
        ("changing", Ids::Changing),
        ("on-off", Ids::OnOff),
        ("off-on", Ids::OffOn),
        ("empty-in-turns", Ids::EmptyInTurns),
    ];
    let policies =
        [("keep", Policy::Keep), ("delete", Policy::Delete), ("previews", Policy::PreviewsThenWhole)];
    let mut all = Vec::new();
    for (kind, ids) in kinds {
        for (name, policy) in policies {
            all.push(World { ids, policy, ..World::new(format!("ids-{kind}-{name}")) });
        }
    }
    for (kind, ids) in kinds.into_iter().filter(|(_, ids)| *ids != Ids::Changing) {
        let world = |name: &str| World { ids, ..World::new(format!("ids-{kind}-{name}")) };
        all.push(World { mail: ONE_HEADER.to_vec(), ..world("one-header") });
        all.push(World { mail: ONE_HEADER_AND_SIZE.to_vec(), ..world("one-header-and-size") });
    }
    for (kind, ids) in [("none", Ids::None), ("same", Ids::Same), ("reused", Ids::Reused)] {
        let world = |name: &str| World { ids, ..World::new(format!("ids-{kind}-{name}")) };
        let policy = Policy::PreviewsThenWhole;
        all.push(World { mail: ONE_HEADER.to_vec(), policy, ..world("one-header-previews") });
        all.push(World { mail: vec!["\n1\n", "\n22\n"], ..world("no-header") });
        all.push(World { top: false, ..world("no-top") });
        // One after the other, with the same size, and with or without the same header.
        let follows = |name: &str, coming: &'static str| World {
            mail: vec!["S: a\n\n1\n"],
            coming: vec![coming],
            sessions: 3,
            events: 2,
            ..world(name)
        };
        all.push(World { policy: Policy::Keep, ..follows("follower-keep", "S: b\n\n2\n") });
        all.push(follows("follower-delete", "S: b\n\n2\n"));
        all.push(follows("follower-of-one-header", "S: a\n\n2\n"));
    }
    all
}
