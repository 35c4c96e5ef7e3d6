//! A twin of the honest server that is wrong in one way.

use std::collections::BTreeMap;
use std::time::Duration;

use pop3_proto::Time;
use pop3_proto::conformance::{Door, End, Endpoint, Given, Link, TlsFacts};

use crate::honest::{Honest, config};
use crate::store::Store;

/// What happened on a connection.
pub(crate) enum Happens<'h> {
    /// It was made; the greeting is due, but not before the handshake on the TLS port.
    Open,
    /// A line came, with its line end.
    Line(&'h [u8]),
    /// The TLS handshake is done.
    Tls,
}

/// How the twin answers.
pub(crate) type Twist = Box<dyn FnMut(&mut Scene<'_>, Happens<'_>)>;

pub(crate) struct Twin {
    honest: Honest,
    twist: Twist,
    lines: BTreeMap<Link, Line>,
    by_segments: bool,
    removes_at_the_end: bool,
    no_tls_port: bool,
    keeps_half_lines: bool,
    at_end: Option<AtEnd>,
}

/// What the twin does when the honest server closes without being asked.
type AtEnd = Box<dyn FnMut(&mut Scene<'_>)>;

#[derive(Default)]
struct Line {
    waiting: Vec<u8>,
    /// Nothing is said before that.
    silent_until: Time,
    out: Vec<u8>,
    ended: Option<End>,
    notes: BTreeMap<&'static str, Vec<u8>>,
}

/// What a twist has in its hands.
pub(crate) struct Scene<'s> {
    pub(crate) honest: &'s mut Honest,
    pub(crate) link: Link,
    pub(crate) now: Time,
    line: &'s mut Line,
}

impl Scene<'_> {
    /// What the honest server answers to these octets.
    pub(crate) fn truth(&mut self, octets: &[u8]) -> Vec<u8> {
        self.honest.take(self.link, octets, self.now);
        self.heard()
    }

    /// What the honest server says without being asked.
    pub(crate) fn heard(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        loop {
            match self.honest.give(self.link, self.now) {
                Given::Octets(octets) => all.extend(octets),
                Given::Nothing => return all,
                Given::Closed(end) => {
                    self.line.ended = Some(end);
                    return all;
                }
            }
        }
    }

    /// How many octets the client has not read yet; if there are any, it sent several commands at once.
    pub(crate) fn unread(&self) -> usize {
        self.line.out.len()
    }

    /// Says this to the client.
    pub(crate) fn say(&mut self, octets: impl AsRef<[u8]>) {
        self.line.out.extend_from_slice(octets.as_ref());
    }

    /// What is said from now on comes that much later.
    pub(crate) fn wait(&mut self, time: Duration) {
        self.line.silent_until = self.now.after(time);
    }

    /// Closes the connection; the maildrop is free again.
    pub(crate) fn close(&mut self) {
        self.honest.close(self.link, End::Fin, self.now);
        self.line.ended = Some(End::Fin);
    }

    /// Something that the twist remembers of this connection; empty at first.
    pub(crate) fn note(&mut self, name: &'static str) -> &mut Vec<u8> {
        self.line.notes.entry(name).or_default()
    }

    /// Passes on what happened to the honest server, and its answer to the client.
    pub(crate) fn honestly(&mut self, happens: &Happens<'_>) {
        let answer = match happens {
            Happens::Open | Happens::Tls => self.heard(),
            Happens::Line(line) => self.truth(line),
        };
        self.say(answer);
    }
}

impl Twin {
    pub(crate) fn new(twist: impl FnMut(&mut Scene<'_>, Happens<'_>) + 'static) -> Self {
        Self::of(Honest::new(config()), twist)
    }

    pub(crate) fn of(honest: Honest, twist: impl FnMut(&mut Scene<'_>, Happens<'_>) + 'static) -> Self {
        Self {
            honest,
            twist: Box::new(twist),
            lines: BTreeMap::new(),
            by_segments: false,
            removes_at_the_end: false,
            no_tls_port: false,
            keeps_half_lines: false,
            at_end: None,
        }
    }

