//! SCRAM: final messages that are refused; none of them is answered with `v=`.

use pop3_proto::Base64;
use pop3_proto::sasl::Channel;
use pop3_proto::sasl::scram::Hash;
use pop3_proto::sasl::server::{Answer, Cause, Exchange};

use crate::drive::{OVER, Seen, begin, bound, challenge, channel, failed, say, started_on, tell, text};
use crate::scram_client::{EXPORTER, LATER, SERVER, UNIQUE, VECTORS, keys, signer};

const CLIENT_FIRST: &str = "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL";
const NONCE: &str = "fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j+5802/";

/// An exchange up to the server-first message, and what that says.
fn first(mechanism: &str, channel: &Channel<'_>, client_first: &str) -> (Exchange<Vec<u8>>, String) {
    let mut scram = started_on(mechanism, channel);
    let Seen::FindKeys(_, hash) = say(&mut scram, client_first) else { panic!("{client_first}") };
    let Seen::Challenge(data) = tell(&mut scram, Answer::Keys(Some(keys(hash)))) else {
        panic!("{client_first}")
    };
    (scram, String::from_utf8(data).unwrap())
}

/// Signs `without_proof` as a client that knows the password does, and says it.
fn finish(mechanism: &str, channel: &Channel<'_>, client_first: &str, without_proof: &str) -> Seen {
    let (mut scram, server_first) = first(mechanism, channel, client_first);
    let hash = if mechanism.contains("256") { Hash::Sha256 } else { Hash::Sha1 };
    let signed = signer(hash).sign(client_first, &server_first, without_proof);
    let seen = say(&mut scram, &signed.client_final);
    if let Seen::Failed(_) = seen {
        assert_eq!(say(&mut scram, &signed.client_final), OVER, "over is over");
        assert_eq!(say(&mut scram, ""), OVER, "over is over");
    } else {
        assert_eq!(seen, challenge(signed.server_final));
    }
    seen
}

/// All of these are signed by somebody who knows the password.
///
/// Proves 5802-5.1-01, 5802-5.1-04, 5802-5.1-07, 5802-5.1-08, 5802-5.1-10, 5802-6-05, 5802-7-01.
#[test]
fn ill_formed_final_messages() {
    let cut = &NONCE[..NONCE.len() - 1];
    let other = NONCE.replace("3rfc", "3rfd");
    for (bad, why, cause) in [
        (format!("c=eSws,r={NONCE}"), "y in place of n", Cause::Binding),
        (format!("c={},r={NONCE}", text("n,,x")), "data after the header", Cause::Binding),
        (format!("c={},r={NONCE}", text("n,")), "a header that is cut", Cause::Binding),
        (format!("c={},r={NONCE}", text("n,a=adm,")), "another header", Cause::Binding),
        (format!("c={},r={NONCE}", text("p=tls-exporter,,")), "another flag", Cause::Binding),
        (format!("c=,r={NONCE}"), "no header", Cause::Binding),
        (format!("c=biw,r={NONCE}"), "no base64", Cause::Response),
        (format!("c=biws=,r={NONCE}"), "no base64", Cause::Response),
        (format!("c=biws====,r={NONCE}"), "no base64", Cause::Response),
        (format!("c=bi ws,r={NONCE}"), "no base64", Cause::Response),
        (format!("c=n,,,r={NONCE}"), "no base64", Cause::Response),
        (format!("C=biws,r={NONCE}"), "a capital", Cause::Response),
        (format!("r={NONCE}"), "no c=", Cause::Response),
        (format!("r={NONCE},c=biws"), "order", Cause::Response),
        ("c=biws".into(), "no r=", Cause::Response),
        (format!("c=biws,R={NONCE}"), "a capital", Cause::Response),
        (format!("c=biws,r={cut}"), "a nonce that is cut", Cause::Response),
        (format!("c=biws,r={NONCE}x"), "a nonce that is longer", Cause::Response),
        (format!("c=biws,r={other}"), "another nonce", Cause::Response),
        (format!("c=biws,r={}", NONCE.to_lowercase()), "another nonce", Cause::Response),
        (format!("c=biws,r={SERVER}"), "half a nonce", Cause::Response),
        ("c=biws,r=fyko+d2lbbFgONRv9qkxdawL".into(), "half a nonce", Cause::Response),
        ("c=biws,r=".into(), "no nonce", Cause::Response),
        (format!("m=x,c=biws,r={NONCE}"), "mandatory extension", Cause::Response),
        (format!("c=biws,m=x,r={NONCE}"), "mandatory extension", Cause::Response),
        (format!("c=biws,r={NONCE},m=x"), "mandatory extension", Cause::Response),
        (format!("c=biws,r={NONCE},x=1,m=x"), "mandatory extension", Cause::Response),
        (format!("c=biws,x=1,r={NONCE}"), "order", Cause::Response),
        (format!("x=1,c=biws,r={NONCE}"), "order", Cause::Response),
        (format!("c=biws,r={NONCE},x="), "no extension", Cause::Response),
        (format!("c=biws,r={NONCE},x"), "no extension", Cause::Response),
        (format!("c=biws,r={NONCE},"), "no extension", Cause::Response),
        (String::new(), "nothing", Cause::Response),
    ] {
        for mechanism in ["SCRAM-SHA-1", "SCRAM-SHA-256"] {
            assert_eq!(
                finish(mechanism, &bound(SERVER, &[]), CLIENT_FIRST, &bad),
                failed(cause),
                "{why}: {bad}"
            );
        }
    }
    for good in [format!("c=biws,r={NONCE}"), format!("c=biws,r={NONCE},x=1")] {
        let seen = finish("SCRAM-SHA-1", &bound(SERVER, &[]), CLIENT_FIRST, &good);
        assert!(matches!(seen, Seen::Challenge(_)), "{good}: {seen:?}");
    }
}

