//! Reads one capability line. A line that cannot be read is kept as it came, so that nothing is lost.

use nom::Parser as _;
use nom::branch::alt;
use nom::bytes::complete::{tag, tag_no_case};
use nom::combinator::{all_consuming, map, opt, value};
use nom::sequence::pair;

use super::number::number;
use crate::types::{Capability, Deviation, Deviations, Expire, LoginDelay, Mechanisms};

/// Reads one line of the answer to CAPA (RFC 2449 section 3), given without its line end. Never fails: an
/// unknown tag, or a known one with a parameter that cannot be read, becomes [`Capability::Other`].
///
/// Notes [`TrailingSpace`](Deviation::TrailingSpace), [`CapabilitySpelling`](Deviation::CapabilitySpelling),
/// [`BadCapability`](Deviation::BadCapability) and, above 510 bytes, [`LongLine`](Deviation::LongLine).
pub fn capability<'i>(line: &'i [u8], seen: &mut Deviations) -> Capability<'i> {
    if line.len() > crate::limits::REPLY_LINE.saturating_sub(2) {
        seen.insert(Deviation::LongLine);
    }
    let line = match line.trim_ascii_end() {
        trimmed if trimmed.len() < line.len() => {
            seen.insert(Deviation::TrailingSpace);
            trimmed
        }
        whole => whole,
    };
    let end = line.iter().position(|b| *b == b' ').unwrap_or(line.len());
    let (tag, after) = line.split_at_checked(end).unwrap_or_default();
    let params = after.trim_ascii_start();
    let other = Capability::Other { tag, params };
    let is = |name: &str| tag.eq_ignore_ascii_case(name.as_bytes());
    // A parameter of a tag that should have none is skipped, as RFC 2449 section 5 asks of clients.
    match tag.len() {
        3 if is("TOP") => Capability::Top,
        4 if is("USER") => Capability::User,
        4 if is("SASL") => Capability::Sasl(Mechanisms::new(params)),
        4 if is("UIDL") => Capability::Uidl,
        4 if is("STLS") => Capability::Stls,
        4 if is("LANG") => Capability::Lang,
        4 if is("UTF8") => Capability::Utf8 { user: params.eq_ignore_ascii_case(b"USER") },
        6 if is("EXPIRE") => expire(params).map_or_else(|| bad(other, seen), Capability::Expire),
        10 if is("RESP-CODES") => Capability::RespCodes,
        10 if is("RESP_CODES") => misspelt(Capability::RespCodes, seen),
        10 if is("PIPELINING") => Capability::Pipelining,
        11 if is("LOGIN-DELAY") => {
            login_delay(params).map_or_else(|| bad(other, seen), Capability::LoginDelay)
        }
        14 if is("AUTH-RESP-CODE") => Capability::AuthRespCode,
        14 if is("AUTH_RESP_CODE") => misspelt(Capability::AuthRespCode, seen),
        14 if is("IMPLEMENTATION") => {
            if params.is_empty() {
                seen.insert(Deviation::BadCapability);
            }
            Capability::Implementation(params)
        }
        0 => bad(other, seen),
        _ => other,
    }
}

fn misspelt<'i>(capability: Capability<'i>, seen: &mut Deviations) -> Capability<'i> {
    seen.insert(Deviation::CapabilitySpelling);
    capability
}

fn bad<'i>(other: Capability<'i>, seen: &mut Deviations) -> Capability<'i> {
    seen.insert(Deviation::BadCapability);
    other
}

fn expire(params: &[u8]) -> Option<Expire> {
    let days = alt((value(None, tag_no_case("NEVER")), map(number, Some)));
    let (_, (days, user)) = all_consuming(pair(days, opt(per_user()))).parse_complete(params).ok()?;
    Some(Expire { days, per_user: user.is_some() })
}

fn login_delay(params: &[u8]) -> Option<LoginDelay> {
    let (_, (seconds, user)) = all_consuming(pair(number, opt(per_user()))).parse_complete(params).ok()?;
    Some(LoginDelay { seconds, per_user: user.is_some() })
}

fn per_user<'i>() -> impl nom::Parser<&'i [u8], Output = (&'i [u8], &'i [u8]), Error = ()> {
    pair(tag(" "), tag_no_case("USER"))
}
