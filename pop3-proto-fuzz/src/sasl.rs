//! Fuzz target: responses and answers of every kind for every mechanism, with working memory of any length.
//! With PLAIN, LOGIN, EXTERNAL, OAUTHBEARER and XOAUTH2 nobody is logged in unless the embedder has answered
//! yes, or TLS has proved the user.

use base64ct::{Base64 as Text, Encoding as _};
use pop3_proto::sasl::scram::{Hash, Keys};
use pop3_proto::sasl::server::{Answer, Cause, Engine, Exchange, Step};
use pop3_proto::sasl::{Binding, Channel, Nonce, prepare};
use pop3_proto::{Base64, Secret};

use crate::cursor::Cursor;

const MECHANISMS: [&str; 12] = [
    "PLAIN",
    "LOGIN",
    "EXTERNAL",
    "ANONYMOUS",
    "OAUTHBEARER",
    "XOAUTH2",
    "CRAM-MD5",
    "SCRAM-SHA-1",
    "SCRAM-SHA-1-PLUS",
    "SCRAM-SHA-256",
    "SCRAM-SHA-256-PLUS",
    "NONE",
];

/// `data` is a row of decisions, a byte each. Where a client says something, a byte holds the length, and the
/// bytes follow.
pub fn sasl(data: &[u8]) {
    let mut cursor = Cursor::new(data);
    let mechanism = MECHANISMS[usize::from(cursor.octet()) % MECHANISMS.len()];
    let mut exchange = Exchange::new(vec![0; usize::from(cursor.octet()) * 8]);
    let flags = cursor.octet();
    let mut channel = Channel::new("mail.example");
    channel.nonce = Some(Nonce::new(*b"1896.697170952 pop"));
    channel.authority = (flags & 1 != 0).then_some(("mail.example", 110));
    channel.external = (flags & 2 != 0).then_some("user");
    let binding = [Binding { kind: "tls-exporter", data: b"0123456789abcdef0123456789abcdef" }];
    channel.bindings = if flags & 4 != 0 { &binding } else { &[] };
    channel.fake_key = b"key";
    if exchange.start(mechanism.as_bytes(), &channel).is_err() {
        assert!(matches!(exchange.step(None), Step::Failed(Cause::Answer)));
        return;
    }
    let keys = [Hash::Sha1, Hash::Sha256].map(|hash| Keys::derive(hash, "pencil", b"salt", 1).unwrap());
    // A user is proved by TLS, or by a yes of the embedder.
    let mut proved = mechanism == "EXTERNAL";
    let mut asked_otherwise = false;
    let mut step = exchange.step(None);
    loop {
        let answer = match step {
            Step::Challenge(_) => {
                if cursor.is_empty() {
                    return;
                }
                let text = Text::encode_string(cursor.run());
                step = exchange.step(Base64::new(text.as_bytes()));
                continue;
            }
            Step::CheckPassword { name, password } => {
                well_formed(name);
                proved = password.expose() == b"pencil";
                Answer::Password(proved)
            }
            Step::FindSecret { name } => {
                well_formed(name);
                // The fuzzer cannot know the digest.
                Answer::Secret((name == "user").then_some(Secret::new(b"pencil")))
            }
            Step::FindKeys { name, hash } => {
                well_formed(name);
                Answer::Keys(keys.iter().find(|keys| name == "user" && keys.hash() == hash))
            }
            Step::CheckToken { name, token } => {
                name.into_iter().for_each(well_formed);
                proved = token.expose() == b"token";
                Answer::Token(if proved { Ok("user") } else { Err("{\"status\":\"invalid_token\"}") })
            }
            Step::Authorize { name, acting_as } => {
                well_formed(name);
                well_formed(acting_as);
                assert_ne!(name, acting_as);
                asked_otherwise = true;
                Answer::Authorized(cursor.octet().is_multiple_of(2))
            }
            Step::Anonymous { trace } => {
                assert!(mechanism == "ANONYMOUS" && trace.chars().count() <= 255);
                return;
            }
            Step::Done { name } => {
                well_formed(name);
                assert!(proved || mechanism.starts_with("SCRAM") || mechanism == "CRAM-MD5", "{mechanism}");
                assert!(
                    asked_otherwise
                        || !matches!(mechanism, "EXTERNAL" | "OAUTHBEARER" | "XOAUTH2")
                        || name == "user"
                );
                return;
            }
            Step::Failed(_) => {
                assert!(matches!(exchange.step(None), Step::Failed(Cause::Answer)));
                assert!(matches!(exchange.answer(Answer::Password(true)), Step::Failed(Cause::Answer)));
                return;
            }
            other => panic!("{other:?}"),
        };
        // Sometimes this is the answer to another question.
        let answer = if cursor.octet() == 255 { Answer::Authorized(true) } else { answer };
        step = exchange.answer(answer);
    }
}

/// Asserts that a name is in the form that SASLprep makes of it.
fn well_formed(name: &str) {
    assert_eq!(prepare(name).as_deref(), Some(name));
}
