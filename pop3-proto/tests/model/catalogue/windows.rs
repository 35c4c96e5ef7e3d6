//! Servers that show a part of their messages.

use crate::lies::Lie;
use crate::world::{Habit, Ids, Policy, World};

/// Servers that show some of their messages, or for a while none.
pub(crate) fn windows() -> Vec<World> {
    let world = |name: &str| World { sessions: 3, ..World::new(format!("windows-{name}")) };
    let newest = |name: &str| World { server: Habit::ShowsNewest, mail: vec!["S: a\n\n1\n"], ..world(name) };
    let away = |name: &str| World {
        server: Habit::Lies(Lie::StatZero),
        mail: vec!["S: a\n\n1\n"],
        coming: vec![],
        pipelining: false,
        ..world(name)
    };
    vec![
        World { policy: Policy::Keep, ..newest("newest-keep") },
        newest("newest-delete"),
        World { policy: Policy::DeleteAfterADay, events: 2, ..newest("newest-after-a-day") },
        World { ids: Ids::None, ..newest("newest-ids-none") },
        World { policy: Policy::Keep, ..away("stat-zero-keep") },
        away("stat-zero-delete"),
        World { server: Habit::Lies(Lie::Missing("LIST")), sessions: 2, ..world("list-short") },
        World {
            server: Habit::Lies(Lie::Missing("LIST")),
            sessions: 2,
            ids: Ids::None,
            ..world("list-short-ids-none")
        },
        World { server: Habit::Lies(Lie::Missing("UIDL")), sessions: 2, ..world("uidl-short") },
    ]
}
