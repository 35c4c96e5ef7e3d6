//! Where mail is stored: opens a maildrop, reads messages, removes messages.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use pop3_proto::dot::WireSize;
use pop3_proto::server::Index;
use pop3_proto::{Code, MsgNo, Uid};
use tracing::warn;

mod cached;
mod claim;
mod closer;
mod facts;
mod folder;
mod from_line;
mod held;
mod identity;
mod inventory;
mod jobs;
mod maildir;
mod mbox;
mod message;
mod newcomers;
mod order;
mod place;
mod rightful;
mod sample;
mod sizes;
mod sql;
mod stock;

pub(crate) use folder::Folder;
pub(crate) use jobs::THREADS;
pub(crate) use message::Message;
pub(crate) use rightful::Rightful;
pub(crate) use sql::{Sql, Standard};

use crate::languages::Texts;
use crate::settings::{Kind as Format, Links, Place as Setting};
use held::Held;
use jobs::{Deadline, Jobs};
use newcomers::{Newcomers, Sighting};
use place::Place;

/// The most messages of a maildrop that are served at once. The others are there when these are removed.
const MOST_MESSAGES: usize = 500_000;

/// The place of all maildrops, which are of one kind.
pub(crate) enum Store {
    Files(Files),
    Sql(Arc<Sql>),
    Sample(Arc<sample::Shared>),
}

pub(crate) struct Files {
    format: Format,
    place: Arc<Place>,
    /// The owner of the one maildrop of all users, as it was at the start.
    owner: Option<u32>,
    jobs: Arc<Jobs>,
    newcomers: Arc<Newcomers>,
    /// What was logged of each user's maildrop, so that it is not logged at each login.
    told: Mutex<HashMap<String, String>>,
}

/// An open maildrop. It stays locked until this is dropped.
pub(crate) struct Mailbox {
    entries: Vec<Entry>,
    kind: Kind,
}

/// Where the messages are, in the order of the entries. Each kind holds the lock of the maildrop.
enum Kind {
    /// A new user has none.
    None,
    Maildir(Arc<Held<maildir::Maildir>>, jobs::Lane),
    Mbox(Arc<Held<mbox::Mbox>>, jobs::Lane),
    Sql(sql::Open),
    Sample(sample::Open),
}

/// A message, as it was when the maildrop was opened.
struct Entry {
    octets: u64,
    uid: String,
}

/// Why a maildrop was not opened.
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) text: &'static str,
    /// The cause, for the log only.
    pub(crate) error: Option<anyhow::Error>,
}

impl Store {
    /// In a path `%u` stands for the user name. No file is waited for longer than `limit`.
    pub(crate) fn new(setting: Option<&Setting>, links: Links, limit: Duration) -> anyhow::Result<Self> {
        let (format, at) = match setting {
            Some(Setting::Files(format, at)) => (format, at),
            Some(Setting::Database(database)) => return Ok(Self::Sql(Sql::new(database, limit)?.into())),
            None => return Ok(Self::Sample(Arc::default())),
        };
        let place = Place::new(&at.value, links);
        let owner = match place.is_by_user() {
            true => None,
            false => Some(check(*format, &place).with_context(|| at.to_string())?),
        };
        let (newcomers, told) = (Arc::default(), Mutex::default());
        let (format, jobs) = (*format, Jobs::new(limit));
        Ok(Self::Files(Files { format, place: place.into(), owner, jobs, newcomers, told }))
    }

    /// Whether each user has a maildrop of their own.
    pub(crate) fn is_by_user(&self) -> bool {
        match self {
            Self::Files(files) => files.place.is_by_user(),
            Self::Sql(_) | Self::Sample(_) => true,
        }
    }

    pub(crate) const fn is_sample(&self) -> bool {
        matches!(self, Self::Sample(_))
    }

    /// The database, if the mail is in one.
    pub(crate) const fn sql(&self) -> Option<&Arc<Sql>> {
        if let Self::Sql(sql) = self { Some(sql) } else { None }
    }

