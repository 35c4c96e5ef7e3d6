//! Fuzz target: what a server says to a probe of the conformance kit.

use std::rc::Rc;
use std::time::Duration;

use pop3_proto::Time;
use pop3_proto::conformance::{
    Account, Capabilities, Channel, Do, End, Facts, Leave, Method, Run, Seen, Setup, Survey, TlsFacts, corpus,
};

use crate::cursor::Cursor;

/// What servers say, so that a probe gets further than by octets of its own.
const USUAL: [&[u8]; 16] = [
    b"+OK\r\n",
    b"-ERR no\r\n",
    b"+OK 3 300\r\n",
    b"+OK <1896.697170952@dbc.mtview.ca.us>\r\n",
    b"+ \r\n",
    b"+ PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2U+\r\n",
    b"+ cj1hYmMscz1jMkZzZEE9PSxpPTQwOTY=\r\n",
    b"+OK\r\n.\r\n",
    b"+OK\r\n1 100\r\n2 100\r\n3 100\r\n.\r\n",
    b"+OK\r\n1 a\r\n2 b\r\n3 c\r\n.\r\n",
    b"+OK\r\nUSER\r\nTOP\r\nUIDL\r\nSTLS\r\nSASL PLAIN SCRAM-SHA-256 CRAM-MD5\r\nPIPELINING\r\n.\r\n",
    b"+OK 1 100\r\n",
    b"+OK 1 a\r\n",
    b"-ERR [AUTH] no\r\n",
    b"-ERR [IN-USE] no\r\n",
    b"\r\n",
];

/// More than any probe does within its bounds.
const MOST_STEPS: u32 = 200_000;

/// The survey, or one probe, comes to its end, whatever it hears, and keeps within its bounds. The input says
/// which one, what is known of the server, and what is seen.
pub fn probes(data: &[u8]) {
    let mut cursor = Cursor::new(data);
    let which = usize::from(cursor.octet());
    let setup = Rc::new(setup(cursor.octet()));
    let facts = Rc::new(facts(cursor.octet()));
    if which == 255 {
        let mut survey = Survey::new(&setup);
        play(&mut cursor, |now, seen| survey.next(now, seen));
        let _ = survey.into_facts();
        return;
    }
    let all = pop3_proto::conformance::probes();
    let page = usize::from(cursor.octet() & 1) * 255;
    let Some(probe) = all.get((page + which) % all.len()) else { return };
    let mut run = Run::new(probe, &setup, &facts, 1939);
    play(&mut cursor, |now, seen| run.next(now, seen));
    let outcome = run.into_outcome().expect("it is done");
    assert_eq!(outcome.probe, probe.id());
    assert!(outcome.runs <= 2);
    let worst = outcome.judgements.iter().map(|judgement| judgement.verdict).max();
    assert_eq!(worst, Some(outcome.verdict));
    for row in &probe.entry().rows {
        assert!(outcome.judgements.iter().any(|judgement| judgement.row == *row), "{row} is not judged");
    }
    for judgement in &outcome.judgements {
        assert!(judgement.words.len() < 1 << 16, "{} octets of words", judgement.words.len());
        // Without a dialogue there is nothing to point at.
        assert!(judgement.at < outcome.dialogue.entries().len().max(1), "{judgement:?}");
    }
}

fn setup(bits: u8) -> Setup {
    let account = |name: &str| Some(Account { name: name.into(), password: "secret of \u{fb01}ve".into() });
    Setup {
        host: "pop.example.com".into(),
        clear: bits & 1 == 0,
        tls: bits & 2 == 0,
        stls: bits & 4 == 0,
        clear_passwords: true,
        account: account("user").filter(|_| bits & 8 == 0),
        empty_account: account("empty"),
        prep_account: account("prepared"),
        address_account: account("user@pop.example.com"),
        spaced_account: account("a user"),
        token: Some("a token".into()),
        deliver: true,
        check_certificate: bits & 16 != 0,
        certificate: bits & 32 != 0,
        leave: Leave {
            odd: true,
            bad_logins: 100,
            delete: true,
            any_run: true,
            flood: true,
            slow: Duration::from_secs(10_000),
            only_corpus: bits & 64 == 0,
        },
        ..Setup::default()
    }
}

