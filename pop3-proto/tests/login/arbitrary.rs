//! Whatever the server says and however it is cut: no panic, no password in clear, and an end.

use pop3_proto::client::{Client, Event, Profile};
use pop3_proto::login::{Failure, Login, Method, Methods, Policy, Progress, Tls};
use pop3_proto::sasl::client::Credentials;
use pop3_proto::{Secret, Security};

use base64ct::{Base64, Encoding as _};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::common::show;
use crate::credentials::{EXPORTER, NONCE, channel};

const PASSWORD: &str = "correct-horse";
const TOKEN: &str = "battery-staple";

/// Lines that bring a login far.
const LINES: [&str; 34] = [
    "+OK",
    "+OK",
    "+OK <1.2@h.example>",
    ".",
    "SASL PLAIN LOGIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-256-PLUS OAUTHBEARER XOAUTH2 ANONYMOUS EXTERNAL",
    "SASL PLAIN",
    "SASL CRAM-MD5",
    "SASL SCRAM-SHA-1",
    "SASL XOAUTH2",
    "USER",
    "STLS",
    "UTF8 USER",
    "AUTH-RESP-CODE",
    "RESP-CODES",
    "PIPELINING",
    "+ ",
    "+",
    "+ PDEuMkBoPg==",
    "+ VXNlcm5hbWU6",
    "+ cj1yT3ByTkdmd0ViZVJXZ2JORWtxTzc2Nzd4LHM9VzIyWmFKMFNOWTdzb0VzVUVqYjZnUT09LGk9MQ==",
    "+ dj1ybUY5cHFWOFM3c3VBb1pXamE0ZEpSa0ZzS1E9",
    "+ eyJzdGF0dXMiOiI0MDAifQ==",
    "+ not base64",
    "-ERR",
    "-ERR",
    "-ERR [AUTH] no",
    "-ERR [IN-USE] x",
    "-ERR [SYS/TEMP] x",
    "-ERR plaintext disallowed",
    "-ERR locked",
    "* BYE",
    "",
    "+OKAY",
    "-",
];

fn line() -> impl Strategy<Value = Vec<u8>> {
    let known = select(&LINES[..]).prop_map(|line| line.as_bytes().to_vec());
    prop_oneof![
        12 => known,
        1 => vec(any::<u8>(), 0..40),
        1 => "[ -~]{0,30}".prop_map(String::into_bytes),
        1 => "\\+ [A-Za-z0-9+/]{0,40}={0,2}".prop_map(String::into_bytes),
    ]
}

/// The usual beginning of a login, so that what comes after it matters.
fn dialogue() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let list = vec(select(&LINES[4..15]), 0..5);
    (any::<bool>(), list, vec(line(), 0..40)).prop_map(|(usual, list, rest)| {
        let front = if usual { [&["+OK <1.2@h>", "+OK"], &list[..], &["."]].concat() } else { Vec::new() };
        front.iter().map(|line| line.as_bytes().to_vec()).chain(rest).collect()
    })
}

fn policy() -> impl Strategy<Value = Policy> {
    let tls = select(&[Tls::Required, Tls::IfOffered, Tls::Never][..]);
    let methods = prop_oneof![
        Just(Methods::DEFAULT),
        Just(Methods::DEFAULT.with(Method::Apop)),
        select(Method::ALL).prop_map(Methods::only),
    ];
    (tls, methods, any::<[bool; 3]>(), 0..5_u8).prop_map(
        |(tls, methods, [unannounced, ask, utf8], attempts)| {
            let mut policy = Policy::DEFAULT;
            (policy.tls, policy.methods, policy.attempts) = (tls, methods, attempts);
            // One iteration is quick, so that many dialogues get through SCRAM.
            policy.scram.min_iterations = 1;
            (policy.try_unannounced, policy.recheck_capabilities, policy.utf8) = (unannounced, ask, utf8);
            policy
        },
    )
}

fn credentials() -> impl Strategy<Value = Credentials<'static>> {
    any::<[bool; 5]>().prop_map(|[password, token, certificate, trace, deputy]| {
        let mut one = Credentials::password("user", Secret::new(PASSWORD.as_bytes()));
        one.password = one.password.filter(|_| password);
        one.token = token.then_some(Secret::new(TOKEN.as_bytes()));
        one.certificate = certificate;
        one.trace = trace.then_some("");
        one.acting_as = deputy.then_some("adm");
        one
    })
}

struct Run<'c> {
    login: Login<'c, [u8; 1200]>,
    client: Client,
    policy: Policy,
    window: Vec<u8>,
    /// How many lines went out.
    lines: usize,
}

impl<'c> Run<'c> {
    fn new(credentials: Credentials<'c>, policy: Policy, security: Security) -> Self {
        let mut channel = channel("mail.example.com");
        if security == Security::Tls {
            channel.bindings = &[EXPORTER];
        }
        Self {
            login: Login::new(credentials, channel, policy, [0; 1200]),
            client: Client::new(Profile::LENIENT, security),
            policy,
            window: Vec::new(),
            lines: 0,
        }
    }

