//! `client/bodies`.

use alloc::format;
use alloc::vec::Vec;
use core::time::Duration;

use super::act::{Act, Step};
use super::host::Host;
use super::listing::each_once;
use super::mail::{Likeness, Mail};
use super::ran::Ran;
use crate::conformance::corpus;
use crate::conformance::probe::{Plays, Result, plays};
use crate::conformance::steps::End;
use crate::conformance::task::Job;

fn known(name: &str) -> Mail {
    Mail::new(&format!("id-{name}"), corpus::wire(name, 1).unwrap_or_default())
}

/// Whether these octets of a message are likely to be changed by a client that is right in all else.
fn is_odd(name: &str) -> bool {
    let no_header =
        matches!(name, "first-dot" | "first-line-dot" | "empty" | "only-line-end" | "body-only" | "no-body");
    no_header || matches!(name, "nul" | "eight-bit" | "utf8-header" | "near-ends" | "mixed" | "crlf" | "cr")
}

/// What a known message is about.
fn rows_of(name: &str) -> &'static [&'static str] {
    match name {
        "dots" | "first-dot" | "first-line-dot" | "final-dot" | "final-dot-line" => &["1939-3-15"],
        "long-line" | "long-dots" => &["2449-4-06"],
        _ => &["1939-3-16"],
    }
}

/// Fetches the messages, and judges how each is stored. `odd` ones may be changed.
async fn stored_as_sent(
    h: &Host,
    rows: fn(&str) -> &'static [&'static str],
    mails: &[(&str, Mail)],
    odd: fn(&str) -> bool,
) -> Result<Ran> {
    let ran = h.run(Job::Fetch, Act::new().mails(mails.iter().map(|(_, mail)| mail.clone()))).await?;
    let form = h.form()?.clone();
    let stored = h.stored().await?;
    let fetched = ran.fetched();
    let mut at_end = false;
    for ((name, mail), number) in mails.iter().zip(1..) {
        if !fetched.contains(&number) {
            let row = rows(name).last().copied().unwrap_or_default();
            h.check_with(row, false, format!("the client gives up before {name}: {}", ran.words()));
            break;
        }
        let likeness = stored.nearest(mail, &form);
        for row in rows(name) {
            match likeness {
                Likeness::Same => h.check(row, true),
                Likeness::LastLine => {
                    h.check(row, true);
                    at_end = true;
                }
                // Judged where dots are the question.
                Likeness::Stuffed if *row != "1939-3-15" => h.check(row, true),
                Likeness::Stuffed => {
                    h.check_with(row, false, format!("{name}: the dots before its lines are still there"));
                }
                Likeness::LineEnds => h.lenient_with(row, false, format!("{name}: only CR and LF differ")),
                Likeness::Octets => {
                    h.lenient_with(row, false, format!("{name}: octets beyond ASCII or NUL are changed"));
                }
                Likeness::Folded => {
                    h.lenient_with(row, false, format!("{name}: line ends are added or lost"))
                }
                Likeness::Other => {
                    let words = format!("{name}: {}", stored.difference(mail, &form));
                    if odd(name) {
                        h.lenient_with(row, false, words)
                    } else {
                        h.check_with(row, false, words)
                    }
                }
            }
        }
    }
    if at_end {
        let row = rows("").last().copied().unwrap_or_default();
        h.note(row, "a line end is added or left out at the end of messages");
    }
    Ok(ran)
}

