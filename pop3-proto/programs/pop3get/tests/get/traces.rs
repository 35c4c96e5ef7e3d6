//! What is written about secrets: transcripts, errors in settings, URLs.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::thread;
use std::time::Duration;

use base64ct::{Base64, Encoding as _};
use pop3_programs_common::words::{HELD, REACH};
use pop3_proto::testing::Script;

use crate::support::{LOGIN, ONE_MESSAGE, Run, Server, drain};

fn server() -> Server {
    Server::play(&[&format!("{LOGIN}{ONE_MESSAGE}C: QUIT\\r\\n\nS: +OK\\r\\n")])
}

/// Covers traces-through-links.
#[test]
fn a_transcript_is_a_new_file_of_the_user_and_follows_no_link() {
    let server = self::server();
    let run = Run::at(server.address).args(["--quiet", "--transcript", "told"]);
    let told = run.path("told");
    fs::write(&told, "old\n").unwrap();
    fs::set_permissions(&told, fs::Permissions::from_mode(0o666)).unwrap();
    let reader = fs::File::open(&told).unwrap();
    run.run().assert(0, "");
    server.finish();
    assert_eq!(fs::metadata(&told).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::read_to_string(&told).unwrap().contains("C: PASS masked"));
    assert_eq!(std::io::read_to_string(reader).unwrap(), "old\n", "who had it open reads nothing new");

    let server = Server::play(&[]);
    let run = Run::at(server.address).args(["--transcript", "link"]);
    fs::write(run.path("precious"), "precious\n").unwrap();
    symlink(run.path("precious"), run.path("link")).unwrap();
    let why = "link: not a plain file, and no link is followed";
    run.run().assert(6, &format!("pop3get: ann@127.0.0.1: --transcript: {why}\n"));
    assert_eq!(fs::read_to_string(run.path("precious")).unwrap(), "precious\n");
}

/// Covers secrets-said-back.
#[test]
fn a_secret_that_the_server_says_back_in_any_form_is_in_no_transcript() {
    let until = LOGIN.find("S: +OK\\r\\n\n    C: CAPA").unwrap();
    let echo = "-ERR no OPEN SESAME, b3BlbiBzZXNhbWU=, open%20sesame, 6f70656e20736573616d65";
    let server = Server::play(&[&format!("{}S: {echo}\\r\\n", &LOGIN[..until])]);
    let run = Run::at(server.address).args(["--transcript", "told"]);
    let ran = run.run();
    server.finish();
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.err.ends_with("; the server says: no ***, ***, ***, ***\n"), "{ran:?}");
    let told = fs::read_to_string(run.path("told")).unwrap();
    assert!(told.ends_with("C: PASS masked\\r\\n\nS: -ERR no ***, ***, ***, ***\\r\\n\n"), "{told}");
}

/// Covers secrets-in-messages.
#[test]
fn an_error_in_the_accounts_names_the_line_and_repeats_no_value() {
    for (text, why) in [
        (
            "[account.home]\nserver = \"pops://u@h.example\"\npassword = \"hunter2\"\n",
            "accounts.toml, line 3: unknown field `password`, expected one of ",
        ),
        (
            "[account.home]\ntimeout = \"hunter2\"\n",
            "accounts.toml, line 2: invalid type: string \"...\", expected u64\n",
        ),
        ("[account.home]\nuser = hunter2\n", "accounts.toml, line 2: "),
        ("[account.home]\n# caf\u{e9}\nuser = \"hunter2\n", "accounts.toml, line 3: "),
    ] {
        let run = plain_config();
        fs::write(run.path("accounts.toml"), text).unwrap();
        let ran = run.run();
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.err.starts_with(&format!("pop3get: --config: {why}")), "{ran:?}");
        assert!(!ran.err.contains("hunter2"), "{ran:?}");
    }
    let run = plain_config();
    fs::write(run.path("accounts.toml"), b"[account.home]\nuser = \"caf\xE9\"\n").unwrap();
    let why = "accounts.toml, line 2: not UTF-8 (it looks like Latin-1; convert it to UTF-8)";
    run.run().assert(2, &format!("pop3get: --config: {why}\n"));
}

fn plain_config() -> Run {
    Run::without_limits().args(["--config", "accounts.toml"])
}

