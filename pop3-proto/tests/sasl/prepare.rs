//! SASLprep (RFC 4013), by the examples of the RFC and beyond.

use pop3_proto::sasl::prepare;

fn prepared(text: &str) -> Option<String> {
    prepare(text).map(|text| (*text).to_owned())
}

/// The table of RFC 4013 section 3, then rows from its sections 2.1 and 2.3.
///
/// Proves 5802-2.2-01.
#[test]
fn the_examples_of_the_rfc() {
    for (text, outcome) in [
        ("I\u{ad}X", Some("IX")),
        ("user", Some("user")),
        ("USER", Some("USER")),
        ("\u{aa}", Some("a")),
        ("\u{2168}", Some("IX")),
        ("\u{7}", None),
        ("\u{627}1", None),
        ("\u{ad}", None),
        ("\u{a0}", Some(" ")),
    ] {
        assert_eq!(prepared(text).as_deref(), outcome, "{text:?}");
    }
}

#[test]
fn spaces_become_the_space_and_forms_become_one() {
    for (text, outcome) in [
        (" a  b ", " a  b "),
        ("a\u{2003}b\u{3000}", "a b "),
        ("u\u{308}", "\u{fc}"),
        ("\u{212b}", "\u{c5}"),
        ("\u{fb01}", "fi"),
        ("a\u{200d}b\u{feff}", "ab"),
        ("\u{627}1\u{628}", "\u{627}1\u{628}"),
        ("\u{1d11e}", "\u{1d11e}"),
    ] {
        assert_eq!(prepared(text).as_deref(), Some(outcome), "{text:?}");
    }
}

/// RFC 3454 tables C.2.1 to C.9, and its rules for both directions.
///
/// Proves 4616-2-06.
#[test]
fn what_is_prohibited_has_no_form() {
    for bad in [
        "",
        "\0",
        "a\u{1f}",
        "a\u{7f}",
        "\u{80}",
        "\u{6dd}",
        "\u{2028}",
        "\u{2063}",
        "\u{e000}",
        "\u{f0000}",
        "\u{fdd0}",
        "\u{fffe}",
        "\u{10ffff}",
        "\u{fffd}",
        "\u{fff9}",
        "\u{2ff0}",
        "\u{200e}",
        "\u{202e}",
        "\u{e0001}",
        "\u{e0041}",
        "a\u{627}",
        "\u{627}a\u{628}",
        "1\u{5d0}",
    ] {
        assert_eq!(prepared(bad), None, "{bad:?}");
    }
}

/// Stored strings may not hold what Unicode 3.2 does not know.
#[test]
fn unknown_characters_have_no_form() {
    for bad in ["\u{221}", "a\u{234}", "\u{1f600}", "\u{20bf}"] {
        assert_eq!(prepared(bad), None, "{bad:?}");
    }
}

#[test]
fn visible_ascii_stays_as_it_is() {
    for octet in b' '..=b'~' {
        let text = char::from(octet).to_string();
        assert_eq!(prepared(&text).as_deref(), Some(&*text));
    }
}

/// The text may be a password.
#[test]
fn debug_shows_nothing_of_it() {
    for text in ["pencil", "pen\u{ad}cil"] {
        assert_eq!(format!("{:?}", prepare(text).unwrap()), "Prepared(..)");
    }
}
