//! How it is seen whether a promise is kept. S4, S6 and S9 are seen at once, in `session.rs` and `hooks.rs`.

use pop3_proto::fetch::{Id, Record, Summary};

use crate::world::{Habit, Mail, Policy, State, World};

/// S1, after QUIT has removed these messages.
pub(crate) fn is_safe(state: &State) -> bool {
    state.deleted.iter().all(|(octets, times)| state.store.get(octets).is_some_and(|safe| safe >= times))
}

/// S3: none of these entries, whose messages came otherwise than the server has them, is in the record as if
/// there were no doubt. Each is given by the end of its line.
pub(crate) fn is_doubted(record: &str, wrong: &[String]) -> bool {
    wrong.iter().all(|end| {
        let line = record.lines().rfind(|line| line.ends_with(end));
        let flags = line.and_then(|line| line.split(' ').next()).unwrap_or("doubtful");
        flags.split(',').any(|flag| matches!(flag, "doubtful" | "odd" | "unproved"))
    })
}

/// S5, when nothing goes wrong any more. Of a server that lied, so many messages may be called doubtful: the
/// user has been told.
pub(crate) fn is_settled(world: &World, state: &State, doubtful: u64) -> bool {
    let doubtful = if matches!(world.server, Habit::Lies(_)) { doubtful.try_into().unwrap() } else { 0 };
    let shown = state.shown(world);
    let missing = shown.iter().filter(|mail| {
        let octets = mail.octets();
        let same = shown.iter().filter(|other| other.text == mail.text).count();
        let deleted = state.deleted.get(&octets).copied().map_or(0, usize::from);
        state.store.get(&octets).copied().map_or(0, usize::from) < same + deleted
    });
    let left = state.mailbox.get(doubtful..).unwrap_or_default();
    missing.count() <= doubtful && world.policy.leaves(left)
}

/// S7: a session that ends `Done` has listed all that is there, or says that it has not.
pub(crate) fn is_all_listed(summary: &Summary, shown: usize) -> bool {
    summary.listed == shown as u64 || summary.missing > 0 || summary.unreadable > 0
}

/// S8: whether nothing has to come once more, because TOP tells which messages are known and none is deleted.
pub(crate) fn top_tells(world: &World) -> bool {
    let never_deletes = matches!(world.policy, Policy::Keep | Policy::Forget);
    world.top && matches!(world.server, Habit::Honest | Habit::ShowsNewest) && never_deletes
}

/// S10: the messages that the record has, of those that are shown in this session and are still there, are
/// in it under their ids. Where TOP or RETR is refused, nothing may show which message is which.
pub(crate) fn has_ids(world: &World, state: &State, shown: &[Mail], record: &Record) -> bool {
    let refuses = matches!(world.server, Habit::Refuses("TOP" | "RETR", _)) || !world.top;
    if !world.ids.tell_messages_apart() || !world.ids.announced(state.session) || refuses {
        return true;
    }
    let kept =
        shown.iter().filter(|mail| state.mailbox.contains(mail) && state.recorded.contains(&mail.serial));
    kept.map(|mail| world.ids.of(mail, state.session)).all(|uid| {
        let named = |id: &Id| matches!(id, Id::Uid(other) if **other == *uid.as_bytes());
        record.iter().any(|entry| entry.is_stored() && named(entry.id()))
    })
}
