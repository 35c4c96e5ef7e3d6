//! The dot lock of an mbox, as delivery programs of this and of other hosts hold it.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::time::{Duration, Instant};

use super::rig::{Pop3d, folder, write};

const FROM: &str = "From a@example.com Sat Nov 28 10:00:00 2026\n";
const REFUSED: &str = "-ERR [SYS/TEMP] the maildrop cannot be opened";

/// A number that no process of this machine has.
fn nobody() -> u32 {
    (400_000..4_000_000).find(|n| !fs::exists(format!("/proc/{n}")).unwrap()).unwrap()
}

/// Covers lock-of-another-host-taken.
#[test]
fn a_fresh_lock_of_an_unknown_process_is_waited_for_and_left() {
    let drops = folder();
    write(drops.path().join("alice"), format!("{FROM}Subject: x\n\ntext\n\n"));
    let lock = drops.path().join("alice.lock");
    let text = format!("{}\n", nobody());
    write(&lock, &text);
    let pop3d = Pop3d::start("--mbox", &drops.path().join("%u"));
    assert_eq!(pop3d.log_in("alice").1, REFUSED);
    assert_eq!(fs::read_to_string(&lock).unwrap(), text);
    fs::remove_file(&lock).unwrap();
    pop3d.session("alice").quit();
    assert!(!lock.exists());
}

/// Covers lock-of-another-host-taken.
#[test]
fn what_is_delivered_under_the_lock_of_another_host_is_not_lost() {
    let drops = folder();
    let (mbox, lock) = (drops.path().join("alice"), drops.path().join("alice.lock"));
    write(&mbox, format!("{FROM}Subject: x\n\ntext\n\n"));
    let pop3d = Pop3d::start("--mbox", &drops.path().join("%u"));
    let mut client = pop3d.session("alice");
    assert!(client.ask("DELE 1").starts_with("+OK"));
    write(&lock, format!("{}\n", nobody()));
    let mut delivery = OpenOptions::new().append(true).open(&mbox).unwrap();
    assert_eq!(client.ask("QUIT"), "-ERR [SYS/TEMP] some deleted messages were not removed");
    delivery.write_all(format!("{FROM}Subject: new\n\nnot lost\n\n").as_bytes()).unwrap();
    fs::remove_file(&lock).unwrap();
    let mut client = pop3d.session("alice");
    assert_eq!(client.many("RETR 2"), "Subject: new\r\n\r\nnot lost\r\n");
    client.quit();
}

/// Covers own-lock-locks-out.
#[test]
fn a_lock_with_the_servers_own_number_that_it_does_not_hold_is_stale() {
    let drops = folder();
    write(drops.path().join("alice"), format!("{FROM}Subject: x\n\ntext\n\n"));
    let pop3d = Pop3d::start("--mbox", &drops.path().join("%u"));
    for text in [format!("{}\n", pop3d.id()), format!("{:>10}\0\0", pop3d.id())] {
        write(drops.path().join("alice.lock"), text);
        let start = Instant::now();
        pop3d.session("alice").quit();
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        assert!(!drops.path().join("alice.lock").exists());
    }
}

/// Nobody removes it by themselves, so the log has to say what to do.
#[test]
fn a_folder_in_the_place_of_the_lock_is_told_as_one() {
    let drops = folder();
    write(drops.path().join("alice"), format!("{FROM}Subject: x\n\ntext\n\n"));
    let lock = drops.path().join("alice.lock");
    fs::create_dir(&lock).unwrap();
    let pop3d = Pop3d::start("--mbox", &drops.path().join("%u"));
    assert_eq!(pop3d.log_in("alice").1, REFUSED);
    let log = pop3d.log();
    let words = "\"alice.lock\" is a folder, which no program takes for a lock of its own: remove it";
    assert!(log.contains(words) && log.contains("user=\"alice\""), "{log}");
    fs::remove_dir(&lock).unwrap();
    pop3d.session("alice").quit();
}
