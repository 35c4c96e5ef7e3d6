//! The credentials and channels that the logins of these tests use.

use pop3_proto::Secret;
use pop3_proto::login::{Method, ServerNotes};
use pop3_proto::sasl::client::Credentials;
use pop3_proto::sasl::{Binding, Channel};

use crate::script::set;
use crate::signer::nonce;

/// The client's nonce of RFC 7677, and as much more as makes 18 bytes.
pub(crate) const NONCE: &str = "rOprNGfwEbeRWgbNEkqO7677";

/// A channel with that nonce.
pub(crate) fn channel(host: &str) -> Channel<'_> {
    let mut channel = Channel::new(host);
    channel.nonce = Some(nonce(NONCE));
    channel
}

/// The user of RFC 2195 and RFC 4616.
pub(crate) const TIM: Credentials<'_> = Credentials::password("tim", Secret::new(b"tanstaaftanstaaf"));

/// The user of RFC 5802 and RFC 7677.
pub(crate) const USER: Credentials<'_> = Credentials::password("user", Secret::new(b"pencil"));

/// The user of RFC 7628.
pub(crate) const BEARER: Credentials<'_> =
    Credentials::token("user@example.com", Secret::new(b"vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="));

/// Somebody who has everything that a mechanism can ask for.
pub(crate) fn everything() -> Credentials<'static> {
    let mut all = USER;
    all.token = Some(Secret::new(b"t0ken"));
    all.certificate = true;
    all.trace = Some("");
    all
}

pub(crate) const EXPORTER: Binding<'_> = Binding {
    kind: "tls-exporter",
    data: &[
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
        28, 29, 30, 31,
    ],
};

pub(crate) fn avoiding(methods: &[Method]) -> ServerNotes {
    let mut learned = ServerNotes::default();
    learned.in_tls.failed = set(methods);
    learned
}
