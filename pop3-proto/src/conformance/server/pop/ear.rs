//! [`Ear`]: what the referee hears of a connection. Each line that answers one, and what comes unasked.

use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;

use crate::conformance::desk::Desk;
use crate::conformance::facts::Facts;
use crate::conformance::form;
use crate::conformance::remarks::{Heard, Spot};
use crate::conformance::server::read::Reply;

/// The commands whose `+OK` has lines after it.
const LISTED: [&str; 7] = ["LIST", "UIDL", "CAPA", "LANG", "RETR", "TOP", "XTND"];

/// What came last on a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Before {
    #[default]
    Line,
    /// `-ERR` to a command whose `+OK` has lines after it.
    Refusal,
    /// A multi-line reply up to its dot.
    Body,
}

/// What the referee remembers of a connection.
pub(super) struct Ear {
    desk: Rc<Desk>,
    facts: Rc<Facts>,
    /// The verb of the last command; empty if several were sent.
    verb: String,
    in_auth: bool,
    /// What was sent last is the front of a line.
    half: bool,
    sent: u64,
    came: u64,
    /// A command was sent that is longer than a command may be.
    long: bool,
    /// Something was sent that is no command line: it may get any number of replies.
    uncounted: bool,
    /// The replies are out of step, or lines may come that are no status lines: nothing is judged from here.
    lost: bool,
    /// The `+OK` to the last command may have lines after it.
    many: bool,
    /// A line feed without CR was sent, which a status line may repeat.
    bare_lf: bool,
    before: Before,
}

impl Ear {
    pub(super) fn new(desk: &Rc<Desk>, facts: &Rc<Facts>) -> Self {
        Self {
            desk: desk.clone(),
            facts: facts.clone(),
            verb: String::new(),
            in_auth: false,
            half: false,
            sent: 0,
            came: 0,
            long: false,
            uncounted: false,
            lost: false,
            many: false,
            bare_lf: false,
            before: Before::default(),
        }
    }

    /// Whether the last line belongs to a login, which may take long.
    pub(super) fn expects_login(&self) -> bool {
        self.in_auth || matches!(self.verb.as_str(), "PASS" | "APOP" | "AUTH")
    }

    /// Whether the next line answers a command with this verb.
    pub(super) fn answers(&self, verb: &str) -> bool {
        !self.in_auth && self.verb == verb
    }

    /// The last command, if it changes nothing and alone has no reply yet.
    pub(super) fn unanswered(&self) -> Option<&str> {
        let simple =
            matches!(self.verb.as_str(), "NOOP" | "RSET" | "STAT" | "LIST" | "UIDL" | "RETR" | "TOP");
        let alone = self.owed() == 1 && !self.uncounted && !self.lost;
        (simple && alone).then_some(&self.verb)
    }

    /// How many lines have to come; the connection itself is answered by the greeting.
    const fn owed(&self) -> u64 {
        self.sent.saturating_add(1).saturating_sub(self.came)
    }

    /// Whether something that comes now comes unasked.
    pub(super) const fn expects_nothing(&self) -> bool {
        self.owed() == 0 && !self.uncounted && !self.lost
    }

    /// From here on nothing is judged.
    pub(super) const fn lose(&mut self) {
        self.lost = true;
    }

    /// These octets are about to be sent.
    pub(super) fn before_sending(&mut self, octets: &[u8]) {
        let word = octets.split(|octet| !octet.is_ascii_alphabetic()).next().unwrap_or_default();
        let word = front(word, 16);
        let one = memchr::memchr_iter(b'\n', octets).count() < 2;
        if !self.in_auth && !self.half {
            self.verb = String::from_utf8_lossy(if one { word } else { b"" }).to_ascii_uppercase();
        }
        self.half = !octets.ends_with(b"\n");
        let in_auth = self.in_auth;
        let lines = octets.split_inclusive(|octet| *octet == b'\n');
        // 255 octets with CR LF (RFC 2449 section 4); lines of an exchange may be longer.
        self.long |= !in_auth && lines.clone().any(|line| line.len() > 255);
        self.bare_lf |= lines.clone().any(|line| line.ends_with(b"\n") && !line.ends_with(b"\r\n"));
        self.uncounted |= !lines.clone().all(|line| is_one_line(line, in_auth));
        self.sent = self.sent.saturating_add(lines.count() as u64);
        let argument = form::line(octets).and_then(form::parted).map(|(_, argument)| argument);
        self.many = !in_auth
            && match self.verb.as_str() {
                "LIST" | "UIDL" => argument.and_then(form::number).is_none(),
                "LANG" => argument.is_none_or(|argument| argument.contains(&b' ')),
                "AUTH" => argument.is_none(),
                verb => LISTED.contains(&verb),
            };
    }

    /// A line was read, and nothing that may follow it. Of odd commands it is not known what follows.
    pub(super) fn read_alone(&mut self, reply: &Reply) {
        if self.many && reply.is_ok() {
            self.lose();
        }
    }

