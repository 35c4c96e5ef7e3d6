//! Logins that require TLS: nothing gets around it.

use pop3_proto::Security;
use pop3_proto::client::{Client, Event, Knowledge, Profile};
use pop3_proto::login::{Login, Method, Policy, Progress, Reason, RefusalKind, Tls};
use pop3_proto::sasl::client::Credentials;

use crate::credentials::{BEARER, TIM, channel, everything};
use crate::script::{plain, tls};

/// Proves 8314-5.1-01, 8314-5.2-02, 4422-3.2-01, 6186-6-01, 2595-4-09, 2595-4-10.
/// Covers quirk-17, quirk-105, stls-stripped, state-carried-into-tls.
#[test]
fn in_clear_goes_out_capa_and_stls_and_inside_tls_the_list_is_asked_for_again() {
    let outcome = plain(TIM).policy(|policy| policy.utf8 = true).plays(
        "S: +OK ready
         C: CAPA
         L: USER, SASL PLAIN LOGIN, STLS, UTF8 USER, PIPELINING
         C: STLS
         S: +OK begin
         TLS
         C: CAPA
         L: SASL CRAM-MD5, TOP
         C: AUTH CRAM-MD5
         S: + PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+
         C: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw
         S: +OK
         C: CAPA
         L: UIDL, EXPIRE NEVER",
    );
    let capabilities = outcome.logs_in().learned_nothing().capabilities;
    assert!(capabilities.uidl() && !capabilities.top() && !capabilities.pipelining());
}

/// Proves 8314-5.2-02, 6186-6-01, 2595-2.2-01.
/// Covers stls-stripped.
#[test]
fn without_stls_in_the_list_nothing_more_is_said() {
    for credentials in [TIM, BEARER, everything(), Credentials::anonymous(), Credentials::certificate(None)] {
        for list in ["", "USER", "USER, SASL PLAIN CRAM-MD5 SCRAM-SHA-256 EXTERNAL ANONYMOUS XOAUTH2"] {
            for allow_plaintext_secrets in [false, true] {
                plain(credentials)
                    .policy(|policy| {
                        (policy.allow_plaintext_secrets, policy.utf8) = (allow_plaintext_secrets, true)
                    })
                    .plays(&format!("S: +OK <1896.697170952@dbc.mtview.ca.us>\nC: CAPA\nL: {list}"))
                    .fails(RefusalKind::Policy, Reason::NoStls, None)
                    .learned_nothing();
            }
        }
    }
}

/// Proves 2595-4-17, 8314-5.2-02.
/// Covers stls-stripped, quirk-103.
#[test]
fn after_a_refusal_of_stls_nothing_more_is_said() {
    for (answer, trouble, words) in [
        ("-ERR", RefusalKind::Policy, ""),
        (
            "-ERR Command is not valid in this state",
            RefusalKind::Policy,
            "Command is not valid in this state",
        ),
        ("-ERR [AUTH] no", RefusalKind::Policy, "no"),
        ("-ERR [SYS/TEMP] certificate expired", RefusalKind::Later, "certificate expired"),
        ("-ERR [SYS/PERM] no certificate", RefusalKind::Permanent, "no certificate"),
    ] {
        plain(everything())
            .policy(|policy| policy.allow_plaintext_secrets = true)
            .plays(&format!("S: +OK\nC: CAPA\nL: STLS, USER, SASL PLAIN SCRAM-SHA-256\nC: STLS\nS: {answer}"))
            .fails(trouble, Reason::StlsRefused, None)
            .said(words);
    }
}

/// Covers quirk-11.
#[test]
fn a_server_that_refuses_capa_is_asked_for_tls_all_the_same() {
    let front = "S: +OK\nC: CAPA\nS: -ERR unknown command\nC: STLS\n";
    plain(TIM)
        .plays(&format!("{front}S: -ERR unknown command"))
        .fails(RefusalKind::Policy, Reason::StlsRefused, None)
        .said("unknown command");
    let outcome = plain(TIM).plays(&format!(
        "{front}S: +OK
         TLS
         C: CAPA
         S: -ERR unknown command
         C: USER tim
         S: +OK
         C: PASS tanstaaftanstaaf
         S: +OK"
    ));
    assert_eq!(outcome.logs_in().capabilities.knowledge(), Knowledge::Refused);
}

