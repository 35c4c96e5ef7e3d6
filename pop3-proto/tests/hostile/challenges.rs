//! AUTH against a hostile server, which asks for more and more, or for too much.

use base64ct::{Base64, Encoding as _};
use pop3_proto::client::{Profile, ProtocolError};
use pop3_proto::login::{Method, Methods, Reason, RefusalKind};
use pop3_proto::sasl::client::{Credentials, MAX_ITERATIONS, OutOfLimits};
use pop3_proto::{Deviation, Secret};

use crate::programs::{Attempt, NONCE};
use crate::secrets::{SOMEBODY, everything};
use crate::wire::{Answer, End, GREETING, MIB, Outcome, Piece, ROOM, WINDOW, endless, say};

const GIB: u64 = 1024 * MIB;
/// How the line of a challenge may begin.
const OPENINGS: [&str; 4] = ["+ ", "+", "+ AAA=", "+ \0"];
const SCRAM_FIRST: &str = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO7677";

/// Everything that is said after the list of capabilities.
fn after_capa(outcome: &Outcome) -> String {
    let said = String::from_utf8(outcome.said.clone()).unwrap();
    said.strip_prefix("CAPA\r\n").unwrap().into()
}

/// A login by one method at a server that answers AUTH, and each line after it, with the same line, and
/// refuses `*`.
fn by(credentials: Credentials<'_>, method: Method, answer: impl Fn(&str) -> Answer) -> Outcome {
    let attempt = Attempt::in_tls(credentials).policy(|policy| policy.methods = Methods::only(method));
    let name = method.as_str().to_ascii_uppercase();
    attempt.against(|line, _| match line {
        GREETING => say("+OK\r\n"),
        "CAPA" => say(&format!("+OK\r\nSASL {name}\r\n.\r\n")),
        "*" => say("-ERR cancelled\r\n"),
        line => answer(line),
    })
}

fn challenge(text: &str) -> Answer {
    say(&format!("+ {}\r\n", Base64::encode_string(text.as_bytes())))
}

/// Covers long-challenge, endless-line.
#[test]
fn a_challenge_of_a_mebibyte_is_cancelled() {
    for opening in OPENINGS {
        let outcome = by(SOMEBODY, Method::CramMd5, |_| {
            let mut answer = endless(opening, &"AAAA".repeat(2048), MIB);
            answer.extend(say("\r\n"));
            answer
        });
        outcome.fails(RefusalKind::Policy, Reason::Refused(Method::CramMd5), None).fits(ROOM).took(MIB);
        outcome.said("CAPA\r\nAUTH CRAM-MD5\r\n*\r\n");
    }
}

/// Covers long-challenge, endless-line.
#[test]
fn a_challenge_of_a_gigabyte_ends_the_session_after_a_mebibyte() {
    for opening in OPENINGS {
        let outcome = by(SOMEBODY, Method::CramMd5, |_| endless(opening, &"AAAA".repeat(2048), GIB));
        outcome.ends(End::Broken(ProtocolError::EndlessLine)).fits(ROOM);
        outcome.said("CAPA\r\nAUTH CRAM-MD5\r\n*\r\n");
        assert!((MIB..MIB + 4 * WINDOW as u64).contains(&outcome.octets), "{}", outcome.octets);
    }
}

/// Covers long-challenge.
#[test]
fn a_strict_session_ends_at_a_challenge_of_a_gigabyte() {
    let attempt = Attempt::in_tls(SOMEBODY)
        .profile(Profile::STRICT)
        .policy(|policy| policy.methods = Methods::only(Method::CramMd5));
    let outcome = attempt.against(|line, _| match line {
        GREETING => say("+OK\r\n"),
        "CAPA" => say("+OK\r\nSASL CRAM-MD5\r\n.\r\n"),
        _ => endless("+ ", &"AAAA".repeat(2048), GIB),
    });
    outcome.ends(End::Broken(ProtocolError::Deviation(Deviation::LongLine))).fits(ROOM);
}

/// Every mechanism sends what it has and then cancels; a server that goes on after that is not logged in to.
#[test]
fn challenges_without_end_get_a_bounded_number_of_answers() {
    for (method, lines) in [
        (Method::External, 2),
        (Method::OauthBearer, 3),
        (Method::Xoauth2, 4),
        (Method::ScramSha256, 2),
        (Method::ScramSha1, 2),
        (Method::CramMd5, 3),
        (Method::Plain, 2),
        (Method::Login, 4),
        (Method::Anonymous, 2),
    ] {
        let mut credentials = everything();
        credentials.name = "user";
        let attempt = Attempt::in_tls(credentials).policy(|policy| policy.methods = Methods::only(method));
        let name = method.as_str().to_ascii_uppercase();
        let outcome = attempt.against(|line, _| match line {
            GREETING => say("+OK\r\n"),
            "CAPA" => say(&format!("+OK\r\nSASL {name}\r\n.\r\n")),
            "*" => vec![Piece::Octets(b"+ bW9yZQ==\r\n".to_vec(), 1 << 40)],
            _ => say("+ bW9yZQ==\r\n"),
        });
        outcome.fails(RefusalKind::Policy, Reason::NotProved(method), None).fits(ROOM);
        let said = after_capa(&outcome);
        assert_eq!(said.lines().count(), lines, "{said:?}");
        assert!(said.ends_with("\r\n*\r\n"), "{said:?}");
    }
}

