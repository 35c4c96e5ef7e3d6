//! The buffer for what was received and is not read yet.

use pop3_proto::Unread;

/// Enough for a session; most connections never have more in the buffer.
const LEAST: usize = 4 * 1024;
/// A long message takes few reads, and what is read is still in the cache when it is looked at.
const MOST: usize = 256 * 1024;

/// The buffer grows while reads fill it.
pub(crate) struct Window {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Window {
    pub(crate) fn new() -> Self {
        Self { bytes: vec![0; LEAST], start: 0, end: 0 }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.start == self.end
    }

    pub(crate) fn unread(&mut self) -> Unread<'_> {
        Unread::new(&self.bytes[self.start..self.end], &mut self.start)
    }

    /// Where to read into. What is unread moves to the front; it is at most a line that is not complete.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        if self.end == self.bytes.len() && self.end < MOST {
            self.bytes.resize(self.end * 2, 0);
        }
        self.bytes.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        &mut self.bytes[self.end..]
    }

    /// This many bytes of the space were filled.
    pub(crate) const fn commit(&mut self, n: usize) {
        self.end += n;
    }
}

#[cfg(test)]
mod tests {
    use pop3_proto::Input as _;

    use super::*;

    fn fill(window: &mut Window, octets: &[u8]) {
        window.space()[..octets.len()].copy_from_slice(octets);
        window.commit(octets.len());
    }

    #[test]
    fn unread_octets_stay_in_order() {
        let mut window = Window::new();
        fill(&mut window, b"+OK\r\n+O");
        window.unread().consume(5);
        assert!(!window.is_empty());
        fill(&mut window, b"K\r\n");
        assert_eq!(window.unread().bytes(), b"+OK\r\n");
        window.unread().consume(5);
        assert!(window.is_empty());
        assert_eq!(window.space().len(), LEAST);
    }

    #[test]
    fn grows_only_where_a_read_fills_it() {
        let mut window = Window::new();
        fill(&mut window, &[b'x'; LEAST - 1]);
        window.unread().consume(LEAST - 1);
        assert_eq!(window.space().len(), LEAST);
        let mut len = LEAST;
        while len < MOST {
            fill(&mut window, &vec![b'x'; len]);
            window.unread().consume(len);
            len *= 2;
            assert_eq!(window.space().len(), len);
        }
        fill(&mut window, &vec![b'x'; MOST]);
        window.unread().consume(MOST);
        assert_eq!(window.space().len(), MOST);
    }
}
