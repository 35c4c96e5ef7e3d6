//! Lines that a peer may send: what is parsed, encoded and parsed again stays the same value.

use pop3_proto::{Capability, Deviations, Uid, encode, parse};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::{after_ok, read, written};

fn reply_line() -> impl Strategy<Value = Vec<u8>> {
    const PARTS: [&[u8]; 30] = [
        b"+OK",
        b"-ERR",
        b"+",
        b" ",
        b" ",
        b"  ",
        b"[AUTH]",
        b"[sys/temp/x]",
        b"[X-Y]",
        b"[",
        b"]",
        b"<",
        b">",
        b"<1@h>",
        b"1",
        b"12 345",
        b"0",
        b"-1",
        b"1.5",
        b"99999999999999999999",
        b"UTF8 USER",
        b"SASL",
        b"PLAIN",
        b"EXPIRE NEVER",
        b"LOGIN-DELAY 3",
        b"resp_codes",
        b"en",
        b"\0",
        b"\xFF",
        b"text.",
    ];
    let part = prop_oneof![4 => select(&PARTS).prop_map(<[u8]>::to_vec), 1 => vec(0x20_u8..=0x7E, 1..6)];
    vec(part, 0..8).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_reads_as_a_number_listing_reads_the_same_when_written_again(line in reply_line()) {
        if let Ok(scan) = parse::scan_item(&line, &mut Deviations::default()) {
            let again = written(|out| encode::scan_item(scan, out));
            prop_assert_eq!(parse::scan_item(&again, &mut Deviations::default()), Ok(scan));
        }
        if let Ok(stat) = parse::stat_reply(&line, &mut Deviations::default()) {
            let again = written(|out| encode::stat_reply(stat, out));
            prop_assert_eq!(parse::stat_reply(after_ok(&again), &mut Deviations::default()), Ok(stat));
        }
    }

    #[test]
    fn what_reads_as_an_id_reads_the_same_when_written_again(line in reply_line()) {
        if let Ok(value) = parse::uid_item(&line, &mut Deviations::default())
            && let (Some(number), Some(uid)) = (value.number, Uid::new(value.uid))
        {
            let again = written(|out| encode::uid_item(number, uid, out));
            prop_assert_eq!(read(&again, parse::uid_item), value);
        }
        if let Ok(value) = parse::lang_item(&line, &mut Deviations::default())
            && let Ok(tag) = str::from_utf8(value.tag)
            && let Ok(text) = str::from_utf8(value.description.as_bytes())
            && tag.bytes().all(|b| b.is_ascii_alphanumeric())
            && !text.is_empty()
            && !text.chars().any(char::is_control)
        {
            let again = written(|out| encode::lang_item(tag, text, out));
            prop_assert_eq!(read(&again, parse::lang_item), value);
        }
    }

    #[test]
    fn what_reads_as_a_status_line_reads_the_same_when_written_again(line in reply_line()) {
        let mut seen = Deviations::NONE;
        if let Ok(value) = parse::status_line(&line, &mut seen)
            && let Ok(text) = str::from_utf8(value.text.as_bytes())
        {
            let again = written(|out| encode::status_line_utf8(value.status, value.known_code(), text, out));
            let second = read(&again, parse::status_line);
            prop_assert_eq!((second.status, second.known_code()), (value.status, value.known_code()));
            let mended = str::from_utf8(second.text.as_bytes()).unwrap();
            if !text.starts_with('[') && !text.chars().any(char::is_control) {
                prop_assert_eq!(mended, text);
            }
            let (status, code) = (second.status, second.known_code());
            let third = written(|out| encode::status_line_utf8(status, code, mended, out));
            prop_assert_eq!(third, again);
        }
    }

    #[test]
    fn what_reads_as_a_greeting_keeps_its_timestamp_when_written_again(line in reply_line()) {
        if let Ok(value) = parse::greeting(&line, &mut Deviations::default())
            && let Some(stamp) = value.timestamp
        {
            let again = written(|out| encode::greeting("ready", Some(stamp), out));
            prop_assert_eq!(read(&again, parse::greeting).timestamp, Some(stamp));
            let text = str::from_utf8(value.line.text.as_bytes()).unwrap_or("");
            prop_assert!(text.is_empty() || text.contains(stamp.as_str()));
        }
    }

    #[test]
    fn what_reads_as_a_capability_reads_the_same_when_written_again(line in reply_line()) {
        let first = parse::capability(&line, &mut Deviations::default());
        let mut out = Vec::new();
        encode::capability(&first, &mut out).unwrap();
        if let Some(again) = out.strip_suffix(b"\r\n") {
            let second = parse::capability(again, &mut Deviations::default());
            match (first, second) {
                (Capability::Sasl(one), Capability::Sasl(two)) => {
                    prop_assert_eq!(one.iter().collect::<Vec<_>>(), two.iter().collect::<Vec<_>>());
                }
                // A tag ends at the first character that is illegal in one, and what is left may be a known
                // tag.
                (Capability::Other { .. }, two) if !matches!(two, Capability::Other { .. }) => {}
                (Capability::Other { .. } | Capability::Implementation(_), two) => {
                    let third = written(|out| encode::capability(&two, out));
                    prop_assert_eq!(parse::capability(&third, &mut Deviations::default()), two);
                }
                (one, two) => prop_assert_eq!(one, two),
            }
        }
    }
}
