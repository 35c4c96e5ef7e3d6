//! Fuzz target: a server that says anything, against two downloads in a row. Only what was stored is deleted,
//! and the record can be read again.

use std::collections::BTreeSet;

use pop3_proto::client::{Client, Event, Need, Profile};
use pop3_proto::fetch::{Fault, Fetch, FetchEvent, Progress, Record, Rules};
use pop3_proto::{Command, MsgNo, Security, parse};

use crate::cursor::Cursor;

/// For each of the two sessions `data` holds two bytes of decisions, a byte with a length, and that many
/// bytes that the server says.
pub fn fetch_ops(data: &[u8]) {
    let mut cursor = Cursor::new(data);
    let mut record = Record::new();
    for now in [1_790_000_000, 1_790_100_000] {
        let (flags, step) = (cursor.octet(), usize::from(cursor.octet()) + 1);
        let mut rules = Rules::DEFAULT;
        rules.delete_after_days = (flags & 1 != 0).then_some(u32::from(flags >> 7));
        rules.keep_count = (flags & 2 != 0).then_some(1);
        rules.preview_above = (flags & 4 != 0).then_some(10);
        rules.headers_only = flags & 8 != 0;
        rules.all = flags & 16 != 0;
        let said = cursor.run();
        let text = session(Fetch::new(record, rules, now), said, step, flags & 32 != 0).to_string();
        record = text.parse().expect("its own text");
        assert_eq!(record.to_string(), text);
    }
}

/// With a step of more than this, the bytes come line by line: each line may then be an answer to what was sent
/// after the line before.
const LINES: usize = 128;

fn session(mut fetch: Fetch, said: &[u8], step: usize, stores: bool) -> Record {
    let had = fetch.record().iter().filter(|entry| entry.is_stored()).count();
    let mut client: Client = Client::new(Profile::LENIENT, Security::Tls);
    client.receive(&mut &b"+OK\r\n"[..]).expect("a greeting");
    let (mut used, mut shown, mut out) = (0, 0, Vec::new());
    let mut stored = BTreeSet::new();
    loop {
        match fetch.advance(&mut client, &mut out) {
            Ok(Progress::Pending) => {}
            Ok(Progress::Fetched | Progress::Marked) => continue,
            Ok(Progress::Failed(Fault::OutOfStep)) => {
                assert!(
                    !out.ends_with(b"QUIT\r\n"),
                    "deletions are ordered although the server is out of step"
                );
                break;
            }
            Ok(Progress::Done | Progress::Failed(_)) => break,
            Err(error) => unreachable!("the output has room, and somebody is logged in: {error}"),
        }
        let mut window = &said[used..shown];
        if client.poll(&mut window) == Need::Input {
            if shown == said.len() {
                for told in fetch.end_of_input() {
                    store(&mut fetch, told, stores, &mut stored);
                }
                break;
            }
            let line = said[shown..].iter().position(|b| *b == b'\n').map_or(said.len(), |lf| shown + lf + 1);
            shown = if step > LINES { line } else { said.len().min(shown + step) };
            continue;
        }
        match client.receive(&mut window) {
            Ok(Event::Closed) => break,
            Err(error) => {
                fetch.handle_error(error);
                break;
            }
            Ok(event) => {
                for told in fetch.handle_event(&event) {
                    store(&mut fetch, told, stores, &mut stored);
                }
            }
        }
        used = shown - window.len();
    }
    let deleted = out.split(|b| *b == b'\n').filter_map(|line| number(line.strip_suffix(b"\r")?));
    let deleted: BTreeSet<MsgNo> = deleted.collect();
    assert!(deleted.len() <= had + stored.len(), "what is not stored was deleted");
    if had == 0 {
        assert!(deleted.is_subset(&stored), "what is not stored was deleted");
    }
    fetch.into_record()
}

fn store(fetch: &mut Fetch, told: FetchEvent<'_>, stores: bool, stored: &mut BTreeSet<MsgNo>) {
    if let FetchEvent::Whole(wanted) = told
        && stores
        && fetch.stored(wanted.number).is_some()
        && wanted.preview.is_none()
    {
        stored.insert(wanted.number);
    }
}

fn number(line: &[u8]) -> Option<MsgNo> {
    match parse::command(line) {
        Ok(Command::Dele(number)) => Some(number),
        _ => None,
    }
}
