//! `server/lines`: long arguments and long lines.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::forms::{Bench, Weight};
use super::pop::Pop;
use super::read::Reply;
use super::stage::{Answer, Stage};
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

/// USER with so many letters, then QUIT: one reply each. What a hang-up after `-ERR` is, the caller says.
async fn user_of(
    s: &Stage,
    bench: &mut Bench<'_>,
    pop: &mut Pop,
    letters: usize,
    cut: usize,
) -> Result<Closed> {
    let line = format!("USER {}\r\n", "a".repeat(letters));
    let (front, rest) = line.split_at_checked(cut).unwrap_or((&line, ""));
    if !rest.is_empty() {
        pop.say(front).await?;
        // Otherwise both may come to the server as one.
        pop.linger().await;
    }
    let answer = s.answer(pop, if rest.is_empty() { front } else { rest }).await?;
    let words = format!("USER with {letters} letters {answer}");
    let refused = match answer {
        Answer::Ok(_) => false,
        Answer::Err(_) => true,
        _ => {
            bench.found(Weight::Fails, words);
            return Ok(Closed::No);
        }
    };
    if !pop.quiet().await.is_empty() {
        bench.found(Weight::Fails, format!("{words}, and more than one reply comes"));
    }
    match s.answer(pop, "QUIT\r\n").await? {
        Answer::Ok(_) => Ok(Closed::No),
        Answer::Hung if refused => Ok(Closed::AfterRefusal(words)),
        other => {
            bench.found(Weight::Fails, format!("{words}; QUIT after it {other}"));
            Ok(Closed::No)
        }
    }
}

/// Whether the connection was closed where it might have gone on.
enum Closed {
    No,
    AfterRefusal(String),
}

/// The size of a buffer is where a line that is too long may be cut.
const BUFFERS: [usize; 6] = [256, 512, 1024, 2048, 4096, 8192];

/// A line of so many octets, with QUIT at the end of each buffer, or one octet before it.
fn long_line(octets: usize, before: usize) -> Vec<u8> {
    let mut line = b"XPOP ".to_vec();
    for edge in BUFFERS.into_iter().map(|edge| edge.saturating_sub(before)) {
        if edge.saturating_add(16) < octets {
            line.resize(edge, b'x');
            line.extend_from_slice(b"QUIT ");
        }
    }
    line.resize(octets.saturating_sub(2), b'x');
    line.extend_from_slice(b"\r\n");
    line
}

/// All replies to the line, and how many of them came before QUIT was sent after it.
async fn replies(pop: &mut Pop, line: &[u8]) -> Result<(Vec<Reply>, usize, Stop)> {
    pop.say(line).await?;
    let stands = pop.linger().await;
    let mut replies = Vec::new();
    while pop.has_line() {
        replies.push(pop.reply().await?);
    }
    let before = replies.len();
    if stands {
        pop.say("QUIT\r\n").await?;
    }
    loop {
        match pop.reply().await {
            Ok(reply) => replies.push(reply),
            Err(Stop::Cannot) => return Err(Stop::Cannot),
            Err(stop) => return Ok((replies, before, stop)),
        }
    }
}

pub(super) const PROBES: Plays = plays! {
    "server/lines/argument-40" => |s| {
        let mut bench = Bench::new(&s, &["1939-3-08"]);
        let mut pop = s.connect().await?;
        if let Closed::AfterRefusal(words) = user_of(&s, &mut bench, &mut pop, 40, usize::MAX).await? {
            bench.note(format!("{words}, and the connection is closed"));
        }
        bench.end()
    }

    "server/lines/line-255" => |s| {
        let mut bench = Bench::new(&s, &["2449-4-01", "2449-4-02"]);
        for cut in [usize::MAX, 128] {
            let mut pop = s.connect().await?;
            if let Closed::AfterRefusal(words) = user_of(&s, &mut bench, &mut pop, 248, cut).await? {
                bench.found(Weight::Deviates, format!("{words}, and the connection is closed"));
            }
        }
        let mut taken = [false; 2];
        for (taken, letters) in taken.iter_mut().zip([8, 248]) {
            let mut pop = s.connect().await?;
            *taken = s.answer(&mut pop, format!("USER {}\r\n", "a".repeat(letters))).await?.is_ok();
            pop.end(End::Fin).await;
        }
        if taken == [true, false] {
            bench.note("USER takes a name of 8 letters, and refuses one of 248");
        }
        bench.end()
    }

    "server/lines/line-too-long" => |s| {
        let mut bench = Bench::new(&s, &["2449-4-04"]);
        let mut closed: Vec<String> = Vec::new();
        for (octets, before) in [(256, 0), (1024, 0), (4096, 1), (8193, 0)] {
            let mut pop = s.connect().await?;
            let (replies, before, end) = replies(&mut pop, &long_line(octets, before)).await?;
            let words = format!("a line of {octets} octets");
            match replies.as_slice() {
                _ if replies.iter().any(|reply| !reply.is_ok() && !reply.is_err()) => {
                    bench.found(Weight::Fails, format!("{words} gets a reply without an indicator"));
                }
                [refusal, quit] if refusal.is_err() && quit.is_ok() && before < 2 => {}
                [refusal] if refusal.is_err() && matches!(end, Stop::Hung(_)) => closed.push(format!("{octets}")),
                [] if matches!(end, Stop::Hung(_)) => {
                    bench.found(Weight::Deviates, format!("{words} is followed by a hang-up without a reply"));
                }
                [quit] if quit.is_ok() && before == 0 => {
                    bench.found(Weight::Deviates, format!("{words} is passed over without a reply"));
                }
                [] => bench.found(Weight::Unclear, format!("{words} and QUIT are not answered")),
                [refusal] if refusal.is_err() => {
                    bench.found(Weight::Unclear, format!("QUIT after {words} is not answered"));
                }
                _ => bench.found(Weight::Fails, format!("{words} and QUIT get {} replies, {before} of them to the line", replies.len())),
            }
        }
        if !closed.is_empty() {
            bench.note(format!("the connection is closed after -ERR to a line of {} octets", closed.join(", ")));
        }
        bench.end()
    }
};
