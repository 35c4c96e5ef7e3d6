//! The methods of a login in order of strength, and the whole dialogue of each.

use pop3_proto::Secret;
use pop3_proto::login::{Method, RefusalKind};
use pop3_proto::sasl::Why;
use pop3_proto::sasl::client::Credentials;

use crate::credentials::{EXPORTER, TIM, USER, avoiding, everything};
use crate::script::tls;

/// What follows a successful login.
const IN: &str = "S: +OK\nC: CAPA\nL: UIDL";

fn offering(list: &str, exchange: &str) -> String {
    format!("S: +OK\nC: CAPA\nL: {list}\n{exchange}\n{IN}")
}

/// Proves 5034-4-34.
#[test]
fn the_strongest_of_the_list_comes_first() {
    const EXCHANGES: [(&str, &str); 11] = [
        ("SASL EXTERNAL", "C: AUTH EXTERNAL ="),
        ("SASL OAUTHBEARER", "C: AUTH OAUTHBEARER {n,a=user,\x01auth=Bearer t0ken\x01\x01}"),
        ("SASL XOAUTH2", "C: AUTH XOAUTH2"),
        (
            "SASL SCRAM-SHA-256-PLUS",
            "C: AUTH SCRAM-SHA-256-PLUS {p=tls-exporter,,n=user,r=rOprNGfwEbeRWgbNEkqO7677}",
        ),
        (
            "SASL SCRAM-SHA-1-PLUS",
            "C: AUTH SCRAM-SHA-1-PLUS {p=tls-exporter,,n=user,r=rOprNGfwEbeRWgbNEkqO7677}",
        ),
        ("SASL SCRAM-SHA-256", "C: AUTH SCRAM-SHA-256 {y,,n=user,r=rOprNGfwEbeRWgbNEkqO7677}"),
        ("SASL SCRAM-SHA-1", "C: AUTH SCRAM-SHA-1 {y,,n=user,r=rOprNGfwEbeRWgbNEkqO7677}"),
        ("SASL CRAM-MD5", "C: AUTH CRAM-MD5"),
        ("SASL PLAIN", "C: AUTH PLAIN AHVzZXIAcGVuY2ls"),
        ("SASL LOGIN", "C: AUTH LOGIN"),
        ("USER", "C: USER user"),
    ];
    let order = Method::ALL
        .iter()
        .copied()
        .filter(|method| !matches!(method, Method::Own | Method::Apop | Method::Anonymous));
    for ((at, (_, first)), method) in EXCHANGES.iter().enumerate().zip(order) {
        // Weaker methods stand before and after it in the list, in both orders.
        let weaker: Vec<_> =
            EXCHANGES[at..].iter().filter_map(|(item, _)| item.strip_prefix("SASL ")).collect();
        let turned: Vec<_> = weaker.iter().rev().copied().collect();
        for names in [weaker, turned] {
            tls(everything())
                .channel(|channel| channel.bindings = &[EXPORTER])
                .plays(&format!(
                    "S: +OK\nC: CAPA\nL: USER, SASL {} ANONYMOUS GSSAPI\n{first}\nS: -ERR [AUTH] no",
                    names.join(" ")
                ))
                .refused(RefusalKind::Credentials, method);
        }
    }
}

/// Proves 5034-4-30.
#[test]
fn a_refusal_without_a_reason_brings_the_next_weaker_one() {
    tls(TIM)
        .policy(|policy| policy.attempts = u8::MAX)
        .plays(
            "S: +OK
             C: CAPA
             L: SASL LOGIN PLAIN CRAM-MD5 SCRAM-SHA-1 SCRAM-SHA-256 XOAUTH2 EXTERNAL ANONYMOUS
             C: AUTH SCRAM-SHA-256 {n,,n=tim,r=rOprNGfwEbeRWgbNEkqO7677}
             S: -ERR one
             C: AUTH SCRAM-SHA-256
             S: -ERR one
             C: AUTH SCRAM-SHA-1 {n,,n=tim,r=rOprNGfwEbeRWgbNEkqO7677}
             S: -ERR two
             C: AUTH SCRAM-SHA-1
             S: -ERR two
             C: AUTH CRAM-MD5
             S: -ERR three
             C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm
             S: -ERR four
             C: AUTH PLAIN
             S: -ERR four
             C: AUTH LOGIN
             S: -ERR five
             C: USER tim
             S: -ERR six",
        )
        .refused(RefusalKind::Credentials, Method::User)
        .said("six")
        .learned_nothing();
}

/// Proves 4422-A.1-01, 5034-4-11, 2595-4-08.
/// Covers quirk-40.
#[test]
fn external_says_an_equals_sign_for_nothing() {
    tls(Credentials::certificate(None)).plays(&offering("SASL EXTERNAL", "C: AUTH EXTERNAL =")).logs_in();
    // On a line of its own an empty message is an empty line.
    tls(Credentials::certificate(None))
        .methods(&[Method::External])
        .plays(&offering("USER", "C: AUTH EXTERNAL\nS: +\\x20\nC:"))
        .logs_in();
}

/// Proves 4422-A.1-01.
#[test]
fn external_names_whose_maildrop_to_open() {
    tls(Credentials::certificate(Some("fred@example.com")))
        .plays(&offering("SASL EXTERNAL", "C: AUTH EXTERNAL ZnJlZEBleGFtcGxlLmNvbQ=="))
        .logs_in();
}

