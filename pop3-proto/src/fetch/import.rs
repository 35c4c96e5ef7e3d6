//! Imports records of other programs, so that a user who switches does not fetch every message again.

use alloc::collections::BTreeMap;
use core::fmt;

use super::entry::{Entry, Fate, Id};
use super::record::Record;

/// The text does not have the expected form. Holds the number of its first bad line, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportError(pub usize);

impl Record {
    /// Reads getmail6's `oldmail-` file of one account. Each line has a unique-id, NUL, and the time at which
    /// the message was fetched.
    ///
    /// # Errors
    ///
    /// [`ImportError`]: a line has no NUL, or no time after it.
    pub fn from_getmail(text: &[u8]) -> Result<Self, ImportError> {
        let mut import = Import::default();
        for (number, line) in lines(text) {
            let mut fields = line.splitn(2, |b| *b == 0);
            let uid = fields.next().unwrap_or_default();
            let time = fields.next().and_then(|time| core::str::from_utf8(time).ok()?.trim().parse().ok());
            import.add(uid, time.ok_or(ImportError(number))?);
        }
        Ok(import.record)
    }

    /// Reads fetchmail's `.fetchids`, which holds all accounts. Each line has `user@host`, a space, and a
    /// unique-id. `now`, in seconds since 1970, is the time from which days are counted, because the file has
    /// no times. If a unique-id contains a space, fetchmail keeps only the front of it; such messages are
    /// fetched again.
    ///
    /// # Errors
    ///
    /// [`ImportError`]: a line has no space.
    pub fn from_fetchmail(text: &[u8], user: &str, host: &str, now: u64) -> Result<Self, ImportError> {
        let mut import = Import::default();
        for (number, line) in lines(text) {
            if !line.contains(&b' ') {
                return Err(ImportError(number));
            }
            let uid = line
                .strip_prefix(user.as_bytes())
                .and_then(|rest| rest.strip_prefix(b"@"))
                .and_then(|rest| rest.split_at_checked(host.len()))
                .filter(|(name, _)| name.eq_ignore_ascii_case(host.as_bytes()))
                .and_then(|(_, rest)| rest.strip_prefix(b" "));
            import.add(uid.unwrap_or_default(), now);
        }
        Ok(import.record)
    }

    /// Reads mpop's file. It has comments, then for each account a line that consists of a space, the count,
    /// host and user, and then that many unique-ids, one per line. `now` is as in
    /// [`from_fetchmail`](Self::from_fetchmail).
    ///
    /// # Errors
    ///
    /// [`ImportError`]: an id is outside a list, the first line of a list is bad, or a list has fewer ids
    /// than it says.
    pub fn from_mpop(text: &[u8], user: &str, host: &str, now: u64) -> Result<Self, ImportError> {
        let mut import = Import::default();
        let mut left = 0_u64;
        let mut wanted = false;
        let mut last = 0;
        for (number, line) in lines(text).skip_while(|(_, line)| line.starts_with(b"#")) {
            last = number;
            if left > 0 {
                left = left.saturating_sub(1);
                if line.starts_with(b" ") {
                    return Err(ImportError(number));
                }
                import.add(if wanted { line } else { b"" }, now);
                continue;
            }
            let head = || {
                let mut fields = core::str::from_utf8(line).ok()?.strip_prefix(' ')?.splitn(3, ' ');
                let count = fields.next()?.parse().ok().filter(|count| *count > 0)?;
                Some((count, fields.next()?, fields.next()?))
            };
            let (count, of_host, of_user) = head().ok_or(ImportError(number))?;
            left = count;
            wanted = of_host.eq_ignore_ascii_case(host) && of_user == user;
        }
        if left > 0 { Err(ImportError(last)) } else { Ok(import.record) }
    }
}

/// Collects imported ids. They may repeat; sizes and headers are not known.
#[derive(Default)]
struct Import {
    record: Record,
    counts: BTreeMap<Id, u32>,
}

impl Import {
    fn add(&mut self, uid: &[u8], time: u64) {
        if uid.is_empty() {
            return;
        }
        let id = Id::Uid(uid.into());
        let count = self.counts.entry(id.clone()).or_default();
        let nth = *count;
        *count = count.saturating_add(1);
        self.record.insert(Entry {
            id,
            nth,
            octets: None,
            digest: None,
            first_seen: time,
            stored: Some(time),
            listed: time,
            fate: Fate::Stays,
        });
    }
}

/// The lines that are not empty, numbered from 1.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = text.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    (1..).zip(lines).filter(|(_, line)| !line.is_empty())
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} is not of the form that it should be", self.0)
    }
}

impl core::error::Error for ImportError {}
