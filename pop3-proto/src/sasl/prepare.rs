//! `prepare()`: brings a name or password into the form in which it is compared (RFC 4013, SASLprep). Strings
//! that people consider equal become equal.

use core::fmt;
use core::ops::Deref;

/// Prepares a name or a password to be compared, stored or hashed. `None` if the result is empty, or if the
/// text contains what SASLprep prohibits, for instance control characters.
///
/// Without the feature `saslprep`, only ASCII is accepted, as RFC 5802 section 2.2 permits. The rules are
/// those for stored strings, also for what a client sends: characters that Unicode 3.2 does not know are
/// refused (RFC 3454 section 7).
#[must_use]
pub fn prepare(text: &str) -> Option<Prepared<'_>> {
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return (!text.is_empty()).then_some(Prepared(Inner::Same(text)));
    }
    beyond_ascii(text)
}

/// A prepared text. It may be a password, so `Debug` does not show it, and a copy is wiped on drop.
pub struct Prepared<'t>(Inner<'t>);

enum Inner<'t> {
    Same(&'t str),
    #[cfg(feature = "saslprep")]
    Changed(zeroize::Zeroizing<alloc::string::String>),
}

#[cfg(feature = "saslprep")]
fn beyond_ascii(text: &str) -> Option<Prepared<'_>> {
    use alloc::borrow::Cow;
    match stringprep::saslprep(text).ok().filter(|text| !text.is_empty())? {
        Cow::Borrowed(text) => Some(Prepared(Inner::Same(text))),
        Cow::Owned(prepared) => {
            let prepared = zeroize::Zeroizing::new(prepared);
            Some(Prepared(if *prepared == text { Inner::Same(text) } else { Inner::Changed(prepared) }))
        }
    }
}

#[cfg(not(feature = "saslprep"))]
const fn beyond_ascii(_: &str) -> Option<Prepared<'_>> {
    None
}

impl Prepared<'_> {
    /// The prepared text, if preparing has changed it.
    pub(super) fn into_changed(self) -> Option<Prepared<'static>> {
        match self.0 {
            Inner::Same(_) => None,
            #[cfg(feature = "saslprep")]
            Inner::Changed(text) => Some(Prepared(Inner::Changed(text))),
        }
    }
}

impl Deref for Prepared<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match &self.0 {
            Inner::Same(text) => text,
            #[cfg(feature = "saslprep")]
            Inner::Changed(text) => text,
        }
    }
}

impl fmt::Debug for Prepared<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prepared(..)")
    }
}
