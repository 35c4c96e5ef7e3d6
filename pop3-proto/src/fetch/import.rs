//! Imports records of other programs, so that a user who switches does not fetch every message again.

use alloc::collections::BTreeMap;
use core::fmt;

use super::entry::{Entry, Fate, Id};
use super::flags::Flags;
use super::record::Record;

/// What was found in the record of another program. A line that cannot be read is counted and passed over,
/// because one bad line is no reason to fetch every message again.
///
/// If [`found_nothing`](Self::found_nothing) returns `true`, do not use the record: the file is from another
/// program, or `user` and `host` are not spelled as in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Import {
    /// The messages that were taken.
    pub record: Record,
    /// How many those are.
    pub taken: u64,
    /// How many messages belong to other accounts.
    pub others: u64,
    /// How many lines do not have the expected form.
    pub malformed: u64,
    /// The number of the first such line, from 1.
    pub first_malformed: Option<usize>,
}

impl Import {
    /// Reads getmail6's `oldmail-` file of one account. Each line has a unique-id, NUL, and the time at which
    /// the message was fetched; a time after `now` counts as `now`. getmail writes `-` for each `/` in an id;
    /// such ids are found all the same. `now` is in seconds since 1970.
    #[must_use]
    pub fn from_getmail(text: &[u8], now: u64) -> Self {
        let mut import = Collector::default();
        for (number, line) in lines(text) {
            let mut fields = line.splitn(2, |b| *b == 0);
            let uid = fields.next().unwrap_or_default();
            match fields.next().and_then(decimal) {
                Some(time) => import.add(number, uid, time.min(now)),
                None => import.malformed(number),
            }
        }
        import.found
    }

    /// Reads fetchmail's `.fetchids`, which holds all accounts. Each line has `user@host`, a space, and a
    /// unique-id; the letter case of user and host does not matter. `now`, in seconds since 1970, is the time
    /// from which days are counted, because the file has no times. If a unique-id contains a space, fetchmail
    /// keeps only the front of it; such messages are fetched again.
    #[must_use]
    pub fn from_fetchmail(text: &[u8], user: &str, host: &str, now: u64) -> Self {
        let mut import = Collector::default();
        for (number, line) in lines(text) {
            // A user name may contain spaces, so the account is compared before the line is cut.
            let own = (|| {
                let (of_user, rest) = line.split_at_checked(user.len())?;
                let (of_host, rest) = rest.strip_prefix(b"@")?.split_at_checked(host.len())?;
                let same = of_user.eq_ignore_ascii_case(user.as_bytes())
                    && of_host.eq_ignore_ascii_case(host.as_bytes());
                rest.strip_prefix(b" ").filter(|_| same)
            })();
            match own {
                Some(uid) => import.add(number, uid, now),
                None if line.contains(&b'@') && line.contains(&b' ') => import.other(),
                None => import.malformed(number),
            }
        }
        import.found
    }

    /// Reads mpop's file. It has comments, then for each account a line that consists of a space, the count,
    /// host and user, and then that many unique-ids, one per line. Since version 1.4.23 each of these has a
    /// space and the time at which the message was fetched. `now`, in seconds since
    /// 1970, stands in for a missing time; a time after `now` counts as `now`.
    /// The letter case of the host does not matter, that of the user does.
    #[must_use]
    pub fn from_mpop(text: &[u8], user: &str, host: &str, now: u64) -> Self {
        let mut import = Collector::default();
        let mut left = 0_u64;
        let mut wanted = false;
        for (number, line) in lines(text).skip_while(|(_, line)| line.starts_with(b"#")) {
            if line.starts_with(b" ") {
                match head(line) {
                    Some((count, of_host, of_user)) => {
                        left = count;
                        wanted = of_host.eq_ignore_ascii_case(host) && of_user == user;
                    }
                    None => {
                        left = 0;
                        import.malformed(number);
                    }
                }
            } else if left == 0 {
                import.malformed(number);
            } else {
                left = left.saturating_sub(1);
                let (uid, time) = id_and_time(line);
                if wanted { import.add(number, uid, time.unwrap_or(now).min(now)) } else { import.other() }
            }
        }
        import.found
    }

    /// Whether the file has lines, and no message was taken.
    #[must_use]
    pub const fn found_nothing(&self) -> bool {
        self.taken == 0 && (self.others > 0 || self.malformed > 0)
    }
}

/// The first line of a list of mpop: how many ids follow, and of which host and user.
fn head(line: &[u8]) -> Option<(u64, &str, &str)> {
    let mut fields = core::str::from_utf8(line).ok()?.strip_prefix(' ')?.splitn(3, ' ');
    Some((decimal(fields.next()?.as_bytes())?, fields.next()?, fields.next()?))
}

/// The two fields of mpop 1.4.23; a number that cannot be a time of our days is part of the id.
fn id_and_time(line: &[u8]) -> (&[u8], Option<u64>) {
    let place = line.iter().rposition(|octet| *octet == b' ');
    let fields = place.and_then(|place| Some((line.get(..place)?, line.get(place.saturating_add(1)..)?)));
    match fields.and_then(|(uid, time)| Some((uid, decimal(time).filter(|time| *time >= 1_000_000_000)?))) {
        Some((uid, time)) => (uid, Some(time)),
        None => (line, None),
    }
}

fn decimal(digits: &[u8]) -> Option<u64> {
    let digits = digits.trim_ascii();
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    core::str::from_utf8(digits).ok().filter(|_| is_number)?.parse().ok()
}

/// Collects imported ids. They may repeat; sizes and headers are not known.
#[derive(Default)]
struct Collector {
    found: Import,
    counts: BTreeMap<Id, u32>,
}

impl Collector {
    fn add(&mut self, number: usize, uid: &[u8], time: u64) {
        if uid.is_empty() {
            return self.malformed(number);
        }
        let id = Id::of(uid);
        let count = self.counts.entry(id.clone()).or_default();
        let nth = *count;
        *count = count.saturating_add(1);
        self.found.taken = self.found.taken.saturating_add(1);
        self.found.record.insert(Entry {
            id,
            nth,
            octets: None,
            digest: None,
            text: None,
            flags: Flags::default(),
            broken: false,
            first_seen: time,
            stored: Some(time),
            listed: time,
            fate: Fate::Stays,
        });
    }

    const fn other(&mut self) {
        self.found.others = self.found.others.saturating_add(1);
    }

    fn malformed(&mut self, number: usize) {
        self.found.malformed = self.found.malformed.saturating_add(1);
        self.found.first_malformed.get_or_insert(number);
    }
}

/// The lines that are not empty, numbered from 1.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let lines = text.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    (1..).zip(lines).filter(|(_, line)| !line.is_empty())
}

/// Writes, for instance, `2 messages taken, 3 of other accounts, lines not read: 1 (the first is line 7)`.
impl fmt::Display for Import {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} messages taken", self.taken)?;
        if self.others > 0 {
            write!(f, ", {} of other accounts", self.others)?;
        }
        match self.first_malformed {
            Some(line) => write!(f, ", lines not read: {} (the first is line {line})", self.malformed),
            None => Ok(()),
        }
    }
}
