//! `server/login`: logins that fail.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::forms::{Bench, Weight};
use super::passwords;
use super::stage::{Answer, Stage};
use crate::conformance::facts::Method;
use crate::conformance::probe::{Plays, Stop, plays};
use crate::conformance::steps::End;

/// By how much times have to be apart.
const NOISE: Duration = Duration::from_millis(5);

/// A password that no account has.
fn wrong(s: &Stage) -> String {
    format!("pop3check-{:016x}", s.random())
}

pub(super) const PROBES: Plays = plays! {
    "server/login/wrong-password" => |s| {
        let mut bench = Bench::new(&s, &["1939-7-23", "1939-4-07"]);
        passwords::control(&s).await?;
        let mut pop = passwords::connect(&s).await?;
        passwords::user(&s, &mut pop).await?;
        let took = match s.answer(&mut pop, format!("PASS {}\r\n", wrong(&s))).await? {
            Answer::Err(reply) => reply.took,
            Answer::Ok(_) => {
                bench.found(Weight::Fails, "a wrong password lets the account in");
                pop.end(End::Fin).await;
                return bench.end();
            }
            Answer::Hung => {
                bench.found(Weight::Deviates, "the connection ends without -ERR after a wrong password");
                return bench.end();
            }
            other => return Err(Stop::Control(format!("PASS with a wrong password {other}"))),
        };
        if took >= Duration::from_secs(1) {
            bench.note(format!("-ERR comes after {} s", took.as_secs()));
        }
        match s.answer(&mut pop, "STAT\r\n").await? {
            Answer::Ok(_) => bench.found(Weight::Fails, "STAT is answered after a wrong password"),
            Answer::Hung => bench.note("the server hangs up after -ERR"),
            Answer::Err(_) => {
                let account = s.account()?.clone();
                match s.login(&mut pop, &account, &Method::User).await {
                    Ok(reply) if reply.is_ok() => {}
                    Ok(_) => bench.note("the right login is refused on the same connection"),
                    Err(Stop::Hung(_)) => bench.note("the server hangs up after STAT"),
                    Err(stop) => return Err(stop),
                }
            }
            other => return Err(Stop::Control(format!("STAT after a wrong password {other}"))),
        }
        pop.end(End::Fin).await;
        bench.end()
    }

    "server/login/same-time" => |s| {
        passwords::control(&s).await?;
        let there = s.account()?.name.clone();
        let nobody = format!("pop3check{:08x}", s.random() >> 32);
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..5 {
            for (name, times) in [&there, &nobody].into_iter().zip(&mut times) {
                let mut pop = passwords::connect(&s).await?;
                let user = pop.ask(format!("USER {name}")).await?;
                let pass = if user.is_ok() { pop.ask(format!("PASS {}", wrong(&s))).await? } else { user };
                if pass.is_ok() {
                    return Err(Stop::Control("a wrong password lets somebody in".into()));
                }
                times.push(pass.took);
                pop.end(End::Fin).await;
            }
        }
        let [there, nobody] = times.map(|times| (times.iter().min().copied(), times.iter().max().copied()));
        let above = |one: (_, Option<Duration>), two: (Option<Duration>, _)| {
            two.0.zip(one.1).is_some_and(|(least, most)| least > most.saturating_add(NOISE))
        };
        let words = format!(
            "PASS is refused after {:?} to {:?} for the account, {:?} to {:?} for nobody",
            there.0.unwrap_or_default(),
            there.1.unwrap_or_default(),
            nobody.0.unwrap_or_default(),
            nobody.1.unwrap_or_default(),
        );
        s.lenient_with("1939-13-02", !above(there, nobody) && !above(nobody, there), words);
        Ok(())
    }

    "server/login/pass-again" => |s| {
        let mut bench = Bench::new(&s, &["1939-7-20", "1939-7-23"]);
        passwords::control(&s).await?;
        let mut pop = passwords::connect(&s).await?;
        passwords::user(&s, &mut pop).await?;
        match s.answer(&mut pop, format!("PASS {}\r\n", wrong(&s))).await? {
            Answer::Err(_) => match passwords::pass(&s, &mut pop).await {
                Ok(reply) if reply.is_ok() => {
                    bench.found(Weight::Deviates, "PASS succeeds after a failed one, without a new USER")
                }
                Ok(_) | Err(Stop::Hung(_)) => {}
                Err(stop) => return Err(stop),
            },
            Answer::Hung => {}
            other => return Err(Stop::Control(format!("PASS with a wrong password {other}"))),
        }
        pop.end(End::Fin).await;
        bench.end()
    }

    "server/login/password-spaces" => |s| {
        let mut bench = Bench::new(&s, &["1939-7-21"]);
        let password = s.account()?.password.clone();
        s.hide(&password);
        let forms = [
            (format!("PASS {password} \r\n"), Weight::Deviates, "a space"),
            (format!("PASS {password} word\r\n"), Weight::Fails, "a space and a word"),
        ];
        for (line, weight, what) in forms {
            passwords::control(&s).await?;
            let mut pop = passwords::connect(&s).await?;
            passwords::user(&s, &mut pop).await?;
            let answer = s.answer(&mut pop, line).await?;
            match answer {
                Answer::Err(_) | Answer::Hung => {}
                Answer::Ok(_) => {
                    bench.found(weight, format!("the right password and {what} after it let the account in"))
                }
                _ => bench.found(Weight::Unclear, format!("PASS with {what} too much {answer}")),
            }
            pop.end(End::Fin).await;
        }
        bench.end()
    }
};