    /// Gives the line to the referee.
    pub(super) fn hear(&mut self, reply: &Reply) {
        let (in_auth, surplus) = (self.in_auth, self.expects_nothing());
        self.came = self.came.saturating_add(1);
        let shown = self.desk.shown(front(&reply.raw, 160));
        if (in_auth || self.verb == "AUTH") && reply.is_challenge() {
            if form::code(form::text(&reply.raw)).is_some() {
                self.remark(Spot::CodeElsewhere, &shown);
            }
            self.in_auth = true;
            return;
        }
        self.in_auth = false;
        if self.lost {
            return;
        }
        if self.bare_lf && !reply.raw.ends_with(b"\r\n") {
            // Where the line was cut is where it repeats what was sent.
            self.lose();
            return;
        }
        let is_status = reply.is_ok() || reply.is_err();
        let refused = reply.is_err() && LISTED.contains(&self.verb.as_str());
        let before =
            core::mem::replace(&mut self.before, if refused { Before::Refusal } else { Before::Line });
        if !is_status || surplus {
            self.lose();
        }
        match before {
            // Replies that are mixed up are told by server/pipelining.
            Before::Body if !is_status && self.verb.is_empty() => {}
            Before::Refusal if !is_status || surplus && reply.is_err() => self.remark(Spot::Refusal, &shown),
            Before::Body if !is_status => {
                self.remark(Spot::Unstuffed, &format!("after the end of a multi-line reply: {shown}"));
            }
            _ if surplus => self.remark(Spot::OneReply, &format!("unasked: {shown}")),
            _ => {
                let heard = Heard {
                    raw: &reply.raw,
                    shown,
                    verb: &self.verb,
                    in_auth,
                    long: self.long,
                    codes: self.facts.announces("RESP-CODES"),
                    // Where there is no list, nothing can be announced.
                    auth_code: self.facts.announces("AUTH-RESP-CODE") || self.facts.lists().next().is_none(),
                };
                self.desk.remarks.borrow_mut().hear(&heard);
            }
        }
    }

    /// A multi-line reply was read up to its dot.
    pub(super) fn hear_body(&mut self, raw: &[u8]) {
        let is_message = !matches!(self.verb.as_str(), "LIST" | "UIDL" | "CAPA" | "LANG" | "AUTH");
        if self.lost {
            return;
        }
        self.before = Before::Body;
        // An empty message, or one whose first line is a dot that went out alone: a probe of its own tells.
        if is_message && raw.is_empty() {
            self.lose();
        }
        if !is_message {
            let mut lines = raw.split_inclusive(|octet| *octet == b'\n');
            if let Some(line) = lines.find(|line| !line.ends_with(b"\r\n")) {
                self.remark(
                    Spot::ListingEnd,
                    &format!("a line ends in LF alone: {}", self.desk.shown(front(line, 40))),
                );
            }
        }
        // Not the first line: that is told by server/retr/first-dot alone.
        let alone = |at: &usize| raw.get(at.saturating_add(3)) != Some(&b'.');
        if let Some(at) = memchr::memmem::find_iter(raw, b"\r\n.").find(alone) {
            let line = raw.get(at.saturating_add(2)..).unwrap_or_default();
            self.remark(Spot::Unstuffed, &self.desk.shown(front(line, 40)));
        }
    }

    /// A multi-line reply did not come to its end.
    pub(super) fn hear_no_end(&mut self, raw: &[u8]) {
        let ends: [&[u8]; 2] = [b"\n.\n", b"\n.\r\n"];
        if !self.lost && ends.iter().any(|end| raw.ends_with(end)) {
            let end = raw.get(raw.len().saturating_sub(40)..).unwrap_or(raw);
            self.remark(Spot::ListingEnd, &format!("the end is {}", self.desk.shown(end)));
        }
        self.lose();
    }

    /// These octets answer nothing, if nothing is due.
    pub(super) fn hear_unasked(&self, octets: &[u8]) {
        if octets.is_empty() || !self.expects_nothing() {
            return;
        }
        let is_rest = self.before == Before::Refusal && !octets.starts_with(b"+");
        let spot = if is_rest { Spot::Refusal } else { Spot::OneReply };
        let words = format!("after {}, unasked: {}", self.verb, self.desk.shown(front(octets, 80)));
        self.remark(spot, &words);
    }

    /// Octets were read as they came: a farewell, if the connection has ended after them.
    pub(super) fn hear_quiet(&mut self, octets: &[u8], ended: bool) {
        if octets.is_empty() {
            return;
        }
        if !ended {
            self.hear_unasked(octets);
        }
        self.lose();
    }

    pub(super) fn remark(&self, spot: Spot, words: &str) {
        self.desk.remarks.borrow_mut().note(spot, words);
    }
}

/// Whether every server reads this as one line, and answers it by one.
fn is_one_line(line: &[u8], in_auth: bool) -> bool {
    // More than any exchange needs.
    const LONGEST: usize = 16 * 1024;
    let text = form::line(line).unwrap_or_default();
    let verb = text.first().is_some_and(u8::is_ascii_alphabetic);
    form::line(line).is_some()
        && (verb && line.len() < 256 || in_auth && line.len() < LONGEST)
        && !text.contains(&0)
}

/// What a remark quotes.
fn front(octets: &[u8], most: usize) -> &[u8] {
    octets.get(..most).unwrap_or(octets)
}
