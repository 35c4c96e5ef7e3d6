//! Help for tests of your own software: dialogues as text, a connection in memory that can break, and a
//! server with messages in memory. It needs the feature `testing`.
//!
//! A [`Script`] is a dialogue in `C:` and `S:` lines. It plays either side against anything that can be read
//! from and written to: your server or your client, over TCP or over a [`pipe()`].
//!
//! ```
//! use pop3_proto::testing::{Keeper, Script, pipe};
//!
//! // What a client and a server send each other; comments and empty lines do not count.
//! let script = Script::parse(
//!     r"S: +OK POP3 server ready\r\n
//!       C: USER ann\r\n
//!       S: +OK send PASS\r\n
//!       C: PASS secret\r\n
//!       S: +OK maildrop ready\r\n
//!       C: STAT\r\nQUIT\r\n
//!       S: +OK 1 4\r\n+OK bye\r\n",
//! )?;
//! // Your server goes here; this one keeps its messages in memory.
//! let server = Keeper::new("ann", "secret").with_message("hi\n");
//! for cut in [usize::MAX, 1, 7] {
//!     let (ours, theirs) = pipe();
//!     std::thread::scope(|scope| {
//!         scope.spawn(|| server.serve(theirs));
//!         script.play_client(ours, cut)
//!     })?;
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod escape;
mod keeper;
mod pipe;
mod script;

pub use escape::{escape, unescape};
pub use keeper::Keeper;
pub use pipe::{PipeEnd, pipe};
pub use script::{Line, Mismatch, Script, ScriptError};
