//! Links server, session, body, client, login and the mechanisms without hashes, on both sides and over fixed
//! buffers, without any way to panic. The panic handler calls a function that does not exist, so the linker
//! fails if any panic is left.

#![no_std]
#![no_main]

#[path = "../../../pop3-proto/examples/embedded/device.rs"]
#[allow(dead_code)]
mod device;
mod start;

use pop3_proto::client::{Client, Event, Profile};
use pop3_proto::limits::SASL_MEMORY_SMALL;
use pop3_proto::login::{Login, Policy, Progress};
use pop3_proto::sasl::client::Credentials;
use pop3_proto::sasl::server::{Answer, Engine as _, Exchange, Step};
use pop3_proto::sasl::{Channel, Nonce};
use pop3_proto::server::session::{self, Session};
use pop3_proto::server::{Config, Credentials as Shown, Fill, MechanismList, Reason, Words};
use pop3_proto::{Base64, FixedBuf, Input as _, Mechanism, MsgNo, Secret, Security, Stat, Time, Uid};

static LOG: [&[u8]; 3] = [b"a: b\n\n.\nc\n", b".\r\n", b""];

/// The mechanisms that clients use, and what they send, in base64.
static SAID: [(&[u8], &[u8]); 6] = [
    (b"PLAIN", b"AHRpbQB0YW5zdGFhZnRhbnN0YWFm"),
    (b"LOGIN", b"dGlt"),
    (b"EXTERNAL", b""),
    (b"ANONYMOUS", b"c2lyaGM="),
    (b"OAUTHBEARER", b"bixhPXRpbSwBYXV0aD1CZWFyZXIgYWJjAQE="),
    (b"XOAUTH2", b"dXNlcj10aW0BYXV0aD1CZWFyZXIgYWJjAQE="),
];

/// How many clients log in. Every question is answered with yes.
fn log_in() -> usize {
    let mut exchange = Exchange::new([0; SASL_MEMORY_SMALL]);
    let mut channel = Channel::new("mail.example");
    channel.nonce = Some(Nonce::new(core::hint::black_box([7; 18])));
    channel.external = Some("tim");
    let said = core::hint::black_box(&SAID);
    said.iter()
        .filter(|(mechanism, text)| exchange.start(mechanism, &channel).is_ok() && is_in(&mut exchange, text))
        .count()
}

fn is_in(exchange: &mut Exchange<[u8; SASL_MEMORY_SMALL]>, text: &[u8]) -> bool {
    let server_first = matches!(exchange.step(None), Step::Challenge(prompt) if !prompt.is_empty());
    let mut step = exchange.step(Base64::new(text));
    if server_first {
        step = exchange.step(Base64::new(text));
    }
    loop {
        let answer = match step {
            Step::CheckPassword { .. } => Answer::Password(true),
            Step::CheckToken { name, .. } => {
                Answer::Token(if name.is_some() { Ok("tim") } else { Err("{}") })
            }
            Step::Authorize { .. } => Answer::Authorized(true),
            Step::Done { .. } | Step::Anonymous { .. } => return true,
            _ => return false,
        };
        step = exchange.answer(answer);
    }
}

/// What a client sends to a gateway, without TLS and then inside TLS.
static ASKED: [&[u8]; 2] = [
    b"CAPA\r\nSTLS\r\n",
    b"USER tim\r\nPASS s\r\nSTAT\r\nLIST\r\nUIDL\r\nLIST 1\r\nUIDL 1\r\n\
      DELE 1\r\nRSET\r\nTOP 1 0\r\nRETR 2\r\nQUIT\r\n",
];

/// Whether the dialogue without a maildrop reaches its end.
fn pass_on() -> bool {
    let [in_clear, in_tls] = core::hint::black_box(ASKED);
    let mut config = device::CONFIG.clone();
    config.greeting = Words::copy(core::hint::black_box("gateway ready")).unwrap_or(config.greeting);
    config.mechanisms = MechanismList::NONE.with(Mechanism::PLAIN);
    config.stls = true;
    let mut session = Session::new(&config, Security::Plain);
    let mut window = in_clear;
    if answer_all(&mut session, &mut window) != Some(Reason::StartTls) {
        return false;
    }
    let secured = session.handover().and_then(|handover| Session::secured(handover, window).ok());
    secured.is_some_and(|mut session| answer_all(&mut session, &mut { in_tls }) == Some(Reason::Quit))
}

