//! A line is found once, with a counter of how far the search went, and is handed on whole.

use memchr::memchr;

use crate::buf::Input;
use crate::word::{WIDE, splat, zeros};

/// What [`LineScanner::next`] found at the front of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'i> {
    /// A whole line, without its CRLF.
    Complete(&'i [u8]),
    /// No end in sight: show more. Nothing was used unless an over-long line is being skipped.
    Partial,
    /// A line longer than the limit came to its end; it is gone, and the next call is in step again.
    TooLong,
    /// A whole line that holds a bare LF, which ends no line (RFC 1939 section 3); it is gone, as one line.
    BareLf,
}

/// Finds CRLF-ended lines in linear time, however the bytes are cut.
///
/// It keeps no bytes: what is not a whole line yet must be shown again, with more after it.
#[derive(Clone, Debug)]
pub struct LineScanner {
    limit: usize,
    /// How many bytes at the front of the window are known to hold no line end.
    scanned: usize,
    accept_bare_lf: bool,
    state: State,
    /// While skipping: the last byte that went was a CR.
    cr: bool,
}

/// What is known of the line at the front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Clean,
    /// It holds a bare LF.
    BareLf,
    /// It is too long and skipped; that is reported as [`Line::TooLong`] at its end.
    Report,
    /// It is too long, its front was handed out already, and its rest is skipped; its end is not reported.
    Silent,
}

/// What lies at the front of the window; nothing of it is used yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Front<'i> {
    Line {
        line: Line<'i>,
        /// How many bytes to use up to be past the line.
        len: usize,
        /// The line ended in a bare LF, which this scanner accepts.
        bare_lf: bool,
    },
    Partial,
    /// The line is longer than the limit; this is its front.
    Over(&'i [u8]),
}

/// A front with nothing odd about it.
pub(crate) enum Fast<'i> {
    /// A whole line, without its CRLF; `len` bytes with it.
    Line { line: &'i [u8], len: usize },
    /// No line end yet, and the limit is not reached.
    Partial,
    /// Something else: [`LineScanner::front`] tells.
    Other,
}

impl LineScanner {
    /// A scanner for lines of at most `limit` bytes with their CRLF.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self { limit, scanned: 0, accept_bare_lf: false, state: State::Clean, cr: false }
    }

    /// Whether a bare LF ends a line too, for people who type at a raw connection. Off by default.
    #[must_use]
    pub const fn accept_bare_lf(mut self, accept: bool) -> Self {
        self.accept_bare_lf = accept;
        self
    }

    /// Another limit, from the present line on.
    pub const fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// The next line. Total work is linear in the bytes that pass, also when they come one at a time.
    #[inline(always)]
    pub fn next<'i>(&mut self, mut input: impl Input<'i>) -> Line<'i> {
        match self.fast(input.bytes()) {
            Fast::Line { line, len } => {
                self.consume_line(&mut input, len);
                Line::Complete(line)
            }
            Fast::Partial => Line::Partial,
            Fast::Other => self.next_slow(&mut input),
        }
    }

    #[inline(never)]
    fn next_slow<'i>(&mut self, input: &mut impl Input<'i>) -> Line<'i> {
        let mut front = self.slow(input);
        if let Front::Over(_) = front {
            self.skip_rest(input, true);
            front = self.slow(input);
        }
        match front {
            Front::Line { line, len, .. } => {
                self.consume_line(input, len);
                line
            }
            Front::Partial | Front::Over(_) => Line::Partial,
        }
    }

    /// Looks at the front of the window without using it, except for what an over-long line leaves after.
    #[inline]
    pub(crate) fn front<'i>(&mut self, input: &mut impl Input<'i>) -> Front<'i> {
        match self.fast(input.bytes()) {
            Fast::Line { line, len } => Front::Line { line: Line::Complete(line), len, bare_lf: false },
            Fast::Partial => Front::Partial,
            Fast::Other => self.slow(input),
        }
    }

    /// What the window nearly always begins with.
    #[inline(always)]
    pub(crate) fn fast<'i>(&mut self, bytes: &'i [u8]) -> Fast<'i> {
        let unsearched = match bytes.get(self.scanned..) {
            Some(unsearched) if self.state == State::Clean => unsearched,
            _ => return Fast::Other,
        };
        let Some(at) = find_lf(unsearched) else {
            if bytes.len() >= self.limit {
                return Fast::Other;
            }
            self.scanned = bytes.len();
            return Fast::Partial;
        };
        let lf = self.scanned.wrapping_add(at);
        match bytes.get(..lf) {
            Some([line @ .., b'\r']) if lf < self.limit => {
                // It may be looked at again before it is used.
                self.scanned = lf;
                Fast::Line { line, len: lf.wrapping_add(1) }
            }
            _ => Fast::Other,
        }
    }

    /// Any line, the odd ones too.
    #[inline(never)]
    fn slow<'i>(&mut self, input: &mut impl Input<'i>) -> Front<'i> {
        if self.state == State::Report && self.skip(input) {
            self.state = State::Clean;
            return Front::Line { line: Line::TooLong, len: 0, bare_lf: false };
        }
        if !self.past_skip(input) {
            return Front::Partial;
        }
        let bytes = input.bytes();
        loop {
            let unsearched = bytes.get(self.scanned..).unwrap_or_default();
            let Some(at) = memchr(b'\n', unsearched) else {
                self.scanned = bytes.len();
                return self.over(bytes, bytes.len()).unwrap_or(Front::Partial);
            };
            let lf = self.scanned.wrapping_add(at);
            let len = lf.wrapping_add(1);
            if let Some(over) = self.over(bytes, lf) {
                return over;
            }
            let text = bytes.get(..lf).unwrap_or_default();
            let (text, crlf) = match text.split_last() {
                Some((b'\r', front)) => (front, true),
                _ => (text, false),
            };
            if crlf || self.accept_bare_lf {
                self.scanned = lf;
                let line = if self.state == State::BareLf { Line::BareLf } else { Line::Complete(text) };
                return Front::Line { line, len, bare_lf: !crlf };
            }
            self.state = State::BareLf;
            self.scanned = len;
        }
    }

    /// Goes on with the rest of a line whose front was handed out; `false` while its end has not come.
    #[inline]
    pub(crate) fn past_skip<'i>(&mut self, input: &mut impl Input<'i>) -> bool {
        if self.state == State::Silent && self.skip(input) {
            self.state = State::Clean;
        }
        matches!(self.state, State::Clean | State::BareLf)
    }

    /// Uses up the line that [`front`](Self::front) showed.
    #[inline]
    pub(crate) fn consume_line<'i>(&mut self, input: &mut impl Input<'i>, len: usize) {
        input.consume(len);
        self.scanned = 0;
        self.state = State::Clean;
    }

    /// Gives up on the line that [`front`](Self::front) found too long; `report` says whether its end is news.
    pub(crate) fn skip_rest<'i>(&mut self, input: &mut impl Input<'i>, report: bool) {
        self.state = if report { State::Report } else { State::Silent };
        self.cr = false;
        self.scanned = 0;
        // What is known to hold no line end goes at once; its last byte decides whether a LF after it is a line end.
        let known = input.bytes().len().min(self.limit.saturating_sub(1));
        self.cr = known.checked_sub(1).and_then(|last| input.bytes().get(last)) == Some(&b'\r');
        input.consume(known);
    }

    /// The front of the line, if the limit is passed with no line end among the first `len` bytes.
    #[inline]
    fn over<'i>(&self, bytes: &'i [u8], len: usize) -> Option<Front<'i>> {
        // The line end needs at least one byte more.
        if len < self.limit {
            None
        } else {
            Some(Front::Over(bytes.get(..self.limit.saturating_sub(2)).unwrap_or_default()))
        }
    }

    /// Uses bytes up to and with the line end; `true` when it came.
    fn skip<'i>(&mut self, input: &mut impl Input<'i>) -> bool {
        loop {
            let bytes = input.bytes();
            let Some(lf) = memchr(b'\n', bytes) else {
                if let Some(&last) = bytes.last() {
                    self.cr = last == b'\r';
                }
                input.consume(bytes.len());
                return false;
            };
            let crlf = match lf.checked_sub(1) {
                None => self.cr,
                Some(before) => bytes.get(before) == Some(&b'\r'),
            };
            input.consume(lf.wrapping_add(1));
            self.cr = false;
            if crlf || self.accept_bare_lf {
                return true;
            }
        }
    }
}

