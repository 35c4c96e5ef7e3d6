//! A server that lies about bodies, and a program that visits it: it reads in any pieces, stores what comes
//! whole, and connects again where that helps.

use pop3_proto::client::{Client, Event, Profile};
use pop3_proto::fetch::{Fetch, FetchEvent, Progress, Record, Rules, Summary};
use pop3_proto::{Command, Security};

use crate::drive::{both, lines};

/// What the server does to messages that it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    Nothing,
    /// It does not stuff dots.
    Unstuffed,
    /// It sends the lines of all replies that are due at once in this order: each number chooses among the
    /// replies that have lines left.
    Mixed(Vec<usize>),
    /// It sends the replies that are due at once in the other order.
    Reversed,
    /// It sends the text of the message after the one that was asked for.
    Neighbour,
    /// It leaves out this many of the last lines.
    Short(usize),
    /// It sends each reply to RETR twice.
    Twice,
    /// It sends this line after each reply to RETR.
    Also(&'static str),
}

#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub(crate) uid: String,
    pub(crate) text: Vec<u8>,
}

impl Mail {
    /// A message of these lines, with LF between them.
    pub(crate) fn of(uid: &str, text: &str) -> Self {
        Self { uid: uid.into(), text: lines(text.as_bytes()) }
    }
}

/// The maildrop, and what has become of it.
#[derive(Clone, Debug)]
pub(crate) struct Liar {
    pub(crate) mail: Vec<Mail>,
    pub(crate) lie: Lie,
    pub(crate) pipelining: bool,
    /// What QUIT has removed.
    pub(crate) removed: Vec<Mail>,
}

/// A message that was stored as whole.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) uid: String,
    pub(crate) text: Vec<u8>,
}

/// What one session brought.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) record: Record,
    pub(crate) stored: Vec<Stored>,
    pub(crate) told: Vec<String>,
    /// How much longer than announced each message was that came in full, and how many lines it had.
    pub(crate) weights: Vec<(String, i64, i64)>,
    pub(crate) said: String,
    pub(crate) end: String,
    pub(crate) retry: bool,
    pub(crate) summary: Summary,
}

impl Liar {
    pub(crate) fn new(mail: Vec<Mail>, lie: Lie, pipelining: bool) -> Self {
        Self { mail, lie, pipelining, removed: Vec::new() }
    }

    /// One session. The bytes of the server come in pieces of these sizes, and each command is answered only
    /// after what came before it has been sent.
    pub(crate) fn visit(&mut self, record: Record, rules: Rules, now: u64, cuts: &[usize]) -> Visit {
        let mut client: Client<16> = self.client();
        let mut fetch = Fetch::new(record, rules, now);
        let mut server = Answering { liar: self, marked: Vec::new() };
        let (mut wire, mut window, mut out) = (Vec::new(), Vec::new(), Vec::new());
        let (mut visit, mut body) = (Visit::new(), Vec::new());
        let mut cuts = cuts.iter().cycle();
        // A planner that goes round in a circle fails here.
        for _ in 0..1_000_000 {
            match fetch.advance(&mut client, &mut out).unwrap() {
                Progress::Pending => {}
                Progress::Done => visit.end = "done".into(),
                Progress::Failed(fault) => visit.end = fault.to_string(),
                _ => continue,
            }
            if !out.is_empty() {
                visit.said += std::str::from_utf8(&out).unwrap();
                wire.extend(server.hear(&out));
                out.clear();
            }
            if !visit.end.is_empty() {
                break;
            }
            let mut unread = &window[..];
            let event = client.receive(&mut unread);
            let told: Vec<_> = match &event {
                Ok(Event::NeedInput) if wire.is_empty() => {
                    visit.end = format!("{:?}", client.end_of_input());
                    fetch.end_of_input().collect()
                }
                Ok(Event::NeedInput) => {
                    let rest = unread.len();
                    window.drain(..window.len() - rest);
                    window.extend(wire.drain(..wire.len().min(*cuts.next().unwrap())));
                    continue;
                }
                Ok(event) => fetch.handle_event(event).collect(),
                Err(error) => {
                    fetch.handle_error(*error);
                    visit.end = format!("{error:?}");
                    Vec::new()
                }
            };
            told.into_iter().for_each(|told| visit.told(told, &mut fetch, &mut body));
            let used = window.len() - unread.len();
            window.drain(..used);
            if !visit.end.is_empty() {
                break;
            }
        }
        assert!(!visit.end.is_empty(), "the session does not end: {}", visit.said);
        (visit.retry, visit.summary) = (fetch.may_retry(), fetch.summary());
        visit.record = fetch.into_record();
        visit
    }

