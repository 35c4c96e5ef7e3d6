//! Status lines, the greeting and the lines of listings are encoded exactly, and parsed again.

use pop3_proto::limits::REPLY_LINE;
use pop3_proto::{ApopTimestamp, Code, Full, Scan, Stat, Status, Uid, encode, parse};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::{Tight, after_ok, big, number, one_line, read, room, tag, whole_line, written};

/// A text that the encoder leaves as it is.
fn plain() -> impl Strategy<Value = String> {
    "([ -Z\\\\-~][ -~]{0,60})?"
}

/// Any characters, mostly harmful ones.
fn hostile_text() -> impl Strategy<Value = String> {
    let harm: Vec<char> =
        "\r\n\0\t\u{7F}\u{80}\u{85}\u{A0}\u{2028}[]<>@.+-= \u{e9}\u{1F4EC}".chars().collect();
    let one = prop_oneof![2 => select(harm), 2 => proptest::char::range(' ', '~'), 1 => any::<char>()];
    let text = prop_oneof![6 => vec(one.clone(), 0..30), 1 => vec(one, 300..700)];
    text.prop_map(|chars| chars.into_iter().collect())
}

fn code() -> impl Strategy<Value = Option<Code>> {
    const CODES: [Option<Code>; 8] = [
        None,
        Some(Code::LoginDelay),
        Some(Code::InUse),
        Some(Code::SysTemp),
        Some(Code::SysPerm),
        Some(Code::Sys),
        Some(Code::Auth),
        Some(Code::Utf8),
    ];
    select(&CODES)
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![Just(Status::Ok), Just(Status::Err)]
}

fn timestamp() -> impl Strategy<Value = String> {
    "<[!-;=?A-~]{1,30}@[!-;=?A-~]{1,30}>"
}

