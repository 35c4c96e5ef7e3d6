//! Passwords and tokens as they are in files, variables and the output of commands.

use std::fs;
use std::process::Stdio;

use crate::support::{LOGIN, ONE_MESSAGE, Ran, Run, Server};

fn escaped(octets: &[u8]) -> String {
    octets.escape_ascii().to_string()
}

/// A login with that password, and one message.
fn server(password: &[u8]) -> Server {
    let login = LOGIN.replace("PASS open sesame", &format!("PASS {}", escaped(password)));
    Server::play(&[&format!("{login}{ONE_MESSAGE}C: QUIT\\r\\n\nS: +OK\\r\\n")])
}

fn run(option: &str, value: &str, address: &str) -> Run {
    let run = Run::bare().args(["--plain", "--quiet", "--user", "ann", option, value]);
    let to = run.maildir().display().to_string();
    run.args(["--to", &to, address])
}

fn with_file(octets: &[u8], address: &str) -> Ran {
    let run = run("--password-file", "secret", address);
    fs::write(run.path("secret"), octets).unwrap();
    run.run()
}

#[test]
fn the_first_line_of_a_password_file_is_the_password() {
    for (file, password) in [
        (&b"open sesame"[..], &b"open sesame"[..]),
        (b"open sesame\r\n", b"open sesame"),
        (b"open sesame\n\n# a comment\n", b"open sesame"),
        (b" open sesame \n", b" open sesame "),
        (b"\xEF\xBB\xBFopen sesame\n", b"open sesame"),
        (b"p\xE4ssword\n", b"p\xE4ssword"),
    ] {
        let server = server(password);
        with_file(file, &server.address.to_string()).assert(0, "");
        server.finish();
    }
}

#[test]
fn a_password_file_that_cannot_be_used_is_named() {
    for (file, why) in [
        (&b""[..], "empty"),
        (b"\nopen sesame\n", "its first line is empty"),
        (b"\xFF\xFEo\0", "in UTF-16; convert it to UTF-8"),
        (b"o\0p\0", "a NUL in it (is it UTF-16?)"),
    ] {
        let ran = with_file(file, "127.0.0.1:1");
        ran.assert(2, &format!("pop3get: ann@127.0.0.1: --password-file: secret: {why}\n"));
    }
}

#[test]
fn a_password_comes_from_a_pipe_within_the_time() {
    let server = server(b"open sesame");
    let run = run("--password-file", "/dev/stdin", &server.address.to_string());
    let (reader, mut writer) = std::io::pipe().unwrap();
    std::io::Write::write_all(&mut writer, b"open sesame\n").unwrap();
    run.run_with(Stdio::from(reader)).assert(0, "");
    server.finish();
    // Nobody writes.
    let run = self::run("--password-file", "/dev/stdin", "127.0.0.1:1").args(["--timeout", "1"]);
    let (reader, writer) = std::io::pipe().unwrap();
    let ran = run.run_with(Stdio::from(reader));
    ran.assert(2, "pop3get: ann@127.0.0.1: --password-file: /dev/stdin: nothing came within 1 s\n");
    drop(writer);
}

#[test]
fn a_password_that_is_not_utf_8_is_mentioned_when_it_is_refused() {
    let login = LOGIN.replace("PASS open sesame", r"PASS p\xE4ssword");
    let until = login.find("S: +OK\\r\\n\n    C: CAPA").unwrap();
    let server = Server::play(&[&format!("{}S: -ERR [AUTH] no\\r\\n", &login[..until])]);
    let ran = with_file(b"p\xE4ssword\n", &server.address.to_string());
    server.finish();
    let hint = " (the password is not UTF-8, it looks like Latin-1)";
    let why = format!("login refused (user): wrong credentials{hint}; the server says: [AUTH] no");
    ran.assert(3, &format!("pop3get: ann@127.0.0.1: login: {why}\n"));
}

#[test]
fn empty_variables_and_commands_that_print_nothing_are_told() {
    let ran = run("--password-env", "NOTHING", "127.0.0.1:1").env("NOTHING", "").run();
    ran.assert(2, "pop3get: ann@127.0.0.1: --password-env NOTHING: the variable is empty\n");
    let ran = run("--password-env", "ABSENT", "127.0.0.1:1").run();
    ran.assert(2, "pop3get: ann@127.0.0.1: --password-env ABSENT: there is no such variable\n");
    let ran = run("--password-command", "true", "127.0.0.1:1").run();
    ran.assert(3, "pop3get: ann@127.0.0.1: --password-command: it printed nothing\n");
    let ran = run("--password-command", "echo", "127.0.0.1:1").run();
    ran.assert(3, "pop3get: ann@127.0.0.1: --password-command: it printed nothing\n");
    let ran = run("--password-command", "echo x; exit 3", "127.0.0.1:1").run();
    ran.assert(3, "pop3get: ann@127.0.0.1: --password-command: exit status: 3\n");
    let ran = run("--password-command", "yes", "127.0.0.1:1").run();
    ran.assert(3, "pop3get: ann@127.0.0.1: --password-command: it printed more than 65536 octets\n");
}

#[test]
fn blanks_around_a_token_are_no_part_of_it_and_others_are_refused() {
    for (printed, why) in [
        (r"printf '  \n'", "it printed nothing"),
        (r"printf 'a b\n'", "the token: other characters than a token has (RFC 6750 section 2.1)"),
        (r"printf 'a\tb'", "the token: other characters than a token has (RFC 6750 section 2.1)"),
        ("head -c 9000 /dev/zero | tr '\\0' x", "the token: longer than 8192 octets"),
    ] {
        let ran = run("--token-command", printed, "127.0.0.1:1").run();
        ran.assert(3, &format!("pop3get: ann@127.0.0.1: --token-command: {why}\n"));
    }
    // Without its blanks it is a token, so that the next step is the connection, and nobody is there.
    let ran = run("--token-command", r"printf '\t good \r\n'", "127.0.0.1:1").run();
    assert!(ran.code != Some(3) && ran.err.contains("refused"), "{ran:?}");
    let ran = run("--token-env", "TOKEN", "127.0.0.1:1").env("TOKEN", "a b").run();
    let why = "the token: other characters than a token has (RFC 6750 section 2.1)";
    ran.assert(2, &format!("pop3get: ann@127.0.0.1: --token-env: {why}\n"));
}