    /// Sessions until none of them asks for another connection.
    pub(crate) fn visits(
        &mut self,
        mut record: Record,
        rules: Rules,
        now: u64,
        cuts: &[usize],
    ) -> Vec<Visit> {
        let mut visits = Vec::new();
        loop {
            let visit = self.visit(record, rules, now, cuts);
            let retry = visit.retry;
            record = visit.record.clone();
            visits.push(visit);
            if !retry {
                return visits;
            }
            assert!(visits.len() <= 2 * self.mail.len() + 3, "connects without end: {visits:#?}");
        }
    }

    fn client(&self) -> Client<16> {
        let mut client = Client::new(Profile::LENIENT, Security::Plain);
        let _ = client.receive(&mut &b"+OK\r\n"[..]).unwrap();
        client.send(&Command::Capa, &mut Vec::new()).unwrap();
        let pipelining = if self.pipelining { "PIPELINING\n" } else { "" };
        let answer = lines(format!("+OK\nTOP\nUIDL\n{pipelining}.").as_bytes());
        let mut unread = &answer[..];
        while !client.is_idle() {
            let _ = client.receive(&mut unread).unwrap();
        }
        client
    }
}

/// The server in one session.
struct Answering<'l> {
    liar: &'l mut Liar,
    marked: Vec<usize>,
}

impl Answering<'_> {
    /// The answers to commands that came at once.
    fn hear(&mut self, commands: &[u8]) -> Vec<u8> {
        let commands = std::str::from_utf8(commands).unwrap().to_owned();
        let mut said = Vec::new();
        let mut bodies: Vec<Vec<u8>> = Vec::new();
        for command in commands.lines() {
            if let Some(number) = command.strip_prefix("RETR ") {
                bodies.push(self.body(number.parse::<usize>().unwrap() - 1));
                continue;
            }
            said.extend(together(&self.liar.lie, std::mem::take(&mut bodies)));
            said.extend(self.answer(command));
        }
        said.extend(together(&self.liar.lie, bodies));
        said
    }

    fn body(&self, i: usize) -> Vec<u8> {
        let mail = &self.liar.mail;
        let i = if self.liar.lie == Lie::Neighbour { (i + 1) % mail.len() } else { i };
        let mut lines: Vec<&[u8]> = mail[i].text.split_inclusive(|b| *b == b'\n').collect();
        if let Lie::Short(count) = self.liar.lie {
            lines.truncate(lines.len().saturating_sub(count));
        }
        let mut reply = b"+OK\r\n".to_vec();
        for line in lines {
            if line.starts_with(b".") && self.liar.lie != Lie::Unstuffed {
                reply.push(b'.');
            }
            reply.extend_from_slice(line);
        }
        reply.extend_from_slice(b".\r\n");
        reply
    }

    fn answer(&mut self, command: &str) -> Vec<u8> {
        let mail = &self.liar.mail;
        let numbered = |item: &dyn Fn(&Mail) -> String| {
            let lines = (1..).zip(mail).map(|(n, mail)| format!("{n} {}\r\n", item(mail)));
            format!("+OK\r\n{}.\r\n", lines.collect::<String>()).into_bytes()
        };
        match command {
            "STAT" => {
                let octets: usize = mail.iter().map(|mail| mail.text.len()).sum();
                format!("+OK {} {octets}\r\n", mail.len()).into_bytes()
            }
            "LIST" => numbered(&|mail| mail.text.len().to_string()),
            "UIDL" => numbered(&|mail| mail.uid.clone()),
            "QUIT" => {
                let mail = std::mem::take(&mut self.liar.mail).into_iter().enumerate();
                let (removed, kept): (Vec<_>, Vec<_>) = mail.partition(|(i, _)| self.marked.contains(i));
                self.liar.mail = kept.into_iter().map(|(_, mail)| mail).collect();
                self.liar.removed.extend(removed.into_iter().map(|(_, mail)| mail));
                b"+OK\r\n".to_vec()
            }
            "NOOP" => b"+OK\r\n".to_vec(),
            _ => match (command.strip_prefix("DELE "), command.strip_prefix("TOP ")) {
                (Some(number), _) => {
                    self.marked.push(number.parse::<usize>().unwrap() - 1);
                    b"+OK\r\n".to_vec()
                }
                (_, Some(args)) => {
                    let number: usize = args.strip_suffix(" 0").unwrap().parse().unwrap();
                    let text = &mail[number - 1].text;
                    let header =
                        text.windows(4).position(|at| at == b"\r\n\r\n").map_or(text.len(), |at| at + 4);
                    [b"+OK\r\n", &text[..header], b".\r\n"].concat()
                }
                _ => panic!("{command}"),
            },
        }
    }
}