    /// Locks the user's maildrop and lists its messages. `owner` is the user of the system to whom it belongs, if the
    /// settings tell.
    pub(crate) async fn open(
        &self,
        user: &str,
        owner: Option<u32>,
        texts: &Texts,
    ) -> Result<Mailbox, Refusal> {
        let opened = match self {
            Self::Sample(shared) => Ok(sample::open(shared)),
            Self::Files(files) => files.open(user, owner).await,
            Self::Sql(sql) => sql.open(user).await,
        };
        match opened {
            Ok(Some(mailbox)) => Ok(mailbox),
            Ok(None) => Err(Refusal { code: Code::InUse, text: texts.locked, error: None }),
            Err(error) => Err(Refusal { code: Code::SysTemp, text: texts.no_maildrop, error: Some(error) }),
        }
    }
}

/// Checks the one maildrop of all users, which has to be there, and returns its owner.
fn check(format: Format, place: &Place) -> anyhow::Result<u32> {
    let anybody = Rightful::of("", None);
    match format {
        Format::Maildir => {
            let folder = place.folder("", anybody)?.folder.context("not there")?;
            folder
                .enter("cur".as_ref())
                .with_context(|| format!("{folder}: no Maildir there (no folder `cur` in it)"))?;
            Ok(folder.uid())
        }
        Format::Mbox => {
            let found = place.file("", anybody)?;
            let folder = found.folder.context("not there")?;
            let opened = folder.look(&found.file).and_then(|seen| {
                folder.open(&found.file, &seen)?;
                Ok(seen.uid)
            });
            opened.with_context(|| folder.shown(&found.file))
        }
    }
}

impl Files {
    async fn open(&self, user: &str, owner: Option<u32>) -> anyhow::Result<Option<Mailbox>> {
        let rightful = Rightful::of(user, owner.or(self.owner));
        let lane = self.jobs.lane(user);
        let (format, name) = (self.format, user.to_owned());
        let (place, newcomers, own) = (self.place.clone(), self.newcomers.clone(), lane.clone());
        let work = move |deadline| match format {
            Format::Maildir => open_maildir(&place, &newcomers, &name, rightful, own, deadline),
            Format::Mbox => open_mbox(&place, &newcomers, &name, rightful, own, deadline),
        };
        let Some((mailbox, skipped)) = lane.run(work).await?? else { return Ok(None) };
        self.tell(user, skipped);
        Ok(Some(mailbox))
    }

    /// Logs what is not served, once until it changes.
    fn tell(&self, user: &str, skipped: String) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if skipped.is_empty() {
            told.remove(user);
        } else if told.get(user) != Some(&skipped) {
            warn!(user, "{}", crate::session_log::escaped(&skipped));
            told.insert(user.to_owned(), skipped);
        }
    }
}

/// A maildrop, and what of it is not served.
type Opened = Option<(Mailbox, String)>;

fn open_maildir(
    place: &Place,
    newcomers: &Newcomers,
    user: &str,
    rightful: Rightful,
    lane: jobs::Lane,
    deadline: Deadline,
) -> anyhow::Result<Opened> {
    let found = place.folder(user, rightful)?;
    let Some(folder) = found.folder else {
        newcomers.check(user, found.base)?;
        return Ok(Some((Mailbox { entries: Vec::new(), kind: Kind::None }, String::new())));
    };
    // Before the lock is made, which would stay in a folder on which nothing is mounted.
    let now = Sighting::new(folder.id(), found.base, maildir::is_ready(&folder)?);
    newcomers.found_maildir(user, found.base, now)?;
    let Some(opened) = maildir::open(folder, lane.clone(), deadline)? else { return Ok(None) };
    let is_local = opened.maildir.is_local();
    let kind = Kind::Maildir(Held::new(opened.maildir, is_local, &lane).into(), lane);
    Ok(Some((Mailbox { entries: opened.entries, kind }, opened.skipped.to_string())))
}

