//! Servers that give no answer, or one that is none, and what the next connection does about it.

use pop3_proto::client::{Knowledge, ProtocolError};
use pop3_proto::login::{Learned, Method, Policy, Reason, RefusalKind, Retry, ServerNotes, Step, Tls};

use crate::credentials::{BEARER, TIM, USER};
use crate::outcome::{End, Outcome};
use crate::script::{Try, plain, tls};

const USER_PASS: &str = "C: USER user\nS: +OK\nC: PASS pencil\nS: +OK";
const IN: &str = "S: +OK\nC: CAPA\nL:";

fn in_tls(change: impl FnOnce(&mut Learned)) -> ServerNotes {
    let mut learned = ServerNotes::default();
    change(&mut learned.in_tls);
    learned
}

#[track_caller]
fn step(outcome: &Outcome) -> Step {
    let End::Failed(failure) = outcome.end else { panic!("{:?}", outcome.end) };
    failure.step
}

#[track_caller]
fn silent(outcome: Outcome, at: Step, retry: Option<Retry>) -> ServerNotes {
    assert_eq!(step(&outcome), at);
    outcome.fails(RefusalKind::Later, Reason::Silent, retry).learned
}

#[track_caller]
fn silent_during(outcome: Outcome, method: Method, retry: Option<Retry>) -> ServerNotes {
    assert_eq!(step(&outcome), Step::Method);
    outcome.fails(RefusalKind::Later, Reason::SilentDuring(method), retry).learned
}

/// Covers quirk-12, quirk-154.
#[test]
fn after_silence_on_capa_the_next_connection_goes_without() {
    for heard in ["", "S| +OK\n", "S: +OK capability list follows\n", "S: +OK\nS: USER\nS: SASL PLAIN\n"] {
        let front = format!("S: +OK\nC: CAPA\n{heard}SILENCE");
        let learned = silent(tls(USER).plays(&front), Step::Capa, Some(Retry::WithoutCapa));
        assert_eq!(learned, in_tls(|learned| learned.no_capa = true));
        let outcome = tls(USER).knowing(learned).plays(&format!("S: +OK\n{USER_PASS}")).logs_in();
        assert_eq!(outcome.capabilities.knowledge(), Knowledge::NotAsked);
    }
    // In clear it leaves out nothing inside TLS, and not TLS.
    let learned = silent(plain(USER).plays("S: +OK\nC: CAPA\nSILENCE"), Step::Capa, Some(Retry::WithoutCapa));
    assert_eq!(learned.in_tls, Learned::default());
    let outcome = plain(USER).knowing(learned).plays(&format!(
        "S: +OK\nC: STLS\nS: +OK\nTLS\nC: CAPA\nL: SASL PLAIN\nC: AUTH PLAIN AHVzZXIAcGVuY2ls\n{IN}"
    ));
    assert_eq!(outcome.logs_in().learned, learned);
    plain(USER).knowing(learned).plays("S: +OK\nC: STLS\nS: -ERR").fails(
        RefusalKind::Policy,
        Reason::StlsRefused,
        None,
    );
}

/// Covers quirk-13.
#[test]
fn after_silence_on_capa_after_the_login_the_next_connection_goes_without() {
    let front = "S: +OK\nC: CAPA\nL: SASL PLAIN, UIDL\nC: AUTH PLAIN AHVzZXIAcGVuY2ls\nS: +OK\n";
    for heard in ["", "S: +OK\nS: UIDL\n"] {
        let outcome = tls(USER).plays(&format!("{front}C: CAPA\n{heard}SILENCE"));
        let learned = silent(outcome, Step::CapaAfterLogin, Some(Retry::WithoutCapa));
        assert_eq!(learned, in_tls(|learned| learned.no_capa_after = true));
        tls(USER).knowing(learned).plays(front).logs_in();
    }
}

#[test]
fn a_policy_can_do_without_capa_from_the_start() {
    let without = |one: Try<'static>| one.policy(|policy| policy.without_capa = true);
    without(tls(USER)).plays(&format!("S: +OK\n{USER_PASS}")).logs_in().learned_nothing();
    without(plain(USER)).plays(&format!("S: +OK\nC: STLS\nS: +OK\nTLS\n{USER_PASS}")).logs_in();
    without(plain(USER)).plays("S: +OK\nC: STLS\nS: -ERR no").fails(
        RefusalKind::Policy,
        Reason::StlsRefused,
        None,
    );
    without(plain(USER).policy(|policy| *policy = Policy::CLEAR))
        .plays(&format!("S: +OK\n{USER_PASS}"))
        .logs_in();
    without(tls(USER).methods(&[Method::Plain]))
        .plays("S: +OK\nC: AUTH PLAIN\nS: +\\x20\nC: AHVzZXIAcGVuY2ls\nS: +OK")
        .logs_in();
}

