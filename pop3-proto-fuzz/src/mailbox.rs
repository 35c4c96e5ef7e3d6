//! A maildrop in memory, for the fuzz targets.

use pop3_proto::dot::wire_size;
use pop3_proto::server::Index;
use pop3_proto::{MsgNo, Uid};

#[derive(Clone, Debug, Default)]
pub(crate) struct Mailbox(pub(crate) Vec<Vec<u8>>);

impl Mailbox {
    pub(crate) fn message(&self, n: MsgNo) -> &[u8] {
        &self.0[n.index()]
    }
}

impl Index for Mailbox {
    fn len(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap()
    }

    fn octets(&self, n: MsgNo) -> u64 {
        wire_size(self.message(n))
    }

    fn uid(&self, n: MsgNo) -> Uid<'_> {
        const IDS: &[u8; 70] = &[b'u'; 70];
        Uid::new(&IDS[..1 + n.index() % 70]).unwrap()
    }
}
