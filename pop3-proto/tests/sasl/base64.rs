//! Base64 as RFC 5034 section 4 wants it: nothing is skipped, nothing is guessed.

use pop3_proto::Base64;

fn decoded(text: &str) -> Option<Vec<u8>> {
    let text = Base64::new(text.as_bytes())?;
    let mut octets = vec![0; text.decoded_len()];
    assert_eq!(text.decode(&mut octets).unwrap().len(), text.decoded_len());
    Some(octets)
}

/// RFC 4648 section 10, and two commands.
#[test]
fn texts_and_their_octets() {
    for (text, octets) in [
        ("", &b""[..]),
        ("Zg==", b"f"),
        ("Zm8=", b"fo"),
        ("Zm9v", b"foo"),
        ("Zm9vYg==", b"foob"),
        ("Zm9vYmE=", b"fooba"),
        ("Zm9vYmFy", b"foobar"),
        ("QUIT", b"\x41\x42\x13"),
        ("NOOP", b"\x34\xe3\x8f"),
    ] {
        assert_eq!(decoded(text).as_deref(), Some(octets), "{text}");
    }
}

/// Proves 5034-4-16, 5034-4-17.
#[test]
fn everything_else_is_refused() {
    for bad in [
        "=", "*", "=AAA", "AAA=BBB", "AA==AAAA", "AAA=AAAA", "A", "AA", "AAA", "AAAAA", "A===", "====",
        "AA-_", "AA AA", "AAAA\t", " AAAA", "AAAA ", "AA\r\nAA", "AAAA\n", "QR==", "QUJ=", "AAAA====",
        "AA=A", "\u{e4}AA", "AAA\0",
    ] {
        assert_eq!(decoded(bad), None, "{bad:?}");
        let after = format!("{}{bad}", "QUJD".repeat(40));
        assert_eq!(decoded(&after), None, "after 160 characters, {bad:?}");
        if bad.ends_with('=') {
            let front = format!("{bad}{}", "QUJD".repeat(40));
            assert_eq!(decoded(&front), None, "in front of 160 characters, {bad:?}");
        }
    }
    for padded in ["Zg==", "Zm8="] {
        for groups in [1, 15, 16, 31, 40] {
            let inside = format!("{}{padded}{}", "QUJD".repeat(groups), "QUJD".repeat(groups));
            assert_eq!(decoded(&inside), None, "{padded} after {groups} groups");
        }
    }
}
