//! Servers that overlook or refuse a first message in the AUTH line, and take it when they have asked for it.

use pop3_proto::Secret;
use pop3_proto::login::{Method, Reason, RefusalKind, Retry, ServerNotes};
use pop3_proto::sasl::client::Credentials;

use crate::credentials::{EXPORTER, USER, everything};
use crate::scram::Said;
use crate::script::{Try, tls};

const IN: &str = "S: +OK\nC: CAPA\nL:";
const LIST: &str = "S: +OK\nC: CAPA\nL: SASL PLAIN\n";
const ONE: &str = "C: AUTH PLAIN AHVzZXIAcGVuY2ls\n";
const TWO: &str = "C: AUTH PLAIN\nS: +\\x20\nC: AHVzZXIAcGVuY2ls\n";

fn two_step() -> ServerNotes {
    let mut learned = ServerNotes::default();
    learned.in_tls.two_step = true;
    learned
}

/// Somebody who can log in only by this method, its name on the wire, and its first message.
fn people() -> Vec<(Try<'static>, &'static str, &'static str)> {
    let only = |method: Method| tls(everything()).methods(&[method]);
    let mut deputy = Credentials::certificate(Some("fred"));
    deputy.certificate = true;
    vec![
        (only(Method::Plain), "PLAIN", "AHVzZXIAcGVuY2ls"),
        (only(Method::OauthBearer), "OAUTHBEARER", "{n,a=user,\x01auth=Bearer t0ken\x01\x01}"),
        (tls(deputy).methods(&[Method::External]), "EXTERNAL", "{fred}"),
        (tls(Credentials::certificate(None)).methods(&[Method::External]), "EXTERNAL", "="),
        (only(Method::Anonymous), "ANONYMOUS", "="),
    ]
}

/// What a message is on a line of its own.
fn alone(message: &str) -> String {
    if message == "=" { "C:".to_owned() } else { format!("C: {message}") }
}

/// Covers quirk-40, quirk-152.
#[test]
fn an_empty_challenge_after_the_first_message_gets_it_again_once() {
    for (one, name, message) in people() {
        for challenge in ["+\\x20", "+"] {
            let front = format!("S: +OK\nC: CAPA\nL: SASL {name}\nC: AUTH {name} {message}\nS: {challenge}");
            let again = alone(message);
            let outcome = one.plays(&format!("{front}\n{again}\n{IN}")).logs_in();
            assert_eq!(outcome.learned, two_step(), "the next connection waits to be asked");
            // Whoever asks a third time gets nothing. With a token that counts as a failure to acknowledge.
            let end = if name == "OAUTHBEARER" { "C: AQ==" } else { "C: *" };
            one.plays(&format!("{front}\n{again}\nS: {challenge}\n{end}\nS: -ERR [AUTH] no"));
        }
        // On the next connection the message goes out once.
        let rest = format!("C: AUTH {name}\nS: +\\x20\n{}\n{IN}", alone(message));
        one.knowing(two_step()).plays(&format!("S: +OK\nC: CAPA\nL: SASL {name}\n{rest}")).logs_in();
    }
}

/// What the server sends first in SCRAM is never empty, so it is not mistaken for a second request.
#[test]
fn scram_gives_its_first_message_again_and_goes_on() {
    let Said { server_first, client_final, server_final, client_first } = Said::sha_256("n,,", b"");
    let again = format!("S: +\\x20\nC: {{{client_first}}}\n");
    let rest = format!("S: + {{{server_first}}}\nC: {{{client_final}}}\nS: + {{{server_final}}}\nC:\n{IN}");
    let list = "S: +OK\nC: CAPA\nL: SASL SCRAM-SHA-256\n";
    let one_line = format!("{list}C: AUTH SCRAM-SHA-256 {{{client_first}}}\n");
    let outcome = tls(USER).plays(&format!("{one_line}{again}{rest}")).logs_in();
    assert_eq!(outcome.learned, two_step());
    let outcome =
        tls(USER).plays(&format!("{one_line}S: -ERR\nC: AUTH SCRAM-SHA-256\n{again}{rest}")).logs_in();
    assert_eq!(outcome.learned, two_step());
    tls(USER)
        .knowing(outcome.learned)
        .plays(&format!("{list}C: AUTH SCRAM-SHA-256\n{again}{rest}"))
        .logs_in();
    // After the server's first message an empty challenge is none that an honest server sends.
    tls(USER)
        .plays(&format!("{one_line}S: + {{{server_first}}}\nC: {{{client_final}}}\nS: +\\x20\nC: *\nS: -ERR"))
        .not_proved(Method::ScramSha256)
        .learned_nothing();
}
/// Covers quirk-153.
#[test]
fn a_refused_line_is_followed_by_the_same_method_in_two_steps() {
    for words in ["", " no", " invalid command", " Invalid syntax", " [X-FOO] too long", " TLS required"] {
        let outcome = tls(USER).plays(&format!("{LIST}{ONE}S: -ERR{words}\n{TWO}{IN}")).logs_in();
        assert_eq!((outcome.method, outcome.learned), (Some(Method::Plain), two_step()));
    }
    for (one, name, message) in people() {
        let outcome = one
            .plays(&format!(
                "S: +OK\nC: CAPA\nL: SASL {name}\nC: AUTH {name} {message}\nS: -ERR
                 C: AUTH {name}\nS: +\\x20\n{}\n{IN}",
                alone(message)
            ))
            .logs_in();
        assert_eq!(outcome.learned, two_step());
    }
    tls(USER).knowing(two_step()).plays(&format!("{LIST}{TWO}{IN}")).logs_in();
}

