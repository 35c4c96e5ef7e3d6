//! Floor 2: what the words mean. No bytes move here.

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
mod security;
mod timestamp;
mod uid;

pub use capability::{Capability, Expire, LoginDelay, Mechanisms};
pub use code::{Code, ResponseCode};
pub use command::{Command, Verb};
pub use deviation::{Deviation, Deviations};
pub use digest::ApopDigest;
pub(crate) use language::is_language_range;
pub use language::lookup_language;
pub(crate) use mechanism::WELL_KNOWN;
pub use mechanism::{Mechanism, Protection, is_mechanism_name};
pub use number::MsgNo;
pub use plaintext::PlaintextLeft;
pub use reply::{Greeting, LangLine, Scan, Stat, Status, StatusLine, UidLine};
pub use security::Security;
pub use timestamp::ApopTimestamp;
pub use uid::Uid;
