//! The server: one task for each connection, across STLS.

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pop3_proto::limits::SASL_MEMORY;
use pop3_proto::policy::{Claim, Throttle};
use pop3_proto::sasl::Channel;
use pop3_proto::sasl::server::{Answer, Engine as _, Exchange, Step};
use pop3_proto::server::{Config, Credentials, Event, Fill, Handover, Server, Ticket, kind};
use pop3_proto::{Base64, Code, GrowBuf, Mechanism, MsgNo, Outbox, PlaintextLeft, Security, Time};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;

use crate::accounts::{Accounts, Maildrop};

/// The longest that a TLS handshake or a write may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most connections at a time; further ones wait to be accepted.
const CONNECTIONS: usize = 64;
/// The delay after the first failed login of a user from an address, the longest, and the longest wait.
const DELAYS: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(30), Duration::from_secs(60)];

/// A server with its accounts. It lives in an `Arc`, so that a test can look at it while it serves.
pub(crate) struct MemServer {
    pub(crate) accounts: Accounts,
    config: Config,
    tls: TlsAcceptor,
    throttle: Mutex<Throttle<IpAddr, String>>,
    started: Instant,
}

impl MemServer {
    pub(crate) fn new(tls: TlsAcceptor) -> Self {
        let mut config = Config::new();
        config.stls = true;
        config.allow_plaintext_login = true; // for tests on one machine; leave it out where there is a network
        config.utf8_user = true;
        config.mechanisms = [Mechanism::OAUTHBEARER, Mechanism::XOAUTH2, Mechanism::PLAIN, Mechanism::LOGIN]
            .into_iter()
            .collect();
        let [first, longest, _] = DELAYS;
        let throttle = Mutex::new(Throttle::new(10_000, first, longest));
        Self { accounts: Accounts::default(), config, tls, throttle, started: Instant::now() }
    }

