//! `Running`: the mechanism that an exchange runs.

use super::bearer::Bearer;
#[cfg(feature = "cram-md5")]
use super::cram_md5::CramMd5;
use super::credentials::Credentials;
use super::plain::{self, Login};
#[cfg(feature = "scram")]
use super::scram::Scram;
use super::scram_limits::ScramLimits;
use crate::sasl::memory::{Memory, Span};
#[cfg(feature = "scram")]
use crate::sasl::scram::Hash;
use crate::sasl::{Channel, Why};

#[derive(Debug)]
pub(super) enum Running {
    Nothing,
    /// A mechanism that consists of one message: PLAIN, EXTERNAL, ANONYMOUS.
    Once {
        message: Span,
        is_plain: bool,
    },
    Login(Login),
    Bearer(Bearer),
    #[cfg(feature = "cram-md5")]
    CramMd5(CramMd5),
    #[cfg(feature = "scram")]
    Scram(Scram),
}

impl Running {
    /// Prepares the mechanism with that name.
    pub(super) fn start(
        mechanism: &str,
        plus_offered: bool,
        limits: ScramLimits,
        credentials: &Credentials<'_>,
        channel: &Channel<'_>,
        memory: &mut Memory<'_>,
    ) -> Result<Self, Why> {
        let is = |name: &str| mechanism.eq_ignore_ascii_case(name);
        let once = |message| Running::Once { message, is_plain: false };
        if is("PLAIN") {
            plain::plain(credentials, memory).map(|message| Running::Once { message, is_plain: true })
        } else if is("LOGIN") {
            Login::new(credentials, memory).map(Running::Login)
        } else if is("EXTERNAL") {
            plain::external(credentials, memory).map(once)
        } else if is("ANONYMOUS") {
            plain::anonymous(credentials, memory).map(once)
        } else if is("OAUTHBEARER") {
            Bearer::oauthbearer(credentials, channel, memory).map(Running::Bearer)
        } else if is("XOAUTH2") {
            Bearer::xoauth2(credentials, memory).map(Running::Bearer)
        } else {
            with_hashes(mechanism, plus_offered, limits, credentials, channel, memory)
        }
    }
}

/// The mechanisms that need a cargo feature.
fn with_hashes(
    mechanism: &str,
    plus_offered: bool,
    limits: ScramLimits,
    credentials: &Credentials<'_>,
    channel: &Channel<'_>,
    memory: &mut Memory<'_>,
) -> Result<Running, Why> {
    #[cfg(feature = "cram-md5")]
    if mechanism.eq_ignore_ascii_case("CRAM-MD5") {
        return CramMd5::new(credentials).map(Running::CramMd5);
    }
    #[cfg(feature = "scram")]
    if let Some(which) = Hash::of_mechanism(mechanism.as_bytes()) {
        return Scram::new(which, plus_offered, limits, credentials, channel, memory).map(Running::Scram);
    }
    let _ = (mechanism, plus_offered, limits, credentials, channel, memory);
    Err(Why::NotBuilt)
}