/// Where the first LF stands. Most lines are short, and looking at four words costs less than the call of a vector search.
#[inline(always)]
pub(crate) fn find_lf(bytes: &[u8]) -> Option<usize> {
    if !WIDE {
        return memchr(b'\n', bytes);
    }
    let Some((head, behind)) = bytes.split_first_chunk::<NEAR>() else { return find_lf_near(bytes) };
    if let Some(at) = lf_of_two(u128::from_le_bytes(*head)) {
        return Some(at);
    }
    match behind.split_first_chunk::<NEAR>() {
        None => {
            // These words overlap the ones before them.
            let found = lf_of_two(u128::from_le_bytes(*bytes.last_chunk::<NEAR>()?));
            found.map(|at| at.wrapping_add(behind.len()))
        }
        Some((head, behind)) => {
            let found = lf_of_two(u128::from_le_bytes(*head));
            let found = found.or_else(|| memchr(b'\n', behind).map(|at| at.wrapping_add(NEAR)));
            found.map(|at| at.wrapping_add(NEAR))
        }
    }
}

/// Two words.
const NEAR: usize = 16;

/// As [`find_lf`], of fewer than 16 bytes.
#[inline(always)]
fn find_lf_near(bytes: &[u8]) -> Option<usize> {
    let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) else {
        return bytes.iter().position(|octet| *octet == b'\n');
    };
    // The words overlap.
    let (first, last) =
        (zeros(u64::from_le_bytes(*first) ^ splat(b'\n')), zeros(u64::from_le_bytes(*last) ^ splat(b'\n')));
    let (marks, before) = if first == 0 { (last, bytes.len().wrapping_sub(8)) } else { (first, 0) };
    (marks != 0).then_some(before.wrapping_add((marks.trailing_zeros() / 8) as usize))
}

#[inline(always)]
fn lf_of_two(words: u128) -> Option<usize> {
    let (first, second) = (zeros(words as u64 ^ splat(b'\n')), zeros((words >> 64) as u64 ^ splat(b'\n')));
    let (marks, before) = if first == 0 { (second, 8) } else { (first, 0) };
    (marks != 0).then_some(((marks.trailing_zeros() / 8) as usize).wrapping_add(before))
}

#[cfg(test)]
mod tests {
    use super::find_lf;

    #[test]
    fn the_first_lf_is_found_wherever_it_stands() {
        for len in 0..60 {
            for first in 0..=len {
                for second in first..=len {
                    for beside in [b'\x0B', b'\x8A', b'\x00'] {
                        let mut line = [beside; 61];
                        line[first] = b'\n';
                        line[second] = b'\n';
                        assert_eq!(find_lf(&line[..len]), (first < len).then_some(first), "{first} of {len}");
                    }
                }
            }
        }
    }
}
