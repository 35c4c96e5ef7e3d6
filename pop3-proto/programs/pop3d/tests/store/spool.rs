//! Folders into which everybody may put files, like an old /var/mail: what somebody else's file is called there makes it
//! nobody's mail.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use super::owners::{MBOX, private};
use super::rig::{MALLORY, Pop3d, folder, give, is_root, maildir, write};

const REFUSED: &str = "-ERR [SYS/TEMP] the maildrop cannot be opened";
const BOB: u32 = 1001;
/// A user that every system has, and its number.
const DAEMON: (&str, u32) = ("daemon", 1);

fn spool(above: &Path) -> PathBuf {
    let spool = above.join("spool");
    fs::create_dir(&spool).unwrap();
    fs::set_permissions(&spool, fs::Permissions::from_mode(0o1777)).unwrap();
    spool
}

/// Covers files-of-others-served.
#[test]
fn a_file_of_somebody_else_that_was_moved_to_a_name_is_not_served() {
    if !is_root() {
        return;
    }
    let drops = folder();
    let spool = spool(drops.path());
    let passwd = format!("bob:{{UID}}{BOB}\nmallory:{{UID}}{MALLORY}\n{}:\nnew:\n", DAEMON.0);
    let pop3d = Pop3d::for_users(drops.path(), &passwd, "--mbox", &spool.join("%u"));
    private(&drops.path().join("archive"), MBOX, BOB);
    for name in ["mallory", DAEMON.0, "new"] {
        fs::rename(drops.path().join("archive"), spool.join(name)).unwrap();
        assert_eq!(pop3d.log_in(name).1, REFUSED, "{name}");
        assert_eq!(fs::read_to_string(spool.join(name)).unwrap(), MBOX);
        fs::rename(spool.join(name), drops.path().join("archive")).unwrap();
    }
    let log = pop3d.log();
    assert!(log.contains(&format!("it belongs to user {BOB}, but the mail of \"mallory\" to user")), "{log}");
    assert!(log.contains("no user of the system has the name \"new\"") && log.contains("{UID}1001"), "{log}");
    // Of root, too: whoever has no user on the system could get it in the same way.
    private(&spool.join("new"), MBOX, 0);
    assert_eq!(pop3d.log_in("new").1, REFUSED);
    // Everybody gets their own, even if it was moved there.
    for (name, owner) in [("bob", BOB), ("mallory", MALLORY), DAEMON] {
        private(&drops.path().join("archive"), MBOX, owner);
        fs::rename(drops.path().join("archive"), spool.join(name)).unwrap();
        let mut client = pop3d.session(name);
        assert_eq!(client.many("RETR 1"), "Subject: salary\r\n\r\nsecret\r\n");
        assert_eq!(client.ask("DELE 1"), "+OK message 1 deleted");
        client.quit();
        assert_eq!(fs::read(spool.join(name)).unwrap(), b"");
        assert_eq!(pop3d.session(name).ask("STAT"), "+OK 0 0");
    }
}

/// Covers files-of-others-served.
#[test]
fn a_hard_link_in_such_a_folder_is_not_served_under_either_name() {
    if !is_root() {
        return;
    }
    let drops = folder();
    let spool = spool(drops.path());
    private(&spool.join("bob"), MBOX, BOB);
    // Two names of POP3 for one user of the system.
    let passwd = format!("bob:{{UID}}{BOB}\nrobert:{{UID}}{BOB}\n");
    let pop3d = Pop3d::for_users(drops.path(), &passwd, "--mbox", &spool.join("%u"));
    fs::hard_link(spool.join("bob"), spool.join("robert")).unwrap();
    assert_eq!(pop3d.log_in("robert").1, REFUSED);
    fs::remove_file(spool.join("robert")).unwrap();
    assert_eq!(pop3d.session("bob").ask("STAT"), "+OK 1 27");
}

/// Covers files-of-others-served.
#[test]
fn a_folder_of_somebody_else_that_was_moved_to_a_name_is_not_served() {
    if !is_root() {
        return;
    }
    let drops = folder();
    let spool = spool(drops.path());
    let project = maildir(&drops.path().join("project"));
    write(project.join("new/1"), "Subject: a\n\nx\n");
    write(project.join("mbox"), MBOX);
    give(&project, BOB);
    let passwd = format!("bob:{{UID}}{BOB}\nmallory:{{UID}}{MALLORY}\n");
    let as_maildir = Pop3d::for_users(drops.path(), &passwd, "--maildir", &spool.join("%u"));
    let as_mbox = Pop3d::for_users(drops.path(), &passwd, "--mbox", &spool.join("%u/mbox"));
    fs::rename(&project, spool.join("mallory")).unwrap();
    assert_eq!(as_maildir.log_in("mallory").1, REFUSED);
    assert_eq!(as_mbox.log_in("mallory").1, REFUSED);
    fs::rename(spool.join("mallory"), spool.join("bob")).unwrap();
    assert_eq!(as_maildir.session("bob").ask("STAT"), "+OK 1 17");
    assert_eq!(as_mbox.session("bob").ask("STAT"), "+OK 1 27");
}

/// Covers served-through-links.
#[test]
fn a_link_of_somebody_else_that_was_moved_to_a_name_is_not_followed() {
    if !is_root() {
        return;
    }
    let drops = folder();
    let spool = spool(drops.path());
    let home = drops.path().join("home");
    fs::create_dir(&home).unwrap();
    private(&home.join("mbox"), MBOX, BOB);
    give(&home, BOB);
    // A link of root leads anywhere.
    symlink(home.join("mbox"), spool.join("mallory")).unwrap();
    let users = format!("bob:{{PLAIN}}cHc= {{UID}}{BOB}\nmallory:{{PLAIN}}cHc= {{UID}}{MALLORY}\n");
    write(drops.path().join("users"), users);
    let settings = format!(
        "[store]\nmbox = {:?}\nlinks = \"follow\"\n[users]\npasswd = {:?}\n",
        spool.join("%u"),
        drops.path().join("users")
    );
    let pop3d = Pop3d::configured_alone(drops.path(), &settings);
    assert_eq!(pop3d.log_in("mallory").1, REFUSED);
    symlink(home.join("mbox"), spool.join("bob")).unwrap();
    std::os::unix::fs::lchown(spool.join("bob"), Some(BOB), Some(BOB)).unwrap();
    assert_eq!(pop3d.session("bob").ask("STAT"), "+OK 1 27");
}

/// The administrator has named this very file.
#[test]
fn one_mbox_for_all_users_belongs_to_whom_it_belonged_at_the_start() {
    if !is_root() {
        return;
    }
    let drops = folder();
    let path = spool(drops.path()).join("mbox");
    for owner in [0, BOB] {
        private(&path, MBOX, owner);
        let pop3d = Pop3d::start("--mbox", &path);
        assert_eq!(pop3d.session("alice").ask("STAT"), "+OK 1 27");
        give(&path, MALLORY);
        assert_eq!(pop3d.log_in("alice").1, REFUSED);
        fs::remove_file(&path).unwrap();
    }
}

/// It can read nothing but its own files.
#[test]
fn a_server_that_is_not_root_serves_its_own_files() {
    if !is_root() {
        return;
    }
    let drops = folder();
    let spool = spool(drops.path());
    private(&spool.join("alice"), MBOX, BOB);
    fs::write(spool.join("bob"), MBOX).unwrap();
    let pop3d = Pop3d::start_as(BOB, "--mbox", &spool.join("%u"));
    assert_eq!(pop3d.session("alice").ask("STAT"), "+OK 1 27");
    assert_eq!(pop3d.log_in("bob").1, REFUSED, "it is root's");
}
