//! Which files of a Maildir are messages, in which order, and under which unique-ids.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;

use super::rig::{MALLORY, Pop3d, folder, give, is_root, maildir, write};

/// Covers one-file-closes-the-maildrop.
#[test]
fn one_unreadable_file_leaves_the_rest() {
    if !is_root() {
        return;
    }
    let drops = folder();
    let maildrop = maildir(&drops.path().join("alice"));
    for n in 1..=3 {
        write(maildrop.join(format!("cur/{n}:2,S")), format!("Subject: {n}\n\nb\n"));
    }
    fs::set_permissions(maildrop.join("cur/2:2,S"), fs::Permissions::from_mode(0o000)).unwrap();
    give(&maildrop, MALLORY);
    let pop3d = Pop3d::start_as(MALLORY, "--maildir", &drops.path().join("%u"));
    for _ in 0..2 {
        let mut client = pop3d.session("alice");
        assert_eq!(client.many("UIDL"), "1 1\r\n2 3\r\n");
        assert_eq!(client.many("RETR 2"), "Subject: 3\r\n\r\nb\r\n");
        client.quit();
    }
    let log = pop3d.log();
    assert_eq!(log.matches("1 file is not served").count(), 1, "it is logged once: {log}");
    assert!(log.contains("\"2:2,S\""), "{log}");
    // When it can be read it is there.
    fs::set_permissions(maildrop.join("cur/2:2,S"), fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(pop3d.session("alice").many("UIDL"), "1 1\r\n2 2\r\n3 3\r\n");
}

/// Covers one-file-closes-the-maildrop.
#[test]
fn a_maildrop_of_which_nothing_can_be_read_is_not_an_empty_one() {
    if !is_root() {
        return;
    }
    let drops = folder();
    let maildrop = maildir(&drops.path().join("alice"));
    for n in 1..=2 {
        let path = maildrop.join(format!("cur/{n}:2,S"));
        write(&path, format!("Subject: {n}\n\nb\n"));
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    }
    give(&maildrop, MALLORY);
    let pop3d = Pop3d::start_as(MALLORY, "--maildir", &drops.path().join("%u"));
    assert_eq!(pop3d.log_in("alice").1, "-ERR [SYS/TEMP] the maildrop cannot be opened");
}

/// Covers forged-log-lines.
#[test]
fn a_file_name_cannot_forge_a_line_of_the_log() {
    if !is_root() {
        return;
    }
    let drops = folder();
    let maildrop = maildir(&drops.path().join("mallory"));
    let name = "1\n2026-01-01T00:00:00.000000Z  INFO session: QUIT user=\"alice\"\x1b[2J\u{202e}\u{2028}";
    write(maildrop.join("new").join(name), "x\n");
    give(&maildrop, MALLORY);
    give(&maildrop.join("new").join(name), 0);
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    pop3d.session("mallory").quit();
    let log = pop3d.log();
    assert!(
        log.contains(r#""1\n2026-01-01T00:00:00.000000Z  INFO session: QUIT user=\"alice\"\u{1b}[2J"#),
        "{log}"
    );
    assert!(!log.lines().any(|line| line.starts_with("2026-01-01T00:00:00")), "{log}");
    assert!(!log.contains(['\x1b', '\u{202e}', '\u{2028}']), "{log:?}");
}

/// Covers forged-log-lines.
#[test]
fn a_message_that_cannot_be_read_is_logged_on_one_line() {
    let drops = folder();
    let maildrop = maildir(&drops.path().join("mallory"));
    let name = "1\nforged line\x1b[2J";
    write(maildrop.join("new").join(name), "x\n");
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    let mut client = pop3d.session("mallory");
    fs::remove_file(maildrop.join("new").join(name)).unwrap();
    fs::create_dir(maildrop.join("new").join(name)).unwrap();
    assert_eq!(client.ask("RETR 1"), "-ERR [SYS/TEMP] message cannot be read");
    client.ask("DELE 1");
    assert!(client.ask("QUIT").starts_with("-ERR [SYS/TEMP]"));
    let log = pop3d.log();
    assert!(log.contains("message 1") && log.contains("removing messages"), "{log}");
    assert!(!log.lines().any(|line| line.starts_with("forged")) && !log.contains('\x1b'), "{log:?}");
}

/// Covers maildir-order-as-text.
#[test]
fn messages_are_in_the_order_of_delivery() {
    let drops = folder();
    let maildrop = maildir(&drops.path().join("alice"));
    let order = [
        "999999998.M1P1.h",
        "1700000000.123_9.h",
        "1700000000.123_10.h",
        "1700000000.M5P1Q1.h",
        "1700000000.V801I9M99999.h",
        "1700000000.V801I1M100000.h",
        "1700000000.M100001P9Q9.h",
        "1700000000.M100001P9Q10.h",
        "1700000000.M100001P10Q1.h",
        "1700000001.M1P1Q5.h",
        "99999999999999999999999.M1P1.h",
        "by hand",
    ];
    for (n, name) in order.iter().enumerate() {
        let part = if n % 2 == 0 { "new" } else { "cur" };
        write(maildrop.join(part).join(name), format!("{n}\n"));
    }
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    let mut client = pop3d.session("alice");
    let seen: Vec<_> = (1..=order.len()).map(|n| client.many(&format!("RETR {n}"))).collect();
    let wanted: Vec<_> = (0..order.len()).map(|n| format!("{n}\r\n")).collect();
    assert_eq!(seen, wanted);
}

/// Covers maildir-order-as-text.
#[test]
fn flags_of_any_form_are_no_part_of_the_unique_id() {
    let drops = folder();
    let maildrop = maildir(&drops.path().join("alice"));
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    let mut before = maildrop.join("new/1.a,S=3");
    write(&before, "Subject: a\n\nb\n");
    for info in ["", ":2,", ":2,FSab", ":1,x"] {
        let now = maildrop.join(format!("cur/1.a,S=3{info}"));
        fs::rename(&before, &now).unwrap();
        before = now;
        let mut client = pop3d.session("alice");
        assert_eq!(client.ask("UIDL 1"), "+OK 1 1.a,S=3", "{info}");
        client.quit();
    }
}

/// Covers one-file-closes-the-maildrop.
#[test]
fn names_of_any_bytes_and_of_full_length_are_served_and_removed() {
    let drops = folder();
    let maildrop = maildir(&drops.path().join("alice"));
    let long = "x".repeat(255);
    let names = [b"1\n2".as_slice(), b"1 \xff", b"2:2,S\r\n", long.as_bytes()];
    for (n, name) in names.iter().enumerate() {
        write(maildrop.join("cur").join(OsStr::from_bytes(name)), format!("{n}\n"));
    }
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    let mut client = pop3d.session("alice");
    assert_eq!(client.ask("STAT"), "+OK 4 12");
    for n in 1..=4 {
        client.many(&format!("RETR {n}"));
        assert!(client.ask(&format!("DELE {n}")).starts_with("+OK"));
    }
    client.quit();
    assert_eq!(fs::read_dir(maildrop.join("cur")).unwrap().count(), 0);
}

/// Covers a-cut-message-looks-whole.
#[test]
fn a_message_that_is_not_the_one_that_was_listed_is_neither_served_nor_removed() {
    let drops = folder();
    let maildrop = maildir(&drops.path().join("alice"));
    write(maildrop.join("cur/1"), "Subject: a\n\nb\n");
    let pop3d = Pop3d::start("--maildir", &drops.path().join("%u"));
    let mut client = pop3d.session("alice");
    write(maildrop.join("tmp/1"), "Subject: another, and a longer one\n\nb\n");
    fs::rename(maildrop.join("tmp/1"), maildrop.join("cur/1")).unwrap();
    assert_eq!(client.ask("RETR 1"), "-ERR [SYS/TEMP] message cannot be read");
    assert!(client.ask("DELE 1").starts_with("+OK"));
    assert_eq!(client.ask("QUIT"), "-ERR [SYS/TEMP] some deleted messages were not removed");
    assert!(maildrop.join("cur/1").exists());
}

#[test]
fn a_header_in_utf8_is_sent_as_it_is_or_refused_outside_of_the_mode() {
    let drops = folder();
    let maildrop = maildir(&drops.path().join("alice"));
    // One whose header is longer than what is read at once, one whose body only is not ASCII.
    let long = format!("Received: x\n{}Subject: \u{e9}\n\nb\n", "X-Long: y\n".repeat(10_000));
    write(maildrop.join("new/1"), "Subject: \u{e9}\n\nb\n");
    write(maildrop.join("new/2"), &long);
    write(maildrop.join("new/3"), "Subject: e\n\n\u{e9}\n");
    let store = |rest: &str| format!("[store]\nmaildir = \"{}/%u\"\n{rest}", drops.path().display());
    let wire = |text: &str| text.replace('\n', "\r\n");
    {
        let pop3d = Pop3d::configured(drops.path(), &store(""));
        let mut client = pop3d.session("alice");
        assert_eq!(client.many("RETR 1"), "Subject: \u{e9}\r\n\r\nb\r\n");
    }
    let pop3d = Pop3d::configured(drops.path(), &store("utf8-headers = \"refuse\"\n"));
    let mut client = pop3d.session("alice");
    for command in ["RETR 1", "TOP 1 0", "RETR 2", "TOP 2 1"] {
        let refusal = "-ERR [UTF8] this message needs the UTF8 command first";
        assert_eq!(client.ask(command), refusal, "{command}");
    }
    assert_eq!(client.many("RETR 3"), "Subject: e\r\n\r\n\u{e9}\r\n");
    client.quit();
    let mut client = pop3d.connect();
    assert!(client.ask("UTF8").starts_with("+OK"));
    assert!(client.ask("USER alice").starts_with("+OK"));
    assert!(client.ask("PASS pw").starts_with("+OK"));
    assert_eq!(client.many("RETR 1"), "Subject: \u{e9}\r\n\r\nb\r\n");
    assert_eq!(client.many("RETR 2"), wire(&long));
}
