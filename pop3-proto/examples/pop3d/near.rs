//! Clients that are near: on this machine, or one switch away.
//!
//! Such a client sends its next command before this thread has gone to sleep and been woken up again, which takes longer than a message.
//! So a session whose client was quick the last time looks again for a moment, and lets all others go first; a client that is far away is
//! waited for asleep.

use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::task::yield_now;

/// What a near client needs for its next command.
const MOMENT: Duration = Duration::from_micros(200);

/// Whether the client was quick the last time.
#[derive(Default)]
pub(crate) struct Near(bool);

impl Near {
    pub(crate) async fn read<S: AsyncRead + Unpin>(
        &mut self,
        io: &mut S,
        into: &mut [u8],
    ) -> io::Result<usize> {
        let begin = Instant::now();
        let mut read = pin!(io.read(into));
        while self.0 {
            if let Poll::Ready(read) = poll_fn(|context| Poll::Ready(read.as_mut().poll(context))).await {
                return read;
            }
            self.0 = begin.elapsed() < MOMENT;
            yield_now().await;
        }
        let read = read.await;
        self.0 = begin.elapsed() < MOMENT;
        read
    }
}