/// The challenges come in one segment, and none of them is taken for the answer to what the client sends
/// next.
#[test]
fn challenges_that_come_before_they_are_due_prove_nothing() {
    let outcome = by(SOMEBODY, Method::ScramSha256, |line| match line {
        line if line.starts_with("AUTH") => vec![Piece::Octets(b"+ dj1YWFhY\r\n".to_vec(), 1000)],
        _ => say("+OK\r\n"),
    });
    outcome.fails(RefusalKind::Policy, Reason::NotProved(Method::ScramSha256), None).fits(ROOM);
    assert!(after_capa(&outcome).ends_with("\r\n*\r\n"));
}

/// Iteration counts that would keep the processor busy for minutes, and some that are no number.
#[test]
fn huge_counts_of_iterations_are_not_worked_off() {
    let most = u64::from(MAX_ITERATIONS);
    for iterations in [
        "0".to_owned(),
        "-1".into(),
        "+1".into(),
        "01".into(),
        "".into(),
        "4096.5".into(),
        (most + 1).to_string(),
        "4294967295".into(),
        "4294967296".into(),
        "4294971392".into(),
        "18446744073709555712".into(),
        "9".repeat(300),
    ] {
        for method in [Method::ScramSha256, Method::ScramSha1] {
            let outcome = by(Credentials::password("user", Secret::new(b"pencil")), method, |_| {
                challenge(&format!("r={NONCE}server,s=QSXCR+Q6sek8bf92,i={iterations}"))
            });
            // A number is told; what is no number, or 0, is none that an honest server sends.
            let digits = iterations.bytes().all(|b| b.is_ascii_digit()) && iterations.len() > 2;
            let asked = iterations.parse().unwrap_or(u32::MAX);
            let many = OutOfLimits::ManyIterations { asked, most: MAX_ITERATIONS };
            let reason = if digits { Reason::OutOfLimits(method, many) } else { Reason::NotProved(method) };
            outcome.fails(RefusalKind::Policy, reason, None).fits(ROOM);
            let first = Base64::encode_string(SCRAM_FIRST.as_bytes());
            let name = method.as_str().to_ascii_uppercase();
            outcome.said(&format!("CAPA\r\nAUTH {name} {first}\r\n*\r\n"));
        }
    }
}

#[test]
fn salts_and_nonces_of_any_length_stay_in_the_memory_that_was_lent() {
    let salt = |octets: usize| Base64::encode_string(&vec![7; octets]);
    let not_proved = (RefusalKind::Policy, Reason::NotProved(Method::ScramSha256));
    for challenge_text in [
        format!("r={NONCE}server,s=,i=4096"),
        format!("r={NONCE}server,s={},i=4096", salt(65)),
        format!("r={NONCE}server,s={},i=4096", salt(6000)),
        format!("r={NONCE}{},s={},i=4096", "n".repeat(5000), salt(16)),
        // The memory is enough for the challenge, and not for the answer.
        format!("r={NONCE}{},s={},i=4096", "n".repeat(900), salt(16)),
        // The nonce is not that of this client, or has nothing after it.
        format!("r={NONCE},s={},i=4096", salt(16)),
        format!("r=other{NONCE},s={},i=4096", salt(16)),
        format!("r=,s={},i=4096", salt(16)),
        format!("r={NONCE}server,s={},i=4096,{}", salt(16), "x=y,".repeat(2000)),
    ] {
        let credentials = Credentials::password("user", Secret::new(b"pencil"));
        let outcome = by(credentials, Method::ScramSha256, |_| challenge(&challenge_text));
        let (kind, reason) = not_proved;
        outcome.fails(kind, reason, None).fits(ROOM);
        let first = Base64::encode_string(SCRAM_FIRST.as_bytes());
        outcome.said(&format!("CAPA\r\nAUTH SCRAM-SHA-256 {first}\r\n*\r\n"));
    }
}

/// The first refusal is acknowledged; the next one is cancelled.
#[test]
fn json_refusals_without_end_are_acknowledged_once() {
    for (method, acknowledgement) in [(Method::OauthBearer, "AQ=="), (Method::Xoauth2, "")] {
        let outcome = by(everything(), method, |line| match line {
            "AUTH XOAUTH2" => say("+ \r\n"),
            _ => challenge("{\"status\":\"401\",\"schemes\":\"bearer\"}"),
        });
        outcome.fails(RefusalKind::Policy, Reason::Refused(method), None).fits(ROOM);
        let said = after_capa(&outcome);
        assert!(said.ends_with(&format!("\r\n{acknowledgement}\r\n*\r\n")), "{said:?}");
        assert_eq!(said.lines().filter(|line| line == &acknowledgement).count(), 1, "{said:?}");
    }
}

/// A challenge that does not fit the memory is not kept in part.
/// Covers long-challenge.
#[test]
fn a_json_refusal_that_the_memory_cannot_hold_is_cancelled() {
    let outcome = by(everything(), Method::OauthBearer, |_| challenge(&"{".repeat(5000)));
    outcome.fails(RefusalKind::Policy, Reason::Refused(Method::OauthBearer), None).fits(ROOM);
    assert!(after_capa(&outcome).ends_with("\r\n*\r\n"));
    assert_eq!(after_capa(&outcome).lines().count(), 2);
}
