//! Message bodies: adds and removes byte-stuffing as a stream, without copying the caller's bytes (RFC 1939
//! section 3).
//!
//! ```
//! use pop3_proto::dot::{Chunk, Stuffer, Unstuffer};
//!
//! let stored = b".hidden\nbody"; // bare LF, no line end at the end
//! let (mut stuffer, mut message, mut wire) = (Stuffer::new(), &stored[..], Vec::new());
//! while let Some(run) = stuffer.next(&mut message) {
//!     wire.extend_from_slice(run);
//! }
//! wire.extend_from_slice(stuffer.finish());
//! assert_eq!(wire, b"..hidden\r\nbody\r\n.\r\n");
//!
//! let (mut unstuffer, mut window, mut mail) = (Unstuffer::new(), &wire[..], Vec::new());
//! while let Chunk::Data(run) = unstuffer.next(&mut window) {
//!     mail.extend_from_slice(run);
//! }
//! assert_eq!(mail, b".hidden\r\nbody\r\n");
//! ```

mod body_end;
mod lf;
mod search;
mod size;
mod state;
mod stuff;
mod top;
mod unstuff;

pub use body_end::BodyEnd;
pub(crate) use lf::LfUnstuffer;
pub use size::{WireSize, wire_size};
pub use stuff::Stuffer;
pub use top::TopLimit;
pub use unstuff::{Chunk, Unstuffer};
