//! Turns CR LF into LF on the way to a store.

use super::{Delivery, Taken};
use crate::failure::Failure;

pub(crate) struct Lf {
    inner: Box<dyn Delivery>,
    /// A CR that came last: what follows decides whether it stays.
    held: bool,
}

impl Lf {
    pub(crate) const fn new(inner: Box<dyn Delivery>) -> Self {
        Self { inner, held: false }
    }
}

impl Delivery for Lf {
    fn begin(&mut self) -> Result<(), Failure> {
        self.held = false;
        self.inner.begin()
    }

    fn write(&mut self, octets: &[u8]) -> Result<(), Failure> {
        for line in octets.split_inclusive(|octet| *octet == b'\n') {
            if self.held && line != b"\n" {
                self.inner.write(b"\r")?;
            }
            self.held = line.ends_with(b"\r");
            let text = line.strip_suffix(b"\r\n").or_else(|| line.strip_suffix(b"\r"));
            self.inner.write(text.unwrap_or(line))?;
            if text.is_some() && !self.held {
                self.inner.write(b"\n")?;
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<Taken, Failure> {
        if std::mem::take(&mut self.held) {
            self.inner.write(b"\r")?;
        }
        self.inner.end()
    }

    fn discard(&mut self) {
        self.inner.discard();
    }

    fn wants_commit(&self) -> bool {
        self.inner.wants_commit()
    }

    fn commit(&mut self) -> Result<(), Failure> {
        self.inner.commit()
    }
}
