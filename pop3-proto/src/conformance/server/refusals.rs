//! Lines that have to be refused, and the control after each.

use alloc::format;

use super::pop::Pop;
use super::stage::{Answer, Stage};
use crate::conformance::probe::{Result, Stop};
use crate::conformance::steps::End;

/// Sends each line on a connection of its own after the login. A refusal, after which the session goes on or
/// is closed, keeps the row; `+OK` is a leniency; anything else fails.
pub(super) async fn refused(s: &Stage, row: &'static str, lines: &[&[u8]]) -> Result<()> {
    for line in lines {
        let mut pop = s.transaction().await?;
        let answer = s.answer(&mut pop, [line, &b"\r\n"[..]].concat()).await?;
        let words = format!("'{}' {answer}", line.escape_ascii());
        match answer {
            Answer::Err(_) => after(s, row, pop, &words).await?,
            Answer::Ok(_) => {
                s.lenient_with(row, false, words);
                // An open session would keep the next one out.
                pop.end(End::Fin).await;
            }
            _ => {
                s.check_with(row, false, words);
                pop.end(End::Fin).await;
            }
        }
    }
    Ok(())
}

/// The control after `-ERR`: in step, or closed.
pub(super) async fn after(s: &Stage, row: &'static str, mut pop: Pop, words: &str) -> Result<()> {
    match pop.in_step().await {
        Ok(()) => {
            s.check(row, true);
            pop.quit().await.map(drop)
        }
        Err(Stop::Hung(_)) => {
            s.check(row, true);
            s.note(row, format!("{words}, and the connection is closed"));
            Ok(())
        }
        Err(_) => {
            s.check_with(row, false, format!("{words}, and the next command is out of step"));
            Ok(())
        }
    }
}
