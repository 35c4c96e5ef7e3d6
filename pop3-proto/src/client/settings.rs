//! `Settings`: what the caller chose. Nothing else survives STLS.

use super::profile::Profile;

#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) profile: Profile,
    pub(super) pipelining: bool,
    pub(super) eight_bit_logins: bool,
    pub(super) long_arguments: bool,
}
