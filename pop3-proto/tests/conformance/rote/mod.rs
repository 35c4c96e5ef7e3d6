//! A client that does what it is told by rote: right, or with faults that have names. It proves the probes for
//! clients.

mod talk;
mod talk_login;
mod talk_mail;
mod wire;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use pop3_proto::Time;
use pop3_proto::conformance::{Caller, Certificate, End, Exit, Link, Move, Task, TlsFacts};

pub(crate) use talk::{EXPORTER, Lost, Memory};
pub(crate) use wire::Wire;

/// The names of its faults.
pub(crate) type Faults = &'static [&'static str];

type Work = Pin<Box<dyn Future<Output = Result<(), Lost>>>>;

/// The client, between and during its runs.
pub(crate) struct Rote {
    faults: Rc<BTreeSet<&'static str>>,
    memory: Rc<RefCell<Memory>>,
    wire: Rc<RefCell<Wire>>,
    work: Option<Work>,
    /// It has a certificate of its own.
    certificate: bool,
}

impl Rote {
    pub(crate) fn new(faults: Faults) -> Self {
        Self {
            faults: Rc::new(faults.iter().copied().collect()),
            memory: Rc::default(),
            wire: Rc::default(),
            work: None,
            certificate: false,
        }
    }

    /// Goes as far as it can.
    fn go_on(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        if let Some(work) = &mut self.work
            && let Poll::Ready(result) = work.as_mut().poll(&mut context)
        {
            self.work = None;
            let success = result.is_ok() || self.faults.contains("tells-success");
            let success = (!self.faults.contains("tells-nothing")).then_some(success);
            let crashed = matches!(result, Err(Lost::Crash));
            let mut wire = self.wire.borrow_mut();
            for link in wire.open() {
                let end = if self.faults.contains("no-alert") { End::Truncated } else { End::Fin };
                wire.moves.push_back(Move::Leave(link, end));
            }
            let printed = wire.printed.clone();
            wire.moves.push_back(Move::Exit(Exit { success, crashed, printed }));
        }
    }
}

impl Caller for Rote {
    fn start(&mut self, task: &Task, now: Time) -> bool {
        if !task.again {
            self.memory.take();
        }
        self.certificate = task.method == Some("EXTERNAL") && !self.faults.contains("hides-certificate");
        *self.wire.borrow_mut() = Wire {
            now,
            by_segments: self.faults.contains("segments-matter"),
            patient: self.faults.contains("patient"),
            no_alert: self.faults.contains("no-alert"),
            in_pieces: self.faults.contains("in-pieces"),
            waits_for_ever: self.faults.contains("waits-for-ever"),
            ..Wire::default()
        };
        let talk = talk::Talk {
            wire: self.wire.clone(),
            memory: self.memory.clone(),
            faults: self.faults.clone(),
            task: task.clone(),
        };
        self.work = Some(Box::pin(talk.run()));
        true
    }

    fn next(&mut self, now: Time) -> Option<Move> {
        self.wire.borrow_mut().now = now;
        let moved = self.wire.borrow_mut().moves.pop_front();
        moved.or_else(|| {
            self.go_on();
            self.wire.borrow_mut().moves.pop_front()
        })
    }

    fn take(&mut self, link: Link, octets: &[u8], _: Time) {
        self.wire.borrow_mut().put(link, octets);
        if self.faults.contains("segments-matter") {
            self.go_on();
        }
    }

    fn secure(&mut self, link: Link, certificate: Certificate) -> Option<TlsFacts> {
        let takes = match certificate {
            Certificate::Good | Certificate::Wildcard => {
                !self.faults.contains("refuses-wildcards") || certificate == Certificate::Good
            }
            Certificate::OtherHost
            | Certificate::SubjectOnly
            | Certificate::SubjectBesideOther
            | Certificate::WildcardTooHigh
            | Certificate::PartialWildcard => self.faults.contains("any-name"),
            _ => self.faults.contains("any-certificate"),
        };
        self.wire.borrow_mut().secured(link, takes);
        takes.then(|| TlsFacts {
            version: "TLSv1_3".into(),
            client_certificate: self.certificate,
            exporter: Some(EXPORTER.into()),
            ..TlsFacts::default()
        })
    }

    fn closed(&mut self, link: Link, _: End) {
        self.wire.borrow_mut().close(link);
    }

    fn stop(&mut self) {
        self.work = None;
        self.wire.borrow_mut().moves.clear();
    }

    fn stored(&mut self) -> Option<Vec<Vec<u8>>> {
        Some(self.memory.borrow().stored.clone())
    }
}