#[test]
fn a_byte_order_mark_and_cr_lf_in_the_accounts_do_no_harm() {
    let server = self::server();
    let run =
        Run::without_limits().args(["--config", "accounts.toml", "--quiet"]).env("PASSWORD", "open sesame");
    let text = format!(
        "\u{FEFF}[account.home]\r\nserver = \"pop://ann@{}/\"\r\nplain = true\r\nto = \"mail\"\r\n\
         password-env = \"PASSWORD\"\r\nmax-time = 30\r\n",
        server.address
    );
    fs::write(run.path("accounts.toml"), text).unwrap();
    run.run().assert(0, "");
    assert_eq!(run.delivered().len(), 1);
    server.finish();
}

/// Covers secrets-in-messages.
#[test]
fn a_password_in_a_url_is_refused_and_not_repeated() {
    for (place, shown) in [
        ("pop://ann:hunter2@h.example", "pop://ann:***@h.example"),
        ("pop://ann:hun@ter2@h.example", "pop://ann:***@h.example"),
        ("pop://ann:hun/ter2@h.example", "pop://ann:***@h.example"),
        ("ann:hunter2@h.example", "ann:***@h.example"),
        ("pop://ann:hunter2", "pop://ann:***"),
        ("h.example:99999", "h.example:99999"),
        ("pop://[::1]:x", "pop://[::1]:x"),
        ("imap://ann:hunter2@h.example", "imap://ann:***@h.example"),
    ] {
        let ran = Run::bare().args(["--to", "mail", place]).run();
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.err.starts_with(&format!("pop3get: {shown}: POP URL, octet ")), "{ran:?}");
        assert!(!ran.err.contains("ter2"), "{ran:?}");
    }
}

