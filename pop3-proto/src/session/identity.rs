//! The number of a session, so that no ticket of another is taken for one of its own.

/// A number that no session had before it, where the machine can count for all threads.
#[cfg(target_has_atomic = "32")]
pub(super) fn next(_: u32) -> u32 {
    use core::sync::atomic::{AtomicU32, Ordering};
    static LAST: AtomicU32 = AtomicU32::new(0);
    LAST.fetch_add(1, Ordering::Relaxed)
}

/// Elsewhere it is the embedder's to say; all are alike without.
#[cfg(not(target_has_atomic = "32"))]
pub(super) const fn next(own: u32) -> u32 {
    own
}
