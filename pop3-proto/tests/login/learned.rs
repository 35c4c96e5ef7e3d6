//! What a login learns on one connection and uses on the next (`ServerNotes`).

use pop3_proto::login::{Method, Methods, Reason, RefusalKind, ServerNotes, Tls};

use crate::credentials::{TIM, avoiding};
use crate::script::{plain, tls};

const FRONT: &str = "S: +OK\nC: CAPA\nL: SASL CRAM-MD5 PLAIN LOGIN\n";
const PLAIN: &str = "C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\n";
const IN: &str = "S: +OK\nC: CAPA\nL:";

/// Covers quirk-144, quirk-16.
#[test]
fn a_listed_method_that_fails_where_another_succeeds_is_remembered() {
    let outcome = tls(TIM)
        .plays(&format!("{FRONT}C: AUTH CRAM-MD5\nS: -ERR Authentication failed\n{PLAIN}{IN}"))
        .logs_in()
        .learned_to_avoid(&[Method::CramMd5])
        .said("Authentication failed");
    tls(TIM).knowing(outcome.learned).plays(&format!("{FRONT}{PLAIN}{IN}")).logs_in().said("");
}

/// Covers quirk-144.
#[test]
fn where_nothing_succeeds_nothing_is_learned() {
    let all = "C: AUTH CRAM-MD5\nS: -ERR\n";
    tls(TIM)
        .plays(&format!(
            "{FRONT}{all}{PLAIN}S: -ERR\nC: AUTH PLAIN\nS: -ERR\nC: AUTH LOGIN\nS: -ERR\nC: USER tim\nS: -ERR no such user"
        ))
        .refused(RefusalKind::Credentials, Method::User)
        .said("no such user")
        .learned_nothing();
    tls(TIM)
        .plays(&format!("{FRONT}{all}{PLAIN}S: -ERR [IN-USE] locked"))
        .refused(RefusalKind::Busy, Method::Plain)
        .learned_nothing();
}

#[test]
fn what_was_known_before_is_kept_and_added_to() {
    tls(TIM)
        .knowing(avoiding(&[Method::ScramSha1]))
        .plays(&format!("{FRONT}C: AUTH CRAM-MD5\nS: -ERR\n{PLAIN}{IN}"))
        .logs_in()
        .learned_to_avoid(&[Method::ScramSha1, Method::CramMd5]);
    tls(TIM)
        .knowing(avoiding(&[Method::ScramSha1]))
        .plays("S: -ERR [SYS/TEMP] full")
        .fails(RefusalKind::Later, Reason::Greeting, None)
        .learned_to_avoid(&[Method::ScramSha1]);
}

/// What somebody in the middle did in clear brings nothing weaker inside TLS.
/// Covers weaker-method-by-cut.
#[test]
fn what_failed_in_clear_is_tried_inside_tls_all_the_same() {
    let mut in_clear = ServerNotes::default();
    in_clear.in_clear.failed = Methods::DEFAULT;
    in_clear.in_clear.hung_up = Methods::DEFAULT;
    in_clear.in_clear.no_capa_after = true;
    let front = "S: +OK\nC: CAPA\nL: STLS, SASL CRAM-MD5 PLAIN\n";
    let inside = "C: STLS\nS: +OK\nTLS\nC: CAPA\nL: SASL CRAM-MD5 PLAIN\nC: AUTH CRAM-MD5\n\
        S: + PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+\n\
        C: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw\nS: +OK\nC: CAPA\nL:";
    for tls in [Tls::Required, Tls::IfOffered] {
        let one = plain(TIM).policy(|policy| policy.tls = tls).knowing(in_clear);
        assert_eq!(one.plays(&format!("{front}{inside}")).logs_in().learned, in_clear);
    }
    // And the other way round: what failed inside TLS may work in clear, where that is permitted.
    plain(TIM)
        .policy(|policy| policy.tls = Tls::Never)
        .knowing(avoiding(&[Method::CramMd5]))
        .plays("S: +OK\nC: CAPA\nL: SASL CRAM-MD5\nC: AUTH CRAM-MD5\nS: -ERR [AUTH] no")
        .refused(RefusalKind::Credentials, Method::CramMd5);
}

/// The same in two connections, as an attacker would do it: STLS is taken away, and the method in clear fails.
/// Covers stls-stripped, state-carried-into-tls.
#[test]
fn a_method_that_an_attacker_breaks_in_clear_is_used_inside_tls_on_the_next_connection() {
    let one = plain(TIM).policy(|policy| policy.tls = Tls::IfOffered);
    for broken in ["EOF", "S: -ERR no\nC: AUTH ANONYMOUS =\nEOF"] {
        let mut one = one.clone();
        one.credentials.trace = broken.contains("ANONYMOUS").then_some("");
        let learned = one
            .plays(&format!("S: +OK\nC: CAPA\nL: SASL CRAM-MD5 ANONYMOUS\nC: AUTH CRAM-MD5\n{broken}"))
            .learned;
        one.knowing(learned)
            .plays(
                "S: +OK\nC: CAPA\nL: STLS\nC: STLS\nS: +OK\nTLS\nC: CAPA\nL: SASL CRAM-MD5 PLAIN\n\
                 C: AUTH CRAM-MD5\nS: -ERR [AUTH] no",
            )
            .refused(RefusalKind::Credentials, Method::CramMd5);
    }
}

/// A method that the client could not even begin is not counted against the server.
#[test]
fn what_was_not_tried_is_not_remembered() {
    let mut deputy = TIM;
    deputy.acting_as = Some("adm");
    tls(deputy)
        .plays(&format!("{FRONT}C: AUTH PLAIN {{adm\\0tim\\0tanstaaftanstaaf}}\n{IN}"))
        .logs_in()
        .learned_nothing();
}
