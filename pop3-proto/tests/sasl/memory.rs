//! The memory of an exchange: too little of it fails, and what was in it goes into no other exchange.

use std::mem;

use pop3_proto::Secret;
use pop3_proto::limits::SASL_MEMORY_SMALL;
use pop3_proto::sasl::server::{Answer, Cause, Engine as _, Exchange};
use pop3_proto::sasl::{Channel, Why};

use crate::cram_md5::{HOST, challenge_of, response};
use crate::drive::{
    Host, OVER, Seen, base64, begin, bound, challenge, channel, check_password, done, failed, on_port, say,
    tell,
};
use crate::scram_client::{EXPORTER, LATER, SERVER, VECTORS, keys};
use crate::signer::nonce;

/// What a client sends, and how that ends.
struct Script {
    mechanism: &'static str,
    channel: Channel<'static>,
    /// `None` is AUTH without an initial response.
    messages: Vec<Option<Vec<u8>>>,
    end: Seen,
}

fn script(mechanism: &'static str, channel: Channel<'static>, messages: &[&str], end: Seen) -> Script {
    let messages = messages.iter().map(|text| Some(text.as_bytes().to_vec()));
    let asks = matches!(mechanism, "LOGIN" | "CRAM-MD5");
    Script { mechanism, channel, messages: asks.then_some(None).into_iter().chain(messages).collect(), end }
}

fn certified() -> Channel<'static> {
    let mut channel = channel();
    channel.external = Some("admin");
    channel
}

const PARTS: [(&str, usize); 2] = [("p", 255), ("\u{4e00}", 85)];

fn scripts() -> Vec<Script> {
    let mut tim = Channel::new(HOST);
    tim.nonce = Some(nonce(SERVER));
    let tims = response("tim", "tanstaaftanstaaf", &challenge_of(SERVER, HOST));
    let mut scripts = vec![
        script("PLAIN", channel(), &["\0user\0pencil"], done("user")),
        script("PLAIN", channel(), &["user\0admin\0pencil"], done("user")),
        script("PLAIN", channel(), &["us\u{ad}er\0\u{2168}\0pen\u{ad}cil"], done("user")),
        script("PLAIN", channel(), &["\0user\0wrong"], failed(Cause::Credentials)),
        script("LOGIN", channel(), &["user", "pencil"], done("user")),
        script("LOGIN", channel(), &["us\u{ad}er", "pen\u{ad}cil"], done("user")),
        script("EXTERNAL", certified(), &[""], done("admin")),
        script("EXTERNAL", certified(), &["us\u{ad}er"], done("user")),
        script("ANONYMOUS", channel(), &["sirhc"], Seen::Anonymous("sirhc".into())),
        script("CRAM-MD5", tim, &[&tims], done("tim")),
        script("CRAM-MD5", tim, &["who b913a602c7eda7a495b4e6e7334d3890"], failed(Cause::Credentials)),
        script(
            "OAUTHBEARER",
            on_port(143),
            &["n,a=us=2Cer,\x01port=143\x01auth=Bearer t\x01\x01"],
            done("us,er"),
        ),
        script(
            "OAUTHBEARER",
            on_port(143),
            &["n,,\x01auth=Bearer bad\x01\x01", "\x01"],
            failed(Cause::Credentials),
        ),
        script("XOAUTH2", channel(), &["user=user\x01auth=Bearer t\x01\x01"], done("user")),
    ];
    for (one, count) in PARTS {
        let part = one.repeat(count);
        scripts.push(script("PLAIN", channel(), &[&[&*part; 3].join("\0")], done(&part)));
    }
    for vector in VECTORS.iter() {
        let mut channel = bound(SERVER, vector.bindings);
        channel.fake_key = b"0123456789abcdef0123456789abcdef";
        let messages = [vector.client_first, vector.client_final, ""];
        let end = done(vector.acting_as.unwrap_or(vector.name));
        scripts.push(script(vector.mechanism, channel, &messages, end));
    }
    scripts
}

