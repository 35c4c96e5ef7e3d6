//! SCRAM-SHA-1, SCRAM-SHA-256 and their -PLUS forms (RFC 5802, RFC 7677), where all is well.

use pop3_proto::sasl::scram::{BadKeys, Hash, Keys};
use pop3_proto::sasl::server::{Answer, Cause, Exchange};
use pop3_proto::sasl::{Binding, Channel};

use crate::drive::{
    OVER, Seen, authorize, begin, bound, challenge, done, failed, find_keys, hex, say, started_on, tell,
    text, to_hex,
};
use crate::scram_client::{
    EXPORTER, LATER, PUBLISHED, SALT_1, SALT_256, SERVER, UNIQUE, VECTORS, keys, signer,
};
use crate::signer::Signer;

/// Keys, salted password, ClientKey, StoredKey, ServerKey of the vectors.
const KEYS: [(Hash, &str, [&str; 5]); 2] = [
    (
        Hash::Sha1,
        "SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:D+CSWLOshSulAsxiupA+qs2/fTE=",
        [
            SALT_1,
            "1d96ee3a529b5a5f9e47c01f229a2cb8a6e15f7d",
            "e234c47bf6c36696dd6d852b99aaa2ba26555728",
            "e9d94660c39d65c38fbad91c358f14da0eef2bd6",
            "0fe09258b3ac852ba502cc62ba903eaacdbf7d31",
        ],
    ),
    (
        Hash::Sha256,
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$\
         WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
        [
            SALT_256,
            "c4a49510323ab4f952cac1fa99441939e78ea74d6be81ddf7096e87513dc615d",
            "a60fc923d67e8644a92d16b96eda5ef4656b0c725c484374be25535576996e8b",
            "586e5df283e6dceb5c3e791d8b8528ec191e664045ce971792e2e6b5bb13e2a6",
            "c1f3cbc1c13a9d35a14c0990eed97629ea225863e566a4314ab99f3f00e5d9d5",
        ],
    ),
];

/// Proofs of the vectors.
const PROOFS: [&str; 6] = [
    "bf45fcbf7073d93d022466c94321745fe1c8e13b",
    "747cdb65aa56224e2352137e52d7bdcad6a0f738df30782caa69a2cfb0277554",
    "168aa21d3b5010313c973d4275a11eded2b8992fa23034e5efb48fc834b9dc36",
    "402e824b6d2ab800d045bde64fdf58507fa7dd527152fcee2b42b413556bb363",
    "45eb20540db0e9f1058b0cd792b3d2193b7f4528",
    "1531bbbcf3a68a7829e84ecd91940b659bb527f7202f8c3c481b5372a051326a",
];

/// Proves 5802-4-01, 7677-3-01.
#[test]
fn keys_hold_what_the_rfcs_compute() {
    for (hash, keys_text, [salt, salted, client_key, stored_key, server_key]) in KEYS {
        assert_eq!(keys(hash).to_string(), keys_text);
        assert_eq!(to_hex(keys(hash).salt()), salt);
        assert_eq!((keys(hash).hash(), keys(hash).iterations()), (hash, 4096));
        assert!(keys_text.ends_with(&format!("${}:{}", text(hex(stored_key)), text(hex(server_key)))));
        let read: Keys = keys_text.parse().unwrap();
        assert_eq!(read.to_string(), keys_text);
        let signer = signer(hash);
        assert_eq!(to_hex(&signer.salted), salted, "the client of these tests");
        assert_eq!(to_hex(&signer.client_key()), client_key);
        assert_eq!(to_hex(&signer.stored_key()), stored_key);
        assert_eq!(to_hex(&signer.server_key()), server_key);
    }
}

/// Passwords that are equal once prepared have the same keys; a password that cannot be prepared has none.
///
/// Proves 5802-2.2-01, 4616-2-08.
#[test]
fn passwords_are_prepared_before_they_are_hashed() {
    let derive = |password| Keys::derive(Hash::Sha1, password, b"salt", 1).map(|keys| keys.to_string());
    assert_eq!(derive("\u{2168}"), derive("IX"));
    assert_eq!(derive("pen\u{ad}cil"), derive("pencil"));
    assert_ne!(derive("pencil"), derive("Pencil"));
    for bad in ["", "\u{ad}", "a\0", "\u{7}", "\u{627}1", "\u{221}"] {
        assert_eq!(derive(bad), None, "{bad:?}");
    }
}

