//! [`Puppet`]: the played server on one connection. It tells the truth unless an [`Act`] says otherwise.

use alloc::collections::VecDeque;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::time::Duration;

use super::act::Act;
use super::mind::{Mind, Scene, State};
use super::ran::{Line, Session, verb};
use super::truth::{self, Truth};
use crate::conformance::steps::{Door, End, TlsFacts};
use crate::conformance::task::{Certificate, Task};

/// What the played server does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Out {
    Send(Vec<u8>),
    Wait(Duration),
    Secure(Certificate),
    Close(End),
    Look,
}

/// The played server on one connection.
#[derive(Debug)]
pub(super) struct Puppet {
    pub(super) mind: Mind,
    /// A challenge was made up: the next line answers it.
    pub(super) foreign: bool,
    pub(super) outs: VecDeque<Out>,
    pub(super) rest: Vec<u8>,
    /// In how many segments that came.
    pieces: u32,
    /// What was sent last does not end in a line end.
    is_mid_line: bool,
}

impl Puppet {
    pub(super) fn new(act: &Rc<Act>, task: &Rc<Task>, scene: &Rc<RefCell<Scene>>, session: Session) -> Self {
        let mut puppet = Self {
            mind: Mind::new(act, task, scene, session),
            foreign: false,
            outs: VecDeque::new(),
            rest: Vec::new(),
            pieces: 0,
            is_mid_line: false,
        };
        if puppet.mind.session.door == Door::Tls {
            puppet.handshake("HELLO");
        } else {
            puppet.greet();
        }
        puppet
    }

    fn greet(&mut self) {
        let stamp = self.mind.act.timestamp.as_ref().map(|stamp| [" ", stamp].concat()).unwrap_or_default();
        let truth = Truth::line(&["+OK POP3 server ready", &stamp].concat());
        self.perform("GREETING", b"", truth);
    }

    /// The handshake is done, or has failed.
    pub(super) fn secured(&mut self, made: Result<TlsFacts, String>) {
        match made {
            Ok(facts) => {
                let session = &mut self.mind.session;
                session.certificate |= facts.client_certificate;
                session.tls = Some(facts.version);
                self.mind.exporter = facts.exporter;
            }
            Err(why) => {
                self.mind.session.no_tls = Some(why);
                self.mind.state = State::Closed;
                self.outs.clear();
                self.outs.push_back(Out::Close(End::Fin));
                return;
            }
        }
        self.mind.secured = true;
        self.mind.user = None;
        self.rest.clear();
        if self.mind.session.door == Door::Tls {
            self.greet();
        } else {
            self.mind.state = State::Authorization;
            self.perform_if_ruled("HANDSHAKEN");
        }
    }

    /// All that was to be said has been said: now commands may come.
    pub(super) fn idle(&mut self) {
        if self.mind.state == State::Deaf && !self.outs.iter().any(|out| matches!(out, Out::Secure(_))) {
            self.mind.state = State::Authorization;
        }
    }

    /// Hears octets. Returns the lines that they complete, each with its octets and in how many segments it came.
    pub(super) fn take(&mut self, octets: &[u8]) -> Vec<(Line, Vec<u8>, u32)> {
        match self.mind.state {
            State::Raw => self.mind.session.raw.extend_from_slice(octets),
            State::Deaf => self.mind.session.early.extend_from_slice(octets),
            State::Closed => {}
            State::Authorization | State::Transaction | State::Closing => self.rest.extend_from_slice(octets),
        }
        let mut heard = Vec::new();
        self.pieces = self.pieces.saturating_add(1);
        while matches!(self.mind.state, State::Authorization | State::Transaction | State::Closing)
            && let Some(at) = memchr::memchr(b'\n', &self.rest)
        {
            let raw: Vec<u8> = self.rest.drain(..=at).collect();
            // Within a line that does not end, a client may take its front for the answer.
            let early = (!self.outs.is_empty() || !self.rest.is_empty()) && !self.is_mid_line;
            if early {
                let session = &mut self.mind.session;
                session.pipelined = session.pipelined.saturating_add(1);
                if !self.mind.offers("PIPELINING") {
                    self.mind.session.at_once = self.mind.session.at_once.saturating_add(1);
                }
            }
            let text = raw.strip_suffix(b"\n").unwrap_or(&raw);
            let line = Line {
                text: text.strip_suffix(b"\r").unwrap_or(text).to_vec(),
                is_response: self.mind.exchange.is_some() || self.foreign,
                secured: self.mind.secured,
                inside: self.mind.state == State::Transaction,
            };
            self.mind.session.lines.push(line.clone());
            if self.mind.state != State::Closing {
                self.answer(&line);
            }
            heard.push((line, raw, self.pieces));
            self.pieces = 1;
        }
        if self.rest.is_empty() {
            self.pieces = 0;
        }
        heard
    }

    fn answer(&mut self, line: &Line) {
        if line.is_response {
            self.foreign = false;
            let truth = truth::response(&mut self.mind, &line.text);
            return self.perform("RESPONSE", &line.text, truth);
        }
        let verb = verb(&line.text);
        let mut truth = truth::of(&mut self.mind, &verb, &line.text);
        if self.mind.act.bare {
            truth.bare(&verb);
        }
        self.perform(&verb, &line.text, truth);
    }

    /// What to do next, once what came before is done.
    pub(super) fn next(&mut self) -> Option<Out> {
        let out = self.outs.pop_front();
        if let Some(Out::Send(octets)) = &out {
            self.is_mid_line = !octets.ends_with(b"\n");
        }
        if matches!(out, Some(Out::Close(_))) {
            self.mind.state = State::Closed;
            self.outs.clear();
        }
        if self.outs.is_empty() && !matches!(out, Some(Out::Secure(_) | Out::Wait(_))) {
            self.idle();
        }
        out
    }

    pub(super) fn left(&mut self, end: End) {
        self.mind.session.left = Some(end);
        self.mind.session.unsaid = self.outs.iter().any(|out| matches!(out, Out::Send(_)));
        self.mind.state = State::Closed;
        self.outs.clear();
    }

    pub(super) const fn is_closed(&self) -> bool {
        matches!(self.mind.state, State::Closed)
    }

    pub(super) fn into_session(self) -> Session {
        self.mind.session
    }
}
