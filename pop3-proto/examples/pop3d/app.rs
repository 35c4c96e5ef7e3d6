//! What all sessions share.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use pop3_proto::policy::{LoginDelays, Throttle};
use pop3_proto::server::Config;
use pop3_proto::{LoginDelay, Mechanism, Time};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tracing::info;

use crate::passwords;
use crate::relay::Relay;
use crate::settings::{Clear, Deletions, Limits, Settings};
use crate::store::Store;
use crate::tls::Tls;
use crate::users::Users;

/// How many addresses and users are remembered at most.
const REMEMBERED: usize = 100_000;
/// What a failed login costs at most.
const LONGEST_FAILURE_DELAY: Duration = Duration::from_secs(30);

pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) store: Store,
    pub(crate) users: Users,
    pub(crate) tls: Tls,
    pub(crate) relay: Option<Arc<Relay>>,
    pub(crate) throttle: Mutex<Throttle<IpAddr>>,
    pub(crate) delays: Mutex<LoginDelays<String>>,
    /// The hash that the passwords of unknown users are compared with, if known ones have hashes.
    pub(crate) nobody: Option<String>,
    /// How many hashes may be computed at once: each takes memory and a processor.
    pub(crate) hashing: Semaphore,
    /// For clients that may send passwords in clear, and for the others. They live as long as the process.
    clear: &'static Config<'static>,
    protected: &'static Config<'static>,
    pub(crate) started: Instant,
}

impl App {
    pub(crate) fn new(settings: Settings) -> anyhow::Result<Self> {
        let store = Store::new(settings.store.as_ref())?;
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
        let config = config(&settings, &users);
        let mut clear = config.clone();
        clear.clear_login = true;
        let relay = settings
            .relay
            .as_ref()
            .map(|relay| Relay::new(Duration::from_secs(relay.window), relay.table.clone()));
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let failure_delay = Duration::from_secs(settings.login.failure_delay);
        Ok(Self {
            store,
            tls,
            relay,
            throttle: Mutex::new(Throttle::new(REMEMBERED, failure_delay, LONGEST_FAILURE_DELAY)),
            delays: Mutex::new(LoginDelays::new(REMEMBERED)),
            nobody: settings.passwd.is_some().then(passwords::hash_of_nobody).transpose()?,
            hashing: Semaphore::new(processors),
            clear: Box::leak(Box::new(clear)),
            protected: Box::leak(Box::new(config)),
            started: Instant::now(),
            users,
            settings,
        })
    }

    pub(crate) fn now(&self) -> Time {
        Time::since(self.started.elapsed())
    }

    pub(crate) const fn limits(&self) -> &Limits {
        &self.settings.limits
    }

    pub(crate) fn config(&self, client: IpAddr) -> &'static Config<'static> {
        let clear = match self.settings.login.clear {
            Clear::Never => false,
            Clear::Loopback => client.is_loopback(),
            Clear::Always => true,
        };
        if clear { self.clear } else { self.protected }
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.settings.deletions == Deletions::Refuse
    }

    /// The least time between two logins of that user.
    pub(crate) fn delay_of(&self, user: &str) -> Duration {
        let own = self.users.get(user).and_then(|user| user.delay);
        own.unwrap_or(Duration::from_secs(self.settings.login.delay))
    }

    /// When this attempt to log in may be looked at.
    pub(crate) fn turn(&self, network: IpAddr) -> Time {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner).attempt(network, self.now())
    }

    pub(crate) fn login_failed(&self, network: IpAddr) {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner).failed(network, self.now());
    }

    pub(crate) fn login_succeeded(&self, network: IpAddr) {
        self.throttle.lock().unwrap_or_else(PoisonError::into_inner).succeeded(&network);
    }
}

fn config(settings: &Settings, users: &Users) -> Config<'static> {
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
    config.greeting = "pop3d ready";
    config.implementation = Some(concat!("pop3-proto-", env!("CARGO_PKG_VERSION")));
    config.autologout = Duration::from_secs(settings.limits.idle);
    config.user = login.user;
    config.apop = (login.apop && users.can_use("APOP")).then(|| &*settings.hostname.clone().leak());
    config.stls = true;
    config.mechanisms = mechanisms.leak();
    config.auth_list = true;
    config.utf8 = true;
    config.utf8_user = true;
    config.late_utf8 = login.late_utf8;
    config.lang = true;
    let (longest, per_user) = users.longest_delay(Duration::from_secs(login.delay));
    config.login_delay = (!longest.is_zero()).then_some(LoginDelay { seconds: longest.as_secs(), per_user });
    config
}
