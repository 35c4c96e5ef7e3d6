//! `client/greeting`, and the probes of `client/commands` that have a dialogue.

use alloc::format;
use core::time::Duration;

use super::act::{Act, Step};
use crate::conformance::probe::{Plays, plays};
use crate::conformance::steps::End;
use crate::conformance::task::Job;

pub(super) const PROBES: Plays = plays! { Client:
    "client/commands/greeting-first" => |h| {
        let act = Act::new().on("GREETING", [Step::Hold(Duration::from_secs(2)), Step::Truth]);
        let ran = h.run(Job::Fetch, act).await?;
        let early = ran.sessions.iter().all(|session| session.early.is_empty());
        h.check_with("1939-3-02", early, "octets come before the greeting");
        Ok(())
    }

    "client/commands/quits" => |h| {
        let job = if h.subject().jobs.contains(&Job::Delete) { Job::Delete } else { Job::Fetch };
        let hold = [Step::Hold(Duration::from_millis(500)), Step::Truth];
        let ran = h.run(job, Act::new().on("QUIT", hold)).await?;
        let marked = ran.sessions.iter().any(|session| !session.marked.is_empty());
        let waited = ran.sessions.iter().all(|session| session.quit && !session.unsaid);
        match (waited, marked) {
            (true, _) => h.check("1939-8-01", true),
            (false, true) => {
                h.lenient_with("1939-8-01", false, "the answer to QUIT is not waited for after DELE")
            }
            (false, false) => {
                h.note("1939-8-01", "the connection ends without an answered QUIT; nothing was marked")
            }
        }
        Ok(())
    }

    "client/greeting/refused" => |h| {
        for greeting in ["-ERR no service", "-ERR [SYS/TEMP] come later", "-ERR [SYS/PERM] ask for help"] {
            let ran = h.run(Job::Fetch, Act::new().answer("GREETING", format!("{greeting}\r\n"))).await?;
            h.stays_out("1939-9-01", &ran, greeting);
            h.stays_out("3206-4-02", &ran, greeting);
        }
        Ok(())
    }

    "client/greeting/no-pop3" => |h| {
        for (greeting, row) in [
            ("* OK IMAP4rev1 ready", "1939-3-12"),
            ("220 ftp.example.invalid ready", "1939-3-12"),
            ("HTTP/1.1 400 Bad Request", "1939-3-12"),
            ("", "1939-3-12"),
            ("# 5", "937-Protocol-01"),
            ("= 0", "937-Protocol-01"),
            ("+ ready", "918-Protocol-01"),
        ] {
            let ran = h.run(Job::Fetch, Act::new().answer("GREETING", format!("{greeting}\r\n"))).await?;
            let words = format!("after '{greeting}' a login is begun");
            if greeting.starts_with('+') {
                h.lenient_with(row, !ran.tried_login(), words);
            } else {
                h.check_with(row, !ran.tried_login(), words);
            }
        }
        Ok(())
    }

    "client/greeting/bare" => |h| {
        let ran = h.run(Job::Fetch, Act { bare: true, ..Act::new().answer("GREETING", "+OK\r\n") }).await?;
        h.is_well("1957-Observations-01", &ran, 3, "+OK alone");
        Ok(())
    }

    "client/greeting/brackets" => |h| {
        for greeting in ["+OK [welcome] here", "+OK here [bG9hZA==]", "+OK [] here"] {
            let ran = h.run(Job::Fetch, Act::new().answer("GREETING", format!("{greeting}\r\n"))).await?;
            h.is_well("2449-6.4-02", &ran, 3, greeting);
        }
        Ok(())
    }

    "client/greeting/early-list" => |h| {
        let act = Act::new().answer("GREETING", "+OK ready\r\n1 120\r\n2 200\r\n.\r\n");
        let ran = h.run(Job::Fetch, Act { pause: Duration::from_millis(300), ..act.hushed() }).await?;
        let ahead = ran.sessions.iter().any(|session| session.at_once > 0);
        if ahead && !ran.went_in() {
            h.note("1939-3-12", "the client says something more before it leaves");
        } else {
            h.check_with(
                "1939-3-12",
                !ahead,
                "the client is in, and goes on before its commands are answered",
            );
        }
        Ok(())
    }

    "client/capa/hang-up" => |h| {
        let ran = h.run(Job::Fetch, Act::new().end_at("CAPA", End::Fin)).await?;
        let words = if ran.is_in() { "it comes back without CAPA" } else { "it gives up" };
        h.note("2449-7-01", if ran.said("CAPA") { words } else { "it never asks CAPA" });
        Ok(())
    }
};