/// Nothing is shown, so the next method of its kind may follow. What hides the password is not given up.
#[test]
fn silence_on_auth_brings_the_next_method_on_the_next_connection() {
    let list = "S: +OK\nC: CAPA\nL: SASL LOGIN, USER\n";
    let outcome = tls(USER).plays(&format!("{list}C: AUTH LOGIN\nSILENCE"));
    let learned = silent_during(outcome, Method::Login, Some(Retry::NextMethod));
    assert_eq!(learned, in_tls(|learned| learned.hung_up.insert(Method::Login)));
    tls(USER).knowing(learned).plays(&format!("{list}{USER_PASS}\nC: CAPA\nL:")).logs_in();

    let list = "S: +OK\nC: CAPA\nL: SASL CRAM-MD5 PLAIN, USER\n";
    let outcome = tls(USER).plays(&format!("{list}C: AUTH CRAM-MD5\nSILENCE"));
    assert_eq!(silent_during(outcome, Method::CramMd5, None), ServerNotes::default());
}

/// Perhaps the server waits for the message although it was in the line. It goes out again only if the server
/// asks for it.
#[test]
fn silence_on_a_first_message_brings_the_two_steps_on_the_next_connection() {
    let list = "S: +OK\nC: CAPA\nL: SASL PLAIN LOGIN\n";
    let outcome = tls(USER).plays(&format!("{list}C: AUTH PLAIN AHVzZXIAcGVuY2ls\nSILENCE"));
    let learned = silent_during(outcome, Method::Plain, Some(Retry::WithoutInitialResponse));
    assert_eq!(learned, in_tls(|learned| learned.two_step = true));
    let one = tls(USER).knowing(learned);
    one.plays(&format!("{list}C: AUTH PLAIN\nS: +\\x20\nC: AHVzZXIAcGVuY2ls\n{IN}")).logs_in();
    // It has seen the password and is silent: the end.
    let outcome = one.plays(&format!("{list}C: AUTH PLAIN\nS: +\\x20\nC: AHVzZXIAcGVuY2ls\nSILENCE"));
    assert_eq!(silent_during(outcome, Method::Plain, None), learned);
    let outcome = one.plays(&format!("{list}C: AUTH PLAIN\nSILENCE"));
    silent_during(outcome, Method::Plain, Some(Retry::NextMethod));
}

#[test]
fn silence_elsewhere_ends_the_login_and_says_where() {
    silent(tls(USER).plays("SILENCE"), Step::Greeting, None);
    silent(plain(USER).plays("S: +OK\nC: CAPA\nL: STLS\nC: STLS\nSILENCE"), Step::Stls, None);
    silent(plain(USER).plays("S: +OK\nC: CAPA\nL: STLS\nC: STLS\nS: +OK\nSILENCE"), Step::Handshake, None);
    let outcome =
        tls(USER).policy(|policy| policy.utf8 = true).plays("S: +OK\nC: CAPA\nL: UTF8\nC: UTF8\nSILENCE");
    silent(outcome, Step::Utf8, None);
    for rest in ["C: USER user\nSILENCE", "C: USER user\nS: +OK\nC: PASS pencil\nSILENCE"] {
        let outcome = tls(USER).plays(&format!("S: +OK\nC: CAPA\nS: -ERR\n{rest}"));
        assert_eq!(silent_during(outcome, Method::User, None), ServerNotes::default());
    }
    let outcome = tls(BEARER).plays(
        "S: +OK
         C: CAPA
         L: SASL XOAUTH2
         C: AUTH XOAUTH2
         S: +\\x20
         C: {user=user@example.com\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\x01\x01}
         SILENCE",
    );
    silent_during(outcome, Method::Xoauth2, None);
}

/// Where the policy can do without TLS, it does after a hang-up or silence at STLS, as after a refusal; for one
/// connection. No password is shown by that.
#[test]
fn stls_without_an_answer_is_left_out_once_where_tls_is_optional() {
    let front = "S: +OK\nC: CAPA\nL: STLS, SASL CRAM-MD5 PLAIN\n";
    for (end, reason) in [("EOF", Reason::Closed), ("SILENCE", Reason::Silent)] {
        let one = plain(TIM).policy(|policy| policy.tls = Tls::IfOffered);
        let outcome = one.plays(&format!("{front}C: STLS\n{end}"));
        assert_eq!(step(&outcome), Step::Stls);
        let learned = outcome.fails(RefusalKind::Later, reason, Some(Retry::WithoutStls)).learned;
        assert!(learned.no_stls);
        let outcome = one.clone().knowing(learned).plays(&format!(
            "{front}C: AUTH CRAM-MD5
             S: + PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+
             C: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw\n{IN}"
        ));
        assert_eq!(outcome.logs_in().learned, ServerNotes::default(), "and is tried the next time");
        one.knowing(learned).plays("S: +OK\nC: CAPA\nL: STLS, SASL PLAIN LOGIN, USER").no_method();
        // What was noted under such a policy does not count where TLS is required.
        plain(TIM).knowing(learned).plays(&format!("{front}C: STLS\n{end}")).fails(
            RefusalKind::Later,
            reason,
            None,
        );
    }
}

