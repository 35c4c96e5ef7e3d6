//! [`Pop`]: what a probe says to the server under test, and what it reads.

use alloc::format;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::time::Duration;

use super::ear::Ear;
use super::guard::{Guard, Removes};
use super::secrets;
use super::wire::{Ending, Wire};
use crate::conformance::desk::Desk;
use crate::conformance::dialogue::Who;
use crate::conformance::facts::Facts;
use crate::conformance::probe::{Result, Stop};
use crate::conformance::remarks::Spot;
use crate::conformance::server::read::{Body, Listing, Reply};
use crate::conformance::setup::Setup;
use crate::conformance::steps::{Door, End, TlsFacts};
use crate::time::Time;

/// The most replies that are read until something is sent again.
const MOST_REPLIES: u32 = 1_000;

/// A connection to the server under test. Each method that waits ends the probe by `?` if nothing comes.
pub(crate) struct Pop {
    pub(super) wire: Wire,
    pub(super) guard: Guard,
    pub(super) setup: Rc<Setup>,
    pub(super) facts: Rc<Facts>,
    ear: Ear,
    greeting: Reply,
    /// How many replies were read since something was sent.
    replies: u32,
}

impl Pop {
    /// Connects, and reads nothing.
    pub(in crate::conformance::server) async fn open(
        desk: &Rc<Desk>,
        setup: &Rc<Setup>,
        facts: &Rc<Facts>,
        door: Door,
    ) -> Result<Self> {
        Ok(Self {
            wire: Wire::open(desk, door).await?,
            guard: Guard::default(),
            setup: setup.clone(),
            facts: facts.clone(),
            ear: Ear::new(desk, facts),
            greeting: Reply { raw: Vec::new(), at: 0, took: Duration::ZERO },
            replies: 0,
        })
    }

    pub(in crate::conformance::server) async fn greet(&mut self) -> Result<Reply> {
        self.greeting = self.reply().await?;
        if self.greeting.is_ok() {
            Ok(self.greeting.clone())
        } else {
            Err(Stop::Control("no greeting".into()))
        }
    }

    /// The greeting.
    #[must_use]
    pub(crate) const fn greeting(&self) -> &Reply {
        &self.greeting
    }

    /// What the TLS handshake showed; `None` in clear.
    #[must_use]
    pub(crate) const fn secured(&self) -> Option<&TlsFacts> {
        self.wire.secured()
    }

    /// From now on each segment has this many octets.
    pub(crate) const fn cut(&mut self, each: usize) {
        self.wire.cut(each);
    }

    /// Sends the octets as they are: nothing is added or checked.
    ///
    /// # Errors
    ///
    /// [`Stop`] if the driver cannot send, if mail that is not the kit's own could be removed by it, or if it
    /// would send a password in clear without leave.
    pub(crate) async fn say(&mut self, octets: impl AsRef<[u8]>) -> Result<()> {
        let octets = octets.as_ref();
        let is_open = self.secured().is_none() && !self.setup.clear_passwords;
        if is_open && secrets::are_shown(octets, &self.setup) {
            return Err(Stop::NotRun("it would send a password in clear, for which there is no leave"));
        }
        let removes = Removes {
            after_retr: self.facts.expires_at_once(),
            at_a_drop: self.facts.keeps_at_a_drop != Some(true),
        };
        self.guard.look(octets, removes)?;
        self.look_before_sending().await;
        self.ear.before_sending(octets);
        self.replies = 0;
        self.wire.send(octets).await
    }

    /// Sends a command and its line end, and reads one line.
    ///
    /// # Errors
    ///
    /// [`Stop`] if no line comes.
    pub(crate) async fn ask(&mut self, command: impl AsRef<[u8]>) -> Result<Reply> {
        self.say([command.as_ref(), b"\r\n"].concat()).await?;
        self.reply().await
    }

