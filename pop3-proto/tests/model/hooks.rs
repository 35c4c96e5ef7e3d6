//! What the program does at each step of its loop, and the promises that can be checked there.

use pop3_proto::client::RefusalKind;
use pop3_proto::fetch::{Download, FetchEvent};

use crate::disk::{self, Arrived, Line};
use crate::planner::Planner;
use crate::promise::Promise;
use crate::properties;
use crate::session::{Session, Stop};

impl<P: Planner> Session<'_, '_, P> {
    /// A message has come whole, or its preview.
    pub(crate) fn whole(&mut self, message: Download) -> Result<(), Stop> {
        self.later = 0;
        if self.world.program.refuses && self.choices.happens() {
            self.choices.tell(|| format!("-- the store does not take message {}", message.number));
            return Ok(());
        }
        let (number, preview) = (message.number, message.preview.is_some());
        self.pending.push(Arrived { number, preview, octets: self.mail.clone() });
        if self.world.program.batch { Ok(()) } else { self.settle() }
    }

    /// Makes safe what has come, and only then enters it in the record.
    pub(crate) fn settle(&mut self) -> Result<(), Stop> {
        let messages = std::mem::take(&mut self.pending);
        if messages.is_empty() {
            return Ok(());
        }
        disk::make_safe(&messages, &mut self.state, self.world.crashes, self.choices)?;
        let mut lines = Vec::new();
        for message in messages {
            let Some(entry) = self.fetch.stored(message.number) else { continue };
            let mail = self.link.shown(message.number);
            let whole = !message.preview;
            let right = message.octets == mail.octets();
            let again = self.state.recorded.contains(&mail.serial) || self.entered.contains(&mail.serial);
            if whole && again && !self.world.policy.rules(self.state.session).all {
                self.breaks.insert(Promise::S2);
            }
            if whole && !right {
                self.wrong.push(end_of(&entry.to_string()));
            }
            let serial = (whole && right).then_some(mail.serial);
            self.entered.extend(serial);
            lines.push(Line { text: entry.to_string(), serial });
        }
        Ok(disk::append(lines, &mut self.state, self.world.crashes, self.choices)?)
    }

    pub(crate) fn save(&mut self) -> Result<(), Stop> {
        let record = self.fetch.record();
        let saved = disk::save(record, &mut self.state, self.world.crashes, self.choices);
        if self.state.record == record.to_string() {
            self.state.recorded.extend(&self.entered);
        }
        Ok(saved?)
    }

    /// The planner says what the store has to do.
    pub(crate) fn told(&mut self, told: FetchEvent<'_>) -> Result<(), Stop> {
        match told {
            FetchEvent::Begin(_) => self.mail.clear(),
            FetchEvent::Data(octets) => self.mail.extend_from_slice(octets),
            FetchEvent::Whole(message) => self.whole(message)?,
            other => self.note(&other),
        }
        Ok(())
    }

    pub(crate) fn note(&mut self, told: &FetchEvent<'_>) {
        match told {
            FetchEvent::Known(_) if properties::top_tells(self.world) => {
                self.breaks.insert(Promise::S8);
            }
            FetchEvent::Refused(_, refusal) => match RefusalKind::classify(refusal) {
                Some(RefusalKind::Later | RefusalKind::Busy) => {
                    self.later += 1;
                    self.asked = self.out.len();
                }
                _ => self.later = 0,
            },
            _ => {}
        }
    }

    pub(crate) fn check_end(&mut self) {
        if !properties::is_all_listed(&self.fetch.summary(), self.link.host.shown.len()) {
            self.breaks.insert(Promise::S7);
        }
        let mut state = self.state.clone();
        state.recorded.extend(&self.entered);
        if !properties::has_ids(self.world, &state, &self.link.host.shown, self.fetch.record()) {
            self.breaks.insert(Promise::S10);
        }
    }

    /// Takes out of the mailbox what QUIT has removed.
    pub(crate) fn removed(&mut self) {
        if self.link.host.unfaithful {
            self.breaks.insert(Promise::S6);
        }
        for mail in self.link.host.take_removed() {
            self.choices.tell(|| format!("-- the server removes {:?}", mail.text));
            self.state.mailbox.retain(|other| other.serial != mail.serial);
            *self.state.deleted.entry(mail.octets()).or_default() += 1;
            if !properties::is_safe(&self.state) {
                self.breaks.insert(Promise::S1);
            }
        }
    }
}

/// The end of a line of the record, which tells its entry from all others.
fn end_of(line: &str) -> String {
    line.splitn(7, ' ').last().map(|end| format!(" {end}")).unwrap_or_default()
}
