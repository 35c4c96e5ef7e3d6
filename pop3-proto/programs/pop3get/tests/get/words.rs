//! The words of the server reach the user, and a service that is not POP3 is named.

use std::io::Write as _;
use std::net::TcpStream;

use crate::support::{LOGIN, ONE_MESSAGE, Run, Server, drain};

/// What pop3get says, without the name of the account.
fn said(err: &str) -> &str {
    err.split_once(": ").and_then(|(_, rest)| rest.split_once(": ")).map_or(err, |(_, rest)| rest)
}

/// Covers quirk-147.
#[test]
fn what_the_server_says_to_any_command_is_shown_with_the_step_that_failed() {
    const WORDS: &str = "-ERR User is authenticated but not connected.";
    let words = "the server refuses: User is authenticated but not connected.";
    let listing = r"
        C: STAT\r\n
        S: +OK 1 23\r\n
        C: LIST\r\n
";
    let run = |script: String, more: &[&str]| {
        let server = Server::play(&[&script]);
        let ran = Run::at(server.address).args(more.iter().copied()).run();
        server.finish();
        ran
    };
    let ran = run(format!("{LOGIN}{listing}S: {WORDS}\\r\\n"), &[]);
    assert_eq!((ran.code, said(&ran.err)), (Some(5), &*format!("LIST: {words}\n")), "{ran:?}");

    let uidl = format!("{LOGIN}{listing}S: +OK\\r\\n1 23\\r\\n.\\r\\n\nC: UIDL\\r\\n\nS: {WORDS}\\r\\n");
    let ran = run(uidl, &[]);
    assert_eq!((ran.code, said(&ran.err)), (Some(5), &*format!("UIDL: {words}\n")), "{ran:?}");

    let dele = format!("{LOGIN}{ONE_MESSAGE}C: DELE 1\\r\\n\nS: {WORDS}\\r\\n\nC: QUIT\\r\\n\nS: +OK\\r\\n");
    let ran = run(dele, &["--delete"]);
    assert_eq!(ran.code, Some(5));
    assert!(
        ran.err.starts_with("pop3get: DELE 1: the server says: User is authenticated but not connected.\n")
    );

    let quit = format!("{LOGIN}{ONE_MESSAGE}C: DELE 1\\r\\n\nS: +OK\\r\\n\nC: QUIT\\r\\n\nS: {WORDS}\\r\\n");
    let ran = run(quit, &["--delete"]);
    assert_eq!((ran.code, said(&ran.err)), (Some(5), &*format!("QUIT: {words}\n")), "{ran:?}");

    let retr = ONE_MESSAGE
        .replace("S: +OK\\r\\nSubject: one\\r\\n\\r\\nfirst\\r\\n.\\r\\n", &format!("S: {WORDS}\\r\\n"));
    let ran = run(format!("{LOGIN}{retr}C: QUIT\\r\\n\nS: +OK\\r\\n"), &[]);
    assert_eq!(ran.code, Some(5));
    assert!(
        ran.err.starts_with("pop3get: RETR 1: the server says: User is authenticated but not connected.\n")
    );
}

/// The password has not been sent, so "wrong credentials" would be untrue.
#[test]
fn a_server_that_hangs_up_at_the_name_is_a_fault_of_the_network() {
    let server = Server::play(&["S: +OK\\r\\n\nC: CAPA\\r\\n\nS: -ERR\\r\\n\nC: USER ann\\r\\n"]);
    let ran = Run::at(server.address).run();
    server.finish();
    let told = "login: the server hung up during the login (user): try again later\n";
    assert_eq!((ran.code, said(&ran.err)), (Some(4), told), "{ran:?}");
}

/// Covers words-steer-the-terminal, secrets-said-back.
#[test]
fn a_long_refusal_of_the_login_is_shown_whole_masked_and_without_tricks() {
    let long = format!(
        "[AUTH] no \u{202E}{} OPEN SESAME b3BlbiBzZXNhbWU= see https://example.com/help",
        "x".repeat(250)
    );
    let script =
        format!("{}S: -ERR {long}\\r\\n", &LOGIN[..LOGIN.find("S: +OK\\r\\n\n    C: CAPA").unwrap()]);
    let server = Server::play(&[&script]);
    let ran = Run::at(server.address).args(["--json"]).run();
    server.finish();
    let shown = format!("[AUTH] no \\u{{202e}}{} *** *** see https://example.com/help", "x".repeat(250));
    let wanted = format!(
        "pop3get: ann@127.0.0.1: login: login refused (user): wrong credentials; the server says: {shown}\n"
    );
    ran.assert(3, &wanted);
    let json = ran.json();
    assert_eq!((&json["reason"], &json["exit"]), (&"credentials".into(), &3.into()));
}

