//! Links in a maildrop, which its owner makes, and links above it, which the administrator makes.

use std::fs;
use std::os::unix::fs::{lchown, symlink};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::rig::{MALLORY, Pop3d, folder, give, is_root, maildir, write};

const REFUSED: &str = "-ERR [SYS/TEMP] the maildrop cannot be opened";
const MBOX: &str = "From a@example.com Mon Jan  1 00:00:00 2024\nSubject: salary\n\nsecret\n\n";

/// Ends the other thread, even if the test fails.
struct Ending<'o>(&'o AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A folder with a file that is not mail of the user.
fn secret(folder: &Path) -> std::path::PathBuf {
    let secret = folder.join("secret");
    fs::create_dir(&secret).unwrap();
    write(secret.join("key"), "PRIVATE KEY\n");
    secret
}

/// Covers served-through-links.
#[test]
fn a_link_in_the_place_of_new_or_cur_is_not_followed() {
    for part in ["new", "cur"] {
        let drops = folder();
        let secret = secret(drops.path());
        let maildrop = maildir(&drops.path().join("mallory"));
        fs::remove_dir(maildrop.join(part)).unwrap();
        symlink(&secret, maildrop.join(part)).unwrap();
        let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
        assert_eq!(pop3d.log_in("mallory").1, REFUSED, "{part}");
        assert!(pop3d.log().contains("is a link"), "{}", pop3d.log());
        assert!(secret.join("key").exists());
    }
}

/// Covers served-through-links.
#[test]
fn a_link_in_the_place_of_a_maildrop_is_not_followed() {
    let drops = folder();
    maildir(&drops.path().join("alice"));
    write(drops.path().join("alice/new/1"), "Subject: a\n\nsecret\n");
    symlink("alice", drops.path().join("mallory")).unwrap();
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    assert_eq!(pop3d.log_in("mallory").1, REFUSED);
    assert_eq!(pop3d.session("alice").ask("STAT"), "+OK 1 22");
}

/// Covers served-through-links.
#[test]
fn a_link_on_the_way_below_the_users_part_is_not_followed() {
    let drops = folder();
    fs::create_dir(drops.path().join("mallory")).unwrap();
    maildir(&drops.path().join("alice/Maildir"));
    symlink("../alice/Maildir", drops.path().join("mallory/Maildir")).unwrap();
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u/Maildir"));
    assert_eq!(pop3d.log_in("mallory").1, REFUSED);
    assert_eq!(pop3d.session("alice").ask("STAT"), "+OK 0 0");
}

/// Covers served-through-links.
#[test]
fn a_link_in_the_place_of_an_mbox_is_not_followed() {
    let drops = folder();
    write(drops.path().join("alice"), MBOX);
    symlink("alice", drops.path().join("mallory")).unwrap();
    let pop3d = Pop3d::start("--mbox", &drops.path().join("%u"));
    assert_eq!(pop3d.log_in("mallory").1, REFUSED);
    assert!(pop3d.log().contains("is a link"), "{}", pop3d.log());
    let mut alice = pop3d.session("alice");
    assert_eq!(alice.many("RETR 1"), "Subject: salary\r\n\r\nsecret\r\n");
    alice.quit();
    assert_eq!(fs::read_to_string(drops.path().join("alice")).unwrap(), MBOX);
}

/// Covers served-through-links.
#[test]
fn a_link_above_the_users_part_is_the_administrators_and_is_followed() {
    let drops = folder();
    maildir(&drops.path().join("disk/alice"));
    write(drops.path().join("disk/alice/cur/1:2,S"), "Subject: a\n\nb\n");
    write(drops.path().join("disk/bob"), MBOX);
    symlink("disk", drops.path().join("mail")).unwrap();
    let maildirs = Pop3d::start("--maildir", &drops.path().join("mail/%u"));
    let mut alice = maildirs.session("alice");
    assert_eq!(alice.ask("UIDL 1"), "+OK 1 1");
    assert_eq!(alice.ask("DELE 1"), "+OK message 1 deleted");
    alice.quit();
    assert!(!drops.path().join("disk/alice/cur/1:2,S").exists());
    let mboxes = Pop3d::start("--mbox", &drops.path().join("mail/%u"));
    let mut bob = mboxes.session("bob");
    assert_eq!(bob.ask("DELE 1"), "+OK message 1 deleted");
    bob.quit();
    assert_eq!(fs::read(drops.path().join("disk/bob")).unwrap(), b"");
}

