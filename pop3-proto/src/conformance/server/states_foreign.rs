//! `server/states`: commands of older RFCs, and of other protocols.

use alloc::format;

use super::forms::{Bench, Weight};
use super::pop::Pop;
use super::stage::{Answer, Stage};
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

/// A connection; the settling time is waited for once more after each try.
async fn connect(s: &Stage, tries: u8) -> Result<Pop> {
    for _ in 1..tries {
        match s.connect().await {
            Err(Stop::Refused(_) | Stop::Hung(_) | Stop::Silent | Stop::Control(_)) => {}
            other => return other,
        }
        s.wait(s.settling_time()).await;
    }
    s.connect().await
}

pub(super) const PROBES: Plays = plays! {
    "server/states/gone-commands" => |s| {
        let forms = [
            ("1225-TRANSACTION-01", "LAST", true),
            ("1225-AUTHORIZATION-01", "RPOP x", false),
            ("0-xtnd-xmit-01", "XTND XMIT", true),
            ("1082-XTND-01", "XTND BBOARDS", true),
        ];
        for (row, line, inside) in forms {
            let mut pop = if inside { s.transaction().await? } else { s.connect().await? };
            match s.answer(&mut pop, format!("{line}\r\n")).await? {
                Answer::Err(_) => s.check(row, true),
                answer => s.note(row, format!("{line} {answer}")),
            }
            // XTND XMIT would send what follows: by this end nothing does.
            pop.end(End::Reset).await;
        }
        Ok(())
    }

    "server/states/other-protocols" => |s| {
        let rows = ["937-Protocol-01", "918-Protocol-01", "1939-3-20"];
        let forms: [&[&str]; 7] = [
            &["HELO x"],
            &["FOLD"],
            &["RDEL"],
            &["a1 LOGIN x y"],
            &["EHLO x"],
            &["GET / HTTP/1.0", "Host: x", "Accept: */*"],
            &["*1", "$4", "PING"],
        ];
        let mut bench = Bench::new(&s, &rows);
        // A server that lets nobody in when the probe begins says nothing about these words.
        let mut next = connect(&s, 4).await;
        let mut after = "the greeting";
        for lines in forms {
            let mut pop = next?;
            for (at, line) in lines.iter().enumerate() {
                after = *line;
                let answer = s.answer(&mut pop, format!("{line}\r\n")).await?;
                let words = format!("'{line}' {answer}");
                match answer {
                    Answer::Err(_) => continue,
                    Answer::Ok(_) | Answer::Other(_) => bench.found(Weight::Fails, words),
                    Answer::Hung if at > 0 => bench.note("the connection is closed after -ERR"),
                    Answer::Hung | Answer::Silent => bench.found(Weight::Unclear, words),
                }
                break;
            }
            pop.end(End::Fin).await;
            next = connect(&s, 2).await;
            if let Err(stop) = &next {
                bench.found(Weight::Fails, format!("no new connection after '{after}': {stop}"));
                return Ok(());
            }
        }
        bench.end()
    }
};