    /// A twin that changes the honest server's answers to the lines that begin like this.
    pub(crate) fn answering(
        command: &'static str,
        mut change: impl FnMut(Vec<u8>) -> Vec<u8> + 'static,
    ) -> Self {
        Self::new(move |scene, happens| match happens {
            Happens::Line(line) if line.to_ascii_uppercase().starts_with(command.as_bytes()) => {
                let answer = scene.truth(line);
                scene.say(change(answer));
            }
            other => scene.honestly(&other),
        })
    }

    fn happens(&mut self, link: Link, now: Time, happens: Happens<'_>) {
        let line = self.lines.entry(link).or_default();
        let mut scene = Scene { honest: &mut self.honest, link, now, line };
        (self.twist)(&mut scene, happens);
    }
}

impl Endpoint for Twin {
    fn open(&mut self, link: Link, door: Door, now: Time) -> bool {
        if self.no_tls_port && door == Door::Tls {
            return false;
        }
        let open = self.honest.open(link, door, now);
        self.lines.insert(link, Line::default());
        if door == Door::Clear {
            self.happens(link, now, Happens::Open);
        }
        open
    }

    fn take(&mut self, link: Link, octets: &[u8], now: Time) {
        if self.by_segments {
            return self.happens(link, now, Happens::Line(octets));
        }
        let Some(line) = self.lines.get_mut(&link) else { return };
        line.waiting.extend_from_slice(octets);
        while let Some(line) = self.lines.get_mut(&link)
            && line.ended.is_none()
            && let Some(end) = line.waiting.iter().position(|octet| *octet == b'\n')
        {
            let one: Vec<u8> = line.waiting.drain(..=end).collect();
            self.happens(link, now, Happens::Line(&one));
        }
    }

    fn give(&mut self, link: Link, now: Time) -> Given {
        let unasked = match self.honest.give(link, now) {
            Given::Octets(octets) => octets,
            Given::Nothing => Vec::new(),
            Given::Closed(_) => {
                if let Some(line) = self.lines.get_mut(&link)
                    && line.ended.is_none()
                {
                    let mut scene = Scene { honest: &mut self.honest, link, now, line };
                    scene.close();
                    if let Some(at_end) = &mut self.at_end {
                        at_end(&mut scene);
                    }
                }
                Vec::new()
            }
        };
        let Some(line) = self.lines.get_mut(&link) else { return Given::Nothing };
        line.out.extend(unasked);
        if now < line.silent_until {
            return Given::Nothing;
        }
        match (core::mem::take(&mut line.out), line.ended) {
            (out, _) if !out.is_empty() => Given::Octets(out),
            (_, Some(end)) => Given::Closed(end),
            _ => Given::Nothing,
        }
    }

    fn secure(&mut self, link: Link, now: Time) -> Option<TlsFacts> {
        let half =
            self.lines.get_mut(&link).map(|line| core::mem::take(&mut line.waiting)).unwrap_or_default();
        if self.keeps_half_lines {
            self.lines.entry(link).or_default().waiting = half;
        } else if !half.is_empty() {
            self.honest.take(link, &half, now);
        }
        let facts = self.honest.secure(link, now)?;
        self.happens(link, now, Happens::Tls);
        Some(facts)
    }

    fn close(&mut self, link: Link, end: End, now: Time) {
        if self.removes_at_the_end {
            self.honest.take(link, b"QUIT\r\n", now);
        }
        self.honest.close(link, end, now);
        if end != End::HalfFin {
            self.lines.remove(&link);
        }
    }

    fn deliver(&mut self, message: &[u8]) -> bool {
        self.honest.deliver(message)
    }
}