/// Covers served-through-links.
#[test]
fn links_that_the_settings_allow_lead_only_to_what_their_maker_owns() {
    if !is_root() {
        return;
    }
    let drops = folder();
    for (user, owner) in [("alice", 1001), ("mallory", MALLORY)] {
        let maildrop = maildir(&drops.path().join("disk").join(user));
        write(maildrop.join("new/1"), format!("Subject: {user}\n\nx\n"));
        give(&maildrop, owner);
        fs::create_dir(drops.path().join(user)).unwrap();
        give(&drops.path().join(user), owner);
    }
    let link = |from: &str, to: &str, owner: u32| {
        let from = drops.path().join(from);
        let _ = fs::remove_file(&from);
        symlink(drops.path().join("disk").join(to), &from).unwrap();
        lchown(&from, Some(owner), Some(owner)).unwrap();
    };
    link("alice/Maildir", "alice", 1001);
    link("mallory/Maildir", "alice", MALLORY);
    let settings =
        format!("[store]\nmaildir = \"{}/%u/Maildir\"\nlinks = \"follow\"\n", drops.path().display());
    let pop3d = Pop3d::configured(drops.path(), &settings);
    assert_eq!(pop3d.session("alice").many("RETR 1"), "Subject: alice\r\n\r\nx\r\n");
    assert_eq!(pop3d.log_in("mallory").1, REFUSED);
    link("mallory/Maildir", "mallory", MALLORY);
    assert_eq!(pop3d.session("mallory").many("RETR 1"), "Subject: mallory\r\n\r\nx\r\n");
    // The administrator's own link may lead to anybody's.
    fs::remove_dir_all(drops.path().join("mallory")).unwrap();
    fs::create_dir(drops.path().join("mallory")).unwrap();
    link("mallory/Maildir", "alice", 0);
    assert_eq!(pop3d.session("mallory").many("RETR 1"), "Subject: alice\r\n\r\nx\r\n");
}

/// A hard link to a link, which every user may make where `fs.protected_hardlinks` is 0.
///
/// Covers served-through-links.
#[test]
fn a_link_of_somebody_else_under_an_own_name_is_not_followed() {
    if !is_root() {
        return;
    }
    for maker in [0, 1001] {
        for (setting, path) in [("maildir", "Maildir"), ("mbox", "mbox")] {
            let drops = folder();
            let disk = maildir(&drops.path().join("disk/Maildir"));
            write(disk.join("new/1"), "Subject: salary\n\nsecret\n");
            write(drops.path().join("disk/mbox"), MBOX);
            give(&drops.path().join("disk"), 1001);
            for (user, owner) in [("alice", 1001), ("mallory", MALLORY)] {
                fs::create_dir(drops.path().join(user)).unwrap();
                give(&drops.path().join(user), owner);
            }
            let (own, copy) =
                (drops.path().join("alice").join(path), drops.path().join("mallory").join(path));
            symlink(drops.path().join("disk").join(path), &own).unwrap();
            lchown(&own, Some(maker), Some(maker)).unwrap();
            let settings = format!(
                "[store]\n{setting} = \"{}/%u/{path}\"\nlinks = \"follow\"\n",
                drops.path().display()
            );
            let pop3d = Pop3d::configured(drops.path(), &settings);
            assert_eq!(pop3d.session("alice").ask("STAT"), "+OK 1 27", "{maker} {setting}");
            fs::hard_link(&own, &copy).unwrap();
            assert_eq!(pop3d.log_in("mallory").1, REFUSED, "{maker} {setting}");
            assert!(pop3d.log().contains("has another name"), "{}", pop3d.log());
            if maker != 0 {
                // Its owner may remove or replace the own name.
                fs::remove_file(&own).unwrap();
                assert_eq!(pop3d.log_in("mallory").1, REFUSED, "{maker} {setting}");
            } else {
                fs::remove_file(&copy).unwrap();
                assert_eq!(pop3d.session("alice").ask("STAT"), "+OK 1 27", "{maker} {setting}");
            }
        }
    }
}

