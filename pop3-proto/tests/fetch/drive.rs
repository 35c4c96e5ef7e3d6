//! A scripted server for the download planner: what the client has to say, byte by byte, and what it is
//! answered, at several cuts.

use pop3_proto::client::{Client, Event, Profile};
use pop3_proto::fetch::{Download, Fetch, FetchEvent, Progress, Record, Rules, Summary};
use pop3_proto::{Command, Limits, MsgNo, Security};

use crate::common::show;
pub(crate) use crate::entries::{bare, both, digest, flags, have, ids, record, whole};

/// The time of a session, in seconds since 1970.
pub(crate) const NOW: u64 = 1_790_000_000;
pub(crate) const DAY: u64 = 86_400;

/// The client's window, and how much arrives at once.
const CUTS: [&[usize]; 4] = [&[usize::MAX], &[1], &[3, 1, 64], &[17]];

/// Which messages the store makes safe, and when.
#[derive(Clone, Copy)]
pub(crate) enum Confirm {
    AtOnce,
    /// All of them, when all have come.
    AtFetched,
    /// All of them, when the session has ended.
    AtEnd,
    /// Only these, as soon as they have come.
    Only(&'static [u32]),
    /// As `AtOnce`, and after the first message no more are wanted.
    AtOnceAndStop,
}

pub(crate) struct Session {
    record: Record,
    rules: Rules,
    now: u64,
    capabilities: &'static str,
    confirm: Confirm,
    pipelining: bool,
    window: usize,
    steps: Vec<(Vec<u8>, Vec<u8>)>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Outcome {
    /// What the events meant; for a message that came whole, with its bytes.
    pub(crate) told: Vec<String>,
    pub(crate) record: Record,
    pub(crate) summary: Summary,
    pub(crate) unknown: usize,
    /// The record when the messages to delete were marked.
    pub(crate) saved: Option<Record>,
    pub(crate) end: String,
    /// The messages that were wanted, and those that were to be deleted, before QUIT.
    pub(crate) wanted: Vec<Download>,
    pub(crate) doomed: Vec<u32>,
}

impl Outcome {
    /// How many messages the record has, without those whose deletion was confirmed.
    pub(crate) fn left(&self) -> usize {
        ids(&self.record).len()
    }
}

pub(crate) fn number(n: u32) -> MsgNo {
    MsgNo::new(n).unwrap()
}

/// The default rules, changed.
pub(crate) fn rules(change: impl FnOnce(&mut Rules)) -> Rules {
    let mut rules = Rules::DEFAULT;
    change(&mut rules);
    rules
}

/// Each line with CRLF after it.
pub(crate) fn lines(text: &[u8]) -> Vec<u8> {
    text.split(|b| *b == b'\n').flat_map(|line| [line, b"\r\n"].concat()).collect()
}

impl Session {
    /// A session with a record of these lines.
    pub(crate) fn of(lines: &[String]) -> Self {
        Self::with(record(lines))
    }

    pub(crate) fn with(record: Record) -> Self {
        Self {
            record,
            rules: Rules::DEFAULT,
            now: NOW,
            capabilities: "TOP\nUIDL\n",
            confirm: Confirm::AtOnce,
            pipelining: true,
            window: usize::MAX,
            steps: Vec::new(),
        }
    }

    pub(crate) fn new() -> Self {
        Self::with(Record::new())
    }

    pub(crate) fn rules(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        change(&mut self.rules);
        self
    }

    /// Moves the session to this many seconds after `NOW`.
    pub(crate) fn later(mut self, seconds: u64) -> Self {
        self.now = NOW + seconds;
        self
    }

    /// The capabilities, one line each, with LF line ends.
    pub(crate) fn capabilities(mut self, capabilities: &'static str) -> Self {
        self.capabilities = capabilities;
        self
    }

    pub(crate) fn confirm(mut self, confirm: Confirm) -> Self {
        self.confirm = confirm;
        self
    }

    pub(crate) fn without_pipelining(mut self) -> Self {
        self.pipelining = false;
        self
    }

    /// The longest line that the client takes; longer ones are cut.
    pub(crate) fn window(mut self, octets: usize) -> Self {
        self.window = octets;
        self
    }

    /// A command and its answer; LF stands between the lines.
    pub(crate) fn say(self, command: &str, answer: impl AsRef<[u8]>) -> Self {
        let answer = lines(answer.as_ref());
        self.say_raw(command, &answer)
    }

    pub(crate) fn say_raw(mut self, command: &str, answer: &[u8]) -> Self {
        self.steps.push((lines(command.as_bytes()), answer.to_vec()));
        self
    }

