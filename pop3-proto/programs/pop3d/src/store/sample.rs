//! The built-in sample messages, in memory. All users share them, and a message that is removed is gone until
//! the next start.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pop3_proto::dot::wire_size;

use super::{Entry, Kind, Mailbox};

/// Unique-ids and messages, oldest first. Some have shapes that break POP3 software.
const MESSAGES: [(&str, &[u8]); 4] =
    [("welcome", WELCOME), ("dots", DOTS), ("eight-bit", EIGHT_BIT), ("empty", b"")];

const WELCOME: &[u8] = b"From: pop3d <postmaster@example.com>\n\
To: You <you@example.com>\n\
Date: Sun, 01 Nov 2026 09:00:00 +0000\n\
Message-ID: <1.welcome@example.com>\n\
Subject: Welcome\n\
\n\
This message is built in: pop3d was started without a store.\n\
Name one with --maildir or --mbox to serve your own mail.\n";

const DOTS: &[u8] = b"From: Ann <ann@example.com>\r\n\
To: You <you@example.com>\r\n\
Subject: dots\r\n\
\r\n\
.\r\n\
..\r\n\
+OK this is not a reply, and the last line has no end";

const EIGHT_BIT: &[u8] = b"From: =?UTF-8?Q?J=C3=BCrgen?= <juergen@example.com>\r\n\
To: You <you@example.com>\r\n\
Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\
MIME-Version: 1.0\r\n\
Content-Type: text/plain; charset=utf-8\r\n\
Content-Transfer-Encoding: 8bit\r\n\
\r\n\
Sch\xC3\xB6ne Gr\xC3\xBC\xC3\x9Fe aus K\xC3\xB6ln.\r\n";

#[derive(Default)]
pub(crate) struct Shared {
    gone: Mutex<HashSet<usize>>,
    busy: AtomicBool,
}

/// The sample in one session. When this is dropped, the next session may open it.
pub(super) struct Open {
    shared: Arc<Shared>,
    /// The messages that are not removed yet.
    messages: Vec<usize>,
}

/// `None` if the maildrop is in use.
pub(super) fn open(shared: &Arc<Shared>) -> Option<Mailbox> {
    if shared.busy.swap(true, Ordering::AcqRel) {
        return None;
    }
    let gone = shared.gone().clone();
    let messages: Vec<usize> = (0..MESSAGES.len()).filter(|at| !gone.contains(at)).collect();
    let there = messages.iter().filter_map(|at| MESSAGES.get(*at));
    let entries =
        there.map(|(uid, text)| Entry { octets: wire_size(text), uid: (*uid).to_owned() }).collect();
    Some(Mailbox { entries, kind: Kind::Sample(Open { shared: shared.clone(), messages }) })
}

impl Shared {
    fn gone(&self) -> MutexGuard<'_, HashSet<usize>> {
        self.gone.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    pub(super) fn message(&self, at: usize) -> Vec<u8> {
        let message = self.messages.get(at).and_then(|at| MESSAGES.get(*at));
        message.map_or_else(Vec::new, |(_, text)| text.to_vec())
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
