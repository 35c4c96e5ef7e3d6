//! What the rote client does with the mail.

use std::collections::BTreeSet;

use pop3_proto::conformance::Job;

use super::talk::{Lost, Pop, Talk, deletes, text};

pub(crate) async fn mail(talk: &Talk, pop: &mut Pop) -> Result<(), Lost> {
    if talk.has("uidl-first-utf8") {
        talk.ask(pop, "UTF8").await?;
        if talk.has("utf8-breaks") {
            return Err(Lost::Crash);
        }
    }
    if talk.has("bad-range") {
        talk.ask(pop, "LANG muchtoolongasubtag").await?;
    }
    if talk.has("stls-late") {
        talk.ask(pop, "STLS").await?;
    }
    if talk.has("logs-in-twice") {
        talk.ask(pop, "USER again").await?;
    }
    if talk.has("long-verb") {
        talk.ask(pop, "STATUS").await?;
    }
    if talk.has("bad-numbers") {
        talk.ask(pop, "RETR +1").await?;
    }
    if talk.has("guesses") {
        talk.ask(pop, "DELE 99").await?;
    }
    if talk.task.job == Job::Login {
        return quit(talk, pop).await;
    }
    if talk.has("two-at-once") {
        talk.say(pop, "NOOP");
        talk.say(pop, "NOOP");
        talk.status(pop).await?;
        talk.status(pop).await?;
    }
    let stat = talk.ask(pop, "STAT").await;
    let stat = match stat {
        Err(Lost::Form) if talk.has("stat-without-sign") => None,
        other => Some(other?),
    };
    let words = stat.as_ref().map(|stat| text(&stat.raw)).unwrap_or_default();
    if stat.is_some_and(|stat| !stat.ok) {
        return Err(Lost::Refused);
    }
    let count = words.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    let ((numbers, odd), ids) = match talk.has("stat-only") {
        true => (((1..=count).map(|number| (number, 0)).collect(), false), Vec::new()),
        false => (list(talk, pop).await?, uidl(talk, pop).await?),
    };
    let fetched = fetch(talk, pop, &numbers, &ids).await?;
    let failed = numbers.iter().filter(|(number, _)| !fetched.contains(number)).count();
    if deletes(&talk.task) || talk.has("always-deletes") {
        for number in &fetched {
            let status = talk.ask(pop, format!("DELE {number}")).await?;
            if status.ok && talk.has("forgets-marks") {
                let id = ids.iter().find(|(n, _)| n == number).map(|(_, id)| id.clone());
                talk.memory.borrow_mut().thought_gone.extend(id);
            }
        }
        if talk.has("resets-marks") {
            talk.ask(pop, "RSET").await?;
        }
    }
    quit(talk, pop).await?;
    if failed > 0 && !talk.has("tells-success") || odd && !talk.has("odd-is-fine") {
        Err(Lost::GivesUp)
    } else {
        Ok(())
    }
}

async fn quit(talk: &Talk, pop: &Pop) -> Result<(), Lost> {
    talk.say(pop, "QUIT");
    if talk.has("drops-at-quit") {
        return Ok(());
    }
    let status = talk.status(pop).await?;
    if talk.has("stores-late") {
        let late = std::mem::take(&mut talk.memory.borrow_mut().late);
        talk.memory.borrow_mut().stored.extend(late);
    }
    if status.ok { Ok(()) } else { Err(Lost::Refused) }
}

