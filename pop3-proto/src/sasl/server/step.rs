//! `Engine`, `Step` and `Answer`: the interface of every mechanism, whether it is one of this crate or your
//! own.

use super::cause::Cause;
use crate::base64::Base64;
use crate::secret::Secret;

#[cfg(feature = "scram")]
use crate::sasl::scram::{Hash, Keys};

/// What an exchange needs next.
///
/// Carry out [`Challenge`](Self::Challenge), [`Done`](Self::Done), [`Anonymous`](Self::Anonymous) and
/// [`Failed`](Self::Failed) with the ticket at hand: send a challenge, accept, or refuse. The other steps are
/// questions: pass the [`Answer`] to [`Engine::answer`]. If your code does not know a question, or cannot
/// answer it, refuse as for `Failed`.
#[derive(Debug)]
#[must_use = "a step says what to do next"]
#[non_exhaustive]
pub enum Step<'e> {
    /// Send these bytes with [`Ticket::challenge`](crate::server::Ticket::challenge), and pass the response
    /// to [`Engine::step`].
    Challenge(&'e [u8]),
    /// Is this the password of that user? For a name that does not exist, take as long as for one that does:
    /// hash something anyway.
    CheckPassword {
        /// The authentication identity, prepared.
        name: &'e str,
        /// The password, prepared, in UTF-8.
        password: Secret<'e>,
    },
    /// What is the shared secret of that user? CRAM-MD5 needs it unhashed.
    FindSecret {
        /// The authentication identity, prepared.
        name: &'e str,
    },
    /// Which SCRAM keys are stored for that user?
    #[cfg(feature = "scram")]
    FindKeys {
        /// The authentication identity, prepared.
        name: &'e str,
        /// The hash that the keys must have been made with.
        hash: Hash,
    },
    /// Whose token is this? A client sends an empty token to learn from the refusal where to get one
    /// (RFC 7628 section 4.3).
    CheckToken {
        /// The name that the client gives, prepared.
        name: Option<&'e str>,
        /// The bearer token (RFC 6750 section 2.1).
        token: Secret<'e>,
    },
    /// May the user `name`, whose identity is proved, act as another user?
    Authorize {
        /// The authentication identity.
        name: &'e str,
        /// The authorization identity, which is a different one.
        acting_as: &'e str,
    },
    /// The client wants to log in without a name. Accept it with a maildrop for guests, ideally a read-only
    /// one (RFC 4505 section 5), or refuse it.
    Anonymous {
        /// What the client tells about itself. Nothing about it is proved. Escape it in logs.
        trace: &'e str,
    },
    /// Accept: open the maildrop of this user.
    Done {
        /// The authorization identity.
        name: &'e str,
    },
    /// Refuse with [`Code::Auth`](crate::Code::Auth). The [`Cause`] is for the log.
    Failed(Cause),
}

/// The answer to a question of a [`Step`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Answer<'a> {
    /// Answers [`Step::CheckPassword`]: whether the password is right.
    Password(bool),
    /// Answers [`Step::FindSecret`]; `None` if there is no such user, or the user has no secret. An empty
    /// secret counts as none.
    Secret(Option<Secret<'a>>),
    /// Answers [`Step::FindKeys`]; `None` if there is no such user, or the user has no keys of that hash.
    #[cfg(feature = "scram")]
    Keys(Option<&'a Keys>),
    /// Like `Keys(None)`, for servers where one user may log in under several names, or where users have
    /// different iteration counts.
    #[cfg(feature = "scram")]
    Nobody {
        /// The name under which this user would be stored if the user existed: all names of one user must get
        /// the same salt.
        stored_name: &'a str,
        /// Keys of an existing user, whose iteration count and salt length the answer imitates. Choose the
        /// same existing user each time the same name is asked for. If existing users have different
        /// iteration counts, choose so that each count is as frequent among names that do not exist as among
        /// existing users. `None` for [`Channel::fake_iterations`](crate::sasl::Channel::fake_iterations) and
        /// 16 bytes.
        like: Option<&'a Keys>,
    },
    /// Answers [`Step::CheckToken`]: the name of the user whose token it is, or, if the token is not valid,
    /// the JSON object that tells the client why (RFC 7628 section 3.2.2), at least
    /// `{"status":"invalid_token"}`.
    Token(Result<&'a str, &'a str>),
    /// Answers [`Step::Authorize`]: whether the user may act as the other one.
    Authorized(bool),
}

/// The server's side of one mechanism. It runs one exchange at a time.
///
/// [`Exchange`](super::Exchange) is the engine of this crate. To add another mechanism, for instance GSSAPI,
/// implement this trait for a type of your own; the same loop drives both.
pub trait Engine {
    /// Takes what the client sends: first the initial response, `None` if there was none, then every response
    /// to a challenge.
    fn step(&mut self, response: Option<Base64<'_>>) -> Step<'_>;

    /// Takes the answer to the question of the last step. An answer to a different question fails the
    /// exchange.
    fn answer(&mut self, answer: Answer<'_>) -> Step<'_>;
}