#[test]
fn keys_have_a_salt_and_a_count() {
    let derive = |salt, iterations| Keys::derive(Hash::Sha256, "pencil", salt, iterations);
    assert!(derive(&[7; 64], 1).is_some());
    assert!(derive(&[7; 65], 1).is_none());
    assert!(derive(b"", 1).is_none());
    assert!(derive(b"salt", 0).is_none());
    let good = "SCRAM-SHA-1$4096:QSXCR+Q6sek8bf92$6dlGYMOdZcOPutkcNY8U2g7vK9Y=:D+CSWLOshSulAsxiupA+qs2/fTE=";
    assert!(good.parse::<Keys>().is_ok());
    for (from, to) in [
        ("SHA-1", "SHA-2"),
        ("SHA-1", "SHA-256"),
        ("4096", "0"),
        ("4096", ""),
        ("4096", "-1"),
        ("4096", "4294967296"),
        ("QSXCR+Q6sek8bf92", ""),
        ("QSXCR+Q6sek8bf92", "QSXCR+Q6sek8bf9"),
        ("K9Y=", "K9Y"),
        ("6dlG", ""),
        ("fTE=", "fTE=$"),
        ("fTE=", ""),
        ("$", ":"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_eq!(bad.parse::<Keys>().map(|keys| keys.to_string()), Err(BadKeys), "{bad}");
    }
}

/// Proves 5802-4-01, 5802-5-01, 5802-5.1-02, 5802-5.1-08, 5802-6.1-01, 7677-3-01.
#[test]
fn every_vector_in_one_and_in_two_steps() {
    for (vector, proof) in PUBLISHED.iter().zip(PROOFS) {
        let without_proof = vector.client_final.rsplit_once(",p=").unwrap().0;
        let signed = signer(vector.hash).sign(vector.client_first, vector.server_first, without_proof);
        assert_eq!(to_hex(&signed.proof), proof, "the client of these tests");
        assert_eq!(signed.client_final, vector.client_final);
        assert_eq!(signed.server_final, vector.server_final);
    }
    for vector in VECTORS.iter() {
        for empty_first in [false, true] {
            let channel = bound(SERVER, vector.bindings);
            let mut scram = started_on(&vector.mechanism.to_lowercase(), &channel);
            if empty_first {
                assert_eq!(begin(&mut scram), challenge(""));
            }
            assert_eq!(say(&mut scram, vector.client_first), find_keys(vector.name, vector.hash));
            assert_eq!(tell(&mut scram, Answer::Keys(Some(vector.keys()))), challenge(vector.server_first));
            assert_eq!(say(&mut scram, vector.client_final), challenge(vector.server_final));
            let mut end = say(&mut scram, "");
            if let Some(other) = vector.acting_as {
                assert_eq!(end, authorize(vector.name, other));
                end = tell(&mut scram, Answer::Authorized(true));
            }
            assert_eq!(end, done(vector.acting_as.unwrap_or(vector.name)), "{}", vector.mechanism);
            assert_eq!(say(&mut scram, ""), OVER, "over is over");
        }
    }
}

/// An exchange up to the server-first message, and what that says.
fn first(
    mechanism: &str,
    channel: &Channel<'_>,
    client_first: &str,
    name: &str,
) -> (Exchange<Vec<u8>>, String) {
    let hash = if mechanism.contains("256") { Hash::Sha256 } else { Hash::Sha1 };
    let mut scram = started_on(mechanism, channel);
    assert_eq!(say(&mut scram, client_first), find_keys(name, hash), "{client_first}");
    let Seen::Challenge(data) = tell(&mut scram, Answer::Keys(Some(keys(hash)))) else {
        panic!("{client_first}")
    };
    (scram, String::from_utf8(data).unwrap())
}

/// Runs an exchange to its end with the client of these tests.
fn whole(mechanism: &str, channel: &Channel<'_>, client_first: &str, name: &str, binding: &[u8], more: &str) {
    let (mut scram, server_first) = first(mechanism, channel, client_first, name);
    let header = &client_first[..client_first.len() - client_first.splitn(3, ',').nth(2).unwrap().len()];
    let c = text([header.as_bytes(), binding].concat());
    let nonce = server_first.split(',').next().unwrap();
    let hash = if mechanism.contains("256") { Hash::Sha256 } else { Hash::Sha1 };
    let signed = signer(hash).sign(client_first, &server_first, &format!("c={c},{nonce}{more}"));
    assert_eq!(say(&mut scram, &signed.client_final), challenge(&signed.server_final), "{client_first}");
    assert_eq!(say(&mut scram, ""), done(name), "{client_first}");
}

/// The name is looked up as it was prepared, and signed as it came.
///
/// Proves 5802-5.1-02, 5802-5.1-03.
#[test]
fn the_name_is_signed_as_it_came() {
    for (written, name) in [
        ("us\u{ad}er", "user"),
        ("\u{2168}", "IX"),
        ("u\u{308}", "\u{fc}"),
        ("a=2Cb", "a,b"),
        ("a=3Db", "a=b"),
        ("=2C=3D=3D2C", ",==2C"),
        ("\u{aa}", "a"),
    ] {
        let client_first = format!("n,,n={written},r=fyko+d2lbbFgONRv9qkxdawL");
        whole("SCRAM-SHA-1", &bound(SERVER, &[]), &client_first, name, b"", "");
        whole("SCRAM-SHA-256", &bound(SERVER, &[]), &client_first, name, b"", "");
    }
}

/// Proves 5802-5.1-05, 5802-5.1-01.
#[test]
fn extensions_are_skipped_and_signed() {
    for (one, other) in [(",x=1", ""), ("", ",x=1"), (",X=a=b,z==", ",q=\u{fc}"), (",b= ", ",d=1,d=2")] {
        let client_first = format!("n,,n=user,r=abc{one}");
        whole("SCRAM-SHA-256", &bound(SERVER, &[]), &client_first, "user", b"", other);
        let client_first = format!("p=tls-exporter,,n=user,r=abc{one}");
        whole("SCRAM-SHA-1-PLUS", &bound(SERVER, &[EXPORTER]), &client_first, "user", EXPORTER.data, other);
    }
}

/// Proves 5802-7-01.
#[test]
fn a_nonce_is_any_visible_text_without_a_comma() {
    let all: String = (0x21..=0x7E).filter(|b| *b != b',').map(char::from).collect();
    for nonce in ["a", "=", &*all] {
        let client_first = format!("n,,n=user,r={nonce}");
        let (_, server_first) = first("SCRAM-SHA-1", &bound(SERVER, &[]), &client_first, "user");
        assert_eq!(server_first, format!("r={nonce}{SERVER},s=QSXCR+Q6sek8bf92,i=4096"));
        whole("SCRAM-SHA-1", &bound(SERVER, &[]), &client_first, "user", b"", "");
        whole("SCRAM-SHA-1", &bound(LATER, &[]), &client_first, "user", b"", "");
    }
}

/// Each kind of binding that the channel has is accepted, with its own data only.
///
/// Proves 5802-5.1-08, 5802-6.1-01.
#[test]
fn any_kind_that_the_channel_has_binds() {
    let endpoint = Binding { kind: "tls-server-end-point", data: &[0xA5; 64] };
    let bindings = [EXPORTER, UNIQUE, endpoint];
    for mechanism in ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"] {
        for binding in &bindings {
            let client_first = format!("p={},,n=user,r=abc", binding.kind);
            whole(mechanism, &bound(SERVER, &bindings), &client_first, "user", binding.data, "");
            let client_first = format!("p={},a=user,n=user,r=abc", binding.kind);
            whole(mechanism, &bound(SERVER, &bindings), &client_first, "user", binding.data, "");
        }
    }
    for client_first in ["n,,n=user,r=abc", "n,a=user,n=user,r=abc"] {
        whole("SCRAM-SHA-256", &bound(SERVER, &bindings), client_first, "user", b"", "");
    }
}

