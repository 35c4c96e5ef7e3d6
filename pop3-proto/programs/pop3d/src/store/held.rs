//! What stays open while a session lasts: files and folders of a user.

use std::io;

use super::jobs::Lane;

/// Something that is open in the folder of a user. It is dropped on a thread of that user, unless the kernel alone
/// decides how long closing takes.
pub(super) struct Held<T: Send + 'static> {
    open: Option<T>,
    lane: Option<Lane>,
}

impl<T: Send + 'static> Held<T> {
    /// `is_local` says whether everything in it is on a file system that waits for nobody else.
    pub(super) fn new(open: T, is_local: bool, lane: &Lane) -> Self {
        Self { open: Some(open), lane: (!is_local).then(|| lane.clone()) }
    }

    /// It is there until this is dropped.
    pub(super) fn get(&self) -> io::Result<&T> {
        self.open.as_ref().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// Whether the kernel alone decides what happens to it.
    pub(super) const fn is_local(&self) -> bool {
        self.lane.is_none()
    }
}

impl<T: Send + 'static> Drop for Held<T> {
    fn drop(&mut self) {
        if let Some((lane, open)) = self.lane.take().zip(self.open.take()) {
            lane.close(open);
        }
    }
}
