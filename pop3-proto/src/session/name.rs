//! `Name`: the user name. It is the only thing from the wire that a session keeps longer than its line.

use core::fmt;

use crate::limits::USER_NAME;

/// A user name in a fixed array; empty means none.
#[derive(Clone)]
pub(super) struct Name {
    octets: [u8; USER_NAME],
    len: u8,
}

impl Name {
    pub(super) const NONE: Self = Self { octets: [0; USER_NAME], len: 0 };

    /// `false` if the name is too long, which cannot happen with a command line within its limit.
    #[must_use]
    pub(super) fn set(&mut self, name: &[u8]) -> bool {
        self.len = 0;
        let (Some(octets), Ok(len)) = (self.octets.get_mut(..name.len()), u8::try_from(name.len())) else {
            return false;
        };
        octets.copy_from_slice(name);
        self.len = len;
        true
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    pub(super) fn get(&self) -> Option<&[u8]> {
        self.octets.get(..usize::from(self.len)).filter(|name| !name.is_empty())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.get().unwrap_or_default().escape_ascii())
    }
}
