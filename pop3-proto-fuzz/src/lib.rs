//! The bodies of the fuzz targets, as plain functions: libFuzzer calls them, and `cargo test` replays the
//! corpus through them.
//!
//! Each panics when a property is broken.

mod client_ops;
mod command_line;
mod cursor;
mod dot_round_trip;
mod fetch_ops;
mod login_ops;
mod mailbox;
mod pair;
mod probes;
mod reply_line;
mod sasl;
mod server_ops;
mod texts;
#[path = "../../pop3-proto/tests/common/twins.rs"]
#[allow(dead_code, reason = "the tests of the crate use more of it")]
mod twins;

pub use client_ops::client_ops;
pub use command_line::command_line;
pub use dot_round_trip::dot_round_trip;
pub use fetch_ops::fetch_ops;
pub use login_ops::login_ops;
pub use pair::pair;
pub use probes::probes;
pub use reply_line::reply_line;
pub use sasl::sasl;
pub use server_ops::server_ops;
pub use texts::texts;

/// A target by its name.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 11] = [
    ("command_line", command_line),
    ("reply_line", reply_line),
    ("dot_round_trip", dot_round_trip),
    ("sasl", sasl),
    ("server_ops", server_ops),
    ("client_ops", client_ops),
    ("pair", pair),
    ("login_ops", login_ops),
    ("fetch_ops", fetch_ops),
    ("texts", texts),
    ("probes", probes),
];
