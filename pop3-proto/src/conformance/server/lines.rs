//! `server/lines`: keywords, arguments, spaces, and the octets between them.

use alloc::format;
use alloc::string::String;

use super::forms::{Bench, TAKEN_DEVIATES, TAKEN_FAILS, Then, Weight, Weights};
use super::passwords;
use super::refusals::refused;
use super::stage::Answer;
use crate::conformance::probe::{Plays, Stop, plays};
use crate::conformance::setup::Account;
use crate::conformance::steps::End;

pub(super) const PROBES: Plays = plays! {
    "server/lines/canonical" => |s| {
        let mut bench = Bench::new(&s, &["1939-3-03", "2449-3-01"]);
        let mut pop = s.transaction().await?;
        for command in ["STAT", "LIST", "NOOP", "RSET"] {
            let ok = if command == "LIST" { pop.listing(command).await?.is_ok() } else { pop.ask(command).await?.is_ok() };
            if !ok {
                bench.found(Weight::Fails, format!("{command} is refused"));
            }
        }
        if !pop.quit().await?.is_ok() {
            bench.found(Weight::Fails, "QUIT is refused");
        }
        bench.end()
    }

    "server/lines/keyword-case" => |s| {
        let mut bench = Bench::new(&s, &["1939-3-04"]);
        let name = s.account()?.name.clone();
        let mut users = [true, true];
        for (verb, ok) in ["USER", "uSeR"].into_iter().zip(&mut users) {
            let mut pop = s.before_login().await?;
            *ok = pop.ask(format!("{verb} {name}")).await?.is_ok();
            pop.quit().await?;
        }
        if users != [true, true] && users != [false, false] {
            bench.found(Weight::Fails, "uSeR is answered otherwise than USER");
        }
        let mut pop = s.transaction().await?;
        let stat = pop.ask("STAT").await?;
        for command in ["stat", "Stat"] {
            if pop.ask(command).await?.text() != stat.text() {
                bench.found(Weight::Fails, format!("{command} is answered otherwise than STAT"));
            }
        }
        if !pop.ask("nOOP").await?.is_ok() {
            bench.found(Weight::Fails, "nOOP is refused");
        }
        if !pop.listing("lIsT").await?.is_ok() {
            bench.found(Weight::Fails, "lIsT is refused");
        }
        if !pop.ask("quit").await?.is_ok() {
            bench.found(Weight::Fails, "quit is refused");
        }
        bench.end()
    }

    "server/lines/argument-case" => |s| {
        let Account { name, password } = s.account()?.clone();
        let turn = |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
        let turned: String = password.chars().map(turn).collect();
        if turned == password {
            return Err(Stop::NotRun("the password holds no letters"));
        }
        passwords::control(&s).await?;
        let mut pop = passwords::connect(&s).await?;
        passwords::user(&s, &mut pop).await?;
        s.hide(&turned);
        let pass = pop.ask(format!("PASS {turned}")).await?;
        s.check_with("1939-3-04", !pass.is_ok(), format!("{name} is logged in though no letter of the password had its case"));
        Ok(())
    }

    "server/lines/unknown-verb" => |s| {
        let mut bench = Bench::new(&s, &["1939-3-20"]);
        let weights = Weights { taken: Weight::Fails, ..TAKEN_DEVIATES };
        bench.form(s.connect().await?, "XPOP", Then::Quit, weights).await?;
        if s.facts().way().is_some() {
            for line in ["XPOP", "XPOP x"] {
                bench.form(s.transaction().await?, line, Then::Stat, weights).await?;
            }
        }
        bench.end()
    }

    "server/lines/verb-length" => |s| {
        let mut bench = Bench::new(&s, &["1939-3-07", "1939-3-20"]);
        for line in ["STATUS", "STA", "S", "NOOPX", "RETR1", "LISTALL"] {
            bench.form(s.transaction().await?, line, Then::Stat, TAKEN_FAILS).await?;
        }
        bench.end()
    }

    "server/lines/spaces" => |s| {
        let mut bench = Bench::new(&s, &["1939-3-06", "1939-3-20"]);
        for line in [" NOOP", "NOOP ", "LIST  1", "LIST\t1", "LIST 1 "] {
            bench.form(s.transaction().await?, line, Then::Stat, TAKEN_DEVIATES).await?;
        }
        bench.end()
    }

    "server/lines/surplus-argument" => |s| {
        let forms: [(&str, &[u8]); 4] =
            [("1939-5-02", b"STAT 1"), ("1939-5-22", b"NOOP x"), ("1939-5-23", b"RSET x"), ("2449-5-01", b"CAPA x")];
        for (row, line) in forms {
            if line.starts_with(b"CAPA") && s.facts().lists().next().is_none() {
                s.note(row, "CAPA is not known");
                continue;
            }
            refused(&s, row, &[line]).await?;
        }
        Ok(())
    }

    "server/lines/surplus-number" => |s| {
        let n = s.facts().messages.first().map_or(1, |(number, _)| *number);
        let weights = Weights { taken: Weight::Deviates, hung: Weight::Unclear, lost: Weight::Unclear };
        let forms = [
            ("1939-5-08", format!("LIST {n} 2")),
            ("1939-5-14", format!("RETR {n} 2")),
            ("1939-7-06", format!("UIDL {n} 2")),
            ("1939-7-03", format!("TOP {n} 0 0")),
        ];
        for (row, line) in forms {
            let mut bench = Bench::new(&s, core::slice::from_ref(&row));
            bench.form(s.transaction().await?, line, Then::Stat, weights).await?;
            bench.end()?;
        }
        Ok(())
    }

    "server/lines/nul-in-name" => |s| {
        passwords::control(&s).await?;
        let mut pop = passwords::connect(&s).await?;
        let name = s.account()?.name.clone();
        let user = s.answer(&mut pop, format!("USER {name}\0x\r\n")).await?;
        let logged_in = user.is_ok() && match passwords::pass(&s, &mut pop).await {
            Ok(reply) => reply.is_ok(),
            Err(Stop::Hung(_)) => false,
            Err(stop) => return Err(stop),
        };
        for row in ["1939-7-16", "1939-3-05"] {
            s.check_with(row, !logged_in, "the login succeeds with a name that goes on after NUL");
        }
        pop.end(End::Fin).await;
        Ok(())
    }

    "server/lines/eight-bit-name" => |s| {
        let mut bench = Bench::new(&s, &["1939-3-05"]);
        let mut pop = s.connect().await?;
        let answer = s.answer(&mut pop, b"USER \xff\xfe\xfd\r\n").await?;
        match &answer {
            Answer::Ok(reply) | Answer::Err(reply) | Answer::Other(reply) => {
                if memchr::memmem::find(&reply.raw, b"\xff\xfe\xfd").is_some() {
                    bench.found(Weight::Fails, "the octets of the name come back in the status line");
                }
            }
            Answer::Hung | Answer::Silent => {
                bench.found(Weight::Fails, format!("'USER \\xff\\xfe\\xfd' {answer}"));
                return Ok(());
            }
        }
        let weights = Weights { taken: Weight::Unclear, hung: Weight::Unclear, lost: Weight::Unclear };
        bench.refused(pop, "the name", Then::Quit, weights).await?;
        bench.end()
    }
};
