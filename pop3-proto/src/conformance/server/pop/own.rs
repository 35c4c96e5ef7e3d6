//! [`Own`]: messages that the kit made, how they are recognised, and how they are marked.

use alloc::format;

use super::Pop;
use crate::conformance::corpus;
use crate::conformance::dialogue::Link;
use crate::conformance::form;
use crate::conformance::probe::{Result, Stop};
use crate::conformance::server::known;
use crate::conformance::server::read::Reply;

/// A message that the kit made and has just recognised. It is good for one DELE in the session that it was
/// recognised in, and only while no other DELE was sent there: some servers count anew after each.
#[derive(Debug)]
pub(crate) struct Own {
    number: u32,
    name: &'static str,
    link: Link,
    marks: u32,
    /// It may be removed, and not only marked for a while.
    is_spare: bool,
}

impl Own {
    /// Its number in this session.
    #[must_use]
    pub(crate) const fn number(&self) -> u32 {
        self.number
    }

    /// Which message of the corpus it is.
    #[must_use]
    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }
}

/// Which spare message it is, by the marker in the subject of its header, whatever its text: a message that
/// quotes or forwards one of the kit has it elsewhere. Of a front, the CRC says nothing.
fn spare_by_subject(message: &[u8]) -> Option<(&'static str, u16)> {
    let found = corpus::named(message).filter(|(name, _)| name.starts_with("spare-"));
    let at = memchr::memmem::find(message, b"Subject: pop3check ")?;
    let front = message.get(..at)?;
    let marker = memchr::memmem::find(message, b"pop3check ")?;
    let is_first = marker == at.saturating_add(b"Subject: ".len());
    let starts_a_line = front.is_empty() || front.ends_with(b"\r\n");
    let in_header = !front.starts_with(b"\r\n") && memchr::memmem::find(front, b"\r\n\r\n").is_none();
    found.filter(|_| is_first && starts_a_line && in_header)
}

impl Pop {
    /// Reads the message, and says whether it is one that may be removed: a spare one of this run, or of any
    /// run if the user says so, and intact. What was read has to be the message of that number before and
    /// after it.
    ///
    /// # Errors
    ///
    /// [`Stop::NotRun`] if it is not; [`Stop::Control`] if the session is out of step.
    pub(crate) async fn recognise(&mut self, number: u32) -> Result<Own> {
        // Other mail is not fetched: with EXPIRE 0 that would remove it.
        let seen = self.front_of(number).await?;
        let own = self.read_own(number).await?.filter(|own| own.is_spare);
        let own = own.ok_or(Stop::NotRun("a spare message was not recognised"))?;
        // Some servers remove at RETR, and the next message gets the number.
        let again = self.front_of(number).await?;
        if again != seen || seen.is_some_and(|(name, _)| name != own.name) {
            return Err(Stop::NotRun("TOP and RETR show other messages"));
        }
        self.size_of(number).await?;
        Ok(own)
    }

    /// Which spare message TOP shows; [`None`] where TOP does not work.
    async fn front_of(&mut self, number: u32) -> Result<Option<(&'static str, u16)>> {
        if self.facts.top != Some(true) {
            return Ok(None);
        }
        let top = self.body(format!("TOP {number} 20")).await?.unstuffed();
        let found = spare_by_subject(&top).filter(|(_, run)| self.is_of_this_run(*run));
        found.map(Some).ok_or(Stop::NotRun("a spare message was not recognised"))
    }

    fn is_of_this_run(&self, run: u16) -> bool {
        self.setup.leave.any_run || run == self.setup.run
    }

    /// The same for any message of the corpus, where the user says that nothing else is in the maildrop. A
    /// session that marks one that is not spare cannot end by QUIT.
    ///
    /// # Errors
    ///
    /// Those of [`recognise`](Self::recognise).
    pub(crate) async fn recognise_any(&mut self, number: u32) -> Result<Own> {
        if !self.setup.leave.only_corpus {
            return Err(Stop::NotRun("other mail is in the maildrop"));
        }
        self.read_own(number).await?.ok_or(Stop::NotRun("a message of the maildrop was not recognised"))
    }

