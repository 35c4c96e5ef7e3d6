//! `OwnedCommand`, a command that owns its arguments, and strategies for good and hostile ones.

use pop3_proto::{ApopDigest, Base64, Command, MsgNo, Secret, Verb};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::pair::base64;
use crate::{big, hostile, mechanism, number, tag};

/// A command that owns its arguments.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum OwnedCommand {
    User(Vec<u8>),
    Pass(Vec<u8>),
    Apop(Vec<u8>, [u8; 16]),
    Auth(Vec<u8>, Option<String>),
    Lang(Vec<u8>),
    List(MsgNo),
    Retr(MsgNo),
    Dele(MsgNo),
    Top(MsgNo, u64),
    Uidl(MsgNo),
    Alone(Verb),
    Other(Vec<u8>, Option<Vec<u8>>),
}

const ALONE: [Verb; 11] = [
    Verb::Auth,
    Verb::Stls,
    Verb::Capa,
    Verb::Utf8,
    Verb::Lang,
    Verb::Stat,
    Verb::List,
    Verb::Noop,
    Verb::Rset,
    Verb::Uidl,
    Verb::Quit,
];

impl OwnedCommand {
    pub(crate) fn command(&self) -> Command<'_> {
        match self {
            Self::User(name) => Command::User(name),
            Self::Pass(password) => Command::Pass(Secret::new(password)),
            Self::Apop(name, digest) => Command::Apop { name, digest: ApopDigest::new(*digest) },
            Self::Auth(mechanism, initial) => Command::Auth {
                mechanism,
                initial: initial.as_ref().map(|text| Base64::new(text.as_bytes()).expect("base64")),
            },
            Self::Lang(range) => Command::Lang(Some(range)),
            Self::List(n) => Command::List(Some(*n)),
            Self::Retr(n) => Command::Retr(*n),
            Self::Dele(n) => Command::Dele(*n),
            Self::Top(number, lines) => Command::Top { number: *number, lines: *lines },
            Self::Uidl(n) => Command::Uidl(Some(*n)),
            Self::Alone(verb) => match verb {
                Verb::Auth => Command::AuthList,
                Verb::Stls => Command::Stls,
                Verb::Capa => Command::Capa,
                Verb::Utf8 => Command::Utf8,
                Verb::Lang => Command::Lang(None),
                Verb::Stat => Command::Stat,
                Verb::List => Command::List(None),
                Verb::Noop => Command::Noop,
                Verb::Rset => Command::Rset,
                Verb::Uidl => Command::Uidl(None),
                Verb::Quit => Command::Quit,
                other => panic!("{other:?} has arguments"),
            },
            Self::Other(verb, args) => Command::Other { verb, args: args.as_deref() },
        }
    }

    pub(crate) fn of(command: &Command<'_>) -> Self {
        match *command {
            Command::User(name) => Self::User(name.to_vec()),
            Command::Pass(password) => Self::Pass(password.expose().to_vec()),
            Command::Apop { name, digest } => Self::Apop(name.to_vec(), *digest.octets()),
            Command::Auth { mechanism, initial } => {
                let text = initial.map(|text| String::from_utf8(text.as_bytes().to_vec()).unwrap());
                Self::Auth(mechanism.to_vec(), text)
            }
            Command::Lang(Some(range)) => Self::Lang(range.to_vec()),
            Command::List(Some(n)) => Self::List(n),
            Command::Retr(n) => Self::Retr(n),
            Command::Dele(n) => Self::Dele(n),
            Command::Top { number, lines } => Self::Top(number, lines),
            Command::Uidl(Some(n)) => Self::Uidl(n),
            Command::Other { verb, args } => Self::Other(verb.to_vec(), args.map(<[u8]>::to_vec)),
            ref alone => Self::Alone(alone.verb()),
        }
    }

    /// The line that the RFCs define for it.
    pub(crate) fn wire(&self) -> Vec<u8> {
        let with = |verb: &str, args: &[u8]| [verb.as_bytes(), b" ", args, b"\r\n"].concat();
        match self {
            Self::User(name) => with("USER", name),
            Self::Pass(password) => with("PASS", password),
            Self::Apop(name, digest) => {
                let hex: String = digest.iter().map(|octet| format!("{octet:02x}")).collect();
                with("APOP", &[&name[..], b" ", hex.as_bytes()].concat())
            }
            Self::Auth(mechanism, None) => with("AUTH", mechanism),
            Self::Auth(mechanism, Some(text)) => {
                let text = if text.is_empty() { "=" } else { text };
                with("AUTH", &[&mechanism[..], b" ", text.as_bytes()].concat())
            }
            Self::Lang(range) => with("LANG", range),
            Self::List(n) => format!("LIST {n}\r\n").into_bytes(),
            Self::Retr(n) => format!("RETR {n}\r\n").into_bytes(),
            Self::Dele(n) => format!("DELE {n}\r\n").into_bytes(),
            Self::Top(n, lines) => format!("TOP {n} {lines}\r\n").into_bytes(),
            Self::Uidl(n) => format!("UIDL {n}\r\n").into_bytes(),
            Self::Alone(verb) => format!("{}\r\n", verb.as_str()).into_bytes(),
            Self::Other(verb, None) => [&verb[..], b"\r\n"].concat(),
            Self::Other(verb, Some(args)) => [verb, &b" "[..], args, b"\r\n"].concat(),
        }
    }
}

