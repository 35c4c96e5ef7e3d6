//! The desk between a probe and its driver: one question at a time.
//!
//! A probe is a coroutine: it asks for one thing, [`Do`], and gets an answer, [`Seen`]. Nothing here waits,
//! reads a clock or needs an executor.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;

use super::dialogue::{Dialogue, Link, Who, escaped};
use super::steps::{Do, End, Seen};
use super::verdict::Judgement;
use crate::time::Time;

/// What a probe and its driver share.
pub(super) struct Desk {
    now: Cell<Time>,
    began: Cell<Option<Time>>,
    asked: RefCell<Option<Do>>,
    seen: RefCell<Option<Seen>>,
    links: Cell<u32>,
    open: RefCell<Vec<Link>>,
    random: Cell<u64>,
    pub(super) dialogue: RefCell<Dialogue>,
    pub(super) judgements: RefCell<Vec<Judgement>>,
    pub(super) remarks: RefCell<super::remarks::Remarks>,
}

impl Desk {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            now: Cell::new(Time::ZERO),
            began: Cell::new(None),
            asked: RefCell::default(),
            seen: RefCell::default(),
            links: Cell::new(0),
            open: RefCell::default(),
            // Never 0, where the generator would stay.
            random: Cell::new(seed | 1),
            dialogue: RefCell::default(),
            judgements: RefCell::default(),
            remarks: RefCell::default(),
        }
    }

    pub(super) fn now(&self) -> Time {
        self.now.get()
    }

    /// How long it is since the first call.
    pub(super) fn elapsed(&self) -> Duration {
        self.now().duration_since(self.began.get().unwrap_or(Time::ZERO))
    }

    /// Numbers that look random: xorshift.
    pub(super) fn random(&self) -> u64 {
        let mut x = self.random.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.random.set(x);
        x
    }

    /// Writes something down; returns where.
    pub(super) fn write(&self, link: Link, who: Who, octets: &[u8]) -> usize {
        self.dialogue.borrow_mut().add(link, self.elapsed(), who, octets)
    }

    pub(super) fn event(&self, link: Link, text: &str) -> usize {
        self.write(link, Who::Event, text.as_bytes())
    }

    /// Where the last thing stands that was written down.
    pub(super) fn last(&self) -> usize {
        self.dialogue.borrow().entries().len().saturating_sub(1)
    }

    pub(super) fn hide(&self, secret: &[u8]) {
        self.dialogue.borrow_mut().hide(secret);
    }

    /// The octets escaped, without secrets.
    pub(super) fn shown(&self, octets: &[u8]) -> String {
        escaped(&self.dialogue.borrow().masked(octets))
    }

    /// The words without secrets.
    pub(super) fn masked(&self, words: &str) -> String {
        String::from_utf8_lossy(&self.dialogue.borrow().masked(words.as_bytes())).into_owned()
    }

    pub(super) fn new_link(&self) -> Link {
        self.links.set(self.links.get().saturating_add(1));
        Link(self.links.get())
    }

    pub(super) fn ask(&self, what: Do) -> Ask<'_> {
        match &what {
            Do::Connect(link, _) => self.open.borrow_mut().push(*link),
            Do::Close(link, end) if *end != End::HalfFin => {
                self.open.borrow_mut().retain(|open| open != link)
            }
            _ => {}
        }
        Ask { desk: self, what: Some(what) }
    }

    /// Closes what the probe left open.
    pub(super) async fn close_all(&self) {
        let open = self.open.take();
        for link in open {
            self.ask(Do::Close(link, End::Fin)).await;
        }
    }
}

/// Waits for the answer to one question.
pub(super) struct Ask<'d> {
    desk: &'d Desk,
    what: Option<Do>,
}

impl Future for Ask<'_> {
    type Output = Seen;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Seen> {
        if let Some(what) = self.what.take() {
            *self.desk.asked.borrow_mut() = Some(what);
            return Poll::Pending;
        }
        match self.desk.seen.take() {
            Some(seen) => Poll::Ready(seen),
            None => Poll::Pending,
        }
    }
}

/// A coroutine at its desk.
pub(super) struct Coroutine<T> {
    pub(super) desk: Rc<Desk>,
    future: Pin<Box<dyn Future<Output = T>>>,
}

impl<T> Coroutine<T> {
    pub(super) fn new(desk: Rc<Desk>, future: impl Future<Output = T> + 'static) -> Self {
        Self { desk, future: Box::pin(future) }
    }

    /// Goes on with what was seen; what has to be done next, or what came of it all.
    pub(super) fn next(&mut self, now: Time, seen: Seen) -> Result<T, Do> {
        self.desk.now.set(now);
        if self.desk.began.get().is_none() {
            self.desk.began.set(Some(now));
        }
        *self.desk.seen.borrow_mut() = Some(seen).filter(|seen| *seen != Seen::Begun);
        match self.future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => Ok(value),
            // A coroutine that asks for nothing would wait for ever.
            Poll::Pending => Err(self.desk.asked.take().unwrap_or(Do::Wait(now))),
        }
    }
}

impl<T> fmt::Debug for Coroutine<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coroutine").finish_non_exhaustive()
    }
}