/// What the transcript has after PASS, if the server answers it with these octets, in one write for each.
fn told_of(answer: &[Vec<u8>]) -> String {
    let until = LOGIN.find("S: +OK\\r\\n\n    C: CAPA").unwrap();
    let login = LOGIN[..until].to_owned();
    let answer = answer.to_vec();
    let server = Server::start([move |mut stream: TcpStream| {
        Script::parse(&login).unwrap().play_server(&mut stream, usize::MAX).unwrap();
        for part in answer {
            // The client may have heard enough.
            if stream.write_all(&part).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        let _ = stream.shutdown(Shutdown::Write);
        drain(stream);
    }]);
    let run = Run::at(server.address).args(["--transcript", "told", "--timeout", "5"]);
    let ran = run.run();
    assert!(!ran.err.contains("esame") && !ran.err.contains("open s"), "{ran:?}");
    let told = fs::read_to_string(run.path("told")).unwrap();
    told.split_once("C: PASS masked\\r\\n\n").unwrap().1.to_owned()
}

/// A line of any length is written in parts, and the server sends it in parts.
///
/// Covers secrets-said-back.
#[test]
fn a_secret_across_the_parts_of_a_long_line_is_in_no_transcript() {
    for before in [64 * 1024 - 4, 64 * 1024 + REACH - 8, 64 * 1024 + REACH - 4, 64 * 1024 + REACH + 1] {
        let parts = [
            [b"+OK ", "x-".repeat(before / 2 - 4).as_bytes(), b" open ses"].concat(),
            b"ame b3BlbiBz".to_vec(),
            b"ZXNhbWU=, and more\r\n".to_vec(),
        ];
        let told = told_of(&parts);
        let written: String = told.lines().filter_map(|line| line.strip_prefix("S: ")).collect();
        let wanted = format!("+OK {} *** ***, and more\\r\\n", "x-".repeat(before / 2 - 4));
        let written = written.replace("******", "***");
        assert!(written.starts_with(&wanted), "{before}: {}", &written[before.min(written.len()) - 100..]);
    }
}

/// Nothing of a challenge is written, however long it is.
///
/// Covers secrets-said-back.
#[test]
fn a_long_challenge_is_in_no_transcript() {
    let login = r"
        S: +OK ready\r\n
        C: CAPA\r\n
        S: +OK\r\nSASL CRAM-MD5\r\n.\r\n
        C: AUTH CRAM-MD5\r\n
    ";
    let server = Server::start([move |mut stream: TcpStream| {
        Script::parse(login).unwrap().play_server(&mut stream, usize::MAX).unwrap();
        let _ = stream.write_all(&[b"+ ", "QUFB".repeat(50_000).as_bytes(), b"\r\n"].concat());
        let _ = stream.shutdown(Shutdown::Write);
        drain(stream);
    }]);
    let run = Run::at(server.address).args(["--transcript", "told", "--timeout", "5"]);
    run.run();
    let told = fs::read_to_string(run.path("told")).unwrap();
    // The client gives up before the end of the line.
    assert!(told.ends_with("C: AUTH CRAM-MD5\\r\\n\nC: *\\r\\n\nS: + bWFza2Vk\\r\\n\n"), "{told:.600}");
}

/// Covers secrets-said-back.
#[test]
fn a_secret_at_the_place_where_a_line_is_cut_is_not_shown_in_part() {
    for before in (HELD - REACH - 13..HELD - REACH).chain(HELD - 13..HELD) {
        // The line is no status line, so it is shown. Its first word is masked, so the rest is near enough.
        let first = format!("{}b3BlbiBzZXNhbWU=", "A".repeat(before / 4 * 4 - 32));
        told_of(&[format!("{first:.<before$} open sesame and more\r\n").into_bytes()]);
    }
}

/// A server that says back what it gets after its challenges, the last of them `asked`.
fn says_back(hello: &'static str, asked: impl Fn(&str) -> Option<String> + Send + 'static) -> Server {
    Server::start([move |stream: TcpStream| {
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let say = |words: &str| write!(&stream, "{words}\r\n").unwrap();
        say(hello);
        while let Some(Ok(line)) = lines.next() {
            match asked(&line) {
                Some(answer) => say(&answer),
                None => {
                    let text = Base64::decode_vec(&line).unwrap_or_default();
                    say(&format!("-ERR [AUTH] {} or {line}", text.escape_ascii()));
                    break;
                }
            }
        }
        let _ = stream.shutdown(Shutdown::Write);
        drain(stream);
    }])
}

fn client_nonce(line: &str) -> String {
    let first = String::from_utf8(Base64::decode_vec(line).unwrap()).unwrap();
    first.split_once("r=").unwrap().1.to_owned()
}

/// With the challenge, they are as good as the password to somebody who can guess.
///
/// Covers secrets-said-back.
#[test]
fn what_answers_a_challenge_is_masked_when_the_server_says_it_back() {
    let servers: [(&str, Server, &str, &str); 3] = [
        (
            "apop",
            says_back("+OK <1896.697170952@dbc.mtview.ca.us>", |line| {
                line.starts_with("CAPA").then(|| "-ERR no".to_owned())
            }),
            "-ERR [AUTH]  or APOP ann ***",
            "",
        ),
        (
            "cram-md5",
            says_back("+OK ready", |line| match line {
                "CAPA" => Some("+OK\r\nSASL CRAM-MD5\r\n.".to_owned()),
                "AUTH CRAM-MD5" => Some(format!("+ {}", Base64::encode_string(b"<1@x>"))),
                _ => None,
            }),
            "-ERR [AUTH] ann *** or ***",
            "",
        ),
        (
            "scram-sha-256",
            says_back("+OK ready", |line| match line {
                "CAPA" => Some("+OK\r\nSASL SCRAM-SHA-256\r\n.".to_owned()),
                _ if line.starts_with("AUTH ") => Some(format!(
                    "+ {}",
                    Base64::encode_string(
                        format!(
                            "r={}more,s=c2FsdHNhbHRzYWx0,i=4096",
                            client_nonce(line.rsplit(' ').next().unwrap())
                        )
                        .as_bytes()
                    )
                )),
                _ => None,
            }),
            "-ERR [AUTH] c=biws,r=",
            ",p=*** or ***",
        ),
    ];
    for (method, server, start, end) in servers {
        let run = Run::at(server.address).args(["--auth", method, "--transcript", "told"]);
        let ran = run.run();
        server.finish();
        assert_eq!(ran.code, Some(3), "{method}: {ran:?}");
        let told = fs::read_to_string(run.path("told")).unwrap();
        let said = told.lines().rfind(|line| line.starts_with("S: -ERR [AUTH]")).unwrap();
        let said = said.strip_prefix("S: ").unwrap().strip_suffix("\\r\\n").unwrap();
        assert!(said.starts_with(start) && said.ends_with(end), "{method}: {said}");
        let shown = said.strip_prefix("-ERR ").unwrap();
        assert!(ran.err.trim_end().ends_with(&format!("; the server says: {shown}")), "{ran:?} {shown}");
    }
}