/// The replies that are due at once, as the lie has them.
fn together(lie: &Lie, mut replies: Vec<Vec<u8>>) -> Vec<u8> {
    match lie {
        Lie::Mixed(order) if replies.len() > 1 && !order.is_empty() => {
            let mut left: Vec<_> = replies
                .iter()
                .map(|reply| {
                    reply.split_inclusive(|b| *b == b'\n').collect::<std::collections::VecDeque<_>>()
                })
                .collect();
            let (mut said, mut order) = (Vec::new(), order.iter().cycle());
            while !left.is_empty() {
                let which = order.next().unwrap() % left.len();
                said.extend_from_slice(left[which].pop_front().unwrap());
                left.retain(|lines| !lines.is_empty());
            }
            said
        }
        Lie::Reversed => {
            replies.reverse();
            replies.concat()
        }
        Lie::Twice => replies.iter().flat_map(|reply| [&reply[..], reply].concat()).collect(),
        Lie::Also(line) => {
            replies.iter().flat_map(|reply| [reply, line.as_bytes(), b"\r\n"].concat()).collect()
        }
        _ => replies.concat(),
    }
}

impl Visit {
    fn new() -> Self {
        Self {
            record: Record::new(),
            stored: Vec::new(),
            told: Vec::new(),
            weights: Vec::new(),
            said: String::new(),
            end: String::new(),
            retry: false,
            summary: Summary::NOTHING,
        }
    }

    fn told(&mut self, told: FetchEvent<'_>, fetch: &mut Fetch, body: &mut Vec<u8>) {
        let (what, message) = match told {
            FetchEvent::Begin(_) => return body.clear(),
            FetchEvent::Data(octets) => return body.extend_from_slice(octets),
            FetchEvent::Whole(message) => ("whole", message),
            FetchEvent::Known(message) => ("known", message),
            FetchEvent::Empty(message) => ("empty", message),
            FetchEvent::Refused(message, _) => ("refused", message),
            _ => return,
        };
        self.told.push(format!("{what} {}", message.number));
        let uid = String::from_utf8(fetch.uid(message.number).unwrap().to_vec()).unwrap();
        if what == "whole" || what == "known" {
            let more = body.len() as i64 - message.octets.unwrap() as i64;
            let count = body.iter().filter(|b| **b == b'\n').count() as i64;
            self.weights.push((uid.clone(), more, count));
        }
        if what == "whole" {
            assert!(fetch.stored(message.number).is_some());
            self.stored.push(Stored { uid, text: body.clone() });
        }
    }

    /// The states of the entry with this text, with their flags.
    pub(crate) fn states(&self, stored: &Stored) -> Vec<String> {
        let text = String::from_utf8(stored.text.clone()).unwrap();
        let (header, body) = text.split_once("\r\n\r\n").map_or((text.as_str(), ""), |(h, b)| (h, b));
        let header = header.trim_end_matches("\r\n").replace("\r\n", "\n");
        let digest = both(&if header.is_empty() { header } else { header + "\n" }, body);
        let lines = self.record.iter().map(|entry| entry.to_string());
        let of =
            lines.filter(|line| line.contains(&digest) && line.ends_with(&format!(" uid:{}", stored.uid)));
        of.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
    }
}
