//! [`Task`]: what the client under test is told to do, and how it ended.

use alloc::string::String;
use alloc::vec::Vec;

/// What the client is to do with the mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Job {
    /// Log in, and do as little else as the client can.
    Login,
    /// Fetch all messages and leave them on the server.
    Fetch,
    /// Fetch all messages and delete them from the server.
    Delete,
    /// Fetch all messages, and come again by itself as often as it can, until it is ended.
    Poll,
}

impl Job {
    /// The word for it: `login`, `fetch`, `delete` or `poll`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Fetch => "fetch",
            Self::Delete => "delete",
            Self::Poll => "poll",
        }
    }
}

/// What the user of the client says about TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wish {
    /// None, on the port that starts in clear.
    Clear,
    /// STLS is required.
    Stls,
    /// TLS from the start, on the port for that.
    Tls,
    /// Nothing: the client decides by itself, on the port that starts in clear.
    Unsaid,
}

impl Wish {
    /// The word for it: `clear`, `stls`, `tls` or `unsaid`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "clear",
            Self::Stls => "stls",
            Self::Tls => "tls",
            Self::Unsaid => "unsaid",
        }
    }
}

/// One run of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// What it is to do.
    pub job: Job,
    /// What it is told about TLS.
    pub tls: Wish,
    /// The login method that it is told to use, such as `CRAM-MD5`, `APOP` or `USER`; `None` if it chooses. With
    /// `EXTERNAL` it has a certificate of its own.
    pub method: Option<&'static str>,
    /// The name of the user.
    pub user: String,
    /// The password.
    pub password: String,
    /// The access token for the mechanisms that use one.
    pub token: String,
    /// The POP URL (RFC 2384) that it is given in place of host, name and method. It holds the text
    /// `{host}:{port}`: before you give it to the client, replace this by the host and port of the played server.
    pub url: Option<String>,
    /// Tell it to pipeline.
    pub pipelining: bool,
    /// Start the client with the state and the store of the run before.
    pub again: bool,
    /// Start the client with a store that refuses every message.
    pub store_fails: bool,
}

/// How the client ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exit {
    /// Whether it told success; `None` if it says nothing about that.
    pub success: Option<bool>,
    /// It was ended by a signal of its own making: it crashed.
    pub crashed: bool,
    /// The end of what it printed.
    pub printed: Vec<u8>,
}

/// A certificate for the played server. `Good` is valid for the host to which the client is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certificate {
    /// Valid.
    Good,
    /// Its time is over.
    Expired,
    /// Its time has not begun.
    NotYetValid,
    /// Issued by an authority that the client was not told of.
    UnknownAuthority,
    /// Issued by itself.
    SelfSigned,
    /// For clients only.
    ForClients,
    /// For another host.
    OtherHost,
    /// The host is the common name of the subject, and there is no subjectAltName.
    SubjectOnly,
    /// The host is the common name of the subject, and the subjectAltName is another name.
    SubjectBesideOther,
    /// For `*.` and the parent of the host's parent.
    WildcardTooHigh,
    /// The wildcard stands for a part of the first label.
    PartialWildcard,
    /// Valid, for `*.` and the parent of the host.
    Wildcard,
}

impl Certificate {
    /// What it is, in words.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Expired => "expired",
            Self::NotYetValid => "not yet valid",
            Self::UnknownAuthority => "of an unknown authority",
            Self::SelfSigned => "self-signed",
            Self::ForClients => "for clients only",
            Self::OtherHost => "for another host",
            Self::SubjectOnly => "with the host in the subject only",
            Self::SubjectBesideOther => "with the host in the subject, beside another name",
            Self::WildcardTooHigh => "with a wildcard two labels up",
            Self::PartialWildcard => "with a wildcard inside a label",
            Self::Wildcard => "with a wildcard",
        }
    }
}
