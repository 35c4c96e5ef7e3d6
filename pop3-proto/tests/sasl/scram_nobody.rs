//! SCRAM for users who do not exist, or have no keys of that hash.

use pop3_proto::sasl::Channel;
use pop3_proto::sasl::scram::{Hash, Keys};
use pop3_proto::sasl::server::{Answer, Cause, Exchange};

use crate::drive::{OVER, Seen, channel, failed, find_keys, say, started_on, tell, text};
use crate::scram_client::{SERVER, keys};
use crate::signer::{Signer, hmac};

fn with_fake_key(key: &[u8]) -> Channel<'_> {
    let mut channel = channel();
    channel.fake_key = key;
    channel.fake_iterations = 5000;
    channel
}

/// What the server sends to a user for whom there are no keys.
fn nobody(
    mechanism: &str,
    channel: &Channel<'_>,
    name: &str,
    answer: Answer<'_>,
) -> (Exchange<Vec<u8>>, String) {
    let mut scram = started_on(mechanism, channel);
    let hash = if mechanism.contains("256") { Hash::Sha256 } else { Hash::Sha1 };
    assert_eq!(say(&mut scram, format!("n,,n={name},r=abc")), find_keys(name, hash));
    let Seen::Challenge(data) = tell(&mut scram, answer) else { panic!("{name}") };
    (scram, String::from_utf8(data).unwrap())
}

/// The salt is 16 bytes made from the name and a secret. So it stays the same for a name, and nobody can tell
/// it from a real one. Keys of another hash are no keys.
///
/// Proves 4422-3.6-02.
/// Covers names-told-by-mechanisms.
#[test]
fn users_who_do_not_exist_are_asked_the_same() {
    for mechanism in ["SCRAM-SHA-1", "SCRAM-SHA-256"] {
        let other = if mechanism.contains("256") { Hash::Sha1 } else { Hash::Sha256 };
        let said = |key: &[u8], name: &str, answer: Answer<'_>| {
            nobody(mechanism, &with_fake_key(key), name, answer).1
        };
        let salt = said(b"0123456789abcdef0123456789abcdef", "who", Answer::Keys(None));
        let (nonce, rest) = salt.split_once(",s=").unwrap();
        assert_eq!(nonce, format!("r=abc{SERVER}"));
        let (one, count) = rest.split_once(",i=").unwrap();
        assert_eq!((one.len(), count), (24, "5000"), "16 bytes");
        assert_eq!(said(b"0123456789abcdef0123456789abcdef", "who", Answer::Keys(Some(keys(other)))), salt);
        assert_eq!(said(b"0123456789abcdef0123456789abcdef", "who", Answer::Keys(None)), salt, "each time");
        assert_ne!(
            said(b"0123456789abcdef0123456789abcdef", "whom", Answer::Keys(None)),
            salt,
            "another name"
        );
        assert_ne!(
            said(b"0123456789abcdef0123456789abcdeg", "who", Answer::Keys(None)),
            salt,
            "another secret"
        );
    }
    let a = nobody("SCRAM-SHA-1", &with_fake_key(b"key"), "who", Answer::Keys(None)).1;
    let b = nobody("SCRAM-SHA-256", &with_fake_key(b"key"), "who", Answer::Keys(None)).1;
    assert_ne!(a, b, "another hash");
}

/// A user who may log in under two names has one salt, and so has a user who does not exist.
///
/// Proves 4422-3.6-02.
#[test]
fn the_names_of_one_nobody_have_one_salt() {
    let channel = with_fake_key(b"key");
    let said = |name: &str, answer: Answer<'_>| nobody("SCRAM-SHA-256", &channel, name, answer).1;
    let plain = said("who", Answer::Keys(None));
    assert_eq!(said("who@example.com", Answer::Nobody { stored_name: "who", like: None }), plain);
    assert_eq!(said("who", Answer::Nobody { stored_name: "who", like: None }), plain);
    assert_ne!(said("who@example.com", Answer::Keys(None)), plain);
    let mut scram = nobody(
        "SCRAM-SHA-256",
        &channel,
        "who@example.com",
        Answer::Nobody { stored_name: "who", like: None },
    )
    .0;
    assert_eq!(say(&mut scram, format!("c=biws,r=abc{SERVER},p=AAAA")), failed(Cause::Credentials));
}

/// Users may have keys from elsewhere, with other counts and salts; who does not exist then looks like one of
/// them.
///
/// Proves 4422-3.6-02.
/// Covers names-told-by-mechanisms.
#[test]
fn a_nobody_looks_like_the_user_that_the_program_names() {
    for (mechanism, hash) in [("SCRAM-SHA-1", Hash::Sha1), ("SCRAM-SHA-256", Hash::Sha256)] {
        for len in 1..=64 {
            let like = Keys::derive(hash, "pencil", &[b'x'; 64][..len], 4096 + len as u32).unwrap();
            let answer = Answer::Nobody { stored_name: "who", like: Some(&like) };
            let (mut scram, server_first) = nobody(mechanism, &with_fake_key(b"key"), "other", answer);
            let mut salt = hmac(hash, b"key", b"saltwho");
            salt.extend(
                (1..4).flat_map(|block| hmac(hash, b"key", &[b"salt", &[block][..], b"who"].concat())),
            );
            let due = format!("r=abc{SERVER},s={},i={}", text(&salt[..len]), 4096 + len);
            assert_eq!(server_first, due);
            assert!(!server_first.contains(&text(like.salt())));
            let guess = Signer::new(hash, "pencil", like.salt(), like.iterations());
            let signed = guess.sign("n,,n=other,r=abc", &server_first, &format!("c=biws,r=abc{SERVER}"));
            assert_eq!(say(&mut scram, signed.client_final), failed(Cause::Credentials));
        }
    }
}

/// Such users are refused only at the very end, whatever they know, the stand-in keys included. The first
/// lines of the test pin how those keys are made from the name: if a new version made them in another way,
/// the salts that change would show which names do not exist.
///
/// Proves 4422-3.6-01, 4422-3.6-02.
#[test]
fn users_who_do_not_exist_do_not_get_in_even_with_the_stand_in_keys() {
    for (mechanism, hash) in [("SCRAM-SHA-1", Hash::Sha1), ("SCRAM-SHA-256", Hash::Sha256)] {
        for key in [&b""[..], b"known"] {
            let (mut scram, server_first) = nobody(mechanism, &with_fake_key(key), "who", Answer::Keys(None));
            let salt = text(&hmac(hash, key, b"saltwho")[..16]);
            assert_eq!(server_first, format!("r=abc{SERVER},s={salt},i=5000"));
            let signer = Signer::salted(hash, hmac(hash, key, b"keyswho"));
            let without_proof = format!("c=biws,r=abc{SERVER}");
            let signed = signer.sign("n,,n=who,r=abc", &server_first, &without_proof);
            assert_eq!(
                say(&mut scram, &signed.client_final),
                failed(Cause::Credentials),
                "{mechanism} {key:?}"
            );
            assert_eq!(say(&mut scram, ""), OVER);
        }
        let (mut scram, server_first) = nobody(mechanism, &with_fake_key(b"key"), "who", Answer::Keys(None));
        let guess = Signer::new(hash, "pencil", b"salt", 1);
        let signed = guess.sign("n,,n=who,r=abc", &server_first, &format!("c=biws,r=abc{SERVER}"));
        assert_eq!(say(&mut scram, signed.client_final), failed(Cause::Credentials));
    }
}