/// Proves 2595-4-18, 2595-4-06.
/// Covers secrets-beside-stls.
#[test]
fn between_ok_to_stls_and_the_handshake_nothing_goes_out() {
    let mut login = Login::new(TIM, channel(""), Policy::DEFAULT, [0; 1200]);
    let mut client: Client = Client::new(Profile::LENIENT, Security::Plain);
    let mut out = Vec::new();
    let mut window = &b"+OK\r\n+OK\r\nSTLS\r\nSASL PLAIN\r\n.\r\n+OK\r\n"[..];
    while login.advance(&mut client, &mut out).unwrap() == Progress::Pending {
        let event = client.receive(&mut window).unwrap();
        login.handle_event(&event);
    }
    assert_eq!(out, b"CAPA\r\nSTLS\r\n");
    for _ in 0..3 {
        assert_eq!(login.advance(&mut client, &mut out), Ok(Progress::StartTls));
        let event = client.receive(&mut window).unwrap();
        assert_eq!(event, Event::Closed);
        login.handle_event(&event);
    }
    // The handshake failed.
    let failure = login.end_of_input();
    assert_eq!((failure.kind, failure.reason, failure.retry), (RefusalKind::Later, Reason::Closed, None));
    assert_eq!(login.advance(&mut client, &mut out), Ok(Progress::Failed(failure)));
    assert_eq!(out, b"CAPA\r\nSTLS\r\n");
}

#[test]
fn a_hang_up_before_tls_ends_it() {
    for dialogue in ["EOF", "S| +O\nEOF", "S: +OK\nC: CAPA\nL: STLS\nC: STLS\nEOF"] {
        plain(TIM).plays(dialogue).fails(RefusalKind::Later, Reason::Closed, None).learned_nothing();
    }
}

#[test]
fn inside_tls_from_the_start_stls_is_not_asked_for() {
    tls(TIM)
        .plays(
            "S: +OK
             C: CAPA
             L: STLS, SASL PLAIN
             C: AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm
             S: +OK
             C: CAPA
             L:",
        )
        .logs_in();
}

/// Proves 1939-3-02.
/// Covers greeting-not-checked.
#[test]
fn before_the_greeting_nothing_goes_out() {
    let mut login = Login::new(TIM, channel(""), Policy::CLEAR, [0; 1200]);
    let mut client: Client = Client::new(Profile::LENIENT, Security::Plain);
    let mut out = Vec::new();
    for input in ["", "+", "+OK welcome", "+OK welcome\r"] {
        assert_eq!(login.advance(&mut client, &mut out), Ok(Progress::Pending));
        let mut window = input.as_bytes();
        let event = client.receive(&mut window).unwrap();
        assert_eq!(event, Event::NeedInput);
        login.handle_event(&event);
    }
    assert_eq!(out, b"");
}

/// Covers quirk-07, greeting-not-checked.
#[test]
fn a_greeting_that_refuses_service_ends_it() {
    for (greeting, trouble, words) in [
        ("-ERR", RefusalKind::Later, ""),
        ("-ERR go away", RefusalKind::Later, "go away"),
        ("-ERR [SYS/TEMP] in five minutes", RefusalKind::Later, "in five minutes"),
        ("-ERR [SYS/PERM] no such service", RefusalKind::Permanent, "no such service"),
    ] {
        for one in [tls(TIM), plain(TIM).policy(|policy| *policy = Policy::CLEAR)] {
            one.plays(&format!("S: {greeting}"))
                .fails(trouble, Reason::Greeting, None)
                .said(words)
                .learned_nothing();
        }
    }
}

/// Proves 8314-5.2-01.
#[test]
fn tls_is_required_unless_somebody_says_otherwise() {
    let policy = Policy::default();
    assert_eq!(policy, Policy::DEFAULT);
    assert_eq!((policy.tls, policy.allow_plaintext_secrets), (Tls::Required, false));
    plain(TIM).plays("S: +OK\nC: CAPA\nL: USER, SASL PLAIN SCRAM-SHA-256").fails(
        RefusalKind::Policy,
        Reason::NoStls,
        None,
    );
}

/// Proves 2384-4-02.
#[test]
fn a_single_method_is_exchanged_for_no_other() {
    let list = "S: +OK <1.2@h.example>\nC: CAPA\nL: USER, SASL PLAIN LOGIN CRAM-MD5";
    let one = tls(TIM).policy(|policy| policy.try_unannounced = false);
    one.methods(&[Method::ScramSha256]).plays(list).no_method();
}