/// Covers quirk-13, quirk-155.
#[test]
fn a_line_without_a_status_in_answer_to_capa_is_no_end() {
    let error = Reason::Protocol(ProtocolError::Status);
    let retry = Some(Retry::WithoutCapa);
    let after = "S: +OK\nC: CAPA\nL: SASL PLAIN, UIDL\nC: AUTH PLAIN AHVzZXIAcGVuY2ls\nS: +OK\n";
    for junk in ["what?", "500 unknown command", "UIDL", "", "* CAPABILITY"] {
        let outcome = tls(USER).plays(&format!("{after}C: CAPA\nS: {junk}\nBROKEN"));
        assert_eq!(step(&outcome), Step::CapaAfterLogin);
        let learned = outcome.fails(RefusalKind::Permanent, error, retry).learned;
        assert_eq!(learned, in_tls(|learned| learned.no_capa_after = true));
        let outcome = tls(USER).knowing(learned).plays(after).logs_in();
        assert!(outcome.capabilities.uidl());

        let outcome = tls(USER).plays(&format!("S: +OK\nC: CAPA\nS: {junk}\nBROKEN"));
        assert_eq!(step(&outcome), Step::Capa);
        let learned = outcome.fails(RefusalKind::Permanent, error, retry).learned;
        tls(USER).knowing(learned).plays(&format!("S: +OK\n{USER_PASS}")).logs_in();
    }
}

#[test]
fn other_errors_of_the_protocol_are_final_and_teach_nothing() {
    let list = "S: +OK\nC: CAPA\nL: STLS, SASL PLAIN\n";
    for (one, dialogue, error, at) in [
        (tls(USER), "S: hello\nBROKEN".to_owned(), ProtocolError::Status, Step::Greeting),
        (plain(USER), format!("{list}C: STLS\nS: hm\nBROKEN"), ProtocolError::Status, Step::Stls),
        (
            plain(USER).policy(|policy| policy.tls = Tls::IfOffered),
            format!("{list}C: STLS\nS| +OK\\r\\n+OK\\r\\n\nBROKEN"),
            ProtocolError::PlaintextAfterStls,
            Step::Stls,
        ),
        (
            tls(USER),
            format!("{list}C: AUTH PLAIN AHVzZXIAcGVuY2ls\nS: hm\nBROKEN"),
            ProtocolError::Status,
            Step::Method,
        ),
    ] {
        let run = || {
            if error == ProtocolError::PlaintextAfterStls {
                one.plays_into(&dialogue, 512)
            } else {
                one.plays(&dialogue)
            }
        };
        let outcome = run();
        assert_eq!(step(&outcome), at);
        outcome.fails(RefusalKind::Permanent, Reason::Protocol(error), None).learned_nothing();
    }
}

/// A failure says at which step it happened.
#[test]
fn failures_read_well() {
    for (dialogue, text) in [
        ("EOF", "the greeting: the connection ended (try again later)"),
        ("S: +OK\nC: CAPA\nSILENCE", "CAPA: the server gave no answer (try again later)"),
        (
            "S: +OK\nC: CAPA\nS: what?\nBROKEN",
            "CAPA: the server sent neither +OK nor -ERR where one was due (somebody has to step in at the server)",
        ),
        (
            "S: +OK\nC: CAPA\nL: SASL PLAIN\nC: AUTH PLAIN AHVzZXIAcGVuY2ls\nS: -ERR [AUTH]",
            "login refused (plain): wrong credentials",
        ),
        (
            "S: +OK\nC: CAPA\nS: -ERR\nC: USER user\nS: -ERR no such command",
            "the server does not take this login method (user)",
        ),
        (
            "S: +OK\nC: CAPA\nS: -ERR\nC: USER user\nSILENCE",
            "the server gave no answer during the login (user): try again later",
        ),
    ] {
        let End::Failed(failure) = tls(USER).plays(dialogue).end else { panic!("{dialogue}") };
        assert_eq!(failure.to_string(), text);
    }
    let End::Failed(failure) = plain(USER).plays("S: +OK\nC: CAPA\nL: USER").end else { panic!() };
    assert_eq!(failure.to_string(), "the server offers no STLS, and TLS is required");
}