    /// The same, and reads the lines that follow `+OK`.
    ///
    /// # Errors
    ///
    /// [`Stop`] if no reply comes, or one without an end.
    pub(crate) async fn listing(&mut self, command: impl AsRef<[u8]>) -> Result<Listing> {
        let body = self.body(command).await?;
        Ok(Listing::new(body.status, body.raw))
    }

    /// The same for a message.
    ///
    /// # Errors
    ///
    /// Those of [`listing`](Self::listing).
    pub(crate) async fn body(&mut self, command: impl AsRef<[u8]>) -> Result<Body> {
        self.say([command.as_ref(), b"\r\n"].concat()).await?;
        self.next_body().await
    }

    /// Reads one line.
    ///
    /// # Errors
    ///
    /// [`Stop`] if none comes.
    pub(crate) async fn reply(&mut self) -> Result<Reply> {
        let reply = self.status().await?;
        self.ear.read_alone(&reply);
        Ok(reply)
    }

    /// Reads one line, which may have others after it.
    async fn status(&mut self) -> Result<Reply> {
        self.replies = self.replies.saturating_add(1);
        if self.replies > MOST_REPLIES {
            return Err(Stop::Control("the replies have no end".into()));
        }
        let is_login = self.ear.expects_login();
        let time = if is_login { self.setup.login_time() } else { self.setup.reply_time() };
        let line = self.wire.line(self.wire.after(time)).await;
        if line == Err(Stop::Silent) {
            self.look_after_silence().await;
        }
        let (raw, at) = line?;
        let reply = Reply { raw, at, took: self.wire.since_sent() };
        if reply.is_err() && self.ear.answers("RETR") {
            self.guard.forget_fetched();
        }
        self.ear.hear(&reply);
        Ok(reply)
    }

    /// Reads a line and, after `+OK`, what follows it up to the dot.
    ///
    /// # Errors
    ///
    /// [`Stop`] if it does not come, or has no end.
    pub(crate) async fn next_body(&mut self) -> Result<Body> {
        let status = self.status().await?;
        if !status.is_ok() {
            return Ok(Body { status, raw: Vec::new() });
        }
        let end = Ending::of(&status.raw);
        let raw = match self.wire.lines(end, self.setup.reply_time()).await {
            Ok(raw) => raw,
            Err(stop) => {
                self.ear.hear_no_end(&self.wire.take());
                let words = format!("{stop} before the end of a body");
                return Err(if stop == Stop::Silent { Stop::Control(words) } else { stop });
            }
        };
        match end {
            Ending::CrLf => self.ear.hear_body(&raw),
            Ending::Lf => self.ear.remark(Spot::ListingEnd, &self.desk().shown(&status.raw)),
        }
        Ok(Body { status, raw })
    }

    /// The octets that come within the quiet time.
    pub(crate) async fn quiet(&mut self) -> Vec<u8> {
        self.linger().await;
        let octets = self.wire.take();
        self.ear.hear_quiet(&octets, self.has_ended());
        octets
    }

    /// Lets the quiet time pass. What comes stays there to be read. Whether the connection still stands.
    pub(crate) async fn linger(&mut self) -> bool {
        let least = self.setup.patient(300);
        let most = self.setup.patient(3_000).max(least);
        let time = self.facts.reply_time.saturating_mul(20).clamp(least, most);
        self.wire.gather(self.wire.after(time)).await;
        !self.has_ended()
    }

    /// Whether a line has come that was not read yet.
    pub(crate) fn has_line(&self) -> bool {
        self.wire.has_line()
    }

    /// Makes a TLS handshake.
    ///
    /// # Errors
    ///
    /// [`Stop::Control`] if it fails.
    pub(crate) async fn tls(&mut self) -> Result<TlsFacts> {
        self.wire.tls().await
    }

