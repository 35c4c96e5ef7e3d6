//! A small maildrop to try things on: real-looking messages, among them the shapes that break POP3 software.

use pop3_proto::dot::wire_size;
use pop3_proto::server::Index;
use pop3_proto::{MsgNo, Uid};

/// A message as it is stored, with a unique-id that never changes.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) uid: &'static str,
    pub(crate) text: Vec<u8>,
}

/// The messages, oldest first. One has an attachment of 5 MB.
#[derive(Debug)]
pub(crate) struct Sample(pub(crate) Vec<Message>);

impl Sample {
    pub(crate) fn new() -> Self {
        let message = |uid, text: &[u8]| Message { uid, text: text.to_vec() };
        Self(vec![
            message("welcome-0001", WELCOME),
            message("first-octet-is-a-dot-0002", DOT_FIRST),
            message("dots-and-near-ends-0003", DOTS),
            message("eight-bit-0004", EIGHT_BIT),
            Message { uid: "attachment-0005", text: attachment(5_000_000) },
            message("empty-0006", b""),
            message("no-line-end-0007", b"From: ann@example.com\nSubject: short\n\nno line end here"),
        ])
    }
}

impl Index for Sample {
    fn len(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    fn octets(&self, n: MsgNo) -> u64 {
        self.0.get(n.index()).map_or(0, |message| wire_size(&message.text))
    }

    fn uid(&self, n: MsgNo) -> Uid<'_> {
        const NONE: Uid<'_> = Uid::new(b"none").unwrap();
        self.0.get(n.index()).and_then(|message| Uid::new(message.uid.as_bytes())).unwrap_or(NONE)
    }
}

const WELCOME: &[u8] = b"From: Post Office <postmaster@example.com>\n\
To: You <you@example.com>\n\
Date: Sun, 01 Nov 2026 09:00:00 +0000\n\
Message-ID: <1.welcome@example.com>\n\
Subject: Welcome\n\
MIME-Version: 1.0\n\
Content-Type: text/plain; charset=us-ascii\n\
\n\
This message is stored with bare LF line ends, as on any Unix machine.\n\
On the wire every line ends in CRLF, and the announced size counts that.\n";

/// Not a well-formed mail, but a stored file may look like this, and the first octet must be stuffed all the
/// same.
const DOT_FIRST: &[u8] =
    b".signature files sometimes land in a maildrop\r\n.\r\nand this line is still part of it\r\n";

const DOTS: &[u8] = b"From: Ann <ann@example.com>\r\n\
To: You <you@example.com>\r\n\
Subject: dots\r\n\
\r\n\
.\r\n\
..\r\n\
...and so on\r\n\
.\n\
+OK this is not a reply\r\n\
-ERR neither is this\r\n";

const EIGHT_BIT: &[u8] = b"From: =?UTF-8?Q?J=C3=BCrgen?= <juergen@example.com>\r\n\
To: You <you@example.com>\r\n\
Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\
MIME-Version: 1.0\r\n\
Content-Type: text/plain; charset=utf-8\r\n\
Content-Transfer-Encoding: 8bit\r\n\
\r\n\
Sch\xC3\xB6ne Gr\xC3\xBC\xC3\x9Fe aus K\xC3\xB6ln, \xE2\x82\xAC 5, \xF0\x9F\x93\xAC and a lone \xFF.\r\n";

/// A message with an attachment of `octets` octets in base64, generated so that the program stays small.
fn attachment(octets: usize) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = b"From: Bob <bob@example.com>\r\n\
To: You <you@example.com>\r\n\
Subject: the photographs\r\n\
MIME-Version: 1.0\r\n\
Content-Type: application/octet-stream; name=\"photographs.zip\"\r\n\
Content-Transfer-Encoding: base64\r\n\
\r\n"
        .to_vec();
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    for i in 0..octets / 3 * 4 {
        if i % 76 == 0 && i > 0 {
            text.extend_from_slice(b"\r\n");
        }
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text.push(ALPHABET[(state >> 58) as usize]);
    }
    text.extend_from_slice(b"\r\n");
    text
}
