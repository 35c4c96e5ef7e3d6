//! The table that says which command is legal in which state (RFC 1939 sections 4 to 7, RFC 2449, 2595, 5034,
//! 6856).

use crate::types::Verb;

/// The state of a session while it waits for a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// AUTHORIZATION: nobody is logged in.
    Authorization,
    /// AUTHORIZATION, directly after a USER that was answered `+OK`. Only here is PASS legal.
    NameGiven,
    /// TRANSACTION: the maildrop is open.
    Transaction,
}

impl Phase {
    /// All phases, in the order of the columns of the table.
    pub const ALL: &[Self] = &[Self::Authorization, Self::NameGiven, Self::Transaction];
}

/// What a session does with a well-formed command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Legality {
    /// The session reports it as an event, if the configuration offers the command.
    Event,
    /// The session answers it alone.
    Auto,
    /// The session answers `-ERR`: the command is not legal in this state.
    Refuse,
}

/// What a session does with `verb` in `phase`.
///
/// [`Config::utf8_after_login`](super::Config::utf8_after_login) and
/// [`Config::auth_list`](super::Config::auth_list) make exceptions. Of the commands marked `Event`, a
/// [`Server`](crate::server::Server) answers STAT, LIST, UIDL, DELE and RSET itself, and refuses RETR and TOP
/// of a message that is missing, marked as deleted, or not to be sent before UTF8.
///
/// | verb | AUTHORIZATION | after USER | TRANSACTION |
/// | --- | --- | --- | --- |
#[doc = include_str!("table.md")]
#[must_use]
#[inline]
pub fn legality(phase: Phase, verb: Verb) -> Legality {
    let (_, row) = TABLE.get(verb as usize).copied().unwrap_or((Verb::Other, [Legality::Refuse; 3]));
    let [authorization, name_given, transaction] = row;
    match phase {
        Phase::Authorization => authorization,
        Phase::NameGiven => name_given,
        Phase::Transaction => transaction,
    }
}

const TABLE: [(Verb, [Legality; 3]); 18] = {
    use Legality::{Auto, Event, Refuse};
    [
        //            AUTHORIZATION  after USER  TRANSACTION
        (Verb::User, [Auto, Auto, Refuse]),
        (Verb::Pass, [Refuse, Event, Refuse]),
        (Verb::Apop, [Event, Event, Refuse]),
        (Verb::Auth, [Event, Event, Refuse]),
        (Verb::Stls, [Event, Event, Refuse]),
        (Verb::Capa, [Auto, Auto, Auto]),
        (Verb::Utf8, [Event, Event, Refuse]),
        (Verb::Lang, [Event, Event, Event]),
        (Verb::Stat, [Refuse, Refuse, Event]),
        (Verb::List, [Refuse, Refuse, Event]),
        (Verb::Retr, [Refuse, Refuse, Event]),
        (Verb::Dele, [Refuse, Refuse, Event]),
        (Verb::Noop, [Refuse, Refuse, Auto]),
        (Verb::Rset, [Refuse, Refuse, Event]),
        (Verb::Top, [Refuse, Refuse, Event]),
        (Verb::Uidl, [Refuse, Refuse, Event]),
        (Verb::Quit, [Event, Event, Event]),
        (Verb::Other, [Event, Event, Event]),
    ]
};

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::string::String;

    use super::{Phase, TABLE, legality};

    #[test]
    fn the_table_is_in_the_order_of_the_enum_and_the_docs_are_drawn_from_it() {
        let mut drawn = String::new();
        for (i, (verb, _)) in TABLE.iter().enumerate() {
            assert_eq!(*verb as usize, i, "{verb:?}");
            let name = if verb.as_str().is_empty() { "any other" } else { verb.as_str() };
            let [a, n, t] = [0, 1, 2].map(|at| legality(Phase::ALL[at], *verb));
            writeln!(drawn, "| {name} | {a:?} | {n:?} | {t:?} |").unwrap();
        }
        std::println!("{drawn}");
        assert_eq!(drawn, include_str!("table.md"), "session/table.md is stale: it should read as printed");
    }
}
