//! The strict grammar of the kit against the lenient parser of the crate, with which it shares no code: one says
//! yes if and only if the other reads the line without noting a deviation. What is read otherwise is named here.

use pop3_proto::conformance::form;
use pop3_proto::{ApopTimestamp, Base64, Deviations, Uid, parse};
use proptest::prelude::*;

/// Octets of a line: mostly those that matter to some grammar.
fn octets(most: usize) -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![
        6 => prop::sample::select(b"01 29[]/<>@+-.\tAz=".to_vec()),
        1 => any::<u8>().prop_filter("no line end", |octet| !matches!(octet, b'\r' | b'\n')),
    ];
    prop::collection::vec(octet, 0..most)
}

/// A number as servers write it, or nearly so.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => (0..100u32).prop_map(|n| n.to_string()),
        1 => any::<u64>().prop_map(|n| n.to_string()),
        1 => "[0-9]{1,22}",
        1 => "[-+]?[0-9]{0,3}[.x]?[0-9]?",
    ]
}

fn gap() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![" ", " ", " ", "", "  ", "\t"])
}

/// The value that the parser has read without noting anything.
fn read<T, E>(parse: impl FnOnce(&mut Deviations) -> Result<T, E>) -> Option<T> {
    let mut seen = Deviations::NONE;
    parse(&mut seen).ok().filter(|_| seen == Deviations::NONE)
}

/// Leading zeros, which the parser takes without a word.
fn has_zeros(line: &[u8]) -> bool {
    line.split(|octet| *octet == b' ').take(2).any(|word| word.len() > 1 && word.starts_with(b"0"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn status_lines(
        indicator in prop::sample::select(vec!["+OK", "-ERR", "+ok", "-Err", "+OKAY", "+ERR", "+", "-", "OK", ""]),
        gap in gap(),
        text in octets(40),
    ) {
        let line = [indicator.as_bytes(), gap.as_bytes(), &text].concat();
        let strict = form::status_line(&[&line[..], b"\r\n"].concat(), false).is_none();
        let read = read(|seen| parse::status_line(&line, seen));
        prop_assert_eq!(strict, read.is_some());
        if let Some(read) = read {
            let code = form::code(form::text(&line)).map(|code| code.to_ascii_uppercase());
            let known = read.code.map(|code| code.as_bytes().to_ascii_uppercase());
            prop_assert_eq!(code, known);
        }
    }

    #[test]
    fn scan_listings(one in number(), gap in gap(), two in number(), end in prop::sample::select(vec!["", "", " ", "x"])) {
        let line = format!("{one}{gap}{two}{end}").into_bytes();
        let strict = form::two_numbers(&line);
        let read = read(|seen| parse::scan_item(&line, seen));
        // No message has the number 0, or one of more than 32 bits; more than 64 bits are noted.
        let no_message = strict.is_some_and(|(one, two)| !(1..=u32::MAX.into()).contains(&one) || two == u64::MAX);
        if no_message {
            prop_assert!(read.is_none());
        } else if !has_zeros(&line) {
            prop_assert_eq!(strict, read.map(|scan| (u64::from(scan.number.get()), scan.octets)));
        }
    }

    #[test]
    fn unique_ids(number in number(), gap in gap(), id in octets(75)) {
        let line = [number.as_bytes(), gap.as_bytes(), &id].concat();
        let strict = form::unique_id(&line);
        let read = read(|seen| parse::uid_item(&line, seen));
        if strict.is_some_and(|(number, _)| !(1..=u32::MAX.into()).contains(&number)) {
            prop_assert!(read.is_none());
        } else if !has_zeros(&line) {
            let read = read.and_then(|line| Some((u64::from(line.number?.get()), line.uid)));
            prop_assert_eq!(strict, read);
        }
    }

    #[test]
    fn ids_alone(id in octets(75)) {
        let strict = form::unique_id(&[b"1 ", &id[..]].concat()).is_some();
        prop_assert_eq!(strict, Uid::new(&id).is_some());
    }

    #[test]
    fn base64(text in "[A-Za-z0-9+/=_ ]{0,12}") {
        let read = Base64::new(text.as_bytes()).is_some_and(|text| text.decode(&mut [0; 16]).is_some());
        prop_assert_eq!(form::is_base64(text.as_bytes()), read);
    }

    #[test]
    fn timestamps(inner in "[a-z0-9@.<> \t\u{7f}\u{e9}-]{0,10}", front in "<?", end in ">?") {
        let text = format!("{front}{inner}{end}");
        prop_assert_eq!(form::is_timestamp(text.as_bytes()), ApopTimestamp::new(&text).is_some());
    }
}

/// What servers say in the RFCs: RFC 1939 sections 3, 5, 7 and 10, RFC 2449 sections 3, 5 and 8, RFC 3206.
const STATUS_LINES: &[&str] = &[
    "+OK POP3 server ready <1896.697170952@dbc.mtview.ca.us>",
    "+OK mrose's maildrop has 2 messages (320 octets)",
    "+OK 2 320",
    "+OK 2 messages (320 octets)",
    "-ERR no such message, only 2 messages in maildrop",
    "+OK 120 octets",
    "+OK message 1 deleted",
    "-ERR message 1 already deleted",
    "+OK",
    "-ERR maildrop already locked",
    "+OK dewey POP3 server signing off (maildrop empty)",
    "-ERR [IN-USE] Do you have another POP session running?",
    "-ERR [LOGIN-DELAY] wait",
    "-ERR [SYS/TEMP] try again later",
    "-ERR [AUTH] PAM authentication failed",
    "+OK Capability list follows",
];

#[test]
fn the_lines_of_the_rfcs_are_right() {
    for line in STATUS_LINES {
        assert_eq!(form::status_line(format!("{line}\r\n").as_bytes(), true), None, "{line}");
    }
    for line in ["1 120", "2 200"] {
        assert!(form::two_numbers(line.as_bytes()).is_some(), "{line}");
    }
    for line in ["1 whqtswO00WBw418f9t5JxYwZ", "2 QhdPYR:00WBw1Ph7x7"] {
        assert!(form::unique_id(line.as_bytes()).is_some(), "{line}");
    }
    assert!(form::is_timestamp(b"<1896.697170952@dbc.mtview.ca.us>"));
}

#[test]
fn each_fault_is_named() {
    use form::Fault::*;
    let long = format!("+OK {}\r\n", "x".repeat(507));
    assert_eq!(long.len(), 513);
    for (line, fault) in [
        ("+OK\n", LineEnd),
        ("+OK", LineEnd),
        ("+OK a\rb\r\n", LineEnd),
        ("+ok\r\n", Indicator),
        ("* OK\r\n", Indicator),
        ("+OK\tx\r\n", Gap),
        ("-ERRx\r\n", Gap),
        ("+OK [x y] z\r\n", Code),
        ("+OK [] z\r\n", Code),
        ("+OK [SYS//X] z\r\n", Code),
        ("-ERR [AUTH z\r\n", Code),
        (&long, Length),
    ] {
        assert_eq!(form::status_line(line.as_bytes(), true), Some(fault), "{line:?}");
    }
    assert_eq!(form::status_line(&long.as_bytes()[1..], true), Some(Indicator));
    assert_eq!(form::status_line(b"+OK [x y] z\r\n", false), None);
}
