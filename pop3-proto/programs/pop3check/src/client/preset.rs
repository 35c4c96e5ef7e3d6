//! [`Preset`]: how a client is started, and what it can do.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use pop3_programs_common::text::Text;
use pop3_proto::conformance::{Form, Job, LineEnds, Subject, Wish};
use serde::Deserialize;

use crate::failure::Failure;

/// Those that come with the program, by name.
const PRESETS: &[(&str, &str)] = &[
    ("commons-net", include_str!("../../presets/commons-net.toml")),
    ("curl", include_str!("../../presets/curl.toml")),
    ("fetchmail", include_str!("../../presets/fetchmail.toml")),
    ("getmail", include_str!("../../presets/getmail.toml")),
    ("javamail", include_str!("../../presets/javamail.toml")),
    ("mail-pop3client", include_str!("../../presets/mail-pop3client.toml")),
    ("movemail", include_str!("../../presets/movemail.toml")),
    ("mpop", include_str!("../../presets/mpop.toml")),
    ("mutt", include_str!("../../presets/mutt.toml")),
    ("neomutt", include_str!("../../presets/neomutt.toml")),
    ("net-pop", include_str!("../../presets/net-pop.toml")),
    ("net-pop3", include_str!("../../presets/net-pop3.toml")),
    ("node-pop3", include_str!("../../presets/node-pop3.toml")),
    ("oauth-gateway", include_str!("../../presets/oauth-gateway.toml")),
    ("pop3get", include_str!("../../presets/pop3get.toml")),
    ("poplib", include_str!("../../presets/poplib.toml")),
    ("s-nail", include_str!("../../presets/s-nail.toml")),
    ("thunderbird", include_str!("../../presets/thunderbird.toml")),
];

/// The most octets of a file.
const LONGEST: u64 = 256 * 1024;

/// How a client is started, and what it can do. In all texts `{host}`, `{port}`, `{user}`, `{password}`,
/// `{token}`, `{ca}`, `{cert}`, `{key}`, `{store}`, `{state}`, `{work}`, `{job}`, `{tls}`, `{auth}` and
/// `{url}` stand for what is meant in this run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Preset {
    pub(crate) name: String,
    /// What is run. A word that is one of `{job}`, `{tls}` or `{auth}` alone becomes as many words as it has.
    pub(crate) command: Vec<String>,
    /// What is run where the client is given a POP URL, which is `{url}`.
    pub(crate) url_command: Vec<String>,
    pub(crate) env: BTreeMap<String, String>,
    /// Files that are written before each run, by path.
    pub(crate) files: BTreeMap<String, String>,
    /// What `{job}` is for each job that the client can do: `login`, `fetch`, `delete`, and `poll` if it runs on.
    pub(crate) job: BTreeMap<String, String>,
    /// What `{tls}` is for `clear`, `stls`, `tls`, and for `unsaid` if the user says nothing.
    pub(crate) tls: BTreeMap<String, String>,
    /// More placeholders, by name: what each is for a job; nothing if nothing is said.
    pub(crate) by_job: BTreeMap<String, BTreeMap<String, String>>,
    /// More placeholders, by name: what each is for `clear`, `stls`, `tls` and `unsaid`.
    pub(crate) by_tls: BTreeMap<String, BTreeMap<String, String>>,
    /// What `{auth}` is for each login method that the client can be told to use, and for `any`.
    pub(crate) auth: BTreeMap<String, String>,
    pub(crate) store: Option<Store>,
    /// The exit codes that tell success; 0 if none is named.
    pub(crate) ok: Vec<i32>,
    /// The exit codes that tell neither success nor failure.
    pub(crate) unsure: Vec<i32>,
    /// Nothing can be told from its exit code.
    pub(crate) silent: bool,
    /// It sends no password in clear.
    pub(crate) no_clear_passwords: bool,
    /// Its settings ask for unique-ids.
    pub(crate) wants_uidl: bool,
    pub(crate) pipelines: bool,
    /// What it remembers is in `{state}` or `{store}`.
    pub(crate) again: bool,
    /// Its store is a folder of its own making, so that it refuses if that cannot be made.
    pub(crate) store_fails: bool,
    /// Name and password come through `env` or otherwise octet by octet.
    pub(crate) odd_secrets: bool,
    /// How many seconds it may be silent; 60 if nothing is said.
    pub(crate) limit: u64,
}

