//! The download of one session. Every message is delivered, then entered in the record once it is safe, and
//! then deleted from the server where the rules say so.

use std::io;

use pop3_programs_common::console;
use pop3_proto::MsgNo;
use pop3_proto::client::{Event, Part, RefusalKind};
use pop3_proto::fetch::{Download, EARLIEST_TIME, Fault, Fetch, FetchEvent, Progress, Record};

use crate::account::Account;
use crate::connection::Connection;
use crate::delivery::{Delivery, Taken};
use crate::failure::{Failure, Kind, reason_of};
use crate::record::{RecordFile, now};
use crate::report::{Bar, Complaints, Outcome};

/// The most bytes of one message, unless the user says otherwise.
const LONGEST: u64 = 16 * 1024 * 1024 * 1024;

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
    let now = now();
    let mut rules = account.rules;
    let mut note = None;
    if now < EARLIEST_TIME
        && (rules.delete_after_days.is_some_and(|days| days > 0) || rules.delete_older_days.is_some())
    {
        rules.delete_after_days = rules.delete_after_days.filter(|days| *days == 0);
        rules.delete_older_days = None;
        note = Some("the clock is wrong: nothing is deleted by its age".to_owned());
    }
    rules.max_memory = MEMORY;
    let mut transfer = Transfer {
        fetch: Fetch::new(record, rules, now),
        file,
        delivery,
        pending: Vec::new(),
        undelivered: 0,
        short: 0,
        came: 0,
        complaints: Complaints::default(),
        note,
        marked: false,
        longest: account.options.max_message.unwrap_or(LONGEST),
        quiet,
        octets: 0,
    };
    let mut result = transfer.dialogue(connection, bar);
    if let Err(failure) = &result
        && connection.has_quit()
        && !transfer.marked
    {
        // Nothing depended on the answer.
        transfer.note = Some(format!("{failure}; nothing depended on it"));
        result = Ok(());
    }
    let shown = if result.is_ok() { transfer.show_plan() } else { Ok(()) };
    if result.is_err() {
        transfer.delivery.discard();
        if let Err(error) = connection.client.end_of_input() {
            transfer.fetch.handle_error(error);
        }
        // The record says so if it was in the middle of a message. What ended just now comes again.
        let _ = transfer.fetch.end_of_input();
    }
    bar.finish();
    transfer.complaints.finish();
    // Messages that came whole before the session broke off are kept.
    let settled = transfer.settle();
    result = result.and(settled).and(shown);
    if transfer.undelivered > 0 {
        let why = format_args!("{} messages were not taken; they stay on the server", transfer.undelivered);
        result = result.and(Err(Kind::Disk.because("the delivery", why)));
    }
    let (fetch, short, mut note) = (transfer.fetch, transfer.short, transfer.note);
    let summary = fetch.summary();
    if summary.broken > 0 {
        let why = format_args!("{} messages, at which the server got out of step lately", summary.broken);
        result = result.and(Err(Kind::Protocol.because("not fetched", why)));
    }
    if summary.missing > 0 || summary.unreadable > 0 {
        let why = format_args!(
            "the listing is not complete: {} messages are missing, {} lines cannot be read",
            summary.missing, summary.unreadable
        );
        result = result.and(Err(Kind::Protocol.because("LIST and UIDL", why)));
    }
    let deletes = account.rules.delete_after_days.is_some()
        || account.rules.delete_older_days.is_some()
        || account.rules.keep_count.is_some()
        || account.rules.keep_octets.is_some();
    if deletes && summary.doubtful > 0 {
        let why = format!(
            "{} messages have another size than the server announced, so they are not deleted; --delete-doubtful deletes them, too",
            summary.doubtful
        );
        note = Some(joined(note, why));
    } else if short > 0 {
        let why = format!(
            "of {short} messages less came than the server announced, so a part of them may be missing"
        );
        note = Some(joined(note, why));
    }
    if summary.refused > 0 {
        let why = format_args!("{} messages", summary.refused);
        result = result.and(Err(Kind::Protocol.because("the server did not give or delete", why)));
    }
    if !account.rules.dry_run {
        result = result.and(file.save(fetch.record()));
    }
    let (unknown, failure) = (fetch.unconfirmed_deletions(), result.err());
    let retry = (fetch.may_retry() && failure.is_some()).then(|| fetch.into_record());
    Outcome { summary, unknown, failure, note, retry }
}

/// One note after the other.
pub(crate) fn joined(before: Option<String>, note: String) -> String {
    match before {
        Some(before) if before != note => format!("{before}; {note}"),
        _ => note,
    }
}

