//! How little, and how much, a server may ask for in SCRAM (RFC 5802 sections 5.1 and 9, RFC 7677 section 4).

use pop3_proto::login::{Method, Reason, RefusalKind, Tls};
use pop3_proto::sasl::client::{OutOfLimits, ScramLimits};
use pop3_proto::sasl::scram::Hash;

use crate::credentials::{NONCE, USER};
use crate::outcome::{End, Outcome};
use crate::script::{Try, base64, plain, tls};
use crate::signer::Signer;

const IN: &str = "S: +OK\nC: CAPA\nL:";

/// What both ends say with this salt and this count, up to the client's proof; and the rest of a login.
fn said(salt: &[u8], iterations: u32) -> (String, String, String) {
    let first = format!("n,,n=user,r={NONCE}");
    let server_first = format!("r={NONCE}x,s={},i={iterations}", base64(salt));
    let signed = Signer::new(Hash::Sha256, "pencil", salt, iterations).sign(
        &first,
        &server_first,
        &format!("c=biws,r={NONCE}x"),
    );
    let front = format!(
        "S: +OK\nC: CAPA\nL: USER, SASL SCRAM-SHA-256 SCRAM-SHA-1 CRAM-MD5 PLAIN LOGIN
         C: AUTH SCRAM-SHA-256 {{{first}}}\nS: + {{{server_first}}}\n"
    );
    let proof = format!("C: {{{}}}\n", signed.client_final);
    (front, proof, format!("S: + {{{}}}\nC:\n{IN}", signed.server_final))
}

#[track_caller]
fn out_of_limits(outcome: Outcome, what: OutOfLimits) {
    outcome
        .fails(RefusalKind::Policy, Reason::OutOfLimits(Method::ScramSha256, what), None)
        .learned_nothing();
}

fn with(change: impl Fn(&mut ScramLimits)) -> Try<'static> {
    tls(USER).policy(|policy| change(&mut policy.scram))
}

#[test]
fn what_is_just_enough_is_taken() {
    for (salt, iterations) in [(&[7; 8][..], 4096), (&[7; 64], 4097)] {
        let (front, proof, rest) = said(salt, iterations);
        tls(USER).plays(&format!("{front}{proof}{rest}")).logs_in();
    }
}

/// Nothing goes out that the password could be guessed from, and nothing weaker follows, whatever the server
/// does then.
/// Covers cheap-scram-proof.
#[test]
fn what_is_less_is_refused_by_default() {
    let few = |asked| OutOfLimits::FewIterations { asked, least: 4096 };
    let short = |octets| OutOfLimits::ShortSalt { octets, least: 8 };
    for (salt, iterations, what) in [
        (&[7; 16][..], 1, few(1)),
        (&[7; 16], 4095, few(4095)),
        (&[7; 1], 1, few(1)),
        (&[7; 1], 4096, short(1)),
        (&[7; 2], 4096, short(2)),
        (&[7; 7], 10_000, short(7)),
    ] {
        let front = said(salt, iterations).0;
        for end in ["S: -ERR", "S: -ERR [AUTH] no", "S: -ERR [SYS/TEMP] later", "S: +OK", "S: + e30=", "EOF"]
        {
            out_of_limits(tls(USER).plays(&format!("{front}C: *\n{end}")), what);
        }
        let in_clear = plain(USER).policy(|policy| {
            (policy.tls, policy.allow_plaintext_secrets) = (Tls::IfOffered, true);
        });
        out_of_limits(in_clear.plays(&format!("{front}C: *\nS: -ERR")), what);
    }
}

#[test]
fn a_policy_may_ask_for_less_or_for_more() {
    let (front, proof, rest) = said(&[7; 2], 1);
    let lax = with(|limits| (limits.min_iterations, limits.min_salt) = (1, 2));
    lax.plays(&format!("{front}{proof}{rest}")).logs_in();
    let front = said(&[7; 8], 4096).0;
    out_of_limits(
        with(|limits| limits.min_iterations = 10_000).plays(&format!("{front}C: *\nS: -ERR")),
        OutOfLimits::FewIterations { asked: 4096, least: 10_000 },
    );
    out_of_limits(
        with(|limits| limits.min_salt = 16).plays(&format!("{front}C: *\nS: -ERR")),
        OutOfLimits::ShortSalt { octets: 8, least: 16 },
    );
}

/// For a small device.
#[test]
fn a_policy_may_take_less_work_upon_itself() {
    let small = with(|limits| limits.max_iterations = 5000);
    let (front, proof, rest) = said(&[7; 8], 5000);
    small.plays(&format!("{front}{proof}{rest}")).logs_in();
    let outcome = small.plays(&format!("{}C: *\nS: -ERR", said(&[7; 8], 5001).0));
    let End::Failed(failure) = outcome.end else { panic!("{:?}", outcome.end) };
    assert_eq!(
        failure.to_string(),
        "the server asks for 5001 iterations of SCRAM, and more than 5000 take too long (scram-sha-256)"
    );
    out_of_limits(outcome, OutOfLimits::ManyIterations { asked: 5001, most: 5000 });
}
