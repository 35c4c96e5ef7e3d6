//! Those parts of a session that take more than one step: logins and messages.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use pop3_proto::limits::SASL_MEMORY;
use pop3_proto::sasl::Channel;
use pop3_proto::sasl::server::{Cause, Exchange};
use pop3_proto::server::{self, Config, Credentials, Fill, Ticket, kind};
use pop3_proto::{Base64, Code, MsgNo, Outbox};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;
use tracing::field::display;
use tracing::{error, warn};

use crate::app::App;
use crate::attempts::Attempt;
use crate::guard::Place;
use crate::languages::Texts;
use crate::login::Next;
use crate::session_log::{SessionLog, escaped};
use crate::store::{Mailbox, Message, Refusal};
use crate::{crypto, languages, login};

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
    place: &'s Place,
    exchange: Exchange<Vec<u8>>,
    attempt: Attempt,
    /// The exchange has failed, and that was counted, but the end of it has not come yet.
    failed: bool,
}

impl<'s, S: AsyncWrite + Unpin> Session<'s, S> {
    pub(crate) fn new(
        app: &'s App,
        io: &'s mut S,
        server: Server,
        log: &'s mut SessionLog,
        place: &'s Place,
    ) -> Self {
        let attempt = Attempt::default();
        let exchange = Exchange::new(Vec::new());
        let texts = languages::ALL[0].texts;
        let tx = Outbox::with_max(WRITE);
        Self { app, io, server, log, tx, texts, place, exchange, attempt, failed: false }
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

    /// Logs in with USER and PASS, or with APOP.
    pub(crate) async fn log_in(&mut self, credentials: Credentials<'_>, reply: Ticket<kind::Login>) {
        (self.failed, self.attempt) = (false, Attempt::default());
        let client = self.log.address();
        let (method, next) = match credentials {
            Credentials::Password(password) => {
                let (name, password) = (self.server.user().unwrap_or_default(), password.expose());
                ("USER", login::password(self.app, client, name, password, &mut self.attempt).await)
            }
            Credentials::Apop(digest) => {
                ("APOP", login::apop(self.app, client, &self.server, &digest, &mut self.attempt).await)
            }
        };
        self.log.method = Some(method.to_owned());
        let opened = self.end(next).await;
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
        channel.fake_key = &self.app.secret;
        (self.failed, self.attempt) = (false, Attempt::default());
        self.exchange = Exchange::new(vec![0; SASL_MEMORY]);
        if let Err(why) = self.exchange.start(mechanism, &channel) {
            // The exchange then fails at its first step, and the client is not told why.
            error!(method = self.log.method, "AUTH cannot start: {}", escaped(&why));
        }
        Ok(())
    }

    pub(crate) async fn exchange(&mut self, response: Option<Base64<'_>>, reply: Ticket<kind::Sasl>) {
        let client = self.log.address();
        let next = login::exchange(self.app, client, &mut self.exchange, response, &mut self.attempt).await;
        let opened = match next {
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
            end => self.end(end).await,
        };
        self.exchange = Exchange::new(Vec::new());
        self.finish(opened, reply);
    }

    /// What follows from the end of a login.
    async fn end(&mut self, next: Next) -> Result<Mailbox, Refusal> {
        match next {
            Next::In(user) => self.enter(&user).await,
            // A guest has shown nothing, so a guest is still asked to leave when somebody needs the place.
            Next::Guest => self.open(GUEST).await.inspect(|_| self.server.set_read_only(true)),
            Next::Later => {
                Err(Refusal { code: Code::SysTemp, text: self.texts.too_many_failures, error: None })
            }
            Next::Away(error) => {
                error!("looking for a user: {}", escaped(&format!("{error:#}")));
                Err(Refusal { code: Code::SysTemp, text: self.texts.no_maildrop, error: Some(error) })
            }
            Next::No(cause) => Err(self.refusal(cause)),
            Next::Challenge(_) | Next::Failed(_) => Err(self.refusal(None)),
        }
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
        self.app.attempts.failed(&self.attempt);
    }

    /// Lets a user in whose credentials were right.
    async fn enter(&mut self, user: &str) -> Result<Mailbox, Refusal> {
        let app = self.app;
        app.attempts.succeeded(&self.attempt, user);
        let delay = app.delay_of(user);
        let too_early = Refusal { code: Code::LoginDelay, text: self.texts.too_early, error: None };
        // The login delay is checked before the maildrop is read, and noted once it is open.
        if app.delays().until(&user.to_owned(), app.now()).is_some() {
            return Err(too_early);
        }
        let mailbox = self.open(user).await?;
        if app.delays().login(user.to_owned(), delay, app.now()).is_err() {
            self.log.user = None;
            self.place.belongs_to_nobody();
            return Err(too_early);
        }
        if self.server.config().login_delay.is_some() {
            self.server.set_login_delay(delay.as_secs());
        }
        self.place.keep();
        let address = self.log.address();
        if let Some(relay) = app.relay.as_ref().filter(|_| !address.is_unspecified()) {
            relay.open(address, app.now());
        }
        Ok(mailbox)
    }

    /// Opens the maildrop of that user, unless the user has too many connections already: without a lock that waits
    /// for them, as where no mail has come yet, they could take the places of all others.
    async fn open(&mut self, user: &str) -> Result<Mailbox, Refusal> {
        if !self.place.belongs_to(user) {
            warn!(user, client = %self.log.client, "too many connections of this user");
            return Err(Refusal { code: Code::InUse, text: self.texts.too_many_sessions, error: None });
        }
        self.open_counted(user).await.inspect_err(|_| self.place.belongs_to_nobody())
    }

    async fn open_counted(&mut self, user: &str) -> Result<Mailbox, Refusal> {
        let owner = self.app.users.get(user).and_then(|user| user.uid);
        let mailbox = self.app.store.open(user, owner, self.texts).await.inspect_err(|refusal| {
            if let Some(cause) = &refusal.error {
                error!(user, "opening the maildrop: {}", escaped(&format!("{cause:#}")));
            }
        })?;
        self.server.set_read_only(self.app.is_read_only());
        self.log.user = Some(user.to_owned());
        Ok(mailbox)
    }

    async fn message(&self, number: MsgNo) -> anyhow::Result<Message> {
        match self.server.index() {
            Some(mailbox) => mailbox.message(number).await,
            None => Err(anyhow::anyhow!("no maildrop is open")),
        }
    }

    /// Answers RETR or TOP, with a message of any size in constant memory.
    pub(crate) async fn send_message(
        &mut self,
        number: MsgNo,
        reply: Ticket<kind::Body>,
    ) -> anyhow::Result<()> {
        if self.app.refuses_utf8_headers() && !self.server.is_utf8() {
            let is_ascii = match self.message(number).await {
                Ok(message) => message.has_ascii_header().await.unwrap_or(true),
                Err(_) => true, // the next attempt says why
            };
            if !is_ascii {
                reply.err(&mut self.server, &mut self.tx, Code::Utf8, self.texts.needs_utf8);
                return Ok(());
            }
        }
        let opened = self.message(number).await;
        // A message that cannot be read at all is refused, and the client can go on with the next.
        let opened = match opened {
            Ok(mut message) => message.read().await.map(|()| message).map_err(anyhow::Error::from),
            Err(cause) => Err(cause),
        };
        let mut message = match opened {
            Ok(message) => message,
            Err(cause) => {
                warn!(user = self.log.user, "message {number}: {}", escaped(&format!("{cause:#}")));
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
