//! `Own`: a mechanism that the program supplies, for instance GSSAPI.

use crate::base64::Base64;
use crate::sasl::client::{Engine, Step};
use crate::types::Mechanism;

#[derive(Debug)]
pub(super) struct Own<E> {
    pub(super) mechanism: Mechanism,
    pub(super) engine: E,
    /// Whether the SASL line of the last answer to CAPA lists it.
    pub(super) announced: bool,
}

/// No mechanism besides those of this crate.
#[derive(Clone, Copy, Debug)]
pub enum NoEngine {}

impl Engine for NoEngine {
    fn initial(&self) -> Option<&[u8]> {
        match *self {}
    }

    fn sent_initial(&mut self) {
        match *self {}
    }

    fn step(&mut self, _: Base64<'_>) -> Step<'_> {
        match *self {}
    }

    fn response(&self) -> &[u8] {
        match *self {}
    }

    fn is_proved(&self) -> bool {
        match *self {}
    }
}
