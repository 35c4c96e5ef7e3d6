//! What the referee hears in everything that a client says.

use alloc::format;
use alloc::string::String;

use super::ran::{Line, Ran, Session};
use crate::conformance::desk::Desk;
use crate::conformance::dialogue::escaped;
use crate::conformance::form;
use crate::conformance::remarks::{Remark, Remarks};
use crate::conformance::verdict::Verdict;

fn note(desk: &Desk, probe: &'static str, row: &'static str, verdict: Verdict, words: String) {
    desk.remarks.borrow_mut().found.push(Remark { probe, row, verdict, words });
}

fn count(desk: &Desk, what: fn(&mut Remarks) -> &mut u64) {
    let mut remarks = desk.remarks.borrow_mut();
    let count = what(&mut remarks);
    *count = count.saturating_add(1);
}

const LINES: &str = "client/commands/lines";
const NUMBERS: &str = "client/commands/numbers";
const ORDER: &str = "client/commands/order";

/// Judges a line by itself.
pub(super) fn line(desk: &Desk, line: &Line, raw: &[u8], listed: &[u32]) {
    count(desk, |remarks| &mut remarks.lines);
    let shown = escaped(raw);
    if line.is_response {
        count(desk, |remarks| &mut remarks.exchanges);
        if !matches!(line.text.as_slice(), b"" | b"*" | b"=") && !form::is_base64(&line.text) {
            note(desk, "client/auth/base64", "5034-4-01", Verdict::Fail, shown.clone());
        }
        if !raw.ends_with(b"\r\n") {
            note(desk, LINES, "1939-3-03", Verdict::Fail, shown);
        }
        return;
    }
    if let Some((row, verdict)) = fault(line, raw) {
        note(desk, LINES, row, verdict, shown.clone());
    }
    let text = String::from_utf8_lossy(&line.text).into_owned();
    if line.verb() == "AUTH"
        && let Some(initial) = text.splitn(3, ' ').nth(2)
    {
        count(desk, |remarks| &mut remarks.exchanges);
        if initial != "=" && !form::is_base64(initial.as_bytes()) {
            note(desk, "client/auth/base64", "5034-4-01", Verdict::Fail, shown.clone());
        }
    }
    numbers(desk, line, &text, &shown, listed);
    let late = ["USER", "PASS", "APOP", "AUTH", "STLS"];
    if line.inside && late.contains(&line.verb().as_str()) {
        note(desk, ORDER, "1939-3-19", Verdict::Fail, format!("{shown} after the login"));
    }
}

/// Notes a command that came in several segments.
pub(super) fn pieces(desk: &Desk, raw: &[u8], pieces: u32) {
    if pieces > 1 {
        let words = format!("{} came in {pieces} segments", escaped(raw));
        note(desk, "client/commands/whole", "1939-3-03", Verdict::Note, words);
    }
}

/// What is wrong with the form of a command.
fn fault(line: &Line, raw: &[u8]) -> Option<(&'static str, Verdict)> {
    let verb = line.text.split(|octet| *octet == b' ').next().unwrap_or_default();
    let secrets = matches!(line.verb().as_str(), "USER" | "PASS" | "APOP");
    let printable = |octet: &u8| matches!(octet, b' '..=b'~') || secrets && *octet >= 128;
    let arguments = line.text.get(verb.len()..).unwrap_or_default();
    match () {
        () if !raw.ends_with(b"\r\n") => Some(("1939-3-03", Verdict::Fail)),
        () if !line.text.iter().all(printable) => Some(("1939-3-05", Verdict::Fail)),
        () if !(3..=4).contains(&verb.len()) || !verb.iter().all(u8::is_ascii_alphanumeric) => {
            Some(("1939-3-07", Verdict::Fail))
        }
        () if raw.len() > 255 => Some(("2449-4-01", Verdict::Fail)),
        // A password may have any spaces.
        () if line.verb() == "PASS" => None,
        () if arguments.windows(2).any(|two| two == b"  ") => Some(("1939-3-06", Verdict::Deviation)),
        () if arguments.ends_with(b" ") && line.verb() != "AUTH" => Some(("1939-3-06", Verdict::Deviation)),
        () => None,
    }
}

fn numbers(desk: &Desk, line: &Line, text: &str, shown: &str, listed: &[u32]) {
    let verb = line.verb();
    if !matches!(verb.as_str(), "LIST" | "UIDL" | "RETR" | "TOP" | "DELE") {
        return;
    }
    for (at, word) in text.split(' ').skip(1).enumerate() {
        match form::number(word.as_bytes()) {
            None => note(desk, NUMBERS, "1939-4-10", Verdict::Fail, shown.into()),
            Some(0) if at == 0 => note(desk, NUMBERS, "1939-4-10", Verdict::Fail, shown.into()),
            Some(number) if at == 0 && verb != "LIST" && verb != "UIDL" && line.inside => {
                if !listed.iter().any(|known| u64::from(*known) == number) {
                    let words = format!("{shown} names no message that is there");
                    note(desk, NUMBERS, "1939-4-10", Verdict::Deviation, words);
                }
            }
            Some(_) => {}
        }
    }
}

/// Judges a whole run.
pub(super) fn hear(desk: &Desk, ran: &Ran) {
    for session in &ran.sessions {
        waits(desk, session);
        order(desk, session);
    }
}

fn waits(desk: &Desk, session: &Session) {
    if session.at_once > 0 {
        let words = format!("{} commands came before the answer to the one before", session.at_once);
        note(desk, "client/commands/waits", "2449-6.6-03", Verdict::Fail, words);
    }
}

fn order(desk: &Desk, session: &Session) {
    for two in session.lines.windows(2) {
        let [user, next] = two else { continue };
        if user.verb() == "USER" && !user.inside && !next.is_response {
            let verb = next.verb();
            if !matches!(verb.as_str(), "PASS" | "QUIT" | "USER" | "AUTH" | "APOP" | "CAPA" | "STLS" | "RSET")
            {
                let words = format!("{} after USER", escaped(&next.text));
                note(desk, ORDER, "1939-7-17", Verdict::Deviation, words);
            }
        }
    }
}
