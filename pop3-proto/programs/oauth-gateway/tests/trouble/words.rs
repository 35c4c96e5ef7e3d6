//! The words of the real server reach the device, and the token does not.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{DEVICE, DEVICE_LOGGED_IN, Gateway, LOGGED_IN, PATIENCE, TO_THE_TOKEN, TOKEN};

/// The forms in which a server may say the token back; the third is in base64.
const ECHO: &str = "token ya29.secret-token-0123456789abcdef, YA29.SECRET-TOKEN-0123456789ABCDEF, \
    eWEyOS5zZWNyZXQtdG9rZW4tMDEyMzQ1Njc4OWFiY2RlZg==, ya29.secret-token-01... has expired";
const SHOWN: &str = "token ***, ***, ***, ***... has expired";

fn assert_secret(gateway: &Gateway) {
    // The line of the session is written after the device has its answer.
    let end = Instant::now() + PATIENCE;
    while !gateway.log().contains("has expired") {
        assert!(Instant::now() < end, "{}", gateway.log());
        thread::sleep(Duration::from_millis(20));
    }
    let log = gateway.log();
    assert!(!log.to_lowercase().contains("secret-token") && !log.contains("eWEyOS5"), "{log}");
}

/// Covers secrets-said-back.
#[test]
fn a_token_that_the_server_says_back_reaches_neither_the_device_nor_the_log() {
    let gateway = Gateway::start(&[]);
    assert!(ECHO.contains(TOKEN));
    thread::scope(|scope| {
        scope.spawn(|| gateway.play_server(&format!("{TO_THE_TOKEN}S: -ERR [AUTH] {ECHO}\\r\\n")));
        gateway.play_device(&format!("{DEVICE}S: -ERR [AUTH] {SHOWN}\\r\\n"));
    });
    assert_secret(&gateway);
}

/// Covers secrets-said-back.
#[test]
fn nor_does_it_later_in_the_session() {
    let gateway = Gateway::start(&[]);
    thread::scope(|scope| {
        scope.spawn(|| {
            let answers = format!(
                "C: STAT\\r\\n\nS: -ERR {ECHO}\\r\\n\nC: DELE 1\\r\\n\nS: +OK {ECHO}\\r\\n\n\
                 C: QUIT\\r\\n\nS: -ERR {ECHO}\\r\\n\n"
            );
            gateway.play_server(&format!("{TO_THE_TOKEN}{LOGGED_IN}{answers}"))
        });
        gateway.play_device(&format!(
            "{DEVICE}{DEVICE_LOGGED_IN}C: STAT\\r\\n\nS: -ERR {SHOWN}\\r\\n\nC: DELE 1\\r\\n\nS: +OK {SHOWN}\\r\\n\n\
             C: QUIT\\r\\n\nS: -ERR {SHOWN}\\r\\n\n"
        ));
    });
    assert_secret(&gateway);
}

#[test]
fn a_long_refusal_reaches_the_device_with_the_link_at_its_end() {
    let words = format!("{} https://example.com/help", "x".repeat(300));
    let gateway = Gateway::start(&[]);
    thread::scope(|scope| {
        scope.spawn(|| {
            gateway.play_server(&format!("{TO_THE_TOKEN}{LOGGED_IN}C: STAT\\r\\n\nS: -ERR {words}\\r\\n\n"))
        });
        gateway.play_device(&format!("{DEVICE}{DEVICE_LOGGED_IN}C: STAT\\r\\n\nS: -ERR {words}\\r\\n\n"));
    });
}

/// Covers names-as-options.
#[test]
fn a_name_that_looks_like_an_option_does_not_reach_the_token_command() {
    let gateway = Gateway::start(&["--token-command", "echo \"$POP3_USER\" > ran; echo t"]);
    gateway.play_device(
        r"
        S: +OK gateway ready\r\n
        C: USER --output=x\r\n
        S: +OK send PASS\r\n
        C: PASS secret\r\n
        S: -ERR [SYS/TEMP] no token for this user\r\n",
    );
    assert!(!gateway.folder.path().join("ran").exists());
    assert!(gateway.log().contains("not run for a name with a dash in front"), "{}", gateway.log());
}

#[test]
fn a_certificate_that_is_not_trusted_is_told_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("other.pem");
    let certificate = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    fs::write(&other, certificate.cert.pem()).unwrap();
    let gateway = Gateway::start(&["--ca", other.to_str().unwrap()]);
    thread::scope(|scope| {
        scope.spawn(|| gateway.serve_untrusted().unwrap_err());
        let why = "the server's certificate is not trusted: nobody whom you trust has signed it; \
            it has the fingerprint sha256:";
        gateway.play_device(&format!("{DEVICE}S: -ERR [SYS/PERM] the real server: TLS handshake: {why}"));
    });
}

#[test]
fn another_service_and_a_port_in_clear_are_named() {
    let gateway = Gateway::start(&["--stls"]);
    thread::scope(|scope| {
        scope.spawn(|| gateway.serve_clear(b"* OK IMAP4rev1 ready\r\n"));
        let why = "this is an IMAP server: * OK IMAP4rev1 ready: \
            the server sent neither +OK nor -ERR where one was due";
        gateway.play_device(&format!("{DEVICE}S: -ERR [SYS/PERM] the real server: {why}\\r\\n"));
    });
    let gateway = Gateway::start(&[]);
    thread::scope(|scope| {
        scope.spawn(|| gateway.serve_clear(b"+OK ready\r\n"));
        let why = "TLS handshake: received corrupt message of type InvalidContentType \
            (if TLS does not start at once on this port, use --stls)";
        gateway.play_device(&format!("{DEVICE}S: -ERR [SYS/PERM] the real server: {why}\\r\\n"));
    });
}
