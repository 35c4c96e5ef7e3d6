//! Threads for long computations such as password hashes. There are as many as processors, so that logins
//! neither fill the memory with hashes nor hold up other users.
//!
//! A computation waits for its turn as a part of its connection. So there are never more of them than
//! connections, and one whose connection has ended is never done. Of each network only as many stand in the common
//! queue as there are threads, so that many from a few networks do not hold up one from another.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;

use tokio::sync::{Semaphore, oneshot};

type Work = Box<dyn FnOnce() + Send>;

pub(crate) struct Workers {
    sender: mpsc::Sender<Work>,
    /// One for each thread that has nothing to do.
    idle: Arc<Semaphore>,
    threads: usize,
    /// The places in the queue of each network that has something to do, and how many want one.
    networks: Mutex<HashMap<IpAddr, (Arc<Semaphore>, usize)>>,
}

impl Workers {
    pub(crate) fn start() -> anyhow::Result<Self> {
        Self::with_threads(thread::available_parallelism().map_or(1, usize::from))
    }

    pub(crate) fn with_threads(threads: usize) -> anyhow::Result<Self> {
        let (sender, receiver) = mpsc::channel::<Work>();
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..threads {
            let receiver = receiver.clone();
            let next = move || receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
            thread::Builder::new().name("worker".to_owned()).spawn(move || {
                while let Ok(work) = next() {
                    work();
                }
            })?;
        }
        Ok(Self { sender, idle: Arc::new(Semaphore::new(threads)), threads, networks: Mutex::default() })
    }

    /// Waits for its turn, does the work, and returns the result. If this is dropped before, the work is not
    /// done. The network is the one that the work is for.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        network: IpAddr,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let queue = self.queue_of(network);
        let _place = queue.places.acquire().await.ok()?;
        let turn = self.idle.clone().acquire_owned().await.ok()?;
        let (answer, result) = oneshot::channel();
        let work = move || {
            // The client may have gone before the work begins, or before it is done.
            let done = (!answer.is_closed()).then(work);
            drop(turn);
            if let Some(done) = done {
                let _ = answer.send(done);
            }
        };
        self.sender.send(Box::new(work)).ok()?;
        result.await.ok()
    }

    fn queue_of(&self, network: IpAddr) -> Queue<'_> {
        let mut networks = self.networks();
        let (places, count) =
            networks.entry(network).or_insert_with(|| (Arc::new(Semaphore::new(self.threads)), 0));
        *count += 1;
        Queue { workers: self, network, places: places.clone() }
    }

    fn networks(&self) -> MutexGuard<'_, HashMap<IpAddr, (Arc<Semaphore>, usize)>> {
        self.networks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The queue of a network, for one that wants a place in it. Nothing is kept of a network that wants none.
struct Queue<'w> {
    workers: &'w Workers,
    network: IpAddr,
    places: Arc<Semaphore>,
}

impl Drop for Queue<'_> {
    fn drop(&mut self) {
        let mut networks = self.workers.networks();
        if let Some((_, count)) = networks.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                networks.remove(&self.network);
            }
        }
    }
}
