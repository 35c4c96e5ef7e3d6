//! `Deviation`: names for what servers do that the RFCs do not allow.

use crate::bits::bit_set;

macro_rules! deviations {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// Something that a server did against the RFCs, and that a client can tolerate.
        ///
        /// A client session records each one in [`Client::deviations`](crate::client::Client::deviations).
        /// Its [`Profile`](crate::client::Profile) decides which of them it accepts and which end the
        /// session.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Deviation {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Deviation {
            /// Every deviation.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// What the server did, in words.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($doc,)+).trim_ascii(),)+
                }
            }
        }
    };
}

deviations! {
    /// The greeting has a `<...>` part that is not a well-formed msg-id. It does not count as an offer of
    /// APOP.
    BadTimestamp,
    /// The status indicator came in lower or mixed case: `+ok`.
    StatusCase,
    /// The word after `+` or `-` is not `OK` or `ERR`: `+OKAY`, `-ERROR`, or `+ERR`, which counts as a
    /// refusal.
    StatusWord,
    /// A line ended in LF without CR.
    BareLf,
    /// A status or capability line was longer than 512 octets (RFC 2449 section 4), or any line was longer
    /// than the limit of this session, so that only its front was reported.
    LongLine,
    /// A space or TAB at the end of a listing or capability line, or a CR after the dot that ends a listing.
    TrailingSpace,
    /// More than one space, or a TAB, where there should be one space; or a space or TAB before a listing
    /// line.
    ExtraSpaces,
    /// `RESP_CODES` or `AUTH_RESP_CODE`, with underscores.
    CapabilitySpelling,
    /// A capability line whose parameter is missing or cannot be read.
    BadCapability,
    /// A number has a sign or a fraction, or does not fit into 64 bits. A negative number counts as 0, and
    /// one that is too large as `u64::MAX`.
    BadNumber,
    /// `+OK` to STAT, `LIST n` or `UIDL n` without the data that was asked for.
    NoNumbers,
    /// A listing line that cannot be read: it has no number, message number 0, or no size.
    BadListing,
    /// `+OK ` at the start of a listing line.
    StatusInListing,
    /// The numbers of a listing are not 1 to n although nothing was deleted.
    Gap,
    /// A listing contains a number more than once.
    DuplicateNumber,
    /// A listing contains a number above the count that STAT gave.
    BeyondStat,
    /// A listing has fewer messages than STAT counted, although nothing was deleted.
    BelowStat,
    /// `LIST n` or `UIDL n` was answered with another message number than `n`.
    OtherNumber,
    /// An empty unique-id.
    EmptyUid,
    /// A unique-id of more than 70 bytes.
    LongUid,
    /// A unique-id that contains a space, a control character or an 8-bit byte.
    OddUid,
    /// `UIDL n` was answered with the id alone.
    UidWithoutNumber,
    /// A line of a message body starts with a dot that was not stuffed. The dot is lost.
    UnstuffedDot,
    /// The body of a reply has bare LF line ends, and LF `.` LF ends it. The lenient profile does not accept
    /// this, because message text could contain such an end. It is possible only after a status line that
    /// itself ended in bare LF.
    BareLfBody,
    /// An AUTH challenge without the space after `+`.
    BareContinuation,
    /// An AUTH challenge that is not base64. The exchange should be cancelled (RFC 5034 section 4).
    BadChallenge,
    /// A line came although no command was waiting for an answer.
    Unsolicited,
}

bit_set! {
    /// A set of [`Deviation`]s. An empty set means that the peer has followed the RFCs as far as could be
    /// seen.
    Deviations of Deviation in u32
}