fn open_mbox(
    place: &Place,
    newcomers: &Newcomers,
    user: &str,
    rightful: Rightful,
    lane: jobs::Lane,
    deadline: Deadline,
) -> anyhow::Result<Opened> {
    let found = place.file(user, rightful)?;
    let Some(folder) = found.folder else {
        newcomers.check(user, found.base)?;
        return Ok(Some((Mailbox { entries: Vec::new(), kind: Kind::None }, String::new())));
    };
    let id = folder.id();
    let Some((mbox, entries)) = mbox::open(folder, found.file, lane.clone(), deadline)? else {
        return Ok(None);
    };
    newcomers.found_mbox(user, found.base, Sighting::new(id, found.base, mbox.is_there()))?;
    let is_local = mbox.is_local();
    let kind = Kind::Mbox(Held::new(mbox, is_local, &lane).into(), lane);
    Ok(Some((Mailbox { entries, kind }, String::new())))
}

impl Mailbox {
    /// The message as it is stored.
    pub(crate) async fn message(&self, number: MsgNo) -> anyhow::Result<Message> {
        let at = number.index();
        match &self.kind {
            Kind::Maildir(maildir, lane) => match maildir.get()?.message_at_hand(at) {
                Some(message) => Ok(message),
                None => {
                    let maildir = maildir.clone();
                    lane.run(move |deadline| maildir.get()?.message(at, deadline)).await?
                }
            },
            Kind::Mbox(mbox, lane) => {
                let mbox = mbox.clone();
                lane.run(move |_| mbox.get()?.message(at)).await?
            }
            Kind::Sql(open) => open.message(at),
            Kind::Sample(sample) => Ok(Message::in_memory(sample.message(at))),
            Kind::None => Err(io::Error::from(io::ErrorKind::NotFound).into()),
        }
    }

    /// Gives back a lock that another process waits for. Other locks go when this is dropped.
    pub(crate) async fn give_back(&self) {
        if let Kind::Sql(open) = &self.kind {
            open.give_back().await;
        }
    }

    /// Removes these messages and no others.
    pub(crate) async fn remove(&self, numbers: &[MsgNo]) -> anyhow::Result<()> {
        let marked = numbers.iter().map(|n| n.index());
        match &self.kind {
            Kind::Maildir(maildir, lane) => {
                let (maildir, marked) = (maildir.clone(), marked.collect::<Vec<_>>());
                lane.run(move |deadline| maildir.get()?.remove(&marked, deadline)).await?
            }
            Kind::Mbox(mbox, lane) => {
                let uids = marked.filter_map(|at| self.entries.get(at)).map(|entry| entry.uid.clone());
                let (mbox, uids) = (mbox.clone(), uids.collect());
                lane.run(move |deadline| mbox.get()?.remove(&uids, deadline)).await?
            }
            Kind::Sql(open) => open.remove(marked).await,
            Kind::Sample(sample) => {
                sample.remove(marked);
                Ok(())
            }
            Kind::None => Ok(()),
        }
    }
}

impl Index for Mailbox {
    fn len(&self) -> u32 {
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX)
    }

    fn octets(&self, n: MsgNo) -> u64 {
        self.entries.get(n.index()).map_or(0, |entry| entry.octets)
    }

    fn uid(&self, n: MsgNo) -> Uid<'_> {
        const NONE: Uid<'_> = Uid::new(b"none").unwrap();
        self.entries.get(n.index()).and_then(|entry| Uid::new(entry.uid.as_bytes())).unwrap_or(NONE)
    }
}

/// The size on the wire of what a reader gives, in constant memory.
fn wire_size(mut from: impl io::Read, deadline: Deadline) -> io::Result<u64> {
    let mut size = WireSize::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(size.octets()),
            Ok(n) => size.add(&piece[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        deadline.check()?;
    }
}
