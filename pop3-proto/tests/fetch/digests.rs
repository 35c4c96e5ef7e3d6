//! The digest of a header: the same over any line ends, slices and fields that servers write themselves.

use pop3_proto::Security;
use pop3_proto::client::{Client, Event, Profile};
use pop3_proto::fetch::{Fetch, FetchEvent, Progress, Record, Rules};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use sha2::{Digest as _, Sha256};

use crate::drive::{NOW, digest};

/// The digest that the record keeps of a message that arrives in pieces of these sizes, in hexadecimal.
fn recorded(message: &[u8], sizes: &[usize]) -> String {
    let wire = [b"+OK\r\n+OK 1 9\r\n+OK\r\n1 9\r\n.\r\n-ERR\r\n+OK\r\n", message, b"\r\n.\r\n"].concat();
    let mut client: Client = Client::new(Profile::LENIENT, Security::Plain);
    let mut fetch = Fetch::new(Record::new(), Rules::DEFAULT, NOW);
    let (mut rest, mut sizes, mut window) = (&wire[..], sizes.iter().cycle(), Vec::new());
    let _ = client.receive(&mut rest).unwrap();
    loop {
        let (now, later) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
        window.extend_from_slice(now);
        rest = later;
        let mut unread = &window[..];
        loop {
            assert_eq!(fetch.advance(&mut client, &mut Vec::new()), Ok(Progress::Pending));
            match client.receive(&mut unread).unwrap() {
                Event::NeedInput => break,
                event => {
                    if let FetchEvent::Whole(wanted) = fetch.handle_event(&event) {
                        let line = fetch.stored(wanted.number).unwrap().to_string();
                        return line.split_once("digest:").unwrap().1.to_owned();
                    }
                }
            }
        }
        let used = window.len() - unread.len();
        window.drain(..used);
        assert!(!now.is_empty(), "the message did not come");
    }
}

const WRITTEN_BY_SERVERS: [&str; 7] =
    ["status:", "x-status:", "x-uid:", "x-uidl:", "x-keywords:", "x-imap:", "x-imapbase:"];

/// SHA-256 over the lines up to the empty one, each with LF, without CR and without the fields that servers
/// write.
fn expected(message: &[u8]) -> String {
    let text: Vec<u8> = message.iter().copied().filter(|b| *b != b'\r').collect();
    let (mut lines, mut skips) = (Vec::new(), false);
    for line in text.split(|b| *b == b'\n').take_while(|line| !line.is_empty()) {
        if !line.starts_with(b" ") && !line.starts_with(b"\t") {
            let small = line.to_ascii_lowercase();
            skips = WRITTEN_BY_SERVERS.iter().any(|name| small.starts_with(name.as_bytes()));
        }
        if !skips {
            lines.extend_from_slice(line);
            lines.push(b'\n');
        }
    }
    Sha256::digest(lines)[..16].iter().map(|octet| format!("{octet:02x}")).collect()
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
    const PARTS: [&str; 22] = [
        "From: a@b",
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