/// Where a client stores, and in which form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Store {
    /// The file or folder.
    pub(crate) at: String,
    #[serde(rename = "as")]
    pub(crate) form: Shape,
    pub(crate) line_ends: Ends,
    /// The names of the fields that the client puts in front.
    pub(crate) adds: Vec<String>,
    /// What stands between messages on standard output.
    pub(crate) separator: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Shape {
    /// A folder with a file for each message.
    #[default]
    Files,
    Maildir,
    Mbox,
    /// What the client prints.
    Stdout,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ends {
    #[default]
    Kept,
    Lf,
}

impl Preset {
    /// One that comes with the program, or a file.
    pub(crate) fn load(name: &str) -> Result<Self, Failure> {
        if let Some((_, text)) = PRESETS.iter().find(|(known, _)| *known == name) {
            return toml::from_str(text).map_err(|error| Failure::usage(name, error.message()));
        }
        if !name.contains(['/', '.']) {
            let names: Vec<&str> = PRESETS.iter().map(|(name, _)| *name).collect();
            return Err(Failure::usage("--preset", format!("{name}: not one of {}", names.join(", "))));
        }
        let text = Text::read(Path::new(name), LONGEST).map_err(|error| Failure::Usage(error.to_string()))?;
        let mut preset: Self = toml::from_str(text.as_str()).map_err(|error| {
            let before = error.span().and_then(|span| text.as_str().get(..span.start)).unwrap_or_default();
            let line = before.bytes().filter(|octet| *octet == b'\n').count() + 1;
            Failure::Usage(text.error(line, error.message()).to_string())
        })?;
        if preset.name.is_empty() {
            let stem = Path::new(name).file_stem().unwrap_or_default();
            preset.name = stem.to_string_lossy().into_owned();
        }
        Ok(preset)
    }

    /// A command for `sh`, which fetches in clear.
    pub(crate) fn of_command(command: &str) -> Self {
        let alone = |key: &str| BTreeMap::from([(key.to_owned(), String::new())]);
        Self {
            name: command.split_whitespace().next().unwrap_or_default().to_owned(),
            command: vec!["sh".into(), "-c".into(), command.into()],
            job: alone("fetch"),
            tls: alone("clear"),
            ..Self::default()
        }
    }

    /// Checks the words of its tables.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let words = [
            ("job", &self.job, &["login", "fetch", "delete", "poll"][..]),
            ("tls", &self.tls, &["clear", "stls", "tls", "unsaid"]),
        ];
        for (table, given, known) in words {
            if let Some(word) = given.keys().find(|word| !known.contains(&word.as_str())) {
                let why = format!("{word}: not one of {}", known.join(", "));
                return Err(Failure::usage(format!("{}: [{table}]", self.name), why));
            }
        }
        if self.job.is_empty() || self.tls.is_empty() {
            return Err(Failure::usage(&self.name, "[job] and [tls] have to say what the client can do"));
        }
        Ok(())
    }

    /// What the kit has to know.
    pub(crate) fn subject(&self, deep_name: bool, flood: bool, slow: u64) -> Subject {
        let jobs = [Job::Login, Job::Fetch, Job::Delete, Job::Poll];
        let wishes = [Wish::Clear, Wish::Stls, Wish::Tls, Wish::Unsaid];
        Subject {
            name: self.name.clone(),
            jobs: jobs.into_iter().filter(|job| self.job.contains_key(job.as_str())).collect(),
            tls: wishes.into_iter().filter(|wish| self.tls.contains_key(wish.as_str())).collect(),
            methods: self.auth.keys().filter(|name| *name != "any").cloned().collect(),
            pipelines: self.pipelines,
            store: self.store.as_ref().map(|store| Form {
                line_ends: if store.line_ends == Ends::Lf { LineEnds::Lf } else { LineEnds::Kept },
                adds: store.adds.clone(),
                quotes_from: store.form == Shape::Mbox,
            }),
            again: self.again,
            store_fails: self.store_fails,
            odd_secrets: self.odd_secrets,
            urls: !self.url_command.is_empty(),
            no_clear_passwords: self.no_clear_passwords,
            wants_uidl: self.wants_uidl,
            tells: !self.silent,
            deep_name,
            flood,
            slow: Duration::from_secs(slow),
            limit: Duration::from_secs(if self.limit == 0 { 60 } else { self.limit }),
        }
    }
}
