//! The mechanisms that consist of one or two messages: PLAIN (RFC 4616), LOGIN, EXTERNAL (RFC 4422 appendix
//! A), ANONYMOUS (RFC 4505).

use super::credentials::Credentials;
use super::halt::Halt;
use crate::buf::Output as _;
use crate::sasl::memory::{Memory, Span};
use crate::sasl::{Why, prepare};

/// Name and password for LOGIN, which asks for them one by one.
#[derive(Debug)]
pub(super) struct Login {
    name: Span,
    password: Span,
    asked: u8,
}

impl Login {
    pub(super) fn new(credentials: &Credentials<'_>, memory: &mut Memory<'_>) -> Result<Self, Why> {
        if credentials.acting_as.is_some() {
            return Err(Why::Credentials);
        }
        let (name, password) = name_and_password(credentials, memory)?;
        Ok(Self { name, password, asked: 0 })
    }

    /// Answers by order, not by text: all servers ask in this order, but with different words.
    pub(super) const fn step(&mut self) -> Result<Span, Halt> {
        self.asked = self.asked.saturating_add(1);
        match self.asked {
            1 => Ok(self.name),
            2 => Ok(self.password),
            _ => Err(Halt::Server),
        }
    }

    /// Whether the name was asked for.
    pub(super) const fn began(&self) -> bool {
        self.asked > 0
    }

    /// Whether both were asked for.
    pub(super) const fn is_over(&self) -> bool {
        self.asked >= 2
    }
}

/// `[authzid] NUL authcid NUL password`.
pub(super) fn plain(credentials: &Credentials<'_>, memory: &mut Memory<'_>) -> Result<Span, Why> {
    let acting_as = match credentials.acting_as {
        None => memory.since(memory.mark()),
        Some(other) => put_prepared(other.as_bytes(), memory)?,
    };
    let (name, password) = name_and_password(credentials, memory)?;
    let start = memory.mark();
    memory.copy(acting_as)?;
    memory.put(&[0])?;
    memory.copy(name)?;
    memory.put(&[0])?;
    memory.copy(password)?;
    Ok(memory.since(start))
}

fn name_and_password(credentials: &Credentials<'_>, memory: &mut Memory<'_>) -> Result<(Span, Span), Why> {
    let password = credentials.password.ok_or(Why::Credentials)?;
    let name = put_prepared(credentials.name.as_bytes(), memory)?;
    Ok((name, put_prepared(password.expose(), memory)?))
}

/// Prepares the text, or leaves it as it is if that is not possible: the server may know it in another
/// encoding.
pub(super) fn put_prepared(text: &[u8], memory: &mut Memory<'_>) -> Result<Span, Why> {
    let prepared = core::str::from_utf8(text).ok().and_then(prepare);
    let text = prepared.as_ref().map_or(text, |prepared| prepared.as_bytes());
    if is_sendable(text) { Ok(memory.keep(text)?) } else { Err(Why::Text) }
}

pub(super) fn is_sendable(text: &[u8]) -> bool {
    !text.is_empty() && !text.contains(&0)
}

/// The user whose maildrop to open. Empty means the user of the certificate.
pub(super) fn external(credentials: &Credentials<'_>, memory: &mut Memory<'_>) -> Result<Span, Why> {
    if !credentials.certificate {
        return Err(Why::Credentials);
    }
    match credentials.acting_as {
        None => Ok(memory.since(memory.mark())),
        Some(name) if name.as_bytes().contains(&0) => Err(Why::Text),
        Some(name) => Ok(memory.keep(name.as_bytes())?),
    }
}

/// What the client tells about itself: no control and private-use characters, at most 255 characters
/// (RFC 4505 section 2).
pub(super) fn anonymous(credentials: &Credentials<'_>, memory: &mut Memory<'_>) -> Result<Span, Why> {
    let barred = |c: char| c.is_control() || matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..);
    let trace = credentials.trace.ok_or(Why::Credentials)?;
    if trace.chars().count() > 255 || trace.chars().any(barred) {
        return Err(Why::Text);
    }
    Ok(memory.keep(trace.as_bytes())?)
}