/// Proves 4505-2-01, 4505-5-02, 5034-4-11.
/// Covers quirk-40.
#[test]
fn anonymous_says_no_more_than_it_was_told_to() {
    let mut sirhc = Credentials::anonymous();
    sirhc.trace = Some("sirhc");
    for (credentials, line) in [(Credentials::anonymous(), "="), (sirhc, "c2lyaGM=")] {
        tls(credentials)
            .plays(&offering("USER, SASL PLAIN ANONYMOUS", &format!("C: AUTH ANONYMOUS {line}")))
            .logs_in();
    }
    // A user with a password is not logged in as a guest unasked.
    tls(TIM)
        .plays("S: +OK\nC: CAPA\nL: SASL ANONYMOUS\nC: USER tim\nS: -ERR no")
        .refused(RefusalKind::Credentials, Method::User);
}

/// Proves 2195-2-02, 4422-5-02.
#[test]
fn cram_md5_as_in_its_rfc() {
    tls(TIM)
        .plays(&offering(
            "SASL CRAM-MD5",
            "C: AUTH CRAM-MD5
             S: + PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+
             C: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw",
        ))
        .logs_in();
}

/// Proves 4616-2-01, 5034-4-01.
#[test]
fn plain_as_in_its_rfcs() {
    let mut test = Credentials::password("test", Secret::new(b"test"));
    test.acting_as = Some("test");
    tls(TIM).plays(&offering("SASL PLAIN", "C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm")).logs_in();
    tls(test).plays(&offering("SASL PLAIN", "C: AUTH PLAIN dGVzdAB0ZXN0AHRlc3Q=")).logs_in();
}

/// Proves 0-login-01, 4422-5-02.
#[test]
fn login_answers_in_order_whatever_is_asked() {
    for (name, password) in [
        ("VXNlcm5hbWU6", "UGFzc3dvcmQ6"),
        ("VXNlciBOYW1l", "UGFzc3dvcmQ="),
        ("VXNlciBOYW1lAA==", "UGFzc3dvcmQA"),
        ("\\x20", "\\x20"),
        ("UGFzc3dvcmQ6", "VXNlcm5hbWU6"),
    ] {
        tls(USER)
            .plays(&offering(
                "SASL LOGIN",
                &format!("C: AUTH LOGIN\nS: + {name}\nC: dXNlcg==\nS: + {password}\nC: cGVuY2ls")
                    .replace("+ \\x20", "+\\x20"),
            ))
            .logs_in();
    }
}

/// Proves 1939-7-22.
#[test]
fn user_and_pass_are_two_commands() {
    let mut drummer = USER;
    drummer.password = Some(Secret::new(b" two  spaces "));
    tls(drummer)
        .plays(&offering("USER, PIPELINING", "C: USER user\nS: +OK\nC: PASS\\x20 two  spaces\\x20"))
        .logs_in();
}

/// A user who acts as another one is logged in with the methods that can say so.
#[test]
fn acting_as_another_leaves_the_methods_that_cannot_say_so() {
    let mut deputy = everything();
    deputy.acting_as = Some("adm");
    for (list, line) in [
        ("SASL EXTERNAL", "C: AUTH EXTERNAL {adm}"),
        ("SASL OAUTHBEARER", "C: AUTH OAUTHBEARER {n,a=adm,\x01auth=Bearer t0ken\x01\x01}"),
        ("SASL XOAUTH2", "C: AUTH XOAUTH2\nS: +\\x20\nC: {user=adm\x01auth=Bearer t0ken\x01\x01}"),
        ("SASL PLAIN LOGIN CRAM-MD5", "C: AUTH PLAIN {adm\\0user\\0pencil}"),
    ] {
        tls(deputy).plays(&offering(list, line)).logs_in();
    }
    deputy = USER;
    deputy.acting_as = Some("adm");
    tls(deputy)
        .plays("S: +OK <1.2@h.example>\nC: CAPA\nL: USER, SASL LOGIN CRAM-MD5")
        .unusable(Method::CramMd5, Why::Credentials);
    tls(deputy)
        .policy(|policy| policy.methods = policy.methods.with(Method::Apop))
        .plays(
            "S: +OK <1.2@h.example>
             C: CAPA
             L: USER, SASL SCRAM-SHA-1 LOGIN CRAM-MD5
             C: AUTH SCRAM-SHA-1 {n,a=adm,n=user,r=rOprNGfwEbeRWgbNEkqO7677}
             S: -ERR no
             C: AUTH SCRAM-SHA-1
             S: -ERR no",
        )
        .refused(RefusalKind::Policy, Method::ScramSha1);
}

/// Proves 2449-5-05.
/// Covers quirk-22, quirk-26.
#[test]
fn the_list_is_read_in_any_case_and_beside_names_that_nobody_knows() {
    tls(USER)
        .plays(&offering("Sasl X-ZIMBRA cram-md5x plain, user, XYZZY", "C: AUTH PLAIN AHVzZXIAcGVuY2ls"))
        .logs_in();
}

#[test]
fn what_the_policy_leaves_out_or_an_earlier_connection_taught_is_not_tried() {
    let list = "USER, SASL SCRAM-SHA-256 CRAM-MD5 PLAIN LOGIN";
    tls(USER).methods(&[Method::Plain]).plays(&offering(list, "C: AUTH PLAIN AHVzZXIAcGVuY2ls")).logs_in();
    tls(USER)
        .knowing(avoiding(&[Method::ScramSha256, Method::CramMd5]))
        .plays(&offering(list, "C: AUTH PLAIN AHVzZXIAcGVuY2ls"))
        .logs_in()
        .learned_to_avoid(&[Method::ScramSha256, Method::CramMd5]);
    tls(USER).methods(&[]).plays(&format!("S: +OK\nC: CAPA\nL: {list}")).no_method();
    tls(USER).policy(|policy| policy.attempts = 0).plays(&format!("S: +OK\nC: CAPA\nL: {list}")).no_method();
}
