//! Whatever clients say and embedders answer, no mechanism panics, and nobody gets in without the right
//! answer.

use pop3_proto::Secret;
use pop3_proto::sasl::Channel;
use pop3_proto::sasl::scram::Hash;
use pop3_proto::sasl::server::{Answer, Cause, Exchange};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::cram_md5::{HOST, challenge_of, response};
use crate::drive::{Host, OVER, Seen, begin, bound, on_port, say, started_on, tell};
use crate::scram_client::{EXPORTER, LATER, SERVER, VECTORS, keys};
use crate::signer::nonce;

const MECHANISMS: [&str; 9] = [
    "PLAIN",
    "LOGIN",
    "CRAM-MD5",
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
    "SCRAM-SHA-1-PLUS",
    "SCRAM-SHA-256-PLUS",
    "OAUTHBEARER",
    "XOAUTH2",
];

/// Messages that bring an exchange far.
const MESSAGES: [&str; 16] = [
    "",
    "\x01",
    "\0user\0pencil",
    "adm\0user\0pencil",
    "user",
    "pencil",
    "user 0123456789abcdef0123456789abcdef",
    "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
    "n,a=adm,n=user,r=rOprNGfwEbeRWgbNEkqO",
    "p=tls-exporter,,n=user,r=rOprNGfwEbeRWgbNEkqO",
    "c=biws,r=fyko+d2lbbFgONRv9qkxdawLnonce,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
    "c=biws,r=rOprNGfwEbeRWgbNEkqOnonce,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    "c=cD10bHMtZXhwb3J0ZXIsLAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f,r=rOprNGfwEbeRWgbNEkqOnonce,p=",
    "n,a=user,\x01host=server.example.com\x01port=143\x01auth=Bearer t\x01\x01",
    "n,,\x01auth=Bearer t\x01\x01",
    "user=user\x01auth=Bearer t\x01\x01",
];

#[derive(Clone, Debug)]
enum Op {
    Begin,
    Say(Vec<u8>),
    Password(bool),
    Secret(Option<Vec<u8>>),
    Keys(Option<Hash>),
    Token(Result<String, String>),
    Authorized(bool),
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    let known = select(&MESSAGES[..]).prop_map(|text| text.as_bytes().to_vec());
    let changed = (select(&MESSAGES[..]), any::<Index>(), any::<u8>()).prop_map(|(text, at, octet)| {
        let mut octets = text.as_bytes().to_vec();
        if !octets.is_empty() {
            let at = at.index(octets.len());
            octets[at] = octet;
        }
        octets
    });
    prop_oneof![4 => known, 2 => changed, 1 => vec(any::<u8>(), 0..80)]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        1 => Just(Op::Begin),
        5 => message().prop_map(Op::Say),
        2 => any::<bool>().prop_map(Op::Password),
        1 => proptest::option::of(vec(any::<u8>(), 0..80)).prop_map(Op::Secret),
        2 => select(vec![None, Some(Hash::Sha1), Some(Hash::Sha256)]).prop_map(Op::Keys),
        1 => ".{0,8}".prop_map(|name| Op::Token(Ok(name))),
        1 => Just(Op::Token(Ok("user".into()))),
        1 => ".{0,8}".prop_map(|why| Op::Token(Err(why))),
        1 => any::<bool>().prop_map(Op::Authorized),
    ]
}

/// What the exchange asks or says next.
fn apply<M: AsRef<[u8]> + AsMut<[u8]>>(exchange: &mut Exchange<M>, op: &Op) -> Seen {
    match op {
        Op::Begin => begin(exchange),
        Op::Say(octets) => say(exchange, octets),
        Op::Password(good) => tell(exchange, Answer::Password(*good)),
        Op::Secret(secret) => tell(exchange, Answer::Secret(secret.as_deref().map(Secret::new))),
        Op::Keys(hash) => tell(exchange, Answer::Keys(hash.map(keys))),
        Op::Token(whose) => {
            tell(exchange, Answer::Token(whose.as_ref().map(|name| &**name).map_err(|why| &**why)))
        }
        Op::Authorized(good) => tell(exchange, Answer::Authorized(*good)),
    }
}

/// Whether this answer says yes to that question.
fn is_yes(question: &Seen, op: &Op) -> bool {
    matches!(
        (question, op),
        (Seen::CheckPassword(..), Op::Password(true))
            | (Seen::CheckToken(..), Op::Token(Ok(_)))
            | (Seen::Authorize(..), Op::Authorized(true))
    )
}

/// No message of [`MESSAGES`] has a proof for this nonce.
fn channel() -> Channel<'static> {
    let mut channel = bound(LATER, &[EXPORTER]);
    channel.authority = on_port(143).authority;
    channel
}

