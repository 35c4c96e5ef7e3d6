//! `server/retr`: known messages of odd content.

use alloc::format;
use alloc::vec::Vec;

use super::stage::Stage;
use super::stored::{Came, fetch, fetch_whole};
use crate::conformance::probe::{Plays, Result, Stop, plays};

/// The message is as it was put in.
async fn intact(s: &Stage, name: &'static str, rows: &[&'static str]) -> Result<()> {
    fetch(s, name).await?.check_intact(s, rows);
    Ok(())
}

/// The names that the survey found; the catalogue demands the first of them.
fn found<const N: usize>(s: &Stage, names: [&'static str; N]) -> Vec<&'static str> {
    names.into_iter().filter(|name| s.number(name).is_ok()).collect()
}

/// The octets with each line end as CR LF: CR, LF or both.
fn with_line_ends(octets: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(octets.len());
    let mut last = 0;
    for octet in octets {
        match (*octet, last) {
            (b'\n', b'\r') => {}
            (b'\r' | b'\n', _) => text.extend_from_slice(b"\r\n"),
            (other, _) => text.push(other),
        }
        last = *octet;
    }
    text
}

/// Whether a dot that begins a message was stuffed: `None` if it does not begin what came.
fn first_dot(came: &Came) -> Option<bool> {
    let raw = &came.body.raw;
    match raw.as_slice() {
        [b'.', b'.', ..] => Some(true),
        // A dot alone, or one that ended the reply.
        [b'.', ..] | [] => Some(false),
        // The marker stands in the second line of this message.
        _ if raw.starts_with(b"pop3check ") => Some(false),
        _ => None,
    }
}

pub(super) const PROBES: Plays = plays! {
    "server/retr/whole" => |s| {
        let came = fetch_whole(&s, "plain").await?.map_err(Stop::Control)?;
        s.check_with("1939-5-14", came.body.is_ok(), "RETR of a message that is there is refused");
        came.check_intact(&s, &["1939-5-15"]);
        Ok(())
    }

    "server/retr/line-ends" => |s| {
        let came = fetch(&s, "lf").await?;
        let lines = || came.body.raw.split_inclusive(|octet| *octet == b'\n');
        let count = lines().count() as u64;
        let bare = lines().filter(|line| !line.ends_with(b"\r\n")).count();
        s.check_with("1939-11-01", bare == 0, format!("{bare} lines end in LF alone"));
        let octets = came.message().len() as u64;
        if came.listed.saturating_add(count) == octets {
            s.check_with("1939-11-02", false, format!("LIST says {}: one for each line end", came.listed));
        } else {
            came.check_size(&s, &["1939-11-02"]);
        }
        Ok(())
    }

    "server/retr/dot-lines" => |s| {
        let came = fetch(&s, "dots").await?;
        came.check_intact(&s, &["1939-3-14"]);
        came.check_size_but_line_ends(&s, &["1939-11-03"]);
        Ok(())
    }

    "server/retr/first-dot" => |s| {
        for name in found(&s, ["first-dot", "first-line-dot"]) {
            let came = fetch(&s, name).await?;
            if let Some(stuffed) = first_dot(&came) {
                s.check_with("1939-3-14", stuffed, format!("the first dot of {name} is not stuffed"));
            }
        }
        Err(Stop::NotRun("something stands in front of the first dot"))
    }

    "server/retr/ends" => |s| {
        for name in found(&s, ["final-dot", "final-dot-line"]) {
            let came = match fetch_whole(&s, name).await? {
                Ok(came) if came.body.is_ok() => came,
                Ok(_) => return Err(Stop::Control(format!("RETR of {name} is refused"))),
                Err(words) => {
                    s.check_with("1939-3-13", false, format!("{name}: {words}"));
                    continue;
                }
            };
            came.check_intact(&s, &["1939-3-14"]);
            let words = format!("{name}: more comes after the end of the reply");
            s.check_with("1939-3-13", came.in_step, words);
        }
        Ok(())
    }

    "server/retr/no-final-line-end" => |s| {
        let came = match fetch_whole(&s, "no-final-line-end").await? {
            Ok(came) if came.body.is_ok() => came,
            Ok(_) => return Err(Stop::Control("RETR is refused".into())),
            Err(words) => {
                s.check_with("1939-5-16", false, format!("no line end in front of the last dot: {words}"));
                return Ok(());
            }
        };
        let ends = came.message().ends_with(b"the last line has no end\r\n");
        s.check_with("1939-5-16", ends, "the last line does not end where it should");
        came.check_size_but_line_ends(&s, &["1939-5-16", "1939-5-12"]);
        Ok(())
    }

    "server/retr/near-ends" => |s| {
        let came = fetch(&s, "near-ends").await?;
        let row = "1939-3-17";
        let at_end = came.in_step && came.message().ends_with(b"end\r\n");
        if !at_end && came.is_stored_so() {
            s.note(row, "the message is not stored to its end, and LIST counts what came");
            return Ok(());
        }
        s.check_with(row, at_end, "the reply ends before the message does");
        if let (Some(words), Some((message, due))) = (came.difference(), came.sides()) {
            let only_line_ends = with_line_ends(&message) == with_line_ends(&due);
            let words = if only_line_ends { "bare CR became a line end".into() } else { words };
            s.lenient_with(row, false, words);
        }
        Ok(())
    }

    "server/retr/words-of-the-protocol" => |s| {
        intact(&s, "popish", &["1939-5-15"]).await
    }

    "server/retr/empty" => |s| {
        for (name, due) in [("empty", 0), ("only-line-end", 2)] {
            if s.number(name).is_err() {
                continue;
            }
            let came = match fetch_whole(&s, name).await? {
                Ok(came) if came.body.is_ok() => came,
                Ok(_) => {
                    s.check_with("1939-5-15", false, format!("{name}: RETR is refused"));
                    continue;
                }
                Err(words) => {
                    s.check_with("1939-5-15", false, format!("{name}: {words}"));
                    continue;
                }
            };
            let message = came.message();
            if message.len() > 2 {
                return Err(Stop::NotRun("the store puts something in front of an empty message"));
            }
            if name == "empty" && message == b"\r\n" {
                s.lenient_with("1939-5-15", false, "the message of no octets comes as one line end");
            } else {
                let words = format!("{name}: {} octets come, and {due} are due", message.len());
                s.check_with("1939-5-15", message.len() == due, words);
            }
            came.check_size(&s, &["1939-5-16"]);
        }
        Ok(())
    }

    "server/retr/odd-shapes" => |s| {
        let row = "1939-5-15";
        for name in found(&s, ["no-body", "header-and-blank", "body-only"]) {
            let came = fetch(&s, name).await?;
            if name == "body-only" && came.body.raw.starts_with(b"pop3check ") {
                s.check_with(row, false, "body-only: the blank first line is missing");
            }
            let differs_in_the_end = came.sides().is_some_and(|(came, due)| {
                [came.as_slice(), b"\r\n"].concat() == due || [due.as_slice(), b"\r\n"].concat() == came
            });
            if differs_in_the_end {
                s.check(row, true);
                s.note(row, format!("{name}: the final line end is not as it was put in"));
            } else {
                came.check_intact(&s, &[row]);
            }
        }
        Ok(())
    }

    "server/retr/long-line" => |s| {
        for name in found(&s, ["long-line", "long-dots"]) {
            intact(&s, name, &["1939-5-15"]).await?;
        }
        Ok(())
    }

    "server/retr/octets" => |s| {
        intact(&s, "eight-bit", &["1939-5-15"]).await?;
        if s.number("nul").is_ok() {
            let came = fetch(&s, "nul").await?;
            match came.difference() {
                Some(words) if came.message().ends_with(b"end\r\n") => s.lenient_with("1939-5-15", false, words),
                _ => came.check_intact(&s, &["1939-5-15"]),
            }
        }
        Ok(())
    }

    "server/retr/crlf-stored" => |s| {
        for name in found(&s, ["crlf", "mixed"]) {
            let difference = fetch(&s, name).await?.difference();
            s.lenient_with("1939-11-01", difference.is_none(), difference.unwrap_or_default());
        }
        Ok(())
    }

    "server/retr/edges" => |s| {
        intact(&s, "edges", &["1939-3-14", "1939-5-15"]).await
    }
};
