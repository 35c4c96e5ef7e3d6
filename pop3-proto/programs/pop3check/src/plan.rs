//! What to run, put together from the command line and the file, and checked before anything is connected.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use pop3_proto::conformance::{Account, Channel, Known, Leave, Probe, Select, Setup, Skip, Verdict, probes};

use crate::args::Server;
use crate::deliver::Delivery;
use crate::drive::Road;
use crate::failure::Failure;
use crate::lists::{self, File};
use crate::options::{Leaves, Options};
use crate::target::{self, Reached, Target};
use crate::tls::Tls;
use crate::who::Who;

/// The file that is read if no other is named.
const USUAL_FILE: &str = "pop3check.toml";

/// The longest that a run of a probe may take, if it may not be slow.
const LIMIT: u64 = 300;

/// Everything that the user wants.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) target: Target,
    pub(crate) options: Options,
    pub(crate) leaves: Leaves,
    pub(crate) who: Who,
    pub(crate) via: Option<Channel>,
    pub(crate) judge: Judge,
    pub(crate) seed: u64,
    pub(crate) jobs: usize,
    tls: Arc<Tls>,
    /// One for each worker, or none.
    deliveries: Vec<Delivery>,
}

/// What is run, and which verdicts count.
#[derive(Debug)]
pub(crate) struct Judge {
    /// All that are selected, also those that are left out.
    pub(crate) probes: Vec<Probe>,
    pub(crate) skips: Vec<Skip>,
    pub(crate) known: Vec<Known>,
    pub(crate) fail_on: Vec<Verdict>,
    pub(crate) require: Vec<Select>,
    pub(crate) fail_fast: bool,
}

impl Plan {
    pub(crate) fn new(args: &Server) -> Result<Self, Failure> {
        let mut file = match &args.config {
            Some(path) => File::read(path)?,
            None if Path::new(USUAL_FILE).exists() => File::read(Path::new(USUAL_FILE))?,
            None => File::default(),
        };
        let (place, selects) = place_and_selects(&args.places, file.server.url.as_deref())?;
        let mut own = args.options.clone();
        if file.server.url.as_ref() != Some(&place) {
            file.server.leave_server();
            own.user = own.user.or_else(|| target::user(&place));
        }
        let leaves = if args.leaves == Leaves::default() { file.leave.clone() } else { args.leaves.clone() };
        let mut options = own.or(std::mem::take(&mut file.server));
        if !selects.is_empty() {
            options.select = selects;
        }
        if let Some(list) = &options.known {
            file.add_list(list)?;
        }
        let target = Target::parse(&place, &options)?;
        let user = options.user.as_deref().or(target.user.as_deref());
        let who = Who::load(&options, user)?;
        let jobs = options.jobs.unwrap_or(1);
        if jobs == 0 || jobs > who.accounts.len().max(1) {
            let why = format!("{jobs} workers need as many accounts, see --accounts");
            return Err(Failure::usage("--jobs", why));
        }
        let patience = options.patience.unwrap_or(1.0);
        if !(0.01..=1000.0).contains(&patience) {
            return Err(Failure::usage("--patience", "not from 0.01 to 1000"));
        }
        let wait = options.login_wait.unwrap_or(0.0);
        if !(0.0..=86_400.0).contains(&wait) {
            return Err(Failure::usage("--login-wait", "not from 0 to 86400"));
        }
        let own = options.client_cert.as_deref().zip(options.client_key.as_deref());
        let name = options.name.as_deref().unwrap_or(&target.host);
        let tls = Tls::new(name, options.check_certificate, options.ca.as_deref(), own);
        Ok(Self {
            tls: Arc::new(tls.map_err(|error| Failure::usage("TLS", error))?),
            deliveries: deliveries(&options, &who)?,
            via: options.via.as_deref().map(channel).transpose()?,
            judge: Judge::new(&options, file, &args.round.skips, args.round.fail_fast, &server_probes())?,
            seed: options.seed.unwrap_or_else(seed_of_now),
            target,
            options,
            leaves,
            who,
            jobs,
        })
    }

    fn patience(&self) -> f64 {
        self.options.patience.unwrap_or(1.0)
    }

    /// How long to wait for a connection.
    pub(crate) fn connect_time(&self) -> Duration {
        Duration::from_secs_f64(10.0 * self.patience())
    }

    /// What may be done at this address.
    pub(crate) fn leave(&self, is_private: bool) -> Leave {
        let leaves = &self.leaves;
        let may = is_private && !leaves.gentle;
        Leave {
            odd: may || leaves.odd || leaves.all,
            bad_logins: leaves.bad_logins.unwrap_or(match () {
                () if leaves.all => 100,
                () if may => 10,
                () => 0,
            }),
            delete: leaves.delete_own || leaves.all,
            any_run: leaves.any_run,
            flood: leaves.flood || leaves.all,
            slow: Duration::from_secs(leaves.slow.unwrap_or(0)),
            only_corpus: leaves.only_corpus,
        }
    }