    /// The control of a probe: after the login, STAT gets one reply, and that of its own.
    ///
    /// # Errors
    ///
    /// [`Stop`] if it does not.
    pub(crate) async fn in_step(&mut self) -> Result<()> {
        let stat = self.ask("STAT").await?;
        let is_stat = stat.is_ok() && stat.text().first().is_some_and(u8::is_ascii_digit);
        if is_stat {
            Ok(())
        } else {
            Err(Stop::Control("out of step: STAT was not answered by figures".into()))
        }
    }

    /// Sends QUIT, and reads its reply and what follows it up to the end: nothing should.
    ///
    /// # Errors
    ///
    /// [`Stop`] if no reply comes.
    pub(crate) async fn quit(mut self) -> Result<Reply> {
        let reply = match self.ask("QUIT").await {
            Ok(reply) => reply,
            Err(stop) => {
                // An open session would keep the maildrop locked.
                self.end(End::Fin).await;
                return Err(stop);
            }
        };
        self.wire.gather(self.soon()).await;
        self.ear.hear_unasked(&self.wire.take());
        self.end(End::Fin).await;
        Ok(reply)
    }

    /// Closes the connection.
    pub(crate) async fn end(mut self, how: End) {
        self.look_before_sending().await;
        self.wire.close(how).await;
    }

    /// Closes the sending direction only.
    pub(crate) async fn half_close(&mut self) {
        self.wire.close(End::HalfFin).await;
    }

    /// Whether the server has closed the connection.
    pub(crate) const fn has_ended(&self) -> bool {
        self.wire.ended().is_some()
    }

    /// Whether the peer closes the connection within the settling time; octets before that are dropped, up to
    /// a limit.
    pub(crate) async fn closes(&mut self) -> Option<End> {
        self.wire.closes(self.wire.after(self.setup.settling_time())).await
    }

    /// The octets that come up to the end of the connection, or within this time; and how it ended.
    pub(crate) async fn until_end(&mut self, time: Duration) -> (Vec<u8>, Option<End>) {
        self.wire.gather(self.wire.after(time)).await;
        self.ear.lose();
        (self.wire.take(), self.wire.ended())
    }

    /// Whether the last line that was sent cancelled an exchange.
    #[must_use]
    pub(crate) fn cancelled(&self) -> bool {
        let dialogue = self.desk().dialogue.borrow();
        let mut sent = dialogue.entries().iter().rev();
        sent.find(|said| said.who == Who::Client && said.link == self.wire.link())
            .is_some_and(|said| said.octets == b"*\r\n")
    }

    pub(in crate::conformance::server) fn desk(&self) -> &Rc<Desk> {
        self.wire.desk()
    }

    /// The time in which what is already on its way comes.
    fn soon(&self) -> Time {
        self.wire.after(self.setup.patient(300))
    }

    /// No reply came. If a command after it gets one, and only one, the first was left without.
    async fn look_after_silence(&mut self) {
        let Some(verb) = self.ear.unanswered().filter(|_| self.wire.unread().is_empty()) else { return };
        let words = format!("{verb} has no reply, and NOOP after it has");
        self.ear.lose();
        if self.wire.send(b"NOOP\r\n").await.is_err() {
            return;
        }
        let until = self.wire.after(self.setup.reply_time());
        while !self.has_line() {
            if self.wire.more(until).await.is_err() {
                return;
            }
        }
        // A slow server answers both.
        self.wire.gather(self.wire.after(self.setup.reply_time())).await;
        if memchr::memchr_iter(b'\n', &self.wire.take()).count() == 1 {
            self.ear.remark(Spot::OneReply, &words);
        }
    }

    /// What waits unasked is judged, unless the connection ends after it: then it is a farewell.
    async fn look_before_sending(&mut self) {
        if self.wire.unread().is_empty() || !self.ear.expects_nothing() {
            return;
        }
        self.wire.gather(self.soon()).await;
        if !self.has_ended() {
            self.ear.hear_unasked(self.wire.unread());
        }
        self.ear.lose();
    }
}

impl core::fmt::Debug for Pop {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Pop").field("link", &self.wire.link()).finish_non_exhaustive()
    }
}