/// AUTH without an initial response can come only once. Later a missing response does not answer a challenge
/// or a question, which is then not answered any more.
#[test]
fn no_response_is_for_the_start_only() {
    for (mechanism, messages, yes) in [
        ("PLAIN", &["\0user\0pencil"][..], Answer::Password(true)),
        ("LOGIN", &["user", "pencil"], Answer::Password(true)),
        ("CRAM-MD5", &[MESSAGES[6]], Answer::Secret(Some(Secret::new(b"pencil")))),
        ("SCRAM-SHA-1", &[MESSAGES[7]], Answer::Keys(Some(keys(Hash::Sha1)))),
        ("SCRAM-SHA-256-PLUS", &[MESSAGES[9]], Answer::Keys(Some(keys(Hash::Sha256)))),
        ("OAUTHBEARER", &[MESSAGES[13]], Answer::Token(Ok("user"))),
        ("XOAUTH2", &[MESSAGES[15]], Answer::Token(Ok("user"))),
    ] {
        for said in 0..=messages.len() {
            let mut exchange = started_on(mechanism, &channel());
            assert!(matches!(begin(&mut exchange), Seen::Challenge(_)), "{mechanism}");
            for message in &messages[..said] {
                let seen = say(&mut exchange, message);
                assert!(!matches!(seen, Seen::Failed(_)), "{mechanism}: {seen:?}");
            }
            assert_eq!(begin(&mut exchange), OVER, "{mechanism} after {said} messages");
            assert_eq!(tell(&mut exchange, yes), OVER, "{mechanism} after {said} messages");
        }
    }
}

proptest! {
    /// SCRAM and CRAM-MD5 let nobody in, because no proof is right; the others let the client in right after
    /// a yes to their question. An exchange that is over stays over.
    ///
    /// Covers exchange-aborted-anywhere.
    #[test]
    fn nobody_gets_in_without_a_yes(
        mechanism in select(&MECHANISMS[..]),
        ops in vec(op(), 1..12),
        octets in prop_oneof![0_usize..300, Just(2048)],
    ) {
        let mut exchange = Exchange::new(vec![0xAA; octets]);
        let started = exchange.start(mechanism.as_bytes(), &channel()).is_ok();
        let mut before = Seen::Challenge(Vec::new());
        let mut over = !started;
        for op in &ops {
            let seen = apply(&mut exchange, op);
            // Even then a message may be longer than the memory.
            let is_end = matches!(seen, Seen::Failed(Cause::Answer | Cause::Memory));
            prop_assert!(!over || is_end, "{seen:?} after the end");
            if let Seen::Done(_) | Seen::Authorize(..) = seen {
                prop_assert!(is_yes(&before, op), "{seen:?} by {op:?} to {before:?}");
                prop_assert!(!mechanism.contains("SCRAM") && mechanism != "CRAM-MD5");
            }
            over |= matches!(seen, Seen::Failed(_) | Seen::Done(_));
            before = seen;
        }
    }

    /// A client that knows the password does not get in if one byte of one of its messages is changed, or if
    /// a message comes twice or is left out, though the embedder answers truly.
    #[test]
    fn one_octet_changed_keeps_out(
        (which, message, at, octet) in (0_usize..10, any::<Index>(), any::<Index>(), 1_u8..),
        change in 0_u8..4,
    ) {
        let (mechanism, mut messages, channel): (_, Vec<Vec<u8>>, _) = match which {
            0 => ("PLAIN", vec![b"\0user\0pencil".to_vec()], channel()),
            1 => ("LOGIN", vec![b"user".to_vec(), b"pencil".to_vec()], channel()),
            2 | 3 => {
                let mut tim = Channel::new(HOST);
                tim.nonce = Some(nonce(SERVER));
                let message = response("tim", "tanstaaftanstaaf", &challenge_of(SERVER, HOST));
                ("CRAM-MD5", vec![message.into_bytes()], tim)
            }
            _ => {
                let vector = &VECTORS[which - 4];
                let messages = [vector.client_first, vector.client_final, ""];
                let messages = messages.iter().map(|text| text.as_bytes().to_vec());
                (vector.mechanism, messages.collect(), bound(SERVER, vector.bindings))
            }
        };
        let message = message.index(messages.len());
        match change {
            // A further message after the end comes too late to matter.
            0 if message + 1 < messages.len() => {
                let again = messages[message].clone();
                messages.insert(message, again);
            }
            0 | 1 => {
                messages.remove(message);
            }
            _ if messages[message].is_empty() => messages[message].push(octet),
            _ => {
                let at = at.index(messages[message].len());
                messages[message][at] ^= octet;
            }
        }
        let host = Host {
            passwords: &[("user", "pencil"), ("tim", "tanstaaftanstaaf")],
            keys: VECTORS.iter().map(|vector| (vector.name, vector.keys())).collect(),
            deputies: &[("a,b=c", "adm")],
            ..Host::default()
        };
        let mut exchange = Exchange::new([0; 1200]);
        prop_assert_eq!(exchange.start(mechanism.as_bytes(), &channel), Ok(()));
        let asks = matches!(mechanism, "LOGIN" | "CRAM-MD5").then(|| begin(&mut exchange));
        prop_assert!(asks.is_none_or(|seen| matches!(seen, Seen::Challenge(_))));
        for message in &messages {
            let seen = say(&mut exchange, message);
            let seen = host.resolve(&mut exchange, seen);
            prop_assert!(!matches!(seen, Seen::Done(_) | Seen::Anonymous(_)), "{mechanism} {messages:?}");
        }
    }
}
