//! `Dialogue`: what a ticket answers, which is a session, or a server with a session inside.

use core::borrow::Borrow;

use super::config::Config;
use super::state::Session;

/// A [`Session`] or a [`Server`](crate::server::Server), passed to each answer of a ticket. Sealed.
#[expect(private_bounds, reason = "this is the seal")]
pub trait Dialogue: Inside {}

pub(crate) trait Inside {
    type Config: Borrow<Config>;
    fn inside(&mut self) -> &mut Session<Self::Config>;

    /// Called before the answer to QUIT. It drops whatever holds a lock.
    #[inline]
    fn leave(&mut self) {}
}

impl<C: Borrow<Config>> Dialogue for Session<C> {}

impl<C: Borrow<Config>> Inside for Session<C> {
    type Config = C;

    #[inline]
    fn inside(&mut self) -> &mut Self {
        self
    }
}
