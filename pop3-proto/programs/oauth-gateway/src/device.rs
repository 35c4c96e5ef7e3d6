//! The connection to a device: a server session, a socket, and the bytes that wait to be sent.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use pop3_programs_common::words::{self, Masks};
use pop3_proto::client::Part;
use pop3_proto::server::session::Session;
use pop3_proto::server::{Config, Ticket, kind};
use pop3_proto::{Code, Outbox, Security, Text};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use crate::app::App;

/// The most bytes from a device that are held at once. There is no AUTH, so the longest line is a command.
pub(crate) const WINDOW: usize = 1024;

pub(crate) struct Device<'a> {
    pub(crate) session: Session<&'a Config>,
    pub(crate) tx: Outbox,
    stream: TcpStream,
    timeout: Duration,
    /// What the real server must not be made to tell the device.
    pub(crate) masks: Arc<Masks>,
}

impl<'a> Device<'a> {
    pub(crate) fn new(app: &'a App, stream: TcpStream) -> Self {
        let session = Session::new(&app.config, Security::Plain);
        Self { session, tx: Outbox::new(), stream, timeout: app.timeout, masks: Arc::default() }
    }

    /// Sends what is queued, and gives up a device that does not take it in time.
    pub(crate) async fn flush(&mut self) -> anyhow::Result<()> {
        if !self.tx.is_empty() {
            let written = timeout(self.timeout, self.stream.write_all(self.tx.bytes())).await;
            written.context("the device does not read")?.context("writing to the device")?;
            self.tx.clear();
        }
        Ok(())
    }

    /// Reads from the device until then: how many bytes came, 0 if it is gone, `None` if it said nothing.
    pub(crate) async fn read(&mut self, space: &mut [u8], until: Instant) -> anyhow::Result<Option<usize>> {
        timeout_at(until, self.stream.read(space)).await.ok().transpose().context("reading from the device")
    }

    /// The words of the real server, without the token that they may repeat.
    pub(crate) fn shown(&self, text: Text<'_>) -> String {
        words::shown(text.as_bytes(), &self.masks)
    }

    /// Answers `-ERR`, because the real server did so or gave no answer that can be passed on.
    ///
    /// # Errors
    ///
    /// The error in `answer`: the connection to the real server is lost, so the session ends.
    pub(crate) async fn decline<K: kind::Kind>(
        &mut self,
        reply: Ticket<K>,
        answer: anyhow::Result<Part<'_>>,
    ) -> anyhow::Result<()> {
        let (code, text) = match &answer {
            Ok(Part::Err(refusal)) => (refusal.known_code(), self.shown(refusal.text)),
            Ok(_) => (Some(Code::SysTemp), "the answer of the real server cannot be read".to_owned()),
            Err(error) => {
                let words = format!("the real server: {error:#}");
                (Some(Code::SysTemp), words::shown(words.as_bytes(), &self.masks))
            }
        };
        reply.err(&mut self.session, &mut self.tx, code, &text);
        if let Err(error) = answer {
            self.flush().await?;
            return Err(error);
        }
        Ok(())
    }
}
