//! A line is found once, with a counter of how far the search went, and is handed on whole.

use memchr::memchr;

use crate::buf::Input;

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
/// It keeps no bytes: what is not a whole line yet must be shown again, with more behind it.
#[derive(Clone, Debug)]
pub struct LineScanner {
    limit: usize,
    /// How many octets at the front of the window are known to hold no line end.
    scanned: usize,
    accept_bare_lf: bool,
    saw_bare_lf: bool,
    skip: Skip,
    /// While skipping: the last octet that went was a CR.
    cr: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Skip {
    No,
    /// The line is reported as [`Line::TooLong`] at its end.
    Report,
    /// Its front was handed out already; its end is not reported.
    Silent,
}

/// What lies at the front of the window; nothing of it is used yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Front<'i> {
    Line {
        line: Line<'i>,
        /// How many octets to use up to be past the line.
        len: usize,
        /// The line ended in a bare LF, which this scanner accepts.
        bare_lf: bool,
    },
    Partial,
    /// The line is longer than the limit; this is its front.
    Over(&'i [u8]),
}

impl LineScanner {
    /// A scanner for lines of at most `limit` octets with their CRLF.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self { limit, scanned: 0, accept_bare_lf: false, saw_bare_lf: false, skip: Skip::No, cr: false }
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

    /// The next line. Total work is linear in the octets that pass, also when they come one at a time.
    #[inline]
    pub fn next<'i>(&mut self, mut input: impl Input<'i>) -> Line<'i> {
        match self.front(&mut input) {
            Front::Line { line, len, .. } => {
                self.take(&mut input, len);
                line
            }
            Front::Partial => Line::Partial,
            Front::Over(_) => {
                self.skip_rest(&mut input, true);
                match self.front(&mut input) {
                    Front::Line { line, len, .. } => {
                        self.take(&mut input, len);
                        line
                    }
                    _ => Line::Partial,
                }
            }
        }
    }

    /// Looks at the front of the window without using it, except for what an over-long line leaves behind.
    #[inline]
    pub(crate) fn front<'i>(&mut self, input: &mut impl Input<'i>) -> Front<'i> {
        if self.skip == Skip::Report && self.skip(input) {
            self.skip = Skip::No;
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
                let line = if self.saw_bare_lf { Line::BareLf } else { Line::Complete(text) };
                return Front::Line { line, len, bare_lf: !crlf };
            }
            self.saw_bare_lf = true;
            self.scanned = len;
        }
    }

    /// Goes on with the rest of a line whose front was handed out; `false` while its end has not come.
    #[inline]
    pub(crate) fn past_skip<'i>(&mut self, input: &mut impl Input<'i>) -> bool {
        if self.skip == Skip::Silent && self.skip(input) {
            self.skip = Skip::No;
        }
        self.skip == Skip::No
    }

    /// Uses up the line that [`front`](Self::front) showed.
    #[inline]
    pub(crate) fn take<'i>(&mut self, input: &mut impl Input<'i>, len: usize) {
        input.used(len);
        self.scanned = 0;
        self.saw_bare_lf = false;
    }

    /// Gives up on the line that [`front`](Self::front) found too long; `report` says whether its end is news.
    pub(crate) fn skip_rest<'i>(&mut self, input: &mut impl Input<'i>, report: bool) {
        self.skip = if report { Skip::Report } else { Skip::Silent };
        self.cr = false;
        self.saw_bare_lf = false;
        self.scanned = 0;
        // What is known to hold no line end goes at once; its last octet decides whether a LF behind it is a line end.
        let known = input.bytes().len().min(self.limit.saturating_sub(1));
        self.cr = known.checked_sub(1).and_then(|last| input.bytes().get(last)) == Some(&b'\r');
        input.used(known);
    }

    /// The front of the line, if the limit is passed with no line end among the first `len` octets.
    #[inline]
    fn over<'i>(&self, bytes: &'i [u8], len: usize) -> Option<Front<'i>> {
        // The line end needs at least one octet more.
        if len < self.limit {
            None
        } else {
            Some(Front::Over(bytes.get(..self.limit.saturating_sub(2)).unwrap_or_default()))
        }
    }

    /// Uses octets up to and with the line end; `true` when it came.
    fn skip<'i>(&mut self, input: &mut impl Input<'i>) -> bool {
        loop {
            let bytes = input.bytes();
            let Some(lf) = memchr(b'\n', bytes) else {
                if let Some(&last) = bytes.last() {
                    self.cr = last == b'\r';
                }
                input.used(bytes.len());
                return false;
            };
            let crlf = match lf.checked_sub(1) {
                None => self.cr,
                Some(before) => bytes.get(before) == Some(&b'\r'),
            };
            input.used(lf.wrapping_add(1));
            self.cr = false;
            if crlf || self.accept_bare_lf {
                return true;
            }
        }
    }
}
