//! One connection: the client session from the crate, a socket, and the two buffers between them.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use pop3_programs_common::console;
use pop3_programs_common::words::{Masks, shown};
use pop3_proto::client::{Client, Event, Need, Part, Profile, ProtocolError};
use pop3_proto::login::{self, Login};
use pop3_proto::{Deviation, FixedBuf, Security};
use rustls::ClientConfig;
use zeroize::Zeroize as _;

use crate::account::Account;
use crate::answers;
use crate::failure::{Failure, Kind};
use crate::heard::Heard;
use crate::limits::Limits;
use crate::options;
use crate::secrets::Secrets;
use crate::socket::Socket;
use crate::step::Steps;
use crate::stream::Stream;
use crate::transcript::Transcript;

/// The most commands on the way at once: this many RETR fit into one packet, and the server always has work.
const PIPELINE: usize = 64;
/// How long the answer to QUIT may take when nothing depends on it.
const QUIT: Duration = Duration::from_secs(10);
/// The most events in a row, other than those of listings and messages, that a server may send without being
/// asked.
const CHATTER: u32 = 100_000;

pub(crate) struct Connection {
    stream: Stream,
    pub(crate) client: Client<PIPELINE>,
    rx: Box<FixedBuf<{ 128 * 1024 }>>,
    pub(crate) tx: Vec<u8>,
    transcript: Option<Transcript>,
    limits: Limits,
    /// How long the server may be silent at QUIT.
    quit: Duration,
    chatter: u32,
    steps: Steps,
    masks: Masks,
    heard: Heard,
    /// Whether the last read waited in vain.
    silent: bool,
}

impl Connection {
    /// Connects, and makes the TLS handshake if the account says TLS from the start.
    pub(crate) fn open(
        account: &Account,
        secrets: &Secrets,
        tls: &Arc<ClientConfig>,
        transcript: Option<Transcript>,
        limits: Limits,
    ) -> Result<Self, Failure> {
        let socket = Socket::connect(&account.host, account.port, limits);
        let socket = socket.map_err(|error| {
            Kind::Network
                .because(format_args!("connecting to {}, port {}", account.host, account.port), error)
        })?;
        let mut connection = Self {
            stream: Stream::Plain(socket),
            client: client(account, Security::Plain),
            rx: Box::new(FixedBuf::new()),
            tx: Vec::new(),
            transcript,
            limits,
            quit: limits.timeout.min(QUIT),
            chatter: 0,
            steps: Steps::new(),
            masks: secrets.masks(),
            heard: Heard::default(),
            silent: false,
        };
        if account.security == options::Security::Tls {
            connection.log(Transcript::inside_tls_from_the_start)?;
            connection.stream = connection.stream.secure(tls, &account.host, options::Security::Tls)?;
            connection.client = client(account, Security::Tls);
        }
        Ok(connection)
    }

    /// Goes on inside TLS, after `+OK` to STLS.
    pub(crate) fn start_tls(mut self, tls: &Arc<ClientConfig>, host: &str) -> Result<Self, Failure> {
        let handover = self.client.handover().ok_or_else(|| Kind::Protocol.because("STLS", "no answer"))?;
        self.client =
            handover.secured(self.rx.bytes()).map_err(|error| Kind::Protocol.because("STLS", error))?;
        self.log(Transcript::handshake)?;
        self.stream = self.stream.secure(tls, host, options::Security::Stls)?;
        Ok(self)
    }

    /// The channel binding, which only the two ends of this TLS connection can know (RFC 9266).
    pub(crate) fn tls_exporter(&self) -> Option<[u8; 32]> {
        self.stream.tls_exporter()
    }

