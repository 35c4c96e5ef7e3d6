//! Nobody reads what pop3get prints.

use std::process::Stdio;

use crate::support::{LOGIN, ONE_MESSAGE, Run, Server};

/// A pipe of which nobody has the other end.
fn closed() -> Stdio {
    std::io::pipe().unwrap().1.into()
}

#[test]
fn mail_is_fetched_and_the_report_that_is_lost_is_told() {
    for options in [&[][..], &["--json"]] {
        let server = Server::play(&[&format!("{LOGIN}{ONE_MESSAGE}C: QUIT\\r\\n\nS: +OK\\r\\n")]);
        let run = Run::at(server.address).args(options.iter().copied());
        let ran = run.run_on(Stdio::null(), closed(), Stdio::piped());
        server.finish();
        ran.assert(6, "pop3get: ann@127.0.0.1: standard output: Broken pipe (os error 32)\n");
        assert_eq!(run.delivered(), ["Subject: one\r\n\r\nfirst\r\n"]);
    }
}

#[test]
fn a_plan_that_cannot_be_printed_is_an_error() {
    let (plan, _) = ONE_MESSAGE.split_once("C: RETR").unwrap();
    let server = Server::play(&[&format!("{LOGIN}{plan}C: QUIT\\r\\n\nS: +OK\\r\\n")]);
    let run = Run::at(server.address).args(["--dry-run"]);
    let ran = run.run_on(Stdio::null(), closed(), Stdio::piped());
    server.finish();
    ran.assert(6, "pop3get: ann@127.0.0.1: standard output: Broken pipe (os error 32)\n");
    let ran = Run::bare().args(["--man"]).run_on(Stdio::null(), closed(), Stdio::piped());
    assert_eq!(ran.code, Some(6));
}

#[test]
fn the_exit_code_is_right_where_no_words_can_be_written() {
    let refusal = LOGIN
        .replace("C: PASS open sesame\\r\\n\n    S: +OK", "C: PASS open sesame\\r\\n\n    S: -ERR [AUTH] no");
    let (refusal, _) = refusal.split_once("[AUTH] no\\r\\n").unwrap();
    let server = Server::play(&[&format!("{refusal}[AUTH] no\\r\\n")]);
    let ran = Run::at(server.address).run_on(Stdio::null(), closed(), closed());
    server.finish();
    assert_eq!(ran.code, Some(3));
    let ran = Run::bare().args(["--password-file", "absent", "h.example"]).run_on(
        Stdio::null(),
        closed(),
        closed(),
    );
    assert_eq!(ran.code, Some(2));
}
