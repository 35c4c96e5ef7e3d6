//! The planner as a program calls it. It is `Fetch`, but in the tests of the model itself, where it has faults.

use std::fmt::Debug;

use pop3_proto::MsgNo;
use pop3_proto::client::{Client, Event, Part, ProtocolError, SendError};
use pop3_proto::fetch::{Entry, Fetch, FetchEvent, Progress, Record, Rules, Summary};

pub(crate) trait Planner: Debug {
    fn new(record: Record, rules: Rules, now: u64) -> Self;
    fn advance(&mut self, client: &mut Client<4>, out: &mut Vec<u8>) -> Result<Progress, SendError>;
    fn handle_event<'i>(&mut self, event: &Event<'i>)
    -> impl Iterator<Item = FetchEvent<'i>> + use<'i, Self>;
    fn handle_error(&mut self, error: ProtocolError);
    fn end_of_input(&mut self) -> impl Iterator<Item = FetchEvent<'static>> + use<Self>;
    fn stored(&mut self, number: MsgNo) -> Option<Entry>;
    fn record(&self) -> &Record;
    fn summary(&self) -> Summary;
}

/// `Fetch`, and the bytes of the reply that is coming in: its `Debug` shows nothing of what its digester was
/// fed, and states that look alike have to be alike.
#[derive(Debug)]
pub(crate) struct Real {
    fetch: Fetch,
    coming: Vec<u8>,
}

impl Planner for Real {
    fn new(record: Record, rules: Rules, now: u64) -> Self {
        Self { fetch: Fetch::new(record, rules, now), coming: Vec::new() }
    }

    fn advance(&mut self, client: &mut Client<4>, out: &mut Vec<u8>) -> Result<Progress, SendError> {
        self.fetch.advance(client, out)
    }

    fn handle_event<'i>(&mut self, event: &Event<'i>) -> impl Iterator<Item = FetchEvent<'i>> + use<'i> {
        match event {
            Event::Reply { part: Part::Data(octets), .. } => self.coming.extend_from_slice(octets),
            _ => self.coming.clear(),
        }
        self.fetch.handle_event(event)
    }

    fn handle_error(&mut self, error: ProtocolError) {
        self.fetch.handle_error(error);
    }

    fn end_of_input(&mut self) -> impl Iterator<Item = FetchEvent<'static>> + use<> {
        self.fetch.end_of_input()
    }

    fn stored(&mut self, number: MsgNo) -> Option<Entry> {
        self.fetch.stored(number).cloned()
    }

    fn record(&self) -> &Record {
        self.fetch.record()
    }

    fn summary(&self) -> Summary {
        self.fetch.summary()
    }
}
