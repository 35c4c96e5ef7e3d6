//! Work on files, on threads that may wait. A file system that is slow, or that never answers because it is
//! its user's own program, holds up the sessions of that user and nobody else's.
//!
//! A user has few threads at once. A session waits for its work until a deadline, even if the thread goes on
//! waiting. A thread that takes long no longer counts among those that serve everybody, as long as there are
//! not too many of its kind.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout, timeout_at};

use super::closer::Closer;

/// How many threads work on files. More would take memory and not serve anybody faster.
const PLACES: usize = 64;
/// How many more may be waiting for a slow file system.
const SLOW_PLACES: usize = 192;
/// The threads that the runtime needs for all of these, and for what else is done on such threads.
pub(crate) const THREADS: usize = PLACES + SLOW_PLACES + 8;
/// Work that takes longer than this is slow.
const SLOW: Duration = Duration::from_secs(3);
/// How many threads a user may have at once.
const OF_ONE_USER: usize = 2;

pub(super) struct Jobs {
    places: Arc<Semaphore>,
    slow: Arc<Semaphore>,
    /// There are no more than users.
    users: Mutex<HashMap<String, Own>>,
    limit: Duration,
}

/// The threads of one user.
#[derive(Clone)]
pub(super) struct Lane {
    jobs: Arc<Jobs>,
    own: Own,
}

#[derive(Clone)]
struct Own {
    threads: Arc<Semaphore>,
    closer: Arc<Closer>,
}

/// When work has to end. Whoever goes through much data asks now and then.
#[derive(Clone, Copy)]
pub(super) struct Deadline(Instant);

impl Deadline {
    pub(super) fn check(self) -> io::Result<()> {
        if Instant::now() < self.0 { Ok(()) } else { Err(too_slow()) }
    }
}

impl Jobs {
    /// No work is waited for longer than `limit`.
    pub(super) fn new(limit: Duration) -> Arc<Self> {
        Arc::new(Self {
            places: Arc::new(Semaphore::new(PLACES)),
            slow: Arc::new(Semaphore::new(SLOW_PLACES)),
            users: Mutex::default(),
            limit,
        })
    }

    pub(super) fn lane(self: &Arc<Self>, user: &str) -> Lane {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        let own = match users.get(user) {
            Some(own) => own.clone(),
            None => {
                let own = Own { threads: Arc::new(Semaphore::new(OF_ONE_USER)), closer: Arc::default() };
                users.entry(user.to_owned()).or_insert(own).clone()
            }
        };
        Lane { jobs: self.clone(), own }
    }
}

impl Lane {
    /// Does the work on another thread. Fails if it does not end in time. It may then still go on, and its
    /// result is dropped, as is work that has not begun. That may happen on a thread that others need, so
    /// whatever is open in either has to be `Held`.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(Deadline) -> T + Send + 'static,
    ) -> io::Result<T> {
        let end = Instant::now() + self.jobs.limit;
        let places = async {
            // What was closed last has to be closed before its lock is asked for again.
            self.own.closer.is_done().await;
            let own = self.own.threads.clone().acquire_owned().await;
            (own, self.jobs.places.clone().acquire_owned().await)
        };
        let Ok((Ok(own), Ok(place))) = timeout_at(end, places).await else { return Err(too_slow()) };
        let (answer, result) = oneshot::channel();
        // The task lives on if the session does not.
        tokio::spawn(self.jobs.clone().watch(own, place, answer, move || work(Deadline(end))));
        match timeout_at(end, result).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(_)) => Err(io::Error::other("the work has ended without a result")),
            Err(_) => Err(too_slow()),
        }
    }

    /// Drops what is open in the user's folder on another thread, with no one to wait for it and no deadline.
    pub(super) fn close(&self, open: impl Send + 'static) {
        self.own.closer.close(open);
    }
}

impl Jobs {
    async fn watch<T: Send + 'static>(
        self: Arc<Self>,
        own: OwnedSemaphorePermit,
        place: OwnedSemaphorePermit,
        answer: oneshot::Sender<T>,
        work: impl FnOnce() -> T + Send + 'static,
    ) {
        let mut thread = spawn_blocking(work);
        let (place, done) = match timeout(SLOW, &mut thread).await {
            Ok(done) => (place, done),
            Err(_) => {
                // Where too many are slow already, the place is not given back.
                let place = self.slow.clone().try_acquire_owned().unwrap_or(place);
                (place, thread.await)
            }
        };
        drop((own, place));
        if let Ok(done) = done {
            let _ = answer.send(done);
        }
    }
}

fn too_slow() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the files took longer than `files` in [limits] allows")
}
