//! Logins through an output that has no room at the moment: nothing is lost.

use pop3_proto::client::{Client, Profile, SendError};
use pop3_proto::limits::MIN_OUTPUT;
use pop3_proto::login::{Login, Policy, Progress};
use pop3_proto::{Full, Output, Secret, Security};

use crate::credentials::{NONCE, TIM, USER, channel};
use crate::script::{base64, plain, tls};

/// An output with the least capacity that is allowed, some of which may be taken already.
pub(crate) struct Small {
    room: usize,
    queued: Vec<u8>,
    sent: Vec<u8>,
}

impl Small {
    pub(crate) fn with_room(room: usize) -> Self {
        assert!(room <= MIN_OUTPUT);
        Self { room, queued: Vec::new(), sent: Vec::new() }
    }

    pub(crate) fn is_flushed(&self) -> bool {
        self.room == MIN_OUTPUT
    }

    pub(crate) fn flush(&mut self) {
        self.sent.append(&mut self.queued);
        self.room = MIN_OUTPUT;
    }

    pub(crate) fn everything(mut self) -> Vec<u8> {
        self.flush();
        self.sent
    }
}

impl Output for Small {
    fn room(&self) -> usize {
        self.room
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Full> {
        self.room = self.room.checked_sub(bytes.len()).ok_or(Full)?;
        self.queued.extend_from_slice(bytes);
        Ok(())
    }
}

#[test]
fn a_whole_login_is_the_same_at_every_room() {
    let long = "p".repeat(200);
    let mut odd = TIM;
    odd.password = Some(Secret::new(long.as_bytes()));
    for (one, dialogue) in [
        (
            plain(TIM).policy(|policy| policy.utf8 = true),
            "S: +OK
             C: CAPA
             L: STLS
             C: STLS
             S: +OK
             TLS
             C: CAPA
             L: SASL CRAM-MD5, UTF8
             C: UTF8
             S: +OK
             C: AUTH CRAM-MD5
             S: + PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+
             C: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw
             S: +OK
             C: CAPA
             L:"
            .to_owned(),
        ),
        (
            tls(odd),
            format!(
                "S: +OK
                 C: CAPA
                 L: USER, SASL PLAIN LOGIN
                 C: AUTH PLAIN
                 S: + !!!
                 C: {{\\0tim\\0{long}}}
                 S: -ERR no
                 C: AUTH LOGIN
                 S: +\\x20
                 C: dGlt
                 S: +\\x20
                 C: {{{long}}}
                 S: + more
                 C: *
                 S: -ERR no
                 C: USER tim
                 S: +OK
                 C: PASS {long}
                 S: +OK
                 C: CAPA
                 L:"
            ),
        ),
    ] {
        let whole = one.plays(&dialogue).logs_in();
        for room in (0..=MIN_OUTPUT).rev() {
            assert_eq!(one.plays_into(&dialogue, room), whole, "{room}");
        }
    }
}

#[test]
fn an_output_that_stays_full_gets_nothing_and_the_login_waits() {
    let mut login = Login::new(TIM, channel(""), Policy::DEFAULT, [0; 1200]);
    let mut client: Client = Client::new(Profile::LENIENT, Security::Tls);
    let mut window = &b"+OK\r\n"[..];
    let event = client.receive(&mut window).unwrap();
    login.handle_event(&event);
    for room in [0, 1, 2, 3, 4, 5, 5, 0] {
        let mut out = Small::with_room(room);
        assert_eq!(login.advance(&mut client, &mut out), Err(SendError::Full));
        assert_eq!(out.everything(), b"");
    }
    let mut out = Small::with_room(6);
    assert_eq!(login.advance(&mut client, &mut out), Ok(Progress::Pending));
    assert_eq!(out.everything(), b"CAPA\r\n");
}

/// The server chooses the length of the SCRAM nonce; the answer still fits the least output, or none is
/// given.
#[test]
fn a_long_nonce_of_the_server_does_not_make_a_line_that_no_flush_has_room_for() {
    for len in [44, 64, 200, 400, 700, 1000] {
        let mut login = Login::new(USER, channel(""), Policy::DEFAULT, [0; 4096]);
        let mut client: Client = Client::new(Profile::LENIENT, Security::Tls);
        let first = format!("r={NONCE}{},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096", "x".repeat(len));
        let said = format!("+OK\r\n+OK\r\nSASL SCRAM-SHA-1\r\n.\r\n+ {}\r\n", base64(first.as_bytes()));
        let mut window = said.as_bytes();
        for _ in 0..5 {
            let mut out = Small::with_room(MIN_OUTPUT);
            assert_eq!(login.advance(&mut client, &mut out), Ok(Progress::Pending), "{len}");
            let event = client.receive(&mut window).unwrap();
            login.handle_event(&event);
        }
        let mut out = Small::with_room(MIN_OUTPUT);
        assert_eq!(login.advance(&mut client, &mut out), Ok(Progress::Pending), "{len}");
        assert!(out.everything().ends_with(b"\r\n"), "{len}");
    }
}
