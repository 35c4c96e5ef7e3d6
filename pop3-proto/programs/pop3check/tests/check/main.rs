//! pop3check as a program, against pop3d and against servers with planted faults.

mod client;
mod codes;
mod compared;
mod documents;
mod known;
mod known_mail;
mod peers;
mod reports;
mod secrets;
mod server;
mod support;
mod tls;
