//! The digests of a header and of a text: the same over any line ends of the header, slices and fields that
//! servers write themselves.

use pop3_proto::Security;
use pop3_proto::client::{Client, Event, Profile};
use pop3_proto::fetch::{Fetch, FetchEvent, Progress, Record, Rules};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sha2::{Digest as _, Sha256};

use crate::drive::{NOW, digest};

/// The digest of the header of a message that arrives in pieces of these sizes, in hexadecimal, as the record
/// has it. The digest of its text is checked.
fn recorded(message: &[u8], sizes: &[usize]) -> String {
    let (header, text) = both(message, sizes);
    assert_eq!(text, expected_text(message), "{}", message.escape_ascii());
    header
}

fn both(message: &[u8], sizes: &[usize]) -> (String, String) {
    let message = [b"+OK\r\n", message, b"\r\n.\r\n"].concat();
    let answers = [&b"+OK 1 9\r\n"[..], b"+OK\r\n1 9\r\n.\r\n", b"-ERR\r\n", &message, b"+OK\r\n"];
    let mut client: Client = Client::new(Profile::LENIENT, Security::Plain);
    let mut fetch = Fetch::new(Record::new(), Rules::DEFAULT, NOW);
    let _ = client.receive(&mut &b"+OK\r\n"[..]).unwrap();
    let (mut sizes, mut window, mut out) = (sizes.iter().cycle(), Vec::new(), Vec::new());
    let mut waiting = answers.into_iter();
    let mut rest = &b""[..];
    loop {
        let mut unread = &window[..];
        loop {
            assert_eq!(fetch.advance(&mut client, &mut out), Ok(Progress::Pending));
            match client.receive(&mut unread).unwrap() {
                Event::NeedInput => break,
                event => {
                    for told in fetch.handle_event(&event) {
                        if let FetchEvent::Whole(wanted) = told {
                            let line = fetch.stored(wanted.number).unwrap().to_string();
                            let digests = line.split(' ').nth(5).unwrap();
                            let (header, text) = digests.split_once('/').unwrap();
                            assert!(line.ends_with(&format!(" 0 digest:{header}")), "{line}");
                            return (header.to_owned(), text.to_owned());
                        }
                    }
                }
            }
        }
        let used = window.len() - unread.len();
        window.drain(..used);
        if rest.is_empty() {
            assert!(!out.is_empty(), "nothing is asked for");
            out.clear();
            rest = waiting.next().expect("the message did not come");
        }
        let (now, later) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
        window.extend_from_slice(now);
        rest = later;
    }
}

fn hex(octets: &[u8]) -> String {
    Sha256::digest(octets)[..16].iter().map(|octet| format!("{octet:02x}")).collect()
}

/// What comes over the wire after the first line without a byte other than CR.
fn after_header(message: &[u8]) -> Vec<u8> {
    let message = [message, b"\r\n"].concat();
    let mut lines = message.split_inclusive(|b| *b == b'\n');
    while lines.next().is_some_and(|line| line.iter().any(|b| !matches!(b, b'\r' | b'\n'))) {}
    lines.collect::<Vec<_>>().concat()
}

const WRITTEN_BY_SERVERS: [&str; 7] =
    ["status:", "x-status:", "x-uid:", "x-uidl:", "x-keywords:", "x-imap:", "x-imapbase:"];

const NAMES: [&str; 6] = ["message-id:", "date:", "from:", "to:", "cc:", "subject:"];

/// The lines up to the empty one, each with LF, without CR and without the fields that servers write; and those
/// of them that belong to a field of `NAMES`.
fn header_lines(message: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let text: Vec<u8> = message.iter().copied().filter(|b| *b != b'\r').collect();
    let (mut lines, mut naming) = (Vec::new(), Vec::new());
    let mut field = Vec::new();
    for line in text.split(|b| *b == b'\n').take_while(|line| !line.is_empty()) {
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            field = line.to_ascii_lowercase();
        }
        let is_in = |names: &[&str]| names.iter().any(|name| field.starts_with(name.as_bytes()));
        if is_in(&WRITTEN_BY_SERVERS) {
            continue;
        }
        for to in [Some(&mut lines), Some(&mut naming).filter(|_| is_in(&NAMES))].into_iter().flatten() {
            to.extend_from_slice(line);
            to.push(b'\n');
        }
    }
    (lines, naming)
}

