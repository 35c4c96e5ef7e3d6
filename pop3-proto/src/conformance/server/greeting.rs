//! `server/greeting`: the connection and the greeting.

use crate::conformance::form;
use crate::conformance::probe::{Plays, Stop, plays};
use crate::conformance::steps::Door;

pub(super) const PROBES: Plays = plays! {
    "server/greeting/speaks-first" => |s| {
        let mut pop = s.open(Door::Clear).await?;
        let greeting = match pop.reply().await {
            // Too many connections, perhaps.
            Err(stop @ Stop::Hung(_)) => return Err(stop),
            greeting => greeting,
        };
        let one = greeting.as_ref().is_ok_and(|reply| reply.is_ok() || reply.is_err());
        s.check_with("1939-3-01", greeting.is_ok(), "no line came unasked");
        s.check_with("1939-4-01", one, "the first line is no greeting");
        let more = pop.quiet().await;
        s.check_with("1939-3-23", more.is_empty(), "more than the greeting came unasked");
        Ok(())
    }

    "server/greeting/one-timestamp" => |s| {
        for _ in 0..3 {
            let pop = s.connect().await?;
            let greeting = pop.greeting().text().to_vec();
            let opened = memchr::memchr_iter(b'<', &greeting).count();
            let closed = greeting.split(|octet| *octet == b'<').skip(1).all(|rest| rest.contains(&b'>'));
            s.check_with("1939-7-26", closed, "an opening bracket is never closed");
            let parts = greeting.split(|octet| *octet == b'<').skip(1).filter_map(|rest| {
                let end = memchr::memchr(b'>', rest)?;
                Some([b"<", rest.get(..=end)?].concat())
            });
            let good = parts.filter(|part| !form::is_timestamp(part)).count() == 0;
            s.check_with("2449-3-04", good, "a part in angle brackets is no msg-id");
            s.lenient_with("2449-3-03", opened < 2, "more than one part in angle brackets");
            pop.quit().await?;
        }
        Ok(())
    }

    "server/greeting/way-in" => |s| {
        // Without a way in the survey ends the run.
        s.check("1939-4-02", s.facts().way().is_some());
        Ok(())
    }
};
