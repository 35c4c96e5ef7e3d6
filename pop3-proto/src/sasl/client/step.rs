//! The shape that every mechanism has, those of this crate and those of its users.

use crate::base64::Base64;
use crate::sasl::Why;

/// What to send next.
#[derive(Clone, Copy, Debug)]
#[must_use = "a step says what to send"]
#[non_exhaustive]
pub enum Step<'e> {
    /// These bytes, with [`Client::respond`](crate::client::Client::respond).
    Respond(&'e [u8]),
    /// `*`, with [`Client::cancel`](crate::client::Client::cancel): the challenge is not what an honest server would send, or there
    /// is nothing left to say.
    Cancel,
}

/// The client's side of one mechanism, for one exchange after the other.
///
/// [`Exchange`](super::Exchange) is the engine of this crate. Another mechanism, GSSAPI for instance, is a type of yours with this
/// trait; the same loop drives both.
pub trait Engine {
    /// The initial response; `None` if the server speaks first (RFC 4422 section 3). It goes out with AUTH if it fits the line and
    /// the server announced SASL; otherwise it is the response to the first challenge.
    fn initial(&self) -> Option<&[u8]>;

    /// The initial response went out with AUTH: the first challenge is none of those that ask for it.
    fn sent_initial(&mut self);

    /// Takes a challenge. An empty one stands for the first if that cannot be decoded: some servers greet there.
    fn step(&mut self, challenge: Base64<'_>) -> Step<'_>;

    /// What the last [`Step::Respond`] said to send, until the next step: an output that had no room takes it later.
    fn response(&self) -> &[u8];

    /// Why the last step cancelled, if that was the program's fault and not the server's: memory that is too small, for instance. A
    /// [`Login`](crate::login::Login) then stops, and does not try a weaker method.
    fn fault(&self) -> Option<Why> {
        None
    }

    /// Whether `+OK` now means a login, to this server and no other. `false` before the client has said its part, after a mechanism in which the
    /// server has to prove itself and has not, and after a failure that was told as a challenge: hang up then.
    fn is_proved(&self) -> bool;

    /// Why a token was refused, as far as the server said so: the JSON object of RFC 7628 section 3.2.2.
    fn refusal(&self) -> Option<&[u8]> {
        None
    }
}
