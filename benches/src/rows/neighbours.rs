//! Parsers for similar lines of other protocols, each on lines of its own, to show how fast good ones are.

use std::hint::black_box;

/// SMTP commands through smtp-proto, one request each.
pub(super) fn smtp(count: usize) -> impl FnMut() -> u64 {
    const MIX: [&[u8]; 8] = [
        b"EHLO client.example.org\r\n",
        b"MAIL FROM:<mrose@example.org>\r\n",
        b"RCPT TO:<fred@example.com>\r\n",
        b"DATA\r\n",
        b"RSET\r\n",
        b"NOOP\r\n",
        b"MAIL FROM:<a@example.net> SIZE=1200\r\n",
        b"QUIT\r\n",
    ];
    let lines: Vec<&[u8]> = (0..count).map(|i| MIX[i.wrapping_mul(2_654_435_761) >> 16 & 7]).collect();
    assert!(lines.iter().all(|line| smtp_proto::Request::parse(&mut line.iter()).is_ok()));
    move || {
        let parse = |line: &&[u8]| smtp_proto::Request::parse(&mut black_box(*line).iter()).is_ok();
        lines.iter().filter(|line| parse(line)).count() as u64
    }
}

/// HTTP requests of 22 or 28 bytes, with at most one header, through httparse.
pub(super) fn http(count: usize) -> impl FnMut() -> u64 {
    const MIX: [&[u8]; 2] = [b"GET /mail HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nA: bcdef\r\n\r\n"];
    let heads: Vec<&[u8]> = (0..count).map(|i| MIX[i.wrapping_mul(2_654_435_761) >> 16 & 1]).collect();
    move || {
        let parse = |head: &&[u8]| {
            let mut headers = [httparse::EMPTY_HEADER; 4];
            httparse::Request::new(&mut headers).parse(black_box(head)).is_ok_and(|end| end.is_complete())
        };
        let parsed = heads.iter().filter(|head| parse(head)).count();
        assert_eq!(parsed, heads.len());
        parsed as u64
    }
}