/// Proves 5802-5.1-08, 5802-6-05.
#[test]
fn binding_data_have_to_be_those_of_the_channel() {
    let bindings = [EXPORTER, UNIQUE];
    let kind = "p=tls-exporter,,";
    let client_first = format!("{kind}n=user,r=abc");
    let mut wrong = EXPORTER.data.to_vec();
    wrong[31] ^= 1;
    let cases = [
        (kind, EXPORTER.data, true),
        (kind, &wrong, false),
        (kind, &EXPORTER.data[..31], false),
        (kind, &[EXPORTER.data, b"\0"].concat(), false),
        (kind, UNIQUE.data, false),
        (kind, b"", false),
        ("p=tls-unique,,", UNIQUE.data, false),
        ("p=tls-unique,,", EXPORTER.data, false),
        ("n,,", b"", false),
        ("y,,", b"", false),
        ("", EXPORTER.data, false),
    ];
    for (header, data, good) in cases {
        let c = text([header.as_bytes(), data].concat());
        let without_proof = format!("c={c},r=abc{SERVER}");
        let seen = finish("SCRAM-SHA-256-PLUS", &bound(SERVER, &bindings), &client_first, &without_proof);
        match good {
            true => assert!(matches!(seen, Seen::Challenge(_)), "{header} {data:?}: {seen:?}"),
            false => assert_eq!(seen, failed(Cause::Binding), "{header} {data:?}"),
        }
    }
}

