//! Lines of the answer to CAPA are encoded exactly, and parsed again.

use pop3_proto::limits::REPLY_LINE;
use pop3_proto::{Capability, Deviation, Deviations, Expire, LoginDelay, Mechanisms, encode, parse};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::{Tight, big, hostile, mechanism, one_line, room, written};

fn capability() -> impl Strategy<Value = Capability<'static>> {
    const CAPABILITIES: [Capability<'_>; 17] = [
        Capability::Top,
        Capability::User,
        Capability::RespCodes,
        Capability::Pipelining,
        Capability::Uidl,
        Capability::Stls,
        Capability::AuthRespCode,
        Capability::Utf8 { user: false },
        Capability::Utf8 { user: true },
        Capability::Lang,
        Capability::Sasl(Mechanisms::new(b"")),
        Capability::Sasl(Mechanisms::new(b"PLAIN SCRAM-SHA-256-PLUS x_1")),
        Capability::Implementation(b"Some Server v2.3.4-5."),
        Capability::Other { tag: b"X-TAG", params: b"" },
        Capability::Other { tag: b"x/!~", params: b"one two . three" },
        Capability::Other { tag: b"TOPS", params: b".." },
        Capability::Expire(Expire { days: None, per_user: false }),
    ];
    let days = prop::option::of(big());
    prop_oneof![
        select(&CAPABILITIES),
        (days, any::<bool>()).prop_map(|(days, per_user)| Capability::Expire(Expire { days, per_user })),
        (big(), any::<bool>())
            .prop_map(|(seconds, per_user)| Capability::LoginDelay(LoginDelay { seconds, per_user })),
    ]
}

fn capability_line(one: &Capability<'_>) -> String {
    let user = |per_user: bool| if per_user { " USER" } else { "" };
    match one {
        Capability::Top => "TOP".into(),
        Capability::User => "USER".into(),
        Capability::RespCodes => "RESP-CODES".into(),
        Capability::Pipelining => "PIPELINING".into(),
        Capability::Uidl => "UIDL".into(),
        Capability::Stls => "STLS".into(),
        Capability::AuthRespCode => "AUTH-RESP-CODE".into(),
        Capability::Utf8 { user: all } => format!("UTF8{}", user(*all)),
        Capability::Lang => "LANG".into(),
        Capability::Sasl(names) => {
            names.iter().fold("SASL".into(), |line, name| format!("{line} {}", name.escape_ascii()))
        }
        Capability::LoginDelay(delay) => format!("LOGIN-DELAY {}{}", delay.seconds, user(delay.per_user)),
        Capability::Expire(Expire { days: None, per_user }) => format!("EXPIRE NEVER{}", user(*per_user)),
        Capability::Expire(Expire { days: Some(n), per_user }) => format!("EXPIRE {n}{}", user(*per_user)),
        Capability::Implementation(name) => format!("IMPLEMENTATION {}", name.escape_ascii()),
        Capability::Other { tag, params: b"" } => tag.escape_ascii().to_string(),
        Capability::Other { tag, params } => format!("{} {}", tag.escape_ascii(), params.escape_ascii()),
        other => panic!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Proves 2449-6.5-01, 2449-6.7-01, 5034-3-01.
    #[test]
    fn a_capability_is_written_exactly_and_read_again(one in capability()) {
        let line = written(|out| encode::capability(&one, out));
        prop_assert_eq!(String::from_utf8(line.clone()).unwrap(), capability_line(&one));
        let mut seen = Deviations::NONE;
        prop_assert_eq!(parse::capability(&line, &mut seen), one);
        prop_assert!(seen.is_empty(), "{:?}", seen);
    }

    #[test]
    fn a_capability_with_free_parts_is_read_again(
        tag in "[!-\\-/-~]{1,40}",
        params in "([!-~]{1,12}( [!-~]{1,12}){0,5})?",
        names in vec(mechanism(), 0..6),
    ) {
        const KNOWN: [&str; 15] = [
            "TOP", "USER", "SASL", "UIDL", "STLS", "LANG", "UTF8", "EXPIRE", "RESP-CODES", "RESP_CODES",
            "PIPELINING", "LOGIN-DELAY", "AUTH-RESP-CODE", "AUTH_RESP_CODE", "IMPLEMENTATION",
        ];
        prop_assume!(!KNOWN.iter().any(|known| known.eq_ignore_ascii_case(&tag)));
        let names = names.join(&b' ');
        for one in [
            Capability::Other { tag: tag.as_bytes(), params: params.as_bytes() },
            Capability::Implementation(params.as_bytes()),
            Capability::Sasl(Mechanisms::new(&names)),
        ] {
            let line = written(|out| encode::capability(&one, out));
            let mut seen = Deviations::NONE;
            prop_assert_eq!(parse::capability(&line, &mut seen), one);
            let nameless = one == Capability::Implementation(b"");
            let expected = if nameless { Deviations::NONE.with(Deviation::BadCapability) } else { Deviations::NONE };
            prop_assert_eq!(seen, expected);
        }
    }

    /// Covers crlf-nul-in-reply-texts.
    /// Proves 2449-3-07, 2449-5-06.
    #[test]
    fn a_capability_with_hostile_parts_is_one_line_or_nothing(
        tag in hostile(),
        params in hostile(),
        more in hostile(),
        room in room(),
    ) {
        let params = [params, more].concat();
        for one in [
            Capability::Other { tag: &tag, params: &params },
            Capability::Implementation(&params),
            Capability::Sasl(Mechanisms::new(&params)),
        ] {
            let mut out = Tight::with(room);
            if encode::capability(&one, &mut out).is_ok() && out.after().is_empty() {
                // The capability is left out because it has no tag.
                let other = matches!(one, Capability::Other { .. });
                prop_assert!(other);
                continue;
            }
            if let Some(line) = one_line(REPLY_LINE, room, |out| encode::capability(&one, out))? {
                prop_assert!(line[0] != b'.', "{}", line.escape_ascii());
                prop_assert!(!line[..line.len() - 2].iter().any(u8::is_ascii_control));
            }
        }
    }
}
