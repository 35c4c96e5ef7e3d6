//! The number of a session, which keeps the tickets of different sessions apart.

/// A new number for a session, from a counter that all threads share.
#[cfg(target_has_atomic = "32")]
pub(super) fn next(_: u32) -> u32 {
    use core::sync::atomic::{AtomicU32, Ordering};
    static LAST: AtomicU32 = AtomicU32::new(0);
    LAST.fetch_add(1, Ordering::Relaxed)
}

/// Without 32-bit atomics the embedder gives each session its number; otherwise all sessions have the same.
#[cfg(not(target_has_atomic = "32"))]
pub(super) const fn next(own: u32) -> u32 {
    own
}
