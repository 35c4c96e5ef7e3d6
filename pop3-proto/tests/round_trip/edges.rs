//! Edge cases of the encoders: the largest numbers, the longest line, the empty text, and the letter case of
//! a digest.

use pop3_proto::limits::REPLY_LINE;
use pop3_proto::{ApopDigest, Code, Deviation, Deviations, MsgNo, Scan, Stat, Status, encode, parse};

use crate::{after_ok, read, written};

/// Proves 1939-4-13.
#[test]
fn the_largest_numbers_are_written_and_read_without_a_note() {
    let number = MsgNo::new(u32::MAX).unwrap();
    for octets in [0, 9, 10, 99_999_999, 100_000_000, u64::MAX - 1, u64::MAX] {
        let scan = Scan { number, octets };
        let line = written(|out| encode::scan_item(scan, out));
        assert_eq!(line, format!("4294967295 {octets}").into_bytes());
        assert_eq!(read(&line, parse::scan_item), scan);
        let stat = Stat { count: octets, octets };
        let line = written(|out| encode::stat_reply(stat, out));
        assert_eq!(read(after_ok(&line), parse::stat_reply), stat);
    }
}

/// Covers huge-numbers, odd-numbers-in-listings.
/// Proves 1939-4-13.
#[test]
fn numbers_beyond_64_bits_read_as_the_largest_and_are_noted() {
    for beyond in ["18446744073709551616", "99999999999999999999", "100000000000000000000000000"] {
        let mut seen = Deviations::NONE;
        let scan = parse::scan_item(format!("7 {beyond}").as_bytes(), &mut seen).unwrap();
        assert_eq!((scan.number.get(), scan.octets), (7, u64::MAX));
        assert_eq!(seen, Deviations::NONE.with(Deviation::BadNumber), "7 {beyond}");
        for (text, stat) in [
            (format!("3 {beyond}"), Stat { count: 3, octets: u64::MAX }),
            (format!("{beyond} 3"), Stat { count: u64::MAX, octets: 3 }),
        ] {
            let mut seen = Deviations::NONE;
            assert_eq!(parse::stat_reply(text.as_bytes(), &mut seen), Ok(stat));
            assert_eq!(seen, Deviations::NONE.with(Deviation::BadNumber), "{text}");
        }
        assert!(parse::scan_item(format!("{beyond} 7").as_bytes(), &mut Deviations::default()).is_err());
        assert!(parse::command(format!("RETR {beyond}").as_bytes()).is_err());
    }
}

/// Proves 6856-3.2-06.
#[test]
fn a_language_without_a_description_is_a_tag_alone() {
    let line = written(|out| encode::lang_item("en", "", out));
    assert_eq!(line.escape_ascii().to_string(), "en");
    let value = read(&line, parse::lang_item);
    assert_eq!((value.tag, value.description.as_bytes()), (&b"en"[..], &b""[..]));
}

/// Proves 1939-3-10.
#[test]
fn a_long_text_is_cut_to_a_line_of_512_octets_on_a_character() {
    let long = "e".repeat(2000);
    let accents = "\u{e9}".repeat(2000);
    for code in [None, Some(Code::SysTemp)] {
        let line = written(|out| encode::status_line(Status::Err, code, &long, out));
        assert_eq!(line.len() + 2, REPLY_LINE);
        let line = written(|out| encode::status_line_utf8(Status::Err, code, &accents, out));
        assert!((REPLY_LINE - 1..=REPLY_LINE).contains(&(line.len() + 2)), "{}", line.len());
        assert!(String::from_utf8(line).is_ok());
    }
}

/// Proves 1939-7-29.
#[test]
fn a_digest_is_32_lower_case_digits() {
    let digest = ApopDigest::new([
        0xC4, 0xC9, 0x33, 0x4B, 0xAC, 0x56, 0x0E, 0xCC, 0x97, 0x9E, 0x58, 0, 0x1B, 0x3E, 0x22, 0xFB,
    ]);
    assert_eq!(&digest.to_hex(), b"c4c9334bac560ecc979e58001b3e22fb");
    assert!(ApopDigest::from_hex(&digest.to_hex()).unwrap().matches(&digest));
    for bad in [
        "C4C9334BAC560ECC979E58001B3E22FB",
        "c4c9334bac560ecc979e58001b3e22f",
        "c4c9334bac560ecc979e58001b3e22fbf",
    ] {
        assert!(ApopDigest::from_hex(bad.as_bytes()).is_none(), "{bad}");
    }
}
