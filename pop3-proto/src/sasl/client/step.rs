//! `Engine` and `Step`: the interface of every mechanism, whether it is one of this crate or your own.

use core::fmt;

use crate::base64::Base64;
use crate::sasl::Why;

/// What to send next.
#[derive(Clone, Copy)]
#[must_use = "a step says what to send"]
#[non_exhaustive]
pub enum Step<'e> {
    /// Send these bytes with [`Client::respond`](crate::client::Client::respond).
    Respond(&'e [u8]),
    /// Cancel with [`Client::cancel`](crate::client::Client::cancel), which sends `*`: the challenge is not
    /// what an honest server would send, there is nothing left to send, or the program is the cause
    /// ([`Engine::fault`]).
    Cancel,
}

/// Of a response, shows only the length: it may be a password or a token.
impl fmt::Debug for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Respond(response) => write!(f, "Respond({} octets)", response.len()),
            Self::Cancel => f.write_str("Cancel"),
        }
    }
}

/// The client's side of one mechanism. It runs one exchange at a time.
///
/// [`Exchange`](super::Exchange) is the engine of this crate. To add another mechanism, for instance GSSAPI,
/// implement this trait for a type of your own; the same loop drives both.
pub trait Engine {
    /// The initial response; `None` if the server speaks first (RFC 4422 section 3).
    /// [`Login`](crate::login::Login) sends it with AUTH only if it fits into the line and the server
    /// announced the mechanism, and never for XOAUTH2. Otherwise it is the response to the first challenge.
    fn initial(&self) -> Option<&[u8]>;

    /// Tells the engine that the initial response was sent with AUTH, so the first challenge does not ask for
    /// it. Some servers overlook it and ask all the same, with an empty challenge.
    fn sent_initial(&mut self);

    /// Takes a challenge. If the initial response is still to be sent and the first challenge cannot be decoded
    /// (some servers send a greeting there), an empty one is passed instead.
    fn step(&mut self, challenge: Base64<'_>) -> Step<'_>;

    /// The response that the last [`Step::Respond`] returned, until the next step. It is for an output that
    /// had no room for it at first.
    fn response(&self) -> &[u8];

    /// Why the last step cancelled, if the cause was the program and not the server, for instance memory that
    /// is too small. A [`Login`](crate::login::Login) then stops, and does not try a weaker method.
    fn fault(&self) -> Option<Why> {
        None
    }

    /// Whether a `+OK` now means a login. In SCRAM that takes the server's proof that it knows the password;
    /// in the other mechanisms of this crate the server proves nothing. It is `false` in three cases: the
    /// client has not yet sent all of its messages; the mechanism requires the server to prove itself, and it
    /// has not; or a challenge reported a failure. If `+OK` comes in one of these cases, close the
    /// connection.
    fn is_proved(&self) -> bool;

    /// Why a token was refused, if the server said so: the JSON object of RFC 7628 section 3.2.2.
    fn refusal(&self) -> Option<&[u8]> {
        None
    }
}
