//! `Cursor`: fuzz input as a stream of small decisions. When it runs out, every decision is 0.

#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'d>(&'d [u8]);

impl<'d> Cursor<'d> {
    pub(crate) const fn new(data: &'d [u8]) -> Self {
        Self(data)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn octet(&mut self) -> u8 {
        match self.0 {
            [first, rest @ ..] => {
                self.0 = rest;
                *first
            }
            [] => 0,
        }
    }

    /// At most `len` bytes.
    pub(crate) fn take(&mut self, len: usize) -> &'d [u8] {
        let (front, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        front
    }

    /// A short run of bytes, its length first.
    pub(crate) fn run(&mut self) -> &'d [u8] {
        let len = self.octet();
        self.take(usize::from(len))
    }

    pub(crate) fn rest(&mut self) -> &'d [u8] {
        self.take(usize::MAX)
    }
}
