//! The shape that every mechanism has, those of this crate and those of its users.

use super::cause::Cause;
use crate::base64::Base64;
use crate::secret::Secret;

#[cfg(feature = "scram")]
use crate::sasl::scram::{Hash, Keys};

/// What an exchange needs next.
///
/// Three are to be done with the ticket at hand: send a challenge, accept, refuse. The others are questions: give the
/// [`Answer`] of the same name to [`Engine::answer`]. A question that your code does not know, or does not like, is refused like
/// `Failed`.
#[derive(Debug)]
#[must_use = "a step says what to do next"]
#[non_exhaustive]
pub enum Step<'e> {
    /// Send these bytes with [`Ticket::challenge`](crate::server::Ticket::challenge); the response goes to [`Engine::step`].
    Challenge(&'e [u8]),
    /// Is this the password of that user? Answer for a name that does not exist as late as for one that does: hash
    /// something.
    CheckPassword {
        /// The authentication identity, prepared.
        name: &'e str,
        /// The password, prepared, in UTF-8.
        password: Secret<'e>,
    },
    /// What is the shared secret of that user? For CRAM-MD5, which needs it as it is.
    FindSecret {
        /// The authentication identity, prepared.
        name: &'e str,
    },
    /// Which SCRAM keys are stored for that user?
    #[cfg(feature = "scram")]
    FindKeys {
        /// The authentication identity, prepared.
        name: &'e str,
        /// The hash that the keys must be of.
        hash: Hash,
    },
    /// Whose token is this? An empty token is a client that wants to learn from the refusal where to get one (RFC 7628
    /// section 4.3).
    CheckToken {
        /// Who the client says it is, prepared.
        name: Option<&'e str>,
        /// The bearer token (RFC 6750 section 2.1).
        token: Secret<'e>,
    },
    /// May `name`, who has proved to be that, act as somebody else?
    Authorize {
        /// The authentication identity.
        name: &'e str,
        /// The authorization identity, another one.
        acting_as: &'e str,
    },
    /// Somebody without a name wants in: accept, with a maildrop for guests, ideally a read-only one (RFC 4505 section 5).
    Anonymous {
        /// What the client says of itself; nothing about it is proved. Escape it in logs.
        trace: &'e str,
    },
    /// Accept: open the maildrop of this user.
    Done {
        /// The authorization identity.
        name: &'e str,
    },
    /// Refuse, with [`Code::Auth`](crate::Code::Auth); the [`Cause`] is for the log.
    Failed(Cause),
}

/// The answer to a question of a [`Step`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Answer<'a> {
    /// To [`Step::CheckPassword`].
    Password(bool),
    /// To [`Step::FindSecret`]; `None` if there is no such user, or none with a secret. An empty secret is none.
    Secret(Option<Secret<'a>>),
    /// To [`Step::FindKeys`]; `None` if there is no such user, or none with keys of that hash.
    #[cfg(feature = "scram")]
    Keys(Option<&'a Keys>),
    /// As `Keys(None)`, where one user may log in under several names: the name that such a user would be stored under, so that all
    /// of them get the same salt as they do for users who exist.
    #[cfg(feature = "scram")]
    Nobody(&'a str),
    /// To [`Step::CheckToken`]: the name that the token stands for, or, if it is not good, the JSON object that tells the client
    /// why (RFC 7628 section 3.2.2): `{"status":"invalid_token"}` at least.
    Token(Result<&'a str, &'a str>),
    /// To [`Step::Authorize`].
    Authorized(bool),
}

/// The server's side of one mechanism, for one exchange after the other.
///
/// [`Exchange`](super::Exchange) is the engine of this crate. Another mechanism, GSSAPI for instance, is a type of yours with this
/// trait; the same loop drives both.
pub trait Engine {
    /// Takes what the client says: first the initial response, `None` if there was none, then every response to a challenge.
    fn step(&mut self, response: Option<Base64<'_>>) -> Step<'_>;

    /// Takes the answer to the question of the last step. An answer to another question fails the exchange.
    fn answer(&mut self, answer: Answer<'_>) -> Step<'_>;
}
