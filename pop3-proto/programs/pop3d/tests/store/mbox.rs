//! Which lines divide an mbox, which of its messages are shown, and under which unique-ids.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::rig::{Pop3d, folder, write};

const FROM: &str = "From ann@example.com Sat Nov 28 10:00:00 2026\n";
const REFUSED: &str = "-ERR [SYS/TEMP] the maildrop cannot be opened";

/// The messages of an mbox, as they are retrieved, and what is left when the first one is removed.
fn served(text: &str) -> (Vec<String>, String) {
    let drops = folder();
    write(drops.path().join("alice"), text);
    let pop3d = Pop3d::start("--mbox", &drops.path().join("%u"));
    let mut client = pop3d.session("alice");
    let list = client.many("LIST");
    let messages: Vec<_> = (1..=list.lines().count()).map(|n| client.many(&format!("RETR {n}"))).collect();
    for (line, (message, number)) in list.lines().zip(messages.iter().zip(1..)) {
        assert_eq!(line, format!("{number} {}", message.len()), "the size is that of the message");
    }
    if !messages.is_empty() {
        assert!(client.ask("DELE 1").starts_with("+OK"));
    }
    client.quit();
    (messages, fs::read_to_string(drops.path().join("alice")).unwrap())
}

/// Covers mbox-split-at-text.
#[test]
fn a_from_line_without_a_date_is_text() {
    let texts = [
        "Dear all,\nFrom now on you can read mail here.\nBye\n",
        "Dear all,\n\nFrom Monday on the office is closed.\nBye\n",
        "x\n\nFrom \nx\n",
        "x\n\nFrom ann@example.com\nx\n",
        "x\n\nFrom ann@example.com Sat Nov 28\nx\n",
        "x\n\nFrom ann@example.com Sat Nov 28 2026\nx\n",
        "x\n\nFrom ann@example.com Sat Nov 28 10:00:00\nx\n",
        "x\n\nFrom ann@example.com Sat Nov 41 10:00:00 2026\nx\n",
        "x\n\nFrom ann@example.com Sat Nov 28 25:00:00 2026\nx\n",
        "x\n\n>From ann@example.com Sat Nov 28 10:00:00 2026\nx\n",
        "x\n\nfrom ann@example.com Sat Nov 28 10:00:00 2026\nx\n",
        // In the middle of a paragraph, and no header follows.
        "x\nFrom ann@example.com Sat Nov 28 10:00:00 2026\nit rained\n",
    ];
    for text in texts {
        let (messages, left) = served(&format!("{FROM}Subject: x\n\n{text}\n"));
        assert_eq!(messages, [format!("Subject: x\n\n{text}").replace('\n', "\r\n")]);
        assert_eq!(left, "");
    }
}

/// Covers mbox-split-at-text.
#[test]
fn a_from_line_with_a_date_of_any_usual_form_begins_a_message() {
    let lines = [
        "From ann@example.com Sat Nov 28 10:00:00 2026",
        "From ann@example.com  Sat Nov  8 10:00 2026",
        "From ann@example.com Sat Nov 28 10:00:00 CET 2026",
        "From ann@example.com Sat Nov 28 10:00:00 +0100 2026",
        "From ann@example.com Sat Nov 28 10:00:00 2026 +0100",
        "From ann@example.com Sat Nov 28 10:00:00 2026 remote from host",
        "From \"ann b\"@example.com Sat Nov 28 10:00:00 2026",
        "From ann b Sat Nov 28 10:00:00 2026",
        "From - Sat Nov 28 10:00:00 2026",
        "From  Sat Nov 28 10:00:00 2026",
        "From ann@example.com Sat, 28 Nov 2026 10:00:00 +0100",
        "From ann@example.com Sat Nov 28 10:00:00 2026\r",
    ];
    for line in lines {
        let (messages, left) = served(&format!("{FROM}Subject: a\n\nx\n\n{line}\nSubject: b\n\ny\n\n"));
        assert_eq!(messages, ["Subject: a\r\n\r\nx\r\n", "Subject: b\r\n\r\ny\r\n"], "{line}");
        assert_eq!(left, format!("{line}\nSubject: b\n\ny\n\n"));
    }
}

/// Covers mbox-split-at-text.
#[test]
fn without_an_empty_line_in_front_a_header_has_to_follow() {
    let (messages, left) = served(&format!("{FROM}Subject: a\n\nx\n{FROM}Subject: b\n\ny\n"));
    assert_eq!(messages, ["Subject: a\r\n\r\nx\r\n", "Subject: b\r\n\r\ny\r\n"]);
    assert_eq!(left, format!("{FROM}Subject: b\n\ny\n"));
}