/// Proves 5802-5.1-02, 4422-3.6-01.
#[test]
fn another_identity_has_to_be_allowed() {
    let vector = &VECTORS[5];
    for (answer, end) in [
        (Answer::Authorized(true), done("adm")),
        (Answer::Authorized(false), failed(Cause::Credentials)),
        (Answer::Keys(Some(vector.keys())), OVER),
    ] {
        let mut scram = started_on(vector.mechanism, &bound(SERVER, &[]));
        let _ = say(&mut scram, vector.client_first);
        let _ = tell(&mut scram, Answer::Keys(Some(vector.keys())));
        let _ = say(&mut scram, vector.client_final);
        assert_eq!(say(&mut scram, ""), authorize("a,b=c", "adm"));
        assert_eq!(tell(&mut scram, answer), end);
        assert_eq!(tell(&mut scram, Answer::Authorized(true)), OVER, "over is over");
    }
    whole("SCRAM-SHA-256", &bound(SERVER, &[]), "n,a=us\u{ad}er,n=user,r=abc", "user", b"", "");
}

/// The iteration count of the user's keys is announced; users who do not exist get the least that the RFC
/// allows.
#[test]
fn the_count_of_the_keys_is_announced() {
    assert_eq!(Channel::new("h").fake_iterations, 4096);
    for iterations in [4096, 10_000] {
        let stored = keys(Hash::Sha256).to_string().replace("4096", &iterations.to_string());
        let stored: Keys = stored.parse().unwrap();
        let mut scram = started_on("SCRAM-SHA-256", &bound(SERVER, &[]));
        let _ = say(&mut scram, "n,,n=user,r=abc");
        assert_eq!(
            tell(&mut scram, Answer::Keys(Some(&stored))),
            challenge(format!("r=abc{SERVER},s=W22ZaJ0SNY7soEsUEjb6gQ==,i={iterations}"))
        );
    }
    let one = Signer::new(Hash::Sha1, "pencil", b"salt", 3);
    let keys = Keys::derive(Hash::Sha1, "pencil", b"salt", 3).unwrap();
    assert!(keys.to_string().contains(&text(one.server_key())));
}
