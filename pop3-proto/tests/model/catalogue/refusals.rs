//! Servers that refuse.

use crate::world::{Habit, Ids, World};

/// Servers that refuse commands, as they may.
pub(crate) fn refusals() -> Vec<World> {
    const NO: &str = "-ERR no\r\n";
    const LATER: &str = "-ERR [SYS/TEMP] later\r\n";
    let world = |name: &str| World::new(format!("refuses-{name}"));
    let refuses = |verb, words| Habit::Refuses(verb, words);
    let mut all = Vec::new();
    for verb in ["RETR", "DELE", "STAT", "LIST", "UIDL"] {
        all.push(World { server: refuses(verb, NO), ..world(&verb.to_lowercase()) });
    }
    for (kind, ids) in [("none", Ids::None), ("same", Ids::Same), ("second-empty", Ids::SecondEmpty)] {
        all.push(World { server: refuses("TOP", NO), ids, ..world(&format!("top-ids-{kind}")) });
    }
    all.push(World { server: Habit::RefusesQuit, ..world("quit") });
    all.push(World {
        server: Habit::RefusesQuit,
        sessions: 3,
        ids: Ids::None,
        events: 0,
        ..world("quit-ids-none")
    });
    let five = vec!["S: a\n\n1\n", "S: b\n\n22\n", "S: c\n\n333\n", "S: d\n\n4444\n", "S: e\n\n55555\n"];
    let later = World {
        server: refuses("RETR", LATER),
        mail: five,
        coming: vec![],
        sessions: 1,
        crashes: false,
        ..world("later")
    };
    all.push(World { pipelining: false, name: "refuses-later-one-by-one".into(), ..later.clone() });
    all.push(later);
    all
}
