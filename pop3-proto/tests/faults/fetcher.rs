//! The client: it logs in, fetches, and stores messages safely at once, later, or never.

use std::collections::BTreeMap;

use pop3_proto::client::{Client, Event, Profile, ProtocolError};
use pop3_proto::fetch::{Download, Fetch, FetchEvent, Record, Rules};
use pop3_proto::login::{Login, Policy};
use pop3_proto::sasl::Channel;
use pop3_proto::sasl::client::Credentials;
use pop3_proto::{Limits, Secret, Security, fetch, login};

use crate::WINDOW;

/// When the store makes messages safe.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Confirm {
    AtOnce,
    Three,
    AtTheEnd,
}

/// What the client keeps through all crashes.
#[derive(Debug, Default)]
pub(crate) struct Store {
    /// How often each message, by its serial number, was stored whole, and as a preview.
    pub(crate) whole: BTreeMap<u32, u32>,
    pub(crate) previews: BTreeMap<u32, u32>,
    /// The text of the record, with a line appended for each message that is safe.
    pub(crate) file: String,
}

/// How a session ended for the client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum End {
    Done,
    Fault(fetch::Fault),
    Login,
    Protocol(ProtocolError),
    Hangup,
    Deadline,
}

pub(crate) struct Fetcher<'s> {
    client: Client<4>,
    login: Login<'static, [u8; 1200]>,
    fetch: Fetch,
    is_in: bool,
    store: &'s mut Store,
    confirm: Confirm,
    /// Messages that came whole and are not safe yet.
    waiting: Vec<(Download, u32)>,
    body: Vec<u8>,
    rx: Vec<u8>,
    pub(crate) out: Vec<u8>,
    pub(crate) end: Option<End>,
    /// How many messages came whole in this session.
    pub(crate) fetched: usize,
}

impl<'s> Fetcher<'s> {
    pub(crate) fn new(
        store: &'s mut Store,
        rules: Rules,
        day: u64,
        confirm: Confirm,
        pipelining: bool,
    ) -> Self {
        let record: Record = store.file.parse().expect("the record reads its own text");
        store.file = record.to_string();
        let client = Client::with_queue(Profile::LENIENT, Security::Plain);
        let credentials = Credentials::password("tim", Secret::new(b"secret"));
        Self {
            client: client.with_limits(Limits::for_window(WINDOW)).with_pipelining(pipelining),
            login: Login::new(credentials, Channel::new("host"), Policy::CLEAR, [0; 1200]),
            fetch: Fetch::new(record, rules, 1_790_000_000 + day * 86_400),
            is_in: false,
            store,
            confirm,
            waiting: Vec::new(),
            body: Vec::new(),
            rx: Vec::new(),
            out: Vec::new(),
            end: None,
            fetched: 0,
        }
    }

    /// Takes bytes from the server, and sends everything that can be sent.
    pub(crate) fn hear(&mut self, octets: &[u8]) {
        self.rx.extend_from_slice(octets);
        let window = std::mem::take(&mut self.rx);
        let mut unread = &window[..];
        while self.end.is_none() {
            self.act();
            if self.end.is_some() {
                break;
            }
            match self.client.receive(&mut unread) {
                Ok(Event::NeedInput) => break,
                Ok(event) if self.is_in => {
                    for told in self.fetch.handle_event(&event) {
                        self.told(told);
                    }
                }
                Ok(event) => self.login.handle_event(&event),
                Err(error) => {
                    self.fetch.handle_error(error);
                    self.end = Some(End::Protocol(error));
                }
            }
        }
        assert!(self.end.is_some() || unread.len() < WINDOW, "more is wanted although the window is full");
        self.rx = unread.to_vec();
    }

    fn act(&mut self) {
        if !self.is_in {
            match self.login.advance(&mut self.client, &mut self.out).expect("the login keeps to the order") {
                login::Progress::Pending => return,
                login::Progress::LoggedIn => self.is_in = true,
                _ => return self.end = Some(End::Login),
            }
        }
        loop {
            match self.fetch.advance(&mut self.client, &mut self.out).expect("nobody else uses the session") {
                fetch::Progress::Pending => return,
                fetch::Progress::Fetched => self.make_safe(),
                fetch::Progress::Marked => self.store.file = self.fetch.record().to_string(),
                fetch::Progress::Done => return self.end = Some(End::Done),
                fetch::Progress::Failed(fault) => return self.end = Some(End::Fault(fault)),
            }
        }
    }

    fn told(&mut self, told: FetchEvent<'_>) {
        match told {
            FetchEvent::Begin(_) => self.body.clear(),
            FetchEvent::Data(octets) => self.body.extend_from_slice(octets),
            FetchEvent::Whole(wanted) => {
                self.fetched += 1;
                let serial = self.check_body(wanted);
                self.waiting.push((wanted, serial));
                match self.confirm {
                    Confirm::AtOnce => self.make_safe(),
                    Confirm::Three if self.waiting.len() >= 3 => self.make_safe(),
                    Confirm::Three | Confirm::AtTheEnd => {}
                }
            }
            _ => {}
        }
    }

    /// The serial number of the message. A whole message has all its bytes, and nothing but dots in its body.
    fn check_body(&self, wanted: Download) -> u32 {
        let text = std::str::from_utf8(&self.body).unwrap();
        let (first, rest) = text.split_once("\r\n").unwrap();
        if wanted.preview.is_none() {
            assert_eq!(wanted.octets, Some(self.body.len() as u64), "{text}");
            let body = rest.strip_prefix("Status: RO\r\n").unwrap_or(rest);
            assert_eq!(body.replace('.', ""), "\r\n\r\n", "{text}");
        }
        first.strip_prefix("N: ").unwrap().parse().unwrap()
    }

    /// Makes the messages and their lines in the record safe in one step, as a database would.
    fn make_safe(&mut self) {
        for (wanted, serial) in self.waiting.drain(..) {
            let kind =
                if wanted.preview.is_none() { &mut self.store.whole } else { &mut self.store.previews };
            *kind.entry(serial).or_default() += 1;
            let entry = self.fetch.stored(wanted.number).expect("it came whole");
            assert_eq!(entry.is_stored(), wanted.preview.is_none() || self.store.whole.contains_key(&serial));
            self.store.file += &format!("{entry}\n");
        }
    }

    /// Leaves the session. After a crash the file stays with the lines that were appended; otherwise the
    /// record is written as it is.
    pub(crate) fn leave(self, crash: bool) -> (End, usize) {
        if !crash {
            self.store.file = self.fetch.record().to_string();
        }
        (self.end.expect("the session is over"), self.fetched)
    }

    /// The connection ended.
    pub(crate) fn hang_up(&mut self) {
        self.end.get_or_insert(End::Hangup);
    }
}
