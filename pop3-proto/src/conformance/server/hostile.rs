//! `server/hostile`: floods, names, other protocols.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::codes::wrong_password;
use super::pop::Pop;
use super::stage::{Answer, Stage};
use crate::conformance::dialogue::escaped;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::{Door, End};

/// Whether the server still greets. A limit on connections may need the settling time.
async fn still_greets(s: &Stage) -> Result<bool> {
    let until = s.elapsed().saturating_add(s.settling_time());
    loop {
        match s.connect().await {
            Ok(pop) => {
                pop.end(End::Fin).await;
                return Ok(true);
            }
            Err(Stop::Cannot) => return Err(Stop::Cannot),
            Err(_) if s.elapsed() >= until => return Ok(false),
            Err(_) => s.wait(Duration::from_millis(500)).await,
        }
    }
}

async fn survives(s: &Stage, row: &'static str, what: &str) -> Result<()> {
    s.check_with(row, still_greets(s).await?, format!("no new connection after {what}"));
    Ok(())
}

/// A command with a long argument: one reply, or the end.
async fn long_argument(s: &Stage, mut pop: Pop, verb: &str, letters: usize) -> Result<()> {
    let argument = "a".repeat(letters);
    let what = format!("{verb} with {letters} letters");
    let answer = s.answer(&mut pop, format!("{verb} {argument}\r\n")).await?;
    let words = format!("{what} {answer}");
    match answer {
        Answer::Err(_) => {}
        Answer::Ok(_) if verb == "USER" => {}
        // What follows depends on how the argument is read.
        Answer::Ok(_) | Answer::Hung => {
            s.note("2449-4-04", words);
            pop.end(End::Fin).await;
            return Ok(());
        }
        Answer::Other(_) | Answer::Silent => s.check_with("2449-4-04", false, words),
    }
    let more = pop.quiet().await;
    let words = format!("{what} has several replies: {}", more.escape_ascii());
    // A farewell before a hang-up is none.
    s.check_with("2449-4-04", more.is_empty() || pop.has_ended(), words);
    pop.end(End::Fin).await;
    Ok(())
}

