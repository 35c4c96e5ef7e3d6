//! What all sessions share: settings, users, store, TLS, throttles and the clock.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use pop3_proto::policy::{LoginDelays, Throttle};
use pop3_proto::server::{Config, Domain};
use pop3_proto::{LoginDelay, Mechanism, Time};
use tokio::time::Instant;
use tracing::info;

use crate::passwords;
use crate::relay::Relay;
use crate::session_log::{SessionLog, TlsFacts};
use crate::settings::{Clear, Deletions, Limits, Settings};
use crate::store::Store;
use crate::tls::Tls;
use crate::users::Users;
use crate::workers::Workers;

/// The most addresses and users that are remembered.
const REMEMBERED: usize = 100_000;
/// An attempt to log in that would have to wait longer than this is refused.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The longest delay after failed logins.
const LONGEST_FAILURE_DELAY: Duration = Duration::from_secs(30);

pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) store: Store,
    pub(crate) users: Users,
    pub(crate) tls: Tls,
    pub(crate) relay: Option<Arc<Relay>>,
    throttle: Mutex<Throttle<IpAddr>>,
    delays: Mutex<LoginDelays<String>>,
    /// A hash to compare the passwords of unknown users with, so that they take as long as known ones. Only
    /// set if a known user has a hash.
    pub(crate) nobody: Option<String>,
    pub(crate) workers: Workers,
    /// One configuration for each set of `Traits`, at the index `Traits::bits`.
    configs: Vec<Arc<Config>>,
    pub(crate) started: Instant,
}

impl App {
    pub(crate) fn new(settings: Settings) -> anyhow::Result<Self> {
        let store = Store::new(settings.store.as_ref())?;
        anyhow::ensure!(
            !settings.login.anonymous || store.is_by_user(),
            "login.anonymous: guests would see the mail of everybody; the store needs a %u"
        );
        let mut users = Users::default();
        for user in &settings.users {
            users.add_plain(user).context("--user")?;
        }
        if let Some(file) = &settings.passwd {
            users.read(&file.value).with_context(|| file.to_string())?;
        }
        if users.is_empty() {
            anyhow::ensure!(store.is_sample(), "nobody could log in: name a user with --user or --passwd");
            users.add_plain("demo:demo")?;
        }
        let tls = Tls::new(&settings)?;
        let config = config(&settings, &users)?;
        let configs = (0..8).map(|bits| Arc::new(Traits::of(bits).applied_to(&config))).collect();
        let relay = settings
            .relay
            .as_ref()
            .map(|relay| Relay::new(Duration::from_secs(relay.window), relay.table.clone()));
        let failure_delay = Duration::from_secs(settings.login.failure_delay);
        Ok(Self {
            store,
            tls,
            relay,
            throttle: Mutex::new(Throttle::new(REMEMBERED, failure_delay, LONGEST_FAILURE_DELAY)),
            delays: Mutex::new(LoginDelays::new(REMEMBERED)),
            nobody: users.has_hashes().then(passwords::hash_of_nobody).transpose()?,
            workers: Workers::start()?,
            configs,
            started: Instant::now(),
            users,
            settings,
        })
    }

    pub(crate) fn now(&self) -> Time {
        Time::from_elapsed(self.started.elapsed())
    }

    pub(crate) const fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    /// The configuration for a client, which depends on where it comes from and on its TLS handshake.
    pub(crate) fn config(&self, log: &SessionLog) -> Arc<Config> {
        let tls = log.tls.as_ref();
        let traits = Traits {
            clear: match self.settings.login.clear {
                Clear::Never => false,
                Clear::Loopback => log.address().is_loopback(),
                Clear::Always => true,
            },
            bound: tls.is_some_and(|tls| !tls.bindings().is_empty()),
            certified: tls.is_some_and(|tls| self.certified(tls).is_some()),
        };
        self.configs[traits.bits()].clone()
    }

