//! Servers that lie.

use super::{AT_ONCE, LONE_DOT};
use crate::lies::Lie;
use crate::world::{Habit, Ids, Policy, Program, Reads, World};

/// Servers that break the protocol or say what is not so.
pub(crate) fn liars() -> Vec<World> {
    let liar = |name: &str, lie| World {
        server: Habit::Lies(lie),
        mail: vec!["S: a\n\n1\n", "S: b\n\n22\n"],
        coming: vec![],
        events: 0,
        ..World::new(format!("liar-{name}"))
    };
    let one_size = || vec!["S: a\n\n1\n", "S: b\n\n2\n"];
    let pop3get = Program { skips_unasked: true, ..AT_ONCE };
    let batch = Program { batch: true, ..pop3get };
    let dot = |name: &str| World { mail: vec![LONE_DOT], ..liar(name, Lie::Unstuffed) };
    let mixed = |name: &str| World { reads: Reads::Whole, crashes: false, ..liar(name, Lie::Mixed) };
    vec![
        dot("unstuffed"),
        World { program: pop3get, ..dot("unstuffed-pop3get") },
        World { pipelining: false, ..dot("unstuffed-one-by-one") },
        World { mail: vec![LONE_DOT, "S: b\n\n22\n"], ..dot("unstuffed-first-of-two") },
        World { mail: vec!["S: b\n\n22\n", LONE_DOT], program: pop3get, ..dot("unstuffed-second-of-two") },
        World { policy: Policy::DeleteAfterADay, ..dot("unstuffed-after-a-day") },
        World { policy: Policy::Keep, ..dot("unstuffed-keep") },
        World { ids: Ids::None, ..dot("unstuffed-ids-none") },
        World { mail: vec![LONE_DOT, "S: b\n\n22\n"], program: batch, ..dot("unstuffed-batch") },
        mixed("mixed"),
        World { program: pop3get, ..mixed("mixed-pop3get") },
        World {
            mail: vec!["", "S: b\n\n22\n"],
            reads: Reads::Lines,
            crashes: true,
            ..mixed("mixed-one-empty")
        },
        World { mail: vec!["", "", ""], ..mixed("mixed-three-empty") },
        World { mail: one_size(), ..mixed("mixed-one-size") },
        World { mail: vec!["", "S: b\n\n22\n"], program: batch, crashes: true, ..mixed("mixed-batch") },
        World { mail: vec!["", "S: b\n\n22\n"], ids: Ids::None, ..mixed("mixed-ids-none") },
        liar("bodies-reordered", Lie::BodiesReordered),
        World { mail: one_size(), ..liar("bodies-reordered-one-size", Lie::BodiesReordered) },
        liar("reordered", Lie::Reordered),
        World { mail: one_size(), ..liar("reordered-one-size", Lie::Reordered) },
        liar("neighbour", Lie::Neighbour),
        World { mail: one_size(), ..liar("neighbour-one-size", Lie::Neighbour) },
        liar("plus-err", Lie::PlusErr),
        World { program: pop3get, ..liar("plus-err-pop3get", Lie::PlusErr) },
        liar("short-body", Lie::Missing("RETR")),
        liar("line-twice-retr", Lie::LineTwice("RETR")),
        liar("line-twice-list", Lie::LineTwice("LIST")),
        liar("line-twice-uidl", Lie::LineTwice("UIDL")),
        liar("status-twice-retr", Lie::StatusTwice("RETR")),
        liar("status-twice-dele", Lie::StatusTwice("DELE")),
        liar("status-twice-stat", Lie::StatusTwice("STAT")),
        World { program: pop3get, ..liar("status-twice-retr-pop3get", Lie::StatusTwice("RETR")) },
        liar("reply-twice-retr", Lie::ReplyTwice("RETR")),
        World {
            program: pop3get,
            pipelining: false,
            ..liar("reply-twice-one-by-one", Lie::ReplyTwice("RETR"))
        },
        liar("reply-twice-list", Lie::ReplyTwice("LIST")),
        liar("sizes-count-lf", Lie::SizesCountLf),
        liar("sizes-one-more", Lie::SizesOneMore),
        World { policy: Policy::Keep, ..liar("sizes-one-more-keep", Lie::SizesOneMore) },
        liar("list-tabbed", Lie::TabbedList),
        World { ids: Ids::None, ..liar("list-tabbed-ids-none", Lie::TabbedList) },
        liar("list-unreadable", Lie::Unreadable("LIST")),
        World { ids: Ids::None, ..liar("list-unreadable-ids-none", Lie::Unreadable("LIST")) },
        liar("uidl-unreadable", Lie::Unreadable("UIDL")),
        World { policy: Policy::Keep, ..liar("list-unreadable-keep", Lie::Unreadable("LIST")) },
        World { sessions: 3, ..liar("quit-removes-nothing", Lie::QuitRemovesNothing) },
        World {
            sessions: 3,
            ids: Ids::None,
            ..liar("quit-removes-nothing-ids-none", Lie::QuitRemovesNothing)
        },
    ]
}
