//! What several test files need: a maildrop in memory, escapes, and a window that grows by cuts.

#![allow(dead_code, reason = "each test file uses its part")]

use pop3_proto::dot::wire_size;
use pop3_proto::server::Index;
use pop3_proto::{MsgNo, Uid};

/// Messages and their unique-ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mailbox {
    pub(crate) messages: Vec<Vec<u8>>,
    pub(crate) uids: Vec<Vec<u8>>,
}

impl Mailbox {
    pub(crate) fn of(messages: &[&[u8]]) -> Self {
        let uids = (1..=messages.len()).map(|n| format!("uid-{n}").into_bytes()).collect();
        Self { messages: messages.iter().map(|m| m.to_vec()).collect(), uids }
    }
}

impl Index for Mailbox {
    fn len(&self) -> u32 {
        self.messages.len().try_into().unwrap()
    }

    fn octets(&self, n: MsgNo) -> u64 {
        wire_size(&self.messages[n.index()])
    }

    fn uid(&self, n: MsgNo) -> Uid<'_> {
        Uid::new(&self.uids[n.index()]).unwrap()
    }
}

/// The stored message as it arrives: CRLF line ends, the last one included.
pub(crate) fn crlf_form(stored: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    for &b in stored {
        if b == b'\n' && wire.last() != Some(&b'\r') {
            wire.push(b'\r');
        }
        wire.push(b);
    }
    if !wire.is_empty() && !wire.ends_with(b"\r\n") {
        wire.extend_from_slice(b"\r\n");
    }
    wire
}

/// Octets from a text with `\r \n \t \0 \xNN \\`.
pub(crate) fn unescape(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next().unwrap() {
                'r' => octets.push(b'\r'),
                'n' => octets.push(b'\n'),
                't' => octets.push(b'\t'),
                '0' => octets.push(0),
                '\\' => octets.push(b'\\'),
                'x' => {
                    let hex: String = chars.by_ref().take(2).collect();
                    octets.push(u8::from_str_radix(&hex, 16).unwrap());
                }
                other => panic!("unknown escape \\{other} in {text:?}"),
            },
            c => octets.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    octets
}

/// Readable form of octets, for messages of failed assertions.
pub(crate) fn show(octets: &[u8]) -> String {
    octets.escape_ascii().to_string()
}
