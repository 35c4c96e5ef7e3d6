//! What all sessions share: settings, users, store, TLS, throttles and the clock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use pop3_proto::policy::LoginDelays;
use pop3_proto::server::{Config, Domain};
use pop3_proto::{LoginDelay, Mechanism, Time};
use tokio::time::Instant;
use tracing::{info, warn};

use crate::attempts::Attempts;
use crate::metrics::Metrics;
use crate::relay::Relay;
use crate::secret;
use crate::session_log::{SessionLog, TlsFacts};
use crate::settings::{Clear, Deletions, Limits, Place, Settings, Utf8Headers};
use crate::store::Store;
use crate::tls::Tls;
use crate::user::User;
use crate::users::{Found, Users};
use crate::workers::Workers;

/// The most users whose last login is remembered.
const REMEMBERED: usize = 100_000;

pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) store: Store,
    pub(crate) users: Users,
    pub(crate) tls: Tls,
    pub(crate) relay: Option<Arc<Relay>>,
    pub(crate) attempts: Attempts,
    delays: Mutex<LoginDelays<String>>,
    /// The salts of users who do not exist are made from it.
    pub(crate) secret: [u8; 32],
    pub(crate) workers: Workers,
    pub(crate) metrics: Metrics,
    /// One configuration for each set of `Traits`, at the index `Traits::bits`.
    configs: Vec<Arc<Config>>,
    pub(crate) started: Instant,
}

impl App {
    pub(crate) fn new(settings: Settings) -> anyhow::Result<Self> {
        let files = Duration::from_secs(settings.limits.files.max(1));
        let store = Store::new(settings.store.as_ref(), settings.links, files)?;
        anyhow::ensure!(
            !settings.login.anonymous || store.is_by_user(),
            "login.anonymous: guests would see the mail of everybody; the store needs a %u"
        );
        let mut users = Self::users(&settings)?;
        if users.is_empty() && store.sql().is_none() {
            anyhow::ensure!(store.is_sample(), "nobody could log in: name a user with --user or --passwd");
            users.add_plain("demo:demo")?;
        }
        let tls = Tls::new(&settings)?;
        let secret = match &settings.secret {
            Some(file) => secret::read(file)?,
            None => tls.secret,
        };
        if settings.secret.is_none() && users.has_stored_keys() {
            warn!("login.secret is not set: when the TLS key changes, SCRAM shows which users do not exist");
        }
        users.arrange(secret);
        let config = config(&settings, &users)?;
        let configs = (0..8).map(|bits| Arc::new(Traits::of(bits).applied_to(&config))).collect();
        let relay = settings
            .relay
            .as_ref()
            .map(|relay| Relay::new(Duration::from_secs(relay.window), relay.table.clone()));
        let started = Instant::now();
        Ok(Self {
            store,
            tls,
            relay,
            attempts: Attempts::new(&settings.login, started),
            delays: Mutex::new(LoginDelays::new(REMEMBERED)),
            secret,
            workers: Workers::start()?,
            metrics: Metrics::new(),
            configs,
            started,
            users,
            settings,
        })
    }

    /// The users that the settings name.
    pub(crate) fn users(settings: &Settings) -> anyhow::Result<Users> {
        let mut users = Users::new(&settings.login);
        for user in &settings.users {
            users.add_plain(user).context("--user")?;
        }
        if let Some(file) = &settings.passwd {
            users.read(&file.value).with_context(|| file.to_string())?;
        }
        Ok(users)
    }

    /// The user whom a client means; see [`Users::find`]. One whom the settings do not name may be in the database.
    pub(crate) async fn find_user(&self, said: &str) -> anyhow::Result<Found> {
        let found = self.users.find(said);
        let Some(sql) = self.store.sql().filter(|_| !found.exists) else { return Ok(found) };
        let Some((name, fields)) = sql.find_user(&found.name).await? else { return Ok(found) };
        let user = User::of_fields(&name, &fields).context("users in the database")?;
        Ok(Found { exists: name == found.name, name: found.name, user: Arc::new(user) })
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

    /// Whether a message whose header is not ASCII is refused to a client that has not sent UTF8.
    pub(crate) fn refuses_utf8_headers(&self) -> bool {
        self.settings.utf8_headers == Utf8Headers::Refuse
    }

    /// The shortest time between two logins of that user.
    pub(crate) fn delay_of(&self, user: &str) -> Duration {
        let own = self.users.get(user).and_then(|user| user.delay);
        own.unwrap_or(Duration::from_secs(self.settings.login.delay))
    }

    pub(crate) fn delays(&self) -> MutexGuard<'_, LoginDelays<String>> {
        self.delays.lock().unwrap_or_else(PoisonError::into_inner)
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
    // What users in a database have is for the settings to say.
    let in_database = matches!(settings.store, Some(Place::Database(_)));
    let (mut mechanisms, dropped): (Vec<_>, Vec<_>) =
        login.mechanisms.iter().copied().partition(|one| in_database || users.can_use(one.name));
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
    config.login_time = Duration::from_secs(settings.limits.login);
    config.user = login.user;
    if login.apop && (users.can_use("APOP") || in_database) {
        let host = Domain::copy(&settings.hostname);
        config.apop = Some(host.with_context(|| {
            format!("hostname {:?} is no domain name, as APOP and CRAM-MD5 need one", settings.hostname)
        })?);
    }
    anyhow::ensure!(
        config.user || config.apop.is_some() || !mechanisms.is_empty(),
        "nobody could log in: login.user, login.apop and login.mechanisms leave no method that the users have fields for"
    );
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
