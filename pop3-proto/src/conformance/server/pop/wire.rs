//! [`Wire`]: one connection, and the octets that came on it and were not taken yet.

use alloc::format;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::time::Duration;

use crate::conformance::desk::Desk;
use crate::conformance::dialogue::{Link, Who};
use crate::conformance::probe::{Result, Stop};
use crate::conformance::steps::{Do, Door, End, Seen, TlsFacts};
use crate::time::Time;

/// The longest line that is read; a longer one is no reply.
const LONGEST_LINE: usize = 64 * 1024;

/// The most octets that are read until something is sent again. No probe asks for more at once.
const MOST_AT_ONCE: usize = 64 * 1024 * 1024;

/// The longest body that is read.
const LONGEST_BODY: usize = 16 * 1024 * 1024;

/// A connection. All that goes over it is written into the dialogue.
pub(super) struct Wire {
    desk: Rc<Desk>,
    link: Link,
    each: usize,
    unread: Vec<u8>,
    /// How many octets came since something was sent.
    came: usize,
    sent: Time,
    ended: Option<End>,
    secured: Option<TlsFacts>,
}

impl Wire {
    /// Connects, and reads nothing.
    pub(super) async fn open(desk: &Rc<Desk>, door: Door) -> Result<Self> {
        let link = desk.new_link();
        match desk.ask(Do::Connect(link, door)).await {
            Seen::Open => {}
            Seen::Refused(why) => return Err(Stop::Refused(why)),
            _ => return Err(Stop::Cannot),
        }
        desk.event(link, if door == Door::Tls { "connected to the TLS port" } else { "connected" });
        Ok(Self {
            desk: desk.clone(),
            link,
            each: usize::MAX,
            unread: Vec::new(),
            came: 0,
            sent: desk.now(),
            ended: None,
            secured: None,
        })
    }

    pub(super) fn desk(&self) -> &Rc<Desk> {
        &self.desk
    }

    pub(super) const fn link(&self) -> Link {
        self.link
    }

    pub(super) const fn secured(&self) -> Option<&TlsFacts> {
        self.secured.as_ref()
    }

    /// How the server has closed the connection, if it has.
    pub(super) const fn ended(&self) -> Option<End> {
        self.ended
    }

    /// How long ago something was sent, or the handshake made.
    pub(super) fn since_sent(&self) -> Duration {
        self.desk.now().duration_since(self.sent)
    }

    /// The point in time after that span.
    pub(super) fn after(&self, span: Duration) -> Time {
        self.desk.now().after(span)
    }

    /// From now on each segment has this many octets.
    pub(super) const fn cut(&mut self, each: usize) {
        self.each = each;
    }

    pub(super) async fn send(&mut self, octets: &[u8]) -> Result<()> {
        self.desk.write(self.link, Who::Client, octets);
        (self.sent, self.came) = (self.desk.now(), 0);
        match self.desk.ask(Do::Send(self.link, octets.to_vec(), self.each)).await {
            Seen::Sent => Ok(()),
            _ => Err(Stop::Cannot),
        }
    }

    /// What came and was not taken yet.
    pub(super) fn unread(&self) -> &[u8] {
        &self.unread
    }

    /// Whether a line has come that was not taken yet.
    pub(super) fn has_line(&self) -> bool {
        self.unread.contains(&b'\n')
    }

    /// Reads something more, until the time.
    pub(super) async fn more(&mut self, until: Time) -> Result<()> {
        if let Some(end) = self.ended {
            return Err(Stop::Hung(end));
        }
        match self.desk.ask(Do::Read(self.link, until)).await {
            Seen::Octets(octets) => {
                self.came = self.came.saturating_add(octets.len());
                self.unread.extend(octets);
                if self.came > MOST_AT_ONCE {
                    return Err(Stop::Control("what the server says has no end".into()));
                }
                Ok(())
            }
            Seen::Closed(end) => {
                self.ended = Some(end);
                let event = match end {
                    End::Reset => "reset by the server",
                    End::Truncated => "closed by the server without the closing alert of TLS",
                    End::Fin | End::HalfFin => "closed by the server",
                };
                self.desk.event(self.link, event);
                Err(Stop::Hung(end))
            }
            Seen::Timeout => Err(Stop::Silent),
            _ => Err(Stop::Cannot),
        }
    }

