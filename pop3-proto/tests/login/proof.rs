//! A server that does not prove that it knows the password gets no weaker form of it, on this connection or
//! the next.

use pop3_proto::login::{Method, Methods, ServerNotes};

use crate::credentials::USER;
use crate::outcome::Outcome;
use crate::scram::Said;
use crate::script::{base64, tls};

use base64ct::{Base64, Encoding as _};

const FRONT: &str = "S: +OK
     C: CAPA
     L: USER, SASL SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN, AUTH-RESP-CODE, RESP-CODES
     C: AUTH SCRAM-SHA-256 {n,,n=user,r=rOprNGfwEbeRWgbNEkqO7677}\n";

fn said() -> Said {
    Said::sha_256("n,,", b"")
}

/// The dialogue up to the point where the client has given its proof.
fn proof() -> String {
    let Said { server_first, client_final, .. } = said();
    format!("S: + {{{server_first}}}\nC: {{{client_final}}}\n")
}

fn signed() -> String {
    format!("S: + {{{}}}\nC:\n", said().server_final)
}

/// What an impostor sends in place of the signature.
fn wrong() -> [String; 6] {
    let right = said().server_final;
    let mut octets = Base64::decode_vec(&right[2..]).unwrap();
    octets[31] ^= 1;
    let one_bit = base64(&octets);
    // The same bytes in an unusual spelling.
    let last = right[..right.len() - 1].chars().last().unwrap();
    let alphabet: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let next = alphabet[alphabet.iter().position(|c| *c == last).unwrap() + 1];
    [
        format!("{{{}{next}=}}", &right[..right.len() - 2]),
        format!("{{v={one_bit}}}"),
        "{v=rmF9pqV8S7suAoZWja4dJRkFsKQ=}".into(),
        "{v=}".into(),
        "=".into(),
        "no base64".into(),
    ]
}

fn plays(rest: &str) -> Outcome {
    tls(USER).plays(&format!("{FRONT}{rest}"))
}

/// Proves 5802-5-03.
#[test]
fn a_wrong_signature_is_the_end() {
    for wrong in wrong() {
        for answer in ["-ERR", "-ERR [AUTH] no", "-ERR [SYS/TEMP] later", "+OK welcome"] {
            plays(&format!("{}S: + {wrong}\nC: *\nS: {answer}", proof()))
                .not_proved(Method::ScramSha256)
                .learned_nothing();
        }
    }
}

/// Proves 5802-5-03.
#[test]
fn ok_without_a_signature_is_no_success() {
    plays("S: +OK welcome").not_proved(Method::ScramSha256).learned_nothing();
    plays(&format!("{}S: +OK welcome", proof())).not_proved(Method::ScramSha256).learned_nothing();
    plays(&format!("{}S: +OK {}", proof(), said().server_final))
        .not_proved(Method::ScramSha256)
        .learned_nothing();
}

/// Proves 5802-5.1-06, 5802-9-01, 5802-5.1-04.
#[test]
fn a_first_message_that_nobody_honest_sends_is_the_end() {
    for first in [
        "{r=foreign%hvYDpWUa2RaTCAfuxFIlj,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096}",
        "{r=rOprNGfwEbeRWgbNEkqO7677,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096}",
        "{r=rOprNGfwEbeRWgbNEkqO7677x,s=,i=4096}",
        "{r=rOprNGfwEbeRWgbNEkqO7677x,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,m=must}",
        "no base64",
    ] {
        plays(&format!("S: + {first}\nC: *\nS: -ERR")).not_proved(Method::ScramSha256).learned_nothing();
    }
    // An empty challenge asks for the first message, and the second one asks in vain.
    plays("S: +\\x20\nC: {n,,n=user,r=rOprNGfwEbeRWgbNEkqO7677}\nS: +\\x20\nC: *\nS: -ERR")
        .not_proved(Method::ScramSha256);
}

/// On the next connection, with what the caller keeps, such a server is shown no password either.
///
/// Proves 5802-5-03.
#[test]
fn hanging_up_on_the_cancelling_line_does_not_bring_a_weaker_method_next_time() {
    for wrong in wrong() {
        let learned =
            plays(&format!("{}S: + {wrong}\nC: *\nEOF", proof())).not_proved(Method::ScramSha256).learned;
        assert_eq!(learned, ServerNotes::default());
    }
    let learned = plays("S: + {r=foreign,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096}\nC: *\nEOF").learned;
    assert_eq!(learned.in_tls.failed, Methods::NONE);
}

#[test]
fn with_its_signature_the_server_logs_in() {
    plays(&format!("{}{}S: +OK\nC: CAPA\nL:", proof(), signed())).logs_in().learned_nothing();
}

/// Proves 5802-5-03.
#[test]
fn a_challenge_after_the_signature_is_cancelled() {
    let (proof, signed, signature) = (proof(), signed(), said().server_final);
    plays(&format!("{proof}{signed}S: + {{{signature}}}\nC: *\nS: +OK")).not_proved(Method::ScramSha256);
}
