//! Both ends of a session, by hand: only what these twenty commands need, with every size and id from a
//! function.

use memchr::memmem::Finder;

use super::command::{next, put_number};
use super::reply::{line, put_scan, scan, uid};
use super::{body, command};

/// The id of every message.
pub const UID: &[u8] = b"whqtswO00WBw418f9t5JxYwZ";

/// A server with copies of one message, stored with CRLF line ends.
#[derive(Debug)]
pub struct Server<'m> {
    message: &'m [u8],
    octets: u64,
    deleted: [bool; 8],
    logged_in: bool,
    finder: Finder<'static>,
}

impl<'m> Server<'m> {
    /// Makes a server of eight messages, each of them this one.
    #[must_use]
    pub fn new(message: &'m [u8], octets: u64) -> Self {
        Self { message, octets, deleted: [false; 8], logged_in: false, finder: Finder::new(b"\n.") }
    }

    fn there(&self) -> impl Iterator<Item = u64> {
        (1..).zip(self.deleted).filter(|(_, deleted)| !deleted).map(|(number, _)| number)
    }

    /// Answers all commands. `false` after QUIT.
    ///
    /// # Panics
    ///
    /// If a command is not one of these twenty.
    pub fn serve(&mut self, commands: &mut &[u8], out: &mut Vec<u8>) -> bool {
        while !commands.is_empty() {
            let (verb, first, second) = next(commands).expect("a command");
            let may = self.logged_in || matches!(&verb.to_be_bytes(), b"USER" | b"PASS" | b"CAPA" | b"QUIT");
            if !may || (first > 8 && matches!(&verb.to_be_bytes(), b"RETR" | b"DELE" | b"TOP ")) {
                out.extend_from_slice(b"-ERR no\r\n");
                continue;
            }
            match &verb.to_be_bytes() {
                b"CAPA" => out.extend_from_slice(
                    b"+OK capabilities follow\r\nTOP\r\nUIDL\r\nUSER\r\nRESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n.\r\n",
                ),
                b"USER" => out.extend_from_slice(b"+OK send PASS\r\n"),
                b"PASS" => {
                    self.logged_in = true;
                    out.extend_from_slice(b"+OK ready\r\n");
                }
                b"STAT" => {
                    let count = self.there().count() as u64;
                    out.extend_from_slice(b"+OK ");
                    put_number(count, out);
                    out.push(b' ');
                    put_number(count * self.octets, out);
                    out.extend_from_slice(b"\r\n");
                }
                b"UIDL" => {
                    out.extend_from_slice(b"+OK unique-ids follow\r\n");
                    for number in self.there() {
                        put_number(number, out);
                        out.push(b' ');
                        out.extend_from_slice(UID);
                        out.extend_from_slice(b"\r\n");
                    }
                    out.extend_from_slice(b".\r\n");
                }
                b"LIST" => {
                    out.extend_from_slice(b"+OK scan listing follows\r\n");
                    for number in self.there() {
                        put_scan(number, self.octets, out);
                    }
                    out.extend_from_slice(b".\r\n");
                }
                b"RETR" => {
                    out.extend_from_slice(b"+OK message follows\r\n");
                    self.put_body(self.message, out);
                }
                b"TOP " => {
                    out.extend_from_slice(b"+OK message follows\r\n");
                    let end = top(self.message, second);
                    self.put_body(&self.message[..end], out);
                }
                b"DELE" => {
                    self.deleted[first as usize - 1] = true;
                    out.extend_from_slice(b"+OK message marked\r\n");
                }
                b"RSET" => {
                    self.deleted = [false; 8];
                    out.extend_from_slice(b"+OK marks taken back\r\n");
                }
                b"NOOP" => out.extend_from_slice(b"+OK\r\n"),
                _ => {
                    out.extend_from_slice(b"+OK bye\r\n");
                    return false;
                }
            }
        }
        true
    }

    fn put_body(&self, mut message: &[u8], out: &mut Vec<u8>) {
        if message.first() == Some(&b'.') {
            out.push(b'.');
        }
        while let Some(lf) = self.finder.find(message) {
            out.extend_from_slice(&message[..=lf]);
            out.push(b'.');
            message = &message[lf + 1..];
            out.push(b'.');
            message = &message[1..];
        }
        out.extend_from_slice(message);
        out.extend_from_slice(if message.ends_with(b"\n") { b".\r\n" } else { b"\r\n.\r\n" });
    }
}

/// Where the header, the empty line and this many lines of the body end.
fn top(message: &[u8], lines: u64) -> usize {
    let mut left = None;
    let mut start = 0;
    for lf in memchr::memchr_iter(b'\n', message) {
        match &mut left {
            None if lf - start < 2 => left = Some(lines),
            None => {}
            Some(0) => return start,
            Some(left) => *left -= 1,
        }
        start = lf + 1;
    }
    message.len()
}

/// A client that keeps only sums.
#[derive(Debug)]
pub struct Client {
    finder: Finder<'static>,
    /// The sum of sizes, lengths of ids, and bytes of messages.
    pub sum: u64,
}

impl Default for Client {
    fn default() -> Self {
        Self { finder: Finder::new(b"\n."), sum: 0 }
    }
}

impl Client {
    /// Writes a command.
    pub fn send(&self, verb: &[u8], argument: Option<u64>, out: &mut Vec<u8>) {
        command::put(verb, argument, out);
    }

    /// Reads the whole reply to a command of that verb.
    pub fn receive(&mut self, verb: &[u8], replies: &mut &[u8]) -> Option<()> {
        if !line(replies)?.starts_with(b"+OK") {
            return Some(());
        }
        match verb {
            b"LIST" => self.items(replies, |line| scan(line).map(|(_, octets)| octets)),
            b"UIDL" => self.items(replies, |line| uid(line).map(|(_, id)| id.len() as u64)),
            b"CAPA" => self.items(replies, |line| Some(super::reply::capability(line).1 as u64)),
            b"RETR" | b"TOP" => {
                let mut octets = 0;
                let end = body::runs(replies, &self.finder, |run| octets += run.len() as u64)?;
                self.sum += octets;
                *replies = &replies[end..];
                Some(())
            }
            _ => Some(()),
        }
    }

    fn items(&mut self, replies: &mut &[u8], value: impl Fn(&[u8]) -> Option<u64>) -> Option<()> {
        loop {
            let line = line(replies)?;
            if line == b"." {
                return Some(());
            }
            self.sum += value(line)?;
        }
    }
}