/// Covers mbox-split-at-text.
#[test]
fn where_not_even_the_first_line_has_a_date_an_empty_line_in_front_divides() {
    let (messages, _) = served("From ann\nSubject: a\n\nx\nFrom here\n\nFrom bob\nSubject: b\n\ny\n\n");
    assert_eq!(messages, ["Subject: a\r\n\r\nx\r\nFrom here\r\n", "Subject: b\r\n\r\ny\r\n"]);
}

/// Covers mbox-split-at-text.
#[test]
fn a_from_line_that_is_still_being_written_closes_nothing() {
    let (messages, left) = served(&format!("{FROM}Subject: a\n\nx\n\nFrom ann@exa"));
    assert_eq!(messages, ["Subject: a\r\n\r\nx\r\n\r\nFrom ann@exa\r\n"]);
    assert_eq!(left, "");
}

/// Covers mbox-split-at-text.
#[test]
fn what_is_no_mbox_is_refused_and_stays() {
    for text in ["hello\n", "\u{feff}From a Sat Nov 28 10:00:00 2026\n", "\n\nx\n", "From"] {
        let drops = folder();
        write(drops.path().join("alice"), text);
        let pop3d = Pop3d::start("--mbox", &drops.path().join("%u"));
        assert_eq!(pop3d.log_in("alice").1, REFUSED, "{text:?}");
        assert_eq!(fs::read_to_string(drops.path().join("alice")).unwrap(), text);
    }
}

const INTERNAL: &str = "From MAILER-DAEMON Sat Nov 28 09:00:00 2026\n\
Date: 28 Nov 2026 09:00:00 +0000\n\
From: Mail System Internal Data <MAILER-DAEMON@example.com>\n\
Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n\
Message-ID: <1@example.com>\n\
X-IMAP: 1790000000 0000000017\n\
Status: RO\n\
\n\
This text is part of the internal format of your mail folder, and is not\na real message.\n\n";

/// Covers mbox-internal-data-served.
#[test]
fn the_internal_data_of_imap_programs_is_not_shown_and_stays() {
    for internal in
        [INTERNAL.to_owned(), INTERNAL.replace("X-IMAP:", "X-IMAPbase:"), INTERNAL.replace('\n', "\r\n")]
    {
        let (messages, left) = served(&format!("{internal}{FROM}Subject: a\n\nx\n\n"));
        assert_eq!(messages, ["Subject: a\r\n\r\nx\r\n"]);
        assert_eq!(left, internal);
        let (messages, left) = served(&internal);
        assert_eq!(messages.len(), 0);
        assert_eq!(left, internal);
    }
}

/// Covers mbox-internal-data-served.
#[test]
fn what_only_looks_like_internal_data_is_shown() {
    let subject_alone = INTERNAL.replace("X-IMAP: 1790000000 0000000017\n", "");
    assert_eq!(served(&subject_alone).0.len(), 1);
    let key_alone = INTERNAL.replace("DON'T DELETE", "Please delete");
    assert_eq!(served(&key_alone).0.len(), 1);
    let not_the_first = format!("{FROM}Subject: a\n\nx\n\n{INTERNAL}");
    assert_eq!(served(&not_the_first).0.len(), 2);
    let in_the_text = format!("{FROM}Subject: a\n\n{}\n", INTERNAL.split_once('\n').unwrap().1);
    assert_eq!(served(&in_the_text).0.len(), 1);
}

fn uids(text: &str) -> Vec<String> {
    let drops = folder();
    write(drops.path().join("alice"), text);
    let pop3d = Pop3d::start("--mbox", &drops.path().join("%u"));
    let mut client = pop3d.session("alice");
    client.many("UIDL").lines().map(|line| line.split(' ').nth(1).unwrap().to_owned()).collect()
}

/// Covers mbox-ids-change.
#[test]
fn fields_that_other_programs_write_change_no_unique_id() {
    let plain = format!("{FROM}From: ann@example.com\nSubject: x\n\ntext\n\n");
    let before = uids(&plain);
    // What this message has had as its unique-id since the first version.
    assert_eq!(before, ["78400e8d06ca12c318f2a0eaa1c643ed"]);
    for field in [
        "Status: RO\n",
        "status:O\n",
        "Status: RO\nX-Status: A\n",
        "X-UID: 17\n",
        "X-Keywords: $Forwarded\n",
        "X-Keywords: a\n b\n\tc\n",
        "X-IMAPbase: 1 2\n",
        "X-IMAP: 1 2\n",
        "Content-Length: 5\nLines: 1\n",
        "X-Mozilla-Status: 0001\nX-Mozilla-Status2: 00000000\nX-Mozilla-Keys:   \n",
    ] {
        let first = plain.replace("From: ann", &format!("{field}From: ann"));
        let last = plain.replace("\n\ntext", &format!("\n{field}\ntext"));
        assert_eq!(uids(&first), before, "{field:?} at the start");
        assert_eq!(uids(&last), before, "{field:?} at the end");
        // The same in the text is text.
        assert_ne!(uids(&plain.replace("text", &format!("{field}text"))), before);
    }
    assert_ne!(uids(&plain.replace("Subject: x", "Subject: y")), before);
    assert_ne!(uids(&plain.replace("Subject: x\n", "Subject: x\n y\n")), before);
}