/// Numbers and sizes, and whether some line could not be read.
async fn list(talk: &Talk, pop: &Pop) -> Result<(Vec<(u64, u64)>, bool), Lost> {
    let status = talk.ask(pop, "LIST").await?;
    if !status.ok {
        return Err(Lost::Refused);
    }
    let mut numbers = Vec::new();
    if talk.has("figures-count")
        && let Some(number) = text(&status.raw).split(' ').nth(1).and_then(|word| word.parse().ok())
    {
        numbers.push((number, 0));
    }
    let lines = talk.lines(pop).await?;
    if lines.is_empty() && talk.has("hangs-at-empty") {
        pop.peer.hang().await;
    }
    let mut odd = false;
    for line in lines {
        let line = text(&line);
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = words.first().and_then(|word| word.parse::<u64>().ok()).filter(|number| *number > 0);
        let size = words.get(1).map(|word| word.parse::<u128>());
        if talk.has("no-text-behind") && words.len() > 2 {
            return Err(Lost::Form);
        }
        if let Some(Ok(size)) = size
            && size > u128::from(u32::MAX)
            && talk.has("wraps")
        {
            return Err(Lost::Crash);
        }
        match (number, size) {
            (Some(number), Some(Ok(size))) if !numbers.iter().any(|(known, _)| *known == number) => {
                numbers.push((number, u64::try_from(size).unwrap_or(u64::MAX)));
            }
            _ if talk.has("odd-crashes") => return Err(Lost::Crash),
            _ if talk.has("odd-gives-up") => return Err(Lost::Form),
            _ => odd = true,
        }
    }
    if talk.has("lists-each") {
        for (number, _) in numbers.clone() {
            talk.ask(pop, format!("LIST {number}")).await?;
        }
    }
    if talk.has("by-position") {
        numbers = numbers.iter().enumerate().map(|(at, _)| (at as u64 + 1, 0)).collect();
        numbers.truncate(numbers.len().saturating_sub(1));
    }
    Ok((numbers, odd))
}

async fn uidl(talk: &Talk, pop: &Pop) -> Result<Vec<(u64, Vec<u8>)>, Lost> {
    if talk.has("no-uidl") {
        return Ok(Vec::new());
    }
    let status = talk.ask(pop, "UIDL").await?;
    if !status.ok {
        if talk.has("forgets-at-refusal") {
            talk.memory.borrow_mut().known.clear();
        }
        return if talk.has("uidl-or-nothing") { Err(Lost::Crash) } else { Ok(Vec::new()) };
    }
    let mut ids = Vec::new();
    for line in talk.lines(pop).await? {
        let (number, id) = line.split_at(line.iter().position(|octet| *octet == b' ').unwrap_or(line.len()));
        let id = id.get(1..).unwrap_or_default().to_vec();
        if id.len() > 70 && talk.has("long-id-crashes") {
            return Err(Lost::Crash);
        }
        if id.len() > 70 && talk.has("long-id-gives-up") {
            return Err(Lost::GivesUp);
        }
        if let Ok(number) = text(number).trim().parse() {
            let id = if talk.has("ids-in-small") { id.to_ascii_lowercase() } else { id };
            ids.push((number, id));
        }
    }
    Ok(ids)
}

