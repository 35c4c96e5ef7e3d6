//! Those parts of a session that take more than one step: logins and messages.

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

/// The user whose mail a guest (ANONYMOUS) sees.
const GUEST: &str = "anonymous";
/// How many bytes are queued before they are written, so that a write is worth its cost.
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
    /// The exchange has failed, and that was counted, but the end of it has not come yet.
    failed: bool,
}

impl<'s, S: AsyncWrite + Unpin> Session<'s, S> {
    pub(crate) fn new(app: &'s App, io: &'s mut S, server: Server, log: &'s mut SessionLog) -> Self {
        let exchange = Exchange::new(Vec::new());
        let texts = languages::ALL[0].texts;
        Self { app, io, server, log, tx: Outbox::with_max(WRITE), texts, exchange, failed: false }
    }

    /// Sends what is queued, and gives up a client that does not take it in time.
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

    /// Waits if there were failed logins from this address. `false` if the wait would be too long.
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

    /// Logs in with USER and PASS, or with APOP.
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

    /// Prepares for an exchange with this mechanism.
    pub(crate) fn start(&mut self, mechanism: &[u8]) -> anyhow::Result<()> {
        self.log.method = Some(mechanism.to_ascii_uppercase().escape_ascii().to_string());
        let nonce = crypto::nonce()?;
        let mut channel = Channel::new(&self.app.settings.hostname);
        channel.nonce = Some(nonce);
        let tls = self.log.tls.as_ref();
        // If no -PLUS mechanism is offered, the bindings stay out. Otherwise a client that could bind, and
        // sees no -PLUS, would count as deceived by somebody in the middle.
        let plus = self.server.config().mechanisms.as_slice().iter().any(|one| one.name.ends_with("-PLUS"));
        let bindings = tls.filter(|_| plus).map(|tls| tls.bindings()).unwrap_or_default();
        channel.bindings = &bindings;
        channel.external = tls.and_then(|tls| self.app.certified(tls));
        channel.fake_key = &self.app.tls.secret;
        self.failed = false;
        self.exchange = Exchange::new(vec![0; SASL_MEMORY]);
        if let Err(why) = self.exchange.start(mechanism, &channel) {
            // The exchange then fails at its first step, and the client is not told why.
            error!(method = self.log.method, "AUTH cannot start: {why}");
        }
        Ok(())
    }

    pub(crate) async fn exchange(&mut self, response: Option<Base64<'_>>, reply: Ticket<kind::Sasl>) {
        let opened = match login::exchange(self.app, &mut self.exchange, response).await {
            Next::Challenge(data) => {
                // If the challenge does not fit the output, the crate refuses the command itself.
                let _ = reply.challenge(&mut self.server, &mut self.tx, &data);
                return;
            }
            Next::Failed(data) => {
                // The failure is counted now, because the client may not come back for the end of the
                // exchange.
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

    /// Answers a login of any kind. If it is refused, the maildrop has been closed and its lock released
    /// before.
    fn finish<K: kind::Admits>(&mut self, opened: Result<Mailbox, Refusal>, reply: Ticket<K>) {
        match opened {
            Ok(mailbox) => reply.accept(&mut self.server, &mut self.tx, mailbox, self.texts.welcome),
            Err(why) => reply.err(&mut self.server, &mut self.tx, why.code, why.text),
        }
    }

    /// Refuses wrong credentials. The log may say more than the client is told.
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

    /// Lets a user in whose credentials were right.
    async fn enter(&mut self, user: &str) -> Result<Mailbox, Refusal> {
        let app = self.app;
        app.login_succeeded(self.network());
        let delay = app.delay_of(user);
        let too_early = Refusal { code: Code::LoginDelay, text: self.texts.too_early, error: None };
        // The login delay is checked before the maildrop is read, and noted once it is open.
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

    /// Answers RETR or TOP, with a message of any size in constant memory.
    pub(crate) async fn send_message(
        &mut self,
        number: MsgNo,
        reply: Ticket<kind::Body>,
    ) -> anyhow::Result<()> {
        let opened = match self.server.index() {
            Some(mailbox) => mailbox.message(number).await,
            None => Err(std::io::ErrorKind::NotFound.into()),
        };
        // A message that cannot be read at all is refused, and the client can go on with the next.
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
            // What is queued goes out together with what follows: the next piece, or the final dot. An error
            // from here on cuts the connection, so that the client sees a message without an end.
            message.read().await.with_context(|| format!("message {number}"))?;
        }
        body.end(&mut self.server);
        self.log.retrieved += 1;
        Ok(())
    }
}