    /// What the kit has to know, for the worker of this number.
    pub(crate) fn setup(&self, reached: &Reached, worker: usize) -> Setup {
        Setup {
            host: self.options.name.clone().unwrap_or_else(|| self.target.host.clone()),
            clear: reached.clear.is_some(),
            tls: reached.tls.is_some(),
            stls: !self.options.no_stls,
            clear_passwords: reached.is_private
                || self.options.clear_passwords
                || self.via == Some(Channel::Clear),
            account: self.who.accounts.get(worker).cloned(),
            empty_account: self.who.empty.clone(),
            prep_account: self.who.prep.clone(),
            address_account: self.who.address.clone(),
            spaced_account: self.who.spaced.clone(),
            token: self.who.token.clone(),
            deliver: !self.deliveries.is_empty(),
            check_certificate: self.options.check_certificate,
            certificate: self.options.client_cert.is_some(),
            leave: self.leave(reached.is_private),
            // At most 100,000, which the check of the option sees to.
            patience: (self.patience() * 100.0).round() as u32,
            run: self.options.run.unwrap_or(1),
        }
    }

    pub(crate) fn road(&self, reached: &Reached, worker: usize) -> Road {
        let slow = self.leaves.slow.unwrap_or(0).saturating_mul(2);
        Road {
            doors: reached.doors.clone(),
            tls: self.tls.clone(),
            delivery: self.deliveries.get(worker).cloned(),
            gap: Duration::from_secs_f64(self.options.login_wait.unwrap_or(0.0)),
            patience: self.connect_time(),
            limit: Duration::from_secs(LIMIT.saturating_add(slow)).mul_f64(self.patience().max(1.0)),
        }
    }
}

fn server_probes() -> Vec<Probe> {
    probes().into_iter().filter(|probe| !probe.is_for_clients()).collect()
}

impl Judge {
    pub(crate) fn new(
        options: &Options,
        file: File,
        skips: &[String],
        fail_fast: bool,
        all: &[Probe],
    ) -> Result<Self, Failure> {
        let selects = parsed(&options.select, "SELECT")?;
        let chosen = Select::chosen(&selects, all).map_err(|error| Failure::usage("SELECT", error))?;
        let require = parsed(&options.require, "--require")?;
        Select::chosen(&require, all).map_err(|error| Failure::usage("--require", error))?;
        Ok(Self {
            probes: chosen.into_iter().cloned().collect(),
            skips: lists::skips(&file.skip, skips, all)?,
            known: lists::known(file.known, all)?,
            fail_on: fail_on(options)?,
            require,
            fail_fast,
        })
    }

    /// Why a probe is left out, if it is.
    pub(crate) fn skipped(&self, probe: &Probe) -> Option<&str> {
        self.skips.iter().find(|skip| skip.select.matches(probe)).map(|skip| skip.reason.as_str())
    }
}

fn deliveries(options: &Options, who: &Who) -> Result<Vec<Delivery>, Failure> {
    let Some(to) = &options.deliver else { return Ok(Vec::new()) };
    if who.accounts.is_empty() {
        return Err(Failure::usage("--deliver", "needs --user"));
    }
    let parse = |account: &Account| Delivery::parse(to, &account.name);
    let deliveries: Result<_, _> = who.accounts.iter().map(parse).collect();
    deliveries.map_err(|error| Failure::usage("--deliver", error))
}

fn parsed(patterns: &[String], option: &str) -> Result<Vec<Select>, Failure> {
    let parse = |pattern: &String| Select::parse(pattern).map_err(|error| Failure::usage(option, error));
    patterns.iter().map(parse).collect()
}

fn fail_on(options: &Options) -> Result<Vec<Verdict>, Failure> {
    const POSSIBLE: [Verdict; 4] =
        [Verdict::Fail, Verdict::Deviation, Verdict::Inconclusive, Verdict::NotRun];
    if options.fail_on.is_empty() {
        let count = if options.strict { 3 } else { 1 };
        return Ok(POSSIBLE.into_iter().take(count).collect());
    }
    let read = |word: &String| {
        let verdict = Verdict::from_word(word).filter(|verdict| POSSIBLE.contains(verdict));
        verdict.ok_or_else(|| {
            Failure::usage("--fail-on", format!("{word}: not fail, deviation, inconclusive or not-run"))
        })
    };
    let mut verdicts: Vec<Verdict> = options.fail_on.iter().map(read).collect::<Result<_, _>>()?;
    if options.strict {
        verdicts.extend(POSSIBLE.into_iter().take(3));
    }
    Ok(verdicts)
}

fn channel(text: &str) -> Result<Channel, Failure> {
    match text.strip_prefix("login=").unwrap_or(text) {
        "clear" => Ok(Channel::Clear),
        "stls" => Ok(Channel::Stls),
        "tls" => Ok(Channel::Tls),
        _ => Err(Failure::usage("--via", format!("{text}: not login=clear, login=stls or login=tls"))),
    }
}

/// The first word is the server, unless the file names one and the word selects probes.
fn place_and_selects(places: &[String], url: Option<&str>) -> Result<(String, Vec<String>), Failure> {
    let looks_like_select = |word: &str| {
        let is_path = !word.contains("://") && word.contains(['/', '*']);
        is_path || Select::parse(word).is_ok()
    };
    match (places.split_first(), url) {
        (Some((first, rest)), _) if !looks_like_select(first) => Ok((first.clone(), rest.to_vec())),
        (_, Some(url)) => Ok((url.to_owned(), places.to_vec())),
        (Some((first, _)), None) => {
            Err(Failure::usage(first, "selects probes, but no server is named: pop3check server HOST SELECT"))
        }
        (None, None) => Err(Failure::usage("server", "none is named: pop3check server HOST")),
    }
}

/// Another one in each run.
pub(crate) fn seed_of_now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since.as_secs().rotate_left(32) ^ u64::from(since.subsec_nanos())
}
