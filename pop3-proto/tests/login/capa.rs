//! Logins at servers that do not know CAPA, answer half of it, or hang up on it.

use pop3_proto::client::Knowledge;
use pop3_proto::login::{Policy, Reason, RefusalKind, Retry, ServerNotes, Tls};

use crate::credentials::{TIM, USER};
use crate::script::{plain, tls};

const LATER: (RefusalKind, Reason, Option<Retry>) =
    (RefusalKind::Later, Reason::Closed, Some(Retry::WithoutCapa));

/// Proves 2449-5-08.
/// Covers quirk-11.
#[test]
fn a_server_without_capa_is_not_asked_a_second_time() {
    let outcome = tls(TIM).plays(
        "S: +OK
         C: CAPA
         S: -ERR unknown command
         C: USER tim
         S: +OK
         C: PASS tanstaaftanstaaf
         S: +OK",
    );
    assert_eq!(outcome.logs_in().learned_nothing().capabilities.knowledge(), Knowledge::Refused);
}

/// Covers quirk-12.
#[test]
fn a_server_that_hangs_up_on_capa_is_not_asked_on_the_next_connection() {
    let outcome = tls(TIM).plays("S: +OK\nC: CAPA\nEOF").fails(LATER.0, LATER.1, LATER.2);
    let mut learned = ServerNotes::default();
    learned.in_tls.no_capa = true;
    assert_eq!(outcome.learned, learned);
    let outcome = tls(TIM)
        .knowing(learned)
        .plays("S: +OK\nC: USER tim\nS: +OK\nC: PASS tanstaaftanstaaf\nS: +OK")
        .logs_in();
    assert_eq!(outcome.learned, learned);
    assert_eq!(outcome.capabilities.knowledge(), Knowledge::NotAsked);
}

/// Proves 8314-5.2-02.
/// What somebody in the middle did to CAPA in clear does not count inside TLS.
///
/// Covers quirk-12, stls-stripped, state-carried-into-tls.
#[test]
fn where_capa_is_not_asked_tls_is_required_all_the_same() {
    let mut learned = ServerNotes::default();
    learned.in_clear.no_capa = true;
    let outcome = plain(TIM).plays("S: +OK\nC: CAPA\nEOF").fails(LATER.0, LATER.1, LATER.2);
    assert_eq!(outcome.learned, learned);
    plain(TIM).knowing(learned).plays("S: +OK\nC: STLS\nS: -ERR").fails(
        RefusalKind::Policy,
        Reason::StlsRefused,
        None,
    );
    plain(TIM)
        .knowing(learned)
        .plays("S: +OK\nC: STLS\nS: +OK\nTLS\nC: CAPA\nS: -ERR\nC: USER tim\nS: +OK\nC: PASS tanstaaftanstaaf\nS: +OK")
        .logs_in();
    plain(TIM).knowing(learned).policy(|policy| policy.tls = Tls::IfOffered).plays("S: +OK").no_method();
}

/// A server that begins its list accepts CAPA; it was the connection that was lost.
#[test]
fn a_list_that_is_cut_off_does_not_teach_to_do_without() {
    for front in ["+OK\\r\\n", "+OK\\r\\nTOP\\r\\nSTLS\\r\\n", "+OK\\r\\nTOP\\r\\n."] {
        let dialogue = format!("S: +OK\nC: CAPA\nS| {front}\nEOF");
        plain(TIM).plays(&dialogue).fails(RefusalKind::Later, Reason::Closed, None).learned_nothing();
    }
}

/// Covers quirk-13.
#[test]
fn a_refusal_of_capa_after_the_login_keeps_the_first_list() {
    let front =
        "S: +OK\nC: CAPA\nL: SASL PLAIN, UIDL, TOP\nC: AUTH PLAIN AHVzZXIAcGVuY2ls\nS: +OK\nC: CAPA\n";
    let outcome = tls(USER).plays(&format!("{front}S: -ERR not now")).logs_in().learned_nothing();
    assert!(outcome.capabilities.uidl() && outcome.capabilities.top());
}

/// Covers quirk-13.
#[test]
fn a_server_that_hangs_up_on_capa_after_the_login_is_not_asked_there_again() {
    let front = "S: +OK\nC: CAPA\nL: SASL PLAIN, UIDL\nC: AUTH PLAIN AHVzZXIAcGVuY2ls\nS: +OK\n";
    let outcome = tls(USER).plays(&format!("{front}C: CAPA\nEOF")).fails(LATER.0, LATER.1, LATER.2);
    let mut learned = ServerNotes::default();
    learned.in_tls.no_capa_after = true;
    assert_eq!(outcome.learned, learned);
    let outcome = tls(USER).knowing(learned).plays(front).logs_in();
    assert_eq!(outcome.learned, learned);
    assert!(outcome.capabilities.uidl());
}

/// Proves 2449-5-09.
#[test]
fn a_policy_can_do_without_the_list_after_the_login() {
    let outcome = tls(USER)
        .policy(|policy| policy.recheck_capabilities = false)
        .plays("S: +OK\nC: CAPA\nL: SASL PLAIN, UIDL\nC: AUTH PLAIN AHVzZXIAcGVuY2ls\nS: +OK")
        .logs_in();
    assert!(outcome.capabilities.uidl());
}

/// Covers quirk-17.
#[test]
fn after_the_login_the_new_list_counts() {
    let capabilities = tls(USER)
        .plays(
            "S: +OK
             C: CAPA
             L: SASL PLAIN, TOP, PIPELINING, EXPIRE 30 USER
             C: AUTH PLAIN AHVzZXIAcGVuY2ls
             S: +OK
             C: CAPA
             L: UIDL, EXPIRE NEVER",
        )
        .logs_in()
        .capabilities;
    assert!(capabilities.uidl() && !capabilities.top() && !capabilities.pipelining() && !capabilities.sasl());
}

/// Proves 2449-5-10.
/// Covers quirk-18, quirk-19, quirk-23, quirk-25.
#[test]
fn odd_lists_are_read() {
    for list in [
        "CAPA, SASL, PIPELINE, SASL PLAIN",
        "SASL PLAIN\\x20, IMPLEMENTATION",
        "IMPLEMENTATION a.b, SASL PLAIN",
    ] {
        let list = list.replace("\\x20", " ");
        tls(USER)
            .plays(&format!(
                "S: +OK\nC: CAPA\nL: {list}\nC: AUTH PLAIN AHVzZXIAcGVuY2ls\nS: +OK\nC: CAPA\nL:"
            ))
            .logs_in();
    }
}

/// Covers quirk-48.
#[test]
fn line_ends_of_lf_alone_are_read() {
    plain(USER)
        .policy(|policy| *policy = Policy::CLEAR)
        .plays(
            "S| +OK\\n
             C: CAPA
             S| +OK\\nSASL PLAIN\\n.\\n
             C: AUTH PLAIN AHVzZXIAcGVuY2ls
             S| +OK\\n
             C: CAPA
             S| -ERR\\n",
        )
        .logs_in();
}
