//! The transfer: every message into the Maildir, several on the way at once if the server permits, each safe on disk before
//! it may be marked as deleted.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use maildir::{Maildir, TemporaryMailFile};
use pop3_proto::client::{Event, Part};
use pop3_proto::{Command, MsgNo, Scan};

use crate::connection::{Connection, refused};
use crate::failure::{Failure, Kind};

/// Messages that are taken from one maildrop; a list that goes on beyond is taken for endless.
const MOST: usize = 500_000;

/// What was fetched.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) messages: u64,
    pub(crate) octets: u64,
}

pub(crate) fn open_maildir(path: &Path) -> Result<Maildir, Failure> {
    let maildir = Maildir::from(path.to_path_buf());
    maildir.create_dirs().map_err(|error| disk(path, error))?;
    Ok(maildir)
}

pub(crate) fn all(connection: &mut Connection, maildir: &Maildir, delete: bool) -> Result<Done, Failure> {
    let scans = list(connection)?;
    let bar = progress_bar(&scans);
    let mut done = Done::default();
    let mut to_ask = scans.iter().map(|scan| scan.number).peekable();
    let mut incoming = VecDeque::new();
    loop {
        while let Some(number) = to_ask.next_if(|_| connection.client.can_send()) {
            connection.send(&Command::Retr(number))?;
            incoming.push_back(number);
        }
        let Some(number) = incoming.pop_front() else { break };
        done.octets += retrieve(connection, maildir, number, &bar)?;
        done.messages += 1;
    }
    bar.finish_and_clear();
    if delete {
        sync_folder(&maildir.path().join("new"))?;
        mark_deleted(connection, &scans)?;
    }
    Ok(done)
}

/// What is there. Sizes are good for a progress bar and nothing else.
fn list(connection: &mut Connection) -> Result<Vec<Scan>, Failure> {
    connection.send(&Command::Stat)?;
    let mut scans = Vec::new();
    loop {
        match connection.next()? {
            // Some servers refuse to list an empty maildrop.
            Event::Reply(_, Part::Stat(stat)) if stat.count == 0 => return Ok(scans),
            Event::Reply(_, Part::Stat(_) | Part::Unreadable(_)) => connection.send(&Command::List(None))?,
            Event::Reply(_, Part::ScanItem(_)) if scans.len() == MOST => {
                return Err(Kind::Protocol.because("LIST", format_args!("more than {MOST} messages")));
            }
            Event::Reply(_, Part::ScanItem(scan)) => scans.push(scan),
            Event::Reply(_, Part::End) => return Ok(scans),
            Event::Reply(_, Part::Err(refusal)) => return Err(refused("STAT or LIST", &refusal)),
            _ => {}
        }
    }
}

/// Takes in the answer to one RETR. The file is in `tmp/` until the last octet is there and synced.
fn retrieve(
    connection: &mut Connection,
    maildir: &Maildir,
    number: MsgNo,
    bar: &ProgressBar,
) -> Result<u64, Failure> {
    let mut file: Option<TemporaryMailFile> = None;
    let mut octets = 0;
    let failed =
        |error| Kind::Disk.because(format!("message {number} into {}", maildir.path().display()), error);
    loop {
        match connection.next()? {
            Event::Reply(_, Part::Begin(_)) => {
                file = Some(maildir.open_file_in_tmp().map_err(|error| failed(error.to_string()))?)
            }
            Event::Reply(_, Part::Data(data)) => {
                if let Some(file) = &mut file {
                    file.write_all(data).map_err(|error| failed(error.to_string()))?;
                }
                octets += data.len() as u64;
                bar.inc(data.len() as u64);
            }
            Event::Reply(_, Part::End) => {
                if let Some(file) = file {
                    maildir.move_tmp_to_new(file).map_err(|error| failed(error.to_string()))?;
                }
                return Ok(octets);
            }
            Event::Reply(_, Part::Err(refusal)) => return Err(refused(&format!("RETR {number}"), &refusal)),
            _ => {}
        }
    }
}

fn mark_deleted(connection: &mut Connection, scans: &[Scan]) -> Result<(), Failure> {
    let mut to_ask = scans.iter().map(|scan| scan.number).peekable();
    let mut waiting = 0_usize;
    while to_ask.peek().is_some() || waiting > 0 {
        while let Some(number) = to_ask.next_if(|_| connection.client.can_send()) {
            connection.send(&Command::Dele(number))?;
            waiting += 1;
        }
        match connection.next()? {
            Event::Reply(_, Part::Ok(_)) => waiting -= 1,
            Event::Reply(_, Part::Err(refusal)) => return Err(refused("DELE", &refusal)),
            _ => {}
        }
    }
    Ok(())
}

/// Makes the names durable; the files themselves are synced already.
fn sync_folder(path: &Path) -> Result<(), Failure> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(|error| disk(path, error))
}

fn disk(path: &Path, error: impl std::fmt::Display) -> Failure {
    Kind::Disk.because(path.display(), error)
}

/// Shown on a terminal only.
fn progress_bar(scans: &[Scan]) -> ProgressBar {
    let total = scans.iter().fold(0_u64, |sum, scan| sum.saturating_add(scan.octets));
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
    let bar = ProgressBar::new(total);
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}
