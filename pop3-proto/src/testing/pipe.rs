//! `pipe`: a connection in memory that can be cut into small reads, delayed and broken.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use core::time::Duration;
use std::io::{self, Read, Write};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

/// Creates two connected ends: what is written to one is read from the other. A read waits for bytes. After
/// the other end was dropped, it returns the end of the input.
///
/// ```
/// use pop3_proto::testing::pipe;
/// use std::io::{Read as _, Write as _};
/// let (mut client, server) = pipe();
/// let mut server = server.cut(3).break_after(5);
/// client.write_all(b"NOOP\r\n")?;
/// let mut heard = [0; 16];
/// assert_eq!(server.read(&mut heard)?, 3); // cut
/// assert_eq!(server.read(&mut heard)?, 2); // as much as comes before the break
/// assert!(server.read(&mut heard).is_err()); // reset
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use]
pub fn pipe() -> (PipeEnd, PipeEnd) {
    let (up, down) = (Arc::new(Way::default()), Arc::new(Way::default()));
    (PipeEnd::new(down.clone(), up.clone()), PipeEnd::new(up, down))
}

/// One end of a [`pipe()`]. Dropping it ends the connection for the other one.
#[derive(Debug)]
pub struct PipeEnd {
    from: Arc<Way>,
    to: Arc<Way>,
    cut: usize,
    delay: Duration,
    timeout: Option<Duration>,
    /// How many bytes may still be read before the connection is reset.
    left: Option<u64>,
}

/// Bytes in transit to one end.
#[derive(Debug, Default)]
struct Way {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    bytes: VecDeque<u8>,
    closed: bool,
}

impl PipeEnd {
    fn new(from: Arc<Way>, to: Arc<Way>) -> Self {
        Self { from, to, cut: usize::MAX, delay: Duration::ZERO, timeout: None, left: None }
    }

    /// Limits each read to this many bytes; 0 counts as 1.
    #[must_use]
    pub fn cut(mut self, bytes: usize) -> Self {
        self.cut = bytes.max(1);
        self
    }

    /// Makes each read wait this long before it takes anything.
    #[must_use]
    pub fn delay(mut self, time: Duration) -> Self {
        self.delay = time;
        self
    }

    /// Makes a read fail with [`TimedOut`](io::ErrorKind::TimedOut) if no byte comes within this time. Without
    /// it, a read waits until the other end is dropped.
    #[must_use]
    pub fn read_timeout(mut self, time: Duration) -> Self {
        self.timeout = Some(time);
        self
    }

    /// Ends the connection after this many bytes were read: the next read of this end fails with
    /// `ConnectionReset`. After that the other end reads the end of the input, and its writes fail with
    /// `BrokenPipe`.
    #[must_use]
    pub fn break_after(mut self, bytes: u64) -> Self {
        self.left = Some(bytes);
        self
    }
}

impl Way {
    fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.changed.notify_all();
    }
}

impl Read for PipeEnd {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left == Some(0) {
            self.from.close();
            self.to.close();
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        if !self.delay.is_zero() {
            thread::sleep(self.delay);
        }
        let most = self.left.map_or(usize::MAX, |left| usize::try_from(left).unwrap_or(usize::MAX));
        let len = into.len().min(self.cut).min(most);
        let mut state = self.from.state.lock().unwrap_or_else(PoisonError::into_inner);
        let must_wait = |state: &mut State| state.bytes.is_empty() && !state.closed && len > 0;
        state = match self.timeout {
            None => self.from.changed.wait_while(state, must_wait).unwrap_or_else(PoisonError::into_inner),
            Some(timeout) => {
                let waited = self.from.changed.wait_timeout_while(state, timeout, must_wait);
                let (state, waited) = waited.unwrap_or_else(PoisonError::into_inner);
                if waited.timed_out() {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                state
            }
        };
        let n = state.bytes.read(into.get_mut(..len).unwrap_or_default())?;
        drop(state);
        self.left = self.left.map(|left| left.saturating_sub(n as u64));
        Ok(n)
    }
}

impl Write for PipeEnd {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.to.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        state.bytes.extend(bytes);
        self.to.changed.notify_all();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for PipeEnd {
    fn drop(&mut self) {
        self.to.close();
        self.from.close();
    }
}