#[test]
fn a_server_that_asks_to_come_back_is_told_apart_from_a_wrong_password() {
    for (words, reason) in [
        ("[IN-USE] maildrop is locked", "in-use"),
        ("[LOGIN-DELAY] wait 300 seconds", "later"),
        ("[SYS/TEMP] try again later", "later"),
    ] {
        let script =
            format!("{}S: -ERR {words}\\r\\n", &LOGIN[..LOGIN.find("S: +OK\\r\\n\n    C: CAPA").unwrap()]);
        let server = Server::play(&[&script]);
        let ran = Run::at(server.address).args(["--json"]).run();
        server.finish();
        let json = ran.json();
        assert_eq!(
            (ran.code, &json["reason"], &json["exit"]),
            (Some(7), &reason.into(), &7.into()),
            "{ran:?}"
        );
    }
    let script = format!(
        "{LOGIN}C: STAT\\r\\n\nS: +OK 1 5\\r\\n\nC: LIST\\r\\n\nS: -ERR [SYS/TEMP] not now\\r\\n\
        \nC: UIDL\\r\\n\nS: +OK\\r\\n.\\r\\n\n"
    );
    let server = Server::play(&[&script]);
    let ran = Run::at(server.address).run();
    ran.assert(7, "pop3get: ann@127.0.0.1: LIST: the server refuses: [SYS/TEMP] not now\n");
}

#[test]
fn another_service_is_named_with_its_words() {
    for (greeting, wanted) in [
        ("* OK IMAP4rev1 ready", "this is an IMAP server, and not a POP3 server: * OK IMAP4rev1 ready"),
        (
            "220 mx.example.com ESMTP",
            "this is an SMTP server, and not a POP3 server: 220 mx.example.com ESMTP",
        ),
        ("SSH-2.0-OpenSSH_9.2", "this is an SSH server, and not a POP3 server: SSH-2.0-OpenSSH_9.2"),
        ("HTTP/1.1 400 Bad", "this is a web server, and not a POP3 server: HTTP/1.1 400 Bad"),
        ("hello \u{1B}[2J", "this is not a POP3 server: hello \\u{1b}[2J"),
    ] {
        let server = Server::play(&[&format!("S: {greeting}\\r\\n")]);
        let ran = Run::at(server.address).run();
        ran.assert(5, &format!("pop3get: ann@127.0.0.1: the greeting: {wanted}\n"));
        server.finish();
    }
    // Without a line end, and then nothing more.
    let server = Server::play(&["S: SSH-2.0-x"]);
    let wanted = "the greeting: this is an SSH server, and not a POP3 server: SSH-2.0-x";
    Run::at(server.address).run().assert(4, &format!("pop3get: ann@127.0.0.1: {wanted}\n"));
    server.finish();
}

#[test]
fn tls_to_a_clear_port_and_the_reverse_name_the_option_that_helps() {
    let hello = |greeting: &'static [u8]| {
        Server::start([move |mut stream: TcpStream| {
            stream.write_all(greeting).unwrap();
            drain(stream);
        }])
    };
    let tls = |server: &Server| {
        let run = Run::bare().args(["--user", "ann", "--password-env", "PASSWORD"]).env("PASSWORD", "x");
        let to = run.maildir().display().to_string();
        run.args(["--to", &to, &server.address.to_string()]).run()
    };
    let server = hello(b"+OK ready\r\n");
    let wanted = "the server does not start with TLS on this port, use --stls; it says: +OK ready";
    tls(&server).assert(4, &format!("pop3get: ann@127.0.0.1: the TLS handshake: {wanted}\n"));
    server.finish();

    let server = hello(b"220 mx ESMTP\r\n");
    let wanted = "this is an SMTP server: 220 mx ESMTP";
    tls(&server).assert(4, &format!("pop3get: ann@127.0.0.1: the TLS handshake: {wanted}\n"));
    server.finish();

    // An alert, as TLS servers answer what is not TLS.
    let server = Server::start([|mut stream: TcpStream| {
        stream.write_all(b"\x15\x03\x01\x00\x02\x02\x46").unwrap();
    }]);
    let wanted = "the greeting: the server starts with TLS on this port: use --tls";
    Run::at(server.address).run().assert(4, &format!("pop3get: ann@127.0.0.1: {wanted}\n"));
    server.finish();
}

/// Covers quirk-146.
#[test]
fn a_greeting_of_two_lines_is_skipped() {
    let script = LOGIN.replacen("ready\\r\\n", "ready\\r\\nUnauthorized use is prohibited.\\r\\n", 1);
    let server = Server::play(&[&format!("{script}{ONE_MESSAGE}C: QUIT\\r\\n\nS: +OK\\r\\n")]);
    let run = Run::at(server.address);
    run.args(["--quiet"]).run().assert(0, "");
    server.finish();
}

#[test]
fn the_words_of_a_goodbye_are_shown() {
    let server =
        Server::play(&[&format!("{LOGIN}C: STAT\\r\\n\nS: +OK 1 23\\r\\nBye: the server stops\\r\\n")]);
    let ran = Run::at(server.address).run();
    assert_eq!(ran.code, Some(4));
    assert!(ran.err.ends_with("; the server said: Bye: the server stops\n"), "{ran:?}");
}