struct Transfer<'a> {
    fetch: Fetch,
    file: &'a mut RecordFile,
    delivery: &'a mut dyn Delivery,
    /// Delivered, but not yet known to be safe; and whether less came than was announced.
    pending: Vec<(MsgNo, bool)>,
    undelivered: u64,
    /// Of how many messages less came than the server announced, so that they may be parts.
    short: u64,
    /// How much has come of the message that is fetched.
    came: u64,
    complaints: Complaints,
    note: Option<String>,
    /// Whether deletions depend on QUIT.
    marked: bool,
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
            while let Some(event) = connection.unasked()? {
                for told in self.fetch.handle_event(&event) {
                    self.told(told, bar)?;
                }
            }
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
                    connection.insist_on_quit();
                    self.marked = true;
                    continue;
                }
                Progress::Done => {
                    if !self.fetch.refusal_text().as_bytes().is_empty() {
                        let words = connection.refusal();
                        self.note =
                            Some(format!("QUIT: the server refuses: {words}; nothing depended on it"));
                    }
                    return Ok(());
                }
                Progress::Failed(fault) => return Err(told(fault, connection)),
            }
            if was_idle {
                connection.flush()?;
            }
            let event = match connection.next() {
                Ok(Some(event)) => event,
                ended => {
                    let failure = ended.err();
                    // The last message may be whole, unless the server broke the protocol.
                    if failure.as_ref().is_none_or(|failure| failure.kind == Kind::Network) {
                        for told in self.fetch.end_of_input() {
                            self.told(told, bar)?;
                        }
                    }
                    return Err(failure.unwrap_or_else(|| connection.ended()));
                }
            };
            let (is_refusal, refused) =
                (matches!(event, Event::Reply { part: Part::Err(_), .. }), self.fetch.summary().refused);
            self.watch(&event)?;
            for told in self.fetch.handle_event(&event) {
                self.told(told, bar)?;
            }
            // A message that the server does not give or does not delete.
            if is_refusal && self.fetch.summary().refused > refused {
                let (step, words) = (connection.last_step(), connection.refusal());
                self.complaints.say(format_args!("{step}: the server says: {words}"));
            }
        }
    }

    /// Does what the store has to do because of an event.
    fn told(&mut self, told: FetchEvent<'_>, bar: &mut Bar) -> Result<(), Failure> {
        match told {
            FetchEvent::Begin(_) => {
                bar.start(|| {
                    self.fetch.wanted().filter_map(|wanted| wanted.octets).fold(0, u64::saturating_add)
                });
                self.came = 0;
                self.delivery.begin()?;
            }
            FetchEvent::Data(octets) => {
                self.came = self.came.saturating_add(octets.len() as u64);
                self.delivery.write(octets)?;
                bar.add(octets.len() as u64);
            }
            FetchEvent::Whole(wanted) => {
                match self.delivery.end()? {
                    Taken::Yes => {
                        let is_short = wanted.octets.is_some_and(|announced| self.came < announced);
                        self.pending.push((wanted.number, is_short));
                    }
                    Taken::No(why) => {
                        self.undelivered += 1;
                        self.complaints.say(why);
                    }
                }
                if self.delivery.wants_commit() {
                    self.settle()?;
                }
            }
            FetchEvent::Known(_) => self.delivery.discard(),
            FetchEvent::Empty(wanted) => {
                self.delivery.discard();
                let number = wanted.number;
                self.complaints.say(format_args!("message {number}: the server sent nothing of it"));
            }
            _ => {}
        }
        Ok(())
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
        for (number, is_short) in pending {
            if let Some(entry) = self.fetch.stored(number) {
                self.short += u64::from(is_short && entry.is_doubtful());
                lines += &format!("{entry}\n");
            }
        }
        self.file.append(&lines)
    }

    fn show_plan(&self) -> Result<(), Failure> {
        if self.quiet {
            return Ok(());
        }
        self.print_plan().map_err(|error| Kind::Disk.because("standard output", error))
    }

    fn print_plan(&self) -> io::Result<()> {
        for Download { number, octets, preview, .. } in self.fetch.wanted() {
            let octets = octets.map_or_else(|| "?".to_owned(), |octets| octets.to_string());
            match preview {
                None => console::out(format_args!("fetch {number} ({octets} octets)"))?,
                Some(lines) => {
                    console::out(format_args!("preview {number} ({octets} octets, {lines} lines)"))?;
                }
            }
        }
        for number in self.fetch.would_delete() {
            console::out(format_args!("delete {number}"))?;
        }
        Ok(())
    }
}

fn told(fault: Fault, connection: &Connection) -> Failure {
    let Fault::Refused(verb, refusal) = fault else {
        return Kind::Protocol.because("the listing", fault);
    };
    let later = matches!(refusal, Some(RefusalKind::Busy | RefusalKind::Later));
    let why = format_args!("the server refuses: {}", connection.refusal());
    let told = if later { Kind::Later } else { Kind::Protocol }.because(verb.as_str(), why);
    match refusal {
        Some(refusal) => told.with_reason(reason_of(refusal)),
        None => told,
    }
}