pub(super) const PROBES: Plays = plays! {
    "server/hostile/bad-commands" => |s| {
        let mut pop = s.connect().await?;
        let mut count: u32 = 0;
        while count < 200 {
            match pop.ask("XPOP").await {
                Ok(_) => count = count.saturating_add(1),
                Err(Stop::Hung(_)) => break,
                Err(stop) => return Err(stop),
            }
        }
        pop.end(End::Fin).await;
        let words = if count < 200 { format!("closed after {count} unknown verbs") } else { "200 unknown verbs are answered".into() };
        s.note("0-robust-02", words);
        survives(&s, "0-robust-02", "200 unknown verbs").await
    }

    "server/hostile/bad-logins" => |s| {
        let account = wrong_password(&s)?;
        let method = s.facts().way().ok_or(Stop::NotRun("no way in"))?.method.clone();
        let mut pop = s.before_login().await?;
        let mut took: Vec<Duration> = Vec::new();
        let mut closed = false;
        while took.len() < 12 && !closed {
            match s.login(&mut pop, &account, &method).await {
                Ok(reply) if reply.is_err() => took.push(reply.took),
                Ok(_) => return Err(Stop::Control("wrong credentials are not refused".into())),
                Err(Stop::Hung(_)) => closed = true,
                Err(stop) => return Err(stop),
            }
        }
        pop.end(End::Fin).await;
        let slow = took.iter().max().is_some_and(|longest| *longest >= Duration::from_secs(1));
        let seconds: Vec<String> = took.iter().map(|time| format!("{:.1}", time.as_secs_f32())).collect();
        let words = format!("{} refusals in one connection, which took {} s", took.len(), seconds.join(", "));
        s.note("0-robust-02", &words);
        s.lenient_with("0-robust-02", closed || slow, words);
        Ok(())
    }

    "server/hostile/endless-line" => |s| {
        let mut pop = s.connect().await?;
        for _ in 0..32 {
            pop.say([b'a'; 64 * 1024]).await?;
        }
        pop.say("\r\nQUIT\r\n").await?;
        let (said, end) = pop.until_end(s.setup().reply_time()).await;
        pop.end(End::Fin).await;
        let lines = said.split_inclusive(|octet| *octet == b'\n');
        let refusals = lines.clone().filter(|line| line.starts_with(b"-")).count();
        if refusals == 0 && end.is_none() {
            return Err(Stop::Silent);
        }
        let words = format!("{} replies: {}", lines.count(), said.get(..said.len().min(200)).unwrap_or(&said).escape_ascii());
        s.check_with("2449-4-04", refusals < 2, words);
        survives(&s, "2449-4-04", "an endless line").await
    }

    "server/hostile/long-arguments" => |s| {
        for letters in [500, 1_900] {
            for verb in ["USER", "PASS", "APOP", "AUTH"] {
                long_argument(&s, s.before_login().await?, verb, letters).await?;
            }
            for verb in ["LIST", "UIDL", "RETR", "TOP", "STAT", "XTND"] {
                long_argument(&s, s.transaction().await?, verb, letters).await?;
            }
        }
        survives(&s, "2449-4-04", "long arguments").await
    }

    "server/hostile/web-page" => |s| {
        let mut pop = s.connect().await?;
        let request = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nQUIT\r\n";
        pop.say(request).await?;
        let (said, _) = pop.until_end(s.setup().reply_time()).await;
        if said.is_empty() {
            // A reset may have taken what was said.
            return Err(Stop::Control("no line of the request is answered".into()));
        }
        let mut lines = said.split_inclusive(|octet| *octet == b'\n');
        if lines.clone().any(|line| line.starts_with(b"+OK")) {
            s.note("1939-3-20", "QUIT in the body of an HTTP request is carried out");
        }
        let other = lines.find(|line| !line.starts_with(b"-ERR") && !line.starts_with(b"+OK"));
        let words = format!("a line of HTTP is answered by {}", escaped(other.unwrap_or_default()));
        s.check_with("1939-3-20", other.is_none(), words);
        pop.end(End::Fin).await;
        Ok(())
    }

    "server/hostile/names" => |s| {
        for name in ["../../etc/passwd", "%s%s%n%x", "~root", "$(id)"] {
            let mut pop = if s.facts().way().is_some() { s.before_login().await? } else { s.connect().await? };
            let mut answer = s.answer(&mut pop, format!("USER {name}\r\n")).await?;
            if answer.is_ok() {
                answer = s.answer(&mut pop, "PASS x\r\n").await?;
            }
            let kept = matches!(answer, Answer::Err(_) | Answer::Hung);
            s.check_with("1939-7-16", kept, format!("{name} {answer}"));
            if answer.is_refusal() && matches!(pop.ask("NOOP").await, Err(Stop::Silent)) {
                s.check_with("1939-7-16", false, format!("after {name} the next command has no reply"));
            }
            pop.end(End::Fin).await;
        }
        survives(&s, "1939-7-16", "such names").await
    }

    "server/hostile/binary" => |s| {
        let mut random = Vec::new();
        for _ in 0..128 {
            random.extend(s.random().to_le_bytes());
        }
        let smb = b"\0\0\0\x85\xffSMBr\0\0\0\0\x18\x53\xc8";
        let forms: [(&str, &[u8]); 4] = [
            ("a ClientHello", CLIENT_HELLO), ("random octets", &random), ("SOCKS", b"\x05\x01\x00"), ("SMB", smb),
        ];
        if !s.setup().clear {
            return Err(Stop::NotApplicable("no port starts in clear"));
        }
        for (name, octets) in forms {
            let mut pop = s.open(Door::Clear).await?;
            pop.reply().await?;
            pop.say(octets).await?;
            pop.quiet().await;
            pop.end(End::Fin).await;
            survives(&s, "1939-3-20", name).await?;
        }
        Ok(())
    }
};

/// The first message of a TLS 1.2 client with the suite ECDHE-RSA-AES128-GCM-SHA256 and no extension.
const CLIENT_HELLO: &[u8; 50] = b"\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x03\
    BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB\x00\x00\x02\xc0\x2f\x01\x00";
