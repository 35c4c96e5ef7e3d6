//! Nothing that a peer or an argument holds can become a command, a reply, or the end of a message that it is
//! not.

#![cfg(feature = "alloc")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/pair.rs"]
mod pair;

mod answers;
mod apop;
mod arguments;
mod auth;
mod dots;
mod echoed_input;
mod lines;
mod names;
mod numbers;
mod octets;
mod replies;
mod secrets;
mod server_data;
mod stls_client;
mod stls_server;

use std::collections::VecDeque;

use common::{Mailbox, show};
use pair::{Heard, Host, listen};
use pop3_proto::client::{Client, Event as Got, Profile};
use pop3_proto::server::{Config, Handover, MechanismList, Server};
use pop3_proto::{Command, Mechanism, MsgNo, Security};

const GREETING: &str = "+OK POP3 server ready\r\n";
const CUTS: [usize; 6] = [usize::MAX, 1, 2, 3, 7, 64];
const ONE: MsgNo = MsgNo::FIRST;

fn open_config() -> Config {
    const MECHANISMS: &[Mechanism] = &[Mechanism::PLAIN, Mechanism::LOGIN];
    let mut config = Config::new();
    config.allow_plaintext_login = true;
    config.mechanisms = MechanismList::of(MECHANISMS);
    config.limits = config
        .limits
        .with_max_errors(u16::MAX)
        .with_max_early_errors(u16::MAX)
        .with_max_login_failures(u16::MAX);
    config
}

/// Whether the session may go on inside TLS with that window.
fn is_secured(handover: Handover<&Config>, window: &[u8]) -> bool {
    Server::<_, Mailbox>::secured(handover, window).is_ok()
}

fn mailbox() -> Mailbox {
    Mailbox::of(&[b"Subject: one\n\nbody\n"])
}

fn logged_in<'c>(config: &'c Config, mailbox: Mailbox) -> Host<'c> {
    let mut host = Host::new(config, Security::Plain, mailbox);
    host.hear(b"USER tim\r\nPASS secret\r\n");
    assert_eq!(show(&host.take()), show(b"+OK POP3 server ready\r\n+OK send PASS\r\n+OK welcome\r\n"));
    host.log.clear();
    host
}

fn greeted(profile: Profile, security: Security) -> Client {
    let mut client = Client::new(profile, security);
    assert!(matches!(client.receive(&mut &b"+OK ready\r\n"[..]), Ok(Got::Greeting(_))));
    client
}

/// Asks RETR 1 and STAT at once, and hears `octets` as the answer.
fn retr_and_stat(profile: Profile, octets: &[u8], cut: usize) -> Vec<Heard> {
    let mut client = greeted(profile, Security::Plain);
    let (mut heard, mut out) = (VecDeque::new(), Vec::new());
    client.send(&Command::Capa, &mut out).unwrap();
    listen(&mut client, b"+OK\r\nPIPELINING\r\n.\r\n", &[usize::MAX], &mut heard, |_, _| {});
    client.send(&Command::Retr(ONE), &mut out).unwrap();
    client.send(&Command::Stat, &mut out).unwrap();
    assert_eq!(out, b"CAPA\r\nRETR 1\r\nSTAT\r\n");
    heard.clear();
    listen(&mut client, octets, &[cut], &mut heard, |_, _| {});
    heard.into()
}

fn event(text: &str) -> Heard {
    Heard::Event(text.into())
}

fn retr_and_stat_heard(text: &str, mail: &[u8]) -> Vec<Heard> {
    vec![
        event(&format!("Reply(Id(1), Begin(Text(\"{text}\")))")),
        Heard::Data(mail.to_vec()),
        event("Reply(Id(1), End)"),
        event("Reply(Id(2), Stat(Stat { count: 2, octets: 320 }))"),
    ]
}

/// The first bytes of each reply line.
fn statuses(said: &[u8]) -> Vec<&str> {
    let lines = str::from_utf8(said).unwrap().split_terminator("\r\n");
    lines.map(|line| line.split(' ').next().unwrap()).collect()
}

/// Every byte that is neither a visible ASCII character nor a space, in every place that it can take beside
/// others.
fn odd_arguments() -> impl Iterator<Item = (u8, Vec<u8>)> {
    (0..=255_u8).filter(|octet| !matches!(octet, 0x20..=0x7E)).flat_map(|octet| {
        let places = [vec![octet], vec![octet, b'1'], vec![b'1', octet], vec![b'1', octet, b'1']];
        places.map(|argument| (octet, argument))
    })
}
