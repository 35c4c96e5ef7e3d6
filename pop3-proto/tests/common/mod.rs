//! What several test files need: a maildrop in memory, naive twins of the dot codecs, and bytes as readable
//! text.

#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod twins;

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

/// Readable form of bytes, for messages of failed assertions.
pub(crate) fn show(octets: &[u8]) -> String {
    octets.escape_ascii().to_string()
}
