//! `Nonce`: 18 random bytes as text.

use core::fmt;

use base64ct::{Base64, Encoding as _};

/// Random text that nobody can guess and no earlier exchange has used, in the form that every mechanism
/// accepts: 24 characters of base64.
///
/// It becomes this end's part of the SCRAM nonce (RFC 5802 section 5.1), and the front of a server's CRAM-MD5
/// challenge (RFC 2195 section 2).
///
/// ```
/// use pop3_proto::sasl::Nonce;
/// let random = [7; 18]; // new for every exchange, from the operating system
/// assert_eq!(Nonce::new(random).as_str(), "BwcHBwcHBwcHBwcHBwcHBwcH");
/// ```
#[derive(Clone, Copy)]
pub struct Nonce([u8; 24]);

impl Nonce {
    /// Makes the text of 18 random bytes, which give 24 characters without padding.
    #[must_use]
    pub fn new(random: [u8; 18]) -> Self {
        let mut text = [0; 24];
        // This cannot fail: the buffer has exactly the length of the text.
        let _ = Base64::encode(&random, &mut text);
        Self(text)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(***)")
    }
}