/// Text that may stand in an argument that takes the rest of the line.
fn text(max: usize) -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![6 => 0x20_u8..=0x7E, 1 => Just(b' '), 1 => 0x80_u8..=0xFF];
    prop_oneof![8 => vec(octet.clone(), 1..40), 1 => vec(octet, 1..=max), 1 => Just(vec![b'x'; max])]
}

fn word(max: usize) -> impl Strategy<Value = Vec<u8>> {
    text(max).prop_map(|mut word| {
        word.iter_mut().filter(|b| **b == b' ').for_each(|b| *b = b'_');
        word
    })
}

fn language() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::from("*")), tag()]
}

pub(crate) fn command() -> impl Strategy<Value = OwnedCommand> {
    let initial = prop_oneof![Just(None), vec(any::<u8>(), 0..=165).prop_map(|data| Some(base64(&data)))];
    let verb = "[!-~]{3,4}".prop_map(String::into_bytes);
    let known = |verb: &Vec<u8>| Verb::ALL.iter().any(|v| v.as_str().as_bytes().eq_ignore_ascii_case(verb));
    let args = prop_oneof![Just(None), Just(Some(Vec::new())), text(248).prop_map(Some)];
    prop_oneof![
        text(248).prop_map(OwnedCommand::User),
        text(248).prop_map(OwnedCommand::Pass),
        (word(215), any::<[u8; 16]>()).prop_map(|(name, digest)| OwnedCommand::Apop(name, digest)),
        (mechanism(), initial).prop_map(|(name, initial)| OwnedCommand::Auth(name, initial)),
        language().prop_map(|range| OwnedCommand::Lang(range.into_bytes())),
        number().prop_map(OwnedCommand::List),
        number().prop_map(OwnedCommand::Retr),
        number().prop_map(OwnedCommand::Dele),
        (number(), prop_oneof![big(), Just(u64::MAX)]).prop_map(|(n, lines)| OwnedCommand::Top(n, lines)),
        number().prop_map(OwnedCommand::Uidl),
        select(&ALONE).prop_map(OwnedCommand::Alone),
        (verb.prop_filter("a verb of its own", move |verb| !known(verb)), args)
            .prop_map(|(verb, args)| OwnedCommand::Other(verb, args)),
    ]
}

pub(crate) fn hostile_command() -> impl Strategy<Value = OwnedCommand> {
    let initial = prop_oneof![Just(None), vec(any::<u8>(), 0..300).prop_map(|data| Some(base64(&data)))];
    prop_oneof![
        hostile().prop_map(OwnedCommand::User),
        hostile().prop_map(OwnedCommand::Pass),
        (hostile(), any::<[u8; 16]>()).prop_map(|(name, digest)| OwnedCommand::Apop(name, digest)),
        (prop_oneof![hostile(), mechanism()], initial)
            .prop_map(|(name, initial)| OwnedCommand::Auth(name, initial)),
        hostile().prop_map(OwnedCommand::Lang),
        (prop_oneof![hostile(), vec(any::<u8>(), 0..6)], prop::option::of(hostile()))
            .prop_map(|(verb, args)| OwnedCommand::Other(verb, args)),
    ]
}

/// Lines, some of which are commands.
pub(crate) fn command_line() -> impl Strategy<Value = Vec<u8>> {
    let verb = prop_oneof![
        select(Verb::ALL).prop_map(|verb| verb.as_str().to_owned()),
        select(Verb::ALL).prop_map(|verb| verb.as_str().to_lowercase()),
        "[A-Za-z+.]{2,5}",
    ];
    let arg = prop_oneof![
        big().prop_map(|n| n.to_string().into_bytes()),
        Just(b"99999999999999999999999".to_vec()),
        Just(b"007".to_vec()),
        vec(any::<u8>(), 0..8).prop_map(|data| base64(&data).into_bytes()),
        vec(any::<u8>(), 0..5),
        any::<[u8; 16]>().prop_map(|d| d.iter().map(|o| format!("{o:02x}")).collect::<String>().into_bytes()),
        mechanism(),
        language().prop_map(String::into_bytes),
        text(40),
    ];
    let args =
        vec((prop_oneof![12 => Just(&b" "[..]), 1 => Just(&b"  "[..]), 1 => Just(&b""[..])], arg), 0..4);
    (verb, args, prop_oneof![8 => Just(&b""[..]), 1 => Just(&b" "[..])]).prop_map(|(verb, args, end)| {
        let mut line = verb.into_bytes();
        for (gap, arg) in args {
            line.extend_from_slice(gap);
            line.extend_from_slice(&arg);
        }
        line.extend_from_slice(end);
        line
    })
}
