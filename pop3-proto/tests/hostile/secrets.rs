//! The secrets of the client in these tests, and the search for them in everything that it said.

use base64ct::{Base64, Encoding as _};
use md5::{Digest as _, Md5};
use pop3_proto::Secret;
use pop3_proto::sasl::client::Credentials;

pub(crate) const NAME: &str = "somebody@known.example";
pub(crate) const PASSWORD: &[u8] = b"c0rrect-h0rse battery";
pub(crate) const TOKEN: &[u8] = b"ya29.t0ken-that-0pens";

/// Somebody with a password.
pub(crate) const SOMEBODY: Credentials<'_> = Credentials::password(NAME, Secret::new(PASSWORD));

/// Somebody who has everything that a mechanism can ask for.
pub(crate) fn everything() -> Credentials<'static> {
    let mut all = SOMEBODY;
    all.token = Some(Secret::new(TOKEN));
    all.certificate = true;
    all.trace = Some("");
    all
}

/// The secret as it is, and in base64, wherever it stands in what was encoded.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.to_vec()];
    for before in 0..3_usize {
        let text = Base64::encode_string(&[&vec![0; before][..], secret].concat());
        // The characters that also hold bits of the bytes before and after it.
        let front = (before * 8).div_ceil(6);
        let back = if text.ends_with('=') { text.find('=').unwrap() - 1 } else { text.len() };
        forms.push(text[front..back].into());
    }
    forms
}

pub(crate) fn holds(said: &[u8], secret: &[u8]) -> bool {
    forms(secret).iter().any(|form| said.windows(form.len()).any(|window| window == &form[..]))
}

/// Whether a password, a token, or an APOP digest for this timestamp was sent.
pub(crate) fn holds_a_secret(said: &[u8], timestamp: &str) -> bool {
    let digest = Md5::new().chain_update(timestamp).chain_update(PASSWORD).finalize();
    let digest: String = digest.iter().map(|octet| format!("{octet:02x}")).collect();
    [PASSWORD, TOKEN, digest.as_bytes()].iter().any(|secret| holds(said, secret))
}

#[test]
fn the_search_finds_a_secret_wherever_it_stands() {
    for secret in [PASSWORD, TOKEN, NAME.as_bytes()] {
        for before in 0..7 {
            for after in 0..4 {
                let text = [&vec![b'u'; before][..], secret, &vec![b'v'; after][..]].concat();
                let encoded = Base64::encode_string(&text);
                assert!(holds(&text, secret));
                assert!(holds(format!("AUTH PLAIN {encoded}\r\n").as_bytes(), secret), "{before} {after}");
                assert!(!holds(&encoded.as_bytes()[..encoded.len() / 2], secret));
            }
        }
    }
}