/// Covers served-through-links.
#[test]
fn a_link_that_takes_the_place_of_a_message_again_and_again_is_never_followed() {
    let drops = folder();
    let secret = secret(drops.path()).join("key");
    let maildrop = maildir(&drops.path().join("mallory"));
    // As long as the secret, so that its length does not give it away.
    write(maildrop.join("cur/1"), "A PLAIN ONE\n");
    let over = AtomicBool::new(false);
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                symlink(&secret, maildrop.join("tmp/link")).unwrap();
                fs::rename(maildrop.join("tmp/link"), maildrop.join("cur/1")).unwrap();
                write(maildrop.join("tmp/plain"), "A PLAIN ONE\n");
                fs::rename(maildrop.join("tmp/plain"), maildrop.join("cur/1")).unwrap();
            }
        });
        let ending = Ending(&over);
        for _ in 0..100 {
            let (mut client, _) = pop3d.log_in("mallory");
            for _ in 0..10 {
                if client.ask("RETR 1") == "+OK message follows" {
                    assert_eq!(client.line(), "A PLAIN ONE");
                    assert_eq!(client.line(), ".");
                }
            }
            client.ask("DELE 1");
            client.ask("QUIT");
        }
        drop(ending);
    });
    assert_eq!(fs::read(&secret).unwrap(), b"PRIVATE KEY\n");
}

/// Covers served-through-links.
#[test]
fn a_folder_that_turns_into_a_link_again_and_again_is_never_left() {
    let drops = folder();
    let secret = secret(drops.path());
    let maildrop = maildir(&drops.path().join("mallory"));
    write(maildrop.join("cur/1"), "A PLAIN ONE\n");
    write(maildrop.join("cur/key"), "A PLAIN KEY\n");
    let over = AtomicBool::new(false);
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                fs::rename(maildrop.join("cur"), maildrop.join("aside")).unwrap();
                symlink(&secret, maildrop.join("cur")).unwrap();
                fs::remove_file(maildrop.join("cur")).unwrap();
                fs::rename(maildrop.join("aside"), maildrop.join("cur")).unwrap();
            }
        });
        let ending = Ending(&over);
        for _ in 0..100 {
            let (mut client, answer) = pop3d.log_in("mallory");
            if answer.starts_with("+OK") {
                for number in 1..=2 {
                    if client.ask(&format!("RETR {number}")) == "+OK message follows" {
                        let line = client.line();
                        assert!(["A PLAIN ONE", "A PLAIN KEY"].contains(&line.as_str()), "{line}");
                        assert_eq!(client.line(), ".");
                    }
                }
            }
            client.ask("QUIT");
        }
        drop(ending);
    });
    assert_eq!(fs::read(secret.join("key")).unwrap(), b"PRIVATE KEY\n");
    assert_eq!(fs::read_dir(&secret).unwrap().count(), 1, "nothing was made in it either");
}

/// Covers written-through-links.
#[test]
fn the_relay_table_is_not_written_through_a_link() {
    let drops = folder();
    let secret = secret(drops.path()).join("key");
    symlink(&secret, drops.path().join("relay.new")).unwrap();
    let table = drops.path().join("relay");
    let settings = format!("[relay]\nwindow = 1800\ntable = \"{}\"\n", table.display());
    let pop3d = Pop3d::configured(drops.path(), &settings);
    pop3d.session("alice").quit();
    for _ in 0..100 {
        if fs::read_to_string(&table).is_ok_and(|table| table.starts_with("127.0.0.1 ")) {
            break;
        }
        thread::sleep(std::time::Duration::from_millis(50));
    }
    assert!(fs::read_to_string(&table).unwrap().starts_with("127.0.0.1 "));
    assert!(!fs::symlink_metadata(&table).unwrap().is_symlink());
    assert_eq!(fs::read(&secret).unwrap(), b"PRIVATE KEY\n");
}

/// Covers written-through-links.
#[test]
fn files_beside_a_maildrop_are_made_anew_and_never_written_through_links() {
    let drops = folder();
    let secret = secret(drops.path()).join("key");
    let maildrop = maildir(&drops.path().join("mallory"));
    write(maildrop.join("new/1"), "Subject: a\n\nb\n");
    for name in ["pop3d-sizes.new", "pop3d-sizes"] {
        symlink(&secret, maildrop.join(name)).unwrap();
    }
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    assert_eq!(pop3d.session("mallory").ask("STAT"), "+OK 1 17");
    write(drops.path().join("bob"), MBOX);
    symlink(&secret, drops.path().join("bob.new")).unwrap();
    let pop3d = Pop3d::start("--mbox", &drops.path().join("%u"));
    let mut bob = pop3d.session("bob");
    assert_eq!(bob.ask("DELE 1"), "+OK message 1 deleted");
    bob.quit();
    assert_eq!(fs::read(drops.path().join("bob")).unwrap(), b"");
    assert_eq!(fs::read(&secret).unwrap(), b"PRIVATE KEY\n");
}
