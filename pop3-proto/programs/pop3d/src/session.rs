//! The longer answers of a session: logins and messages.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use pop3_proto::limits::SASL_MEMORY;
use pop3_proto::sasl::Channel;
use pop3_proto::sasl::server::{Cause, Exchange};
use pop3_proto::server::{self, Config, Credentials, Fill, Ticket, kind};
use pop3_proto::{Base64, Code, MsgNo, Outbox};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tracing::field::display;
use tracing::{error, warn};

use crate::app::App;
use crate::languages::Texts;
use crate::login::Next;
use crate::session_log::SessionLog;
use crate::store::{Mailbox, Refusal};
use crate::{crypto, guard, languages, login};

/// The user whose mail guests see.
const GUEST: &str = "anonymous";
/// Octets that are queued before a flush: as many as make a write worth its while.
const WRITE: usize = 64 * 1024;

pub(crate) type Server = server::Server<Arc<Config>, Mailbox>;

pub(crate) struct Session<'s, S> {
    app: &'s App,
    pub(crate) io: &'s mut S,
    pub(crate) server: Server,
    pub(crate) log: &'s mut SessionLog,
    pub(crate) tx: Outbox,
    pub(crate) texts: &'static Texts,
    exchange: Exchange<Vec<u8>>,
    /// The exchange has failed and was counted; its end is still to come.
    failed: bool,
}

impl<'s, S: AsyncWrite + Unpin> Session<'s, S> {
    pub(crate) fn new(app: &'s App, io: &'s mut S, server: Server, log: &'s mut SessionLog) -> Self {
        let exchange = Exchange::new(Vec::new());
        let texts = languages::ALL[0].texts;
        Self { app, io, server, log, tx: Outbox::with_max(WRITE), texts, exchange, failed: false }
    }

    /// Sends what is queued. A client that does not take it in time is given up.
    pub(crate) async fn flush(&mut self) -> anyhow::Result<()> {
        let octets = self.tx.bytes();
        if !octets.is_empty() {
            let written = timeout(Duration::from_secs(self.app.limits().write), async {
                self.io.write_all(octets).await?;
                self.io.flush().await
            });
            written.await.context("the client does not read")?.context("writing")?;
            self.log.sent += octets.len() as u64;
            self.tx.clear();
        }
        Ok(())
    }

    /// Who failed before waits. `false` if that would be too long.
    pub(crate) async fn wait_for_turn(&self, stopping: &mut watch::Receiver<()>) -> anyhow::Result<bool> {
        let Some(turn) = self.app.turn(self.network()) else { return Ok(false) };
        let wait = turn.duration_since(self.app.now());
        tokio::select! {
            () = sleep(wait) => Ok(true),
            _ = stopping.changed() => anyhow::bail!("stopping"),
        }
    }

    pub(crate) fn come_back_later<K: kind::Kind>(&mut self, reply: Ticket<K>) {
        reply.err(&mut self.server, &mut self.tx, Code::SysTemp, self.texts.too_many_failures);
    }

    /// USER and PASS, or APOP.
    pub(crate) async fn log_in(&mut self, credentials: Credentials<'_>, reply: Ticket<kind::Login>) {
        self.failed = false;
        let (method, user) = match credentials {
            Credentials::Password(password) => {
                let name = self.server.user().unwrap_or_default();
                ("USER", login::password(self.app, name, password.expose()).await)
            }
            Credentials::Apop(digest) => ("APOP", login::apop(self.app, &self.server, &digest)),
        };
        self.log.method = Some(method.to_owned());
        let opened = match user {
            None => Err(self.refusal(None)),
            Some(user) => self.enter(&user).await,
        };
        self.finish(opened, reply);
    }

    /// Makes ready for an exchange with that mechanism.
    pub(crate) fn start(&mut self, mechanism: &[u8]) -> anyhow::Result<()> {
        self.log.method = Some(mechanism.to_ascii_uppercase().escape_ascii().to_string());
        let nonce = crypto::nonce()?;
        let mut channel = Channel::new(&self.app.settings.hostname);
        channel.nonce = Some(nonce);
        let tls = self.log.tls.as_ref();
        // A client that knows how to bind the channel, and sees no -PLUS, must not be taken for one that was deceived.
        let plus = self.server.config().mechanisms.as_slice().iter().any(|one| one.name.ends_with("-PLUS"));
        let bindings = tls.filter(|_| plus).map(|tls| tls.bindings()).unwrap_or_default();
        channel.bindings = &bindings;
        channel.external = tls.and_then(|tls| self.app.certified(tls));
        channel.fake_key = &self.app.tls.secret;
        self.failed = false;
        self.exchange = Exchange::new(vec![0; SASL_MEMORY]);
        if let Err(why) = self.exchange.start(mechanism, &channel) {
            // It fails at its first step, and the client is told no more than that.
            error!(method = self.log.method, "AUTH cannot start: {why}");
        }
        Ok(())
    }

