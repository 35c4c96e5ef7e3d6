//! `server/mechanisms`: SCRAM.

use alloc::format;
use alloc::vec::Vec;

use super::pop::Pop;
use super::read::Reply;
use super::sasl::{Entry, channel, enter, nobody, offering, shown};
use super::scram::{Scram, ServerFirst, is_error, on_offer, settled};
use super::stage::Stage;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

/// Which part of an exchange is not as usual.
type Change = fn(&mut Scram);

/// Runs the exchange with that change, on a connection of its own.
async fn changed(s: &Stage, mechanism: &str, change: Change) -> Result<Entry> {
    let account = s.account()?;
    let attempt = async |pop: &mut Pop| {
        let mut scram = Scram::new(pop, mechanism, &account.name);
        change(&mut scram);
        scram.run(s, pop, &account.password).await
    };
    enter(s, channel(s, mechanism)?, attempt).await
}

/// The control: the exchange as it should be. Otherwise a refusal says nothing.
async fn works(s: &Stage, mechanism: &str) -> Result<()> {
    match changed(s, mechanism, |_| ()).await? {
        Entry::In => Ok(()),
        _ => Err(Stop::Control(format!("{mechanism} does not log in"))),
    }
}

/// Runs the exchange once with that change: the last reply, and what answered the final message.
async fn wrong(s: &Stage, mechanism: &str, change: Change) -> Result<(Reply, Reply)> {
    let account = s.account()?;
    let mut pop = offering(s, mechanism).await?;
    let mut scram = Scram::new(&pop, mechanism, &account.name);
    change(&mut scram);
    let first = scram.first(s, &mut pop).await?;
    let answer = match first.challenge().as_deref().and_then(ServerFirst::read) {
        Some(_) => scram.finish(s, &mut pop, &first, &account.password).await?.0,
        None => first,
    };
    let last = settled(&mut pop, answer.clone()).await?;
    pop.end(End::Fin).await;
    Ok((last, answer))
}

fn is_signature(reply: &Reply) -> bool {
    reply.challenge().is_some_and(|data| data.starts_with(b"v="))
}

/// The row that an exchange with a mechanism shows beside others.
fn is_sha_256(mechanism: &str) -> bool {
    mechanism.starts_with("SCRAM-SHA-256")
}

