//! Closes what belongs to the folder of a user.
//!
//! Closing a file may wait for ever: for a program of the user that serves it, or for a server that is gone. No
//! call of the system has a time limit for that, so it is never done on a thread that others need. Each user has
//! one thread for it, while there is something to close. Whatever is left to be closed holds up the next work of
//! that user, so that files that are never closed do not pile up.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::watch;

#[derive(Default)]
pub(super) struct Closer {
    queue: Mutex<Queue>,
    /// How many are not closed yet.
    left: watch::Sender<usize>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Box<dyn Send>>,
    has_thread: bool,
}

impl Closer {
    /// Drops this on the user's thread. It never waits.
    pub(super) fn close(self: &Arc<Self>, open: impl Send + 'static) {
        self.left.send_modify(|left| *left += 1);
        self.queue().waiting.push_back(Box::new(open));
        self.work();
    }

    /// Waits until everything is closed.
    pub(super) async fn is_done(self: &Arc<Self>) {
        // No thread could be started when it was needed, perhaps.
        self.work();
        let _ = self.left.subscribe().wait_for(|left| *left == 0).await;
    }

    /// Starts the thread, if there is something to do and none does it.
    fn work(self: &Arc<Self>) {
        let mut queue = self.queue();
        if queue.has_thread || queue.waiting.is_empty() {
            return;
        }
        let closer = self.clone();
        let started = thread::Builder::new().name("closer".to_owned()).spawn(move || {
            while let Some(open) = closer.next() {
                drop(open);
                closer.left.send_modify(|left| *left -= 1);
            }
        });
        queue.has_thread = started.is_ok();
    }

    fn next(&self) -> Option<Box<dyn Send>> {
        let mut queue = self.queue();
        let next = queue.waiting.pop_front();
        queue.has_thread = next.is_some();
        next
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
