//! pop3get logs in to servers that take a step of the login badly, and says so when it cannot.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);
const MAIL: &str = "Subject: one\r\n\r\nfirst\r\n";

enum Answer {
    Say(String),
    Nothing,
}

/// Answers some lines; it gets the numbers of the connection and of the line, from 0. The rest is answered as
/// usual.
type Special = dyn Fn((usize, usize), &str) -> Option<Answer>;

/// A server that answers by script, and notes the lines of each connection.
struct Server {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Vec<String>>>>,
}

impl Server {
    fn start(special: impl Fn((usize, usize), &str) -> Option<Answer> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let server = Self { address: listener.local_addr().unwrap(), heard: heard.clone() };
        let special = Arc::new(special);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (heard, special) = (heard.clone(), special.clone());
                let mut all = heard.lock().unwrap();
                let number = all.len();
                all.push(Vec::new());
                drop(all);
                thread::spawn(move || serve(&stream.unwrap(), number, &heard, &*special));
            }
        });
        server
    }

    fn heard(&self) -> Vec<Vec<String>> {
        self.heard.lock().unwrap().clone()
    }
}

fn serve(mut stream: &TcpStream, number: usize, heard: &Mutex<Vec<Vec<String>>>, special: &Special) {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let _ = stream.write_all(b"+OK ready\r\n");
    for (place, line) in BufReader::new(stream).lines().enumerate() {
        let Ok(line) = line else { return };
        heard.lock().unwrap()[number].push(line.clone());
        let answer = match special((number, place), &line) {
            Some(Answer::Nothing) => continue,
            Some(Answer::Say(text)) => text,
            None => usual(&line),
        };
        if stream.write_all(answer.as_bytes()).is_err() || line == "QUIT" {
            return;
        }
    }
}

fn usual(line: &str) -> String {
    match line.split(' ').next().unwrap() {
        "CAPA" => "+OK\r\nUSER\r\nUIDL\r\n.\r\n".into(),
        "STAT" => format!("+OK 1 {}\r\n", MAIL.len()),
        "LIST" => format!("+OK\r\n1 {}\r\n.\r\n", MAIL.len()),
        "UIDL" => "+OK\r\n1 one\r\n.\r\n".into(),
        "RETR" => format!("+OK\r\n{MAIL}.\r\n"),
        "USER" | "PASS" | "QUIT" | "NOOP" => "+OK\r\n".into(),
        _ => "-ERR what?\r\n".into(),
    }
}

fn say(text: &str) -> Option<Answer> {
    Some(Answer::Say(text.to_owned()))
}

fn list(sasl: &str) -> Option<Answer> {
    say(&format!("+OK\r\nUSER\r\nUIDL\r\n{sasl}\r\n.\r\n"))
}

struct Ran {
    output: Output,
    mail: usize,
}

