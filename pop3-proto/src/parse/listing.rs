//! Reads the lines of listings. Real servers deviate from the RFC in many ways, and each way is noted by
//! name.

use super::error::ReplyError;
use super::number::{last_number, msg_no, msg_no_at, number};
use crate::text::Text;
use crate::types::{Deviation, Deviations, LangLine, MsgNo, Scan, Stat, Uid, UidLine};

/// Reads the text after the `+OK` of STAT: count and size in octets (RFC 1939 section 5).
///
/// More text is permitted after a space. Notes [`BadNumber`](Deviation::BadNumber),
/// [`ExtraSpaces`](Deviation::ExtraSpaces) and [`TrailingSpace`](Deviation::TrailingSpace).
///
/// # Errors
///
/// [`ReplyError::Fields`] if one of the two numbers is missing.
pub fn stat_reply(text: &[u8], seen: &mut Deviations) -> Result<Stat, ReplyError> {
    let (count, octets) = pair(without_leading(text, seen), seen)?;
    Ok(Stat { count, octets })
}

/// Reads the text after the `+OK` of `LIST n`: message number and size (RFC 1939 section 5).
///
/// # Errors
///
/// Those of [`scan_item`].
pub fn scan_reply(text: &[u8], seen: &mut Deviations) -> Result<Scan, ReplyError> {
    scan(text, seen)
}

/// Reads one line of a LIST listing: message number and size (RFC 1939 section 5).
///
/// Notes [`ExtraSpaces`](Deviation::ExtraSpaces), [`TrailingSpace`](Deviation::TrailingSpace),
/// [`BadNumber`](Deviation::BadNumber) for a size with a sign, a fraction or beyond 64 bits, and
/// [`StatusInListing`](Deviation::StatusInListing).
///
/// # Errors
///
/// [`ReplyError::Fields`] if a number is missing, or the message number is 0 or does not fit into 32 bits.
#[inline]
pub fn scan_item(line: &[u8], seen: &mut Deviations) -> Result<Scan, ReplyError> {
    match usual_scan(line) {
        Some(scan) => Ok(scan),
        None => scan(line, seen).or_else(|_| scan(without_status(line, seen)?, seen)),
    }
}

/// Reads the text after the `+OK` of `UIDL n`: message number and unique-id (RFC 1939 section 7).
///
/// Notes what [`uid_item`] notes, and [`UidWithoutNumber`](Deviation::UidWithoutNumber) for the id alone.
///
/// # Errors
///
/// [`ReplyError::Fields`] if the text is empty.
pub fn uid_reply<'i>(text: &'i [u8], seen: &mut Deviations) -> Result<UidLine<'i>, ReplyError> {
    let fields = text.iter().any(|b| matches!(b, b' ' | b'\t'));
    match fields.then(|| uid(text, seen)) {
        Some(Ok(line)) => Ok(line),
        _ if text.is_empty() => Err(ReplyError::Fields),
        _ => {
            seen.insert(Deviation::UidWithoutNumber);
            Ok(UidLine { number: None, uid: checked(text, seen) })
        }
    }
}

/// Reads one line of a UIDL listing: message number and unique-id (RFC 1939 section 7).
///
/// The id is the rest of the line. Notes [`EmptyUid`](Deviation::EmptyUid), [`LongUid`](Deviation::LongUid),
/// [`OddUid`](Deviation::OddUid), [`ExtraSpaces`](Deviation::ExtraSpaces),
/// [`TrailingSpace`](Deviation::TrailingSpace) and [`StatusInListing`](Deviation::StatusInListing).
///
/// # Errors
///
/// [`ReplyError::Fields`] if the line does not start with a message number.
#[inline]
pub fn uid_item<'i>(line: &'i [u8], seen: &mut Deviations) -> Result<UidLine<'i>, ReplyError> {
    uid(line, seen).or_else(|_| uid(without_status(line, seen)?, seen))
}

/// Reads one line of a language listing: tag and description (RFC 6856 section 3.2).
///
/// # Errors
///
/// [`ReplyError::Fields`] if the line is empty or starts with a space.
pub fn lang_item<'i>(line: &'i [u8], seen: &mut Deviations) -> Result<LangLine<'i>, ReplyError> {
    let line = without_trailing(line, seen);
    let end = line.iter().position(|b| *b == b' ').unwrap_or(line.len());
    let (tag, description) = line.split_at_checked(end).unwrap_or_default();
    if tag.is_empty() {
        return Err(ReplyError::Fields);
    }
    Ok(LangLine { tag, description: Text::new(description.strip_prefix(b" ").unwrap_or_default()) })
}

