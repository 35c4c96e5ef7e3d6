//! The types for commands, replies and their parts. Reading and writing them is in `parse` and `encode`.

mod capability;
mod code;
mod command;
mod deviation;
mod digest;
mod language;
mod mechanism;
mod number;
mod plaintext;
mod reply;
mod reply_shape;
mod security;
mod timestamp;
mod uid;
mod verb;

pub use capability::{Capability, Expire, LoginDelay, Mechanisms};
pub use code::{Code, ResponseCode};
pub use command::Command;
pub use deviation::{Deviation, Deviations};
pub use digest::ApopDigest;
pub(crate) use language::is_language_range;
pub use language::lookup_language;
pub(crate) use mechanism::WELL_KNOWN;
pub use mechanism::{Mechanism, Protection, is_mechanism_name};
pub use number::{BadMsgNo, MsgNo};
pub use plaintext::PlaintextLeft;
pub use reply::{Greeting, LangLine, Scan, Stat, Status, StatusLine, UidLine};
pub use reply_shape::ReplyShape;
pub use security::Security;
pub use timestamp::ApopTimestamp;
pub use uid::{Uid, UidBuf};
pub use verb::Verb;
