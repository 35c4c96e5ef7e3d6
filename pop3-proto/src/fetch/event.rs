//! What a download tells the store: the messages that come, and what becomes of them.

use crate::client::Refusal;
use crate::types::MsgNo;

/// A message that is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Download {
    /// Its number in this session.
    pub number: MsgNo,
    /// Its size as the server announced it. Use it only for a progress bar.
    pub octets: Option<u64>,
    /// For a preview, the number of body lines; `None` for the whole message.
    pub preview: Option<u64>,
}

/// What the store has to do; [`Fetch::handle_event`](super::Fetch::handle_event) returns it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum FetchEvent<'i> {
    /// Nothing.
    Nothing,
    /// A message begins: open a place for it. [`Whole`](Self::Whole), [`Known`](Self::Known) or
    /// [`Empty`](Self::Empty) ends it. If the download ends without one of these, discard what has come.
    Begin(Download),
    /// Bytes of the message.
    Data(&'i [u8]),
    /// Everything that was asked for has come: the message, or its preview, and the next reply has shown that
    /// it was all. Make it safe, now or together with others, then call
    /// [`Fetch::stored`](super::Fetch::stored). Until you call it, the record does not contain the message,
    /// and the next session fetches it again.
    Whole(Download),
    /// The message is complete, but it is one that the record already has: discard it.
    Known(Download),
    /// The message came without a single byte, although the server announced some: discard it. The next
    /// session tries again.
    Empty(Download),
    /// The server refused to send the message. If [`RefusalKind`](crate::client::RefusalKind) is `Later` or
    /// `Busy` three times in a row, no further messages are asked for in this session.
    Refused(Download, Refusal<'i>),
}

/// What the store has to do because of one event of the session, in order: an iterator over at most two
/// [`FetchEvent`]s other than [`Nothing`](FetchEvent::Nothing).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct FetchEvents<'i>([FetchEvent<'i>; 2]);

impl<'i> FetchEvents<'i> {
    pub(super) const NOTHING: Self = Self([FetchEvent::Nothing; 2]);

    pub(super) fn new(first: Option<FetchEvent<'i>>, second: FetchEvent<'i>) -> Self {
        Self([first.unwrap_or(FetchEvent::Nothing), second])
    }
}

impl<'i> Iterator for FetchEvents<'i> {
    type Item = FetchEvent<'i>;

    fn next(&mut self) -> Option<FetchEvent<'i>> {
        let events = self.0.iter_mut().map(|event| core::mem::replace(event, FetchEvent::Nothing));
        events.into_iter().find(|event| *event != FetchEvent::Nothing)
    }
}