pub(super) const PROBES: Plays = plays! {
    "server/mechanisms/scram-login" => |s| {
        let account = s.account()?.clone();
        for name in on_offer(&s) {
            let rows: &[&str] =
                if is_sha_256(name) { &["5802-5-01", "5034-4-27", "7677-3-01"] } else { &["5802-5-01", "5034-4-27"] };
            let fault = core::cell::RefCell::new(None);
            let entry = enter(&s, channel(&s, name)?, async |pop: &mut Pop| {
                fault.take();
                let scram = Scram::new(pop, name, &account.name);
                let first = scram.first(&s, pop).await?;
                if !first.is_challenge() || is_error(&first) {
                    return settled(pop, first).await;
                }
                let (answer, due) = scram.finish(&s, pop, &first, &account.password).await?;
                let right = answer.challenge().is_some_and(|data| data.split(|octet| *octet == b',').next() == Some(&due));
                if !right && !answer.is_err() && !is_error(&answer) {
                    let words = if answer.is_ok() { "+OK without the signature as a challenge" } else { "a wrong signature" };
                    fault.replace(Some(format!("{name}: {words}: {}", shown(&answer))));
                }
                settled(pop, answer).await
            });
            let entry = entry.await?;
            for row in rows {
                match (fault.borrow().as_ref(), &entry) {
                    (Some(words), _) => s.check_with(row, false, words),
                    (None, Entry::In) => s.check(row, true),
                    (None, Entry::Lost) => s.check_with(row, false, format!("{name}: +OK, and STAT is not answered")),
                    (None, Entry::Refused(reply)) => {
                        s.lenient_with(row, false, format!("{name} is refused: {}", shown(reply)));
                    }
                }
            }
        }
        if on_offer(&s).iter().all(|name| !is_sha_256(name)) {
            s.note("7677-3-01", "SCRAM-SHA-256 is not on offer");
        }
        Ok(())
    }

    "server/mechanisms/scram-server-first" => |s| {
        let mut nonces: Vec<Vec<u8>> = Vec::new();
        let known = s.account().ok().map(|account| account.name.clone());
        for (mechanism, name) in on_offer(&s).into_iter().flat_map(|name| [(name, None), (name, known.clone())]) {
            let mut pop = offering(&s, mechanism).await?;
            let scram = Scram::new(&pop, mechanism, &name.unwrap_or_else(|| nobody(&s)));
            let reply = scram.first(&s, &mut pop).await?;
            let Some(data) = reply.challenge().filter(|_| !is_error(&reply)) else { continue };
            s.answer(&mut pop, "*\r\n").await?;
            pop.end(End::Fin).await;
            let read = ServerFirst::read(&data);
            let words = format!("{mechanism}: the server's first message is '{}'", data.escape_ascii());
            let whose = |first: &ServerFirst| first.nonce.strip_prefix(scram.nonce.as_bytes()).map(<[u8]>::to_vec);
            let added = read.as_ref().and_then(whose).filter(|nonce| !nonce.is_empty());
            s.check_with("5802-5.1-01", read.is_some(), &words);
            s.check_with("5802-7-01", added.is_some(), &words);
            let many = read.is_some_and(|first| first.iterations >= 4096);
            s.lenient_with("5802-5.1-09", many, &words);
            if is_sha_256(mechanism) {
                s.lenient_with("7677-3-01", many, &words);
            }
            let Some(nonce) = added else { continue };
            s.check_with("5802-7-01", !nonces.contains(&nonce), "two exchanges have the same nonce of the server");
            nonces.push(nonce);
        }
        if on_offer(&s).iter().all(|name| !is_sha_256(name)) {
            s.note("7677-3-01", "SCRAM-SHA-256 is not on offer");
        }
        Ok(())
    }

    "server/mechanisms/scram-bad-first" => |s| {
        let known = s.account().ok().map(|account| account.name.clone());
        let changes: [(&str, &str, Change); 5] = [
            ("5802-5-02", "flag x", |scram| scram.header = "x,,".into()),
            ("5802-5-02", "no header", |scram| scram.header.clear()),
            ("5802-5.1-02", "a name that ends in '=2'", |scram| scram.bare = scram.bare.replace(",r=", "=2,r=")),
            ("5802-5.1-02", "a name that ends in '=2G'", |scram| scram.bare = scram.bare.replace(",r=", "=2G,r=")),
            ("5802-5.1-04", "an attribute m", |scram| scram.bare.insert_str(0, "m=x,")),
        ];
        for mechanism in on_offer(&s) {
            for (row, form, change) in changes {
                let mut pop = offering(&s, mechanism).await?;
                let mut scram = Scram::new(&pop, mechanism, &known.clone().unwrap_or_else(|| nobody(&s)));
                change(&mut scram);
                let mut reply = scram.first(&s, &mut pop).await?;
                if is_error(&reply) {
                    reply = settled(&mut pop, reply).await?;
                }
                s.check_with(row, reply.is_err(), format!("{mechanism} with {form} gets {}", shown(&reply)));
                pop.end(End::Fin).await;
            }
        }
        Ok(())
    }

    "server/mechanisms/scram-extension" => |s| {
        for mechanism in on_offer(&s) {
            let Entry::Refused(reply) = changed(&s, mechanism, |scram| scram.bare.push_str(",x=1")).await? else {
                s.check("5802-5.1-05", true);
                continue;
            };
            works(&s, mechanism).await?;
            let words = format!("{mechanism} with an extension is refused: {}", shown(&reply));
            s.check_with("5802-5.1-05", false, words);
        }
        Ok(())
    }

    "server/mechanisms/scram-bad-final" => |s| {
        let changes: [(&[&str], &str, Change); 3] = [
            (&["5802-5.1-07"], "another nonce", |scram| scram.other_nonce = true),
            (&["5802-5.1-08", "5802-6-05"], "another header in c=", |scram| scram.binding = b"y,,".to_vec()),
            (&["5802-5.1-10"], "a wrong proof", |scram| scram.turned = true),
        ];
        for mechanism in on_offer(&s) {
            works(&s, mechanism).await?;
            for (rows, form, change) in changes {
                let (last, answer) = wrong(&s, mechanism, change).await?;
                for row in rows {
                    let kept = last.is_err() && !is_signature(&answer);
                    s.check_with(row, kept, format!("{mechanism} with {form} gets {}", shown(&answer)));
                    if is_error(&answer) {
                        s.note(row, format!("{form} is told by '{}'", answer.challenge().unwrap_or_default().escape_ascii()));
                    }
                }
            }
        }
        Ok(())
    }

    "server/mechanisms/scram-downgrade" => |s| {
        for mechanism in ["SCRAM-SHA-1", "SCRAM-SHA-256"] {
            let Ok(channel) = channel(&s, &format!("{mechanism}-PLUS")) else { continue };
            let account = s.account()?.clone();
            let attempt = async |pop: &mut Pop, flag: &str| {
                let mut scram = Scram::new(pop, mechanism, &account.name);
                (scram.header, scram.binding) = (format!("{flag},,"), format!("{flag},,").into_bytes());
                scram.run(&s, pop, &account.password).await
            };
            let right = enter(&s, channel, async |pop: &mut Pop| attempt(pop, "n").await).await?;
            if !right.is_in() {
                return Err(Stop::Control(format!("{mechanism} with flag n does not log in")));
            }
            let mut pop = s.connect_by(channel).await?;
            let reply = attempt(&mut pop, "y").await?;
            s.check_with("5802-6-03", reply.is_err(), format!("{mechanism} with flag y gets {}", shown(&reply)));
            pop.end(End::Fin).await;
        }
        Ok(())
    }

    "server/mechanisms/scram-binding" => |s| {
        for mechanism in ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"] {
            let Ok(channel) = channel(&s, mechanism) else { continue };
            let account = s.account()?.clone();
            let attempt = async |pop: &mut Pop, kind: &str, turned: bool| {
                let exporter = pop.secured().and_then(|tls| tls.exporter.clone());
                let mut data = exporter.ok_or(Stop::NotRun("the driver does not know the data of the channel"))?;
                data.iter_mut().take(1).for_each(|octet| *octet ^= u8::from(turned));
                let mut scram = Scram::new(pop, mechanism, &account.name);
                scram.header = format!("p={kind},,");
                scram.binding = [scram.header.as_bytes(), &data].concat();
                scram.run(&s, pop, &account.password).await
            };
            let right = enter(&s, channel, async |pop: &mut Pop| attempt(pop, "tls-exporter", false).await).await?;
            let words = format!("{mechanism} with the data of tls-exporter is refused");
            s.lenient_with("9266-3-01", right.is_in(), &words);
            for (row, form, kind, turned) in [
                ("5802-6-04", "an unknown kind of binding", "x-no-such", false),
                ("9266-2-01", "one bit of the data turned", "tls-exporter", true),
            ] {
                let mut pop = s.connect_by(channel).await?;
                let reply = attempt(&mut pop, kind, turned).await?;
                s.check_with(row, reply.is_err(), format!("{mechanism} with {form} gets {}", shown(&reply)));
                pop.end(End::Fin).await;
            }
        }
        Ok(())
    }
};