fn uid() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(0x21_u8..=0x7E, 1..=70), Just(vec![b'~'; 70]), Just(vec![b'.'])]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Proves 1939-3-09, 1939-3-11, 2449-8-01.
    #[test]
    fn a_status_line_is_written_exactly_and_read_again(status in status(), code in code(), text in plain()) {
        let line = written(|out| encode::status_line(status, code, &text, out));
        let mut due = String::from(if status == Status::Ok { "+OK" } else { "-ERR" });
        if let Some(code) = code {
            due += &format!(" [{}]", code.as_str());
        }
        if !text.is_empty() {
            due += &format!(" {text}");
        }
        prop_assert_eq!(line.escape_ascii().to_string(), due.as_bytes().escape_ascii().to_string());
        let value = read(&line, parse::status_line);
        prop_assert_eq!((value.status, value.known_code()), (status, code));
        prop_assert_eq!(value.code.is_some(), code.is_some());
        prop_assert_eq!(value.text.as_bytes(), text.as_bytes());
    }

    #[test]
    fn a_status_line_in_utf_8_is_read_again(
        status in status(),
        code in code(),
        text in "[ -Z\\\\-~\u{e9}\u{4e00}]{0,60}",
    ) {
        let line = written(|out| encode::status_line_utf8(status, code, &text, out));
        let value = read(&line, parse::status_line);
        prop_assert_eq!((value.status, value.known_code()), (status, code));
        prop_assert_eq!(value.text.as_bytes(), text.as_bytes());
    }

    #[test]
    fn a_greeting_is_read_again_with_its_timestamp(
        text in "([ -;=-Z\\\\-~][ -;=-~]{0,60})?",
        stamp in prop::option::of(timestamp()),
    ) {
        let stamp = stamp.as_deref().map(|stamp| ApopTimestamp::new(stamp).unwrap());
        let line = written(|out| encode::greeting(&text, stamp, out));
        let parts = [Some("+OK"), Some(&text[..]).filter(|t| !t.is_empty()), stamp.map(|stamp| stamp.as_str())];
        let due = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        prop_assert_eq!(line.escape_ascii().to_string(), due.as_bytes().escape_ascii().to_string());
        let value = read(&line, parse::greeting);
        prop_assert_eq!(value.line.status, Status::Ok);
        prop_assert_eq!(value.line.code, None);
        prop_assert_eq!(value.timestamp, stamp);
        prop_assert_eq!(value.line.text.as_bytes(), due.get(4..).unwrap_or("").as_bytes());
    }

    /// Proves 1939-4-10, 1939-5-03, 1939-5-04, 1939-5-12, 1939-7-08.
    #[test]
    fn listing_lines_are_written_exactly_and_read_again(
        n in number(),
        count in big(),
        octets in big(),
        id in uid(),
    ) {
        let (scan, stat, uid) = (Scan { number: n, octets }, Stat { count, octets }, Uid::new(&id).unwrap());
        let line = written(|out| encode::stat_reply(stat, out));
        prop_assert_eq!(&line, &format!("+OK {count} {octets}").into_bytes());
        prop_assert_eq!(read(after_ok(&line), parse::stat_reply), stat);
        let line = written(|out| encode::scan_reply(scan, out));
        prop_assert_eq!(&line, &format!("+OK {n} {octets}").into_bytes());
        prop_assert_eq!(read(after_ok(&line), parse::scan_reply), scan);
        let line = written(|out| encode::scan_item(scan, out));
        prop_assert_eq!(&line, &format!("{n} {octets}").into_bytes());
        prop_assert_eq!(read(&line, parse::scan_item), scan);
        let line = written(|out| encode::uid_reply(n, uid, out));
        prop_assert_eq!(&line, &[format!("+OK {n} ").as_bytes(), &id].concat());
        let value = read(after_ok(&line), parse::uid_reply);
        prop_assert_eq!((value.number, value.uid), (Some(n), &id[..]));
        let line = written(|out| encode::uid_item(n, uid, out));
        prop_assert_eq!(&line, &[format!("{n} ").as_bytes(), &id].concat());
        let value = read(&line, parse::uid_item);
        prop_assert_eq!((value.number, value.uid), (Some(n), &id[..]));
    }

    /// Proves 6856-3.2-06.
    #[test]
    fn language_lines_are_read_again(tag in tag(), text in "([ -~\u{e9}\u{4e00}]{0,50}[!-~\u{e9}])") {
        let line = written(|out| encode::lang_item(&tag, &text, out));
        prop_assert_eq!(&line, &format!("{tag} {text}").into_bytes());
        let value = read(&line, parse::lang_item);
        prop_assert_eq!((value.tag, value.description.as_bytes()), (tag.as_bytes(), text.as_bytes()));
        let line = written(|out| encode::lang_reply(&tag, &text, out));
        prop_assert_eq!(&line, &format!("+OK {tag} {text}").into_bytes());
        let value = read(after_ok(&line), parse::lang_item);
        prop_assert_eq!((value.tag, value.description.as_bytes()), (tag.as_bytes(), text.as_bytes()));
    }

    /// Covers crlf-nul-in-reply-texts.
    /// Proves 2449-3-02, 2449-3-03.
    #[test]
    fn a_reply_with_hostile_text_is_one_line_or_nothing(
        text in hostile_text(),
        other in hostile_text(),
        code in code(),
        status in status(),
        room in room(),
    ) {
        type Writer<'a> = Box<dyn Fn(&mut Tight) -> Result<(), Full> + 'a>;
        let writers: [Writer<'_>; 5] = [
            Box::new(|out| encode::status_line(status, code, &text, out)),
            Box::new(|out| encode::status_line_utf8(status, code, &text, out)),
            Box::new(|out| encode::greeting(&text, None, out)),
            Box::new(|out| encode::lang_item(&other, &text, out)),
            Box::new(|out| encode::lang_reply(&other, &text, out)),
        ];
        for write in writers {
            let line = one_line(REPLY_LINE, room, write)?;
            if room >= REPLY_LINE {
                prop_assert!(line.is_some(), "no line into {} bytes", room);
            }
            if let Some(line) = line {
                prop_assert!(line.as_slice() != b".\r\n");
                prop_assert!(!line[..line.len() - 2].iter().any(u8::is_ascii_control));
            }
        }
        let ascii = whole_line(|out| encode::status_line(status, code, &text, out))?;
        prop_assert!(ascii.is_ascii());
        let value = read(ascii.strip_suffix(b"\r\n").unwrap(), parse::status_line);
        prop_assert_eq!((value.status, value.known_code()), (status, code));
        prop_assert_eq!(value.code.is_some(), code.is_some());
        let line = whole_line(|out| encode::status_line_utf8(status, code, &text, out))?;
        let value = read(line.strip_suffix(b"\r\n").unwrap(), parse::status_line);
        prop_assert_eq!((value.status, value.known_code()), (status, code));
        prop_assert_eq!(value.code.is_some(), code.is_some());
        prop_assert!(str::from_utf8(&line).is_ok());
        let line = whole_line(|out| encode::greeting(&text, None, out))?;
        let value = read(line.strip_suffix(b"\r\n").unwrap(), parse::greeting);
        prop_assert_eq!((value.line.status, value.line.code, value.timestamp), (Status::Ok, None, None));
    }

    /// Proves 2449-4-05.
    #[test]
    fn a_greeting_with_any_timestamp_is_one_line_of_512_octets_or_nothing(
        text in hostile_text(),
        lens in prop_oneof![4 => (1_usize..30, 1_usize..30), 1 => (1_usize..600, 1_usize..600)],
        room in room(),
    ) {
        let stamp = format!("<{}@{}>", "l".repeat(lens.0), "d".repeat(lens.1));
        if let Some(stamp) = ApopTimestamp::new(&stamp) {
            one_line(REPLY_LINE, room, |out| encode::greeting(&text, Some(stamp), out))?;
        }
    }
}