/// Proofs that are wrong, or are no proofs at all.
///
/// Proves 5802-5.1-10.
#[test]
fn the_proof_has_to_be_right() {
    for vector in VECTORS.iter() {
        let channel = bound(SERVER, vector.bindings);
        let (without_proof, proof) = vector.client_final.rsplit_once(",p=").unwrap();
        let octets = signer(vector.hash).sign(vector.client_first, vector.server_first, without_proof).proof;
        let mut bad: Vec<(String, Cause)> = (0..octets.len())
            .map(|at| {
                let mut wrong = octets.clone();
                wrong[at] ^= 1 << (at % 8);
                (format!("{without_proof},p={}", text(wrong)), Cause::Credentials)
            })
            .collect();
        for len in [0, 1, 16, 19, 20, 21, 31, 32, 33, 64, 65, 128, 129, 1000] {
            if len != octets.len() {
                let other: Vec<u8> = octets.iter().copied().cycle().take(len).collect();
                // A proof of up to 128 bytes is decoded and does not match; a longer one is malformed.
                let cause = if len <= 128 { Cause::Credentials } else { Cause::Response };
                bad.push((format!("{without_proof},p={}", text(other)), cause));
            }
        }
        bad.extend([
            (format!("{without_proof},p="), Cause::Credentials),
            (format!("{without_proof},p={proof},p={proof}"), Cause::Credentials),
        ]);
        let ill_formed = [
            without_proof.to_owned(),
            format!("{without_proof},p"),
            format!("{without_proof},P={proof}"),
            format!("{without_proof},p={}", proof.trim_end_matches('=')),
            format!("{without_proof},p={proof}="),
            format!("{without_proof},p= {proof}"),
            format!("{without_proof},p={proof},x=1"),
            format!("p={proof},{without_proof}"),
            format!("{},", vector.client_final),
        ];
        bad.extend(ill_formed.map(|one| (one, Cause::Response)));
        // Whether that is base64 still depends on the last letter.
        let small = vector.client_final.to_lowercase();
        let is_base64 = Base64::new(small.rsplit_once(",p=").unwrap().1.as_bytes()).is_some();
        bad.push((small, if is_base64 { Cause::Credentials } else { Cause::Response }));
        for (client_final, cause) in bad {
            let (mut scram, server_first) = first(vector.mechanism, &channel, vector.client_first);
            assert_eq!(server_first, vector.server_first);
            assert_eq!(say(&mut scram, &client_final), failed(cause), "{client_final}");
            assert_eq!(say(&mut scram, vector.client_final), OVER, "no second try");
        }
    }
}

/// Proves 5802-5.1-07, 5802-5-01.
#[test]
fn what_was_said_once_does_not_do_again() {
    for vector in VECTORS.iter() {
        let channel = bound(SERVER, vector.bindings);
        for instead in [vector.client_final, vector.client_first, "\0", "v=x"] {
            let (mut scram, _) = first(vector.mechanism, &channel, vector.client_first);
            assert_eq!(say(&mut scram, vector.client_final), challenge(vector.server_final));
            assert_eq!(say(&mut scram, instead), failed(Cause::Response), "the last response is empty");
            assert_eq!(say(&mut scram, ""), OVER);
        }
        let later = bound(LATER, vector.bindings);
        let (mut scram, server_first) = first(vector.mechanism, &later, vector.client_first);
        assert_ne!(server_first, vector.server_first);
        assert_eq!(say(&mut scram, vector.client_final), failed(Cause::Credentials), "replayed");
        let (mut scram, _) = first(vector.mechanism, &channel, vector.client_first);
        assert_eq!(say(&mut scram, vector.client_first), failed(Cause::Response), "the first message again");
    }
}

/// Proves 4422-3.6-01.
#[test]
fn a_question_takes_its_own_answer_only() {
    let keys = keys(Hash::Sha256);
    for other in
        [Answer::Authorized(true), Answer::Password(true), Answer::Secret(None), Answer::Token(Ok("user"))]
    {
        let mut scram = started_on("SCRAM-SHA-256", &channel());
        let _ = say(&mut scram, CLIENT_FIRST);
        assert_eq!(tell(&mut scram, other), OVER, "{other:?}");
        assert_eq!(tell(&mut scram, Answer::Keys(Some(keys))), OVER, "after {other:?}");
    }
    let mut scram = started_on("SCRAM-SHA-256", &channel());
    assert_eq!(tell(&mut scram, Answer::Keys(Some(keys))), OVER, "before the question");
    let mut scram = started_on("SCRAM-SHA-256", &channel());
    assert_eq!(begin(&mut scram), challenge(""));
    assert_eq!(tell(&mut scram, Answer::Keys(Some(keys))), OVER, "before the question");
    let (mut scram, _) = first("SCRAM-SHA-256", &channel(), CLIENT_FIRST);
    assert_eq!(tell(&mut scram, Answer::Keys(Some(keys))), OVER, "twice");
    let mut scram = started_on("SCRAM-SHA-256", &channel());
    let _ = say(&mut scram, CLIENT_FIRST);
    assert_eq!(say(&mut scram, CLIENT_FIRST), failed(Cause::Response), "a response is no answer");
}