/// Answers every command, and returns how the session ended.
fn answer_all(session: &mut Session<&Config>, window: &mut &[u8]) -> Option<Reason> {
    let mut out = FixedBuf::<512>::new();
    loop {
        let mut sent = true;
        match session.receive(Time::ZERO, &mut *window, &mut out) {
            session::Event::NeedInput | session::Event::Waiting => return None,
            session::Event::NeedOutput => out.clear(),
            session::Event::Closed(reason) => return Some(reason),
            session::Event::Login { credentials: Shown::Password(_), reply } => {
                reply.accept(session, &mut out, "welcome");
            }
            session::Event::Stls { reply } => reply.accept(session, &mut out),
            session::Event::Stat { reply } => reply.ok(session, &mut out, Stat { count: 1, octets: 7 }),
            session::Event::List { reply, .. } => reply.ok(session, &mut out, 7),
            session::Event::Uidl { reply, .. } => {
                if let Some(uid) = Uid::new(b"one") {
                    reply.ok(session, &mut out, uid);
                }
            }
            session::Event::ListAll { reply } => {
                let mut list = reply.begin(session, &mut out, "sizes follow");
                sent = list.item(&mut out, MsgNo::FIRST, 7).is_ok();
                list.end(session);
            }
            session::Event::UidlAll { reply } => {
                let mut list = reply.begin(session, &mut out, "unique-ids follow");
                sent = Uid::new(b"one").is_some_and(|uid| list.item(&mut out, MsgNo::FIRST, uid).is_ok());
                list.end(session);
            }
            session::Event::Dele { reply, .. } | session::Event::Rset { reply } => {
                reply.ok(session, &mut out, "done")
            }
            session::Event::Top { reply, .. } => {
                let mut body = reply.begin(session, &mut out, "message follows");
                sent = body.fill(&mut &b"a: b\n\n.\n"[..], &mut out) == Fill::Done;
                body.end(session);
            }
            session::Event::Quit { reply, .. } => reply.ok(session, &mut out, "bye"),
            // RETR: the next `receive` refuses it.
            _ => {}
        }
        if !sent {
            return None;
        }
    }
}

/// What servers send to a client that logs in.
static SERVERS: [&[u8]; 4] = [
    b"+OK hi\r\n+OK\r\nSASL PLAIN\r\n.\r\n+OK in\r\n+OK\r\nTOP\r\n.\r\n",
    b"+OK <1.2@host>\r\n+OK\r\nSASL LOGIN\r\n.\r\n+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\n+OK in\r\n+OK\r\n.\r\n",
    b"+OK\r\n+OK\r\nSASL XOAUTH2\r\n.\r\n+ \r\n+OK\r\n+OK\r\n.\r\n",
    b"+OK\r\n-ERR what\r\n+OK\r\n+OK in\r\n",
];

/// How many of these servers let the client in.
fn get_in() -> usize {
    core::hint::black_box(&SERVERS).iter().filter(|said| is_let_in(said)).count()
}

fn is_let_in(said: &[u8]) -> bool {
    let mut credentials = Credentials::password("tim", Secret::new(b"tanstaaf"));
    credentials.token = core::hint::black_box(Some(Secret::new(b"abc")));
    let memory = [0; SASL_MEMORY_SMALL];
    let mut login = Login::new(credentials, Channel::new("mail.example"), Policy::DEFAULT, memory);
    let mut client: Client<1> = Client::with_queue(Profile::LENIENT, Security::Tls);
    let (mut window, mut out) = (said, FixedBuf::<512>::new());
    loop {
        match login.advance(&mut client, &mut out) {
            Ok(Progress::Pending) => {}
            Ok(Progress::LoggedIn) => return true,
            _ => return false,
        }
        let sent = out.bytes().len();
        out.unread().consume(sent);
        match client.receive(&mut window) {
            Ok(Event::NeedInput) if core::hint::black_box(false) => return login.timed_out().retry.is_some(),
            Ok(Event::NeedInput) => return login.end_of_input().retry.is_some(),
            Err(error) => return login.protocol_error(error).retry.is_some(),
            Ok(event) => login.handle_event(&event),
        }
    }
}

/// Everything that a device does. `cut` is known at run time only.
fn run(cut: usize) -> i32 {
    let mut server = device::Pop3Server::new(device::Flash(core::hint::black_box(&LOG)));
    let mut client = device::Pop3Client::new();
    match device::talk(&mut server, &mut client, cut) {
        Some((3, 17)) if log_in() == SAID.len() && get_in() == SERVERS.len() && pass_on() => 0,
        _ => 1,
    }
}
