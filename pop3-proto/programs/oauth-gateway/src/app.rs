//! What all sessions share: the checked settings and the clock.

use std::env;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use pop3_proto::limits::COMMAND_LINE;
use pop3_proto::login::{Method, Methods, Policy};
use pop3_proto::server::Config;
use pop3_proto::{Limits, Secret, Time};
use rustls::pki_types::ServerName;
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use zeroize::Zeroizing;

use crate::args::{Args, MethodArg};
use crate::device::WINDOW;
use crate::guard::Guard;
use crate::notes::Notes;
use crate::tls;
use crate::token::Tokens;

/// The longest password that fits a PASS line.
const LONGEST_PASSWORD: usize = COMMAND_LINE - "PASS \r\n".len();

pub(crate) struct App {
    pub(crate) listen: SocketAddr,
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The name of the real server that its certificate must have.
    pub(crate) name: ServerName<'static>,
    pub(crate) stls: bool,
    pub(crate) tls: TlsConnector,
    pub(crate) tokens: Tokens,
    pub(crate) guard: Guard,
    pub(crate) policy: Policy,
    pub(crate) notes: Notes,
    pub(crate) timeout: Duration,
    pub(crate) max_sessions: usize,
    /// What the session with a device offers.
    pub(crate) config: Config,
    pub(crate) started: Instant,
    /// SHA-256 of the password that devices log in with.
    local_password: [u8; 32],
}

impl App {
    pub(crate) fn new(args: Args) -> anyhow::Result<Self> {
        let loopback = args.listen.ip().to_canonical().is_loopback();
        anyhow::ensure!(
            loopback || args.listen_anywhere,
            "--listen {}: others can reach this address, and passwords pass in clear; --listen-anywhere permits it",
            args.listen
        );
        let (host, port) = host_and_port(&args.server, if args.stls { 110 } else { 995 })
            .with_context(|| format!("--server {}", args.server))?;
        let name = ServerName::try_from(host.clone()).with_context(|| format!("--server {}", args.server))?;
        let local_password = secret_in("--local-password-env", &args.local_password_env)?;
        anyhow::ensure!(
            local_password.len() <= LONGEST_PASSWORD
                && local_password.bytes().all(|b| matches!(b, b' '..=b'~')),
            "--local-password-env {}: not ASCII, or longer than {LONGEST_PASSWORD} octets: no device can send it",
            args.local_password_env
        );
        let tokens = match (args.token_command, args.token_env) {
            (Some(command), _) => Tokens::Command { command, hidden: args.local_password_env },
            (None, Some(variable)) => Tokens::fixed(secret_in("--token-env", &variable)?)
                .with_context(|| format!("--token-env {variable}"))?,
            (None, None) => anyhow::bail!("--token-command or --token-env is missing"),
        };
        let mut policy = Policy::DEFAULT;
        let xoauth2 = Methods::only(Method::Xoauth2);
        policy.methods = match args.method {
            MethodArg::Xoauth2 => xoauth2,
            MethodArg::Oauthbearer => Methods::only(Method::OauthBearer),
            MethodArg::Auto => xoauth2.with(Method::OauthBearer),
        };
        Ok(Self {
            listen: args.listen,
            name,
            host,
            port,
            stls: args.stls,
            tls: tls::connector(args.ca.as_deref(), args.fingerprint.as_deref())?,
            tokens,
            guard: Guard::new(),
            policy,
            notes: Notes::default(),
            timeout: Duration::from_secs(args.timeout),
            max_sessions: args.max_sessions.into(),
            config: config(),
            started: Instant::now(),
            local_password: Sha256::digest(local_password.as_bytes()).into(),
        })
    }

    pub(crate) fn now(&self) -> Time {
        Time::from_elapsed(self.started.elapsed())
    }

    /// Whether this is the password of the devices. The time it takes does not depend on where the two
    /// differ.
    pub(crate) fn is_local_password(&self, password: Secret<'_>) -> bool {
        let shown: [u8; 32] = Sha256::digest(password.expose()).into();
        let pairs = shown.iter().zip(&self.local_password);
        pairs.fold(0, |differ, (one, other)| differ | (one ^ other)) == 0
    }
}

fn config() -> Config {
    let mut config = Config::new();
    config.greeting = "gateway ready".into();
    config.implementation = Some(concat!("pop3-proto-oauth-gateway-", env!("CARGO_PKG_VERSION")).into());
    config.limits = Limits::for_window(WINDOW);
    // Devices come over loopback, or the user has permitted others with --listen-anywhere.
    config.allow_plaintext_login = true;
    config
}

fn secret_in(flag: &str, variable: &str) -> anyhow::Result<Zeroizing<String>> {
    let value = env::var(variable).map(Zeroizing::new).with_context(|| format!("{flag} {variable}"))?;
    anyhow::ensure!(!value.is_empty(), "{flag} {variable}: the variable is empty");
    Ok(value)
}

fn host_and_port(server: &str, default: u16) -> anyhow::Result<(String, u16)> {
    let (host, port) = match server.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, rest)) => {
            (host, Some(rest.strip_prefix(':').context("expected a colon after the bracket")?))
        }
        None => match server.split_once(':') {
            Some((host, port)) if !port.contains(':') => (host, Some(port)),
            _ => (server, None),
        },
    };
    let port = port.map_or(Ok(default), |port| port.parse().context("the port is no number"))?;
    Ok((host.to_owned(), port))
}
