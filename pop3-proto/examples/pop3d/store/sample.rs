//! The built-in sample: in memory, shared by all users; what is removed is gone until the next start.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pop3_proto::dot::wire_size;

use super::{Entry, Kind, Mailbox};
use crate::sample::Sample;

pub(crate) struct Shared {
    mail: Sample,
    gone: Mutex<HashSet<usize>>,
    busy: AtomicBool,
}

/// The sample in one session; the next may have it when this is dropped.
pub(super) struct Open {
    shared: Arc<Shared>,
    /// Which of the messages are there.
    messages: Vec<usize>,
}

/// `None` if the maildrop is in use.
pub(super) fn open(shared: &Arc<Shared>) -> Option<Mailbox> {
    if shared.busy.swap(true, Ordering::AcqRel) {
        return None;
    }
    let gone = shared.gone().clone();
    let messages: Vec<usize> = (0..shared.mail.0.len()).filter(|at| !gone.contains(at)).collect();
    let open = Open { shared: shared.clone(), messages };
    let there = open.messages.iter().filter_map(|at| shared.mail.0.get(*at));
    let entries =
        there.map(|message| Entry { octets: wire_size(&message.text), uid: message.uid.to_owned() });
    Some(Mailbox { entries: entries.collect(), kind: Kind::Sample(open) })
}

impl Shared {
    pub(super) fn new() -> Self {
        Self { mail: Sample::new(), gone: Mutex::default(), busy: AtomicBool::new(false) }
    }

    fn gone(&self) -> MutexGuard<'_, HashSet<usize>> {
        self.gone.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    pub(super) fn message(&self, at: usize) -> Vec<u8> {
        let message = self.messages.get(at).and_then(|at| self.shared.mail.0.get(*at));
        message.map_or_else(Vec::new, |message| message.text.to_vec())
    }

    pub(super) fn remove(&self, marked: impl Iterator<Item = usize>) {
        self.shared.gone().extend(marked.filter_map(|at| self.messages.get(at)));
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.shared.busy.store(false, Ordering::Release);
    }
}
