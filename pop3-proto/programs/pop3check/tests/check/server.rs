//! A small server that a test can make wrong in one way.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use pop3_proto::conformance::corpus;

use crate::support::PASSWORD;

/// How long a connection may last.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a test makes of a line: the octets to answer, or none of its business.
pub(crate) type Twist = Box<dyn Fn(&str) -> Option<Vec<u8>> + Send + Sync>;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) connections: Arc<AtomicUsize>,
}

/// A server that answers as it should but for what the twist says. The line `` (none) stands for the greeting.
pub(crate) fn twisted(
    names: &[&str],
    twist: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static,
) -> Server {
    let messages: Vec<Vec<u8>> = names.iter().map(|name| corpus::wire(name, 1).unwrap()).collect();
    let (messages, twist): (Arc<Vec<Vec<u8>>>, Arc<Twist>) = (Arc::new(messages), Arc::new(Box::new(twist)));
    each(move |stream| serve(stream, &messages, &twist))
}

/// A server that does this with each connection.
pub(crate) fn each(session: impl Fn(TcpStream) + Send + Sync + 'static) -> Server {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let (address, connections) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let (session, count) = (Arc::new(session), connections.clone());
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            count.fetch_add(1, Ordering::Relaxed);
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream.set_write_timeout(Some(PATIENCE)).unwrap();
            let session = session.clone();
            thread::spawn(move || session(stream));
        }
    });
    Server { address, connections }
}

fn serve(stream: TcpStream, messages: &[Vec<u8>], twist: &Twist) {
    let mut reader = BufReader::new(stream);
    let (mut user, mut inside) = (false, false);
    let greeting = twist("").unwrap_or_else(|| b"+OK ready\r\n".to_vec());
    if reader.get_mut().write_all(&greeting).is_err() {
        return;
    }
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
        let text = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
        line.clear();
        let verb = text.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "USER" => {
                user = true;
                b"+OK\r\n".to_vec()
            }
            "PASS" if user && text == format!("PASS {PASSWORD}") => {
                inside = true;
                b"+OK\r\n".to_vec()
            }
            "QUIT" => b"+OK bye\r\n".to_vec(),
            "CAPA" if text == "CAPA" => b"+OK\r\nUSER\r\nTOP\r\nUIDL\r\n.\r\n".to_vec(),
            _ if inside => transaction(&text, messages),
            _ => b"-ERR no\r\n".to_vec(),
        };
        let answer = twist(&text).unwrap_or(answer);
        if reader.get_mut().write_all(&answer).is_err() || verb == "QUIT" {
            return;
        }
    }
}

fn transaction(line: &str, messages: &[Vec<u8>]) -> Vec<u8> {
    let refusal = || b"-ERR no\r\n".to_vec();
    let mut words = line.split(' ');
    let verb = words.next().unwrap_or_default().to_ascii_uppercase();
    let args: Vec<&str> = words.collect();
    let is_number = |word: &&str| !word.is_empty() && word.bytes().all(|octet| octet.is_ascii_digit());
    if !args.iter().all(is_number) {
        return refusal();
    }
    let numbers: Vec<usize> = args.iter().filter_map(|word| word.parse().ok()).collect();
    let message = numbers.first().and_then(|number| messages.get(number.checked_sub(1)?));
    match (verb.as_str(), args.len(), message) {
        ("STAT", 0, _) => {
            let octets: usize = messages.iter().map(Vec::len).sum();
            format!("+OK {} {octets}\r\n", messages.len()).into_bytes()
        }
        ("NOOP" | "RSET", 0, _) => b"+OK\r\n".to_vec(),
        ("LIST", 0, _) => listing(messages.iter().map(|message| message.len().to_string())),
        ("UIDL", 0, _) => listing((1..=messages.len()).map(|number| format!("id-{number}"))),
        ("LIST", 1, Some(message)) => format!("+OK {} {}\r\n", args[0], message.len()).into_bytes(),
        ("UIDL", 1, Some(_)) => format!("+OK {0} id-{0}\r\n", args[0]).into_bytes(),
        ("DELE", 1, Some(_)) => b"+OK\r\n".to_vec(),
        ("RETR", 1, Some(message)) => body(message, usize::MAX),
        ("TOP", 2, Some(message)) => body(message, numbers[1]),
        _ => refusal(),
    }
}

fn listing(lines: impl Iterator<Item = String>) -> Vec<u8> {
    let lines: String = (1..).zip(lines).map(|(number, line)| format!("{number} {line}\r\n")).collect();
    format!("+OK\r\n{lines}.\r\n").into_bytes()
}

/// The message with its dots doubled, up to so many lines of its body.
pub(crate) fn body(message: &[u8], most: usize) -> Vec<u8> {
    let (mut answer, mut left) = (b"+OK\r\n".to_vec(), None);
    for line in message.split_inclusive(|octet| *octet == b'\n') {
        match &mut left {
            Some(0) => break,
            Some(left) => *left -= 1,
            None if line == b"\r\n" => left = Some(most),
            None => {}
        }
        if line.starts_with(b".") {
            answer.push(b'.');
        }
        answer.extend_from_slice(line);
    }
    answer.extend_from_slice(b".\r\n");
    answer
}

/// The message without any stuffing.
pub(crate) fn unstuffed(name: &str) -> Vec<u8> {
    [b"+OK\r\n", corpus::wire(name, 1).unwrap().as_slice(), b".\r\n"].concat()
}