/// The numbers of the messages that are stored now.
async fn fetch(
    talk: &Talk,
    pop: &Pop,
    numbers: &[(u64, u64)],
    ids: &[(u64, Vec<u8>)],
) -> Result<Vec<u64>, Lost> {
    let mut there = Vec::new();
    let mut wanted = Vec::new();
    let mut seen_ids = BTreeSet::new();
    for (number, size) in numbers {
        let id = ids.iter().find(|(known, _)| known == number).map(|(_, id)| id.clone());
        let memory = talk.memory.borrow();
        // An id that is empty or comes twice says nothing.
        let twice = ids.iter().filter(|(_, other)| Some(other) == id.as_ref()).count() > 1;
        let twice = twice && !talk.has("one-per-id");
        if let Some(id) = &id {
            if memory.thought_gone.contains(id) {
                continue;
            }
            if talk.has("one-per-id") && !seen_ids.insert(id.clone()) {
                continue;
            }
            let known = memory.known.contains_key(id) && !twice && !id.is_empty();
            if known && !talk.has("fetches-known") {
                there.push(*number);
                continue;
            }
        }
        if talk.has("fears-size") && *size > 1 << 32 {
            continue;
        }
        wanted.push((*number, id));
    }
    let pipelines = talk.task.pipelining && (pop.offers("PIPELINING") || talk.has("pipelines-always"));
    let capitals = pop.list.iter().any(|line| line == "PIPELINING");
    let pipelines = pipelines && (capitals || !talk.has("tags-in-capitals") || talk.has("pipelines-always"));
    if pipelines {
        for (number, _) in &wanted {
            talk.say(pop, format!("RETR {number}"));
        }
        if talk.has("waits-to-read") {
            pop.peer.hang().await;
        }
    }
    let mut answered = wanted.clone();
    if pipelines && talk.has("any-order") {
        answered.reverse();
    }
    for (number, id) in answered {
        if talk.has("lists-each-id") {
            talk.ask(pop, format!("UIDL {number}")).await?;
        }
        if !pipelines {
            if !talk.has("keeps-unasked") {
                pop.peer.take_rest();
            }
            talk.say(pop, format!("RETR {number}"));
        }
        let status = talk.status(pop).await?;
        if !status.ok {
            if talk.has("refused-is-fetched") {
                there.push(number);
            }
            if talk.has("gives-up-at-refusal") {
                if talk.has("forgets-the-rest") {
                    let known = ids.iter().map(|(_, id)| (id.clone(), BTreeSet::new()));
                    talk.memory.borrow_mut().known.extend(known);
                }
                break;
            }
            continue;
        }
        match body(talk, pop).await {
            Ok(message) => {
                if talk.task.store_fails && !talk.has("ignores-store") {
                    return Err(Lost::GivesUp);
                }
                if !talk.task.store_fails && !talk.has("stores-nothing") {
                    store(talk, message, id);
                }
                there.push(number);
            }
            Err((lost, front)) => {
                if talk.has("keeps-cut") {
                    talk.memory.borrow_mut().stored.push(front);
                }
                return Err(lost);
            }
        }
    }
    there.sort_unstable();
    Ok(there)
}

fn store(talk: &Talk, message: Vec<u8>, id: Option<Vec<u8>>) {
    let mut memory = talk.memory.borrow_mut();
    if let Some(id) = id {
        memory.known.entry(id).or_default().insert(message.clone());
    }
    if talk.has("stores-late") {
        memory.late.push(message);
    } else {
        memory.stored.push(message);
    }
}

/// A body, unstuffed; what came of it before the trouble.
async fn body(talk: &Talk, pop: &Pop) -> Result<Vec<u8>, (Lost, Vec<u8>)> {
    let mut message = Vec::new();
    let mut starts = true;
    loop {
        let line = match pop.peer.line().await {
            Ok(line) => line,
            Err(lost) => return Err((lost, message)),
        };
        if talk.has("hangs-at-dot") && line == b"..\r\n" {
            pop.peer.hang().await;
        }
        let ends = line == b".\r\n" && starts || talk.has("lf-ends") && line.trim_ascii_end() == b".";
        if ends {
            break;
        }
        if talk.has("ends-at-words") && line.starts_with(b"+OK 1 2") {
            break;
        }
        if line.len() > 2048 && talk.has("short-body-lines") {
            return Err((Lost::Form, message));
        }
        let stuffed = starts && line.starts_with(b".") && !talk.has("keeps-dots");
        let mut text = line.get(usize::from(stuffed)..).unwrap_or_default().to_vec();
        if talk.has("drops-nul") {
            text.retain(|octet| *octet != 0);
        }
        if talk.has("cuts-at-nul") && text.contains(&0) {
            text.truncate(5);
        }
        if talk.has("seven-bit") {
            text.retain(u8::is_ascii);
        }
        if talk.has("joins-lines") && text.ends_with(b"\r\n") && text.len() > 40 {
            text.truncate(text.len() - 2);
        }
        if text.len() > 8192 && talk.has("folds") {
            text.splice(8000..8000, *b"\r\n");
        }
        message.extend_from_slice(&text);
        starts = line.ends_with(b"\r\n");
    }
    if message.is_empty() && talk.has("hangs-at-nothing") {
        pop.peer.hang().await;
    }
    if talk.has("bye-crashes") {
        pop.peer.wait(std::time::Duration::from_millis(100)).await;
        if !pop.peer.take_rest().is_empty() {
            return Err((Lost::Crash, message));
        }
    }
    if talk.has("counts-octets") && message.len() > 120 {
        message.truncate(120);
    }
    Ok(message)
}