    /// The connection ends after this command.
    pub(crate) fn cut(self, command: &str) -> Self {
        self.say_raw(command, b"")
    }

    /// STAT, LIST and UIDL, one by one, for messages numbered from 1.
    pub(crate) fn lists(self, messages: &[(&str, u64)]) -> Self {
        let uids: String = (1..).zip(messages).map(|(n, (uid, _))| format!("{n} {uid}\n")).collect();
        self.lists_sizes(messages).say("UIDL", format!("+OK\n{uids}."))
    }

    /// The same without UIDL.
    pub(crate) fn lists_sizes(self, messages: &[(&str, u64)]) -> Self {
        let sizes: String = (1..).zip(messages).map(|(n, (_, octets))| format!("{n} {octets}\n")).collect();
        let total: u64 = messages.iter().map(|(_, octets)| octets).sum();
        let stat = format!("+OK {} {total}", messages.len());
        self.say("STAT", stat).say("LIST", format!("+OK\n{sizes}."))
    }

    pub(crate) fn retr(self, n: u32, text: &str) -> Self {
        self.say(&format!("RETR {n}"), format!("+OK\n{text}\n."))
    }

    pub(crate) fn top(self, n: u32, count: u64, text: &str) -> Self {
        self.say(&format!("TOP {n} {count}"), format!("+OK\n{text}\n."))
    }

    /// Deletions that succeed one after the other are sent with the highest number first; a script may name them in
    /// any order.
    pub(crate) fn dele(mut self, n: u32) -> Self {
        let number = |command: &[u8]| -> Option<u32> {
            str::from_utf8(command.strip_prefix(b"DELE ")?).ok()?.trim_end().parse().ok()
        };
        let lower = |(command, answer): &&(Vec<u8>, Vec<u8>)| {
            answer == b"+OK\r\n" && number(command).is_some_and(|other| other < n)
        };
        let at = self.steps.len() - self.steps.iter().rev().take_while(lower).count();
        self.steps.insert(at, (lines(format!("DELE {n}").as_bytes()), b"+OK\r\n".to_vec()));
        self
    }

    /// QUIT; afterwards the session must be done.
    pub(crate) fn quits(self) -> Outcome {
        let outcome = self.say("QUIT", "+OK").run();
        assert_eq!(outcome.end, "done");
        outcome
    }

    /// Runs the script at every cut; the result has to be the same each time.
    pub(crate) fn run(&self) -> Outcome {
        let mut outcomes = CUTS.map(|sizes| self.run_cut(sizes)).into_iter();
        let first = outcomes.next().unwrap();
        outcomes.zip(&CUTS[1..]).for_each(|(other, cut)| assert_eq!(other, first, "at {cut:?}"));
        first
    }

    /// After the last message NOOP proves that it has ended, before anything is deleted.
    fn steps_with_fence(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let (mut steps, mut unfenced) = (Vec::new(), false);
        for (command, answer) in &self.steps {
            unfenced |= command.starts_with(b"RETR") || command.starts_with(b"TOP");
            let next = command.starts_with(b"DELE") || command.starts_with(b"QUIT");
            if unfenced && next && !self.rules.dry_run {
                steps.push((b"NOOP\r\n".to_vec(), b"+OK\r\n".to_vec()));
                unfenced = false;
            }
            steps.push((command.clone(), answer.clone()));
        }
        steps
    }

    fn client(&self) -> Client<4> {
        let mut client = Client::with_queue(Profile::LENIENT, Security::Plain)
            .with_limits(Limits::for_window(self.window))
            .with_pipelining(self.pipelining);
        let _ = client.receive(&mut &b"+OK\r\n"[..]).unwrap();
        if !self.capabilities.is_empty() {
            client.send(&Command::Capa, &mut Vec::new()).unwrap();
            let answer = lines(format!("+OK\n{}.", self.capabilities).as_bytes());
            let mut unread = &answer[..];
            while !client.is_idle() {
                let _ = client.receive(&mut unread).unwrap();
            }
        }
        client
    }

