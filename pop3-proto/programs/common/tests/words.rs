//! The words of a peer: secrets in any of their forms are masked, nothing steers the terminal, and the end of
//! a long refusal stays.

use base64ct::{Base64, Base64Url, Encoding as _};
use pop3_programs_common::words::{CUT, HELD, LONGEST, Masks, REACH, shown};

const TOKEN: &str = "ya29.A0ARrdaM-k9Vq7GzY4pL2mN8bT_xW3sQfHc6uJiE";

fn masks(secrets: &[&str]) -> Masks {
    let mut masks = Masks::new();
    secrets.iter().for_each(|secret| masks.add(secret.as_bytes()));
    masks
}

fn assert_shown(secret: &str, words: impl AsRef<[u8]>, wanted: &str) {
    assert_eq!(shown(words.as_ref(), &masks(&[secret])), wanted);
}

#[test]
fn a_secret_is_masked_as_it_is_and_in_other_case() {
    assert_shown("hunter22", "no hunter22, HUNTER22 or Hunter22!", "no ***, *** or ***!");
    assert_shown(TOKEN, format!("bad token {TOKEN}"), "bad token ***");
    assert_shown(TOKEN, format!("bad token {}", TOKEN.to_lowercase()), "bad token ***");
    assert_shown("Zürich-9", "zürich-9 ZÜRICH-9", "*** ***");
}

#[test]
fn a_part_of_a_long_secret_is_masked() {
    for part in [&TOKEN[..12], &TOKEN[..30], &TOKEN[20..], &TOKEN[10..30]] {
        assert_shown(TOKEN, format!("bad token {part}... go away"), "bad token ***... go away");
    }
}

#[test]
fn a_secret_in_base64_is_masked_whatever_stands_around_it() {
    for secret in [TOKEN, "hunter22"] {
        for before in ["", "u", "us", "user=ann\u{1}auth=Bearer "] {
            let plain = format!("{before}{secret}\u{1}\u{1}");
            for text in [Base64::encode_string(plain.as_bytes()), Base64Url::encode_string(plain.as_bytes())]
            {
                for text in [text.clone(), text.to_lowercase(), text.to_uppercase()] {
                    assert_shown(secret, format!("cannot read {text}, sorry"), "cannot read ***, sorry");
                }
            }
        }
    }
}

#[test]
fn a_secret_in_other_encodings_is_masked() {
    let secret = "p/ss\"w+rd";
    for form in [
        "p%2Fss%22w%2brd",
        "%70%2f%73%73%22%77%2b%72%64",
        "p=2Fss=22w+rd",
        r#"p/ss\"w+rd"#,
        r"p\u002fss\x22w+rd",
        "702f737322772b7264",
        "702F737322772B7264",
    ] {
        assert_shown(secret, format!("no ({form})."), "no (***).");
    }
}

#[test]
fn a_short_secret_is_masked_as_a_word() {
    assert_shown("ok9", "+OK9 ok9 ok99 (ok9)", "+OK9 *** ok99 (***)");
    assert_shown("", "an empty secret is nowhere", "an empty secret is nowhere");
}

#[test]
fn other_words_stay_as_they_are() {
    let words = r#"Don't panic: see "https://example.com/a-b_c?d=%20" \o/ — grüße, नमस्ते"#;
    assert_eq!(shown(words.as_bytes(), &masks(&[TOKEN, "hunter22", "x1"])), words);
}

#[test]
fn nothing_steers_the_terminal_or_hides() {
    let words = "a\x1B[2J\r\n\u{9B}b\u{202E}c\u{200B}d\u{2028}e\u{2029}f\u{FEFF}g\u{2066}h\u{E0041}\u{AD}";
    let wanted =
        r"a\u{1b}[2J\r\n\u{9b}b\u{202e}c\u{200b}d\u{2028}e\u{2029}f\u{feff}g\u{2066}h\u{e0041}\u{ad}";
    assert_shown("", words, wanted);
    assert_shown("", b"caf\xE9", r"caf\xe9");
}

#[test]
fn a_link_at_the_end_of_a_refusal_stays_and_longer_words_are_cut_visibly() {
    let link = format!("{} https://example.com/help", "x".repeat(LONGEST - 25));
    assert_eq!(link.len(), LONGEST);
    assert_shown("", &link, &link);
    assert_shown("", format!("{link}!"), &format!("{link}{CUT}"));
    // A character is never cut in half.
    assert_shown("", "ü".repeat(LONGEST), &format!("{}{CUT}", "ü".repeat(LONGEST / 2)));
    assert_shown("", "ü".repeat(100_000), &format!("{}{CUT}", "ü".repeat(LONGEST / 2)));
    // What is escaped does not make more of it.
    assert_eq!(shown(&[0; 100_000], &Masks::new()).len(), LONGEST + CUT.len());
}

/// Words of which only the front is looked at: a secret may stand anywhere, and what is in front of it may vanish
/// when it is masked.
#[test]
fn a_secret_at_the_place_where_words_are_cut_is_not_shown_in_part() {
    for secret in ["open sesame", TOKEN, "q7z"] {
        let base64 = Base64::encode_string(format!("x{secret}x").as_bytes());
        let forms = [secret, &hex(secret), &base64, &secret.replace(' ', "%20"), &escapes(secret)];
        // A short one is found only as it is.
        for form in forms.iter().take(if secret.len() < 4 { 1 } else { forms.len() }) {
            let places = HELD - REACH - form.len() - 2..HELD + 2;
            for before in places.step_by(1 + form.len() / 8) {
                // All of the first word is masked, as it is base64 with a secret in it.
                let first = format!("{}{}", "A".repeat(before / 4 * 4 - 80), in_base64("open sesame"));
                let words = format!("{first:.<before$} {form} and more");
                let shown = shown(words.as_bytes(), &masks(&["open sesame", secret]));
                let shown = shown.strip_suffix(CUT).unwrap();
                let rest = shown.strip_prefix("***").unwrap().trim_start_matches('.').trim_start();
                assert!("*** and more".starts_with(rest.trim_end()), "{before} {form}: {shown}");
            }
        }
    }
}

fn in_base64(text: &str) -> String {
    Base64::encode_string(text.as_bytes()).trim_end_matches('=').to_owned()
}

fn hex(text: &str) -> String {
    text.bytes().map(|octet| format!("{octet:02x}")).collect()
}

fn escapes(text: &str) -> String {
    text.bytes().map(|octet| format!("\\u00{octet:02x}")).collect()
}

#[test]
fn a_part_of_a_text_is_masked_as_in_the_whole_text() {
    let masks = masks(&["open sesame", TOKEN]);
    let text = format!("{}{} {} {}!", "a-".repeat(90), "open sesame", hex(TOKEN), escapes("open sesame"));
    let whole = masks.masked(text.as_bytes());
    assert_eq!(String::from_utf8(whole).unwrap(), format!("{}*** *** ***!", "a-".repeat(90)));
    for cut in 0..=text.len() {
        let front = masks.masked_within(text.as_bytes(), 0..cut);
        let back = masks.masked_within(text.as_bytes(), cut..text.len());
        let both = String::from_utf8([front, back].concat()).unwrap();
        assert_eq!(both.replace("******", "***"), format!("{}*** *** ***!", "a-".repeat(90)), "{cut}");
    }
}
