//! The way into pop3d: who is slowed down, who has a place, what the settings and the passwd file may say.

mod descriptors;
mod metrics;
mod names;
mod places;
mod rig;
mod settings;
mod throttle;
mod tokens;
