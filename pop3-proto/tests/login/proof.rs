//! A server that does not prove that it knows the password gets no weaker form of it, on this connection or the next.

use pop3_proto::login::{Method, Methods, ServerNotes};

use crate::people::USER;
use crate::script::{Outcome, tls};

const FRONT: &str = "S: +OK
     C: CAPA
     L: USER, SASL SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN, AUTH-RESP-CODE, RESP-CODES
     C: AUTH SCRAM-SHA-256 {n,,n=user,r=rOprNGfwEbeRWgbNEkqO}\n";
const PROOF: &str = "S: + {r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096}
     C: {c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=}\n";
const SIGNED: &str = "S: + {v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=}\nC:\n";

/// What an impostor says in place of its signature.
const WRONG: [&str; 5] = [
    "{v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=}",
    "{v=rmF9pqV8S7suAoZWja4dJRkFsKQ=}",
    "{v=}",
    "=",
    "no base64",
];

fn plays(rest: &str) -> Outcome {
    tls(USER).plays(&format!("{FRONT}{rest}"))
}

/// Proves 5802-5-03.
#[test]
fn a_wrong_signature_is_the_end() {
    for wrong in WRONG {
        for answer in ["-ERR", "-ERR [AUTH] no", "-ERR [SYS/TEMP] later", "+OK welcome"] {
            plays(&format!("{PROOF}S: + {wrong}\nC: *\nS: {answer}"))
                .not_proved(Method::ScramSha256)
                .learned_nothing();
        }
    }
}

/// Proves 5802-5-03.
#[test]
fn ok_without_a_signature_is_no_success() {
    plays("S: +OK welcome").not_proved(Method::ScramSha256).learned_nothing();
    plays(&format!("{PROOF}S: +OK welcome")).not_proved(Method::ScramSha256).learned_nothing();
    plays(&format!("{PROOF}S: +OK v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="))
        .not_proved(Method::ScramSha256)
        .learned_nothing();
}

/// Proves 5802-5.1-06, 5802-9-01, 5802-5.1-04.
#[test]
fn a_first_message_that_nobody_honest_sends_is_the_end() {
    for first in [
        "{r=foreign%hvYDpWUa2RaTCAfuxFIlj,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096}",
        "{r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096}",
        "{r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096}",
        "{r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4294967295}",
        "{r=rOprNGfwEbeRWgbNEkqOx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,m=must}",
        "",
        "no base64",
    ] {
        plays(&format!("S: + {first}\nC: *\nS: -ERR").replace("+ \n", "+\\x20\n"))
            .not_proved(Method::ScramSha256)
            .learned_nothing();
    }
}

/// The next connection, with what the caller keeps, shows such a server no password either.
///
/// Proves 5802-5-03.
#[test]
fn hanging_up_on_the_cancelling_line_does_not_bring_a_weaker_method_next_time() {
    for wrong in WRONG {
        let learned =
            plays(&format!("{PROOF}S: + {wrong}\nC: *\nEOF")).not_proved(Method::ScramSha256).learned;
        assert_eq!(learned, ServerNotes::default());
    }
    let learned = plays("S: + {r=foreign,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096}\nC: *\nEOF").learned;
    assert_eq!(learned.failed, Methods::NONE);
}

#[test]
fn with_its_signature_the_server_logs_in() {
    plays(&format!("{PROOF}{SIGNED}S: +OK\nC: CAPA\nL:")).logs_in().learned_nothing();
}

/// Proves 5802-5-03.
#[test]
fn a_challenge_behind_the_signature_is_cancelled() {
    plays(&format!("{PROOF}{SIGNED}S: + {{v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=}}\nC: *\nS: +OK"))
        .not_proved(Method::ScramSha256);
}
