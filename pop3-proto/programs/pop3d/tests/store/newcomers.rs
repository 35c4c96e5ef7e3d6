//! A user to whom no mail has ever come has an empty maildrop. A disk that is not mounted is something else.

use std::fs;
use std::path::Path;

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use super::rig::{Pop3d, folder, is_root, maildir, write};

const REFUSED: &str = "-ERR [SYS/TEMP] the maildrop cannot be opened";
const MBOX: &str = "From a@b.c Mon Jan  1 00:00:00 2024\nSubject: a\n\nb\n\n";

fn is_empty(pop3d: &Pop3d, user: &str) {
    let mut client = pop3d.session(user);
    assert_eq!(client.ask("STAT"), "+OK 0 0");
    assert_eq!(client.many("UIDL"), "");
    client.quit();
}

/// Covers a-new-user-is-refused.
#[test]
fn a_maildrop_that_does_not_exist_yet_is_empty() {
    let drops = folder();
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u/Maildir"));
    is_empty(&pop3d, "alice");
    fs::create_dir(drops.path().join("alice")).unwrap();
    is_empty(&pop3d, "alice");
    fs::create_dir(drops.path().join("alice/Maildir")).unwrap();
    is_empty(&pop3d, "alice");
    fs::create_dir(drops.path().join("alice/Maildir/cur")).unwrap();
    is_empty(&pop3d, "alice");
    fs::create_dir(drops.path().join("alice/Maildir/new")).unwrap();
    write(drops.path().join("alice/Maildir/new/1"), "Subject: a\n\nb\n");
    let mut client = pop3d.session("alice");
    assert_eq!(client.many("RETR 1"), "Subject: a\r\n\r\nb\r\n");
    client.quit();
    is_empty(&pop3d, "bob");
    assert!(!drops.path().join("bob").exists(), "pop3d makes no maildrops");
}

/// Covers a-new-user-is-refused.
#[test]
fn an_mbox_that_does_not_exist_yet_is_empty() {
    let drops = folder();
    let pop3d = Pop3d::start("--mbox", &drops.path().join("%u.mbox"));
    is_empty(&pop3d, "alice");
    let pop3d = Pop3d::start("--mbox", &drops.path().join("%u/mbox"));
    is_empty(&pop3d, "alice");
}

fn vanishes(kind: &str, fill: impl Fn(&Path)) {
    let disk = folder();
    let drops = disk.path().join("drops");
    fs::create_dir(&drops).unwrap();
    fill(&drops.join("alice"));
    let pop3d = Pop3d::start(kind, &drops.join("%u"));
    assert_eq!(pop3d.session("alice").ask("STAT"), "+OK 1 17");
    // As if the disk were unmounted: first nothing is there at all, then an empty folder.
    fs::rename(&drops, disk.path().join("aside")).unwrap();
    assert_eq!(pop3d.log_in("alice").1, REFUSED);
    assert_eq!(pop3d.log_in("bob").1, REFUSED);
    fs::create_dir(&drops).unwrap();
    assert_eq!(pop3d.log_in("alice").1, REFUSED);
    assert_eq!(pop3d.log_in("bob").1, REFUSED);
    fs::remove_dir(&drops).unwrap();
    fs::rename(disk.path().join("aside"), &drops).unwrap();
    assert_eq!(pop3d.session("alice").ask("STAT"), "+OK 1 17");
    is_empty(&pop3d, "bob");
}

/// Covers a-missing-disk-looks-empty.
#[test]
fn maildirs_that_vanish_with_their_disk_are_not_empty() {
    vanishes("--maildir", |path| write(maildir(path).join("new/1"), "Subject: a\n\nb\n"));
}

/// Covers a-missing-disk-looks-empty.
#[test]
fn mboxes_that_vanish_with_their_disk_are_not_empty() {
    vanishes("--mbox", |path| write(path, MBOX));
}

/// Covers a-missing-disk-looks-empty.
#[test]
fn a_maildrop_that_was_there_and_is_gone_is_not_empty() {
    let drops = folder();
    write(maildir(&drops.path().join("alice")).join("new/1"), "Subject: a\n\nb\n");
    maildir(&drops.path().join("bob"));
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    assert_eq!(pop3d.session("alice").ask("STAT"), "+OK 1 17");
    fs::rename(drops.path().join("alice"), drops.path().join("aside")).unwrap();
    assert_eq!(pop3d.log_in("alice").1, REFUSED);
    is_empty(&pop3d, "bob");
    is_empty(&pop3d, "mallory");
}

