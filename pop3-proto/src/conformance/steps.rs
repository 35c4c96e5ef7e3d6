//! [`Do`] and [`Seen`]: what a probe and its driver say to each other.

use alloc::string::String;
use alloc::vec::Vec;

use super::dialogue::Link;
use super::task::{Certificate, Exit, Task};
use crate::time::Time;

/// Which port of the server to connect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Door {
    /// The one that starts in clear, 110 as a rule.
    Clear,
    /// The one that starts with TLS, 995 as a rule. A connection is made or reported before its handshake; the
    /// kit asks for the handshake with [`Do::Tls`], or with [`Do::Serve`] where it plays the server.
    Tls,
}

/// How to close, or how the peer closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// In order: FIN; inside TLS, the closing alert and FIN.
    Fin,
    /// Only the direction in which the kit sends.
    HalfFin,
    /// By RST.
    Reset,
    /// By FIN inside TLS, without the closing alert.
    Truncated,
}

/// What the driver has to do before it calls `next` again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Do {
    /// Make this connection. Answered by [`Seen::Open`] or [`Seen::Refused`].
    Connect(Link, Door),
    /// Send the octets in pieces of the length given last, each in a segment of its own. Answered by
    /// [`Seen::Sent`], also if the peer has closed.
    Send(Link, Vec<u8>, usize),
    /// Read what there is; if that is nothing, wait for octets until that time. Answered by [`Seen::Octets`],
    /// [`Seen::Closed`] or [`Seen::Timeout`].
    Read(Link, Time),
    /// Make a TLS handshake as a client. Answered by [`Seen::Secured`] or [`Seen::NoTls`].
    Tls(Link),
    /// Close the connection. Answered by [`Seen::Sent`].
    Close(Link, End),
    /// Do nothing until that time. Answered by [`Seen::Timeout`].
    Wait(Time),
    /// Deliver this message to the account. Answered by [`Seen::Sent`] or [`Seen::Cannot`].
    Deliver(Vec<u8>),
    /// Start the client under test with this task. Answered by [`Seen::Started`] or [`Seen::Cannot`].
    Start(Task),
    /// Wait until that time for anything that the client does. Answered by [`Seen::Came`], [`Seen::Heard`],
    /// [`Seen::Left`], [`Seen::Exit`] or [`Seen::Timeout`]. Report [`Seen::Exit`] only after all octets and all
    /// closed connections of the client have been reported.
    Hear(Time),
    /// Make a TLS handshake as a server with this certificate. If [`Task::method`] of the running task is
    /// `EXTERNAL`, also ask the client for a certificate. Answered by [`Seen::Secured`] or [`Seen::NoTls`].
    Serve(Link, Certificate),
    /// End the client, whatever it does. Answered by [`Seen::Sent`].
    Stop,
    /// Look into the store of the client. Answered by [`Seen::Stored`] or [`Seen::Cannot`].
    Store,
    /// Nothing: it has ended.
    Done,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Seen {
    /// Nothing was asked for yet: the first call.
    Begun,
    /// The connection stands.
    Open,
    /// There is no connection, and why.
    Refused(String),
    /// It is done.
    Sent,
    /// These octets came, at least one.
    Octets(Vec<u8>),
    /// The peer has closed, and nothing is left to read.
    Closed(End),
    /// The time has come.
    Timeout,
    /// The handshake is done.
    Secured(TlsFacts),
    /// The handshake failed, and why.
    NoTls(String),
    /// The client is started.
    Started,
    /// The client has made a connection.
    Came(Link, Door),
    /// These octets came from the client, on this connection.
    Heard(Link, Vec<u8>),
    /// The client has closed this connection.
    Left(Link, End),
    /// The client has ended.
    Exit(Exit),
    /// What the client has stored, message by message, in the form that it is stored in.
    Stored(Vec<Vec<u8>>),
    /// This driver has no such thing. A probe ends as not run.
    Cannot,
}

/// What a TLS handshake showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFacts {
    /// The version, such as `TLSv1_3`.
    pub version: String,
    /// What is wrong with the certificate, such as `expired`. `None` if nothing is, or if the driver was not
    /// to look.
    pub certificate: Option<String>,
    /// All that is wrong with it is that it does not name the host.
    pub wrong_name: bool,
    /// Whether the server asked for a certificate of the client.
    pub asked_certificate: bool,
    /// Whether the client showed one.
    pub client_certificate: bool,
    /// Data of the channel for channel binding, label `EXPORTER-Channel-Binding` (RFC 9266).
    pub exporter: Option<Vec<u8>>,
}
