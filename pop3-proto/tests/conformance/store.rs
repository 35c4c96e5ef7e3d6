//! The maildrops of the honest server.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use pop3_proto::conformance::corpus::{self, NAMES};
use pop3_proto::server::Index;
use pop3_proto::{MsgNo, Uid, dot};

use crate::honest::RUN;

thread_local! {
    /// The known messages, made once: one of them is large.
    pub(crate) static CORPUS: Vec<Mail> = {
        let mail = NAMES.iter().map(|name| (format!("id-{name}"), Rc::new(corpus::stored(name, RUN).unwrap())));
        mail.collect()
    };

    /// The sizes of large messages on the wire, by unique-id and stored size.
    static SIZES: RefCell<BTreeMap<(String, usize), u64>> = RefCell::default();
}

/// A message in its stored form, with its unique-id.
pub(crate) type Mail = (String, Rc<Vec<u8>>);

/// The maildrops by user, which of them are locked, and what was removed.
#[derive(Default)]
pub(crate) struct Store {
    pub(crate) mail: RefCell<BTreeMap<String, Vec<Mail>>>,
    pub(crate) locked: RefCell<BTreeMap<String, bool>>,
    pub(crate) removed: RefCell<Vec<Mail>>,
    pub(crate) arrived: Cell<u32>,
    /// Several sessions may have a maildrop open; each keeps what it saw at its login.
    pub(crate) shared: Cell<bool>,
}

/// An open maildrop; the lock is free again when it is dropped.
pub(crate) struct Open {
    pub(crate) store: Rc<Store>,
    pub(crate) user: String,
    pub(crate) mail: Vec<Mail>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.store.locked.borrow_mut().insert(self.user.clone(), false);
    }
}

impl Index for Open {
    fn len(&self) -> u32 {
        self.mail.len() as u32
    }

    fn octets(&self, n: MsgNo) -> u64 {
        let (uid, message) = &self.mail[n.index()];
        if message.len() < 1 << 20 {
            return dot::wire_size(message);
        }
        // Counted once: it takes its time, and LIST asks in each session.
        SIZES.with(|sizes| {
            let mut sizes = sizes.borrow_mut();
            *sizes.entry((uid.clone(), message.len())).or_insert_with(|| dot::wire_size(message))
        })
    }

    fn needs_utf8(&self, n: MsgNo) -> bool {
        let message = &self.mail[n.index()].1;
        let header = message.windows(2).position(|w| w == b"\n\n").unwrap_or(message.len());
        message[..header].starts_with(b"Subject:") && !message[..header].is_ascii()
    }

    fn uid(&self, n: MsgNo) -> Uid<'_> {
        Uid::new(self.mail[n.index()].0.as_bytes()).unwrap()
    }
}
