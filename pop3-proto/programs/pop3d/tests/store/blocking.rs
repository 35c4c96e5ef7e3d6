//! Nothing in a maildrop makes pop3d wait: pipes and other things that are no files.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::rig::{Pop3d, folder, is_root, maildir, write};

const REFUSED: &str = "-ERR [SYS/TEMP] the maildrop cannot be opened";
const MBOX: &str = "From a@example.com Mon Jan  1 00:00:00 2024\nSubject: x\n\nhi\n\n";

fn pipe(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o666), 0).unwrap();
}

/// Covers waits-for-pipes.
#[test]
fn a_pipe_in_the_place_of_a_maildrop_is_refused_at_once() {
    for kind in ["--mbox", "--maildir"] {
        let drops = folder();
        pipe(&drops.path().join("mallory"));
        match kind {
            "--mbox" => write(drops.path().join("alice"), MBOX),
            _ => drop(maildir(&drops.path().join("alice"))),
        }
        let mut pop3d = Pop3d::start(kind, &drops.path().join("%u"));
        let start = Instant::now();
        let mut clients: Vec<_> = (0..10).map(|_| pop3d.connect()).collect();
        for client in &mut clients {
            client.send("USER mallory\r\nPASS pw");
        }
        for client in &mut clients {
            assert_eq!(client.line(), "+OK send PASS");
            assert_eq!(client.line(), REFUSED, "{kind}");
        }
        pop3d.session("alice").quit();
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
        drop(clients);
        assert!(pop3d.stop() < Duration::from_secs(5));
    }
}

/// Covers waits-for-pipes.
#[test]
fn what_is_no_plain_file_is_no_message_and_the_messages_are_served() {
    let drops = folder();
    let maildrop = maildir(&drops.path().join("alice"));
    pipe(&maildrop.join("new/1"));
    let _socket = UnixListener::bind(maildrop.join("new/2")).unwrap();
    fs::create_dir(maildrop.join("new/3")).unwrap();
    if is_root() {
        mknodat(CWD, maildrop.join("new/4"), FileType::CharacterDevice, Mode::from_raw_mode(0o666), 0x0105)
            .unwrap();
    }
    pipe(&maildrop.join("pop3d-sizes"));
    write(maildrop.join("new/5"), "Subject: a\n\nb\n");
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    let mut client = pop3d.session("alice");
    assert_eq!(client.many("UIDL"), "1 5\r\n");
    assert_eq!(client.many("RETR 1"), "Subject: a\r\n\r\nb\r\n");
    client.quit();
}

/// Covers waits-for-pipes.
#[test]
fn a_pipe_that_takes_the_place_of_a_message_is_refused_at_once() {
    let drops = folder();
    let maildrop = maildir(&drops.path().join("alice"));
    write(maildrop.join("cur/1"), "Subject: a\n\nb\n");
    write(maildrop.join("cur/2"), "Subject: b\n\nb\n");
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    let mut client = pop3d.session("alice");
    fs::remove_file(maildrop.join("cur/1")).unwrap();
    pipe(&maildrop.join("cur/1"));
    assert_eq!(client.ask("RETR 1"), "-ERR [SYS/TEMP] message cannot be read");
    assert_eq!(client.many("RETR 2"), "Subject: b\r\n\r\nb\r\n");
    client.quit();
}

/// Covers waits-for-pipes, anybody-holds-the-lock.
#[test]
fn where_the_session_lock_is_no_file_the_folder_is_locked() {
    type Make = fn(&Path);
    let makes: [Make; 3] =
        [pipe, |path| fs::create_dir(path).unwrap(), |path| symlink("/dev/zero", path).unwrap()];
    for make in makes {
        let drops = folder();
        let maildrop = maildir(&drops.path().join("mallory"));
        make(&maildrop.join("pop3d-lock"));
        let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
        let first = pop3d.session("mallory");
        assert_eq!(pop3d.log_in("mallory").1, "-ERR [IN-USE] maildrop is locked by another session");
        first.quit();
        pop3d.session("mallory").quit();
    }
}
