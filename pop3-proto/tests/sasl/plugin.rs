//! Mechanisms that the crate does not have, in the loop that drives those it has.

use md5::{Digest as _, Md5};
use pop3_proto::sasl::server::{Answer, Cause, Engine, Step};
use pop3_proto::server::Phase;
use pop3_proto::{Base64, Mechanism, Protection, Secret, Security};

use crate::dialogues;
use crate::drive::{
    Host, Seen, begin, challenge, channel, check_password, done, failed, say, started, text, to_hex,
};
use crate::whole_server::{Plugin, WholeServer, config};

fn decoded(data: Option<Base64<'_>>) -> Option<String> {
    let data = data?;
    let mut octets = vec![0; data.decoded_len()];
    data.decode(&mut octets)?;
    String::from_utf8(octets).ok()
}

/// A made-up mechanism: the client sends the name, a NUL, and the password backwards; then the server sends a
/// word that an empty response answers.
#[derive(Default)]
struct Reverse {
    name: String,
    password: String,
    said: Vec<u8>,
    state: u8,
}

impl Engine for Reverse {
    fn step(&mut self, response: Option<Base64<'_>>) -> Step<'_> {
        let response = decoded(response);
        match (std::mem::replace(&mut self.state, u8::MAX), response.as_deref()) {
            (0, None) => {
                self.state = 0;
                Step::Challenge(b"")
            }
            (0, Some(message)) => {
                let Some((name, turned)) = message.split_once('\0') else {
                    return Step::Failed(Cause::Response);
                };
                (self.name, self.password) = (name.into(), turned.chars().rev().collect());
                self.state = 1;
                Step::CheckPassword { name: &self.name, password: Secret::new(self.password.as_bytes()) }
            }
            (2, Some("")) => Step::Done { name: &self.name },
            _ => Step::Failed(Cause::Response),
        }
    }

    fn answer(&mut self, answer: Answer<'_>) -> Step<'_> {
        match (std::mem::replace(&mut self.state, u8::MAX), answer) {
            (1, Answer::Password(true)) => {
                self.said = format!("hello {}", self.name).into_bytes();
                self.state = 2;
                Step::Challenge(&self.said)
            }
            (1, Answer::Password(false)) => Step::Failed(Cause::Credentials),
            _ => Step::Failed(Cause::Answer),
        }
    }
}

/// As much of DIGEST-MD5 as the dialogue of RFC 5034 section 6 needs.
#[derive(Default)]
struct DigestMd5 {
    message: String,
    said: String,
    state: u8,
}

impl DigestMd5 {
    const CHALLENGE: &str =
        r#"realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",qop="auth",algorithm=md5-sess,charset=utf-8"#;

    fn value(&self, key: &str) -> &str {
        let pairs = self.message.split(',').filter_map(|pair| pair.split_once('='));
        pairs.filter(|pair| pair.0 == key).map(|pair| pair.1.trim_matches('"')).next().unwrap_or("")
    }

    /// The value of `response`, or with an empty `method` that of `rspauth`.
    fn digest(&self, secret: &str, method: &str) -> String {
        let md5 = |text: &[u8]| Md5::digest(text).to_vec();
        let [user, realm, nonce, cnonce] =
            ["username", "realm", "nonce", "cnonce"].map(|key| self.value(key));
        let mut a1 = md5(format!("{user}:{realm}:{secret}").as_bytes());
        a1.extend_from_slice(format!(":{nonce}:{cnonce}").as_bytes());
        let a2 = format!("{method}:{}", self.value("digest-uri"));
        let (nc, qop) = (self.value("nc"), self.value("qop"));
        let (h1, h2) = (to_hex(&md5(&a1)), to_hex(&md5(a2.as_bytes())));
        to_hex(&md5(format!("{h1}:{nonce}:{nc}:{cnonce}:{qop}:{h2}").as_bytes()))
    }
}

impl Engine for DigestMd5 {
    fn step(&mut self, response: Option<Base64<'_>>) -> Step<'_> {
        let response = decoded(response);
        match (std::mem::replace(&mut self.state, u8::MAX), response) {
            (0, None) => {
                self.state = 1;
                Step::Challenge(Self::CHALLENGE.as_bytes())
            }
            (1, Some(message)) => {
                self.message = message;
                self.state = 2;
                Step::FindSecret { name: self.value("username") }
            }
            (3, Some(empty)) if empty.is_empty() => Step::Done { name: self.value("username") },
            _ => Step::Failed(Cause::Response),
        }
    }

    fn answer(&mut self, answer: Answer<'_>) -> Step<'_> {
        let state = std::mem::replace(&mut self.state, u8::MAX);
        let (2, Answer::Secret(Some(secret))) = (state, answer) else {
            return Step::Failed(Cause::Credentials);
        };
        let secret = std::str::from_utf8(secret.expose()).unwrap();
        if self.value("nonce") != "OA6MG9tEQGm2hh"
            || self.value("response") != self.digest(secret, "AUTHENTICATE")
        {
            return Step::Failed(Cause::Credentials);
        }
        self.said = format!("rspauth={}", self.digest(secret, ""));
        self.state = 3;
        Step::Challenge(self.said.as_bytes())
    }
}

const PLUGINS: [Plugin; 2] =
    [("X-REVERSE", || Box::new(Reverse::default())), ("DIGEST-MD5", || Box::new(DigestMd5::default()))];
const OFFERED: [Mechanism; 4] = [
    Mechanism::new("DIGEST-MD5", Protection::None, true),
    Mechanism::new("X-REVERSE", Protection::Private, false),
    Mechanism::PLAIN,
    Mechanism::LOGIN,
];

fn host() -> Host<'static> {
    Host { passwords: &[("chris", "secret"), ("user", "pencil"), ("test", "test")], ..Host::default() }
}

/// One loop for the engines of the crate and for others: it takes what the client sends, then answers all
/// questions.
fn drive(engine: &mut dyn Engine, messages: &[Option<&str>]) -> Vec<Seen> {
    let host = host();
    let mut all = Vec::new();
    for message in messages {
        let seen = match message {
            None => begin(engine),
            Some(data) => say(engine, data),
        };
        all.push(seen.clone());
        let end = host.resolve(engine, seen.clone());
        if end != seen {
            all.push(end);
        }
    }
    all
}

#[test]
fn one_loop_drives_both() {
    assert_eq!(
        drive(&mut started("PLAIN"), &[None, Some("\0user\0pencil")]),
        [challenge(""), check_password("user", "pencil"), done("user")]
    );
    assert_eq!(
        drive(&mut Reverse::default(), &[None, Some("user\0licnep"), Some("")]),
        [challenge(""), check_password("user", "pencil"), challenge("hello user"), done("user")]
    );
    assert_eq!(
        drive(&mut Reverse::default(), &[Some("user\0pencil")]),
        [check_password("user", "licnep"), failed(Cause::Credentials)]
    );
}

fn whole(config: &pop3_proto::server::Config) -> WholeServer<'_> {
    let mut whole = WholeServer::new(config, Security::Tls, channel(), host());
    whole.plugins = &PLUGINS;
    whole
}

/// Proves 5034-4-27.
#[test]
fn a_mechanism_of_ones_own_logs_in() {
    let config = config(&OFFERED);
    let mut whole = whole(&config);
    assert!(whole.say("CAPA").contains("SASL DIGEST-MD5 X-REVERSE PLAIN LOGIN\r\n"));
    assert_eq!(whole.say("AUTH x-reverse"), "+ \r\n");
    assert_eq!(whole.say(text("user\0licnep")), format!("+ {}\r\n", text("hello user")));
    assert_eq!(whole.say(""), "+OK welcome\r\n");
    assert_eq!((&whole.let_in[..], whole.server.phase()), (&[done("user")][..], Phase::Transaction));
}

#[test]
fn it_fails_and_is_cancelled_as_others_are() {
    let config = config(&OFFERED);
    let mut whole = whole(&config);
    let right = format!("AUTH X-REVERSE {}", text("user\0licnep"));
    assert_eq!(whole.say(format!("AUTH X-REVERSE {}", text("user\0pencil"))), "-ERR [AUTH] refused\r\n");
    assert_eq!(whole.say(format!("AUTH X-REVERSE {}", text("who\0licnep"))), "-ERR [AUTH] refused\r\n");
    assert_eq!(whole.say("AUTH X-REVERSE ="), "-ERR [AUTH] refused\r\n");
    assert!(whole.say(&right).starts_with("+ "));
    assert_eq!(whole.say("*"), "-ERR SASL authentication failed\r\n");
    assert!(whole.say(&right).starts_with("+ "));
    assert_eq!(whole.say("NOOP"), "-ERR [AUTH] refused\r\n");
    assert_eq!(whole.say("AUTH DIGEST-MD5 ="), "-ERR initial response\r\n");
    assert!(whole.say("AUTH LOGIN").starts_with("+ "));
    assert_eq!(whole.say("*"), "-ERR SASL authentication failed\r\n");
    assert_eq!(whole.let_in, []);
    whole.play(dialogues::PLAIN);
    assert_eq!(whole.let_in, [done("test")]);
}

/// The dialogue of RFC 5034 section 6; its response line has 278 bytes.
///
/// Proves 5034-4-18, 5034-4-27.
#[test]
fn digest_md5() {
    let config = config(&OFFERED);
    let mut good = whole(&config);
    good.play(dialogues::DIGEST_MD5);
    assert_eq!((&good.let_in[..], good.server.phase()), (&[done("chris")][..], Phase::Transaction));
    let mut wrong = whole(&config);
    wrong.host.passwords = &[("chris", "another")];
    let lines: Vec<_> = dialogues::DIGEST_MD5.lines().filter_map(|line| line.strip_prefix("C: ")).collect();
    assert_eq!(lines[1].len() + 2, 278);
    assert!(wrong.say(lines[0]).starts_with("+ "));
    assert_eq!(wrong.say(lines[1]), "-ERR [AUTH] refused\r\n");
    assert_eq!(wrong.let_in, []);
}
