//! `MechanismList`: the SASL mechanisms of a configuration, as a plain value.

use crate::types::Mechanism;

/// The largest number of mechanisms in a list.
const MOST: usize = 16;

/// The mechanisms that a server offers, strongest first: at most 16. Any further ones are left out.
///
/// ```
/// use pop3_proto::Mechanism;
/// use pop3_proto::server::MechanismList;
/// const LIST: MechanismList = MechanismList::of(&[Mechanism::SCRAM_SHA_256, Mechanism::PLAIN]);
/// assert_eq!(LIST.as_slice(), [Mechanism::SCRAM_SHA_256, Mechanism::PLAIN]);
/// let also: MechanismList = LIST.as_slice().iter().copied().chain([Mechanism::LOGIN]).collect();
/// assert_eq!(also.as_slice().len(), 3);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct MechanismList {
    list: [Mechanism; MOST],
    len: u8,
}

impl MechanismList {
    /// An empty list: AUTH is not offered.
    pub const NONE: Self = Self { list: [Mechanism::PLAIN; MOST], len: 0 };

    /// A list of these mechanisms.
    #[must_use]
    pub const fn of(mut mechanisms: &[Mechanism]) -> Self {
        let mut all = Self::NONE;
        while let [one, rest @ ..] = mechanisms {
            all = all.with(*one);
            mechanisms = rest;
        }
        all
    }

    /// This list with one more mechanism at its end.
    #[must_use]
    pub const fn with(mut self, one: Mechanism) -> Self {
        if let Some((_, [place, ..])) = self.list.split_at_mut_checked(self.len as usize) {
            *place = one;
            self.len = self.len.wrapping_add(1);
        }
        self
    }

    /// The mechanisms, in their order.
    #[must_use]
    pub fn as_slice(&self) -> &[Mechanism] {
        self.list.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl Default for MechanismList {
    fn default() -> Self {
        Self::NONE
    }
}

impl FromIterator<Mechanism> for MechanismList {
    fn from_iter<T: IntoIterator<Item = Mechanism>>(all: T) -> Self {
        all.into_iter().fold(Self::NONE, Self::with)
    }
}
