//! [`Interrupt`]: a signal that ends the run, and the client first.
//!
//! A client has a process group of its own, so what a terminal sends to pop3check does not reach it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

use crate::failure::Failure;

/// Whether SIGHUP, SIGINT or SIGTERM has come. A second one ends pop3check at once.
#[derive(Clone, Debug)]
pub(crate) struct Interrupt(Arc<AtomicUsize>);

impl Interrupt {
    pub(crate) fn new() -> io::Result<Self> {
        let has_come = Arc::new(AtomicBool::new(false));
        let number = Arc::new(AtomicUsize::new(0));
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            let value = usize::try_from(signal).map_err(io::Error::other)?;
            flag::register_conditional_default(signal, has_come.clone())?;
            flag::register(signal, has_come.clone())?;
            flag::register_usize(signal, number.clone(), value)?;
        }
        Ok(Self(number))
    }

    pub(crate) fn has_come(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }

    /// Fails if a signal has come.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match self.0.load(Ordering::Relaxed) {
            0 => Ok(()),
            number => Err(Failure::Signal(u8::try_from(number).unwrap_or_default())),
        }
    }
}