    fn run_cut(&self, sizes: &[usize]) -> Outcome {
        let mut talk = Talk {
            client: self.client(),
            fetch: Fetch::new(self.record.clone(), self.rules, self.now),
            confirm: self.confirm,
            told: Vec::new(),
            body: Vec::new(),
            waiting: Vec::new(),
            wanted: Vec::new(),
            doomed: Vec::new(),
            saved: None,
            out: Vec::new(),
            window: Vec::new(),
        };
        let mut end = talk.hear(b"");
        for (command, answer) in &self.steps_with_fence() {
            assert_eq!(show(&talk.out), show(command), "after {:#?}", talk.told);
            talk.out.clear();
            let (mut rest, mut sizes) = (&answer[..], sizes.iter().cycle());
            assert_eq!(end, None, "the script goes on");
            while !rest.is_empty() && end.is_none() {
                let (now, later) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
                end = talk.hear(now);
                rest = later;
            }
        }
        assert_eq!(show(&talk.out), "", "after the script and {:#?}", talk.told);
        if end.is_none() {
            for told in talk.fetch.end_of_input() {
                talk.told(told);
            }
        }
        if matches!(self.confirm, Confirm::AtEnd) {
            for number in std::mem::take(&mut talk.waiting) {
                let _ = talk.fetch.stored(number);
            }
        }
        let hangup = || format!("{:?}", talk.client.end_of_input());
        Outcome {
            end: end.unwrap_or_else(hangup),
            told: talk.told,
            summary: talk.fetch.summary(),
            unknown: talk.fetch.unconfirmed_deletions(),
            wanted: talk.wanted,
            doomed: talk.doomed,
            saved: talk.saved,
            record: talk.fetch.into_record(),
        }
    }
}

struct Talk {
    client: Client<4>,
    fetch: Fetch,
    confirm: Confirm,
    told: Vec<String>,
    body: Vec<u8>,
    waiting: Vec<MsgNo>,
    wanted: Vec<Download>,
    doomed: Vec<u32>,
    saved: Option<Record>,
    out: Vec<u8>,
    window: Vec<u8>,
}

impl Talk {
    /// Takes more bytes, and the end if it is there.
    fn hear(&mut self, octets: &[u8]) -> Option<String> {
        self.window.extend_from_slice(octets);
        let window = std::mem::take(&mut self.window);
        let mut unread = &window[..];
        loop {
            match self.fetch.advance(&mut self.client, &mut self.out).unwrap() {
                Progress::Pending => {}
                Progress::Fetched => {
                    self.told.push("fetched".into());
                    for n in std::mem::take(&mut self.waiting) {
                        assert!(self.fetch.stored(n).is_some(), "{n} came whole");
                    }
                    continue;
                }
                Progress::Marked => {
                    assert_eq!(self.saved, None, "said once");
                    self.saved = Some(self.fetch.record().clone());
                    continue;
                }
                Progress::Done => return Some("done".into()),
                Progress::Failed(fault) => return Some(fault.to_string()),
            }
            self.doomed = self.fetch.would_delete().map(MsgNo::get).collect();
            let wanted: Vec<_> = self.fetch.wanted().collect();
            if !wanted.is_empty() {
                self.wanted = wanted;
            }
            match self.client.receive(&mut unread) {
                Ok(Event::NeedInput) => break,
                Ok(event) => {
                    for told in self.fetch.handle_event(&event) {
                        self.told(told);
                    }
                }
                Err(error) => {
                    self.fetch.handle_error(error);
                    return Some(format!("{error:?}"));
                }
            }
        }
        self.window = unread.to_vec();
        None
    }

    fn told(&mut self, told: FetchEvent<'_>) {
        let (wanted, text) = match told {
            FetchEvent::Nothing => return,
            FetchEvent::Begin(_) => return self.body.clear(),
            FetchEvent::Data(octets) => return self.body.extend_from_slice(octets),
            FetchEvent::Whole(wanted) => (wanted, format!("whole {} {}", wanted.number, show(&self.body))),
            FetchEvent::Known(wanted) => (wanted, format!("known {}", wanted.number)),
            FetchEvent::Empty(wanted) => (wanted, format!("empty {}", wanted.number)),
            FetchEvent::Refused(wanted, why) => (wanted, format!("refused {} {}", wanted.number, why.text)),
            other => panic!("{other:?}"),
        };
        let preview = wanted.preview.map(|count| format!("preview of {count}: ")).unwrap_or_default();
        self.told.push(format!("{preview}{text}"));
        if !matches!(told, FetchEvent::Whole(_)) {
            assert_eq!(self.fetch.stored(wanted.number), None, "what did not come whole cannot be safe");
            return;
        }
        let n = wanted.number;
        match self.confirm {
            Confirm::AtFetched | Confirm::AtEnd => return self.waiting.push(n),
            Confirm::Only(list) if !list.contains(&n.get()) => return,
            Confirm::AtOnceAndStop => self.fetch.stop(),
            Confirm::AtOnce | Confirm::Only(_) => {}
        }
        let entry = self.fetch.stored(n).unwrap();
        assert_eq!(entry.octets(), wanted.octets);
    }
}
