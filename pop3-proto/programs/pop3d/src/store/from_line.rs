//! The lines that divide an mbox: `From SENDER DATE`.
//!
//! RFC 4155 has one form of the date, that of `ctime`, and in the field there are more. A line that starts with
//! `From ` and has no date is text.

const DAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];
const MONTHS: [&[u8]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];

/// How a whole line divides.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FromLine {
    No,
    /// `From ` and something else.
    WithoutDate,
    WithDate,
}

pub(super) fn kind(line: &[u8]) -> FromLine {
    match line.strip_prefix(b"From ") {
        Some(rest) if rest.ends_with(b"\n") => {
            if has_date(rest) {
                FromLine::WithDate
            } else {
                FromLine::WithoutDate
            }
        }
        _ => FromLine::No,
    }
}

/// Whether the line starts a header: a name of printable characters and a colon (RFC 5322 section 2.2).
pub(super) fn is_field(line: &[u8]) -> bool {
    let end = line.iter().position(|b| !matches!(b, b'!'..=b'9' | b';'..=b'~')).unwrap_or(line.len());
    end > 0 && line.get(end) == Some(&b':')
}

/// Whether there is a day of the week with a date after it, wherever it stands: the sender may have blanks
/// in it, or be missing.
fn has_date(rest: &[u8]) -> bool {
    let words: Vec<_> = rest.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
    (0..words.len()).any(|at| is_date(words.get(at..).unwrap_or_default()))
}

/// `Www Mmm dd hh:mm:ss yyyy` with a time zone in front of or after the year, and `Www, dd Mmm yyyy hh:mm:ss`.
fn is_date(words: &[&[u8]]) -> bool {
    let [day, rest @ ..] = words else { return false };
    if !is_one_of(&DAYS, day.strip_suffix(b",").unwrap_or(day)) {
        return false;
    }
    match rest {
        [month, day, time, rest @ ..] if is_one_of(&MONTHS, month) => {
            // A zone may have two words, as in `MET DST`.
            is_day(day) && is_time(time) && rest.iter().take(3).any(|word| is_year(word))
        }
        [day, month, year, time, ..] => {
            is_day(day) && is_one_of(&MONTHS, month) && is_year(year) && is_time(time)
        }
        _ => false,
    }
}

fn is_one_of(names: &[&[u8]], word: &[u8]) -> bool {
    names.iter().any(|name| name.eq_ignore_ascii_case(word))
}

fn number(word: &[u8]) -> Option<u32> {
    let digits = word.len() <= 4 && word.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(word).ok().filter(|_| digits)?.parse().ok()
}

fn is_day(word: &[u8]) -> bool {
    number(word).is_some_and(|day| (1..=31).contains(&day))
}

fn is_year(word: &[u8]) -> bool {
    word.len() == 4 && number(word).is_some_and(|year| year >= 1900)
}

/// `hh:mm` or `hh:mm:ss`, with a leap second.
fn is_time(word: &[u8]) -> bool {
    let mut parts = word.split(|b| *b == b':').map(number);
    let hours = parts.next().flatten().is_some_and(|hours| hours < 24);
    let minutes = parts.next().flatten().is_some_and(|minutes| minutes < 60);
    let seconds = parts.next().is_none_or(|part| part.is_some_and(|seconds| seconds <= 60));
    hours && minutes && seconds && parts.next().is_none()
}
