//! `Keeper`: a server that serves messages from memory, for tests of clients.

use alloc::vec::Vec;
use core::fmt;
use std::io::{self, Read, Write};
use std::time::Instant;

use crate::buf::{GrowBuf, Outbox};
use crate::dot::wire_size;
use crate::secret::Secret;
use crate::server::{Config, Credentials, Event, Fill, Index, Server};
use crate::text::Escaped;
use crate::time::Time;
use crate::types::{Code, MsgNo, Security, Uid, UidBuf};

/// A server with one user and with messages in memory. Each call of [`serve`](Self::serve) is one session. It
/// returns which messages the client removed, but keeps them for the next session.
///
/// ```
/// use pop3_proto::testing::{Keeper, pipe};
/// use std::io::{Read as _, Write as _};
/// let keeper = Keeper::new("ann", "secret").with_message("Subject: hi\n\nbody\n");
/// let (mut client, server) = pipe();
/// client.write_all(b"USER ann\r\nPASS secret\r\nDELE 1\r\nQUIT\r\n")?;
/// let removed = keeper.serve(server)?;
/// assert_eq!(removed.len(), 1);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Keeper {
    user: Vec<u8>,
    password: Vec<u8>,
    config: Config,
    messages: Vec<(UidBuf, Vec<u8>)>,
}

impl Keeper {
    /// Creates an empty maildrop for this user.
    #[must_use]
    pub fn new(user: impl AsRef<[u8]>, password: impl AsRef<[u8]>) -> Self {
        let mut config = Config::new();
        config.allow_plaintext_login = true; // a test has no real password to protect
        let (user, password) = (user.as_ref().to_vec(), password.as_ref().to_vec());
        Self { user, password, config, messages: Vec::new() }
    }

    /// Adds a message in its stored form; its unique-id is `1`, `2` and so on.
    #[must_use]
    pub fn with_message(self, message: impl AsRef<[u8]>) -> Self {
        let number = alloc::format!("{}", self.messages.len().saturating_add(1));
        let uid = UidBuf::new(number.as_bytes());
        match uid {
            Some(uid) => self.with_message_of(uid.as_uid(), message),
            None => self,
        }
    }

    /// Adds a message in its stored form, with this unique-id.
    #[must_use]
    pub fn with_message_of(mut self, uid: Uid<'_>, message: impl AsRef<[u8]>) -> Self {
        self.messages.push((uid.into(), message.as_ref().to_vec()));
        self
    }

    /// Uses another configuration, for instance without UIDL or TOP, with other capabilities, or with small
    /// limits. The keeper serves in plaintext and knows USER and PASS only, so set
    /// [`allow_plaintext_login`](Config::allow_plaintext_login).
    #[must_use]
    pub fn with_config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// Serves one session to its end, and returns the messages that QUIT removed.
    ///
    /// # Errors
    ///
    /// Those of `io`. If the input ends before QUIT, that is not an error: no message is removed then.
    pub fn serve(&self, mut io: impl Read + Write) -> io::Result<Vec<MsgNo>> {
        let mut server = Server::new(&self.config, Security::Plain);
        let (mut rx, mut tx, start) = (GrowBuf::new(), Outbox::new(), Instant::now());
        let mut removed = Vec::new();
        loop {
            match server.receive(Time::from_elapsed(start.elapsed()), rx.unread(), &mut tx) {
                Event::NeedInput => {
                    flush(&mut io, &mut tx)?;
                    match io.read(rx.space())? {
                        0 => return Ok(removed),
                        n => rx.commit(n),
                    }
                }
                Event::NeedOutput => flush(&mut io, &mut tx)?,
                Event::Login { credentials, reply } => {
                    let good = matches!(credentials, Credentials::Password(given)
                        if server.user() == Some(self.user.as_slice()) && given.matches(Secret::new(&self.password)));
                    if good {
                        reply.accept(&mut server, &mut tx, self, "maildrop ready");
                    } else {
                        reply.err(&mut server, &mut tx, Code::Auth, "wrong name or password");
                    }
                }
                Event::Retr { number, reply } | Event::Top { number, reply, .. } => {
                    let mut rest = self.messages.get(number.index()).map_or(&[][..], |(_, message)| message);
                    let mut body = reply.begin(&mut server, &mut tx, "message follows");
                    while body.fill(&mut rest, &mut tx) == Fill::Flush {
                        flush(&mut io, &mut tx)?;
                    }
                    body.end(&mut server);
                }
                Event::Update { reply } => {
                    removed.extend(server.removals());
                    reply.ok(&mut server, &mut tx, "bye");
                }
                Event::Quit { reply } => reply.ok(&mut server, &mut tx, "bye"),
                Event::Closed(_) => {
                    flush(&mut io, &mut tx)?;
                    return Ok(removed);
                }
                _ => {}
            }
        }
    }
}

/// Shows the user and how many messages there are: not the password, and no mail.
impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper")
            .field("user", &Escaped(&self.user))
            .field("messages", &self.messages.len())
            .finish_non_exhaustive()
    }
}

impl Index for Keeper {
    fn len(&self) -> u32 {
        u32::try_from(self.messages.len()).unwrap_or(u32::MAX)
    }

    fn octets(&self, n: MsgNo) -> u64 {
        self.messages.get(n.index()).map_or(0, |(_, message)| wire_size(message))
    }

    fn uid(&self, n: MsgNo) -> Uid<'_> {
        // The server asks only for numbers from 1 to `len`.
        self.messages.get(n.index()).map_or(MISSING, |(uid, _)| uid.as_uid())
    }
}

const MISSING: Uid<'_> = match Uid::new(b"missing") {
    Some(uid) => uid,
    None => panic!("visible ASCII"),
};

fn flush(io: &mut impl Write, tx: &mut Outbox) -> io::Result<()> {
    io.write_all(tx.bytes())?;
    tx.clear();
    io.flush()
}