    pub(crate) async fn exchange(&mut self, response: Option<Base64<'_>>, reply: Ticket<kind::Sasl>) {
        let opened = match login::exchange(self.app, &mut self.exchange, response).await {
            Next::Challenge(data) => {
                // One that does not fit the output is refused by the server itself.
                let _ = reply.challenge(&mut self.server, &mut self.tx, &data);
                return;
            }
            Next::Failed(data) => {
                // Counted now: the client need not come back for the end.
                self.failed = true;
                self.count_failure(None);
                let _ = reply.challenge(&mut self.server, &mut self.tx, &data);
                return;
            }
            Next::In(user) => self.enter(&user).await,
            Next::Guest => self.open(GUEST).await.inspect(|_| self.server.set_read_only(true)),
            Next::No(cause) => Err(self.refusal(cause)),
        };
        self.exchange = Exchange::new(Vec::new());
        self.finish(opened, reply);
    }

    /// Answers a login of any kind. Where it is refused, the maildrop is closed already and its lock released.
    fn finish<K: kind::Admits>(&mut self, opened: Result<Mailbox, Refusal>, reply: Ticket<K>) {
        match opened {
            Ok(mailbox) => reply.accept(&mut self.server, &mut self.tx, mailbox, self.texts.welcome),
            Err(why) => reply.err(&mut self.server, &mut self.tx, why.code, why.text),
        }
    }

    /// The credentials were wrong. The log may know more than the client.
    fn refusal(&self, cause: Option<Cause>) -> Refusal {
        if !self.failed {
            self.count_failure(cause);
        }
        Refusal { code: Code::Auth, text: self.texts.wrong, error: None }
    }

    fn count_failure(&self, cause: Option<Cause>) {
        let cause = cause.map(display);
        warn!(client = %self.log.client, method = self.log.method, cause, "login failed");
        self.app.login_failed(self.network());
    }

    fn network(&self) -> IpAddr {
        guard::network(self.log.address())
    }

    /// The credentials were right.
    async fn enter(&mut self, user: &str) -> Result<Mailbox, Refusal> {
        let app = self.app;
        app.login_succeeded(self.network());
        let delay = app.delay_of(user);
        let too_early = Refusal { code: Code::LoginDelay, text: self.texts.too_early, error: None };
        // Asked before the maildrop is read, and noted when it is open.
        if app.delays().until(&user.to_owned(), app.now()).is_some() {
            return Err(too_early);
        }
        let mailbox = self.open(user).await?;
        if app.delays().login(user.to_owned(), delay, app.now()).is_err() {
            self.log.user = None;
            return Err(too_early);
        }
        if self.server.config().login_delay.is_some() {
            self.server.set_login_delay(delay.as_secs());
        }
        let address = self.log.address();
        if let Some(relay) = app.relay.as_ref().filter(|_| !address.is_unspecified()) {
            relay.open(address, app.now());
        }
        Ok(mailbox)
    }

    /// Opens the maildrop of that user.
    async fn open(&mut self, user: &str) -> Result<Mailbox, Refusal> {
        let mailbox = self.app.store.open(user, self.texts).await.inspect_err(|refusal| {
            if let Some(cause) = &refusal.error {
                error!(user, "opening the maildrop: {cause:#}");
            }
        })?;
        self.server.set_read_only(self.app.is_read_only());
        self.log.user = Some(user.to_owned());
        Ok(mailbox)
    }

    /// RETR and TOP: a message of any size in constant memory.
    pub(crate) async fn send_message(
        &mut self,
        number: MsgNo,
        reply: Ticket<kind::Body>,
    ) -> anyhow::Result<()> {
        let opened = match self.server.index() {
            Some(mailbox) => mailbox.message(number).await,
            None => Err(std::io::ErrorKind::NotFound.into()),
        };
        // What cannot be read at all is refused, and the client goes on with the next.
        let opened = match opened {
            Ok(mut message) => message.read().await.map(|()| message),
            Err(cause) => Err(cause),
        };
        let mut message = match opened {
            Ok(message) => message,
            Err(cause) => {
                warn!(user = self.log.user, "message {number}: {cause}");
                reply.err(&mut self.server, &mut self.tx, Code::SysTemp, self.texts.no_message);
                return Ok(());
            }
        };
        let mut body = reply.begin(&mut self.server, &mut self.tx, self.texts.message);
        while !body.is_enough() && !message.piece().is_empty() {
            let mut rest = message.piece();
            while body.fill(&mut rest, &mut self.tx) == Fill::Flush {
                self.flush().await?;
            }
            // What is queued goes out together with what follows: the next piece, or the dot.
            // Whatever fails from here on cuts the connection, and the client sees a message without an end.
            message.read().await.with_context(|| format!("message {number}"))?;
        }
        body.end(&mut self.server);
        self.log.retrieved += 1;
        Ok(())
    }
}
