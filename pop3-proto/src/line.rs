//! `LineScanner`: finds the lines at the front of the window, without searching any byte twice.

use memchr::memchr;

use crate::buf::Input;
use crate::word::find_lf;

/// What [`LineScanner::next`] found at the front of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'i> {
    /// A whole line, without its CRLF.
    Complete(&'i [u8]),
    /// The line end has not come yet: show more bytes. Nothing was consumed, unless an over-long line is
    /// being skipped.
    Partial,
    /// The end of a line that is longer than the limit. It was consumed, and the next call reads the next
    /// line.
    TooLong,
    /// A whole line that contains a bare LF, which does not end a line (RFC 1939 section 3). It was consumed
    /// as one line.
    BareLf,
}

/// Finds lines that end in CRLF in linear time, wherever the input is cut.
///
/// It keeps no bytes. A line that is not complete yet must be shown again, followed by more bytes.
#[derive(Clone, Debug)]
pub struct LineScanner {
    limit: usize,
    /// How many bytes at the front of the window are known to contain no line end.
    scanned: usize,
    accept_bare_lf: bool,
    state: State,
    /// While skipping: whether the last byte that was skipped is a CR.
    cr: bool,
    /// While skipping silently: how many more bytes may be skipped.
    patience: u32,
}

/// What is known of the line at the front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Clean,
    /// It contains a bare LF.
    BareLf,
    /// It is too long and is being skipped. At its end, [`Line::TooLong`] is reported.
    Report,
    /// It is too long, its front was already reported, and its rest is being skipped. Its end is not
    /// reported.
    Silent,
    /// More of it was skipped than is permitted. Nothing after it is read.
    Endless,
}

/// What is at the front of the window. Nothing of it is consumed yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Front<'i> {
    Line {
        line: Line<'i>,
        /// How many bytes to consume to get past the line.
        len: usize,
        /// Whether the line ended in a bare LF, which this scanner accepts.
        bare_lf: bool,
    },
    Partial,
    /// The line is longer than the limit; this is its front.
    Over(&'i [u8]),
}

/// The front of the window in the usual cases.
pub(crate) enum Fast<'i> {
    /// A whole line, without its CRLF; with it, it has `len` bytes.
    Line { line: &'i [u8], len: usize },
    /// There is no line end yet, and the limit is not reached.
    Partial,
    /// Any other case; [`LineScanner::front`] handles it.
    Other,
}

impl LineScanner {
    /// Creates a scanner for lines of at most `limit` bytes including their CRLF.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self { limit, scanned: 0, accept_bare_lf: false, state: State::Clean, cr: false, patience: 0 }
    }

    /// Sets whether a bare LF also ends a line, for people who type on a raw connection. Off by default.
    #[must_use]
    pub const fn accept_bare_lf(mut self, accept: bool) -> Self {
        self.accept_bare_lf = accept;
        self
    }

    /// Sets another limit, which already holds for the current line.
    pub const fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Returns the next line. The total work is linear in the number of bytes, even if they come one at a
    /// time.
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
            self.skip_rest(input, State::Report);
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

    /// Looks at the front of the window without consuming it. Only the rest of an over-long line is consumed.
    #[inline]
    pub(crate) fn front<'i>(&mut self, input: &mut impl Input<'i>) -> Front<'i> {
        match self.fast(input.bytes()) {
            Fast::Line { line, len } => Front::Line { line: Line::Complete(line), len, bare_lf: false },
            Fast::Partial => Front::Partial,
            Fast::Other => self.slow(input),
        }
    }

    /// Handles what is nearly always at the front of the window.
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
                // The line may be looked at again before it is consumed.
                self.scanned = lf;
                Fast::Line { line, len: lf.wrapping_add(1) }
            }
            _ => Fast::Other,
        }
    }

    /// Handles any line, including the unusual ones.
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

    /// Skips the rest of a line whose front was reported. Returns `false` while its end has not come.
    #[inline]
    pub(crate) fn past_skip<'i>(&mut self, input: &mut impl Input<'i>) -> bool {
        if self.state == State::Silent {
            self.skip_silently(input);
        }
        matches!(self.state, State::Clean | State::BareLf)
    }

    #[inline(never)]
    fn skip_silently<'i>(&mut self, input: &mut impl Input<'i>) {
        let before = input.bytes().len();
        let ended = self.skip(input);
        let skipped = before.saturating_sub(input.bytes().len());
        self.patience = self.patience.saturating_sub(u32::try_from(skipped).unwrap_or(u32::MAX));
        if self.patience == 0 {
            self.state = State::Endless;
        } else if ended {
            self.state = State::Clean;
        }
    }

    /// Whether the front of the window is in the middle of a line that is being skipped.
    pub(crate) const fn skips(&self) -> bool {
        matches!(self.state, State::Report | State::Silent | State::Endless)
    }

    /// Whether more of a line was skipped than is permitted.
    pub(crate) fn is_endless(&self) -> bool {
        self.state == State::Endless
    }

    /// Consumes the line that [`front`](Self::front) returned.
    #[inline]
    pub(crate) fn consume_line<'i>(&mut self, input: &mut impl Input<'i>, len: usize) {
        input.consume(len);
        self.scanned = 0;
        self.state = State::Clean;
    }

    /// Skips the line that [`front`](Self::front) found too long, and reports its end.
    pub(crate) fn report_rest<'i>(&mut self, input: &mut impl Input<'i>) {
        self.skip_rest(input, State::Report);
    }

    /// Skips the line that [`front`](Self::front) found too long, unless it has more than `most` bytes beyond
    /// the limit. Its end is not reported.
    pub(crate) fn drop_rest<'i>(&mut self, input: &mut impl Input<'i>, most: u32) {
        // The last byte within the limit is not consumed yet, and one byte beyond `most` is too many.
        self.patience = most.saturating_add(2);
        self.skip_rest(input, State::Silent);
    }

    fn skip_rest<'i>(&mut self, input: &mut impl Input<'i>, state: State) {
        self.state = state;
        self.cr = false;
        self.scanned = 0;
        // The bytes known to contain no line end are consumed at once. The last of them decides whether a LF
        // after it is a line end.
        let known = input.bytes().len().min(self.limit.saturating_sub(1));
        self.cr = known.checked_sub(1).and_then(|last| input.bytes().get(last)) == Some(&b'\r');
        input.consume(known);
    }

    /// The front of the line, if it is longer than the limit and has no line end among the first `len` bytes.
    #[inline]
    fn over<'i>(&self, bytes: &'i [u8], len: usize) -> Option<Front<'i>> {
        // The line end needs at least one more byte.
        if len < self.limit {
            None
        } else {
            Some(Front::Over(bytes.get(..self.limit.saturating_sub(2)).unwrap_or_default()))
        }
    }

    /// Consumes bytes up to and including the line end. Returns `true` when it has come.
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