fn facts(bits: u8) -> Facts {
    let list =
        Capabilities(USUAL[10].split(|octet| *octet == b'\n').map(|l| l.trim_ascii().to_vec()).collect());
    let more =
        b"RESP-CODES,AUTH-RESP-CODE,LOGIN-DELAY 10,EXPIRE 0,UTF8 USER,LANG,SASL LOGIN OAUTHBEARER XOAUTH2";
    let more = more.split(|octet| *octet == b',').map(<[u8]>::to_vec);
    let list = Some(Capabilities(list.0.into_iter().chain(more).collect())).filter(|_| bits & 1 == 0);
    let methods =
        [Method::User, Method::Apop, Method::Sasl("PLAIN".into()), Method::Sasl("SCRAM-SHA-256".into())];
    let channels = [Channel::Clear, Channel::Stls, Channel::Tls];
    let method = methods[usize::from(bits >> 1 & 3)].clone();
    let channel = channels[usize::from(bits >> 3 & 3) % channels.len()];
    Facts {
        greeting: b"+OK ready <1896.697170952@dbc.mtview.ca.us>".to_vec(),
        timestamp: Some(b"<1896.697170952@dbc.mtview.ca.us>".to_vec()).filter(|_| bits & 32 == 0),
        clear: list.clone(),
        secured: list.clone(),
        clear_after: list.clone(),
        secured_after: list,
        stls: true,
        tls: true,
        ways: vec![pop3_proto::conformance::Way { channel, method }],
        messages: (1..=32).map(|number| (number, 100)).collect(),
        top: Some(bits & 64 == 0),
        uidl: bits & 128 == 0,
        corpus: corpus::NAMES.into_iter().zip(1..).collect(),
        ..Facts::default()
    }
}

/// Plays until it says that it is done.
fn play(cursor: &mut Cursor<'_>, mut next: impl FnMut(Time, Seen) -> Do) {
    let mut now = Time::ZERO;
    let mut seen = Seen::Begun;
    for _ in 0..MOST_STEPS {
        now = now.after(Duration::from_millis(1));
        seen = match next(now, seen) {
            Do::Done => return,
            Do::Connect(..) if cursor.octet() == 255 => Seen::Refused("no".into()),
            Do::Connect(..) => Seen::Open,
            Do::Read(_, until) => read(cursor, until, &mut now),
            Do::Tls(_) if cursor.octet() == 255 => Seen::NoTls("no".into()),
            Do::Tls(_) => Seen::Secured(TlsFacts { version: "TLSv1_3".into(), ..TlsFacts::default() }),
            Do::Wait(until) => {
                now = until.max(now);
                Seen::Timeout
            }
            Do::Deliver(_) if cursor.octet() == 255 => Seen::Cannot,
            _ => Seen::Sent,
        };
    }
    panic!("it does not come to its end");
}

fn read(cursor: &mut Cursor<'_>, until: Time, now: &mut Time) -> Seen {
    let what = if cursor.is_empty() { 255 } else { cursor.octet() };
    match what {
        0..=199 => Seen::Octets(USUAL[usize::from(what) % USUAL.len()].to_vec()),
        200..=249 => match cursor.run() {
            // A read without octets is none.
            [] => Seen::Octets(b"+OK\r\n".to_vec()),
            octets => Seen::Octets(octets.to_vec()),
        },
        250 => Seen::Closed(End::Reset),
        251 => Seen::Closed(End::Truncated),
        252 => Seen::Closed(End::Fin),
        253 => Seen::Cannot,
        _ => {
            *now = until.max(*now);
            Seen::Timeout
        }
    }
}