fn run<M: AsRef<[u8]> + AsMut<[u8]>>(exchange: &mut Exchange<M>, script: &Script, steps: usize) -> Seen {
    let long = PARTS.map(|(one, count)| one.repeat(count));
    let mut passwords =
        vec![("user", "pencil"), ("admin", "pencil"), ("IX", "pencil"), ("tim", "tanstaaftanstaaf")];
    passwords.extend(long.iter().map(|part| (&**part, &**part)));
    let all = VECTORS.iter().map(|vector| (vector.name, keys(vector.hash)));
    let host = Host {
        passwords: &passwords,
        keys: all.collect(),
        tokens: &[("t", "admin")],
        why: r#"{"status":"invalid_token"}"#,
        deputies: &[("admin", "user"), ("admin", "us,er"), ("IX", "user"), ("a,b=c", "adm")],
    };
    if let Err(why) = exchange.start(script.mechanism.as_bytes(), &script.channel) {
        return failed(why.into());
    }
    let mut seen = OVER;
    for message in script.messages.iter().take(steps) {
        seen = match message {
            None => begin(exchange),
            Some(data) => say(exchange, data),
        };
        seen = host.resolve(exchange, seen);
        if let Seen::Failed(_) = seen {
            return seen;
        }
    }
    seen
}

/// Asserts that the exchange is over, whatever is sent and answered. A message that is longer than this
/// memory is not even looked at.
fn assert_over<M: AsRef<[u8]> + AsMut<[u8]>>(exchange: &mut Exchange<M>, memory: usize, script: &Script) {
    let mechanism = script.mechanism;
    for _ in 0..2 {
        assert_eq!(begin(exchange), OVER, "{mechanism}");
        assert_eq!(say(exchange, ""), OVER, "{mechanism}");
        for message in script.messages.iter().flatten() {
            let end = if message.len() > memory { failed(Cause::Memory) } else { OVER };
            assert_eq!(say(exchange, message), end, "{mechanism}");
        }
        for answer in [
            Answer::Password(true),
            Answer::Secret(Some(Secret::new(b"tanstaaftanstaaf"))),
            Answer::Keys(Some(VECTORS[0].keys())),
            Answer::Keys(Some(VECTORS[1].keys())),
            Answer::Token(Ok("user")),
            Answer::Token(Err("{}")),
            Answer::Authorized(true),
        ] {
            assert_eq!(tell(exchange, answer), OVER, "{mechanism} {answer:?}");
        }
    }
}

/// With less memory than it needs each exchange fails, with more it works; 1,200 bytes are enough for all
/// but long tokens.
#[test]
fn too_little_memory_fails_and_nothing_else() {
    assert_eq!(SASL_MEMORY_SMALL, 1_200);
    let mut buffer = [0; SASL_MEMORY_SMALL];
    for script in scripts() {
        let name = script.mechanism;
        let mut works = false;
        let mut octets = 0;
        while octets <= buffer.len() {
            let mut exchange = Exchange::new(&mut buffer[..octets]);
            let seen = run(&mut exchange, &script, usize::MAX);
            let too_little = failed(Cause::Memory);
            works |= seen != too_little;
            assert_eq!(seen, if works { script.end.clone() } else { too_little }, "{name} in {octets} bytes");
            if !works && octets % 10 == 0 {
                assert_over(&mut exchange, octets, &script);
            }
            octets += if works { 50 } else { 1 };
        }
        let octets = script.messages.iter().flatten().map(Vec::len).sum::<usize>();
        assert!(works, "{name}, messages of {octets} bytes, in {}", buffer.len());
    }
}

#[test]
fn an_exchange_that_is_over_stays_so() {
    let mut exchange = Exchange::new(vec![0; 4096]);
    for script in scripts() {
        assert_eq!(run(&mut exchange, &script, usize::MAX), script.end, "{}", script.mechanism);
        if !matches!(script.end, Seen::Anonymous(_)) {
            assert_over(&mut exchange, 4096, &script);
        }
    }
    for unknown in ["", "PLAI", "PLAINS", "X-REVERSE", "DIGEST-MD5", "PLAIN ", "PLAIN\0"] {
        let channel = bound(LATER, &[EXPORTER]);
        assert_eq!(exchange.start(unknown.as_bytes(), &channel), Err(Why::NotBuilt), "{unknown:?}");
        assert_over(&mut exchange, 4096, &scripts()[0]);
    }
}

/// Whatever exchange was begun before, and wherever it was left, the next one goes as in fresh memory.
///
/// Covers exchange-aborted-anywhere, memory-of-aborted-exchanges.
#[test]
fn an_exchange_knows_nothing_of_the_one_before() {
    let scripts = scripts();
    let mut exchange = Exchange::new([0; 2048]);
    for before in &scripts {
        for steps in 0..=before.messages.len() {
            for script in &scripts {
                let _ = run(&mut exchange, before, steps);
                let seen = run(&mut exchange, script, usize::MAX);
                assert_eq!(seen, script.end, "{} after {} of {}", script.mechanism, steps, before.mechanism);
            }
        }
    }
}