    /// Serves every connection of this listener: POP3 with STLS, or TLS from the first byte.
    pub(crate) async fn serve(self: Arc<Self>, listener: TcpListener, security: Security) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        while let Ok(place) = places.clone().acquire_owned().await {
            let Ok((stream, peer)) = listener.accept().await else {
                sleep(Duration::from_millis(100)).await; // the client went away, or files ran out
                continue;
            };
            let server = self.clone();
            tokio::spawn(async move {
                if let Err(error) = server.connection(stream, peer.ip(), security).await {
                    eprintln!("memserver: {error}");
                }
                drop(place);
            });
        }
    }

    async fn connection(
        &self,
        mut stream: impl AsyncRead + AsyncWrite + Unpin,
        peer: IpAddr,
        security: Security,
    ) -> io::Result<()> {
        let secured = if security == Security::Tls {
            Server::new(&self.config, Security::Tls)
        } else {
            match self.dialogue(&mut stream, peer, Server::new(&self.config, Security::Plain)).await? {
                None => return stream.shutdown().await,
                // `dialogue` has made sure that no byte is left of what came in clear.
                Some(handover) => Server::secured(handover, b"").map_err(io::Error::other)?,
            }
        };
        let mut stream = timeout(PATIENCE, self.tls.accept(stream)).await??;
        self.dialogue(&mut stream, peer, secured).await?;
        timeout(PATIENCE, stream.shutdown()).await?
    }

    /// One session, up to its end or to STLS.
    async fn dialogue<'c>(
        &'c self,
        io: &mut (impl AsyncRead + AsyncWrite + Unpin),
        peer: IpAddr,
        mut server: Server<&'c Config, Maildrop<'c>>,
    ) -> io::Result<Option<Handover<&'c Config>>> {
        let (mut rx, mut tx) = (GrowBuf::new(), Outbox::new());
        let mut exchange = Exchange::new(Vec::new());
        loop {
            match server.receive(self.now(), rx.unread(), &mut tx) {
                Event::NeedInput => {
                    flush(io, &mut tx).await?;
                    let until = server
                        .poll_timeout()
                        .map_or(Duration::ZERO, |at| Duration::from_millis(at.as_millis()));
                    match timeout_at(self.started + until, io.read(rx.space())).await {
                        Ok(Ok(0)) => return Ok(None),
                        Ok(n) => rx.commit(n?),
                        Err(_) => server.handle_timeout(self.now()),
                    }
                }
                Event::NeedOutput => flush(io, &mut tx).await?,
                Event::Login { credentials: Credentials::Password(password), reply } => {
                    let name = server.user().and_then(|name| str::from_utf8(name).ok()).map(str::to_owned);
                    let claim = Claim { network: Some(peer), user: name };
                    let good = self.may_try(&claim).await.then(|| {
                        let name = claim.user.as_deref()?;
                        self.accounts.is_password(name, password).then_some(name)
                    });
                    self.admit(&claim, good, reply, &mut server, &mut tx);
                }
                Event::Auth { mechanism, initial, reply } => {
                    exchange = Exchange::new(vec![0; SASL_MEMORY]);
                    match exchange.start(mechanism, &Channel::new("localhost")) {
                        Ok(()) => self.step(&mut exchange, peer, initial, reply, &mut server, &mut tx).await,
                        Err(why) => reply.err(&mut server, &mut tx, Code::SysPerm, &why.to_string()),
                    }
                }
                Event::SaslResponse { data, reply } => {
                    self.step(&mut exchange, peer, Some(data), reply, &mut server, &mut tx).await;
                }
                Event::Stls { reply } => reply.accept(&mut server, &mut tx),
                Event::Retr { number, reply } | Event::Top { number, reply, .. } => {
                    let text = server.index().and_then(|mail| mail.text(number));
                    let mut body = reply.begin(&mut server, &mut tx, "message follows");
                    let mut rest = text.as_deref().unwrap_or_default();
                    while body.fill(&mut rest, &mut tx) == Fill::Flush {
                        flush(io, &mut tx).await?;
                    }
                    body.end(&mut server);
                }
                Event::Update { reply } => {
                    let removed: Vec<MsgNo> = server.removals().collect();
                    if let Some(mail) = server.index() {
                        mail.remove(&removed);
                    }
                    reply.ok(&mut server, &mut tx, "bye");
                }
                Event::Quit { reply } => reply.ok(&mut server, &mut tx, "bye"),
                Event::Closed(_) => {
                    flush(io, &mut tx).await?;
                    return match server.handover() {
                        Some(_) if !rx.is_empty() => Err(io::Error::other(PlaintextLeft)),
                        handover => Ok(handover),
                    };
                }
                _ => {} // the next call refuses it with -ERR
            }
        }
    }

    /// One step of AUTH, up to the next challenge or to the end.
    async fn step<'c>(
        &'c self,
        exchange: &mut Exchange<Vec<u8>>,
        peer: IpAddr,
        response: Option<Base64<'_>>,
        reply: Ticket<kind::Sasl>,
        server: &mut Server<&'c Config, Maildrop<'c>>,
        tx: &mut Outbox,
    ) {
        let mut step = exchange.step(response);
        let mut claim = Claim { network: Some(peer), user: None };
        loop {
            let owner;
            claim.user = match &step {
                Step::CheckPassword { name, .. } => Some((*name).to_owned()),
                Step::CheckToken { name, .. } => name.map(str::to_owned),
                _ => claim.user,
            };
            let asks = matches!(step, Step::CheckPassword { .. } | Step::CheckToken { .. });
            if asks && !self.may_try(&claim).await {
                return self.admit(&claim, None, reply, server, tx);
            }
            let answer = match step {
                Step::Challenge(data) => {
                    // The server itself refuses a challenge that does not fit into the output.
                    let _ = reply.challenge(server, tx, data);
                    return;
                }
                Step::CheckPassword { name, password } => {
                    Answer::Password(self.accounts.is_password(name, password))
                }
                Step::CheckToken { token, .. } => {
                    owner = self.accounts.owner(token);
                    Answer::Token(owner.as_deref().ok_or(r#"{"status":"invalid_token","schemes":"bearer"}"#))
                }
                Step::Done { name } => return self.admit(&claim, Some(Some(name)), reply, server, tx),
                // Also `Step::Authorize`: nobody acts as somebody else here.
                _ => return self.admit(&claim, Some(None), reply, server, tx),
            };
            step = exchange.answer(answer);
        }
    }

    /// Waits after failed logins of that user from there. `false` if the wait would be too long.
    async fn may_try(&self, claim: &Claim<IpAddr, String>) -> bool {
        let [_, _, patience] = DELAYS;
        let turn = self.throttle().attempt(claim.clone(), self.now(), patience);
        if let Some(turn) = turn.filter(|turn| *turn > self.now()) {
            sleep(turn.duration_since(self.now())).await;
        }
        turn.is_some()
    }

    fn throttle(&self) -> MutexGuard<'_, Throttle<IpAddr, String>> {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a login: by whom, or `Some(None)` if by nobody, or `None` if it was not even checked.
    fn admit<'c, K: kind::Admits>(
        &'c self,
        claim: &Claim<IpAddr, String>,
        name: Option<Option<&str>>,
        reply: Ticket<K>,
        server: &mut Server<&'c Config, Maildrop<'c>>,
        tx: &mut Outbox,
    ) {
        match name {
            None => reply.err(server, tx, Code::SysTemp, "too many failed logins, come back later"),
            Some(None) => {
                self.throttle().failed(claim.clone(), self.now());
                reply.err(server, tx, Code::Auth, "wrong name or password");
            }
            Some(Some(name)) => {
                // A token may be somebody else's than the name that came with it.
                if claim.user.as_deref().is_none_or(|said| said == name) {
                    self.throttle().succeeded(claim.clone(), self.now());
                }
                match self.accounts.open(name) {
                    Some(maildrop) => reply.accept(server, tx, maildrop, "maildrop ready"),
                    None => reply.err(server, tx, Code::InUse, "another session has the maildrop open"),
                }
            }
        }
    }

    fn now(&self) -> Time {
        Time::from_elapsed(self.started.elapsed())
    }
}

async fn flush(io: &mut (impl AsyncWrite + Unpin), tx: &mut Outbox) -> io::Result<()> {
    timeout(PATIENCE, async {
        io.write_all(tx.bytes()).await?;
        io.flush().await
    })
    .await??;
    tx.clear();
    Ok(())
}
