//! What the known messages look like. [`MARKER`] stands where the marker goes.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// The place of the marker.
pub(super) const MARKER: &[u8] = b"@marker@";

/// A message in stored form.
pub(super) type Shape = Vec<u8>;

/// Offsets in the wire form where servers are likely to cut: sizes of buffers.
const EDGES: [usize; 8] = [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536];

pub(super) fn shape(name: &'static str) -> Shape {
    let header = header(name);
    let with = |body: &str| format!("{header}\n{body}").into_bytes();
    match name {
        "plain" => with(&lines(20)),
        "crlf" => with(&lines(5)).split(|b| *b == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..]),
        "mixed" => with("one\r\ntwo\nthree\r\nfour\n"),
        "dots" => with(".\n..\n...\n....\n.....\n.x\n..x\n. \nmiddle\n.\nend\n.\n"),
        "first-dot" => format!(".@marker@\n{header_rest}\nbody\n", header_rest = rest(name)).into_bytes(),
        "first-line-dot" => format!(".\n@marker@\n{}\nbody\n", rest(name)).into_bytes(),
        "final-dot" => with("text\n."),
        "final-dot-line" => with("text\n.\n"),
        "no-final-line-end" => with("text\nthe last line has no end"),
        "near-ends" => with("\r.\nb\r.\n\r.x\n.\r.\nend\n"),
        "popish" => with("+OK\n-ERR\n-ERR [AUTH] no\nQUIT\nRETR 1\n+ \n+OK 1 2\n.QUIT\nend\n"),
        "edges" => edges(&header),
        "long-line" => with(&format!("{}\nend\n", "abcdefghij".repeat(10_000))),
        "long-dots" => with(&format!("{}\nend\n", ".".repeat(10_000))),
        "eight-bit" => {
            let octets =
                (128..=255_u8).flat_map(|octet| [octet, octet, if octet % 16 == 15 { b'\n' } else { b' ' }]);
            with("").into_iter().chain(octets).collect()
        }
        "nul" => with("before\0after\n\0\n.\0\nend\n"),
        "utf8-header" => {
            format!("{header}X-Name: J\u{f6}rg \u{4f60}\u{597d}\n\nGr\u{fc}\u{df}e\n").into_bytes()
        }
        "empty" => Vec::new(),
        "only-line-end" => b"\n".to_vec(),
        "no-body" => header.into_bytes(),
        "header-and-blank" => with(""),
        "body-only" => format!("\n@marker@\n{}", lines(3)).into_bytes(),
        "many-fields" => {
            let fields: String = (1..=300).map(|n| format!("X-Field-{n}: value {n}\n folded\n")).collect();
            format!("{header}{fields}\nbody\n").into_bytes()
        }
        "big" => with(&big()),
        // `lf`, those that are equal, and those that may be removed.
        _ => with(&lines(3)),
    }
}

fn header(name: &str) -> String {
    format!("Subject: @marker@\n{}", rest(name))
}

/// The fields after the marker.
fn rest(name: &str) -> String {
    let name = if name == "equal-b" { "equal-a" } else { name };
    format!(
        "From: pop3check <pop3check@example.invalid>\nTo: tester@example.invalid\n\
         Date: Thu, 01 Jan 2026 00:00:00 +0000\nMessage-ID: <{name}@pop3check.invalid>\n"
    )
}

fn lines(count: usize) -> String {
    (1..=count).map(|n| format!("This is line {n} of the body.\n")).collect()
}

/// Dots at the edges of buffers, in the wire form, and one octet before and after them.
fn edges(header: &str) -> Shape {
    // The marker is longer than its place.
    let marker = "pop3check edges 0000 00000000".len();
    let at = |text: &str| {
        let ends = text.bytes().filter(|octet| *octet == b'\n').count();
        text.len().saturating_add(ends).saturating_add(marker).saturating_sub(MARKER.len())
    };
    let mut text = format!("{header}\n");
    for (i, edge) in EDGES.into_iter().enumerate() {
        // The first of the dot lines begins 3 to 6 octets before the edge.
        let start = edge.saturating_sub(3).saturating_sub(i % 4);
        while let left = start.saturating_sub(at(&text))
            && left > 80
        {
            text.push_str(&"x".repeat(70));
            text.push('\n');
        }
        let left = start.saturating_sub(at(&text));
        text.push_str(&"y".repeat(left.saturating_sub(2)));
        text.push_str("\n.\n..\n.a\n.\n");
    }
    text.push_str("end\n");
    text.into_bytes()
}

/// Four MiB of lines, some with dots in front.
fn big() -> String {
    let mut text = String::with_capacity(4 * 1024 * 1024);
    let mut n: u32 = 0;
    while text.len() < 4 * 1024 * 1024 {
        n = n.wrapping_add(1);
        let dots = if n.is_multiple_of(50) { ".." } else { "" };
        text.push_str(&format!("{dots}{n:07} abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ\n"));
    }
    text
}
