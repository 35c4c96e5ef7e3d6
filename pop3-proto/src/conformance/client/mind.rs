//! [`Mind`]: what the played server knows on one connection.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::RefCell;

use super::act::Act;
use super::exchange::Exchange;
use super::mail::Mail;
use super::ran::Session;
use crate::conformance::task::Task;

/// What the connections of a run share.
#[derive(Debug, Default)]
pub(super) struct Scene {
    /// The indexes of messages that are gone.
    gone: BTreeSet<usize>,
    /// How often each rule has matched.
    pub(super) matched: BTreeMap<usize, u32>,
}

/// Where the dialogue is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing may come: before the greeting, or until the handshake is done.
    Deaf,
    Authorization,
    Transaction,
    /// What comes is raw: a handshake that will not be made.
    Raw,
    /// What comes is heard and not answered: the end comes next.
    Closing,
    Closed,
}

/// What the played server knows on one connection.
#[derive(Debug)]
pub(super) struct Mind {
    pub(super) act: Rc<Act>,
    pub(super) task: Rc<Task>,
    pub(super) scene: Rc<RefCell<Scene>>,
    pub(super) session: Session,
    pub(super) state: State,
    pub(super) secured: bool,
    /// What binds a login to the TLS session.
    pub(super) exporter: Option<Vec<u8>>,
    /// USER has come, with this name.
    pub(super) user: Option<Vec<u8>>,
    pub(super) exchange: Option<Exchange>,
}

impl Mind {
    pub(super) fn new(act: &Rc<Act>, task: &Rc<Task>, scene: &Rc<RefCell<Scene>>, session: Session) -> Self {
        Self {
            act: act.clone(),
            task: task.clone(),
            scene: scene.clone(),
            session,
            state: State::Deaf,
            secured: false,
            exporter: None,
            user: None,
            exchange: None,
        }
    }

    /// What CAPA lists now.
    pub(super) fn list(&self) -> Vec<String> {
        let before = if self.secured { &self.act.secured } else { &self.act.clear };
        match (&self.act.after, self.state) {
            (Some(after), State::Transaction) => after.clone(),
            (None, State::Transaction) => {
                before.iter().filter(|line| *line != "STLS").map(ToString::to_string).collect()
            }
            _ => before.clone(),
        }
    }

    /// Whether this tag is listed now.
    pub(super) fn offers(&self, tag: &str) -> bool {
        let is_tag = |line: &String| line.split(' ').next().is_some_and(|t| t.eq_ignore_ascii_case(tag));
        self.list().iter().any(is_tag)
    }

    /// The messages that are there, each with its index and its number.
    fn numbered(&self) -> Vec<(usize, u32)> {
        let scene = self.scene.borrow();
        (0..self.act.mails.len()).filter(|at| !scene.gone.contains(at)).zip(1..).collect()
    }

    /// The messages that are there and not marked, with their numbers and indexes, in the order of listings.
    pub(super) fn listed(&self) -> Vec<(u32, usize)> {
        let marked: BTreeSet<u32> = self.session.marked.iter().copied().collect();
        let there = self.numbered().into_iter().filter(|(_, number)| !marked.contains(number));
        if self.act.order.is_empty() {
            return there.map(|(at, number)| (number, at)).collect();
        }
        let numbers: BTreeMap<usize, u32> = there.collect();
        self.act.order.iter().filter_map(|at| Some((*numbers.get(at)?, *at))).collect()
    }

    /// The message of this index.
    pub(super) fn mail(&self, at: usize) -> Option<&Mail> {
        self.act.mails.get(at)
    }

    /// What is marked is gone.
    pub(super) fn remove_marked(&self) {
        let marked = self.numbered().into_iter().filter(|(_, number)| self.session.marked.contains(number));
        let marked: Vec<usize> = marked.map(|(at, _)| at).collect();
        self.scene.borrow_mut().gone.extend(marked);
    }
}
