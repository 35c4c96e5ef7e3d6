//! Ways to deliver a message to the account: SMTP, LMTP, or a command.

use std::fmt;
use std::io::{self, BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use pop3_programs_common::words;
use rustix::process::{Pid, Signal, kill_process_group};

/// How long a mail server may take for one reply, and a command for one message.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    Smtp(String),
    Lmtp(String),
    /// Program and arguments, with `{user}` replaced.
    Command(Vec<String>),
}

/// A way to deliver, and the recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Delivery {
    way: Way,
    user: String,
}

impl Delivery {
    /// Reads `smtp://HOST:PORT`, `lmtp://HOST:PORT` or a command, whose words are parted by spaces.
    pub(crate) fn parse(text: &str, user: &str) -> Result<Self, String> {
        let place = |rest: &str, port: u16| {
            let rest = rest.trim_end_matches('/');
            if rest.is_empty() {
                return Err(format!("{text}: no host"));
            }
            let has_port = rest.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
            Ok(if has_port { rest.to_owned() } else { format!("{rest}:{port}") })
        };
        let way = if let Some(rest) = text.strip_prefix("smtp://") {
            Way::Smtp(place(rest, 25)?)
        } else if let Some(rest) = text.strip_prefix("lmtp://") {
            Way::Lmtp(place(rest, 24)?)
        } else if text.split_whitespace().next().is_some_and(|word| word.contains("://")) {
            return Err(format!("{text}: only smtp:// and lmtp:// are known, and commands"));
        } else {
            let words: Vec<String> =
                text.split_whitespace().map(|word| word.replace("{user}", user)).collect();
            if words.is_empty() {
                return Err("a command without a word".into());
            }
            Way::Command(words)
        };
        if user.is_empty() || user.contains(['\r', '\n', '<', '>', ' ']) {
            return Err(format!("{user:?} cannot be the recipient"));
        }
        Ok(Self { way, user: user.to_owned() })
    }

    /// Delivers a message, given with any line ends.
    pub(crate) fn deliver(&self, message: &[u8]) -> Result<(), String> {
        match &self.way {
            Way::Smtp(place) => self.speak("EHLO", place, message),
            Way::Lmtp(place) => self.speak("LHLO", place, message),
            Way::Command(words) => run(words, message).map_err(|error| error.to_string()),
        }
        .map_err(|why| format!("{self}: {why}"))
    }

    fn speak(&self, hello: &str, place: &str, message: &[u8]) -> Result<(), String> {
        let failed = |error: io::Error| error.to_string();
        let addresses: Vec<_> = place.to_socket_addrs().map_err(failed)?.collect();
        let stream = crate::drive::connect(&addresses, PATIENCE).map_err(failed)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        stream.set_write_timeout(Some(PATIENCE)).map_err(failed)?;
        let mut mail = Mail { stream: BufReader::new(stream) };
        mail.reply('2')?;
        let takes_8_bits = mail.ask(&format!("{hello} localhost"), '2')?;
        // Without a sender, since servers look whether its domain exists.
        let body = if takes_8_bits && !message.is_ascii() { " BODY=8BITMIME" } else { "" };
        mail.ask(&format!("MAIL FROM:<>{body}"), '2')?;
        mail.ask(&format!("RCPT TO:<{}>", self.user), '2')?;
        mail.ask("DATA", '3')?;
        mail.send(&stuffed(message))?;
        mail.reply('2')?;
        // The message is taken; what becomes of QUIT does not matter.
        let _ = mail.ask("QUIT", '2');
        Ok(())
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.way {
            Way::Smtp(place) => write!(f, "smtp://{place}"),
            Way::Lmtp(place) => write!(f, "lmtp://{place}"),
            Way::Command(words) => f.write_str(&words.join(" ")),
        }
    }
}

fn run(words: &[String], message: &[u8]) -> io::Result<()> {
    let (program, args) = words.split_first().ok_or(ErrorKind::InvalidInput)?;
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::null()).process_group(0);
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        let message = message.to_vec();
        // A command that does not read to the end says by its exit code whether that was right. One that
        // reads nothing must not hold up the run.
        thread::spawn(move || stdin.write_all(&message));
    }
    let until = Instant::now() + PATIENCE;
    loop {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(io::Error::other(status.to_string())),
            None if Instant::now() >= until => break,
            None => thread::sleep(Duration::from_millis(5)),
        }
    }
    let _ = kill_process_group(Pid::from_child(&child), Signal::KILL);
    child.wait()?;
    Err(io::Error::new(ErrorKind::TimedOut, format!("not done after {} s", PATIENCE.as_secs())))
}

/// The text of DATA: lines in CR LF, dots in front of lines doubled, and the line with the dot.
fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(message.len() + 64);
    for line in message.split_inclusive(|octet| *octet == b'\n') {
        if line.starts_with(b".") {
            text.push(b'.');
        }
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        text.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
        text.extend_from_slice(b"\r\n");
    }
    text.extend_from_slice(b".\r\n");
    text
}

struct Mail {
    stream: BufReader<TcpStream>,
}

impl Mail {
    fn send(&mut self, octets: &[u8]) -> Result<(), String> {
        self.stream.get_mut().write_all(octets).map_err(|error| error.to_string())
    }

    fn ask(&mut self, line: &str, digit: char) -> Result<bool, String> {
        self.send(format!("{line}\r\n").as_bytes())?;
        self.reply(digit).map_err(|why| format!("{line}: {why}"))
    }

    /// Reads a reply, which may have several lines. Returns whether one of them is 8BITMIME.
    fn reply(&mut self, digit: char) -> Result<bool, String> {
        let mut takes_8_bits = false;
        for _ in 0..100 {
            let mut line = Vec::new();
            let mut limited = (&mut self.stream).take(4096);
            limited.read_until(b'\n', &mut line).map_err(|error| error.to_string())?;
            let keyword = line.get(4..).unwrap_or_default().trim_ascii_end();
            takes_8_bits |= keyword.eq_ignore_ascii_case(b"8BITMIME");
            if line.get(3) == Some(&b'-') {
                continue;
            }
            if line.first() == Some(&(digit as u8)) {
                return Ok(takes_8_bits);
            }
            return Err(if line.is_empty() {
                "the server hung up".into()
            } else {
                words::escaped(line.trim_ascii_end())
            });
        }
        Err("a reply without an end".into())
    }
}
