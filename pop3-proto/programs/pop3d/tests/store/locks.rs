//! One session at a time, and who may hold the lock.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;

use super::rig::{MALLORY, Pop3d, folder, give, is_root, maildir, write};

const LOCKED: &str = "-ERR [IN-USE] maildrop is locked by another session";

/// Covers anybody-holds-the-lock.
#[test]
fn a_lock_on_the_folder_which_anybody_may_open_holds_nobody_up() {
    let drops = folder();
    let maildrop = maildir(&drops.path().join("alice"));
    // As another user of the system does it, who may look into the folder.
    let held = File::open(&maildrop).unwrap();
    held.try_lock().unwrap();
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    let alice = pop3d.session("alice");
    assert_eq!(pop3d.log_in("alice").1, LOCKED);
    alice.quit();
    pop3d.session("alice").quit();
}

/// Covers anybody-holds-the-lock.
#[test]
fn only_the_owner_may_open_the_file_that_is_locked() {
    let drops = folder();
    let maildrop = maildir(&drops.path().join("alice"));
    write(maildrop.join("pop3d-lock"), "");
    fs::set_permissions(maildrop.join("pop3d-lock"), fs::Permissions::from_mode(0o666)).unwrap();
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    pop3d.session("alice").quit();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(maildrop.join("pop3d-lock")), 0o600);
    fs::remove_file(maildrop.join("pop3d-lock")).unwrap();
    pop3d.session("alice").quit();
    assert_eq!(mode(maildrop.join("pop3d-lock")), 0o600);
}

/// Covers anybody-holds-the-lock.
#[test]
fn two_servers_share_one_lock() {
    let drops = folder();
    maildir(&drops.path().join("alice"));
    write(drops.path().join("bob"), "");
    for (kind, user) in [("--maildir", "alice"), ("--mbox", "bob")] {
        let one = Pop3d::start(kind, &drops.path().join("%u"));
        let other = Pop3d::start(kind, &drops.path().join("%u"));
        let session = one.session(user);
        assert_eq!(other.log_in(user).1, LOCKED);
        session.quit();
        other.session(user).quit();
    }
}

/// Covers anybody-holds-the-lock.
#[test]
fn a_folder_that_may_only_be_read_is_served_and_locked() {
    if !is_root() {
        return;
    }
    let drops = folder();
    let maildrop = maildir(&drops.path().join("alice"));
    write(maildrop.join("new/1"), "Subject: a\n\nb\n");
    let pop3d = Pop3d::start_as(MALLORY, "--maildir", &drops.path().join("%u"));
    let mut alice = pop3d.session("alice");
    assert_eq!(pop3d.log_in("alice").1, LOCKED);
    assert_eq!(alice.many("RETR 1"), "Subject: a\r\n\r\nb\r\n");
    alice.quit();
    assert!(!maildrop.join("pop3d-lock").exists());
}

/// Covers anybody-holds-the-lock.
#[test]
fn the_lock_file_belongs_to_the_owner_of_the_folder_and_a_link_to_anothers_does_not_lock_that() {
    if !is_root() {
        return;
    }
    use std::os::unix::fs::MetadataExt as _;
    let drops = folder();
    for (user, owner) in [("alice", 1001), ("mallory", MALLORY)] {
        give(&maildir(&drops.path().join(user)), owner);
    }
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    pop3d.session("alice").quit();
    let lock = drops.path().join("alice/pop3d-lock");
    assert_eq!(fs::metadata(&lock).unwrap().uid(), 1001);
    fs::hard_link(&lock, drops.path().join("mallory/pop3d-lock")).unwrap();
    let mallory = pop3d.session("mallory");
    let alice = pop3d.session("alice");
    assert_eq!(pop3d.log_in("alice").1, LOCKED);
    alice.quit();
    mallory.quit();
}
