//! What a login learns on one connection and uses on the next (`ServerNotes`).

use pop3_proto::login::{Method, Reason, RefusalKind};

use crate::credentials::{TIM, avoiding};
use crate::script::tls;

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
        .plays(&format!("{FRONT}{all}{PLAIN}S: -ERR\nC: AUTH LOGIN\nS: -ERR no such user"))
        .refused(RefusalKind::Credentials, Method::Login)
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