fn expected(message: &[u8]) -> String {
    hex(&header_lines(message).0)
}

fn expected_text(message: &[u8]) -> String {
    let (lines, naming) = header_lines(message);
    let names = if naming.is_empty() { lines } else { naming };
    hex(&[Sha256::digest(names), Sha256::digest(after_header(message))].concat())
}

const WHOLE: &[usize] = &[usize::MAX];

#[test]
fn the_digest_is_the_front_of_a_sha_256_over_the_header() {
    let message = b"From: a@b\r\nSubject: x\r\n y\r\n\r\nbody";
    assert_eq!(recorded(message, WHOLE), digest("From: a@b\nSubject: x\n y\n"));
    assert_eq!(recorded(b"", WHOLE), "e3b0c44298fc1c149afbf4c8996fb924");
    assert_eq!(recorded(b"\r\nno header", WHOLE), "e3b0c44298fc1c149afbf4c8996fb924");
}

#[test]
fn line_ends_the_body_and_what_servers_write_do_not_count() {
    let due = digest("From: a@b\nSubject: x\n y\n");
    for same in [
        &b"From: a@b\nSubject: x\n y\n\nbody"[..],
        b"From: a@b\r\nSubject: x\r\n y",
        b"From: a@b\r\nSubject: x\r\n y\r\n",
        b"From: a@b\r\nSubject: x\r\n y\r\n\r\nanother body\r\n\r\nStatus: x",
        b"Status: RO\r\nFrom: a@b\r\nX-UID: 17\r\nSubject: x\r\n y\r\n\r\n",
        b"From: a@b\r\nX-IMAPbase: 1 2\r\n 3\r\n\t4\r\nSubject: x\r\n y\r\n\r\n",
        b"From: a@b\r\nX-KEYWORDS: a\r\nx-uidl: b\r\nX-Status:\r\nSubject: x\r\n y\r\nX-IMAP: 5",
    ] {
        assert_eq!(recorded(same, WHOLE), due, "{}", same.escape_ascii());
    }
    for other in [
        &b"From: a@b\r\nSubject: x\r\ny\r\n\r\n"[..],
        b"From: a@b\r\nSubject: x y\r\n\r\n",
        b"From: a@b\r\nsubject: x\r\n y\r\n\r\n",
        b"From: a@b\r\nStatus : RO\r\nSubject: x\r\n y\r\n\r\n",
        b"From: a@b\r\nX-Statuses: RO\r\nSubject: x\r\n y\r\n\r\n",
        b"From: a@b\r\n\r\nSubject: x\r\n y\r\n\r\n",
    ] {
        assert_ne!(recorded(other, WHOLE), due, "{}", other.escape_ascii());
    }
}

fn header() -> impl Strategy<Value = Vec<u8>> {
    const PARTS: [&str; 27] = [
        "From: a@b",
        "subject: x",
        "Message-ID:",
        "Cc",
        "To",
        "Date : today",
        "Status: RO",
        "status:",
        "X-Status: A",
        "X-UID: 1",
        "X-UIDL: x",
        "X-Keywords: k",
        "X-IMAP: 1",
        "X-IMAPbase: 1 2",
        "X-Imapbases: 1",
        "X-Keyword: k",
        "X",
        "Status",
        ":",
        " folded",
        "\tfolded",
        " ",
        "\u{fc}: \u{e9}",
        "Stat\rus: R",
        "X-Status : A",
        "",
        "A-field-of-more-than-eleven-octets",
    ];
    let line = (select(&PARTS), select(&["\n", "\r\n", "\r\n", "\r\r\n"]))
        .prop_map(|(part, end)| [part, end].concat());
    vec(line, 0..12).prop_map(|lines| lines.concat().into_bytes())
}

proptest! {
    #[test]
    fn any_header_in_any_slices_has_the_digest_of_its_lines(
        message in header(),
        sizes in vec(1_usize..30, 1..8),
    ) {
        prop_assert_eq!(recorded(&message, &sizes), expected(&message));
        prop_assert_eq!(recorded(&message, WHOLE), expected(&message));
    }
}
