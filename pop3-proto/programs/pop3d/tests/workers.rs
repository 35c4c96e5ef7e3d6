//! Long computations, such as password hashes, are done only for those who still wait for them.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::{sleep, timeout};

#[path = "../src/workers.rs"]
#[allow(dead_code, reason = "only a part of it is tried here")]
mod workers;

use workers::Workers;

const USER: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const STRANGERS: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));
const PATIENCE: Duration = Duration::from_secs(30);

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// Covers password-checks-of-nobody.
#[test]
fn the_work_of_connections_that_have_ended_is_not_done() {
    let (runtime, workers) = (runtime(), Arc::new(Workers::with_threads(2).unwrap()));
    let count = Arc::new(AtomicUsize::new(0));
    runtime.block_on(async {
        // Both threads are busy.
        let (gate, _busy): (Vec<_>, Vec<_>) = (0..2)
            .map(|_| {
                let ((open, opened), workers) = (channel::<()>(), workers.clone());
                (
                    open,
                    tokio::spawn(async move { workers.run(STRANGERS, move || opened.recv().is_err()).await }),
                )
            })
            .unzip();
        sleep(Duration::from_millis(100)).await;
        let strangers: Vec<_> = (0..10_000)
            .map(|_| {
                let (workers, count) = (workers.clone(), count.clone());
                tokio::spawn(async move {
                    workers.run(STRANGERS, move || count.fetch_add(1, Ordering::SeqCst)).await
                })
            })
            .collect();
        let user = workers.clone();
        let waits = tokio::spawn(async move { user.run(USER, || "the user").await });
        sleep(Duration::from_millis(100)).await;
        for stranger in &strangers {
            stranger.abort();
        }
        for stranger in strangers {
            assert!(stranger.await.unwrap_err().is_cancelled());
        }
        drop(gate);
        assert_eq!(timeout(PATIENCE, waits).await.unwrap().unwrap(), Some("the user"));
    });
    assert_eq!(count.load(Ordering::SeqCst), 0);
    // The threads are free again.
    runtime.block_on(async {
        for _ in 0..10 {
            assert_eq!(timeout(PATIENCE, workers.run(USER, || 1)).await.unwrap(), Some(1));
        }
    });
}

#[test]
fn no_more_is_done_at_once_than_there_are_threads_and_each_gets_its_own_result() {
    let (runtime, workers) = (runtime(), Arc::new(Workers::with_threads(3).unwrap()));
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let asked: Vec<_> = (0..30)
        .map(|n| {
            let (workers, now, most) = (workers.clone(), now.clone(), most.clone());
            runtime.spawn(async move {
                let work = move || {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(10));
                    now.fetch_sub(1, Ordering::SeqCst);
                    n * n
                };
                workers.run(USER, work).await
            })
        })
        .collect();
    for (n, one) in asked.into_iter().enumerate() {
        assert_eq!(runtime.block_on(async { timeout(PATIENCE, one).await }).unwrap().unwrap(), Some(n * n));
    }
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

/// Covers password-checks-of-nobody.
#[test]
fn many_from_one_network_do_not_hold_up_one_from_another() {
    let (runtime, workers) = (runtime(), Arc::new(Workers::with_threads(2).unwrap()));
    let count = Arc::new(AtomicUsize::new(0));
    let before = runtime.block_on(async {
        for _ in 0..100 {
            let (workers, count) = (workers.clone(), count.clone());
            let work = move || {
                std::thread::sleep(Duration::from_millis(10));
                count.fetch_add(1, Ordering::SeqCst)
            };
            tokio::spawn(async move { workers.run(STRANGERS, work).await });
        }
        sleep(Duration::from_millis(100)).await;
        let before = count.load(Ordering::SeqCst);
        let done = count.clone();
        let work = move || done.load(Ordering::SeqCst);
        timeout(PATIENCE, workers.run(USER, work)).await.unwrap().unwrap() - before
    });
    assert!(before <= 6, "{before} others went first");
}
