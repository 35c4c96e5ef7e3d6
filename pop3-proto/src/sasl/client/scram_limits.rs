//! `ScramLimits`: what a client accepts of the first message of a server in SCRAM.

use core::fmt;

/// How much work a server may ask for in SCRAM, and how little.
///
/// Whoever answers in place of the server can choose salt and iteration count, and gets a proof with which to
/// guess the password. Few iterations make guessing cheap (RFC 5802 section 9); many keep the client busy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScramLimits {
    /// The smallest iteration count that is accepted: 4096 by default, the least that servers should use (RFC
    /// 5802 section 5.1, RFC 7677 section 4).
    pub min_iterations: u32,
    /// The largest one: [`MAX_ITERATIONS`] by default. A small device may need a smaller one: each iteration
    /// costs about two compressions of the hash.
    pub max_iterations: u32,
    /// The shortest salt, in bytes: 8 by default. Servers use 12 or more. The longest is 64 bytes.
    pub min_salt: usize,
}

/// The largest iteration count that is accepted by default. A larger one is taken for an attack on the
/// client's processor (RFC 5802 section 9). Most servers use between 4,096 and 100,000. A
/// million costs about a second on a usual processor.
pub const MAX_ITERATIONS: u32 = 1_000_000;

impl ScramLimits {
    /// At least 4096 and at most 1,000,000 iterations, and a salt of at least 8 bytes.
    pub const DEFAULT: Self = Self { min_iterations: 4096, max_iterations: MAX_ITERATIONS, min_salt: 8 };

    #[cfg(feature = "scram")]
    pub(super) const fn check(self, iterations: u32, salt: usize) -> Result<(), OutOfLimits> {
        if iterations < self.min_iterations {
            Err(OutOfLimits::FewIterations { asked: iterations, least: self.min_iterations })
        } else if iterations > self.max_iterations {
            Err(OutOfLimits::ManyIterations { asked: iterations, most: self.max_iterations })
        } else if salt < self.min_salt {
            Err(OutOfLimits::ShortSalt { octets: salt, least: self.min_salt })
        } else {
            Ok(())
        }
    }
}

impl Default for ScramLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What a server asked for in SCRAM that the [`ScramLimits`] do not permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OutOfLimits {
    /// Guessing the password from the proof would be cheap.
    FewIterations {
        /// What the server asked for.
        asked: u32,
        /// [`ScramLimits::min_iterations`].
        least: u32,
    },
    /// The proof would take too long.
    ManyIterations {
        /// What the server asked for, or the largest number of 32 bits if it is more.
        asked: u32,
        /// [`ScramLimits::max_iterations`].
        most: u32,
    },
    /// The salt is so short that tables of guesses would serve for many users.
    ShortSalt {
        /// How many bytes it has.
        octets: usize,
        /// [`ScramLimits::min_salt`].
        least: usize,
    },
}

impl fmt::Display for OutOfLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FewIterations { asked, least } => {
                write!(
                    f,
                    "the server asks for {asked} iterations of SCRAM, and fewer than {least} are not safe"
                )
            }
            Self::ManyIterations { asked, most } => {
                write!(
                    f,
                    "the server asks for {asked} iterations of SCRAM, and more than {most} take too long"
                )
            }
            Self::ShortSalt { octets, least } => {
                write!(
                    f,
                    "the server has a salt of {octets} bytes for SCRAM, and fewer than {least} are not safe"
                )
            }
        }
    }
}

impl core::error::Error for OutOfLimits {}