/// Many exchanges run in the same memory, and none of it is used up.
///
/// Covers memory-of-aborted-exchanges.
#[test]
fn memory_is_not_used_up() {
    let mut exchange = Exchange::new([0; 80]);
    for _ in 0..1000 {
        assert_eq!(exchange.start(b"LOGIN", &channel()), Ok(()));
        assert_eq!(begin(&mut exchange), challenge("Username:"));
        assert_eq!(say(&mut exchange, "user"), challenge("Password:"));
    }
    assert_eq!(say(&mut exchange, "pencil"), check_password("user", "pencil"));
    assert_eq!(tell(&mut exchange, Answer::Password(true)), done("user"));
}

fn holds(memory: &[u8], what: &[u8]) -> bool {
    memory.windows(what.len()).any(|part| part == what)
}

/// What lies in the memory after these messages and then this answer; `forget` keeps the exchange from
/// wiping it.
fn left(mechanism: &str, messages: &[&str], answer: Option<Answer<'_>>, forget: bool) -> Vec<u8> {
    let mut memory = vec![0xAA; 600];
    let mut exchange = Exchange::new(&mut memory[..]);
    assert_eq!(exchange.start(mechanism.as_bytes(), &certified()), Ok(()));
    if mechanism == "LOGIN" {
        let _ = begin(&mut exchange);
    }
    for message in messages {
        let _ = say(&mut exchange, message);
    }
    if let Some(answer) = answer {
        let _ = tell(&mut exchange, answer);
    }
    if forget {
        mem::forget(exchange);
    } else {
        drop(exchange);
    }
    memory
}

/// A password is wiped once it was answered, both as it came and as it was prepared; everything is wiped
/// after a failure and on drop.
#[test]
fn secrets_are_wiped() {
    for (mechanism, messages) in [
        ("PLAIN", &["\0user\0pencil"][..]),
        ("PLAIN", &["\0user\0pen\u{ad}cil"]),
        ("LOGIN", &["user", "pencil"]),
        ("LOGIN", &["user", "pen\u{ad}cil"]),
    ] {
        let asked = left(mechanism, messages, None, true);
        assert!(holds(&asked, b"pencil") && holds(&asked, b"user"), "{mechanism}");
        let good = left(mechanism, messages, Some(Answer::Password(true)), true);
        assert!(!holds(&good, b"pen") && !holds(&good, b"cil"), "{mechanism}");
        assert!(holds(&good, b"user"), "{mechanism}");
        for bad in [Answer::Password(false), Answer::Authorized(true)] {
            assert_eq!(left(mechanism, messages, Some(bad), true), [0; 600], "{mechanism} {bad:?}");
        }
        assert_eq!(left(mechanism, messages, None, false), [0; 600], "{mechanism}");
    }
    let xoauth2 = ["user=user\x01auth=Bearer secret\x01\x01"];
    assert!(holds(&left("XOAUTH2", &xoauth2, None, true), b"secret"));
    assert_eq!(left("XOAUTH2", &xoauth2, Some(Answer::Token(Ok("user"))), false), [0; 600]);
    assert_eq!(left("XOAUTH2", &["user=user\x01auth=Bearer secret,\x01\x01"], None, true), [0; 600]);
}

#[test]
fn debug_shows_no_secret() {
    let mut exchange = Exchange::new([0; 600]);
    assert_eq!(exchange.start(b"PLAIN", &channel()), Ok(()));
    let text = base64("\0user\0pencil");
    let step = exchange.step(pop3_proto::Base64::new(&text));
    let shown = format!("{step:?}");
    assert!(shown.contains("user") && !shown.contains("pencil"), "{shown}");
    let shown = format!("{exchange:?} {:?}", Answer::Secret(Some(Secret::new(b"pencil"))));
    assert!(!shown.contains("pencil") && !shown.contains("112, 101, 110"), "{shown}");
    let keys = VECTORS[0].keys();
    let shown = format!("{keys:?}");
    let text = keys.to_string();
    let (_, secret) = text.rsplit_once('$').unwrap();
    assert!(secret.split(':').all(|key| !shown.contains(key)), "{shown}");
}
