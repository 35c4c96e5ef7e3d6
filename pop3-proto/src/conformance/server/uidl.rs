//! `server/uidl`: unique-ids.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::maildrop::{Picture, in_step_or_anew, leave, must_refuse, spare, spare_inside, taken_or_silent};
use super::stage::Stage;
use crate::conformance::corpus;
use crate::conformance::dialogue::escaped;
use crate::conformance::form;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::steps::End;

const FORM: &str = "1939-7-08";
const ID: &str = "1939-7-09";
const ONE: &str = "1939-7-07";
const STAYS: &str = "1939-7-10";

/// The ids of two sessions; nothing is said if mail went in between.
fn check_stayed(s: &Stage, row: &'static str, before: &Picture, after: &Picture) -> Result<()> {
    let stayed = after.ids_stayed_since(before);
    let stayed = stayed.ok_or(Stop::Control("mail went, or sizes changed, between the sessions".into()))?;
    let shown = |picture: &Picture| -> String {
        let lost = picture
            .messages
            .values()
            .filter(|message| !after.messages.values().any(|other| other == *message));
        lost.take(3).map(|(_, id)| escaped(id)).collect::<Vec<_>>().join(", ")
    };
    s.check_with(row, stayed, format!("these ids are gone or have moved: {}", shown(before)));
    Ok(())
}

/// A message that has another id than the survey saw, before anything was fetched. Those are looked at up to which
/// no size has changed and no own message may have gone.
fn moved_since_survey(s: &Stage, now: &Picture) -> Option<String> {
    let facts = s.facts();
    for ((number, octets), (same, old)) in facts.messages.iter().zip(&facts.uids) {
        let is_spare = facts.corpus.iter().any(|(name, at)| at == number && name.starts_with("spare-"));
        match now.messages.get(&u64::from(*number)) {
            Some((size, id)) if number == same && size == octets && !is_spare => {
                if id != old {
                    return Some(format!(
                        "message {number} had the id {} and has {}",
                        escaped(old),
                        escaped(id)
                    ));
                }
            }
            _ => break,
        }
    }
    None
}

