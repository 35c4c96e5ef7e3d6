//! A login with a mechanism that the program has brought along.

use pop3_proto::login::{Method, Policy, Reason, RefusalKind, Retry};
use pop3_proto::sasl::Why;
use pop3_proto::sasl::client::{Engine, Step};
use pop3_proto::{Base64, Mechanism, Protection};

use crate::credentials::TIM;
use crate::outcome::End;
use crate::script::{plain, tls};

/// A made-up mechanism: the client sends its name, the server a word, the client that word backwards, and the
/// server thanks, which an empty response answers.
#[derive(Default)]
struct Toy {
    /// The reason why the client cannot go on.
    cannot: Option<Why>,
    is_named: bool,
    turned: Option<Vec<u8>>,
    is_thanked: bool,
    fault: Option<Why>,
}

impl Engine for Toy {
    fn initial(&self) -> Option<&[u8]> {
        Some(b"tim")
    }

    fn sent_initial(&mut self) {
        self.is_named = true;
    }

    fn step(&mut self, challenge: Base64<'_>) -> Step<'_> {
        let mut octets = vec![0; challenge.decoded_len()];
        let octets = challenge.decode(&mut octets).expect("it was made to measure");
        if !self.is_named {
            self.is_named = true;
            return Step::Respond(b"tim");
        }
        match (&self.turned, octets) {
            (None, b"") => Step::Cancel,
            (None, _) if self.cannot.is_some() => {
                self.fault = self.cannot;
                Step::Cancel
            }
            (None, word) => Step::Respond(self.turned.insert(word.iter().rev().copied().collect())),
            (Some(_), b"thanks") if !self.is_thanked => {
                self.is_thanked = true;
                Step::Respond(b"")
            }
            _ => Step::Cancel,
        }
    }

    fn response(&self) -> &[u8] {
        match &self.turned {
            None => b"tim",
            Some(turned) if !self.is_thanked => turned,
            Some(_) => b"",
        }
    }

    fn fault(&self) -> Option<Why> {
        self.fault
    }

    fn is_proved(&self) -> bool {
        self.is_thanked
    }
}

fn toy() -> Toy {
    Toy::default()
}

fn faulty() -> Toy {
    Toy { cannot: Some(Why::Memory), ..Toy::default() }
}

const X_TOY: Mechanism = Mechanism::new("X-TOY", Protection::Tls, false);

const PLAIN: &str = "C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\nS: +OK\nC: CAPA\nL: UIDL";
const TOY: &str = "S: + {word}\nC: {drow}\nS: + {thanks}\nC:\nS: +OK\nC: CAPA\nL: UIDL";
const FRONT: &str = "S: +OK\nC: CAPA\nL: USER, SASL PLAIN SCRAM-SHA-256 X-TOY\n";

#[test]
fn it_goes_through_stls_and_capa_and_comes_before_all_others() {
    let outcome = plain(TIM).plays_with(
        X_TOY,
        toy,
        &format!(
            "S: +OK
             C: CAPA
             L: STLS, SASL SCRAM-SHA-256 X-TOY
             C: STLS
             S: +OK
             TLS
             C: CAPA
             L: USER, SASL EXTERNAL SCRAM-SHA-256 PLAIN X-TOY
             C: AUTH X-TOY {{tim}}
             {TOY}"
        ),
    );
    let outcome = outcome.logs_in().learned_nothing();
    assert_eq!(outcome.method, Some(Method::Own));
    assert!(outcome.capabilities.uidl());
}

/// RFC 4422 section 3.1 has mechanism names in capitals; RFC 2449 section 5 allows lists in any case.
#[test]
fn its_name_is_found_in_any_case_and_in_any_place() {
    for list in ["SASL x-toy", "sasl X-Toy PLAIN", "SASL PLAIN X-TOY2 X-TOY"] {
        tls(TIM)
            .plays_with(X_TOY, toy, &format!("S: +OK\nC: CAPA\nL: {list}\nC: AUTH X-TOY {{tim}}\n{TOY}"))
            .logs_in();
    }
}

#[test]
fn where_the_server_does_not_announce_it_the_others_have_their_turn() {
    for list in ["SASL PLAIN", "SASL PLAIN X-TOY2 X-TO", "SASL PLAIN, X-TOY"] {
        let outcome = tls(TIM).plays_with(X_TOY, toy, &format!("S: +OK\nC: CAPA\nL: {list}\n{PLAIN}"));
        assert_eq!(outcome.logs_in().learned_nothing().method, Some(Method::Plain));
    }
    // What was announced in clear does not count any more (RFC 2595 section 4).
    plain(TIM)
        .plays_with(
            X_TOY,
            toy,
            &format!(
                "S: +OK\nC: CAPA\nL: STLS, SASL X-TOY\nC: STLS\nS: +OK\nTLS\nC: CAPA\nL: SASL PLAIN\n{PLAIN}"
            ),
        )
        .logs_in();
}

/// Nor does it count if there is no list inside TLS: somebody in the middle may have written the one in
/// clear.
#[test]
fn what_was_announced_in_clear_counts_no_more_where_capa_is_refused_inside_tls() {
    plain(TIM)
        .plays_with(
            X_TOY,
            toy,
            "S: +OK
             C: CAPA
             L: STLS, SASL X-TOY
             C: STLS
             S: +OK
             TLS
             C: CAPA
             S: -ERR
             C: USER tim
             S: +OK
             C: PASS tanstaaftanstaaf
             S: +OK",
        )
        .logs_in();
}

/// It is used as any other method, with the name on a line of its own.
#[test]
fn if_it_is_the_only_one_it_is_tried_unannounced() {
    let one = tls(TIM).methods(&[Method::Own]);
    one.plays_with(
        X_TOY,
        toy,
        &format!("S: +OK\nC: CAPA\nL: SASL PLAIN\nC: AUTH X-TOY\nS: +\\x20\nC: {{tim}}\n{TOY}"),
    )
    .logs_in();
    one.policy(|policy| policy.try_unannounced = false)
        .plays_with(X_TOY, toy, "S: +OK\nC: CAPA\nL: SASL PLAIN")
        .no_method();
}

#[test]
fn a_policy_without_it_and_a_connection_in_clear_leave_it_out() {
    tls(TIM)
        .policy(|policy| policy.methods = policy.methods.without(Method::Own).without(Method::ScramSha256))
        .plays_with(X_TOY, toy, &format!("{FRONT}{PLAIN}"))
        .logs_in();
    let clear = plain(TIM).policy(|policy| *policy = Policy::CLEAR).methods(&[Method::Own, Method::Plain]);
    clear.plays_with(X_TOY, toy, &format!("{FRONT}{PLAIN}")).logs_in();
    let anywhere = Mechanism::new("X-TOY", Protection::None, false);
    clear.plays_with(anywhere, toy, &format!("{FRONT}C: AUTH X-TOY {{tim}}\n{TOY}")).logs_in();
}

#[test]
fn where_it_fails_the_next_method_is_tried() {
    let one = tls(TIM).methods(&[Method::Own, Method::Plain]);
    for exchange in [
        // The mechanism is refused at once, and in the middle.
        "S: -ERR no",
        "S: + {word}\nC: {drow}\nS: -ERR no",
    ] {
        let outcome = one.plays_with(
            X_TOY,
            toy,
            &format!("{FRONT}C: AUTH X-TOY {{tim}}\n{}\n{PLAIN}", exchange.replace("+ =", "+\\x20")),
        );
        let outcome = outcome.logs_in().learned_to_avoid(&[Method::Own]);
        assert_eq!(outcome.method, Some(Method::Plain));
    }
    // What the server says about the credentials is believed.
    one.plays_with(X_TOY, toy, &format!("{FRONT}C: AUTH X-TOY {{tim}}\nS: -ERR [AUTH] no"))
        .refused(RefusalKind::Credentials, Method::Own);
}

/// Only the engine knows whether the server has to prove itself. So a server that the engine gives up on is
/// shown no password.
#[test]
fn where_the_engine_gives_up_nothing_weaker_follows() {
    let one = tls(TIM).methods(&[Method::Own, Method::Plain]);
    for exchange in [
        "S: + =\nC: *\nS: -ERR no",
        "S: + no base64\nC: *\nS: -ERR no",
        "S: + {word}\nC: {drow}\nS: + {more}\nC: *\nS: -ERR no",
        "S: + {word}\nC: {drow}\nS: + {more}\nC: *\nS: +OK welcome",
    ] {
        let dialogue = format!("{FRONT}C: AUTH X-TOY {{tim}}\n{}", exchange.replace("+ =", "+\\x20"));
        one.plays_with(X_TOY, toy, &dialogue).not_proved(Method::Own).learned_nothing();
    }
}

#[test]
fn what_it_taught_holds_for_the_next_connection() {
    let one = tls(TIM).methods(&[Method::Own, Method::Plain]);
    let dialogue = format!("{FRONT}C: AUTH X-TOY {{tim}}\nEOF");
    let reason = Reason::ClosedDuring(Method::Own);
    one.plays_with(X_TOY, toy, &dialogue).fails(RefusalKind::Credentials, reason, None).learned_nothing();
    let one = one.policy(|policy| policy.password_after_hang_up = true);
    let outcome = one
        .plays_with(X_TOY, toy, &dialogue)
        .fails(RefusalKind::Credentials, reason, Some(Retry::NextMethod))
        .learned_hang_ups(&[Method::Own]);
    one.knowing(outcome.learned).plays_with(X_TOY, toy, &format!("{FRONT}{PLAIN}")).logs_in();
}

#[test]
fn ok_before_it_is_satisfied_is_no_login() {
    for exchange in ["S: +OK", "S: + {word}\nC: {drow}\nS: +OK", "S: +\\x20\nC: *\nS: +OK"] {
        tls(TIM)
            .plays_with(X_TOY, toy, &format!("{FRONT}C: AUTH X-TOY {{tim}}\n{exchange}"))
            .not_proved(Method::Own)
            .learned_nothing();
    }
}

#[test]
fn its_own_fault_ends_the_login() {
    for answer in ["-ERR", "-ERR [AUTH] cancelled", "-ERR [SYS/TEMP] x"] {
        let outcome = tls(TIM)
            .plays_with(
                X_TOY,
                faulty,
                &format!("{FRONT}C: AUTH X-TOY {{tim}}\nS: + {{word}}\nC: *\nS: {answer}"),
            )
            .unusable(Method::Own, Why::Memory)
            .learned_nothing();
        let End::Failed(failure) = outcome.end else { panic!("{:?}", outcome.end) };
        assert_eq!(
            failure.to_string(),
            "own cannot be used: the memory lent to the exchange is too small: the program passed something \
             that cannot be used"
        );
    }
    // The mistake is the program's, whatever the server does then.
    tls(TIM)
        .plays_with(X_TOY, faulty, &format!("{FRONT}C: AUTH X-TOY {{tim}}\nS: + {{word}}\nC: *\nS: +OK"))
        .not_proved(Method::Own);
}
