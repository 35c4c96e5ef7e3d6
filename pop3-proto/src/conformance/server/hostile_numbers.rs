//! `server/hostile`: numbers that name no message.

use alloc::format;

use super::stage::{Answer, Stage};
use crate::conformance::probe::{Plays, Stop, plays};
use crate::conformance::steps::End;

/// Numbers that name no message where there are fewer than four thousand million, each with the row that it is
/// about. The last two have the value 1 if they are read leniently.
const ODD: [(&str, &str); 12] = [
    ("0", "1939-4-10"),
    ("-1", "1939-4-10"),
    ("x", "1939-4-10"),
    ("1x", "1939-4-10"),
    ("0x1", "1939-4-10"),
    ("1.0", "1939-4-10"),
    ("1e0", "1939-4-10"),
    ("4294967297", "1939-4-13"),
    ("18446744073709551617", "1939-4-13"),
    ("9999999999999999999999999999999999999999", "1939-4-13"),
    ("+1", "1939-4-10"),
    ("01", "1939-4-10"),
];

/// Judges `+OK` to an odd number.
fn taken(s: &Stage, row: &'static str, number: &str, words: &str) {
    match number {
        "01" => s.note(row, words),
        "+1" => s.lenient_with(row, false, words),
        _ => s.check_with(row, false, words),
    }
}

pub(super) const PROBES: Plays = plays! {
    "server/hostile/numbers" => |s| {
        for (verb, row) in [("LIST", "1939-5-08"), ("UIDL", "1939-7-06"), ("RETR", "1939-5-14")] {
            if verb == "UIDL" && !s.facts().uidl {
                s.note(row, "UIDL is not known");
                continue;
            }
            for (number, about) in ODD {
                let mut pop = s.transaction().await?;
                let answer = s.answer(&mut pop, format!("{verb} {number}\r\n")).await?;
                let words = format!("'{verb} {number}' {answer}");
                for row in [row, about, "1939-3-20"] {
                    match answer {
                        Answer::Ok(_) => taken(&s, row, number, &words),
                        Answer::Err(_) => s.check(row, true),
                        _ => s.unsure(row, &words),
                    }
                }
                if answer.is_refusal() {
                    // What follows the refusal is heard by the referee. The server may have closed.
                    let _ = pop.ask("NOOP").await;
                }
                pop.end(End::Fin).await;
            }
        }
        Ok(())
    }

    "server/hostile/numbers-dele" => |s| {
        for (number, _) in ODD {
            const ROWS: [&str; 2] = ["1939-5-19", "1939-4-13"];
            let mut pop = s.transaction().await?;
            let seen = s.answer(&mut pop, format!("LIST {number}\r\n")).await?;
            if seen.is_ok() && !s.setup().leave.only_corpus {
                // It may be a message of somebody else, and nothing is sure to bring that back.
                for row in ROWS {
                    s.note(row, format!("DELE {number} is not tried, as LIST {number} is taken"));
                }
                pop.end(End::Reset).await;
                continue;
            }
            // Some hang up after any refusal.
            let before = match pop.ask("STAT").await {
                Err(Stop::Hung(_)) => {
                    pop = s.transaction().await?;
                    pop.ask("STAT").await?
                }
                other => other?,
            };
            if pop.has_line() || !before.text().first().is_some_and(u8::is_ascii_digit) {
                return Err(Stop::Control(format!("out of step after LIST {number}")));
            }
            let answer = s.answer(&mut pop, format!("DELE {number}\r\n")).await?;
            let words = format!("'DELE {number}' {answer}");
            for row in ROWS {
                match &answer {
                    Answer::Ok(_) => taken(&s, row, number, &words),
                    Answer::Err(_) => s.check(row, true),
                    _ => s.unsure(row, &words),
                }
            }
            match pop.ask("STAT").await {
                Ok(after) if answer.is_refusal() => {
                    let words = format!("{words}, and STAT changes: {}", after.raw.escape_ascii());
                    s.check_with("1939-5-19", after.text() == before.text(), words);
                }
                Ok(_) | Err(Stop::Hung(_)) => {}
                Err(stop) => return Err(stop),
            }
            // Never QUIT: what was marked by mistake must stay, also where a hang-up removes it.
            if answer.is_ok() {
                pop.ask("RSET").await?;
            }
            pop.end(End::Reset).await;
        }
        Ok(())
    }
};