/// Covers mbox-ids-change.
#[test]
fn equal_messages_have_ids_of_their_own() {
    let plain = format!("{FROM}Subject: x\n\ntext\n\n");
    let read = format!("{FROM}Subject: x\nStatus: RO\n\ntext\n\n");
    let ids = uids(&format!("{plain}{read}{plain}"));
    assert_eq!(ids[1], format!("{}-2", ids[0]));
    assert_eq!(ids[2], format!("{}-3", ids[0]));
}

/// Covers mbox-ids-change.
#[test]
fn a_message_is_removed_though_its_status_was_written_in_the_meantime() {
    let drops = folder();
    let (one, two) = (format!("{FROM}Subject: a\n\nx\n\n"), format!("{FROM}Subject: b\n\ny\n\n"));
    write(drops.path().join("alice"), format!("{one}{two}"));
    let pop3d = Pop3d::start("--mbox", &drops.path().join("%u"));
    let mut client = pop3d.session("alice");
    assert!(client.ask("DELE 1").starts_with("+OK"));
    let read = one.replace("\n\nx", "\nStatus: RO\n\nx");
    write(drops.path().join("alice"), format!("{read}{two}"));
    client.quit();
    assert_eq!(fs::read_to_string(drops.path().join("alice")).unwrap(), two);
}

/// Covers files-of-others-served.
#[test]
fn what_is_written_anew_keeps_who_may_read_it_and_gets_no_other_rights() {
    let drops = folder();
    let path = drops.path().join("alice");
    write(&path, format!("{FROM}Subject: a\n\nx\n\n"));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o6764)).unwrap();
    let pop3d = Pop3d::start("--mbox", &drops.path().join("%u"));
    let mut client = pop3d.session("alice");
    assert!(client.ask("DELE 1").starts_with("+OK"));
    client.quit();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o664);
}

/// Root's process may write more than the user may have.
///
/// Covers holes-become-blocks.
#[cfg(target_os = "linux")]
#[test]
fn what_takes_no_room_takes_none_after_messages_were_removed() {
    use std::os::unix::fs::MetadataExt as _;

    const HOLE: u64 = 8 << 20;
    let drops = folder();
    let path = drops.path().join("alice");
    let hole = "From a@example.com Mon Jan  1 00:00:01 2024\nSubject: hole\n\n";
    let last = "\n\nFrom a@example.com Mon Jan  1 00:00:02 2024\nSubject: last\n\nx\n\n";
    for (ends_with_hole, messages) in [(true, 2), (false, 3)] {
        write(&path, format!("From a@example.com Mon Jan  1 00:00:00 2024\nSubject: a\n\nb\n\n{hole}"));
        let file = fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.set_len(HOLE).unwrap();
        let rest = if ends_with_hole { "" } else { last };
        std::io::Write::write_all(&mut &file, rest.as_bytes()).unwrap();
        let before = file.metadata().unwrap();
        assert!(before.blocks() < 2048, "the file system makes no holes");
        let pop3d = Pop3d::start("--mbox", &drops.path().join("%u"));
        let mut client = pop3d.session("alice");
        assert!(client.ask("STAT").starts_with(&format!("+OK {messages} ")));
        assert_eq!(client.ask("DELE 1"), "+OK message 1 deleted");
        client.quit();
        let after = fs::metadata(&path).unwrap();
        let removed = "From a@example.com Mon Jan  1 00:00:00 2024\nSubject: a\n\nb\n\n".len() as u64;
        assert_eq!(after.len(), before.len() - removed);
        assert!(after.blocks() < 2048, "{} blocks", after.blocks());
        let text = fs::read(&path).unwrap();
        let (front, zeros) = text.split_at(hole.len());
        assert_eq!(front, hole.as_bytes());
        let (zeros, end) = zeros.split_at(zeros.len() - rest.len());
        assert!(zeros.iter().all(|octet| *octet == 0) && end == rest.as_bytes());
    }
}
