//! Sends commands: one line each, with one entry in the queue.

use super::calls::Client;
use super::capabilities::Knowledge;
use super::error::SendError;
use super::event::Id;
use super::queue::Asked;
use super::reader::Reading;
use crate::base64;
use crate::buf::Output;
use crate::encode;
use crate::limits::ARGUMENT;
use crate::types::{Command, Security};
use crate::word::has_control;

impl<const Q: usize> Client<Q> {
    /// Appends a command to `out`, which you then flush. Its reply comes with the returned id.
    ///
    /// The reply to an [`Other`](Command::Other) verb is taken to be one line; for a longer reply see
    /// [`send_multiline`](Self::send_multiline).
    ///
    /// # Errors
    ///
    /// [`SendError`] if the command cannot be sent. Nothing was written then.
    pub fn send(&mut self, command: &Command<'_>, out: &mut impl Output) -> Result<Id, SendError> {
        match *command {
            Command::User(text) => self.may_log_in_with(text)?,
            Command::Pass(text) => self.may_log_in_with(text.expose())?,
            Command::Apop { name, .. } => self.may_log_in_with(name)?,
            _ => {}
        }
        let asked = Asked::by(command);
        let id = self.send_as(asked, out, |out| Ok(encode::command(command, out)?))?;
        if matches!(asked, Asked::Scan | Asked::Uid) {
            self.reader.queue.remember(id, command);
        }
        Ok(id)
    }

    /// Like [`send`](Self::send), for a verb that the crate does not know and whose `+OK` is followed by a
    /// body. The body comes as [`Part::Data`](super::Part::Data).
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send), and [`SendError::BadArgument`] for any command that the crate knows.
    pub fn send_multiline(&mut self, command: &Command<'_>, out: &mut impl Output) -> Result<Id, SendError> {
        if !matches!(command, Command::Other { .. }) {
            return Err(SendError::BadArgument);
        }
        self.send_as(Asked::OtherBody, out, |out| Ok(encode::command(command, out)?))
    }

    /// Appends AUTH. `initial` is the initial response before base64. `Some` of no bytes is sent as `=`
    /// (RFC 5034 section 4).
    ///
    /// # Errors
    ///
    /// Those of [`send`](Self::send). If it is [`SendError::TooLong`] (the line is longer than 255 octets, or
    /// the response longer than 40 for a server that refused CAPA), send `None`, and send the response after
    /// the empty challenge.
    pub fn auth(
        &mut self,
        mechanism: &str,
        initial: Option<&[u8]>,
        out: &mut impl Output,
    ) -> Result<Id, SendError> {
        if initial.is_some_and(|data| self.is_long(base64::encoded_len(data.len()))) {
            return Err(SendError::TooLong);
        }
        self.send_as(Asked::Auth, out, |out| Ok(encode::auth(mechanism.as_bytes(), initial, out)?))
    }

    /// Answers a challenge. Empty `data` is the empty response.
    ///
    /// # Errors
    ///
    /// [`SendError::NotNow`] if there is no challenge. [`SendError::Full`] if the line does not fit into the
    /// room of `out`: flush it, and make sure that it has room for the longest response.
    pub fn respond(&mut self, data: &[u8], out: &mut impl Output) -> Result<(), SendError> {
        let len = base64::encoded_len(data.len()).saturating_add(2);
        self.answer(len, out, |out| base64::put(data, out))
    }

    /// Cancels the exchange with `*`. The server answers `-ERR`.
    ///
    /// # Errors
    ///
    /// Those of [`respond`](Self::respond).
    pub fn cancel(&mut self, out: &mut impl Output) -> Result<(), SendError> {
        self.answer(b"*\r\n".len(), out, |out| out.put(b"*"))
    }

    /// Whether a command can be sent now. Commands go out one at a time, until the server announces
    /// PIPELINING and [`with_pipelining`](Self::with_pipelining) allows it. Nothing can be sent after USER,
    /// PASS, APOP, AUTH, STLS, LANG with a range, QUIT or an unknown verb until it is answered. AUTH and STLS
    /// themselves can be sent only while no command waits for an answer.
    #[must_use]
    pub fn can_send(&self) -> bool {
        self.ready().is_ok()
    }

    fn ready(&self) -> Result<(), SendError> {
        if self.has_failed() {
            return Err(SendError::NotNow);
        }
        match &self.reader.reading {
            Reading::Greeting | Reading::Challenged | Reading::Closed { .. } => {
                return Err(SendError::NotNow);
            }
            Reading::Status
            | Reading::Listing
            | Reading::FirstLine
            | Reading::Body(_)
            | Reading::LfBody(_) => {}
        }
        let pipelining = self.settings.pipelining && self.reader.capabilities.pipelining();
        match self.reader.queue.back() {
            None => Ok(()),
            Some(Asked::Auth) => Err(SendError::NotNow),
            Some(last) if !pipelining || last.closes() || self.reader.queue.is_full() => Err(SendError::Busy),
            Some(_) => Ok(()),
        }
    }

    /// Whether this can be sent as a name or a password with USER, PASS and APOP.
    pub(crate) fn may_log_in_with(&self, argument: &[u8]) -> Result<(), SendError> {
        if argument.is_empty() || has_control(argument) {
            return Err(SendError::BadArgument);
        }
        if !argument.is_ascii() && !self.reader.capabilities.utf8_user() && !self.settings.eight_bit_logins {
            return Err(SendError::NotAscii);
        }
        if self.is_long(argument.len()) { Err(SendError::TooLong) } else { Ok(()) }
    }

    /// Whether an argument is too long for a server that is older than RFC 2449.
    fn is_long(&self, argument: usize) -> bool {
        let old = self.reader.capabilities.knowledge() == Knowledge::Refused;
        old && argument > ARGUMENT && !self.settings.long_arguments
    }

    fn send_as<O: Output>(
        &mut self,
        asked: Asked,
        out: &mut O,
        write: impl FnOnce(&mut O) -> Result<(), SendError>,
    ) -> Result<Id, SendError> {
        self.ready()?;
        match asked {
            Asked::Stls if self.security == Security::Tls || self.reader.utf8 => {
                return Err(SendError::NotNow);
            }
            // The answers to STLS and AUTH decide how the bytes after them are read.
            Asked::Stls | Asked::Auth if !self.reader.queue.is_empty() => return Err(SendError::Busy),
            _ => {}
        }
        write(out)?;
        self.reader.deleted |= asked == Asked::Dele;
        Ok(self.reader.queue.push(asked))
    }

    fn answer<O: Output>(
        &mut self,
        len: usize,
        out: &mut O,
        write: impl FnOnce(&mut O) -> Result<(), crate::buf::Full>,
    ) -> Result<(), SendError> {
        if !matches!(self.reader.reading, Reading::Challenged) {
            return Err(SendError::NotNow);
        }
        if len > out.room() {
            return Err(SendError::Full);
        }
        write(out).and_then(|()| out.put(b"\r\n")).map_err(|_| SendError::Full)?;
        self.reader.reading = Reading::Status;
        Ok(())
    }
}
