//! The built-in sample: in memory, shared by all users; what is removed is gone until the next start.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pop3_proto::dot::wire_size;

use super::{Entry, Kind, Lock, Mailbox, Place};
use crate::sample::Sample;

pub(crate) struct Shared {
    mail: Sample,
    gone: Mutex<HashSet<usize>>,
    busy: AtomicBool,
}

/// Frees the sample for the next session.
pub(super) struct Guard(Arc<Shared>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.busy.store(false, Ordering::Release);
    }
}

/// `None` if the maildrop is in use.
pub(super) fn open(shared: &Arc<Shared>) -> Option<Mailbox> {
    if shared.busy.swap(true, Ordering::AcqRel) {
        return None;
    }
    let lock = Lock::Sample(Guard(shared.clone()));
    let gone = shared.gone.lock().unwrap_or_else(PoisonError::into_inner);
    let left = shared.mail.0.iter().enumerate().filter(|(at, _)| !gone.contains(at));
    let entries = left.map(|(at, message)| Entry {
        octets: wire_size(&message.text),
        uid: message.uid.to_owned(),
        place: Place::Sample(at),
    });
    Some(Mailbox { entries: entries.collect(), kind: Kind::Sample(shared.clone()), _lock: lock })
}

impl Shared {
    pub(super) fn new() -> Self {
        Self { mail: Sample::new(), gone: Mutex::default(), busy: AtomicBool::new(false) }
    }

    pub(super) fn read(&self, at: usize) -> &[u8] {
        self.mail.0.get(at).map_or(&[], |message| &message.text)
    }

    pub(super) fn remove<'e>(&self, entries: impl Iterator<Item = &'e Entry>) {
        let mut gone = self.gone.lock().unwrap_or_else(PoisonError::into_inner);
        gone.extend(entries.filter_map(|entry| match entry.place {
            Place::Sample(at) => Some(at),
            Place::File(_) | Place::Range { .. } => None,
        }));
    }
}