    /// The user whose certificate the client has shown.
    pub(crate) fn certified(&self, tls: &TlsFacts) -> Option<&str> {
        self.users.by_cert(tls.client_cert.as_ref()?)
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.settings.deletions == Deletions::Refuse
    }

    /// The shortest time between two logins of that user.
    pub(crate) fn delay_of(&self, user: &str) -> Duration {
        let own = self.users.get(user).and_then(|user| user.delay);
        own.unwrap_or(Duration::from_secs(self.settings.login.delay))
    }

    /// When this attempt to log in may go on; `None` if that would be too late.
    pub(crate) fn turn(&self, network: IpAddr) -> Option<Time> {
        let mut throttle = self.throttle.lock().unwrap_or_else(PoisonError::into_inner);
        throttle.attempt(network, self.now(), LONGEST_WAIT)
    }

    pub(crate) fn delays(&self) -> MutexGuard<'_, LoginDelays<String>> {
        self.delays.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn login_failed(&self, network: IpAddr) {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner).failed(network, self.now());
    }

    pub(crate) fn login_succeeded(&self, network: IpAddr) {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner).succeeded(&network);
    }
}

/// What the configuration of a connection depends on.
#[derive(Clone, Copy)]
struct Traits {
    /// Whether passwords may pass without TLS.
    clear: bool,
    /// Whether there is a channel binding, for the -PLUS mechanisms.
    bound: bool,
    /// Whether the client has shown the certificate of a user, for EXTERNAL.
    certified: bool,
}

impl Traits {
    const fn of(bits: usize) -> Self {
        Self { clear: bits & 1 != 0, bound: bits & 2 != 0, certified: bits & 4 != 0 }
    }

    fn bits(self) -> usize {
        usize::from(self.clear) | usize::from(self.bound) << 1 | usize::from(self.certified) << 2
    }

    fn applied_to(self, config: &Config) -> Config {
        let mut config = config.clone();
        config.allow_plaintext_login = self.clear;
        let mechanisms = config.mechanisms.as_slice().iter().filter(|one| match one.name {
            "EXTERNAL" => self.certified,
            name => self.bound || !name.ends_with("-PLUS"),
        });
        config.mechanisms = mechanisms.copied().collect();
        config
    }
}

fn config(settings: &Settings, users: &Users) -> anyhow::Result<Config> {
    let login = &settings.login;
    let (mut mechanisms, dropped): (Vec<_>, Vec<_>) =
        login.mechanisms.iter().copied().partition(|one| users.can_use(one.name));
    if !dropped.is_empty() {
        let names: Vec<_> = dropped.iter().map(|one| one.name).collect();
        info!("not offered, as users lack what they need: {}", names.join(", "));
    }
    if settings.client_ca.is_some() {
        mechanisms.insert(0, Mechanism::EXTERNAL);
    }
    if login.anonymous {
        mechanisms.push(Mechanism::ANONYMOUS);
    }
    let mut config = Config::new();
    config.greeting = "pop3d ready".into();
    config.implementation = Some(concat!("pop3-proto-", env!("CARGO_PKG_VERSION")).into());
    config.autologout = Duration::from_secs(settings.limits.idle);
    config.user = login.user;
    if login.apop && users.can_use("APOP") {
        let host = Domain::copy(&settings.hostname);
        config.apop = Some(host.with_context(|| {
            format!("hostname {:?} is no domain name, as APOP and CRAM-MD5 need one", settings.hostname)
        })?);
    }
    config.stls = true;
    config.mechanisms = mechanisms.into_iter().collect();
    config.auth_list = true;
    config.utf8 = true;
    config.utf8_user = true;
    config.utf8_after_login = login.late_utf8;
    config.lang = true;
    let (longest, per_user) = users.longest_delay(Duration::from_secs(login.delay));
    config.login_delay = (!longest.is_zero()).then_some(LoginDelay { seconds: longest.as_secs(), per_user });
    Ok(config)
}
