//! The download of one session. Every message is delivered, then entered in the record once it is safe, and
//! then deleted from the server where the rules say so.

use std::time::{SystemTime, UNIX_EPOCH};

use pop3_proto::MsgNo;
use pop3_proto::client::{Event, Part};
use pop3_proto::fetch::{Download, Fault, Fetch, FetchEvent, Progress, Record};

use crate::account::Account;
use crate::connection::Connection;
use crate::delivery::Delivery;
use crate::failure::{Failure, Kind};
use crate::record::RecordFile;
use crate::report::{Bar, Outcome};

/// The most bytes of one message, unless the user says otherwise.
const LONGEST: u64 = 16 * 1024 * 1024 * 1024;

/// How many refusals are shown one by one.
const REFUSALS: u64 = 20;

/// The bytes of memory that a listing may take, which is enough for some 700,000 messages.
const MEMORY: usize = 80 * 1024 * 1024;

pub(crate) fn run(
    account: &Account,
    connection: &mut Connection,
    record: Record,
    file: &mut RecordFile,
    delivery: &mut dyn Delivery,
    bar: &mut Bar,
    quiet: bool,
) -> Outcome {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut rules = account.rules;
    rules.max_memory = MEMORY;
    let mut transfer = Transfer {
        fetch: Fetch::new(record, rules, now),
        file,
        delivery,
        pending: Vec::new(),
        undelivered: 0,
        longest: account.options.max_message.unwrap_or(LONGEST),
        quiet,
        octets: 0,
    };
    let mut result = transfer.dialogue(connection, bar);
    bar.finish();
    // Messages that came whole before the session broke off are kept.
    let settled = transfer.settle();
    result = result.and(settled);
    if transfer.undelivered > 0 {
        let why = format_args!("{} messages were not taken; they stay on the server", transfer.undelivered);
        result = result.and(Err(Kind::Disk.because("the delivery", why)));
    }
    let fetch = transfer.fetch;
    if fetch.summary().refused > 0 {
        let why = format_args!("{} messages", fetch.summary().refused);
        result = result.and(Err(Kind::Protocol.because("the server did not give or delete", why)));
    }
    if !account.rules.dry_run {
        result = result.and(file.save(fetch.record()));
    }
    Outcome { summary: fetch.summary(), unknown: fetch.unconfirmed_deletions(), failure: result.err() }
}

struct Transfer<'a> {
    fetch: Fetch,
    file: &'a mut RecordFile,
    delivery: &'a mut dyn Delivery,
    /// Delivered, but not yet known to be safe.
    pending: Vec<MsgNo>,
    undelivered: u64,
    longest: u64,
    /// Whether the plan of a dry run stays hidden.
    quiet: bool,
    /// Counts the message that is coming in.
    octets: u64,
}

impl Transfer<'_> {
    fn dialogue(&mut self, connection: &mut Connection, bar: &mut Bar) -> Result<(), Failure> {
        loop {
            // A line that the server sent unasked must not pass for the answer to the next command.
            connection.skip_unasked()?;
            let was_idle = connection.client.is_idle();
            let progress = self.fetch.advance(&mut connection.client, &mut connection.tx);
            match progress.map_err(|error| Kind::Protocol.because("the dialogue", error))? {
                Progress::Pending => {}
                Progress::Fetched => {
                    self.settle()?;
                    continue;
                }
                // From here on, a crash leaves it unknown which messages are deleted, so the record has to
                // say so.
                Progress::Marked => {
                    self.file.save(self.fetch.record())?;
                    continue;
                }
                Progress::Done => {
                    self.show_plan();
                    return Ok(());
                }
                Progress::Failed(fault) => return Err(told(fault)),
            }
            if was_idle {
                connection.flush()?;
            }
            let Some(event) = connection.next()? else { return Err(connection.ended()) };
            self.watch(&event)?;
            match self.fetch.handle_event(&event) {
                FetchEvent::Begin(_) => {
                    bar.start(|| {
                        self.fetch.wanted().filter_map(|wanted| wanted.octets).fold(0, u64::saturating_add)
                    });
                    self.delivery.begin()?;
                }
                FetchEvent::Data(octets) => {
                    self.delivery.write(octets)?;
                    bar.add(octets.len() as u64);
                }
                FetchEvent::Whole(wanted) => {
                    if self.delivery.end()? {
                        self.pending.push(wanted.number);
                    } else {
                        self.undelivered += 1;
                    }
                    if self.delivery.wants_commit() {
                        self.settle()?;
                    }
                }
                FetchEvent::Known(_) => self.delivery.discard(),
                FetchEvent::Empty(wanted) => {
                    self.delivery.discard();
                    eprintln!("pop3get: message {}: the server sent nothing of it", wanted.number);
                }
                FetchEvent::Refused(wanted, refusal) if self.fetch.summary().refused <= REFUSALS => {
                    let words: String = refusal.text.to_string().chars().take(200).collect();
                    eprintln!("pop3get: message {}: the server says {words}", wanted.number);
                }
                _ => {}
            }
        }
    }

    /// Stops a message that is too long, even one that is read only to compare its header.
    fn watch(&mut self, event: &Event<'_>) -> Result<(), Failure> {
        match event {
            Event::Reply { part: Part::Begin(_), .. } => self.octets = 0,
            Event::Reply { part: Part::Data(octets), .. } => self.octets += octets.len() as u64,
            _ => {}
        }
        if self.octets > self.longest {
            let why = format_args!("a message of more than {} octets", self.longest);
            return Err(Kind::Protocol.because("--max-message", why));
        }
        Ok(())
    }

    /// Makes the delivered messages safe, and only then enters them in the record.
    fn settle(&mut self) -> Result<(), Failure> {
        if self.pending.is_empty() {
            return Ok(());
        }
        // A commit that failed is not tried again: what it wrote may be lost even if a second one reports no
        // error.
        let pending = std::mem::take(&mut self.pending);
        self.delivery.commit()?;
        let mut lines = String::new();
        for number in pending {
            if let Some(entry) = self.fetch.stored(number) {
                lines += &format!("{entry}\n");
            }
        }
        self.file.append(&lines)
    }

    fn show_plan(&self) {
        if self.quiet {
            return;
        }
        for Download { number, octets, preview, .. } in self.fetch.wanted() {
            let octets = octets.map_or_else(|| "?".to_owned(), |octets| octets.to_string());
            match preview {
                None => println!("fetch {number} ({octets} octets)"),
                Some(lines) => println!("preview {number} ({octets} octets, {lines} lines)"),
            }
        }
        for number in self.fetch.would_delete() {
            println!("delete {number}");
        }
    }
}

fn told(fault: Fault) -> Failure {
    Kind::Protocol.because("the listing", fault)
}
