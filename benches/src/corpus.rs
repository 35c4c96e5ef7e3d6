//! Inputs of realistic shape, made up here so that no files have to be shipped.

/// The bytes of each message.
pub const SIZE: usize = 1024 * 1024;

/// Names and texts of messages as they go over the wire, with CRLF line ends and not stuffed, from ordinary
/// to hostile.
#[must_use]
pub fn messages() -> Vec<(&'static str, Vec<u8>)> {
    let lines = |line: &dyn Fn(usize) -> Vec<u8>| {
        let mut text = Vec::with_capacity(SIZE + 128);
        (0..)
            .take_while(|i| {
                text.extend(line(*i));
                text.len() < SIZE
            })
            .for_each(drop);
        text
    };
    let words = |i: usize, len: usize| -> Vec<u8> {
        let text = b"the quick brown fox jumps over the lazy dog. Pack my box with five dozen liquor jugs, ";
        let mut line: Vec<u8> = text.iter().cycle().skip(i * 7 % text.len()).take(len).copied().collect();
        line.extend_from_slice(b"\r\n");
        line
    };
    vec![
        (
            "text",
            lines(&|i| {
                let mut line = words(i, 40 + i * 13 % 44);
                if i % 490 == 0 {
                    line.insert(0, b'.');
                }
                line
            }),
        ),
        (
            "base64",
            lines(&|i| {
                [
                    &b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3"
                        [i % 4..][..76],
                    b"\r\n",
                ]
                .concat()
            }),
        ),
        (
            "dots-5-percent",
            lines(&|i| {
                let mut line = words(i, 60);
                if i % 20 == 0 {
                    line.insert(0, b'.');
                }
                line
            }),
        ),
        (
            "dots-every-line",
            lines(&|i| {
                let mut line = words(i, 71);
                line.insert(0, b'.');
                line
            }),
        ),
        ("only-dots", lines(&|_| b".\r\n".to_vec())),
        ("empty-lines", lines(&|_| b"\r\n".to_vec())),
    ]
}

/// A mix of commands without their line ends, in an order without a pattern. With line ends they have 8.5
/// bytes each on average.
#[must_use]
pub fn commands(count: usize) -> Vec<Vec<u8>> {
    let mix = command_mix();
    let mut state = 1_u32;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            mix[(state >> 16) as usize % mix.len()].to_vec()
        })
        .collect()
}

/// The twenty commands that [`commands`] picks from.
#[must_use]
pub const fn command_mix() -> [&'static [u8]; 20] {
    [
        b"USER mrose",
        b"PASS secret word",
        b"STAT",
        b"LIST",
        b"UIDL",
        b"RETR 1",
        b"RETR 17",
        b"RETR 12345",
        b"DELE 1",
        b"DELE 17",
        b"TOP 5 20",
        b"NOOP",
        b"RSET",
        b"CAPA",
        b"LIST 7",
        b"UIDL 9",
        b"retr 3",
        b"QUIT",
        b"STLS",
        b"AUTH PLAIN",
    ]
}

/// Lines with their line ends, one after another.
#[must_use]
pub fn stream(lines: &[Vec<u8>]) -> Vec<u8> {
    lines.iter().flat_map(|line| [line, &b"\r\n"[..]].concat()).collect()
}

/// Status lines as servers send them.
#[must_use]
pub fn status_lines(count: usize) -> Vec<Vec<u8>> {
    let mix: [&[u8]; 8] = [
        b"+OK",
        b"+OK 120 octets follow",
        b"-ERR no such message",
        b"-ERR [IN-USE] another session is open",
        b"+OK Logged in.",
        b"+OK message 17 marked",
        b"-ERR [AUTH] wrong name or password",
        b"+OK 1200 octets",
    ];
    (0..count).map(|i| mix[i.wrapping_mul(2_654_435_761) >> 16 & 7].to_vec()).collect()
}

/// The capability list of a server that has nearly every capability.
pub const CAPABILITIES: [&[u8]; 12] = [
    b"TOP",
    b"USER",
    b"SASL PLAIN LOGIN SCRAM-SHA-256",
    b"RESP-CODES",
    b"LOGIN-DELAY 60",
    b"PIPELINING",
    b"EXPIRE 30",
    b"UIDL",
    b"STLS",
    b"AUTH-RESP-CODE",
    b"UTF8 USER",
    b"IMPLEMENTATION pop3d-1.2-sample",
];

/// The numbers and sizes of a maildrop's messages.
#[must_use]
pub fn scans(n: u32) -> Vec<(u32, u64)> {
    (1..=n).map(|i| (i, u64::from(i).wrapping_mul(2_654_435_761) % 100_000)).collect()
}

/// Lines joined with CRLF, as a listing, with its dot line.
#[must_use]
pub fn listing(lines: impl Iterator<Item = String>) -> Vec<u8> {
    let mut wire: Vec<u8> = lines.flat_map(|line| [line.as_bytes(), b"\r\n"].concat()).collect();
    wire.extend_from_slice(b".\r\n");
    wire
}