    /// The next event, or `None` at the end of the connection. The event borrows the receive buffer, so the
    /// connection is free again once the event has been handled.
    pub(crate) fn next(&mut self) -> Result<Option<Event<'_>>, Failure> {
        while self.client.poll(self.rx.unread()) == Need::Input {
            self.flush()?;
            match self.read()? {
                0 => return Ok(None),
                n => self.rx.commit(n),
            }
        }
        self.heard.line(self.rx.bytes());
        let event = self.client.receive(self.rx.unread()).map_err(|error| {
            Kind::Protocol.because(self.steps.current(), self.heard.broken(error, &self.steps, &self.masks))
        })?;
        match event {
            Event::Reply { part: Part::Data(_) | Part::ScanItem(_) | Part::UidItem(_), .. } => {}
            _ if self.chatter == CHATTER => {
                return Err(Kind::Protocol.because(self.steps.current(), "the server does not stop talking"));
            }
            _ => self.chatter += 1,
        }
        self.heard.event(&event);
        if self.steps.heard(&event)
            && let Some(socket) = self.stream.socket()
        {
            let patience = if self.steps.is_quit() { self.quit } else { self.limits.timeout };
            socket.begin(patience);
        }
        Ok(Some(event))
    }

    /// Drops lines that the server sent while no command was waiting for an answer.
    pub(crate) fn skip_unasked(&mut self) -> Result<(), Failure> {
        while self.unasked()?.is_some() {}
        Ok(())
    }

    /// The next line that the server sent while no command was waiting for an answer, if one is there.
    pub(crate) fn unasked(&mut self) -> Result<Option<Event<'_>>, Failure> {
        let is_there = self.client.is_idle()
            && !self.rx.bytes().is_empty()
            && self.client.poll(self.rx.unread()) == Need::Event;
        if !is_there {
            return Ok(None);
        }
        Ok(self.next()?.filter(|event| matches!(event, Event::Unsolicited(_))))
    }

    /// What a failure of [`next`](Self::next) means for a login: whether to connect once more.
    pub(crate) fn judged_by(&self, login: &mut Login<'_, Vec<u8>>) -> Option<login::Failure> {
        let failure = match self.client.end_of_input() {
            _ if self.silent => login.timed_out(),
            Err(error @ (ProtocolError::Status | ProtocolError::Deviation(_))) => login.protocol_error(error),
            _ => return None,
        };
        Some(failure).filter(|failure| failure.retry.is_some())
    }

    /// The failure to report when the connection has ended.
    pub(crate) fn ended(&mut self) -> Failure {
        self.heard.line(self.rx.bytes());
        let why = self.heard.ended(&self.client, &self.steps, &self.masks);
        Kind::Network.because(self.steps.current(), why)
    }

    /// QUIT has to be answered, because messages are marked as deleted. That may take long.
    pub(crate) const fn insist_on_quit(&mut self) {
        self.quit = self.limits.timeout;
    }

    /// Whether the greeting has come, and nothing has been sent.
    pub(crate) fn is_new(&self) -> bool {
        self.steps.is_new()
    }

    pub(crate) fn awaits_greeting(&self) -> bool {
        self.steps.is_greeting()
    }

    /// What the server said last without being asked; empty if it said nothing.
    pub(crate) fn goodbye(&self) -> String {
        self.heard.goodbye(&self.masks)
    }

    /// The step that was answered last.
    pub(crate) fn last_step(&self) -> &str {
        self.steps.last()
    }

    pub(crate) const fn has_quit(&self) -> bool {
        self.steps.has_quit()
    }

    /// The words of the last refusal, with its response code.
    pub(crate) fn refusal(&self) -> String {
        self.heard.refusal(&self.masks)
    }

    /// The words, fit to be shown.
    pub(crate) fn shown(&self, words: &[u8]) -> String {
        shown(words, &self.masks)
    }

    fn read(&mut self) -> Result<usize, Failure> {
        let read = self.stream.read(self.rx.space());
        match read {
            Ok(n) => {
                if let Some(transcript) = &mut self.transcript {
                    let written = transcript.received(self.rx.space().get(..n).unwrap_or_default());
                    written.map_err(|error| Kind::Disk.because("--transcript", error))?;
                }
                Ok(n)
            }
            // TLS that is cut off without its closing alert, and a reset, are ends like any other, because the
            // session knows what was still due.
            Err(error)
                if matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset) =>
            {
                Ok(0)
            }
            Err(error) => {
                self.silent = error.kind() == io::ErrorKind::TimedOut;
                let hint = if self.silent && self.steps.is_greeting() {
                    self.heard.silent(self.client.security())
                } else {
                    ""
                };
                Err(Kind::Network.because(self.steps.current(), format_args!("{error}{hint}")))
            }
        }
    }

    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        if self.tx.is_empty() {
            return Ok(());
        }
        self.chatter = 0;
        for line in self.tx.split(|octet| *octet == b'\n') {
            if let Some(secret) = answers::secret(line.trim_ascii_end()) {
                self.masks.add(&secret);
            }
        }
        let was_idle = self.steps.is_idle();
        self.steps.sent(&self.tx);
        if was_idle && let Some(socket) = self.stream.socket() {
            socket.begin(if self.steps.is_quit() { self.quit } else { self.limits.timeout });
        }
        let sent = self.stream.write_all(&self.tx).and_then(|()| self.stream.flush());
        match sent {
            // The server has closed. What it said before that is still there to be read.
            Err(error)
                if matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) => {}
            sent => sent.map_err(|error| Kind::Network.because(self.steps.current(), error))?,
        }
        let octets = std::mem::take(&mut self.tx);
        self.log(|transcript| transcript.sent(&octets))?;
        self.tx = octets;
        self.tx.zeroize();
        Ok(())
    }

    fn log(&mut self, write: impl FnOnce(&mut Transcript) -> io::Result<()>) -> Result<(), Failure> {
        match self.transcript.as_mut().map(write) {
            Some(Err(error)) => Err(Kind::Disk.because("--transcript", error)),
            _ => Ok(()),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.stream.close();
        if self.log(Transcript::finish).is_err() {
            console::err(format_args!("pop3get: the transcript is not complete"));
        }
    }
}

fn client(account: &Account, security: Security) -> Client<PIPELINE> {
    // The user knows which names and passwords this server takes, so long and 8-bit ones are sent.
    let profile = match account.options.bare_lf {
        true => Profile::LENIENT.accept(Deviation::BareLfBody),
        false => Profile::LENIENT,
    };
    Client::with_queue(profile, security)
        .with_pipelining(!account.options.no_pipelining)
        .with_long_arguments(true)
        .with_eight_bit_logins(true)
}
