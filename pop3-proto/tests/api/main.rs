//! What the types promise: sizes, threads, tickets that answer once, and loops that never stall.

#![cfg(feature = "alloc")]

#[path = "../common/mod.rs"]
mod common;

mod client;
mod maildrop;
mod server;
mod tickets;
mod types;

use pop3_proto::Time;
use pop3_proto::server::Config;
use pop3_proto::server::session::{Event, Session};

fn config() -> Config {
    let mut config = Config::new();
    config.allow_plaintext_login = true;
    config
}

/// Shows `input` whole and returns what was answered until the session wants more.
fn answers(session: &mut Session<&Config>, input: &[u8]) -> String {
    let (mut window, mut out) = (input, Vec::new());
    for _ in 0..1000 {
        match session.receive(Time::ZERO, &mut window, &mut out) {
            Event::NeedInput | Event::Closed(_) => return String::from_utf8(out).unwrap(),
            Event::Login { reply, .. } => reply.accept(session, &mut out, "welcome"),
            _ => {}
        }
    }
    panic!("the session does not come to rest");
}
