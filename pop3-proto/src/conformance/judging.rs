//! [`Judge`]: how a probe says what it found about a row.

use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use core::fmt::{self, Display};

use super::desk::Desk;
use super::verdict::{Judgement, Verdict};

/// The longest words of one judgement of a row, and from where on no more are added.
const MOST_WORDS: usize = 2_000;

/// The front of words that are too long.
fn shortened(words: String) -> String {
    match words.char_indices().nth(MOST_WORDS) {
        Some((at, _)) => format!("{} [...]", words.get(..at).unwrap_or_default()),
        None => words,
    }
}

/// Writes judgements down.
#[derive(Clone)]
pub(crate) struct Judge {
    pub(in crate::conformance) desk: Rc<Desk>,
}

impl Judge {
    /// The row is kept, or the probe fails.
    pub(crate) fn check(&self, row: &'static str, kept: bool) {
        self.check_with(row, kept, "");
    }

    /// The same, with words for the failure.
    pub(crate) fn check_with(&self, row: &'static str, kept: bool, words: impl Display) {
        self.judge(row, if kept { Verdict::Pass } else { Verdict::Fail }, &words);
    }

    /// The row is kept, or that is a deviation.
    pub(crate) fn lenient(&self, row: &'static str, kept: bool) {
        self.lenient_with(row, kept, "");
    }

    /// The same, with words for the deviation.
    pub(crate) fn lenient_with(&self, row: &'static str, kept: bool, words: impl Display) {
        self.judge(row, if kept { Verdict::Pass } else { Verdict::Deviation }, &words);
    }

    /// Something that is permitted either way.
    pub(crate) fn note(&self, row: &'static str, words: impl Display) {
        self.judge(row, Verdict::Note, &words);
    }

    /// Nothing can be said about the row.
    pub(crate) fn unsure(&self, row: &'static str, words: impl Display) {
        self.judge(row, Verdict::Inconclusive, &words);
    }

    /// The worst judgement of a row counts; of equal ones the first, whose place in the dialogue decided.
    pub(crate) fn judge(&self, row: &'static str, verdict: Verdict, words: &dyn Display) {
        let words = match verdict {
            Verdict::Pass => String::new(),
            // Masked before they are cut: a part of a secret is not known for one.
            _ => shortened(self.desk.masked(&format!("{words}"))),
        };
        let judgement = Judgement { row, verdict, words, at: self.desk.last() };
        let mut judgements = self.desk.judgements.borrow_mut();
        match judgements.iter_mut().find(|known| known.row == row) {
            Some(known) if known.verdict == verdict && known.words.len() > MOST_WORDS => {}
            Some(known) if known.verdict == verdict && known.words != judgement.words => {
                known.words = format!("{}; {}", known.words, judgement.words);
            }
            Some(known) if known.verdict < verdict => *known = judgement,
            Some(_) => {}
            None => judgements.push(judgement),
        }
    }
}

impl fmt::Debug for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Judge").finish_non_exhaustive()
    }
}
