//! Files that pop3d keeps beside the mail are the user's, too: what they say is checked, and they are never
//! read whole.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};

use super::rig::{Pop3d, folder, maildir, write};

/// More than pop3d needs for any of this, and far less than the files have.
const MEMORY: u64 = 150 * 1024;

/// Covers side-files-fill-the-memory.
#[cfg(target_os = "linux")]
#[test]
fn a_big_size_cache_takes_no_memory() {
    let drops = folder();
    let maildrop = maildir(&drops.path().join("mallory"));
    write(maildrop.join("new/1"), "Subject: x\n\nhi\n");
    let mut cache = BufWriter::new(File::create(maildrop.join("pop3d-sizes")).unwrap());
    for n in 0..6_000_000 {
        writeln!(cache, "0 0 {n:x}").unwrap();
    }
    cache.flush().unwrap();
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    let mut client = pop3d.session("mallory");
    assert_eq!(client.ask("STAT"), "+OK 1 18");
    client.quit();
    assert!(pop3d.peak() < MEMORY, "{} KiB", pop3d.peak());
    // It was made anew, with what is there.
    assert_eq!(fs::read_to_string(maildrop.join("pop3d-sizes")).unwrap(), "15 18 1\n");
}

/// Covers side-files-fill-the-memory.
#[cfg(target_os = "linux")]
#[test]
fn a_cache_of_one_endless_line_takes_no_memory() {
    let drops = folder();
    let maildrop = maildir(&drops.path().join("mallory"));
    write(maildrop.join("new/1"), "Subject: x\n\nhi\n");
    File::create(maildrop.join("pop3d-sizes")).unwrap().set_len(2 << 30).unwrap();
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    assert_eq!(pop3d.session("mallory").ask("STAT"), "+OK 1 18");
    assert!(pop3d.peak() < MEMORY, "{} KiB", pop3d.peak());
}

/// Covers side-files-fill-the-memory.
#[test]
fn sizes_that_cannot_be_true_are_measured_again() {
    let drops = folder();
    let maildrop = maildir(&drops.path().join("mallory"));
    // Name, stored length, size on the wire.
    write(maildrop.join("new/1"), "Subject: x\n\nhi\n");
    write(maildrop.join("new/2"), "Subject: y\n\nhi");
    write(maildrop.join("new/3"), "");
    for cache in [
        "15 14 1\n14 13 2\n0 3 3\n",
        "15 33 1\n14 18446744073709551615 2\n0 18446744073709551615 3\n",
        "16 19 1\n15 19 2\n1 2 3\n",
        "x 19 1\n15 x 2\n\n \n15 19\n15  19 1\n",
        "15 17",
    ] {
        write(maildrop.join("pop3d-sizes"), cache);
        let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
        let mut client = pop3d.session("mallory");
        assert_eq!(client.many("LIST"), "1 18\r\n2 18\r\n3 0\r\n", "{cache:?}");
        client.quit();
    }
}

/// Covers side-files-fill-the-memory.
#[test]
fn sizes_are_remembered() {
    let drops = folder();
    let maildrop = maildir(&drops.path().join("alice"));
    write(maildrop.join("new/1"), "Subject: x\n\nhi\n");
    // A size that is possible, so that it shows whether the cache is used.
    write(maildrop.join("pop3d-sizes"), "15 19 1\n15 19 gone\n");
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    let mut client = pop3d.session("alice");
    assert_eq!(client.ask("LIST 1"), "+OK 1 19");
    client.quit();
    assert_eq!(fs::read_to_string(maildrop.join("pop3d-sizes")).unwrap(), "15 19 1\n");
}

/// Covers side-files-fill-the-memory.
#[cfg(target_os = "linux")]
#[test]
fn a_big_lock_file_takes_no_memory() {
    let drops = folder();
    write(drops.path().join("mallory"), "From a@b.c Mon Jan  1 00:00:00 2024\nSubject: x\n\nhi\n\n");
    File::create(drops.path().join("mallory.lock")).unwrap().set_len(2 << 30).unwrap();
    let pop3d = Pop3d::start("--mbox", &drops.path().join("%u"));
    assert!(pop3d.log_in("mallory").1.starts_with("-ERR"));
    assert!(pop3d.peak() < MEMORY, "{} KiB", pop3d.peak());
}
