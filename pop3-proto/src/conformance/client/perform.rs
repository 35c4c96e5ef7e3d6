//! How the played server does what is right, or what its [`Act`](super::act::Act) puts in its place.

use alloc::vec::Vec;
use core::time::Duration;

use super::act::Step;
use super::mind::State;
use super::puppet::{Out, Puppet};
use super::truth::{Then, Truth};
use crate::conformance::steps::End;

impl Puppet {
    /// Makes the handshake, or does what the act puts in its place after the client has begun it.
    pub(super) fn handshake(&mut self, on: &str) {
        let Some(steps) = self.steps(on, b"") else {
            return self.outs.push_back(Out::Secure(self.mind.act.certificate));
        };
        self.mind.state = State::Raw;
        // The client speaks first in a handshake.
        self.outs.push_back(Out::Wait(Duration::from_millis(300)));
        for step in steps {
            match step {
                Step::Say(octets) => self.say(&octets),
                Step::Hold(time) => self.outs.push_back(Out::Wait(time)),
                Step::Close(end) => self.outs.push_back(Out::Close(end)),
                _ => {}
            }
        }
    }

    pub(super) fn perform_if_ruled(&mut self, on: &str) {
        if self.steps(on, b"").is_some_and(|steps| !steps.is_empty()) {
            self.perform(on, b"", Truth::default());
        }
    }

    /// The steps of the last rule that matches.
    fn steps(&self, on: &str, line: &[u8]) -> Option<Vec<Step>> {
        let act = self.mind.act.clone();
        let mut scene = self.mind.scene.borrow_mut();
        let mut found = None;
        for (at, rule) in act.rules.iter().enumerate() {
            let command = !matches!(on, "GREETING" | "RESPONSE" | "HANDSHAKE" | "HANDSHAKEN" | "HELLO");
            let (rule_on, there) = match rule.on.strip_prefix("TLS ") {
                Some(rest) => (rest, self.mind.secured),
                None => (&*rule.on, true),
            };
            let alone = rule_on.strip_prefix('=');
            let whole = || {
                let text = alone.unwrap_or(rule_on);
                (alone.is_some() || text.contains(' ')) && line.eq_ignore_ascii_case(text.as_bytes())
            };
            let matches = there && (rule_on == on || command && (rule_on == "*" || whole()));
            if matches {
                let times = scene.matched.entry(at).or_default();
                *times = times.saturating_add(1);
                if rule.nth.is_none_or(|nth| nth == *times) {
                    found = Some(rule.steps.clone());
                }
            }
        }
        found
    }

    /// Says and does what is right, or what the act puts in its place.
    pub(super) fn perform(&mut self, on: &str, line: &[u8], truth: Truth) {
        if !self.mind.act.pause.is_zero() {
            self.outs.push_back(Out::Wait(self.mind.act.pause));
        }
        let Some(steps) = self.steps(on, line) else { return self.tell(truth) };
        let mut truth = Some(truth);
        let is_login = matches!(on, "PASS" | "APOP" | "AUTH" | "RESPONSE");
        for step in steps {
            match step {
                Step::Truth => {
                    if let Some(truth) = truth.take() {
                        self.tell(truth);
                    }
                }
                Step::Front(octets) => {
                    let said = truth.take().map(|truth| truth.octets).unwrap_or_default();
                    self.say(said.get(..octets.min(said.len())).unwrap_or_default());
                }
                Step::Split(octets) => {
                    if let Some(mut truth) = truth.take() {
                        let at = truth.octets.len().saturating_sub(octets);
                        let end = truth.octets.split_off(at);
                        self.say(&truth.octets.clone());
                        self.outs.push_back(Out::Wait(Duration::from_millis(30)));
                        self.tell(Truth { octets: end, ..truth });
                    }
                }
                Step::Say(octets) => self.claim(on, is_login, &octets),
                Step::Idle(octets) => self.say(&octets),
                Step::Hold(time) => self.outs.push_back(Out::Wait(time)),
                Step::Look => self.outs.push_back(Out::Look),
                Step::Close(end) => {
                    self.outs.push_back(Out::Close(end));
                    self.mind.state = State::Closing;
                }
            }
        }
    }

    /// Says something in place of the truth, which may let the client in.
    fn claim(&mut self, on: &str, is_login: bool, octets: &[u8]) {
        self.say(octets);
        let success = octets.starts_with(b"+OK");
        if octets.starts_with(b"+ ") || octets == b"+\r\n" {
            self.foreign |= matches!(on, "AUTH" | "RESPONSE");
            return;
        }
        if is_login {
            self.mind.exchange = None;
            self.foreign = false;
        }
        match on {
            "STLS" if success => self.then(Then::Secure),
            "QUIT" if success => self.then(Then::Closed),
            "QUIT" => {
                self.outs.push_back(Out::Close(End::Fin));
                self.mind.state = State::Closing;
            }
            _ if is_login && success => self.then(Then::In),
            _ => {}
        }
    }

    fn tell(&mut self, truth: Truth) {
        self.say(&truth.octets);
        self.then(truth.then);
    }

    /// What is said without a pause goes out in one piece, so that the same client reads the same each time.
    fn say(&mut self, octets: &[u8]) {
        match self.outs.back_mut() {
            _ if octets.is_empty() => {}
            Some(Out::Send(said)) => said.extend_from_slice(octets),
            _ => self.outs.push_back(Out::Send(octets.to_vec())),
        }
    }

    fn then(&mut self, then: Then) {
        match then {
            Then::Nothing => {}
            Then::In => {
                self.mind.user = None;
                self.mind.state = State::Transaction;
            }
            Then::Secure => {
                self.mind.session.early.append(&mut self.rest);
                self.mind.state = State::Deaf;
                self.handshake("HANDSHAKE");
            }
            Then::Closed => {
                self.mind.session.quit = true;
                self.outs.push_back(Out::Close(End::Fin));
                self.mind.state = State::Closing;
            }
            Then::Removed => {
                self.mind.remove_marked();
                self.then(Then::Closed);
            }
        }
    }
}