    /// Advances the login, and checks what goes out.
    fn act(&mut self) -> Progress {
        let mut out = Vec::new();
        let progress = self.login.advance(&mut self.client, &mut out).unwrap();
        assert!(out.is_empty() || out.ends_with(b"\r\n"), "{}", show(&out));
        for line in out.split_inclusive(|b| *b == b'\n') {
            self.lines += 1;
            if self.client.security() == Security::Plain {
                self.check_in_clear(line);
            }
        }
        progress
    }

    fn check_in_clear(&self, line: &[u8]) {
        let text = std::str::from_utf8(line).unwrap().trim_end_matches("\r\n");
        if self.policy.tls == Tls::Required {
            assert!(matches!(text, "CAPA" | "STLS"), "{text:?} in clear");
        }
        let last = text.rsplit(' ').next().unwrap();
        let decoded = Base64::decode_vec(last).unwrap_or_default();
        for shown in [text.to_owned(), String::from_utf8_lossy(&decoded).into()] {
            for secret in [PASSWORD, TOKEN] {
                assert!(!shown.contains(secret), "{text:?} in clear");
            }
        }
        let verbs = ["PASS", "USER", "APOP", "AUTH PLAIN", "AUTH LOGIN", "AUTH XOAUTH2", "AUTH OAUTHBEARER"];
        assert!(!verbs.iter().any(|verb| text.starts_with(verb)), "{text:?} in clear");
    }

    /// Shows bytes to the client; `false` when the login is over.
    fn hear(&mut self, octets: &[u8]) -> bool {
        self.window.extend_from_slice(octets);
        let window = std::mem::take(&mut self.window);
        let mut unread = &window[..];
        let goes_on = loop {
            match self.act() {
                Progress::LoggedIn | Progress::Failed(_) => break false,
                Progress::StartTls => match self.client.handover().unwrap().secured(unread) {
                    Ok(client) => self.client = client,
                    Err(_) => break false,
                },
                Progress::Pending => match self.client.receive(&mut unread) {
                    Ok(Event::NeedInput) => break true,
                    Ok(event) => self.login.handle_event(&event),
                    Err(_) => break false,
                },
            }
        };
        self.window = unread.to_vec();
        goes_on
    }

    /// Nothing goes out after the end of the connection.
    fn end(mut self) -> Failure {
        let lines = self.lines;
        let failure = self.login.end_of_input();
        assert_eq!(self.act(), Progress::Failed(failure));
        assert_eq!(self.lines, lines);
        failure
    }
}

/// A line that SCRAM accepts goes on with the nonce of the client.
#[test]
fn one_of_the_lines_gets_far_in_scram() {
    let text = LINES[19].strip_prefix("+ ").unwrap();
    let first = format!("r={NONCE}x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1");
    assert_eq!(Base64::decode_vec(text).unwrap(), first.as_bytes());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_dialogue_shows_a_password_in_clear_or_has_no_end(
        said in dialogue(),
        policy in policy(),
        credentials in credentials(),
        security in select(&[Security::Plain, Security::Plain, Security::Tls][..]),
        cuts in vec(1..30_usize, 1..5),
    ) {
        let octets: Vec<u8> = said.iter().flat_map(|line| [line, &b"\r\n"[..]].concat()).collect();
        let mut whole = Run::new(credentials, policy, security);
        let mut goes_on = whole.hear(b"");
        for line in &said {
            goes_on = goes_on && whole.hear(&[line, &b"\r\n"[..]].concat());
        }
        let whole_lines = whole.lines;
        // At most CAPA three times, STLS, UTF8, and five lines for each method.
        prop_assert!(whole_lines <= 5 + 5 * Method::ALL.len(), "{whole_lines} lines");
        let at_lines = whole.end();

        let mut cut = Run::new(credentials, policy, security);
        let (mut rest, mut sizes) = (&octets[..], cuts.iter().cycle());
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
            rest = later;
            if !cut.hear(now) {
                break;
            }
        }
        // Bytes in one piece with the answer to STLS end the session; apart from that the cut changes
        // nothing.
        if security == Security::Tls {
            prop_assert_eq!(cut.lines, whole_lines);
            prop_assert_eq!(cut.end(), at_lines);
        }
    }

    #[test]
    fn a_server_that_always_says_the_same_hears_few_lines(
        said in dialogue(),
        line in line(),
        policy in policy(),
        credentials in credentials(),
        security in select(&[Security::Plain, Security::Tls][..]),
    ) {
        let mut run = Run::new(credentials, policy, security);
        for line in said.iter().chain(std::iter::repeat_n(&line, 300)) {
            if !run.hear(&[line, &b"\r\n"[..]].concat()) {
                break;
            }
        }
        let lines = run.lines;
        prop_assert!(lines <= 5 + 5 * Method::ALL.len(), "{lines} lines");
        run.end();
    }
}