pub(super) const PROBES: Plays = plays! {
    "server/uidl/form" => |s| {
        let mut pop = s.transaction().await?;
        let list = pop.listing("UIDL").await?;
        for line in &list.lines {
            let words = format!("'{}'", escaped(line));
            let (number, id) = form::parted(line).unwrap_or((line, b""));
            let is_number = !number.is_empty() && number.iter().all(u8::is_ascii_digit);
            s.check_with(FORM, is_number && !id.is_empty() && !id.contains(&b' '), &words);
            let visible = id.iter().all(u8::is_ascii_graphic);
            s.check_with(ID, visible && (1..=70).contains(&id.len()), words);
        }
        pop.quit().await.map(drop)
    }

    "server/uidl/all" => |s| {
        let mut pop = s.transaction().await?;
        let numbers = |lines: &[Vec<u8>]| -> Vec<Vec<u8>> {
            lines.iter().map(|line| form::parted(line).map_or(line.as_slice(), |(number, _)| number).to_vec()).collect()
        };
        let mut list = numbers(&pop.listing("LIST").await?.lines);
        let ids = pop.listing("UIDL").await?;
        if !ids.is_ok() {
            return Err(Stop::Control("UIDL is refused".into()));
        }
        let mut uidl = numbers(&ids.lines);
        if list != uidl {
            list.sort();
            uidl.sort();
            s.check_with(ONE, list == uidl, "UIDL shows other numbers than LIST");
            s.lenient_with(ONE, false, "UIDL has another order than LIST");
        }
        s.check(ONE, true);
        pop.quit().await.map(drop)
    }

    "server/uidl/one" => |s| {
        let mut pop = s.transaction().await?;
        let ids = Picture::take(&s, &mut pop).await?.messages;
        let numbers: Vec<u64> = ids.keys().copied().collect();
        let middle = numbers.get(numbers.len() / 2).copied();
        let chosen = [numbers.first().copied(), middle, numbers.last().copied()];
        for number in chosen.into_iter().flatten() {
            let id = ids.get(&number).map(|(_, id)| id.clone()).unwrap_or_default();
            let reply = pop.ask(format!("UIDL {number}")).await?;
            let words = format!("UIDL {number}: '{}', and UIDL shows {}", escaped(&reply.raw), escaped(&id));
            let due = [format!("{number} ").as_bytes(), &id].concat();
            s.check_with(FORM, reply.text() == due, &words);
            let last = reply.text().rsplit(|octet| *octet == b' ').next();
            s.check_with(ONE, reply.is_ok() && last == Some(&id), &words);
            if pop.in_step().await.is_err() {
                s.check_with(ONE, false, format!("UIDL {number}: more than one line"));
                pop.end(End::Fin).await;
                return Ok(());
            }
        }
        pop.quit().await.map(drop)
    }

    "server/uidl/absent" => |s| {
        let mut pop = s.transaction().await?;
        let absent = Picture::take(&s, &mut pop).await?.absent();
        pop.quit().await?;
        let lines = [&format!("UIDL {absent}"), "UIDL 999999", "UIDL x"];
        must_refuse(&s, &["1939-7-06"], &lines, taken_or_silent).await
    }

    "server/uidl/equal" => |s| {
        let mut pop = s.transaction().await?;
        let mut by_id: BTreeMap<Vec<u8>, Vec<u64>> = BTreeMap::new();
        for (number, (_, id)) in Picture::take(&s, &mut pop).await?.messages {
            by_id.entry(id).or_default().push(number);
        }
        let shared: Vec<(Vec<u8>, Vec<u64>)> = by_id.into_iter().filter(|(_, numbers)| numbers.len() > 1).collect();
        for (id, numbers) in shared.iter().take(10) {
            let mut bodies = Vec::new();
            for number in numbers.iter().take(2) {
                let body = pop.body(format!("RETR {number}")).await?;
                let in_step;
                (pop, in_step) = in_step_or_anew(&s, pop).await?;
                if !(body.is_ok() && in_step) {
                    return Err(Stop::Control(format!("RETR {number} is refused, or throws the session out of step")));
                }
                bodies.push(body.raw);
            }
            let equal = bodies.first() == bodies.last();
            let words = format!("messages {numbers:?} share the id {}", escaped(id));
            for row in ["1939-7-13", ID] {
                s.check_with(row, equal, format!("{words}, and differ"));
            }
            if equal {
                s.note("1939-7-13", format!("{words}, and are equal"));
            }
        }
        for row in ["1939-7-13", ID] {
            s.check(row, true);
        }
        leave(&s, pop).await
    }

    "server/uidl/stays" => |s| {
        let mut pop = s.transaction().await?;
        let before = Picture::take(&s, &mut pop).await?;
        // Some servers keep in the id whether a message was read.
        for number in s.facts().in_step(3, 64 * 1024) {
            pop.body(format!("RETR {number}")).await?;
        }
        leave(&s, pop).await?;
        let mut pop = s.transaction().await?;
        let after = Picture::take(&s, &mut pop).await?;
        pop.end(End::Fin).await;
        check_stayed(&s, STAYS, &before, &after)?;
        let moved = moved_since_survey(&s, &after);
        s.check_with(STAYS, moved.is_none(), moved.unwrap_or_default());
        let mut pop = s.transaction().await?;
        let dropped = Picture::take(&s, &mut pop).await?;
        pop.quit().await?;
        check_stayed(&s, "1939-7-11", &after, &dropped)
    }

    "server/uidl/stays-behind-removal" => |s| {
        let mut pop = s.transaction().await?;
        // Those after it get other numbers.
        let own = spare_inside(&s, &mut pop).await?;
        let before = Picture::take(&s, &mut pop).await?.without(own.number().into());
        if !(pop.dele(&own).await?.is_ok() && pop.quit().await?.is_ok()) {
            return Err(Stop::Control("DELE or QUIT is refused".into()));
        }
        let mut pop = s.transaction().await?;
        let after = Picture::take(&s, &mut pop).await?;
        pop.quit().await?;
        check_stayed(&s, STAYS, &before, &after)
    }

    "server/uidl/not-reused" => |s| {
        let mut pop = s.transaction().await?;
        let own = spare(&s, &mut pop).await?;
        let number = own.number();
        let all = Picture::take(&s, &mut pop).await?;
        let before = all.without(number.into());
        let old = all.messages.get(&number.into()).map(|(_, id)| id.clone()).unwrap_or_default();
        if !(pop.dele(&own).await?.is_ok() && pop.quit().await?.is_ok()) {
            return Err(Stop::Control("DELE or QUIT is refused".into()));
        }
        let others = corpus::NAMES.into_iter().filter(|name| name.starts_with("spare-") && *name != own.name());
        for name in others.take(3) {
            s.deliver(&corpus::stored(name, s.setup().run).unwrap_or_default()).await?;
        }
        let due = before.messages.len().saturating_add(3);
        for _ in 0..20 {
            let mut pop = s.transaction().await?;
            let after = Picture::take(&s, &mut pop).await?;
            pop.quit().await?;
            if after.messages.len() >= due {
                let again = after.messages.values().any(|(_, id)| *id == old);
                s.lenient_with("1939-7-12", !again, format!("the id {} comes back on other mail", escaped(&old)));
                return Ok(());
            }
            s.wait(s.settling_time().checked_div(10).unwrap_or_default()).await;
        }
        Err(Stop::Control("what was delivered does not come".into()))
    }
};
