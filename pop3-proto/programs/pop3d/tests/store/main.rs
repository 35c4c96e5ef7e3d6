//! Maildrops on disk: what pop3d serves, what it leaves alone, and what it waits for.
//!
//! Some of these tests play two users, which takes root. Without root they say that they are skipped; the
//! checks of the project run as root.

mod blocking;
mod dot_locks;
mod links;
mod listing;
mod locks;
mod mbox;
mod newcomers;
mod owners;
mod rig;
mod side_files;
mod slow;
mod spool;