/// A binding is not given up by that.
#[test]
fn a_refused_line_with_a_binding_is_followed_by_the_same_binding() {
    let one = tls(USER).channel(|channel| channel.bindings = &[EXPORTER]);
    let first = "p=tls-exporter,,n=user,r=rOprNGfwEbeRWgbNEkqO7677";
    let front = format!(
        "S: +OK\nC: CAPA\nL: SASL SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN
         C: AUTH SCRAM-SHA-256-PLUS {{{first}}}\nS: -ERR
         C: AUTH SCRAM-SHA-256-PLUS\n"
    );
    one.plays(&format!("{front}S: -ERR")).refused(RefusalKind::Policy, Method::ScramSha256Plus);
    one.plays(&format!("{front}S: +\\x20\nC: {{{first}}}\nS: -ERR [AUTH] no"))
        .refused(RefusalKind::Credentials, Method::ScramSha256Plus);
}

/// Words in place of a challenge may ask for the message. They are no challenge, so the exchange is cancelled.
#[test]
fn words_after_the_first_message_bring_the_two_steps() {
    for words in ["+ go ahead", "+ Send your credentials now!", "+ AAA=BBB", "+go"] {
        tls(USER)
            .plays(&format!(
                "{LIST}{ONE}S: {words}\nC: *\nS: -ERR cancelled
                 C: AUTH PLAIN\nS: {words}\nC: AHVzZXIAcGVuY2ls\n{IN}"
            ))
            .logs_in();
    }
}

/// A wrong password is not tried more often than before.
#[test]
fn what_the_server_says_of_the_password_is_believed() {
    for words in
        ["[AUTH] no", "[AUTH] invalid command", "Authentication failed", "[SYS/TEMP] x", "maildrop locked"]
    {
        let outcome = tls(USER).plays(&format!("{LIST}{ONE}S: -ERR {words}"));
        assert_eq!(outcome.learned, ServerNotes::default());
    }
    // Three times in all, in whatever form.
    let list = "S: +OK\nC: CAPA\nL: SASL PLAIN LOGIN, USER\n";
    tls(USER)
        .plays(&format!(
            "{list}{ONE}S: -ERR\n{TWO}S: -ERR
             C: AUTH LOGIN\nS: + VXNlcm5hbWU6\nC: dXNlcg==\nS: + UGFzc3dvcmQ6\nC: cGVuY2ls\nS: -ERR"
        ))
        .refused(RefusalKind::Credentials, Method::Login);
    let once = tls(USER).policy(|policy| policy.attempts = 1);
    once.plays(&format!("{list}{ONE}S: -ERR")).refused(RefusalKind::Credentials, Method::Plain);
    // A server that does not know the command has not looked at the password.
    let unknown = "S: -ERR invalid command\n";
    once.plays(&format!("{list}{ONE}{unknown}{TWO}S: -ERR")).refused(RefusalKind::Credentials, Method::Plain);
}

#[test]
fn a_server_that_closes_at_such_a_line_is_asked_in_two_steps_on_the_next_connection() {
    let retry = Some(Retry::WithoutInitialResponse);
    // It says something first, so the password alone need not be the cause.
    for end in ["S: -ERR\nC: AUTH PLAIN\nEOF", "S: -ERR what?\nC: AUTH PLAIN\nS| +\nEOF"] {
        let outcome = tls(USER).plays(&format!("{LIST}{ONE}{end}"));
        let kind = RefusalKind::Credentials;
        let outcome = outcome.fails(kind, Reason::Refused(Method::Plain), retry);
        assert_eq!(outcome.learned, two_step());
    }
    // It says nothing: a message without the password goes out once more, and the password does not.
    tls(USER)
        .plays(&format!("{LIST}{ONE}EOF"))
        .fails(RefusalKind::Credentials, Reason::ClosedDuring(Method::Plain), None)
        .learned_nothing();
    let token = Credentials::token("user", Secret::new(b"t0ken"));
    let outcome = tls(token)
        .plays("S: +OK\nC: CAPA\nL: SASL OAUTHBEARER\nC: AUTH OAUTHBEARER {n,a=user,\x01auth=Bearer t0ken\x01\x01}\nEOF")
        .fails(RefusalKind::Credentials, Reason::ClosedDuring(Method::OauthBearer), retry);
    assert_eq!(outcome.learned, two_step());
}

/// What was learned in clear, perhaps from an attacker, changes nothing inside TLS.
#[test]
fn the_form_is_learned_for_clear_and_tls_apart() {
    let mut learned = ServerNotes::default();
    learned.in_clear.two_step = true;
    tls(USER).knowing(learned).plays(&format!("{LIST}{ONE}{IN}")).logs_in();
}