    async fn read_own(&mut self, number: u32) -> Result<Option<Own>> {
        if !self.setup.leave.delete {
            return Err(Stop::NotRun("no leave to remove own messages"));
        }
        let before = self.size_of(number).await?;
        let body = self.body(format!("RETR {number}")).await?;
        let after = self.size_of(number).await?;
        let message = body.unstuffed();
        let whole = || corpus::named(&message).filter(|(name, _)| known::is_whole(name, &message));
        let found = corpus::recognised(&message).or_else(whole).filter(|(_, run)| self.is_of_this_run(*run));
        let found =
            found.filter(|(name, _)| !name.starts_with("spare-") || spare_by_subject(&message).is_some());
        // Without a marker, or not to be had outside of the mode UTF8.
        let utf8 = corpus::wire("utf8-header", self.setup.run).is_some_and(|w| w.len() as u64 == before);
        let unmarked = match body.is_ok() {
            true if message.len() < 3 => Some("empty"),
            false if utf8 => Some("utf8-header"),
            _ => None,
        };
        // Where TOP cannot say it, the size has to: some add a field when they are read.
        let same = before == after || self.facts.top == Some(true);
        let Some(name) = found.map(|(name, _)| name).or(unmarked).filter(|_| same) else { return Ok(None) };
        let is_spare = name.starts_with("spare-");
        if is_spare {
            self.guard.forget_fetched();
        }
        let own = Own { number, name, link: self.wire.link(), marks: self.guard.marks(), is_spare };
        Ok(Some(own))
    }

    /// What LIST says about the message; the control that the session is in step, and that the message is there.
    async fn size_of(&mut self, number: u32) -> Result<u64> {
        let reply = self.ask(format!("LIST {number}")).await?;
        let mut words = reply.text().split(|octet| *octet == b' ').filter(|word| !word.is_empty());
        let (shown, octets) = (words.next().and_then(form::number), words.next().and_then(form::number));
        match octets {
            Some(octets) if reply.is_ok() && shown == Some(number.into()) => Ok(octets),
            _ if reply.is_err() => Err(Stop::NotRun("a message is not where the survey found it")),
            _ => Err(Stop::Control(format!("LIST {number} does not show number and size"))),
        }
    }

    /// Sends DELE for an own message.
    ///
    /// # Errors
    ///
    /// [`Stop`] if no reply comes, if the session is out of step, or if the message was recognised in another
    /// session or before another DELE.
    pub(crate) async fn dele(&mut self, own: &Own) -> Result<Reply> {
        if own.link != self.wire.link() || own.marks != self.guard.marks() {
            return Err(Stop::Control("an own message has to be recognised anew before DELE".into()));
        }
        // A message whose dots are not stuffed can hold what looks like replies; the real ones come late then.
        if own.is_spare && !(self.wire.unread().is_empty() && self.quiet().await.is_empty()) {
            return Err(Stop::Control("out of step: replies come that nobody has asked for".into()));
        }
        self.guard.permit(own.is_spare);
        let reply = self.ask(format!("DELE {}", own.number)).await;
        self.guard.permit(false);
        reply
    }

    /// Sends DELE once more for the message that has just been marked. If something can be seen under its number,
    /// that has to be an own message. Such a session cannot end by QUIT.
    ///
    /// # Errors
    ///
    /// As [`dele`](Self::dele), and [`Stop::NotRun`] if another message has got the number.
    pub(crate) async fn dele_again(&mut self, own: &Own) -> Result<Reply> {
        if own.link != self.wire.link() || own.marks.saturating_add(1) != self.guard.marks() {
            return Err(Stop::Control("the message was not marked just now".into()));
        }
        let list = self.ask(format!("LIST {}", own.number)).await?;
        // Some show what is marked as a message of no octets.
        let gone = list.is_err() || list.text().ends_with(b" 0");
        if !gone {
            let seen = self.recognise(own.number).await?;
            self.guard.taint();
            return self.dele(&seen).await;
        }
        self.ask(format!("DELE {}", own.number)).await
    }
}
