//! Servers and commands that take their time: every wait has a limit, and the message says which it was.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use pop3_proto::testing::Script;

use crate::support::{LOGIN, ONE_MESSAGE, Run, Server, drain, drip};

#[test]
fn each_step_that_stalls_is_named() {
    let server = Server::play_and_wait("");
    let ran = Run::at(server.address).args(["--timeout", "1"]).run();
    let hint = " (if TLS starts at once on this port, use --tls)";
    ran.assert(4, &format!("pop3get: ann@127.0.0.1: the greeting: no progress for 1 s{hint}\n"));
    server.finish();

    let server = Server::play_and_wait(&format!("{LOGIN}C: STAT\\r\\n\n"));
    let ran = Run::at(server.address).args(["--timeout", "1"]).run();
    ran.assert(4, "pop3get: ann@127.0.0.1: STAT: no progress for 1 s\n");
    server.finish();

    let half = ONE_MESSAGE.split("st\\r\\n.").next().unwrap();
    let server = Server::play_and_wait(&format!("{LOGIN}{half}"));
    let ran = Run::at(server.address).args(["--timeout", "1"]).run();
    ran.assert(4, "pop3get: ann@127.0.0.1: RETR 1: no progress for 1 s\n");
    server.finish();
}

/// Covers one-octet-after-another.
#[test]
fn a_tls_handshake_that_stalls_is_told_as_one() {
    let tls = |server: &Server| {
        let run = Run::bare().args(["--user", "ann", "--password-env", "PASSWORD", "--timeout", "1"]);
        let to = run.maildir().display().to_string();
        run.env("PASSWORD", "x").args(["--to", &to, &server.address.to_string()]).run()
    };
    let server = Server::start([drain]);
    let ran = tls(&server);
    let hint = " (if TLS does not start at once on this port, use --stls)";
    ran.assert(4, &format!("pop3get: ann@127.0.0.1: the TLS handshake: no progress for 1 s{hint}\n"));
    server.finish();

    // A record that never comes to its end, one octet after another.
    let server = Server::start([|mut stream: TcpStream| {
        stream.write_all(b"\x16\x03\x03\x40\x00\x02\x00\x3F\x00").unwrap();
        drip(stream, Duration::from_millis(100));
    }]);
    let ran = tls(&server);
    ran.assert(4, "pop3get: ann@127.0.0.1: the TLS handshake: not done after 1 s\n");
    server.finish();
}

/// Covers one-octet-after-another.
#[test]
fn one_octet_after_another_does_not_hold_for_ever() {
    let listing = &ONE_MESSAGE[..ONE_MESSAGE.find("S: +OK\\r\\nSubject").unwrap()];
    let script = Script::parse(&format!("{LOGIN}{listing}S: +OK\\r\\nSubject: ")).unwrap();
    let server = Server::start([move |stream: TcpStream| {
        script.play_server(&stream, usize::MAX).unwrap();
        drip(stream, Duration::from_millis(100));
    }]);
    let ran = Run::at(server.address).args(["--timeout", "2"]).run();
    ran.assert(4, "pop3get: ann@127.0.0.1: RETR 1: fewer than 100 octets per second\n");
    assert!(ran.time < Duration::from_secs(10), "{ran:?}");
    server.finish();
}

#[test]
fn a_slow_server_that_makes_progress_is_waited_for() {
    let script = Script::parse(&format!("{LOGIN}{ONE_MESSAGE}C: QUIT\\r\\n\nS: +OK\\r\\n")).unwrap();
    // 30 octets every 200 ms take longer than the timeout in all.
    let server = Server::start([move |stream: TcpStream| {
        script.play_server(Slowly(stream), 30).unwrap();
    }]);
    let run = Run::at(server.address).args(["--timeout", "1", "--quiet"]);
    let ran = run.run();
    server.finish();
    ran.assert(0, "");
    assert!(ran.time > Duration::from_secs(1), "{ran:?}");
    assert_eq!(run.delivered(), ["Subject: one\r\n\r\nfirst\r\n"]);
}

struct Slowly(TcpStream);

impl std::io::Read for Slowly {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(into)
    }
}

