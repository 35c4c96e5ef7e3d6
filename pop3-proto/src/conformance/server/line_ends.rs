//! `server/lines`: where a line ends, and where a segment does.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::forms::{Bench, TAKEN_DEVIATES, Then, Weight};
use super::pop::Pop;
use super::read::Reply;
use super::stage::{Answer, Stage};
use crate::conformance::dialogue::escaped;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

/// How the replies to some octets ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// STAT, sent after them, was answered by its figures.
    InStep,
    /// The first STAT was lost, and a second one was answered.
    Late,
    /// The connection was closed.
    Closed,
    /// Nothing more came.
    Silent,
}

fn is_stat(reply: &Reply) -> bool {
    reply.is_ok() && reply.text().first().is_some_and(u8::is_ascii_digit)
}

/// Sends octets of which nobody knows how many replies they get, and reads all up to that to STAT.
async fn replies(pop: &mut Pop, octets: &[u8]) -> Result<(Vec<Reply>, Rest)> {
    pop.say(octets).await?;
    let stands = pop.linger().await;
    let (mut replies, mut asked) = (Vec::new(), 0);
    loop {
        if !pop.has_line() && asked == 0 {
            asked = 1;
            // What is sent to a closed connection may cost the octets that came before.
            if stands {
                pop.say("STAT\r\n").await?;
            }
        }
        match pop.reply().await {
            Ok(reply) if asked > 0 && is_stat(&reply) => {
                return Ok((replies, if asked == 1 { Rest::InStep } else { Rest::Late }));
            }
            Ok(reply) => replies.push(reply),
            Err(Stop::Hung(_)) => return Ok((replies, Rest::Closed)),
            // A line that was swallowed may have taken the first STAT along.
            Err(Stop::Silent) if asked == 1 => {
                asked = 2;
                pop.say("STAT\r\n").await?;
            }
            Err(Stop::Silent) => return Ok((replies, Rest::Silent)),
            Err(stop) => return Err(stop),
        }
    }
}

/// The replies to octets on a connection of their own, after the login.
async fn alone(s: &Stage, octets: &[u8]) -> Result<(Vec<Reply>, Rest, String)> {
    let mut pop = s.transaction().await?;
    let (replies, rest) = replies(&mut pop, octets).await?;
    pop.end(End::Fin).await;
    let shown: Vec<String> = replies.iter().map(|reply| format!("'{}'", escaped(&reply.raw))).collect();
    let end = match rest {
        Rest::InStep => "STAT is answered",
        Rest::Late => "STAT is lost, and the next one is answered",
        Rest::Closed => "the connection is closed",
        Rest::Silent => "STAT is not answered",
    };
    let words = format!(
        "'{}' is answered by {} replies: {}; then {end}",
        escaped(octets),
        shown.len(),
        shown.join(" ")
    );
    Ok((replies, rest, words))
}

/// Whether it is one `-ERR` that repeats the line feed of what it refuses, and was cut there.
fn is_one_echo(replies: &[Reply], rest: Rest) -> bool {
    let [first, others @ ..] = replies else { return false };
    let is_cut = first.is_err() && !first.raw.ends_with(b"\r\n");
    let is_text = |reply: &Reply| !reply.is_ok() && !reply.is_err();
    is_cut && !others.is_empty() && others.iter().all(is_text) && rest != Rest::Silent
}

/// Whether it is one `-ERR`, after which the session goes on or is closed.
fn is_one_refusal(replies: &[Reply], rest: Rest) -> bool {
    matches!(replies, [reply] if reply.is_err()) && rest != Rest::Silent
}

