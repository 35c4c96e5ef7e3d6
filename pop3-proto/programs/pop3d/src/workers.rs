//! Threads for long computations such as password hashes. There are as many as processors, so that logins
//! neither fill the memory with hashes nor hold up other users.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;

use tokio::sync::oneshot;

type Work = Box<dyn FnOnce() + Send>;

pub(crate) struct Workers(mpsc::Sender<Work>);

impl Workers {
    pub(crate) fn start() -> anyhow::Result<Self> {
        let (sender, receiver) = mpsc::channel::<Work>();
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            let receiver = receiver.clone();
            let next = move || receiver.lock().unwrap_or_else(PoisonError::into_inner).recv();
            thread::Builder::new().name("worker".to_owned()).spawn(move || {
                while let Ok(work) = next() {
                    work();
                }
            })?;
        }
        Ok(Self(sender))
    }

    /// Waits for its turn, does the work, and returns the result.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, result) = oneshot::channel();
        // The client may have gone before the work is done.
        let work = move || drop(answer.send(work()));
        self.0.send(Box::new(work)).ok()?;
        result.await.ok()
    }
}
