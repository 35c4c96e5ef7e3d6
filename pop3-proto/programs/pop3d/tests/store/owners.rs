//! Only files of the folder's owner are mail. Hard links and moved files belong to somebody else.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::rig::{MALLORY, Pop3d, folder, give, is_root, maildir, write};

pub(crate) const MBOX: &str = "From a@example.com Mon Jan  1 00:00:00 2024\nSubject: salary\n\nsecret\n\n";

pub(crate) fn private(path: &Path, text: &str, owner: u32) {
    write(path, text);
    give(path, owner);
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// Covers files-of-others-served.
#[test]
fn a_hard_link_to_somebody_elses_file_is_not_served_and_the_rest_is() {
    if !is_root() {
        return;
    }
    let drops = folder();
    let maildrop = maildir(&drops.path().join("mallory"));
    write(maildrop.join("new/2"), "Subject: own\n\nx\n");
    give(&maildrop, MALLORY);
    for (name, owner) in [("root", 0), ("alice", 1001)] {
        private(&drops.path().join(name), "top secret\n", owner);
        fs::hard_link(drops.path().join(name), maildrop.join("new").join(name)).unwrap();
    }
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    for _ in 0..2 {
        let mut client = pop3d.session("mallory");
        assert_eq!(client.many("UIDL"), "1 2\r\n");
        assert_eq!(client.many("RETR 1"), "Subject: own\r\n\r\nx\r\n");
        client.quit();
    }
    let log = pop3d.log();
    assert_eq!(log.matches("belongs to user").count(), 1, "it is logged once: {log}");
    assert!(log.contains("2 files"), "{log}");
    assert!(drops.path().join("root").exists() && maildrop.join("new/root").exists());
}

/// Covers files-of-others-served.
#[test]
fn in_a_folder_of_the_administrator_all_files_are_mail() {
    if !is_root() {
        return;
    }
    let drops = folder();
    let maildrop = maildir(&drops.path().join("alice"));
    private(&maildrop.join("new/1"), "Subject: a\n\nx\n", 1001);
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    assert_eq!(pop3d.session("alice").ask("STAT"), "+OK 1 17");
}

/// Covers files-of-others-served.
#[test]
fn a_folder_of_somebody_else_in_the_place_of_new_is_refused() {
    if !is_root() {
        return;
    }
    let drops = folder();
    let maildrop = maildir(&drops.path().join("mallory"));
    give(&maildrop, MALLORY);
    give(&maildrop.join("new"), 0);
    private(&maildrop.join("new/1"), "top secret\n", 0);
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    assert_eq!(pop3d.log_in("mallory").1, "-ERR [SYS/TEMP] the maildrop cannot be opened");
    assert!(pop3d.log().contains("belongs to user 0"), "{}", pop3d.log());
    assert!(maildrop.join("new/1").exists());
}

/// Covers files-of-others-served.
#[test]
fn an_mbox_of_another_owner_than_its_folder_is_refused() {
    if !is_root() {
        return;
    }
    let drops = folder();
    let refused = "-ERR [SYS/TEMP] the maildrop cannot be opened";
    // An mbox in the home of its user.
    let home = drops.path().join("mallory");
    fs::create_dir(&home).unwrap();
    private(&home.join("mbox"), MBOX, 0);
    give(&home, MALLORY);
    give(&home.join("mbox"), 0);
    let pop3d = Pop3d::start("--mbox", &drops.path().join("%u/mbox"));
    assert_eq!(pop3d.log_in("mallory").1, refused);
    give(&home.join("mbox"), MALLORY);
    let mut client = pop3d.session("mallory");
    assert_eq!(client.ask("DELE 1"), "+OK message 1 deleted");
    client.quit();
    assert_eq!(fs::read(home.join("mbox")).unwrap(), b"");
}

/// The number of a file that is gone is used for the next file, which may be somebody else's and get a name in
/// this folder. A file that is given away looks the same.
///
/// Covers files-of-others-served.
#[test]
fn a_message_that_has_become_somebody_elses_is_not_served() {
    if !is_root() {
        return;
    }
    let drops = folder();
    let maildrop = maildir(&drops.path().join("mallory"));
    for name in ["new/1", "cur/2:2,S"] {
        write(maildrop.join(name), "Subject: own\n\nx\n");
    }
    give(&maildrop, MALLORY);
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    let mut client = pop3d.session("mallory");
    assert_eq!(client.many("RETR 1"), "Subject: own\r\n\r\nx\r\n");
    for name in ["new/1", "cur/2:2,S"] {
        give(&maildrop.join(name), 1001);
    }
    for number in 1..=2 {
        let answer = client.ask(&format!("RETR {number}"));
        assert_eq!(answer, "-ERR [SYS/TEMP] message cannot be read", "{number}");
    }
    give(&maildrop.join("new/1"), MALLORY);
    assert_eq!(client.many("RETR 1"), "Subject: own\r\n\r\nx\r\n");
}