pub(super) const PROBES: Plays = plays! {
    "server/lines/empty-line" => |s| {
        let mut bench = Bench::new(&s, &["1939-3-29", "1939-3-20"]);
        let mut pop = s.connect().await?;
        pop.say("\r\n").await?;
        pop.linger().await;
        if pop.has_line() {
            // It is answered: one -ERR, and then QUIT.
            let reply = pop.reply().await?;
            if reply.is_err() {
                bench.refused(pop, "an empty line before the login is refused", Then::Quit, TAKEN_DEVIATES).await?;
            } else {
                bench.found(Weight::Fails, format!("an empty line before the login gets '{}'", escaped(&reply.raw)));
            }
        } else {
            match s.answer(&mut pop, "QUIT\r\n").await? {
                Answer::Ok(_) => bench.found(Weight::Deviates, "an empty line before the login is passed over"),
                // A slow one.
                Answer::Err(_) => {}
                Answer::Hung => bench.found(Weight::Fails, "an empty line before the login is followed by a hang-up without a reply"),
                _ => bench.found(Weight::Unclear, "no reply to an empty line, and none to QUIT"),
            }
        }
        let (replies, rest, words) = alone(&s, b"\r\n").await?;
        match (replies.as_slice(), rest) {
            _ if is_one_refusal(&replies, rest) => {
                if rest == Rest::Closed {
                    bench.note(words);
                }
            }
            ([], Rest::InStep | Rest::Late) => bench.found(Weight::Deviates, words),
            (_, Rest::Silent) => bench.found(Weight::Unclear, words),
            _ => bench.found(Weight::Fails, words),
        }
        bench.end()
    }

    "server/lines/bare-lf" => |s| {
        let mut bench = Bench::new(&s, &["1939-3-30"]);
        let mut pop = s.transaction().await?;
        pop.say("NOOP\n").await?;
        pop.linger().await;
        let first = if pop.has_line() { Some(pop.reply().await?) } else { None };
        let (rest, end) = replies(&mut pop, b"\r\n").await?;
        pop.end(End::Fin).await;
        let ok = |reply: &Reply| reply.is_ok();
        match (first, rest.as_slice(), end) {
            (None, [], Rest::Silent) => bench.found(Weight::Fails, "'NOOP\\n', CR LF and STAT are never answered"),
            (_, _, Rest::Silent) => bench.found(Weight::Unclear, "STAT is not answered"),
            (None, [], Rest::Closed) => bench.found(Weight::Unclear, "closed without a reply"),
            (Some(reply), rest, _) if ok(&reply) && rest.iter().any(ok) => {
                bench.found(Weight::Fails, "'NOOP\\n' gets +OK, and the CR LF after it gets +OK, too");
            }
            (Some(reply), ..) if ok(&reply) => bench.found(Weight::Deviates, "LF alone ends NOOP, which is run"),
            (None, rest, _) if rest.iter().any(ok) => bench.found(Weight::Deviates, "'NOOP\\n\\r\\n' is taken as NOOP"),
            (Some(_), [_, ..], _) => bench.found(Weight::Deviates, "LF alone ends a line: 'NOOP\\n' and the CR LF after it get a reply each"),
            (_, _, Rest::Closed) => bench.note("one -ERR, and the connection is closed"),
            _ => {}
        }
        bench.end()
    }

    "server/lines/line-end-inside" => |s| {
        let mut bench = Bench::new(&s, &["1939-3-30"]);
        for form in [&b"NOOP\nNOOP\r\n"[..], b"NOOP\rNOOP\r\n", b"NOOP\r\r\n"] {
            let (replies, rest, words) = alone(&s, form).await?;
            let two_lines = form.starts_with(b"NOOP\n");
            match (replies.as_slice(), rest) {
                _ if is_one_refusal(&replies, rest) => {
                    if rest == Rest::Closed {
                        bench.note(words);
                    }
                }
                _ if is_one_echo(&replies, rest) => bench.note(format!("{words}: one -ERR with the LF of the command in it")),
                (_, Rest::Silent) | ([], _) => bench.found(Weight::Unclear, words),
                ([_, _], _) if two_lines => bench.found(Weight::Deviates, words),
                ([_], _) => bench.found(Weight::Deviates, words),
                _ => bench.found(Weight::Fails, words),
            }
        }
        bench.end()
    }

    "server/lines/control-octets" => |s| {
        let mut bench = Bench::new(&s, &["1939-3-05", "1939-3-20"]);
        for form in [&b"NOOP\0\r\n"[..], b"NO\0OP\r\n", b"NOOP\x1b\r\n", b"NOOP\xff\r\n"] {
            let (replies, rest, words) = alone(&s, form).await?;
            match (replies.as_slice(), rest) {
                _ if is_one_refusal(&replies, rest) => {
                    if rest == Rest::Closed {
                        bench.note(words);
                    }
                }
                (_, Rest::Silent) => bench.found(Weight::Unclear, words),
                // One reply to two lines.
                (_, Rest::Late) => bench.found(Weight::Fails, words),
                ([reply], _) if reply.is_ok() && form.starts_with(b"NOOP") => bench.found(Weight::Deviates, words),
                _ => bench.found(Weight::Fails, words),
            }
        }
        bench.end()
    }

    "server/lines/cuts" => |s| {
        let mut bench = Bench::new(&s, &["1939-3-03", "1939-3-23"]);
        let mut pop = s.transaction().await?;
        let whole = pop.ask("STAT").await?;
        pop.cut(1);
        match s.answer(&mut pop, "STAT\r\n").await? {
            Answer::Ok(reply) if reply.text() == whole.text() => {}
            Answer::Hung => return Err(Stop::Hung(End::Fin)),
            other => bench.found(Weight::Fails, format!("STAT, one octet a segment, {other}; it is not answered as in one segment")),
        }
        pop.cut(usize::MAX);
        let unasked = pop.quiet().await;
        if !unasked.is_empty() {
            bench.found(Weight::Fails, "STAT, one octet a segment, gets more than one reply");
        }
        for piece in ["NO", "OP\r"] {
            pop.say(piece).await?;
            if !pop.quiet().await.is_empty() {
                bench.found(Weight::Fails, format!("a reply comes after '{}', which is no line", escaped(piece.as_bytes())));
            }
        }
        let (replies, rest) = replies(&mut pop, b"\nNOOP\r\n").await?;
        match (replies.as_slice(), rest) {
            ([one, other], Rest::InStep) if one.is_ok() && other.is_ok() => {}
            (_, Rest::Closed) => bench.found(Weight::Unclear, "the connection was closed"),
            (replies, _) => bench.found(Weight::Fails, format!("two NOOP in three segments get {} replies", replies.len())),
        }
        pop.end(End::Fin).await;
        bench.end()
    }

    "server/lines/half-close" => |s| {
        if s.channel()?.0.is_secured() {
            return Err(Stop::NotRun("inside TLS a direction is not closed alone"));
        }
        // Whether the end comes before the server has answered is a matter of luck.
        for _ in 0..5 {
            let mut pop = s.transaction().await?;
            pop.in_step().await?;
            pop.say("STAT\r\n").await?;
            pop.half_close().await;
            match pop.reply().await {
                Ok(reply) if is_stat(&reply) => {}
                Ok(_) => return Err(Stop::Control("STAT was not answered by figures".into())),
                Err(Stop::Hung(_)) => {
                    s.lenient_with("1939-3-23", false, "the connection ends without the reply");
                    return Ok(());
                }
                Err(stop) => return Err(stop),
            }
            if pop.closes().await.is_none() {
                s.note("1939-3-23", "the server does not close after the client's end");
                return Ok(());
            }
            pop.end(End::Fin).await;
        }
        s.check("1939-3-23", true);
        Ok(())
    }
};