/// Reads a line that is exactly as in the RFC.
#[inline(always)]
fn usual_scan(line: &[u8]) -> Option<Scan> {
    let (number, space) = msg_no_at(line, 0)?;
    if line.get(space) != Some(&b' ') {
        return None;
    }
    let octets = last_number(line, space.wrapping_add(1)).filter(|octets| *octets != u64::MAX)?;
    Some(Scan { number, octets })
}

fn scan(line: &[u8], seen: &mut Deviations) -> Result<Scan, ReplyError> {
    let mut noted = *seen;
    let (number, octets) = pair(without_leading(line, &mut noted), &mut noted)?;
    let number = u32::try_from(number).ok().and_then(MsgNo::new).ok_or(ReplyError::Fields)?;
    *seen = noted;
    Ok(Scan { number, octets })
}

/// Reads two numbers with any number of spaces between them. The second may deviate from the RFC.
fn pair(line: &[u8], seen: &mut Deviations) -> Result<(u64, u64), ReplyError> {
    let (after, first) = noting(line, seen)?;
    let second = spaces(after, seen).ok_or(ReplyError::Fields)?;
    let negative = second.strip_prefix(b"-");
    let (after, second) = noting(negative.unwrap_or(second), seen)?;
    match after {
        [] => {}
        [b' ' | b'\t', ..] => {
            without_trailing(after, seen);
        }
        _ => seen.insert(Deviation::BadNumber),
    }
    if negative.is_some() {
        seen.insert(Deviation::BadNumber);
        return Ok((first, 0));
    }
    Ok((first, second))
}

/// Reads a number. If it reads as the largest but is not exactly that number, notes it as too large.
fn noting<'i>(line: &'i [u8], seen: &mut Deviations) -> Result<(&'i [u8], u64), ReplyError> {
    let (after, value) = number(line).map_err(|_| ReplyError::Fields)?;
    let written = line.get(..line.len().saturating_sub(after.len())).unwrap_or_default();
    if value == u64::MAX && written != b"18446744073709551615" {
        seen.insert(Deviation::BadNumber);
    }
    Ok((after, value))
}

#[inline]
fn uid<'i>(line: &'i [u8], seen: &mut Deviations) -> Result<UidLine<'i>, ReplyError> {
    let line = if matches!(line, [b' ' | b'\t', ..]) { without_leading(line, seen) } else { line };
    let (after, number) = msg_no(line).map_err(|_| ReplyError::Fields)?;
    let uid = match after {
        [] => after,
        [b' ', id @ ..] if Uid::new(id).is_some() => return Ok(UidLine { number: Some(number), uid: id }),
        [b' ' | b'\t', ..] => spaces(after, seen).unwrap_or_default(),
        _ => return Err(ReplyError::Fields),
    };
    Ok(UidLine { number: Some(number), uid: checked(uid, seen) })
}

fn checked<'i>(uid: &'i [u8], seen: &mut Deviations) -> &'i [u8] {
    let uid = without_trailing(uid, seen);
    if uid.is_empty() {
        seen.insert(Deviation::EmptyUid);
    } else if uid.len() > crate::limits::UNIQUE_ID {
        seen.insert(Deviation::LongUid);
    }
    if !uid.iter().all(|b| matches!(b, 0x21..=0x7E)) {
        seen.insert(Deviation::OddUid);
    }
    uid
}

/// Skips one space. Several are skipped too, and TABs, and noted. `None` if there is neither.
fn spaces<'i>(input: &'i [u8], seen: &mut Deviations) -> Option<&'i [u8]> {
    match input {
        [b' ', rest @ ..] if !matches!(rest, [b' ' | b'\t', ..]) => Some(rest),
        [b' ', rest @ ..] => Some(without_leading(rest, seen)),
        [b'\t', ..] => Some(without_leading(input, seen)),
        _ => None,
    }
}

#[inline(never)]
fn without_leading<'i>(mut line: &'i [u8], seen: &mut Deviations) -> &'i [u8] {
    while let [b' ' | b'\t', rest @ ..] = line {
        seen.insert(Deviation::ExtraSpaces);
        line = rest;
    }
    line
}

#[cfg_attr(not(target_pointer_width = "64"), inline(never))]
fn without_trailing<'i>(mut line: &'i [u8], seen: &mut Deviations) -> &'i [u8] {
    while let [front @ .., b' ' | b'\t'] = line {
        seen.insert(Deviation::TrailingSpace);
        line = front;
    }
    line
}

#[cold]
fn without_status<'i>(line: &'i [u8], seen: &mut Deviations) -> Result<&'i [u8], ReplyError> {
    let rest = line.strip_prefix(b"+OK ").ok_or(ReplyError::Fields)?;
    seen.insert(Deviation::StatusInListing);
    Ok(rest)
}
