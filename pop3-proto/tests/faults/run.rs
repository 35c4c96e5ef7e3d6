//! One session over a link with a fault in it, in virtual time.

use std::collections::VecDeque;
use std::time::Duration;

use pop3_proto::Time;
use pop3_proto::fetch::Rules;
use pop3_proto::server::Config;

use crate::fetcher::{Confirm, End, Fetcher, Store};
use crate::keeper::{Keeper, Removal};
use crate::maildrop::Maildrop;
use crate::random::Random;

/// Seconds without a byte after which the client gives up.
pub(crate) const DEADLINE: u64 = 60;

/// What goes wrong with the link.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fault {
    /// Nothing passes to the server after this many bytes; `down` is the same for the client.
    pub(crate) up: Option<usize>,
    pub(crate) down: Option<usize>,
    /// The client is not told that the connection is gone.
    pub(crate) silent: bool,
    /// Whether the other direction still delivers what is on its way when one direction breaks.
    pub(crate) half: bool,
    /// After this many bytes nothing passes to the client for this many seconds.
    pub(crate) stall: Option<(usize, u64)>,
    /// The number of an answer, and the line that replaces its first line.
    pub(crate) garbage: Option<(usize, &'static str)>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) rules: Rules,
    pub(crate) day: u64,
    pub(crate) confirm: Confirm,
    pub(crate) crash: bool,
    pub(crate) removal: Removal,
    pub(crate) pipelining: bool,
    /// The largest slice that passes at once.
    pub(crate) slice: usize,
    pub(crate) fault: Fault,
}

impl Plan {
    pub(crate) fn new(rules: Rules) -> Self {
        Self {
            rules,
            day: 0,
            confirm: Confirm::AtOnce,
            crash: false,
            removal: Removal::Whole,
            pipelining: true,
            slice: usize::MAX,
            fault: Fault::default(),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) end: End,
    pub(crate) fetched: usize,
    /// How many bytes arrived, up and down.
    pub(crate) passed: [usize; 2],
    pub(crate) answers: usize,
}

/// One direction.
#[derive(Default)]
struct Pipe {
    octets: VecDeque<u8>,
    passed: usize,
    breaks_at: Option<usize>,
}

impl Pipe {
    fn take(&mut self, most: usize) -> Vec<u8> {
        let left = self.breaks_at.map_or(usize::MAX, |at| at - self.passed);
        let len = self.octets.len().min(most).min(left);
        self.passed += len;
        self.octets.drain(..len).collect()
    }

    fn is_broken(&self) -> bool {
        self.breaks_at == Some(self.passed)
    }
}

pub(crate) fn session(
    config: &Config,
    maildrop: &mut Maildrop,
    store: &mut Store,
    plan: &Plan,
    random: &mut Random,
) -> Outcome {
    let fault = plan.fault;
    let mut keeper = Keeper::new(config, plan.removal);
    keeper.garbage = fault.garbage;
    let mut fetcher = Fetcher::new(store, plan.rules, plan.day, plan.confirm, plan.pipelining);
    let mut up = Pipe { breaks_at: fault.up, ..Pipe::default() };
    let mut down = Pipe { breaks_at: fault.down, ..Pipe::default() };
    let (mut now, mut heard_at, mut stalled_for) = (0_u64, 0, 0);
    while fetcher.end.is_none() {
        let time = Time::ZERO.after(Duration::from_secs(now));
        up.octets.extend(fetcher.out.drain(..));
        let most = 1 + random.below(plan.slice.min(500));
        let arrived = up.take(most);
        let said = keeper.hear(&arrived, time, maildrop, random);
        down.octets.extend(&said);
        if up.is_broken() && !fault.half || down.is_broken() {
            down.octets.clear();
        }
        let to_stall = fault.stall.map_or(usize::MAX, |(at, _)| at.saturating_sub(down.passed));
        let stalls = to_stall == 0 && fault.stall.is_some_and(|(_, seconds)| stalled_for < seconds);
        let heard = if stalls { Vec::new() } else { down.take(most.min(to_stall.max(1))) };
        let broken = up.is_broken() || down.is_broken();
        let hangs_up = if broken { !fault.silent } else { keeper.closed };
        if !heard.is_empty() {
            heard_at = now;
            fetcher.hear(&heard);
        } else if hangs_up && !stalls {
            if down.octets.is_empty() {
                fetcher.hang_up();
            }
        } else if arrived.is_empty() && fetcher.out.is_empty() && up.octets.is_empty()
            || stalls
            || up.is_broken()
        {
            now += 1;
            stalled_for += u64::from(stalls);
            if now - heard_at >= DEADLINE {
                fetcher.end.get_or_insert(End::Deadline);
            }
        }
        assert!(now <= heard_at + DEADLINE, "the session outlives its deadline");
    }
    // What the client sent before it left still arrives.
    up.octets.extend(fetcher.out.drain(..));
    let rest = up.take(usize::MAX);
    let _ = keeper.hear(&rest, Time::ZERO.after(Duration::from_secs(now)), maildrop, random);
    let answers = keeper.answers();
    let (end, fetched) = fetcher.leave(plan.crash);
    Outcome { end, fetched, passed: [up.passed, down.passed], answers }
}
