//! `Error`: any error of this crate, for programs that need one type for all of them.

use core::fmt;

use crate::buf::Full;
use crate::client::{ProtocolError, SendError};
use crate::encode::EncodeError;
use crate::parse::{CommandError, ReplyError};
use crate::server::TooFewMarks;
use crate::types::{BadMsgNo, PlaintextLeft};

macro_rules! errors {
    ($($(#[doc = $doc:literal])+ $(#[cfg($gate:meta)])? $name:ident($type:ty),)+) => {
        /// An error of this crate. `From` is implemented for the error types that it holds, so `?` works in a
        /// function that returns it.
        ///
        /// ```
        /// use pop3_proto::{Error, MsgNo, parse};
        /// fn message_after(line: &[u8], number: &str) -> Result<MsgNo, Error> {
        ///     parse::command(line)?; // a CommandError
        ///     Ok(number.parse()?) // a BadMsgNo
        /// }
        /// assert_eq!(message_after(b"RETR 0", "1").unwrap_err().to_string(), "no such message");
        /// assert!(matches!(message_after(b"RETR 1", "0"), Err(Error::MsgNo(_))));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Error {
            $($(#[doc = $doc])+ $(#[cfg($gate)])? $name($type),)+
        }

        $(
            $(#[cfg($gate)])?
            impl From<$type> for Error {
                fn from(error: $type) -> Self {
                    Self::$name(error)
                }
            }
        )+

        impl fmt::Display for Error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $($(#[cfg($gate)])? Self::$name(error) => error.fmt(f),)+
                }
            }
        }

        impl core::error::Error for Error {
            fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
                match self {
                    $($(#[cfg($gate)])? Self::$name(error) => error.source(),)+
                }
            }
        }
    };
}

errors! {
    /// The server broke the protocol. The session is over.
    Protocol(ProtocolError),
    /// A command was not sent. Nothing was written.
    Send(SendError),
    /// The output has no room.
    Full(Full),
    /// A line is not a command.
    Command(CommandError),
    /// A line is not a reply.
    Reply(ReplyError),
    /// A value cannot be written.
    Encode(EncodeError),
    /// Plaintext bytes were left unread when TLS started.
    PlaintextLeft(PlaintextLeft),
    /// The memory for deletion marks is too small.
    TooFewMarks(TooFewMarks),
    /// Not a message number.
    MsgNo(BadMsgNo),
    /// A login failed.
    #[cfg(feature = "sasl")]
    Login(crate::login::Failure),
    /// An exchange cannot start or continue.
    #[cfg(feature = "sasl")]
    Sasl(crate::sasl::Why),
    /// Stored SCRAM keys cannot be read.
    #[cfg(feature = "scram")]
    Keys(crate::sasl::scram::BadKeys),
    /// A URL cannot be read.
    #[cfg(feature = "alloc")]
    Url(crate::url::UrlError),
    /// The download cannot continue, because of the server.
    #[cfg(feature = "fetch")]
    Fetch(crate::fetch::Fault),
    /// A record of downloads cannot be read.
    #[cfg(feature = "fetch")]
    Record(crate::fetch::BadRecord),
}
