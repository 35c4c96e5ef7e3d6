//! [`Verdict`], and the [`Judgement`]s it is made of.

use alloc::string::String;
use core::fmt;

/// How a peer did in one probe, the best first. A probe has the worst verdict of its judgements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// What has to be seen was seen.
    Pass,
    /// A fact about something that is permitted either way.
    Note,
    /// The peer does not announce or offer what the probe is about.
    NotApplicable,
    /// Something is missing that the user could give: an account, a permission, or a message in the maildrop.
    /// Or the driver cannot do what the probe asks for.
    NotRun,
    /// The dialogue did not get to its point, or came out differently the second time.
    Inconclusive,
    /// A SHOULD is not kept, or the peer is more lenient than a MUST permits, without harm to its user.
    Deviation,
    /// A row is not kept, and the peer's user can be hurt by it.
    Fail,
}

impl Verdict {
    /// All, the best first.
    pub const ALL: [Self; 7] = [
        Self::Pass,
        Self::Note,
        Self::NotApplicable,
        Self::NotRun,
        Self::Inconclusive,
        Self::Deviation,
        Self::Fail,
    ];

    /// The word for it in reports: `pass`, `note`, `not-applicable`, `not-run`, `inconclusive`, `deviation`
    /// or `fail`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Note => "note",
            Self::NotApplicable => "not-applicable",
            Self::NotRun => "not-run",
            Self::Inconclusive => "inconclusive",
            Self::Deviation => "deviation",
            Self::Fail => "fail",
        }
    }

    /// The verdict of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == word)
    }

    /// Whether the verdict says that the peer is wrong, so that the probe has to be run a second time.
    #[must_use]
    pub const fn is_accusation(self) -> bool {
        matches!(self, Self::Deviation | Self::Fail)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What was found about one row of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The id of the [`Row`](super::Row).
    pub row: &'static str,
    /// What was found.
    pub verdict: Verdict,
    /// In words; may be empty where nothing has to be said. Masked like the dialogue.
    pub words: String,
    /// The index of the entry of the dialogue that decided. It is 0 if the dialogue is empty, and the last
    /// entry if only the first of two runs found it.
    pub at: usize,
}
