//! `server/auth`: what a line of an exchange may hold.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec;
use alloc::vec::Vec;

use super::forms::Weight;
use super::pop::Pop;
use super::sasl::{Strict, answer_in, begin, channel, enter, left_or, offering, plain, refused, shown};
use super::stage::{Answer, Stage};
use super::way_in::encoded;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

/// Tries each line as the response to the empty challenge of PLAIN, on a connection of its own.
async fn responses(s: &Stage, rows: &[&'static str], lines: &[&[u8]], strict: Strict) -> Result<()> {
    for line in lines {
        let mut pop = offering(s, "PLAIN").await?;
        let answer = answer_in(s, &mut pop, "PLAIN", line).await?;
        let form = format!("the response '{}'", line.escape_ascii());
        refused(s, rows, pop, &answer, &form, strict).await?;
    }
    Ok(())
}

/// The same text with a pad bit that is set; nothing if it has no pad bits.
fn with_pad_bit(text: &str) -> Option<String> {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.trim_end_matches('=');
    let last = digits.chars().next_back().filter(|_| digits.len() < text.len())?;
    // The lowest bit of the last digit is always a pad bit.
    let next = DIGITS.chars().nth(DIGITS.find(last)? | 1)?;
    let front = digits.strip_suffix(last)?;
    Some(format!("{front}{next}{}", "=".repeat(text.len().saturating_sub(digits.len()))))
}

pub(super) const PROBES: Plays = plays! {
    "server/auth/bad-base64" => |s| {
        let lines: [&[u8]; 8] = [b"!!!!", b"AA AA", b"AAAA\t", b"AA-_", b"=AAA", b"AAA=BBB", b"A===", b"AA"];
        let rows = ["5034-4-14", "5034-4-16", "5034-4-17", "4648-3-01"];
        responses(&s, &rows, &lines, Strict::Silence).await
    }

    "server/auth/pad-bits" => |s| {
        let account = s.account()?.clone();
        let texts = ["", account.name.as_str()].map(|acting_as| encoded(&plain(acting_as, &account)));
        let with_bit = texts.iter().find_map(|text| with_pad_bit(text));
        let line = with_bit.ok_or(Stop::NotRun("the message has no pad bits"))?;
        s.hide(&line);
        let channel = channel(&s, "PLAIN")?;
        let entry = enter(&s, channel, async |pop: &mut Pop| {
            let first = begin(&s, pop, "PLAIN", None).await?;
            if first.is_challenge() { pop.ask(&line).await } else { Ok(first) }
        });
        let taken = if entry.await?.is_in() { "taken" } else { "refused" };
        s.note("4648-3.5-01", format!("pad bits that are not zero are {taken}"));
        Ok(())
    }

    "server/auth/equals-and-empty" => |s| {
        responses(&s, &["5034-4-12"], &[b"=", b""], Strict::Silence).await
    }

    "server/auth/initial-forms" => |s| {
        let forms = ["AUTH PLAIN =", "AUTH PLAIN ", "AUTH PLAIN *", "AUTH PLAIN AAAA AAAA"];
        for form in forms {
            let row = if form.ends_with('*') { "5034-5-05" } else { "5034-5-04" };
            let mut pop = offering(&s, "PLAIN").await?;
            let answer = s.answer(&mut pop, format!("{form}\r\n")).await?;
            match &answer {
                Answer::Other(reply) if reply.is_challenge() && !form.ends_with('=') => {
                    s.lenient_with(row, false, format!("'{form}' gets a challenge: '{}'", shown(reply)));
                }
                _ => refused(&s, &[row], pop, &answer, &format!("'{form}'"), Strict::Silence).await?,
            }
        }
        Ok(())
    }

    "server/auth/server-first" => |s| {
        let rows = ["5034-4-13", "4422-3-01"];
        for name in ["CRAM-MD5", "DIGEST-MD5"] {
            if !s.facts().offers(name) {
                continue;
            }
            let mut pop = offering(&s, name).await?;
            let answer = s.answer(&mut pop, format!("AUTH {name} AAAA\r\n")).await?;
            refused(&s, &rows, pop, &answer, &format!("'AUTH {name} AAAA'"), Strict::No).await?;
        }
        if s.facts().offers("LOGIN") {
            let mut pop = offering(&s, "LOGIN").await?;
            let reply = pop.ask(format!("AUTH LOGIN {}", encoded(b"nobody"))).await?;
            if reply.is_challenge() {
                s.note("5034-4-13", "AUTH LOGIN takes a name as initial response");
                s.answer(&mut pop, "*\r\n").await?;
            }
            pop.end(End::Fin).await;
        }
        Ok(())
    }

    "server/auth/lines-are-data" => |s| {
        responses(&s, &["5034-4-35"], &[b"QUIT"], Strict::Both).await
    }

    "server/auth/long-line" => |s| {
        let part = "a".repeat(255);
        let line = encoded(format!("{part}\0{part}\0{part}").as_bytes());
        for each in [usize::MAX, 513] {
            let mut pop = offering(&s, "PLAIN").await?;
            pop.cut(each);
            let answer = answer_in(&s, &mut pop, "PLAIN", line.as_bytes()).await?;
            let form = if each == 513 { "a response of 1,026 octets in two pieces" } else { "a response of 1,026 octets" };
            refused(&s, &["5034-4-18", "4616-2-03"], pop, &answer, form, Strict::Both).await?;
        }
        Ok(())
    }

    "server/auth/endless-line" => |s| {
        let row = "5034-4-19";
        let mut pop = offering(&s, "PLAIN").await?;
        if !begin(&s, &mut pop, "PLAIN", None).await?.is_challenge() {
            return Err(Stop::Control("AUTH PLAIN gets no challenge".to_string()));
        }
        let mut line: Vec<u8> = vec![b'A'; 1 << 20];
        line.extend(b"\r\n");
        pop.say(&line).await?;
        let words = "a response of 1 MiB";
        match pop.reply().await {
            Ok(reply) if reply.is_err() => left_or(&s, &[row], pop, words, Weight::Deviates).await?,
            Ok(reply) => s.check_with(row, false, format!("{words} gets {}", shown(&reply))),
            // What the server said may be lost in a reset.
            Err(Stop::Hung(End::Reset)) => s.note(row, format!("{words}: the connection is reset")),
            Err(Stop::Hung(_)) => s.lenient_with(row, false, format!("{words}: a hang-up without a reply")),
            Err(Stop::Silent) => s.check_with(row, false, format!("{words} is not answered")),
            Err(stop) => return Err(stop),
        }
        let lives = match s.connect().await {
            Ok(mut other) => other.ask("NOOP").await.is_ok(),
            Err(_) => false,
        };
        s.check_with(row, lives, "after that the server does not answer on a new connection");
        Ok(())
    }
};
