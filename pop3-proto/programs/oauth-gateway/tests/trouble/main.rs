//! What goes wrong between a device and the real server: what the device hears, what the log has, and what
//! guesses and silence cost.

mod guesses;
mod listings;
mod quit;
mod support;
mod unheard;
mod words;