impl Scene<'_> {
    /// Whether the client is logged in.
    pub(crate) fn is_logged_in(&self) -> bool {
        self.honest.is_logged_in(self.link)
    }

    /// Passes another line on than came.
    pub(crate) fn as_if(&mut self, line: impl AsRef<[u8]>) {
        self.honestly(&Happens::Line(line.as_ref()));
    }

    /// Closes the connection inside TLS without the closing alert.
    pub(crate) fn truncate(&mut self) {
        self.line.ended = Some(End::Truncated);
    }

    /// Whether the line begins like this; letter case counts.
    pub(crate) fn is(happens: &Happens<'_>, command: &str) -> bool {
        matches!(happens, Happens::Line(line) if line.starts_with(command.as_bytes()))
    }
}

impl Twin {
    /// From now on it refuses lines that begin like this.
    pub(crate) fn refusing(mut self, command: &'static str) -> Self {
        let mut twist = self.twist;
        self.twist = Box::new(move |scene, happens| match happens {
            Happens::Line(line) if line.starts_with(command.as_bytes()) => scene.say("-ERR\r\n"),
            other => twist(scene, other),
        });
        self
    }

    /// From now on half a line that came in clear is kept until its end comes inside TLS.
    pub(crate) const fn keeping_half_lines(mut self) -> Self {
        self.keeps_half_lines = true;
        self
    }

    /// From now on its port that starts with TLS is closed.
    pub(crate) const fn without_tls_port(mut self) -> Self {
        self.no_tls_port = true;
        self
    }

    /// From now on what is marked is removed also when the client just hangs up.
    pub(crate) const fn removing_at_the_end(mut self) -> Self {
        self.removes_at_the_end = true;
        self
    }

    /// The maildrops after a run.
    pub(crate) fn store(&self) -> &Store {
        &self.honest.store
    }

    /// A twin that answers some lines wrongly; those that `wrong` leaves alone, by `false`, go to the honest
    /// server.
    pub(crate) fn lines(mut wrong: impl FnMut(&mut Scene<'_>, &[u8]) -> bool + 'static) -> Self {
        Self::new(move |scene, happens| match happens {
            Happens::Line(line) if wrong(scene, line) => {}
            other => scene.honestly(&other),
        })
    }

    /// The same before the login, `false`, or after it only.
    pub(crate) fn lines_if(
        logged_in: bool,
        mut wrong: impl FnMut(&mut Scene<'_>, &[u8]) -> bool + 'static,
    ) -> Self {
        Self::lines(move |scene, line| scene.is_logged_in() == logged_in && wrong(scene, line))
    }

    /// A twin that says this to one line.
    pub(crate) fn saying(line: &'static str, reply: &'static str) -> Self {
        Self::lines(move |scene, came| {
            let is = came == [line.as_bytes(), b"\r\n"].concat();
            if is {
                scene.say(reply);
            }
            is
        })
    }

    /// A twin that takes one line as if it were another one.
    pub(crate) fn taking(line: &'static [u8], other: &'static [u8]) -> Self {
        Self::lines(move |scene, came| {
            let is = came == [line, b"\r\n"].concat();
            if is {
                scene.as_if([other, b"\r\n"].concat());
            }
            is
        })
    }

    /// Does this when the honest server closes without being asked.
    pub(crate) fn at_end(mut self, at_end: impl FnMut(&mut Scene<'_>) + 'static) -> Self {
        self.at_end = Some(Box::new(at_end));
        self
    }

    /// The twin makes no difference between a line and a segment: each goes to the twist.
    pub(crate) fn by_segments(mut self) -> Self {
        self.by_segments = true;
        self
    }
}

std::thread_local! {
    static SURVEYED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Honest in the survey, for which the first of two twins is made, and this one in the run: what is wrong with it
/// would end the survey.
pub(crate) fn after_survey(twin: Twin) -> Twin {
    if SURVEYED.replace(!SURVEYED.get()) {
        twin
    } else {
        Twin::new(|scene, happens| scene.honestly(&happens))
    }
}
