//! `Command::reply_shape` against a server that accepts every command: which of its `+OK` go on after their
//! first line.

use pop3_proto::server::session::{Event, Session};
use pop3_proto::server::{Config, Domain, Fill, MechanismList};
use pop3_proto::{
    Command, Mechanism, MsgNo, Protection, ReplyShape, Security, Stat, Time, Uid, Verb, encode,
};
use proptest::prelude::*;

use crate::owned_command::command;

/// A configuration that offers everything, and AUTH with the mechanism of this command.
fn config_for(command: &Command<'_>) -> Config {
    let mut config = Config::new();
    (config.allow_plaintext_login, config.stls, config.lang) = (true, true, true);
    (config.utf8, config.utf8_user, config.auth_list, config.unknown_commands) = (true, true, true, true);
    config.apop = Domain::copy("h.example");
    let name = match command {
        Command::Auth { mechanism, .. } => str::from_utf8(mechanism).unwrap(),
        _ => "PLAIN",
    };
    config.mechanisms = MechanismList::of(&[Mechanism::new(name.to_owned().leak(), Protection::None, false)]);
    config
}

/// What the client says first, so that the command is legal.
const fn before(verb: Verb) -> &'static [u8] {
    match verb {
        Verb::Pass => b"USER ann\r\n",
        Verb::Stat
        | Verb::List
        | Verb::Retr
        | Verb::Dele
        | Verb::Noop
        | Verb::Rset
        | Verb::Top
        | Verb::Uidl => b"USER ann\r\nPASS secret\r\n",
        _ => b"",
    }
}

/// Shows `window` to the session, accepts whatever it asks, and gives all that it says.
fn accepted(session: &mut Session<&Config>, mut window: &[u8], in_many_lines: bool) -> Vec<u8> {
    let (mut said, uid) = (Vec::new(), Uid::new(b"id").unwrap());
    loop {
        let mut out = Vec::new();
        match session.receive(Time::ZERO, &mut window, &mut out) {
            Event::NeedInput | Event::Closed(_) => return [said, out].concat(),
            Event::NeedOutput => {}
            Event::Login { reply, .. } => reply.accept(session, &mut out, "welcome"),
            Event::Auth { reply, .. } => reply.challenge(session, &mut out, b"").unwrap(),
            Event::SaslResponse { reply, .. } => reply.accept(session, &mut out, "welcome"),
            Event::Stls { reply } => reply.accept(session, &mut out),
            Event::Stat { reply } => reply.ok(session, &mut out, Stat { count: 1, octets: 2 }),
            Event::List { reply, .. } => reply.ok(session, &mut out, 2),
            Event::Uidl { reply, .. } => reply.ok(session, &mut out, uid),
            Event::ListAll { reply } => {
                let mut list = reply.begin(session, &mut out, "sizes");
                list.item(&mut out, MsgNo::FIRST, 2).unwrap();
                list.end(session);
            }
            Event::UidlAll { reply } => {
                let mut list = reply.begin(session, &mut out, "unique-ids");
                list.item(&mut out, MsgNo::FIRST, uid).unwrap();
                list.end(session);
            }
            Event::LangAll { reply } => {
                let mut list = reply.begin(session, &mut out, "languages");
                list.item(&mut out, "en", "English").unwrap();
                list.end(session);
            }
            Event::Retr { reply, .. } | Event::Top { reply, .. } => {
                let mut body = reply.begin(session, &mut out, "message follows");
                assert_eq!(body.fill(&mut &b"a: b\n\n.\n"[..], &mut out), Fill::Done);
                body.end(session);
            }
            Event::Other { reply, .. } if in_many_lines => reply.begin(session, &mut out, "").end(session),
            Event::Other { reply, .. } => reply.ok(session, &mut out, ""),
            Event::Dele { reply, .. } | Event::Rset { reply } => reply.ok(session, &mut out, "done"),
            Event::Utf8 { reply } => reply.ok(session, &mut out, "UTF-8"),
            Event::Lang { reply, .. } => reply.ok(session, &mut out, "en", "English"),
            Event::Quit { reply, .. } => reply.ok(session, &mut out, "bye"),
            event => panic!("{event:?}"),
        }
        said.append(&mut out);
    }
}

/// All that the server says to the command, and to a response of no bytes if there is an exchange.
fn answer(command: &Command<'_>, in_many_lines: bool) -> Vec<u8> {
    let config = config_for(command);
    let mut session = Session::new(&config, Security::Plain).with_apop([1, 2]);
    accepted(&mut session, before(command.verb()), in_many_lines);
    let mut line = Vec::new();
    encode::command(command, &mut line).unwrap();
    if matches!(command, Command::Auth { .. }) {
        line.extend_from_slice(b"\r\n");
    }
    accepted(&mut session, &line, in_many_lines)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Proves 1939-3-13.
    #[test]
    fn a_positive_answer_goes_on_exactly_where_the_shape_says_so(said in command(), in_many_lines in any::<bool>()) {
        let command = said.command();
        let answer = answer(&command, in_many_lines);
        let (first, rest) = answer.split_at(answer.windows(2).position(|pair| pair == b"\r\n").unwrap() + 2);
        let shown = answer.escape_ascii().to_string();
        if first.starts_with(b"-ERR") {
            // Names and passwords have to be in UTF-8.
            prop_assert!(!said.wire().is_ascii(), "{}", shown);
            prop_assert_eq!(rest, b"", "{}", shown);
            return Ok(());
        }
        match command.reply_shape() {
            ReplyShape::Exchange => {
                prop_assert_eq!(first, b"+ \r\n");
                prop_assert_eq!(rest, b"+OK welcome\r\n");
            }
            shape => {
                prop_assert!(first.starts_with(b"+OK"), "{}", shown);
                let is_unknown_and_long = shape == ReplyShape::Unknown && in_many_lines;
                let goes_on = shape == ReplyShape::Multiline || is_unknown_and_long;
                prop_assert_eq!(!rest.is_empty(), goes_on, "{:?}: {}", shape, shown);
                prop_assert!(!goes_on || rest.ends_with(b".\r\n"), "{}", shown);
            }
        }
    }
}
