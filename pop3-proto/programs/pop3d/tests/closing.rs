//! What is open in the folder of a user is closed on a thread of that user, however long that takes.
//!
//! A file whose closing takes long needs a file system of its own, so these tests use something else that is
//! dropped slowly, in the place of the file.

use std::future::pending;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::time::{sleep, timeout};

#[path = "../src/store/closer.rs"]
mod closer;
#[path = "../src/store/held.rs"]
mod held;
#[path = "../src/store/jobs.rs"]
#[allow(dead_code, reason = "only a part of it is tried here")]
mod jobs;

use held::Held;
use jobs::{Jobs, Lane};

/// The longest that these tests wait for anything.
const PATIENCE: Duration = Duration::from_secs(30);
const LIMIT: Duration = Duration::from_millis(300);

/// Dropping it tells where that happens, and waits for a word.
struct Slow {
    began: Sender<String>,
    may_end: Receiver<()>,
}

impl Drop for Slow {
    fn drop(&mut self) {
        let name = thread::current().name().unwrap_or_default().to_owned();
        let _ = self.began.send(name);
        let _ = self.may_end.recv();
    }
}

/// Something slow; where its end begins; and how to let it end.
fn slow() -> (Slow, Receiver<String>, Sender<()>) {
    let ((began, begun), (end, may_end)) = (channel(), channel());
    (Slow { began, may_end }, begun, end)
}

/// One thread, so that it is seen if anything holds it up.
fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).thread_name("runtime").enable_all().build().unwrap()
}

/// Work that takes both threads of the user. It ends when the sender is dropped.
fn occupy(runtime: &Runtime, lane: &Lane) -> Sender<()> {
    let (end, ended) = channel::<()>();
    let ended = std::sync::Arc::new(std::sync::Mutex::new(ended));
    for _ in 0..2 {
        let (lane, ended) = (lane.clone(), ended.clone());
        runtime.spawn(async move { lane.run(move |_| ended.lock().unwrap().recv().is_err()).await });
    }
    thread::sleep(LIMIT / 3);
    end
}

/// Runs this on the thread of the runtime.
fn on_runtime<T: Send + 'static>(runtime: &Runtime, act: impl Future<Output = T> + Send + 'static) -> T {
    let (answer, result) = channel();
    runtime.spawn(async move { answer.send(act.await) });
    result.recv_timeout(PATIENCE).expect("the thread of the runtime is held up")
}

/// Covers one-user-holds-all-threads.
#[test]
fn a_file_is_closed_elsewhere_though_no_thread_of_its_user_is_free() {
    let runtime = runtime();
    let jobs = Jobs::new(LIMIT);
    let lane = jobs.lane("mallory");
    let _busy = occupy(&runtime, &lane);
    let (file, begun, end) = slow();
    let held = Held::new(file, false, &lane);
    on_runtime(&runtime, async move { drop(held) });
    // Longer than any work may wait.
    on_runtime(&runtime, async { sleep(2 * LIMIT).await });
    let thread = begun.recv_timeout(PATIENCE).unwrap();
    assert!(!thread.contains("runtime"), "{thread}");
    let other = jobs.lane("alice");
    assert!(on_runtime(&runtime, async move { other.run(|_| true).await }).unwrap());
    drop(end);
}

/// Covers one-user-holds-all-threads.
#[test]
fn work_that_gets_no_turn_closes_its_file_elsewhere() {
    let runtime = runtime();
    let jobs = Jobs::new(LIMIT);
    let lane = jobs.lane("mallory");
    let _busy = occupy(&runtime, &lane);
    let (file, begun, end) = slow();
    let held = Held::new(file, false, &lane);
    let own = lane.clone();
    let done = on_runtime(&runtime, async move { own.run(move |_| held.get().is_ok()).await });
    assert_eq!(done.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
    let thread = begun.recv_timeout(PATIENCE).unwrap();
    assert!(!thread.contains("runtime"), "{thread}");
    on_runtime(&runtime, async { sleep(Duration::from_millis(1)).await });
    drop(end);
}

/// Covers one-user-holds-all-threads.
#[test]
fn a_result_that_nobody_waits_for_any_longer_is_closed_elsewhere() {
    let runtime = runtime();
    let jobs = Jobs::new(LIMIT);
    let lane = jobs.lane("mallory");
    let (file, begun, end) = slow();
    let own = lane.clone();
    let opened = on_runtime(&runtime, async move {
        let lane = own.clone();
        let open = move |_| {
            thread::sleep(2 * LIMIT);
            Held::new(file, false, &lane)
        };
        own.run(open).await.map(drop)
    });
    assert_eq!(opened.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
    let thread = begun.recv_timeout(PATIENCE).unwrap();
    assert!(!thread.contains("runtime"), "{thread}");
    on_runtime(&runtime, async { sleep(Duration::from_millis(1)).await });
    drop(end);
}

/// Otherwise a user could make it hold more and more files.
///
/// Covers one-user-holds-all-threads.
#[test]
fn while_a_file_is_being_closed_its_user_has_to_wait() {
    let runtime = runtime();
    let jobs = Jobs::new(LIMIT);
    let lane = jobs.lane("mallory");
    let (file, begun, end) = slow();
    drop(Held::new(file, false, &lane));
    begun.recv_timeout(PATIENCE).unwrap();
    for _ in 0..3 {
        let lane = lane.clone();
        let refused = on_runtime(&runtime, async move { lane.run(|_| true).await });
        assert_eq!(refused.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
    }
    drop(end);
    let end = Instant::now() + PATIENCE;
    let again = || {
        let lane = lane.clone();
        on_runtime(&runtime, async move { lane.run(|_| true).await }).is_ok()
    };
    while !again() {
        assert!(Instant::now() < end, "it is closed, and the user still has to wait");
    }
}

/// Covers one-user-holds-all-threads.
#[test]
fn the_end_of_the_runtime_does_not_wait_for_a_file() {
    let runtime = runtime();
    let lane = Jobs::new(LIMIT).lane("mallory");
    let (file, begun, end) = slow();
    let held = Held::new(file, false, &lane);
    runtime.spawn(async move {
        pending::<()>().await;
        drop(held);
    });
    let start = Instant::now();
    runtime.shutdown_timeout(PATIENCE);
    assert!(start.elapsed() < PATIENCE / 2);
    let thread = begun.recv_timeout(PATIENCE).unwrap();
    assert!(!thread.contains("runtime"), "{thread}");
    drop(end);
}

#[test]
fn what_is_local_is_closed_at_once() {
    let lane = Jobs::new(LIMIT).lane("alice");
    let (file, begun, end) = slow();
    drop(end);
    let held = Held::new(file, true, &lane);
    assert!(held.is_local() && held.get().is_ok());
    drop(held);
    assert_eq!(begun.try_recv().ok(), Some(thread::current().name().unwrap_or_default().to_owned()));
    // What is not local is closed before the next work of the user begins.
    let (file, begun, end) = slow();
    drop(end);
    let runtime = runtime();
    drop(Held::new(file, false, &lane));
    let done = move |_| begun.try_recv().is_ok();
    assert!(on_runtime(&runtime, async move { timeout(PATIENCE, lane.run(done)).await }).unwrap().unwrap());
}