/// Covers a-missing-disk-looks-empty.
#[test]
fn where_the_parent_is_broken_nobody_is_new() {
    let drops = folder();
    write(drops.path().join("drops"), "a file, not a folder");
    let pop3d = Pop3d::start("--maildir", &drops.path().join("drops/%u"));
    assert_eq!(pop3d.log_in("alice").1, REFUSED);
    let pop3d = Pop3d::start("--maildir", &drops.path().join("nowhere/%u"));
    assert_eq!(pop3d.log_in("alice").1, REFUSED);
    let pop3d = Pop3d::start("--mbox", &drops.path().join("nowhere/%u"));
    assert_eq!(pop3d.log_in("alice").1, REFUSED);
}

/// Covers a-missing-disk-looks-empty.
#[test]
fn a_maildir_without_the_folders_that_were_in_it_is_not_empty() {
    let drops = folder();
    let maildrop = maildir(&drops.path().join("alice"));
    write(maildrop.join("new/1"), "Subject: a\n\nb\n");
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    assert_eq!(pop3d.session("alice").ask("STAT"), "+OK 1 17");
    // The folder beneath the disk of the maildrop.
    fs::rename(&maildrop, drops.path().join("aside")).unwrap();
    fs::create_dir(&maildrop).unwrap();
    assert_eq!(pop3d.log_in("alice").1, REFUSED);
    assert_eq!(fs::read_dir(&maildrop).unwrap().count(), 0, "no lock is left in it");
    fs::remove_dir(&maildrop).unwrap();
    fs::rename(drops.path().join("aside"), &maildrop).unwrap();
    assert_eq!(pop3d.session("alice").ask("STAT"), "+OK 1 17");
    // A reader that keeps no empty folders.
    fs::remove_dir(maildrop.join("cur")).unwrap();
    assert_eq!(pop3d.session("alice").ask("STAT"), "+OK 1 17");
}

/// Covers a-missing-disk-looks-empty.
#[test]
fn an_mbox_whose_folder_is_another_one_is_not_empty() {
    let drops = folder();
    let home = drops.path().join("alice");
    fs::create_dir(&home).unwrap();
    write(home.join("mbox"), MBOX);
    let pop3d = Pop3d::start("--mbox", &drops.path().join("%u/mbox"));
    assert_eq!(pop3d.session("alice").ask("STAT"), "+OK 1 17");
    fs::rename(&home, drops.path().join("aside")).unwrap();
    fs::create_dir(&home).unwrap();
    assert_eq!(pop3d.log_in("alice").1, REFUSED);
    fs::remove_dir(&home).unwrap();
    fs::rename(drops.path().join("aside"), &home).unwrap();
    assert_eq!(pop3d.session("alice").ask("STAT"), "+OK 1 17");
    // A reader that removes an mbox when it has emptied it.
    fs::remove_file(home.join("mbox")).unwrap();
    is_empty(&pop3d, "alice");
}

/// Covers a-missing-disk-looks-empty.
#[test]
fn what_lies_beneath_the_disk_of_a_maildrop_is_not_the_maildrop() {
    if !is_root() {
        return;
    }
    let drops = folder();
    let disk = drops.path().join("alice");
    let fill = |mail: bool| {
        maildir(&disk.join("Maildir"));
        if mail {
            write(disk.join("Maildir/new/1"), "Subject: a\n\nb\n");
            write(disk.join("mbox"), MBOX);
        } else {
            write(disk.join("mbox"), "");
        }
    };
    fill(false);
    if let Err(error) = mount("none", &disk, "tmpfs", MountFlags::empty(), c"mode=755") {
        println!("skipped: mounting: {error}");
        return;
    }
    fill(true);
    let as_maildir = Pop3d::start("--maildir", &drops.path().join("%u/Maildir"));
    let as_mbox = Pop3d::start("--mbox", &drops.path().join("%u/mbox"));
    for pop3d in [&as_maildir, &as_mbox] {
        pop3d.session("alice").quit();
    }
    unmount(&disk, UnmountFlags::empty()).unwrap();
    for pop3d in [&as_maildir, &as_mbox] {
        assert_eq!(pop3d.log_in("alice").1, REFUSED);
    }
    mount("none", &disk, "tmpfs", MountFlags::empty(), c"mode=755").unwrap();
    fill(true);
    for pop3d in [&as_maildir, &as_mbox] {
        assert_eq!(pop3d.session("alice").ask("STAT"), "+OK 1 17");
    }
    drop((as_maildir, as_mbox));
    unmount(&disk, UnmountFlags::empty()).unwrap();
}