pub(super) const PROBES: Plays = plays! { Client:
    "client/bodies/exact" => |h| {
        let names = corpus::NAMES.iter().filter(|name| !name.starts_with("spare-") && **name != "equal-b");
        let cr = ("cr", Mail::with_body(90, "a CR before a line end\r\r\nend\r\n"));
        // The long lines come last: some clients give up there.
        let mut mails: Vec<(&str, Mail)> = names.map(|name| (*name, known(name))).chain([cr]).collect();
        mails.sort_by_key(|(name, _)| name.starts_with("long"));
        stored_as_sent(&h, rows_of, &mails, is_odd).await?;
        Ok(())
    }

    "client/bodies/unstuffing" => |h| {
        let stuffed = Mail::with_body(2, ".\r\n..\r\n.x\r\nend\r\n");
        let bare = Mail { raw: true, ..Mail::with_body(3, ".x\r\nend\r\n") };
        let mails = [Mail::letter(1), stuffed.clone(), bare, Mail::letter(4)];
        h.run(Job::Fetch, Act::new().mails(mails).hushed()).await?;
        let (form, stored) = (h.form()?.clone(), h.stored().await?);
        h.check_with("1939-3-15", stored.count(&stuffed, &form) > 0, "a dot stays, or too many come off");
        let due = Mail::with_body(3, "x\r\nend\r\n");
        let taken_off = stored.count(&due, &form) > 0;
        let kept = Mail::with_body(3, ".x\r\nend\r\n");
        let words = match stored.count(&kept, &form) {
            0 => "a line that begins with one dot is not read as a line of text",
            _ => "a single dot stays, as servers need that do not stuff",
        };
        h.lenient_with("1939-3-15", taken_off, words);
        Ok(())
    }

    "client/bodies/near-ends" => |h| {
        let inside = "a\n.\r\n+OK 0 0\r\nb\r.\r\n+OK 0 0\r\nc\r\n.\n+OK 0 0\r\nd\r\n.\r\r\n+OK 0 0\r\nthe very end\r\n";
        let due =
            "a\n.\r\n+OK 0 0\r\nb\r.\r\n+OK 0 0\r\nc\r\n\n+OK 0 0\r\nd\r\n\r\r\n+OK 0 0\r\nthe very end\r\n";
        // A single dot that stays is judged elsewhere.
        let also = inside;
        let sent = Mail { raw: true, ..Mail::with_body(2, inside) };
        let act = Act::new().mails([Mail::letter(1), sent, Mail::letter(3)]);
        let ran = h.run(Job::Fetch, act.hushed()).await?;
        let (form, stored) = (h.form()?.clone(), h.stored().await?);
        let in_step = stored.count(&Mail::letter(3), &form) == 1 && stored.holds(b"the very end");
        for row in ["1939-3-16", "1939-3-17"] {
            h.check_with(
                row,
                in_step,
                format!(
                    "what stands inside a message is taken for its end or for replies, so that a mail can smuggle in \
                     another: {}",
                    ran.words()
                ),
            );
            h.lenient_with(
                row,
                [due, also]
                    .iter()
                    .any(|text| stored.nearest(&Mail::with_body(2, text), &form) <= Likeness::LineEnds),
                "the octets are stored in another form",
            );
        }
        Ok(())
    }

    "client/bodies/first-dot" => |h| {
        let mails = [
            Mail::new("a", ".x: 1\r\n\r\nmore\r\n"),
            Mail::new("b", ".\r\nmore\r\n"),
            Mail::new("c", ""),
            Mail::letter(4),
        ];
        let ran = h.run(Job::Fetch, Act::new().mails(mails.clone())).await?;
        let (form, stored) = (h.form()?.clone(), h.stored().await?);
        for row in ["1939-3-15", "1939-3-16"] {
            h.check_with(
                row,
                stored.count(&Mail::letter(4), &form) == 1 && !ran.hung,
                format!("the client loses step: {}", ran.words()),
            );
            for mail in mails.iter().take(1) {
                h.lenient_with(
                    row,
                    stored.count(mail, &form) > 0,
                    format!("'{}' is not stored as sent", mail.octets.escape_ascii()),
                );
            }
        }
        Ok(())
    }

    "client/bodies/wrong-size" => |h| {
        let told = [Some(-2), Some(100), None];
        let mails: Vec<Mail> = (1..)
            .zip(told)
            .map(|(n, change)| {
                let mail = Mail::letter(n);
                let size = change.map_or(0, |change| mail.size().saturating_add_signed(change));
                Mail { told: Some(size), ..mail }
            })
            .chain([Mail::letter(4)])
            .collect();
        let ran = h.run(Job::Fetch, Act::new().mails(mails.clone())).await?;
        h.check_with("1939-5-17", !ran.hung, "the client waits for more octets");
        let plain: Vec<Mail> = mails.into_iter().map(|mail| Mail { told: None, ..mail }).collect();
        each_once(&h, "1939-5-17", &plain, "sizes that are not right").await
    }

    "client/bodies/long-lines" => |h| {
        let body = |octets: usize| {
            format!(
                "{}\r\nend\r\n",
                "0123456789".chars().cycle().take(octets).collect::<alloc::string::String>()
            )
        };
        let lengths = [998, 2_049, 8_194, 200_000];
        let names = [
            "a line of 998 octets",
            "a line of 2,049 octets",
            "a line of 8,194 octets",
            "a line of 200,000 octets",
        ];
        let mails: Vec<(&str, Mail)> = names
            .into_iter()
            .zip((1..).zip(lengths))
            .map(|(name, (n, octets))| (name, Mail::with_body(n, body(octets))))
            .collect();
        stored_as_sent(&h, |_| &["2449-4-06"], &mails, |_| false).await?;
        Ok(())
    }

    "client/bodies/octets" => |h| {
        let mails: Vec<(&str, Mail)> = ["eight-bit", "utf8-header", "nul", "plain"]
            .into_iter()
            .map(|name| (name, known(name)))
            .collect();
        let ran = stored_as_sent(&h, |_| &["1939-3-16"], &mails, |name| name == "nul").await?;
        h.check_with("1939-3-16", !ran.hung && !ran.exit.crashed, ran.words());
        Ok(())
    }

    "client/bodies/words-of-the-protocol" => |h| {
        let mails = [("popish", known("popish")), ("plain", known("plain"))];
        stored_as_sent(&h, |_| &["1939-3-16"], &mails, |_| false).await?;
        Ok(())
    }

    "client/bodies/nothing" => |h| {
        let nothing = Mail { told: Some(500), ..Mail::new("nothing", "") };
        let ran = h.run(Job::Fetch, Act::new().mails([nothing, Mail::letter(2)])).await?;
        let (form, stored) = (h.form()?.clone(), h.stored().await?);
        let in_step = stored.count(&Mail::letter(2), &form) == 1 || ran.success() == Some(false);
        h.check_with("1939-3-16", in_step && !ran.hung, format!("after an empty body: {}", ran.words()));
        Ok(())
    }

    "client/bodies/no-end" => |h| {
        let slow = h.subject().slow >= Duration::from_secs(660);
        let silence = if slow { Duration::from_secs(600) } else { Duration::from_secs(2) };
        let mails = [Mail::letter(1), Mail::with_body(2, "text.\r\n"), Mail::letter(3)];
        let whole = mails.get(1).map_or(0, |mail| mail.octets.len());
        let front = format!("+OK {whole} octets\r\n").len().saturating_add(whole);
        let steps = [Step::Front(front), Step::Hold(silence), Step::Close(End::Fin)];
        let ran = h
            .run(Job::Delete, Act::new().mails(mails.clone()).on("RETR 2", steps.clone()).on("TOP 2", steps))
            .await?;
        let (form, stored) = (h.form()?.clone(), h.stored().await?);
        let kept = mails.get(1).is_some_and(|mail| stored.count(mail, &form) > 0);
        for row in ["1939-3-16", "1939-5-17"] {
            if kept && ran.success() == Some(false) {
                h.lenient_with(row, false, "a message without its end is in the store; failure is told");
            } else {
                h.check_with(row, !kept, "a message without its end is kept as whole");
            }
            h.check_with(row, !ran.numbers("DELE").contains(&2), "a message without its end is deleted");
            if slow {
                h.lenient_with(row, ran.took < silence, "the client waits for more than ten minutes");
            }
        }
        Ok(())
    }
};
