//! pop3get as its users meet it: what it says on the wire and on the terminal, its exit codes and its files.

mod maildir;
mod quit;
mod secrets;
mod sizes;
mod slow;
mod stores;
mod support;
mod traces;
mod trust;
mod unheard;
mod words;