impl Ran {
    fn words(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    #[track_caller]
    fn fetches(self) -> Self {
        assert_eq!((self.output.status.code(), self.mail), (Some(0), 1), "{}", self.words());
        self
    }
}

fn fetch(server: &Server, options: &[&str]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let maildir = folder.path().join("mail");
    let mut command = Command::new(env!("CARGO_BIN_EXE_pop3get"));
    command
        .args(["--plain", "--user", "ann", "--password-env", "PASSWORD", "--max-time", "20"])
        .args(options);
    command.arg("--to").arg(&maildir).arg(server.address.to_string()).env("PASSWORD", "secret");
    let begin = Instant::now();
    let output = command.output().unwrap();
    assert!(begin.elapsed() < PATIENCE, "bounded by --max-time");
    let mail = std::fs::read_dir(maildir.join("new")).map_or(0, Iterator::count);
    Ran { output, mail }
}

#[test]
fn silence_on_capa_costs_one_connection() {
    let server = Server::start(|_, line| (line == "CAPA").then_some(Answer::Nothing));
    fetch(&server, &["--timeout", "1"]).fetches();
    let heard = server.heard();
    assert_eq!(heard[0], ["CAPA"]);
    assert_eq!((heard.len(), &heard[1][..2]), (2, &["USER ann".to_owned(), "PASS secret".to_owned()][..]));
    assert!(!heard[1].contains(&"CAPA".to_owned()));
}

#[test]
fn silence_on_a_mechanism_costs_one_connection() {
    let server = Server::start(|_, line| match line {
        "CAPA" => list("SASL LOGIN"),
        "AUTH LOGIN" => Some(Answer::Nothing),
        _ => None,
    });
    fetch(&server, &["--timeout", "1"]).fetches();
    let heard = server.heard();
    assert_eq!(
        (heard.len(), &heard[0][..], &heard[1][1]),
        (2, &["CAPA", "AUTH LOGIN"].map(String::from)[..], &"USER ann".into())
    );
}

#[test]
fn silence_elsewhere_is_told() {
    let server = Server::start(|_, line| (line == "PASS secret").then_some(Answer::Nothing));
    let ran = fetch(&server, &["--timeout", "1"]);
    assert_eq!((ran.output.status.code(), server.heard().len()), (Some(4), 1), "{}", ran.words());
}

/// After the login: a line without a status, or a list without a status line in front.
#[test]
fn an_answer_to_capa_that_is_none_does_not_end_the_session() {
    for junk in ["what?\r\n", "UIDL\r\nTOP\r\n.\r\n"] {
        for at in [0, 3] {
            let server = Server::start(move |place, line| match line {
                "CAPA" if place == (0, at) => say(junk),
                _ => None,
            });
            fetch(&server, &[]).fetches();
            assert_eq!(server.heard().len(), 2, "{:?}", server.heard());
        }
    }
}

#[test]
fn a_mechanism_that_is_refused_as_a_command_brings_user_on_the_same_connection() {
    for words in
        ["invalid command", "Invalid command in current state.", "unknown command AUTH", "not supported"]
    {
        let server = Server::start(move |_, line| match line {
            "CAPA" => list("SASL PLAIN"),
            line if line.starts_with("AUTH") => say(&format!("-ERR {words}\r\n")),
            _ => None,
        });
        fetch(&server, &[]).fetches();
        let heard = server.heard();
        assert_eq!(heard.len(), 1);
        let due = ["CAPA", "AUTH PLAIN AGFubgBzZWNyZXQ=", "AUTH PLAIN", "USER ann", "PASS secret"];
        assert_eq!(heard[0][..5], due);
    }
}

#[test]
fn an_initial_response_that_is_overlooked_or_refused_is_given_when_it_is_asked_for() {
    for first in ["+ \r\n", "-ERR\r\n"] {
        let server = Server::start(move |_, line| match line {
            "CAPA" => list("SASL PLAIN"),
            "AUTH PLAIN" => say("+ \r\n"),
            "AGFubgBzZWNyZXQ=" => say("+OK\r\n"),
            line if line.starts_with("AUTH PLAIN ") => say(first),
            _ => None,
        });
        fetch(&server, &[]).fetches();
        assert_eq!(server.heard().len(), 1);
    }
}

/// A wrong password is sent once, and called wrong.
#[test]
fn a_wrong_password_is_told_at_once() {
    let server = Server::start(|_, line| match line {
        "CAPA" => list("SASL PLAIN LOGIN"),
        line if line.starts_with("AUTH") => say("-ERR [AUTH] no\r\n"),
        _ => None,
    });
    let ran = fetch(&server, &[]);
    assert_eq!(ran.output.status.code(), Some(3));
    assert!(ran.words().contains("wrong credentials"), "{}", ran.words());
    assert_eq!(server.heard(), [["CAPA", "AUTH PLAIN AGFubgBzZWNyZXQ="]]);
}

#[test]
fn capa_can_be_left_out() {
    let server = Server::start(|_, line| (line == "CAPA").then_some(Answer::Nothing));
    fetch(&server, &["--no-capa"]).fetches();
    assert_eq!(server.heard().len(), 1);
    assert!(!server.heard()[0].contains(&"CAPA".to_owned()));
}