impl std::io::Write for Slowly {
    fn write(&mut self, from: &[u8]) -> std::io::Result<usize> {
        std::thread::sleep(Duration::from_millis(200));
        self.0.write(from)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

#[test]
fn max_time_ends_everything() {
    let server = Server::play_and_wait(&format!("{LOGIN}C: STAT\\r\\n\n"));
    let ran = Run::without_limits().at_server(server.address).args(["--max-time", "1"]).run();
    ran.assert(4, "pop3get: ann@127.0.0.1: STAT: --max-time is over\n");
    server.finish();
}

/// Covers commands-without-end.
#[test]
fn commands_for_secrets_end_with_the_limits_and_all_their_processes() {
    let ends = |option: &str, limit: &str, why: &str| {
        let run = Run::without_limits().args(["--plain", "--user", "ann", limit, "1"]);
        let to = run.maildir().display().to_string();
        let file = run.path("alive");
        let command = format!("(sleep 3; touch {}) & sleep 20", file.display());
        let ran = run.args([option, &command, "--to", &to, "127.0.0.1:1"]).run();
        ran.assert(3, &format!("pop3get: ann@127.0.0.1: {option}: {why}\n"));
        assert!(ran.time < Duration::from_secs(10), "{ran:?}");
        let end = Instant::now() + Duration::from_secs(4);
        while Instant::now() < end {
            assert!(!file.exists(), "a process of the command goes on");
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    std::thread::scope(|scope| {
        for option in ["--password-command", "--token-command"] {
            scope.spawn(move || ends(option, "--max-time", "--max-time is over"));
            scope.spawn(move || ends(option, "--timeout", "no end after 1 s"));
        }
    });
}

/// Covers commands-without-end.
#[test]
fn a_delivery_command_that_hangs_ends_and_its_message_stays() {
    let server = Server::play(&[&format!("{LOGIN}{ONE_MESSAGE}C: QUIT\\r\\n\nS: +OK\\r\\n")]);
    let run = Run::bare().args(["--plain", "--user", "ann", "--password-env", "PASSWORD", "--timeout", "1"]);
    let record = run.path("record").display().to_string();
    let run =
        run.args(["--to", "pipe:sleep 20", "--record", &record, "--delete", &server.address.to_string()]);
    let ran = run.env("PASSWORD", "open sesame").run();
    server.finish();
    ran.assert(
        6,
        "pop3get: pipe:sleep 20: no end after 1 s; the message stays on the server\n\
         pop3get: ann@127.0.0.1: the delivery: 1 messages were not taken; they stay on the server\n",
    );
}

#[test]
fn a_command_that_leaves_something_in_the_background_is_not_waited_for() {
    let run = Run::bare().args([
        "--plain",
        "--user",
        "ann",
        "--password-command",
        "sleep 20 2>&- & echo open sesame",
    ]);
    let server = Server::play(&[&format!("{LOGIN}{ONE_MESSAGE}C: QUIT\\r\\n\nS: +OK\\r\\n")]);
    let to = run.maildir().display().to_string();
    let ran = run.args(["--quiet", "--to", &to, &server.address.to_string()]).run();
    ran.assert(0, "");
    assert!(ran.time < Duration::from_secs(10), "{ran:?}");
    server.finish();
}

/// Covers messages-without-end.
#[test]
fn what_goes_wrong_with_many_messages_takes_few_lines() {
    let many = 300;
    let listing: String = (1..=many).map(|n| format!("{n} 23\\r\\n")).collect();
    let ids: String = (1..=many).map(|n| format!("{n} id-{n}\\r\\n")).collect();
    let mut script = format!("{LOGIN}C: STAT\\r\\n\nS: +OK {many} 6900\\r\\n\n");
    script +=
        &format!("C: LIST\\r\\n\nS: +OK\\r\\n{listing}.\\r\\n\nC: UIDL\\r\\n\nS: +OK\\r\\n{ids}.\\r\\n\n");
    for n in 1..=many {
        script += &format!("C: RETR {n}\\r\\n\nS: -ERR no message {n}\\r\\n\n");
    }
    let server = Server::play(&[&(script + "C: NOOP\\r\\n\nS: +OK\\r\\n\nC: QUIT\\r\\n\nS: +OK\\r\\n")]);
    let ran = Run::at(server.address).run();
    server.finish();
    let lines: Vec<_> = ran.err.lines().collect();
    assert_eq!(lines[0], "pop3get: RETR 1: the server says: no message 1");
    assert_eq!(lines[19], "pop3get: RETR 20: the server says: no message 20");
    assert_eq!(lines[20], "pop3get: and 280 more messages like these");
    assert_eq!(lines[21], "pop3get: ann@127.0.0.1: the server did not give or delete: 300 messages");
    assert_eq!((lines.len(), ran.code), (22, Some(5)));
}

#[test]
fn the_largest_times_are_no_trouble() {
    for seconds in ["2147483648", "9223372036854775808", "18446744073709551615"] {
        for option in ["--timeout", "--max-time"] {
            let server = Server::play(&[&format!("{LOGIN}{ONE_MESSAGE}C: QUIT\\r\\n\nS: +OK\\r\\n")]);
            let ran =
                Run::without_limits().at_server(server.address).args(["--quiet", option, seconds]).run();
            ran.assert(0, "");
            server.finish();
        }
    }
}

/// Sends each reply with more than one line in two pieces, without TCP_NODELAY.
#[cfg(target_os = "linux")]
fn in_two_pieces(mut stream: TcpStream, count: usize) {
    let commands = BufReader::new(stream.try_clone().unwrap()).lines();
    stream.write_all(b"+OK ready\r\n").unwrap();
    for command in commands.map_while(Result::ok) {
        let list = |what: &str| (1..=count).map(|n| format!("{n} {what}{n}\r\n")).collect::<String>();
        let (status, rest) = match command.split(' ').next().unwrap() {
            "CAPA" => ("", "USER\r\nUIDL\r\nTOP\r\n.\r\n".to_owned()),
            "STAT" => (" 100 10000", String::new()),
            "LIST" => ("", list("10") + ".\r\n"),
            "UIDL" => ("", list("id-") + ".\r\n"),
            "RETR" => ("", format!("N: {command}\r\n\r\ntext\r\n.\r\n")),
            _ => ("", String::new()),
        };
        stream.write_all(format!("+OK{status}\r\n").as_bytes()).unwrap();
        stream.write_all(rest.as_bytes()).unwrap();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn replies_in_two_pieces_do_not_wait_for_acknowledgements() {
    let server = Server::start([|stream| in_two_pieces(stream, 100)]);
    let ran = Run::at(server.address).args(["--json", "--timeout", "20"]).run();
    assert_eq!(ran.json()["fetched"], 100, "{ran:?}");
    // The system delays each acknowledgement by 40 ms.
    assert!(ran.time < Duration::from_secs(3), "{:?}", ran.time);
    server.finish();
}
