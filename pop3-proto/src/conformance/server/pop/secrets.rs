//! Passwords and tokens that must not be said in clear, whatever a probe is about.

use alloc::vec::Vec;

use crate::base64::Base64;
use crate::conformance::setup::Setup;

/// A secret that is shorter may stand in any text by chance.
const LONG: usize = 6;

/// Whether a line among these octets shows a password or token of the setup, as it is or in base64. Names and the
/// digest of APOP are none.
pub(super) fn are_shown(octets: &[u8], setup: &Setup) -> bool {
    let secrets = setup.accounts().map(|account| account.password.as_bytes());
    let secrets = secrets.chain(setup.token.as_deref().map(str::as_bytes));
    secrets.filter(|secret| !secret.is_empty()).any(|secret| {
        let mut names = setup.accounts().map(|account| account.name.as_bytes());
        let is_in_a_name = names.any(|name| memchr::memmem::find(name, secret).is_some());
        let is_it = |text: &[u8]| {
            let holds = || memchr::memmem::find(text, secret).is_some();
            text == secret || secret.len() >= LONG && !is_in_a_name && holds()
        };
        octets.split(|octet| b"\r\n".contains(octet)).any(|line| is_shown(line, is_it))
    })
}

fn is_shown(line: &[u8], is_it: impl Fn(&[u8]) -> bool) -> bool {
    let (verb, rest) = line.split_at(line.iter().position(|octet| *octet == b' ').unwrap_or(line.len()));
    if verb.eq_ignore_ascii_case(b"USER") || verb.eq_ignore_ascii_case(b"APOP") {
        return false;
    }
    let decoded = |word: &[u8]| Base64::new(word).map(|base64| base64.octets().collect::<Vec<u8>>());
    let parts = |text: &[u8]| text.split(|octet| b"\0\x01".contains(octet)).any(&is_it);
    let mut words = line.split(|octet| *octet == b' ');
    is_it(rest.trim_ascii()) || words.any(|word| decoded(word).is_some_and(|text| parts(&text)))
}

#[cfg(test)]
mod tests {
    use super::are_shown;
    use crate::conformance::setup::{Account, Setup};

    fn setup(name: &str, password: &str) -> Setup {
        let account = Some(Account { name: name.into(), password: password.into() });
        Setup { account, token: Some("ya29.token".into()), ..Setup::default() }
    }

    #[test]
    fn a_password_is_seen_as_it_is_and_in_base64() {
        let setup = setup("tester", "Kw7-zebra9Q");
        for shown in [
            "PASS Kw7-zebra9Q\r\n",
            "STAT\r\npass  Kw7-zebra9Q \r\n",
            "NOOP Kw7-zebra9Q",
            // LOGIN, PLAIN, OAUTHBEARER.
            "S3c3LXplYnJhOVE=\r\n",
            "AUTH PLAIN AHRlc3RlcgBLdzctemVicmE5UQ==\r\n",
            "bixhPXRlc3RlciwBYXV0aD1CZWFyZXIgeWEyOS50b2tlbgEB\r\n",
        ] {
            assert!(are_shown(shown.as_bytes(), &setup), "{shown:?}");
        }
        for hidden in ["PASS wrong\r\n", "USER tester\r\n", "AUTH PLAIN\r\n", "RETR 1\r\n", ""] {
            assert!(!are_shown(hidden.as_bytes(), &setup), "{hidden:?}");
        }
    }

    #[test]
    fn a_name_that_is_also_the_password_is_a_name() {
        let setup = setup("secret", "secret");
        assert!(are_shown(b"PASS secret\r\n", &setup));
        // The response of CRAM-MD5.
        for hidden in ["USER secret\r\n", "APOP secret 0123456789abcdef\r\n", "c2VjcmV0IDAxMjM0NTY3\r\n"] {
            assert!(!are_shown(hidden.as_bytes(), &setup), "{hidden:?}");
        }
    }
}
