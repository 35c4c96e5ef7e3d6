//! Value to octets to value, and the other way round; whatever the arguments, the encoder writes one line or nothing.

mod common;
#[path = "common/pair.rs"]
mod pair;

use pair::base64;
use pop3_proto::client::{Client, Profile, SendError};
use pop3_proto::limits::{COMMAND_LINE, REPLY_LINE};
use pop3_proto::{
    Base64, Capability, Code, Command, Deviation, Deviations, Digest, Expire, FixedBuf, Full, LoginDelay,
    Mechanisms, MsgNo, Output, Scan, Secret, Security, Stat, Status, Timestamp, Uid, Verb, encode, parse,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

// ----- commands

/// A command that owns its arguments.
#[derive(Clone, Debug, PartialEq)]
enum Said {
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

impl Said {
    fn command(&self) -> Command<'_> {
        match self {
            Self::User(name) => Command::User(name),
            Self::Pass(password) => Command::Pass(Secret::new(password)),
            Self::Apop(name, digest) => Command::Apop { name, digest: Digest::new(*digest) },
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

    fn of(command: &Command<'_>) -> Self {
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

    /// The line that the RFCs give it.
    fn wire(&self) -> Vec<u8> {
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

fn number() -> impl Strategy<Value = MsgNo> {
    prop_oneof![1_u32..12, any::<u32>(), Just(u32::MAX)].prop_filter_map("zero", MsgNo::new)
}

fn big() -> impl Strategy<Value = u64> {
    prop_oneof![0_u64..20, any::<u64>(), Just(u64::from(u32::MAX) + 1), 99_999_990_u64..100_000_010]
}

/// What may stand in an argument that takes the rest of the line.
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

fn mechanism() -> impl Strategy<Value = Vec<u8>> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    prop_oneof![Just(b"PLAIN".to_vec()), vec(select(&alphabet[..]), 1..=20)]
}

fn language() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::from("*")), tag()]
}

fn tag() -> impl Strategy<Value = String> {
    "[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,3}"
}

fn command() -> impl Strategy<Value = Said> {
    let initial = prop_oneof![Just(None), vec(any::<u8>(), 0..=165).prop_map(|data| Some(base64(&data)))];
    let verb = "[!-~]{3,4}".prop_map(String::into_bytes);
    let known = |verb: &Vec<u8>| Verb::ALL.iter().any(|v| v.as_str().as_bytes().eq_ignore_ascii_case(verb));
    let args = prop_oneof![Just(None), Just(Some(Vec::new())), text(248).prop_map(Some)];
    prop_oneof![
        text(248).prop_map(Said::User),
        text(248).prop_map(Said::Pass),
        (word(215), any::<[u8; 16]>()).prop_map(|(name, digest)| Said::Apop(name, digest)),
        (mechanism(), initial).prop_map(|(name, initial)| Said::Auth(name, initial)),
        language().prop_map(|range| Said::Lang(range.into_bytes())),
        number().prop_map(Said::List),
        number().prop_map(Said::Retr),
        number().prop_map(Said::Dele),
        (number(), prop_oneof![big(), Just(u64::MAX)]).prop_map(|(n, lines)| Said::Top(n, lines)),
        number().prop_map(Said::Uidl),
        select(&ALONE).prop_map(Said::Alone),
        (verb.prop_filter("a verb of its own", move |verb| !known(verb)), args)
            .prop_map(|(verb, args)| Said::Other(verb, args)),
    ]
}

/// Any octets at all where octets can be given, mostly those that do harm.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![4 => 0x21_u8..=0x7E, 2 => select(b"\r\n\0 \t\x7F=."), 1 => any::<u8>()];
    prop_oneof![6 => vec(octet.clone(), 0..30), 1 => vec(octet, 200..300), 1 => vec(0x21_u8..=0x7E, 200..300)]
}

fn hostile_command() -> impl Strategy<Value = Said> {
    let initial = prop_oneof![Just(None), vec(any::<u8>(), 0..300).prop_map(|data| Some(base64(&data)))];
    prop_oneof![
        hostile().prop_map(Said::User),
        hostile().prop_map(Said::Pass),
        (hostile(), any::<[u8; 16]>()).prop_map(|(name, digest)| Said::Apop(name, digest)),
        (prop_oneof![hostile(), mechanism()], initial).prop_map(|(name, initial)| Said::Auth(name, initial)),
        hostile().prop_map(Said::Lang),
        (prop_oneof![hostile(), vec(any::<u8>(), 0..6)], prop::option::of(hostile()))
            .prop_map(|(verb, args)| Said::Other(verb, args)),
    ]
}

/// Lines that are commands now and then.
fn command_line() -> impl Strategy<Value = Vec<u8>> {
    let verb = prop_oneof![
        select(&Verb::ALL).prop_map(|verb| verb.as_str().to_owned()),
        select(&Verb::ALL).prop_map(|verb| verb.as_str().to_lowercase()),
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

// ----- an output that keeps books

/// Refuses what passes its room.
struct Tight {
    octets: Vec<u8>,
    room: usize,
}

const BEFORE: &[u8] = b"+OK said before\r\n";

impl Tight {
    fn with(room: usize) -> Self {
        Self { octets: BEFORE.to_vec(), room }
    }

    fn behind(&self) -> &[u8] {
        self.octets.strip_prefix(BEFORE).expect("what was said before stays")
    }
}

impl Output for Tight {
    fn room(&self) -> usize {
        self.room
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        self.room = self.room.checked_sub(bytes.len()).ok_or(Full)?;
        self.octets.extend_from_slice(bytes);
        Ok(())
    }
}

fn room() -> impl Strategy<Value = usize> {
    prop_oneof![2 => 0_usize..40, 2 => 40_usize..600, 2 => Just(512), 2 => Just(16 * 1024)]
}

/// Nothing on failure; on success one line of at most `limit` octets that holds no CR, LF or NUL.
fn one_line<E: std::fmt::Debug + PartialEq>(
    limit: usize,
    room: usize,
    write: impl Fn(&mut Tight) -> Result<(), E>,
) -> Result<Option<Vec<u8>>, TestCaseError> {
    let mut out = Tight::with(room);
    let written = write(&mut out);
    let line = out.behind();
    if let Err(error) = written {
        prop_assert_eq!(line, b"", "octets were left behind by {:?}", error);
        return Ok(None);
    }
    prop_assert!(line.len() <= limit, "{} octets", line.len());
    let text = line.strip_suffix(b"\r\n");
    prop_assert!(text.is_some(), "no line end: {}", line.escape_ascii());
    let bad = text.unwrap().iter().any(|b| b"\r\n\0".contains(b));
    prop_assert!(!bad, "more than one line: {}", line.escape_ascii());
    Ok(Some(line.to_vec()))
}

/// As [`one_line`], where the room is enough.
fn whole_line<E: std::fmt::Debug + PartialEq>(
    write: impl Fn(&mut Tight) -> Result<(), E>,
) -> Result<Vec<u8>, TestCaseError> {
    one_line(REPLY_LINE, REPLY_LINE, write)?.ok_or_else(|| TestCaseError::fail("no line into 512 octets"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Proves 1939-3-03, 1939-3-06, 1939-7-22, 2449-3-01.
    #[test]
    fn a_command_is_written_as_the_grammar_has_it_and_read_again(said in command()) {
        let mut out = BEFORE.to_vec();
        prop_assert_eq!(encode::command(&said.command(), &mut out), Ok(()));
        let wire = &out[BEFORE.len()..];
        prop_assert_eq!(wire.escape_ascii().to_string(), said.wire().escape_ascii().to_string());
        prop_assert!(wire.len() <= COMMAND_LINE);
        let read = parse::command(wire.strip_suffix(b"\r\n").unwrap());
        prop_assert_eq!(read.map(|command| Said::of(&command)), Ok(said));
    }

    /// Covers crlf-nul-in-command-arguments.
    #[test]
    fn a_command_with_hostile_arguments_is_one_line_or_nothing(said in hostile_command(), room in room()) {
        let line = one_line(COMMAND_LINE, room, |out| encode::command(&said.command(), out))?;
        if let Some(line) = line {
            prop_assert_eq!(&line, &said.wire());
            prop_assert!(!line[..line.len() - 2].iter().any(u8::is_ascii_control));
        }
        let mut buf: FixedBuf<512> = FixedBuf::new();
        buf.put(&vec![b'-'; 512 - room.min(512)]).unwrap();
        let before = buf.bytes().len();
        if encode::command(&said.command(), &mut buf).is_err() {
            prop_assert_eq!(buf.bytes().len(), before);
        }
    }

    #[test]
    fn a_line_that_reads_as_a_command_is_written_as_the_same_command(line in command_line()) {
        if let Ok(command) = parse::command(&line) {
            let said = Said::of(&command);
            let mut out = Vec::new();
            match encode::command(&command, &mut out) {
                Err(error) => prop_assert!(line.len() > COMMAND_LINE - 2, "{:?} for {:?}", error, said),
                Ok(()) => {
                    let again = parse::command(out.strip_suffix(b"\r\n").unwrap());
                    prop_assert_eq!(again.map(|command| Said::of(&command)), Ok(said));
                }
            }
        }
    }
}

/// Proves 2449-4-01.
#[test]
fn a_command_line_of_255_octets_is_written_and_one_more_is_not() {
    for (verb, most) in [(Verb::User, 248), (Verb::Pass, 248)] {
        for (len, good) in [(most, true), (most + 1, false)] {
            let arg = vec![b'a'; len];
            let said = if verb == Verb::User { Said::User(arg) } else { Said::Pass(arg) };
            let mut out = Vec::new();
            assert_eq!(encode::command(&said.command(), &mut out).is_ok(), good, "{verb:?} and {len}");
            assert_eq!(out.len(), if good { COMMAND_LINE } else { 0 });
        }
    }
}

/// Proves 5034-4-01, 5034-4-10.
#[test]
fn initial_responses_fit_up_to_the_octet_that_the_line_has_room_for() {
    for (mechanism, most) in [
        ("PLAIN", 180),
        ("LOGIN", 180),
        ("XOAUTH2", 180),
        ("EXTERNAL", 177),
        ("ANONYMOUS", 177),
        ("OAUTHBEARER", 177),
        ("SCRAM-SHA-1", 177),
        ("SCRAM-SHA-256", 174),
        ("SCRAM-SHA-512", 174),
        ("SCRAM-SHA-1-PLUS", 171),
        ("SCRAM-SHA-256-PLUS", 171),
    ] {
        let mut client: Client = Client::new(Profile::STRICT, Security::Tls);
        client.receive(&mut &b"+OK\r\n"[..]).unwrap();
        let mut out = Vec::new();
        let data = vec![0xA5; most + 1];
        assert_eq!(client.auth(mechanism, Some(&data), &mut out), Err(SendError::TooLong), "{mechanism}");
        assert_eq!(out, b"");
        client.auth(mechanism, Some(&data[..most]), &mut out).unwrap();
        assert!(out.len() <= COMMAND_LINE);
        assert_eq!(out, format!("AUTH {mechanism} {}\r\n", base64(&data[..most])).into_bytes());
    }
}

// ----- replies

/// A text that needs no mending.
fn plain() -> impl Strategy<Value = String> {
    "([ -Z\\\\-~][ -~]{0,60})?"
}

/// Any characters, mostly those that do harm.
fn hostile_text() -> impl Strategy<Value = String> {
    let harm: Vec<char> =
        "\r\n\0\t\u{7F}\u{80}\u{85}\u{A0}\u{2028}[]<>@.+-= \u{e9}\u{1F4EC}".chars().collect();
    let one = prop_oneof![2 => select(harm), 2 => proptest::char::range(' ', '~'), 1 => any::<char>()];
    let text = prop_oneof![6 => vec(one.clone(), 0..30), 1 => vec(one, 300..700)];
    text.prop_map(|chars| chars.into_iter().collect())
}

fn code() -> impl Strategy<Value = Option<Code>> {
    const CODES: [Option<Code>; 8] = [
        None,
        Some(Code::LoginDelay),
        Some(Code::InUse),
        Some(Code::SysTemp),
        Some(Code::SysPerm),
        Some(Code::Sys),
        Some(Code::Auth),
        Some(Code::Utf8),
    ];
    select(&CODES)
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![Just(Status::Ok), Just(Status::Err)]
}

fn timestamp() -> impl Strategy<Value = String> {
    "<[!-;=?A-~]{1,30}@[!-;=?A-~]{1,30}>"
}

fn uid() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(0x21_u8..=0x7E, 1..=70), Just(vec![b'~'; 70]), Just(vec![b'.'])]
}

/// What `write` wrote, without its CRLF.
fn written<E: std::fmt::Debug>(write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out).expect("room for everything");
    out.strip_suffix(b"\r\n").expect("one line").to_vec()
}

/// Reads without a note, or panics.
fn read<'i, T, E: std::fmt::Debug>(
    line: &'i [u8],
    parse: impl FnOnce(&'i [u8], &mut Deviations) -> Result<T, E>,
) -> T {
    let mut seen = Deviations::NONE;
    let value = parse(line, &mut seen).unwrap_or_else(|e| panic!("{e:?} in {}", line.escape_ascii()));
    assert!(seen.is_empty(), "{seen:?} in {}", line.escape_ascii());
    value
}

fn behind_ok(line: &[u8]) -> &[u8] {
    line.strip_prefix(b"+OK ").unwrap_or_else(|| panic!("no +OK in {}", line.escape_ascii()))
}

fn capability() -> impl Strategy<Value = Capability<'static>> {
    const CAPABILITIES: [Capability<'_>; 17] = [
        Capability::Top,
        Capability::User,
        Capability::RespCodes,
        Capability::Pipelining,
        Capability::Uidl,
        Capability::Stls,
        Capability::AuthRespCode,
        Capability::Utf8 { user: false },
        Capability::Utf8 { user: true },
        Capability::Lang,
        Capability::Sasl(Mechanisms::new(b"")),
        Capability::Sasl(Mechanisms::new(b"PLAIN SCRAM-SHA-256-PLUS x_1")),
        Capability::Implementation(b"Some Server v2.3.4-5."),
        Capability::Other { tag: b"X-TAG", params: b"" },
        Capability::Other { tag: b"x/!~", params: b"one two . three" },
        Capability::Other { tag: b"TOPS", params: b".." },
        Capability::Expire(Expire { days: None, per_user: false }),
    ];
    let days = prop::option::of(big());
    prop_oneof![
        select(&CAPABILITIES),
        (days, any::<bool>()).prop_map(|(days, per_user)| Capability::Expire(Expire { days, per_user })),
        (big(), any::<bool>())
            .prop_map(|(seconds, per_user)| Capability::LoginDelay(LoginDelay { seconds, per_user })),
    ]
}

fn capability_line(one: &Capability<'_>) -> String {
    let user = |per_user: bool| if per_user { " USER" } else { "" };
    match one {
        Capability::Top => "TOP".into(),
        Capability::User => "USER".into(),
        Capability::RespCodes => "RESP-CODES".into(),
        Capability::Pipelining => "PIPELINING".into(),
        Capability::Uidl => "UIDL".into(),
        Capability::Stls => "STLS".into(),
        Capability::AuthRespCode => "AUTH-RESP-CODE".into(),
        Capability::Utf8 { user: all } => format!("UTF8{}", user(*all)),
        Capability::Lang => "LANG".into(),
        Capability::Sasl(names) => {
            names.iter().fold("SASL".into(), |line, name| format!("{line} {}", name.escape_ascii()))
        }
        Capability::LoginDelay(delay) => format!("LOGIN-DELAY {}{}", delay.seconds, user(delay.per_user)),
        Capability::Expire(Expire { days: None, per_user }) => format!("EXPIRE NEVER{}", user(*per_user)),
        Capability::Expire(Expire { days: Some(n), per_user }) => format!("EXPIRE {n}{}", user(*per_user)),
        Capability::Implementation(name) => format!("IMPLEMENTATION {}", name.escape_ascii()),
        Capability::Other { tag, params: b"" } => tag.escape_ascii().to_string(),
        Capability::Other { tag, params } => format!("{} {}", tag.escape_ascii(), params.escape_ascii()),
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Proves 1939-3-09, 1939-3-11, 2449-8-01.
    #[test]
    fn a_status_line_is_written_exactly_and_read_again(status in status(), code in code(), text in plain()) {
        let line = written(|out| encode::status_line(status, code, &text, out));
        let mut due = String::from(if status == Status::Ok { "+OK" } else { "-ERR" });
        if let Some(code) = code {
            due += &format!(" [{}]", code.as_str());
        }
        if !text.is_empty() {
            due += &format!(" {text}");
        }
        prop_assert_eq!(line.escape_ascii().to_string(), due.as_bytes().escape_ascii().to_string());
        let value = read(&line, parse::status_line);
        prop_assert_eq!((value.status, value.known_code()), (status, code));
        prop_assert_eq!(value.code.is_some(), code.is_some());
        prop_assert_eq!(value.text.as_bytes(), text.as_bytes());
    }

    #[test]
    fn a_status_line_in_utf_8_is_read_again(
        status in status(),
        code in code(),
        text in "[ -Z\\\\-~\u{e9}\u{4e00}]{0,60}",
    ) {
        let line = written(|out| encode::status_line_utf8(status, code, &text, out));
        let value = read(&line, parse::status_line);
        prop_assert_eq!((value.status, value.known_code()), (status, code));
        prop_assert_eq!(value.text.as_bytes(), text.as_bytes());
    }

    #[test]
    fn a_greeting_is_read_again_with_its_timestamp(
        text in "([ -;=-Z\\\\-~][ -;=-~]{0,60})?",
        stamp in prop::option::of(timestamp()),
    ) {
        let stamp = stamp.as_deref().map(|stamp| Timestamp::new(stamp).unwrap());
        let line = written(|out| encode::greeting(&text, stamp, out));
        let parts = [Some("+OK"), Some(&text[..]).filter(|t| !t.is_empty()), stamp.map(|stamp| stamp.as_str())];
        let due = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        prop_assert_eq!(line.escape_ascii().to_string(), due.as_bytes().escape_ascii().to_string());
        let value = read(&line, parse::greeting);
        prop_assert_eq!(value.line.status, Status::Ok);
        prop_assert_eq!(value.line.code, None);
        prop_assert_eq!(value.timestamp, stamp);
        prop_assert_eq!(value.line.text.as_bytes(), due.get(4..).unwrap_or("").as_bytes());
    }

    /// Proves 1939-4-10, 1939-5-03, 1939-5-04, 1939-5-12, 1939-7-08.
    #[test]
    fn listing_lines_are_written_exactly_and_read_again(
        n in number(),
        count in big(),
        octets in big(),
        id in uid(),
    ) {
        let (scan, stat, uid) = (Scan { number: n, octets }, Stat { count, octets }, Uid::new(&id).unwrap());
        let line = written(|out| encode::stat_reply(stat, out));
        prop_assert_eq!(&line, &format!("+OK {count} {octets}").into_bytes());
        prop_assert_eq!(read(behind_ok(&line), parse::stat_reply), stat);
        let line = written(|out| encode::scan_reply(scan, out));
        prop_assert_eq!(&line, &format!("+OK {n} {octets}").into_bytes());
        prop_assert_eq!(read(behind_ok(&line), parse::scan_reply), scan);
        let line = written(|out| encode::scan_item(scan, out));
        prop_assert_eq!(&line, &format!("{n} {octets}").into_bytes());
        prop_assert_eq!(read(&line, parse::scan_item), scan);
        let line = written(|out| encode::uid_reply(n, uid, out));
        prop_assert_eq!(&line, &[format!("+OK {n} ").as_bytes(), &id].concat());
        let value = read(behind_ok(&line), parse::uid_reply);
        prop_assert_eq!((value.number, value.uid), (Some(n), &id[..]));
        let line = written(|out| encode::uid_item(n, uid, out));
        prop_assert_eq!(&line, &[format!("{n} ").as_bytes(), &id].concat());
        let value = read(&line, parse::uid_item);
        prop_assert_eq!((value.number, value.uid), (Some(n), &id[..]));
    }

    /// Proves 6856-3.2-06.
    #[test]
    fn language_lines_are_read_again(tag in tag(), text in "([ -~\u{e9}\u{4e00}]{0,50}[!-~\u{e9}])") {
        let line = written(|out| encode::lang_item(&tag, &text, out));
        prop_assert_eq!(&line, &format!("{tag} {text}").into_bytes());
        let value = read(&line, parse::lang_item);
        prop_assert_eq!((value.tag, value.description.as_bytes()), (tag.as_bytes(), text.as_bytes()));
        let line = written(|out| encode::lang_reply(&tag, &text, out));
        prop_assert_eq!(&line, &format!("+OK {tag} {text}").into_bytes());
        let value = read(behind_ok(&line), parse::lang_item);
        prop_assert_eq!((value.tag, value.description.as_bytes()), (tag.as_bytes(), text.as_bytes()));
    }

    /// Proves 2449-6.5-01, 2449-6.7-01, 5034-3-01.
    #[test]
    fn a_capability_is_written_exactly_and_read_again(one in capability()) {
        let line = written(|out| encode::capability(&one, out));
        prop_assert_eq!(String::from_utf8(line.clone()).unwrap(), capability_line(&one));
        let mut seen = Deviations::NONE;
        prop_assert_eq!(parse::capability(&line, &mut seen), one);
        prop_assert!(seen.is_empty(), "{:?}", seen);
    }

    #[test]
    fn a_capability_with_free_parts_is_read_again(
        tag in "[!-\\-/-~]{1,40}",
        params in "([!-~]{1,12}( [!-~]{1,12}){0,5})?",
        names in vec(mechanism(), 0..6),
    ) {
        const KNOWN: [&str; 15] = [
            "TOP", "USER", "SASL", "UIDL", "STLS", "LANG", "UTF8", "EXPIRE", "RESP-CODES", "RESP_CODES",
            "PIPELINING", "LOGIN-DELAY", "AUTH-RESP-CODE", "AUTH_RESP_CODE", "IMPLEMENTATION",
        ];
        prop_assume!(!KNOWN.iter().any(|known| known.eq_ignore_ascii_case(&tag)));
        let names = names.join(&b' ');
        for one in [
            Capability::Other { tag: tag.as_bytes(), params: params.as_bytes() },
            Capability::Implementation(params.as_bytes()),
            Capability::Sasl(Mechanisms::new(&names)),
        ] {
            let line = written(|out| encode::capability(&one, out));
            let mut seen = Deviations::NONE;
            prop_assert_eq!(parse::capability(&line, &mut seen), one);
            prop_assert!(seen.is_empty(), "{:?}", seen);
        }
    }

    /// Proves 5034-4-05, 4648-3-01.
    #[test]
    fn base64_is_written_as_the_rfc_has_it_and_decoded_again(data in vec(any::<u8>(), 0..400)) {
        let text = base64(&data);
        let line = written(|out| encode::challenge(&data, out));
        prop_assert_eq!(&line, &[b"+ ", text.as_bytes()].concat());
        let value = read(&line, parse::challenge);
        prop_assert_eq!(value.as_bytes(), text.as_bytes());
        prop_assert_eq!(value.decoded_len(), data.len());
        let mut octets = vec![0; data.len()];
        prop_assert_eq!(value.decode(&mut octets), Some(&data[..]));
        if let Some(short) = octets.len().checked_sub(1) {
            prop_assert_eq!(value.decode(&mut octets[..short]), None);
        }
    }

    #[test]
    fn text_that_is_base64_is_what_its_octets_encode_to(
        text in "[A-Za-z0-9+/=]{0,12}|[A-D=]{4,8}|[A-P+/]{60,70}=?",
    ) {
        if let Some(value) = Base64::new(text.as_bytes()) {
            let mut octets = vec![0; value.decoded_len()];
            let octets = value.decode(&mut octets).unwrap();
            prop_assert_eq!(base64(octets), text);
        }
    }

    /// Covers crlf-nul-in-reply-texts.
    /// Proves 2449-3-02, 2449-3-03.
    #[test]
    fn a_reply_with_hostile_text_is_one_line_or_nothing(
        text in hostile_text(),
        other in hostile_text(),
        code in code(),
        status in status(),
        room in room(),
    ) {
        type Writer<'a> = Box<dyn Fn(&mut Tight) -> Result<(), Full> + 'a>;
        let writers: [Writer<'_>; 5] = [
            Box::new(|out| encode::status_line(status, code, &text, out)),
            Box::new(|out| encode::status_line_utf8(status, code, &text, out)),
            Box::new(|out| encode::greeting(&text, None, out)),
            Box::new(|out| encode::lang_item(&other, &text, out)),
            Box::new(|out| encode::lang_reply(&other, &text, out)),
        ];
        for write in writers {
            let line = one_line(REPLY_LINE, room, write)?;
            if room >= REPLY_LINE {
                prop_assert!(line.is_some(), "no line into {} octets", room);
            }
            if let Some(line) = line {
                prop_assert!(line.as_slice() != b".\r\n");
                prop_assert!(!line[..line.len() - 2].iter().any(u8::is_ascii_control));
            }
        }
        let ascii = whole_line(|out| encode::status_line(status, code, &text, out))?;
        prop_assert!(ascii.is_ascii());
        let value = read(ascii.strip_suffix(b"\r\n").unwrap(), parse::status_line);
        prop_assert_eq!((value.status, value.known_code()), (status, code));
        prop_assert_eq!(value.code.is_some(), code.is_some());
        let line = whole_line(|out| encode::status_line_utf8(status, code, &text, out))?;
        let value = read(line.strip_suffix(b"\r\n").unwrap(), parse::status_line);
        prop_assert_eq!((value.status, value.known_code()), (status, code));
        prop_assert_eq!(value.code.is_some(), code.is_some());
        prop_assert!(str::from_utf8(&line).is_ok());
        let line = whole_line(|out| encode::greeting(&text, None, out))?;
        let value = read(line.strip_suffix(b"\r\n").unwrap(), parse::greeting);
        prop_assert_eq!((value.line.status, value.line.code, value.timestamp), (Status::Ok, None, None));
    }

    /// Proves 2449-4-05.
    #[test]
    fn a_greeting_with_any_timestamp_is_one_line_of_512_octets_or_nothing(
        text in hostile_text(),
        lens in prop_oneof![4 => (1_usize..30, 1_usize..30), 1 => (1_usize..600, 1_usize..600)],
        room in room(),
    ) {
        let stamp = format!("<{}@{}>", "l".repeat(lens.0), "d".repeat(lens.1));
        if let Some(stamp) = Timestamp::new(&stamp) {
            one_line(REPLY_LINE, room, |out| encode::greeting(&text, Some(stamp), out))?;
        }
    }

    /// Covers crlf-nul-in-reply-texts.
    /// Proves 2449-3-07, 2449-5-06.
    #[test]
    fn a_capability_with_hostile_parts_is_one_line_or_nothing(
        tag in hostile(),
        params in hostile(),
        more in hostile(),
        room in room(),
    ) {
        let params = [params, more].concat();
        for one in [
            Capability::Other { tag: &tag, params: &params },
            Capability::Implementation(&params),
            Capability::Sasl(Mechanisms::new(&params)),
        ] {
            let mut out = Tight::with(room);
            if encode::capability(&one, &mut out).is_ok() && out.behind().is_empty() {
                // Left out, for want of a tag.
                let other = matches!(one, Capability::Other { .. });
                prop_assert!(other);
                continue;
            }
            if let Some(line) = one_line(REPLY_LINE, room, |out| encode::capability(&one, out))? {
                prop_assert!(line[0] != b'.', "{}", line.escape_ascii());
                prop_assert!(!line[..line.len() - 2].iter().any(u8::is_ascii_control));
            }
        }
    }

    #[test]
    fn a_challenge_is_one_line_or_nothing(data in vec(any::<u8>(), 0..700), room in room()) {
        let line = one_line(usize::MAX, room, |out| encode::challenge(&data, out))?;
        prop_assert_eq!(line.is_some(), 4 + base64(&data).len() <= room);
    }
}

// ----- what a peer may send, to a value and back

fn reply_line() -> impl Strategy<Value = Vec<u8>> {
    const PARTS: [&[u8]; 30] = [
        b"+OK",
        b"-ERR",
        b"+",
        b" ",
        b" ",
        b"  ",
        b"[AUTH]",
        b"[sys/temp/x]",
        b"[X-Y]",
        b"[",
        b"]",
        b"<",
        b">",
        b"<1@h>",
        b"1",
        b"12 345",
        b"0",
        b"-1",
        b"1.5",
        b"99999999999999999999",
        b"UTF8 USER",
        b"SASL",
        b"PLAIN",
        b"EXPIRE NEVER",
        b"LOGIN-DELAY 3",
        b"resp_codes",
        b"en",
        b"\0",
        b"\xFF",
        b"text.",
    ];
    let part = prop_oneof![4 => select(&PARTS).prop_map(<[u8]>::to_vec), 1 => vec(0x20_u8..=0x7E, 1..6)];
    vec(part, 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_reads_as_a_number_listing_reads_the_same_when_written_again(line in reply_line()) {
        if let Ok(scan) = parse::scan_item(&line, &mut Deviations::default()) {
            let again = written(|out| encode::scan_item(scan, out));
            prop_assert_eq!(parse::scan_item(&again, &mut Deviations::default()), Ok(scan));
        }
        if let Ok(stat) = parse::stat_reply(&line, &mut Deviations::default()) {
            let again = written(|out| encode::stat_reply(stat, out));
            prop_assert_eq!(parse::stat_reply(behind_ok(&again), &mut Deviations::default()), Ok(stat));
        }
    }

    #[test]
    fn what_reads_as_an_id_reads_the_same_when_written_again(line in reply_line()) {
        if let Ok(value) = parse::uid_item(&line, &mut Deviations::default())
            && let (Some(number), Some(uid)) = (value.number, Uid::new(value.uid))
        {
            let again = written(|out| encode::uid_item(number, uid, out));
            prop_assert_eq!(read(&again, parse::uid_item), value);
        }
        if let Ok(value) = parse::lang_item(&line, &mut Deviations::default())
            && let Ok(tag) = str::from_utf8(value.tag)
            && let Ok(text) = str::from_utf8(value.description.as_bytes())
            && tag.bytes().all(|b| b.is_ascii_alphanumeric())
            && !text.is_empty()
            && !text.chars().any(char::is_control)
        {
            let again = written(|out| encode::lang_item(tag, text, out));
            prop_assert_eq!(read(&again, parse::lang_item), value);
        }
    }

    #[test]
    fn what_reads_as_a_status_line_reads_the_same_when_written_again(line in reply_line()) {
        let mut seen = Deviations::NONE;
        if let Ok(value) = parse::status_line(&line, &mut seen)
            && let Ok(text) = str::from_utf8(value.text.as_bytes())
        {
            let again = written(|out| encode::status_line_utf8(value.status, value.known_code(), text, out));
            let second = read(&again, parse::status_line);
            prop_assert_eq!((second.status, second.known_code()), (value.status, value.known_code()));
            let mended = str::from_utf8(second.text.as_bytes()).unwrap();
            if !text.starts_with('[') && !text.chars().any(char::is_control) {
                prop_assert_eq!(mended, text);
            }
            let (status, code) = (second.status, second.known_code());
            let third = written(|out| encode::status_line_utf8(status, code, mended, out));
            prop_assert_eq!(third, again);
        }
    }

    #[test]
    fn what_reads_as_a_greeting_keeps_its_timestamp_when_written_again(line in reply_line()) {
        if let Ok(value) = parse::greeting(&line, &mut Deviations::default())
            && let Some(stamp) = value.timestamp
        {
            let again = written(|out| encode::greeting("ready", Some(stamp), out));
            prop_assert_eq!(read(&again, parse::greeting).timestamp, Some(stamp));
            let text = str::from_utf8(value.line.text.as_bytes()).unwrap_or("");
            prop_assert!(text.is_empty() || text.contains(stamp.as_str()));
        }
    }

    #[test]
    fn what_reads_as_a_capability_reads_the_same_when_written_again(line in reply_line()) {
        let first = parse::capability(&line, &mut Deviations::default());
        let mut out = Vec::new();
        encode::capability(&first, &mut out).unwrap();
        if let Some(again) = out.strip_suffix(b"\r\n") {
            let second = parse::capability(again, &mut Deviations::default());
            match (first, second) {
                (Capability::Sasl(one), Capability::Sasl(two)) => {
                    prop_assert_eq!(one.iter().collect::<Vec<_>>(), two.iter().collect::<Vec<_>>());
                }
                // A tag is cut at what may not stand there, which may leave one that is known.
                (Capability::Other { .. }, two) if !matches!(two, Capability::Other { .. }) => {}
                (Capability::Other { .. } | Capability::Implementation(_), two) => {
                    let third = written(|out| encode::capability(&two, out));
                    prop_assert_eq!(parse::capability(&third, &mut Deviations::default()), two);
                }
                (one, two) => prop_assert_eq!(one, two),
            }
        }
    }
}

// ----- the edges

/// Proves 1939-4-13.
#[test]
fn the_largest_numbers_are_written_and_read_without_a_note() {
    let number = MsgNo::new(u32::MAX).unwrap();
    for octets in [0, 9, 10, 99_999_999, 100_000_000, u64::MAX - 1, u64::MAX] {
        let scan = Scan { number, octets };
        let line = written(|out| encode::scan_item(scan, out));
        assert_eq!(line, format!("4294967295 {octets}").into_bytes());
        assert_eq!(read(&line, parse::scan_item), scan);
        let stat = Stat { count: octets, octets };
        let line = written(|out| encode::stat_reply(stat, out));
        assert_eq!(read(behind_ok(&line), parse::stat_reply), stat);
    }
}

/// Covers huge-numbers, odd-numbers-in-listings.
/// Proves 1939-4-13.
#[test]
fn numbers_beyond_64_bits_read_as_the_largest_and_are_noted() {
    for beyond in ["18446744073709551616", "99999999999999999999", "100000000000000000000000000"] {
        let mut seen = Deviations::NONE;
        let scan = parse::scan_item(format!("7 {beyond}").as_bytes(), &mut seen).unwrap();
        assert_eq!((scan.number.get(), scan.octets), (7, u64::MAX));
        assert_eq!(seen, Deviations::NONE.with(Deviation::BadNumber), "7 {beyond}");
        for (text, stat) in [
            (format!("3 {beyond}"), Stat { count: 3, octets: u64::MAX }),
            (format!("{beyond} 3"), Stat { count: u64::MAX, octets: 3 }),
        ] {
            let mut seen = Deviations::NONE;
            assert_eq!(parse::stat_reply(text.as_bytes(), &mut seen), Ok(stat));
            assert_eq!(seen, Deviations::NONE.with(Deviation::BadNumber), "{text}");
        }
        assert!(parse::scan_item(format!("{beyond} 7").as_bytes(), &mut Deviations::default()).is_err());
        assert!(parse::command(format!("RETR {beyond}").as_bytes()).is_err());
    }
}

/// Proves 6856-3.2-06.
#[test]
fn a_language_without_a_description_is_a_tag_alone() {
    let line = written(|out| encode::lang_item("en", "", out));
    assert_eq!(line.escape_ascii().to_string(), "en");
    let value = read(&line, parse::lang_item);
    assert_eq!((value.tag, value.description.as_bytes()), (&b"en"[..], &b""[..]));
}

/// Proves 1939-3-10.
#[test]
fn a_long_text_is_cut_to_a_line_of_512_octets_on_a_character() {
    let long = "e".repeat(2000);
    let accents = "\u{e9}".repeat(2000);
    for code in [None, Some(Code::SysTemp)] {
        let line = written(|out| encode::status_line(Status::Err, code, &long, out));
        assert_eq!(line.len() + 2, REPLY_LINE);
        let line = written(|out| encode::status_line_utf8(Status::Err, code, &accents, out));
        assert!((REPLY_LINE - 1..=REPLY_LINE).contains(&(line.len() + 2)), "{}", line.len());
        assert!(String::from_utf8(line).is_ok());
    }
}

/// Proves 1939-7-29.
#[test]
fn a_digest_is_32_lower_case_digits() {
    let digest = Digest::new([
        0xC4, 0xC9, 0x33, 0x4B, 0xAC, 0x56, 0x0E, 0xCC, 0x97, 0x9E, 0x58, 0, 0x1B, 0x3E, 0x22, 0xFB,
    ]);
    assert_eq!(&digest.to_hex(), b"c4c9334bac560ecc979e58001b3e22fb");
    assert!(Digest::from_hex(&digest.to_hex()).unwrap().matches(&digest));
    for bad in [
        "C4C9334BAC560ECC979E58001B3E22FB",
        "c4c9334bac560ecc979e58001b3e22f",
        "c4c9334bac560ecc979e58001b3e22fbf",
    ] {
        assert!(Digest::from_hex(bad.as_bytes()).is_none(), "{bad}");
    }
}
