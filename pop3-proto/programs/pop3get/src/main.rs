//! pop3get fetches POP3 mail, with blocking sockets, rustls, and one connection for each account.
//!
//! The crate speaks the protocol, [`pop3_proto::login`] logs in, and [`pop3_proto::fetch`] plans the download
//! and keeps the record. This program adds what they leave out: sockets, TLS, secrets and files. Run it with
//! `--help`, or with `--man` for a manual page.

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use pop3_proto::fetch::Summary;

mod account;
mod connection;
mod delivery;
mod failure;
mod options;
mod record;
mod report;
mod secrets;
mod session;
mod stream;
mod tls;
mod transcript;
mod transfer;

use account::Account;
use failure::{Failure, Kind};
use options::Args;
use record::RecordFile;
use report::{Bar, Outcome};

fn main() -> ExitCode {
    let args = Args::parse();
    if args.man {
        let printed = clap_mangen::Man::new(Args::command()).render(&mut std::io::stdout());
        return ExitCode::from(if printed.is_ok() { 0 } else { Kind::Disk as u8 });
    }
    let accounts = match account::all(&args) {
        Ok(accounts) => accounts,
        Err(failure) => {
            eprintln!("pop3get: {failure}");
            return ExitCode::from(failure.kind as u8);
        }
    };
    let mut worst = 0;
    for account in &accounts {
        let outcome = fetch(account, &args).unwrap_or_else(|failure| Outcome {
            summary: Summary::default(),
            unknown: 0,
            failure: Some(failure),
        });
        if args.json {
            report::json(&account.name, &outcome);
        } else if !args.quiet && outcome.failure.is_none() {
            report::summary(&account.name, &outcome);
        }
        if let Some(failure) = outcome.failure {
            worst = worst.max(failure.kind as u8);
            eprintln!("pop3get: {}", failure.of(&account.name));
        }
    }
    ExitCode::from(worst)
}

fn fetch(account: &Account, args: &Args) -> Result<Outcome, Failure> {
    let secrets = secrets::load(&account.options)?;
    let tls = tls::config(account)?;
    let mut delivery = delivery::open(account, args.dry_run)?;
    let (mut file, record) = RecordFile::open(account)?;
    let mut connection = session::open(account, &secrets, &tls, args.transcript.as_deref())?;
    let mut bar = Bar::new(!args.quiet && !args.dry_run);
    Ok(transfer::run(account, &mut connection, record, &mut file, &mut *delivery, &mut bar, args.json))
}
