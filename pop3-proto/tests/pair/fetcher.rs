//! The client of the pair: it checks each reply as it comes in.

use std::collections::VecDeque;

use pop3_proto::client::{self, Client, Id, Part, Profile, ProtocolError, SendError};
use pop3_proto::dot::wire_size;
use pop3_proto::limits::MIN_OUTPUT;
use pop3_proto::{Command, FixedBuf, Limits, MsgNo, Secret, Security, Stat};

use crate::WINDOW;
use crate::common::twins::{crlf_form, top};
use crate::common::{Mailbox, show};
use crate::link::{Chance, Pipe};
use crate::run::Plan;

/// A command, and whether deletion marks are set when it is answered.
#[derive(Clone, Copy)]
pub(crate) struct Ask {
    pub(crate) command: Command<'static>,
    pub(crate) marks: bool,
}

pub(crate) struct Fetcher {
    pub(crate) client: Client<4>,
    rx: FixedBuf<WINDOW>,
    tx: FixedBuf<MIN_OUTPUT>,
    pub(crate) script: VecDeque<Ask>,
    pub(crate) asked: VecDeque<(Id, Ask)>,
    pub(crate) sent_dele: bool,
    pub(crate) greeted: bool,
    mailbox: Mailbox,
    marked: Vec<bool>,
    /// The lines of the reply that is coming in.
    lines: Vec<(u32, String)>,
    data: Vec<u8>,
    pub(crate) whole: Vec<u32>,
    pub(crate) end: Option<Result<(), ProtocolError>>,
}

impl Fetcher {
    pub(crate) fn new(plan: &Plan, mailbox: Mailbox) -> Self {
        let numbers = || (1..).zip(&plan.messages).filter_map(|(n, _)| MsgNo::new(n));
        let marked = || numbers().filter(|n| plan.marked[n.index()]);
        let mut script = vec![Command::Capa, Command::User(b"tim"), Command::Pass(Secret::new(b"secret"))];
        script.extend([Command::Stat, Command::List(None), Command::Uidl(None)]);
        script.extend(numbers().map(Command::Retr));
        script.extend(numbers().map(|n| Command::Top { number: n, lines: u64::from(n.get() % 3) }));
        if plan.reset_first {
            script.extend(numbers().map(Command::Dele));
            script.push(Command::Rset);
        }
        script.extend(marked().map(Command::Dele));
        let before = script.len();
        script.extend([Command::List(None), Command::Stat, Command::Uidl(None), Command::Quit]);
        let script = (0..).zip(script).map(|(i, command)| Ask { command, marks: i >= before });
        Self {
            client: Client::with_queue(Profile::STRICT, Security::Plain)
                .with_limits(Limits::for_window(WINDOW))
                .with_pipelining(plan.pipelining),
            rx: FixedBuf::new(),
            tx: FixedBuf::new(),
            script: script.collect(),
            asked: VecDeque::new(),
            sent_dele: false,
            greeted: false,
            mailbox,
            marked: plan.marked.clone(),
            lines: Vec::new(),
            data: Vec::new(),
            whole: Vec::new(),
            end: None,
        }
    }

    pub(crate) fn turn(&mut self, up: &mut Pipe, down: &mut Pipe, chance: &mut Chance<'_>) {
        if self.end.is_some() {
            return;
        }
        up.send(&mut self.tx, chance.amount());
        while self.client.can_send() {
            let Some(Ask { command, .. }) = self.script.front() else { break };
            match self.client.send(command, &mut self.tx) {
                Ok(id) => {
                    self.sent_dele |= matches!(command, Command::Dele(_));
                    self.asked.extend(self.script.pop_front().map(|ask| (id, ask)));
                }
                Err(error) => {
                    assert_eq!(error, SendError::Full);
                    break;
                }
            }
        }
        let (window, client) = (self.rx.bytes().to_vec(), &mut self.client);
        let mut unread = &window[..];
        let event = client.receive(&mut unread).expect("the server keeps to the protocol");
        self.rx.consume(window.len() - unread.len());
        match event {
            client::Event::NeedInput if down.has_ended() || down.broken => {
                self.end = Some(self.client.end_of_input());
            }
            client::Event::NeedInput => down.deliver(&mut self.rx, chance.amount()),
            client::Event::Greeting(_) => self.greeted = true,
            client::Event::Reply { id, part, .. } => self.reply(id, part),
            client::Event::Closed => self.end = Some(self.client.end_of_input()),
            other => panic!("{other:?}"),
        }
    }

    fn reply(&mut self, id: Id, part: Part<'_>) {
        let &(asked, Ask { command, marks }) = self.asked.front().expect("a reply to nothing");
        assert_eq!(id, asked, "the replies come in the order of the commands");
        match part {
            Part::Begin(_) => {
                self.lines.clear();
                self.data.clear();
                return;
            }
            Part::Capability(_) => return,
            Part::ScanItem(scan) => {
                return self.lines.push((scan.number.get(), scan.octets.to_string()));
            }
            Part::UidItem(line) => {
                return self.lines.push((line.number.unwrap().get(), show(line.uid)));
            }
            Part::Data(octets) => {
                self.data.extend_from_slice(octets);
                let due = self.due(&command);
                assert!(due.starts_with(&self.data), "{command:?} gave {}", show(&self.data));
                return;
            }
            Part::End => self.check_whole(&command, marks),
            Part::Stat(stat) => {
                let left = self.left(marks);
                let octets = left.iter().map(|n| self.size(*n)).sum();
                assert_eq!(stat, Stat { count: left.len() as u64, octets });
            }
            Part::Ok(_) => {}
            other => panic!("{command:?} was answered {other:?}"),
        }
        self.asked.pop_front();
    }

    /// The bytes that RETR and TOP have to give.
    fn due(&self, command: &Command<'_>) -> Vec<u8> {
        match command {
            Command::Retr(n) => crlf_form(&self.mailbox.messages[n.index()]),
            Command::Top { number, lines } => crlf_form(top(&self.mailbox.messages[number.index()], *lines)),
            other => panic!("{other:?} has no body"),
        }
    }

    /// The messages that STAT and the listings count: all of them, or those without a deletion mark.
    fn left(&self, marks: bool) -> Vec<u32> {
        let marked = (1..).zip(&self.marked).filter(|(_, marked)| !marks || !**marked);
        marked.map(|(n, _)| n).collect()
    }

    fn size(&self, n: u32) -> u64 {
        wire_size(&self.mailbox.messages[n as usize - 1])
    }

    fn check_whole(&mut self, command: &Command<'_>, marks: bool) {
        match command {
            Command::Retr(n) => {
                assert_eq!(show(&self.data), show(&self.due(command)), "RETR {n}");
                self.whole.push(n.get());
            }
            Command::Top { .. } => assert_eq!(show(&self.data), show(&self.due(command)), "{command:?}"),
            Command::List(None) => {
                let due: Vec<_> =
                    self.left(marks).into_iter().map(|n| (n, self.size(n).to_string())).collect();
                assert_eq!(self.lines, due);
            }
            Command::Uidl(None) => {
                let due: Vec<_> = self.left(marks).into_iter().map(|n| (n, format!("uid-{n}"))).collect();
                assert_eq!(self.lines, due);
            }
            _ => {}
        }
    }
}