    /// Lets the time pass, and keeps what comes, up to the length of the longest line: a peer may go on for ever.
    pub(super) async fn gather(&mut self, until: Time) {
        while self.unread.len() < LONGEST_LINE && self.more(until).await.is_ok() {}
    }

    /// Takes a line with its end. Returns where it stands in the dialogue, too.
    pub(super) async fn line(&mut self, until: Time) -> Result<(Vec<u8>, usize)> {
        loop {
            if let Some(end) = memchr::memchr(b'\n', &self.unread) {
                let raw: Vec<u8> = self.unread.drain(..=end).collect();
                let at = self.desk.write(self.link, Who::Server, &raw);
                return Ok((raw, at));
            }
            if self.unread.len() > LONGEST_LINE {
                return Err(Stop::Control("a line has no end".into()));
            }
            self.more(until).await?;
        }
    }

    /// Takes the lines up to a dot alone, and that dot. Each piece has to come within `patience`.
    pub(super) async fn lines(&mut self, end: Ending, patience: Duration) -> Result<Vec<u8>> {
        let [alone, after_a_line] = end.octets();
        let (mut from, line_end) = (0, after_a_line.len().saturating_sub(alone.len()));
        let len = loop {
            if self.unread.starts_with(alone) {
                break 0;
            }
            let rest = self.unread.get(from..).unwrap_or_default();
            if let Some(at) = memchr::memmem::find(rest, after_a_line) {
                break from.saturating_add(at).saturating_add(line_end);
            }
            if self.unread.len() > LONGEST_BODY {
                return Err(Stop::Control("a body has no end".into()));
            }
            from = self.unread.len().saturating_sub(4);
            self.more(self.after(patience)).await?;
        };
        let mut raw: Vec<u8> = self.unread.drain(..len.saturating_add(alone.len())).collect();
        self.desk.write(self.link, Who::Server, &raw);
        raw.truncate(len);
        Ok(raw)
    }

    /// Takes all that came.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let octets = core::mem::take(&mut self.unread);
        if !octets.is_empty() {
            self.desk.write(self.link, Who::Server, &octets);
        }
        octets
    }

    /// Waits for the server to close, and takes what comes before that, up to a limit.
    pub(super) async fn closes(&mut self, until: Time) -> Option<End> {
        let mut dropped: usize = 0;
        while dropped < LONGEST_BODY {
            match self.more(until).await {
                Ok(()) => dropped = dropped.saturating_add(self.take().len()),
                Err(Stop::Hung(end)) => return Some(end),
                Err(_) => return None,
            }
        }
        None
    }

    pub(super) async fn tls(&mut self) -> Result<TlsFacts> {
        match self.desk.ask(Do::Tls(self.link)).await {
            Seen::Secured(facts) => {
                self.desk.event(self.link, &format!("TLS handshake, {}", facts.version));
                self.secured = Some(facts.clone());
                self.sent = self.desk.now();
                Ok(facts)
            }
            Seen::NoTls(why) => {
                self.desk.event(self.link, &format!("no TLS: {why}"));
                Err(Stop::Control(format!("the TLS handshake failed: {why}")))
            }
            _ => Err(Stop::Cannot),
        }
    }

    pub(super) async fn close(&mut self, how: End) {
        let event = match how {
            End::Reset => "reset by the client",
            End::HalfFin => "sending direction closed by the client",
            End::Fin | End::Truncated => "closed by the client",
        };
        self.desk.event(self.link, event);
        self.desk.ask(Do::Close(self.link, how)).await;
    }
}

/// How the lines of a multi-line reply end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    CrLf,
    /// LF alone: such a server is followed all the same.
    Lf,
}

impl Ending {
    /// That of the status line.
    pub(super) fn of(status: &[u8]) -> Self {
        if status.ends_with(b"\r\n") { Self::CrLf } else { Self::Lf }
    }

    /// The last line, at the front of what came and after a line.
    const fn octets(self) -> [&'static [u8]; 2] {
        match self {
            Self::CrLf => [b".\r\n", b"\r\n.\r\n"],
            Self::Lf => [b".\n", b"\n.\n"],
        }
    }
}
