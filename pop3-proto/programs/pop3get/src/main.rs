//! pop3get fetches POP3 mail, with blocking sockets, rustls, and one connection for each account.
//!
//! The crate speaks the protocol, [`pop3_proto::login`] logs in, and [`pop3_proto::fetch`] plans the download
//! and keeps the record. This program adds what they leave out: sockets, TLS, secrets and files. Run it with
//! `--help`, or with `--man` for a manual page.

#![warn(clippy::print_stdout, clippy::print_stderr)]

use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use pop3_programs_common::console;
use pop3_proto::fetch::Summary;

mod account;
mod answers;
mod command;
mod connection;
mod delivery;
mod failure;
mod heard;
mod import;
mod limits;
mod options;
mod record;
mod report;
mod secrets;
mod session;
mod socket;
mod step;
mod stream;
mod tls;
mod transcript;
mod transfer;

use account::Account;
use failure::{Failure, Kind};
use limits::Limits;
use options::Args;
use record::RecordFile;
use report::{Bar, Outcome};
use secrets::Secrets;

/// The most connections in a row for one account. Each that fails has shown at least one fault of the server
/// that the next one avoids.
const CONNECTIONS: u32 = 16;

const MIXED: &str = "the server mixes up its answers to commands that are sent together; from now on they are sent one by one";

fn main() -> ExitCode {
    let args = Args::parse();
    if args.man {
        let mut out = std::io::stdout();
        let printed = clap_mangen::Man::new(Args::command()).render(&mut out).and_then(|()| out.flush());
        return ExitCode::from(if printed.is_ok() { 0 } else { Kind::Disk as u8 });
    }
    let accounts = match account::all(&args) {
        Ok(accounts) => accounts,
        Err(failure) => {
            console::err(format_args!("pop3get: {failure}"));
            return ExitCode::from(failure.kind as u8);
        }
    };
    let mut worst = None;
    for account in &accounts {
        let outcome = fetch(account, &args).unwrap_or_else(Outcome::failed);
        let told = if args.json {
            report::json(&account.name, &outcome)
        } else if !args.quiet && outcome.failure.is_none() {
            report::summary(&account.name, &outcome)
        } else {
            Ok(())
        };
        let untold = told.err().map(|error| Kind::Disk.because("standard output", error));
        if let Some(note) = &outcome.note
            && !args.quiet
        {
            console::err(format_args!("pop3get: {}: {note}", account.name));
        }
        for failure in outcome.failure.into_iter().chain(untold) {
            worst = worst.into_iter().chain([failure.kind]).max_by_key(|kind| kind.gravity());
            console::err(format_args!("pop3get: {}", failure.of(&account.name)));
        }
    }
    ExitCode::from(worst.map_or(0, |kind| kind as u8))
}

fn fetch(account: &Account, args: &Args) -> Result<Outcome, Failure> {
    let limits = Limits::start(&account.options);
    let secrets = Secrets::load(&account.options, limits)?;
    let tls = tls::config(account)?;
    let mut delivery = delivery::open(account, args.dry_run, limits)?;
    let (mut file, mut record) = RecordFile::open(account)?;
    let mut bar = Bar::new(!args.quiet && !args.dry_run);
    let (mut total, mut notes) = (Summary::NOTHING, None);
    for round in 1.. {
        let mut connection = session::open(account, &secrets, &tls, args.transcript.as_deref(), limits)?;
        let was_one_by_one = record.is_one_by_one();
        let mut outcome =
            transfer::run(account, &mut connection, record, &mut file, &mut *delivery, &mut bar, args.json);
        total = total.and(outcome.summary);
        outcome.summary = total;
        notes = outcome.note.take().map(|note| transfer::joined(notes.take(), note)).or(notes);
        match outcome.retry.take() {
            Some(better) if round < CONNECTIONS => {
                if better.is_one_by_one() && !was_one_by_one {
                    console::err(format_args!("pop3get: {}: {MIXED}", account.name));
                } else if let Some(failure) = outcome.failure {
                    console::err(format_args!(
                        "pop3get: {}; connecting again, to go on without it",
                        failure.of(&account.name)
                    ));
                }
                record = better;
                file.go_on()?;
            }
            _ => return Ok(Outcome { note: notes, ..outcome }),
        }
    }
    unreachable!("the last round returns")
}
