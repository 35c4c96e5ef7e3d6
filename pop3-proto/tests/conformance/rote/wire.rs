//! The connections of the rote client.

use std::collections::{BTreeMap, VecDeque};
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use std::cell::RefCell;
use std::rc::Rc;

use pop3_proto::Time;
use pop3_proto::conformance::{Door, End, Link, Move};

use super::talk::Lost;

/// How long the client waits.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Default)]
pub(super) struct Side {
    inbox: VecDeque<u8>,
    /// So many octets of it hold no line end.
    scanned: usize,
    closed: bool,
    left: bool,
    /// Whether the last handshake was taken.
    secured: Option<bool>,
}

/// All connections of a run.
#[derive(Default)]
pub(crate) struct Wire {
    pub(crate) now: Time,
    pub(crate) moves: VecDeque<Move>,
    pub(crate) printed: Vec<u8>,
    /// Half a line is none.
    pub(crate) by_segments: bool,
    pub(crate) waits_for_ever: bool,
    pub(crate) patient: bool,
    pub(crate) no_alert: bool,
    /// Commands come in two segments.
    pub(crate) in_pieces: bool,
    pub(super) sides: BTreeMap<Link, Side>,
}

impl Wire {
    pub(crate) fn put(&mut self, link: Link, octets: &[u8]) {
        if let Some(side) = self.sides.get_mut(&link) {
            side.inbox.extend(octets);
        }
    }

    pub(crate) fn secured(&mut self, link: Link, taken: bool) {
        if let Some(side) = self.sides.get_mut(&link) {
            side.secured = Some(taken);
        }
    }

    pub(crate) fn close(&mut self, link: Link) {
        if let Some(side) = self.sides.get_mut(&link) {
            side.closed = true;
        }
    }

    pub(crate) fn open(&self) -> Vec<Link> {
        self.sides.iter().filter(|(_, side)| !side.left).map(|(link, _)| *link).collect()
    }
}

/// One connection in the hands of the client.
#[derive(Clone)]
pub(crate) struct Peer {
    pub(crate) wire: Rc<RefCell<Wire>>,
    pub(crate) link: Link,
}

impl Peer {
    pub(crate) fn connect(wire: &Rc<RefCell<Wire>>, door: Door) -> Self {
        let mut all = wire.borrow_mut();
        let link = Link(all.sides.len() as u32 + 1);
        all.sides.insert(link, Side::default());
        all.moves.push_back(Move::Connect(link, door));
        drop(all);
        Self { wire: wire.clone(), link }
    }

    pub(crate) fn say(&self, octets: impl AsRef<[u8]>) {
        let mut wire = self.wire.borrow_mut();
        let (front, rest) = octets.as_ref().split_at(if wire.in_pieces { 2 } else { 0 });
        let pieces = [front, rest].into_iter().filter(|piece| !piece.is_empty());
        wire.moves.extend(pieces.map(|piece| Move::Say(self.link, piece.to_vec())));
    }

    /// A line with its end.
    pub(crate) async fn line(&self) -> Result<Vec<u8>, Lost> {
        let since = self.wire.borrow().now;
        poll_fn(|_| {
            let mut wire = self.wire.borrow_mut();
            let late = wire.now.duration_since(since) > PATIENCE && !wire.waits_for_ever;
            let (by_segments, patient) = (wire.by_segments, wire.patient);
            let side = wire.sides.get_mut(&self.link).unwrap();
            let text = side.inbox.make_contiguous();
            let end = memchr::memchr(b'\n', &text[side.scanned..]).map(|at| at + side.scanned);
            side.scanned = text.len();
            match end {
                Some(end) => {
                    side.scanned = 0;
                    Poll::Ready(Ok(side.inbox.drain(..=end).collect()))
                }
                None if by_segments && !side.inbox.is_empty() => Poll::Ready(Err(Lost::Form)),
                None if side.closed => Poll::Ready(Err(Lost::Closed)),
                None if late => Poll::Ready(Err(Lost::Silent)),
                None if side.inbox.len() > 1 << 20 && !patient => Poll::Ready(Err(Lost::Form)),
                None => Poll::Pending,
            }
        })
        .await
    }

    /// What has come and was not read.
    pub(crate) fn take_rest(&self) -> Vec<u8> {
        let mut wire = self.wire.borrow_mut();
        let side = wire.sides.get_mut(&self.link).unwrap();
        side.scanned = 0;
        side.inbox.drain(..).collect()
    }

    pub(crate) fn put_back(&self, octets: Vec<u8>) {
        let mut wire = self.wire.borrow_mut();
        let side = wire.sides.get_mut(&self.link).unwrap();
        side.scanned = 0;
        for octet in octets.into_iter().rev() {
            side.inbox.push_front(octet);
        }
    }

    /// The handshake, which the server's end makes.
    pub(crate) async fn secure(&self) -> Result<(), Lost> {
        let since = self.wire.borrow().now;
        poll_fn(|_| {
            let mut wire = self.wire.borrow_mut();
            let late = wire.now.duration_since(since) > PATIENCE;
            let side = wire.sides.get_mut(&self.link).unwrap();
            match side.secured.take() {
                Some(true) => Poll::Ready(Ok(())),
                Some(false) => Poll::Ready(Err(Lost::Tls)),
                None if side.closed || late => Poll::Ready(Err(Lost::Tls)),
                // What is no handshake.
                None if !side.inbox.is_empty() => Poll::Ready(Err(Lost::Tls)),
                None => Poll::Pending,
            }
        })
        .await
    }

    /// The handshake, over what is already there.
    pub(crate) async fn secure_whatever(&self) -> Result<(), Lost> {
        poll_fn(|_| {
            let mut wire = self.wire.borrow_mut();
            let side = wire.sides.get_mut(&self.link).unwrap();
            match side.secured.take() {
                Some(true) => Poll::Ready(Ok(())),
                Some(false) => Poll::Ready(Err(Lost::Tls)),
                None if side.closed => Poll::Ready(Err(Lost::Tls)),
                None => Poll::Pending,
            }
        })
        .await
    }

    /// Waits for ever.
    pub(crate) async fn hang(&self) {
        poll_fn(|_| Poll::<()>::Pending).await;
    }

    pub(crate) async fn wait(&self, time: Duration) {
        let since = self.wire.borrow().now;
        poll_fn(|_| {
            if self.wire.borrow().now.duration_since(since) >= time { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    pub(crate) fn leave(&self) {
        let mut wire = self.wire.borrow_mut();
        let end = if wire.no_alert { End::Truncated } else { End::Fin };
        let side = wire.sides.get_mut(&self.link).unwrap();
        if !side.left {
            side.left = true;
            wire.moves.push_back(Move::Leave(self.link, end));
        }
    }
}
