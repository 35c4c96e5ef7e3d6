//! A model of the lease on a maildrop in a database: two front ends with a session each at a time, two messages, and
//! every order of statements, lost answers, statements that are carried out late, pauses, crashes, and jumps of the
//! clock that counts.
//!
//! Each action of the model is one statement of `store/sql`, which the database carries out as a whole. What the model
//! leaves out are the statements themselves; `.ci/interop/many.py` tries those.

mod database;

use std::collections::{HashSet, VecDeque};

use database::{Database, Fault, LOCKED_AGAIN, Lease, Outcome};

/// The number of the newest lease; see [`World::in_order`].
const NEWEST: u8 = 2;
/// A login that comes new into the world.
const NEW: u8 = 9;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Session {
    Out,
    Taking {
        holder: u8,
    },
    In {
        number: u8,
        listed: u8,
        marked: u8,
    },
    /// QUIT has come. `again`: an attempt to remove was made, and nobody knows whether it was carried out. If it was,
    /// it removed `gone`.
    Quitting {
        number: u8,
        marked: u8,
        again: bool,
        gone: u8,
    },
}

/// A statement that the database has got, and that it carries out at any time, whatever becomes of the front end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Statement {
    Take { holder: u8 },
    Renew { number: u8 },
    GiveBack { number: u8 },
    Remove { number: u8, marked: u8 },
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct World {
    database: Database,
    sessions: [Session; 2],
    /// Of each front end, a statement whose answer nobody waits for.
    late: [Option<Statement>; 2],
    /// The messages that some client has asked to remove.
    asked: u8,
}

impl Session {
    fn number(&self) -> Option<u8> {
        match *self {
            Self::In { number, .. } | Self::Quitting { number, .. } => Some(number),
            Self::Out | Self::Taking { .. } => None,
        }
    }
}

impl World {
    const START: Self = Self {
        database: Database { there: 0b11, number: NEWEST, holder: 0, lease: Lease::Free },
        sessions: [Session::Out; 2],
        late: [None; 2],
        asked: 0,
    };

    /// Everything that may happen next.
    fn next(self, fault: Fault) -> Outcome<Vec<Self>> {
        let mut worlds = Vec::new();
        if self.database.lease != Lease::Free {
            // Time passes, or another server takes over, whose clock may be an earlier one.
            worlds.extend(
                [Lease::Held, Lease::Over].map(|lease| self.changed(|world| world.database.lease = lease)),
            );
        }
        for at in 0..2 {
            if let Some(statement) = self.late[at] {
                let world = self.changed(|world| world.late[at] = None);
                worlds.push(world);
                worlds.push(world.carried_out(at, statement, fault)?);
            }
            self.step(at, fault, &mut worlds)?;
            // The front end is killed.
            worlds.push(self.with(at, Session::Out));
        }
        Ok(worlds)
    }

    fn step(self, at: usize, fault: Fault, worlds: &mut Vec<Self>) -> Outcome<()> {
        match self.sessions[at] {
            Session::Out => worlds.push(self.with(at, Session::Taking { holder: NEW })),
            Session::Taking { holder } => {
                worlds.extend(self.delayed(at, Statement::Take { holder }));
                let mut world = self;
                if world.database.take(holder, fault)? {
                    let (number, listed) = (world.database.number, world.database.there);
                    worlds.push(world);
                    worlds.push(world.with(at, Session::In { number, listed, marked: 0 }));
                }
            }
            Session::In { number, listed, marked } => {
                self.renewed(at, number, fault, worlds)?;
                for message in [0b01, 0b10] {
                    let marked = marked | message & listed;
                    worlds.push(self.with(at, Session::In { number, listed, marked }));
                }
                let quitting = Session::Quitting { number, marked, again: false, gone: 0 };
                worlds.push(self.with(at, quitting).changed(|world| world.asked |= marked));
                // The client hangs up.
                worlds.push(self.with(at, Session::Out).sent(at, Statement::GiveBack { number }));
            }
            Session::Quitting { number, marked, gone, .. } => {
                self.renewed(at, number, fault, worlds)?;
                let unanswered = |gone| Session::Quitting { number, marked, again: true, gone };
                worlds.push(self.with(at, unanswered(gone)));
                worlds.extend(
                    self.with(at, unanswered(gone)).delayed(at, Statement::Remove { number, marked }),
                );
                // The time for it is over: the client is told that nobody knows.
                worlds.push(self.with(at, Session::Out));
                worlds.push(self.with(at, Session::Out).sent(at, Statement::GiveBack { number }));

                let mut world = self;
                let Some(removed) = world.database.remove(number, marked, fault) else {
                    worlds.push(self.refused(at, fault)?);
                    return Ok(());
                };
                self.seen_by_others(number, removed)?;
                worlds.push(world.with(at, unanswered(gone | removed)));
                worlds.push(world.told(at, marked)?);
            }
        }
        Ok(())
    }

    /// The client is told that these are gone.
    fn told(self, at: usize, marked: u8) -> Outcome<Self> {
        match self.database.there & marked {
            0 => Ok(self.with(at, Session::Out)),
            _ => Err("told as removed, and still there"),
        }
    }

    /// The number of the lease is another one.
    fn refused(self, at: usize, fault: Fault) -> Outcome<Self> {
        let Session::Quitting { marked, again, gone, .. } = self.sessions[at] else { return Ok(self) };
        if again && self.database.there & marked == 0 && fault != Fault::NoLook {
            return self.told(at, marked);
        }
        if gone != 0 {
            return Err("refused, and removed");
        }
        Ok(self.with(at, Session::Out))
    }

    fn renewed(self, at: usize, number: u8, fault: Fault, worlds: &mut Vec<Self>) -> Outcome<()> {
        worlds.extend(self.delayed(at, Statement::Renew { number }));
        let mut world = self;
        world.database.renew(number, fault)?;
        worlds.push(world);
        Ok(())
    }

    fn carried_out(mut self, at: usize, statement: Statement, fault: Fault) -> Outcome<Self> {
        match statement {
            Statement::Take { holder } => {
                let had = (self.database.holder == holder).then_some(self.database.number);
                self.database.take(holder, fault)?;
                let is_lost = had.is_some_and(|had| had != self.database.number);
                if is_lost && self.sessions.iter().any(|session| session.number() == had) {
                    return Err("a session takes the lease from itself");
                }
            }
            Statement::Renew { number } => self.database.renew(number, fault)?,
            Statement::GiveBack { number } => self.database.give_back(number),
            Statement::Remove { number, marked } => {
                let removed = self.database.remove(number, marked, fault).unwrap_or(0);
                self.seen_by_others(number, removed)?;
                if let Session::Quitting { number: own, gone, .. } = &mut self.sessions[at] {
                    *gone |= if *own == number { removed } else { 0 };
                }
            }
        }
        Ok(self)
    }

    fn seen_by_others(self, number: u8, removed: u8) -> Outcome<()> {
        let is_newer = |session: &Session| session.number().is_some_and(|other| other > number);
        match removed != 0 && self.sessions.iter().any(is_newer) {
            true => Err("removed under the eyes of a later session"),
            false => Ok(()),
        }
    }

    /// Nobody waits for the answer of this statement.
    fn sent(self, at: usize, statement: Statement) -> Self {
        self.changed(|world| world.late[at] = Some(statement))
    }

    fn delayed(self, at: usize, statement: Statement) -> Option<Self> {
        self.late[at].is_none().then(|| self.sent(at, statement))
    }

    fn with(self, at: usize, session: Session) -> Self {
        self.changed(|world| world.sessions[at] = session)
    }

    fn changed(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn broken(self) -> Option<&'static str> {
        let number = Some(self.database.number);
        match () {
            () if !self.database.there & 0b11 & !self.asked != 0 => Some("removed, and nobody asked"),
            () if self.sessions.iter().all(|session| session.number() == number) => {
                Some("two sessions have one lease")
            }
            () => None,
        }
    }

    /// Of worlds that differ only in the order of front ends or messages, or in what numbers and logins are called,
    /// one is enough. So histories of any length come to a number of worlds that is finite.
    fn in_order(mut self) -> Self {
        let newest = self.database.number;
        for late in &mut self.late {
            // What has an old number changes nothing any more.
            *late = late.filter(|statement| match *statement {
                Statement::Take { .. } => true,
                Statement::Renew { number }
                | Statement::GiveBack { number }
                | Statement::Remove { number, .. } => number == newest,
            });
        }
        // What was asked of a message that is gone decides nothing more.
        self.asked |= !self.database.there & 0b11;
        let front_ends = self.changed(|world| {
            world.sessions.swap(0, 1);
            world.late.swap(0, 1);
        });
        let orders = [self, front_ends, self.messages_swapped(), front_ends.messages_swapped()];
        orders.map(Self::renamed).into_iter().min().unwrap_or(self)
    }

    fn messages_swapped(self) -> Self {
        let swap = |bits: &mut u8| *bits = (*bits & 1) << 1 | *bits >> 1;
        self.changed(|world| {
            swap(&mut world.database.there);
            swap(&mut world.asked);
            for session in &mut world.sessions {
                match session {
                    Session::In { listed, marked, .. } => [listed, marked].map(swap),
                    Session::Quitting { marked, gone, .. } => [marked, gone].map(swap),
                    Session::Out | Session::Taking { .. } => continue,
                };
            }
            for late in &mut world.late {
                if let Some(Statement::Remove { marked, .. }) = late {
                    swap(marked);
                }
            }
        })
    }

    /// The newest number is [`NEWEST`], and the next lower ones follow. Logins count from 0 on.
    fn renamed(mut self) -> Self {
        let newest = self.database.number;
        let numbers = self.sessions.map(|session| session.number());
        let rank = |number: u8| match number {
            _ if number == newest => NEWEST,
            _ if numbers.iter().flatten().any(|other| (number + 1..newest).contains(other)) => NEWEST - 2,
            _ => NEWEST - 1,
        };
        let mut logins = vec![self.database.holder];
        let mut login = |holder: &mut u8| {
            let at = logins.iter().position(|other| other == holder).unwrap_or(logins.len());
            logins.extend((at == logins.len()).then_some(*holder));
            *holder = u8::try_from(at).unwrap_or(NEW);
        };
        login(&mut self.database.holder);
        self.database.number = NEWEST;
        for session in &mut self.sessions {
            match session {
                Session::Out => {}
                Session::Taking { holder } => login(holder),
                Session::In { number, .. } | Session::Quitting { number, .. } => *number = rank(*number),
            }
        }
        for statement in self.late.iter_mut().flatten() {
            match statement {
                Statement::Take { holder } => login(holder),
                Statement::Renew { number }
                | Statement::GiveBack { number }
                | Statement::Remove { number, .. } => *number = rank(*number),
            }
        }
        self
    }
}

/// Goes through all worlds. Returns how many there are, or what went wrong.
fn explore(fault: Fault) -> Outcome<usize> {
    let mut seen = HashSet::from([World::START]);
    let mut next = VecDeque::from([World::START]);
    while let Some(world) = next.pop_front() {
        for world in world.next(fault)? {
            if let Some(why) = world.broken() {
                return Err(why);
            }
            let world = world.in_order();
            if seen.insert(world) {
                next.push_back(world);
            }
        }
    }
    Ok(seen.len())
}

#[test]
fn nothing_is_lost_in_any_world_with_two_front_ends_and_two_messages() {
    let worlds = explore(Fault::None).unwrap();
    println!("{worlds} worlds");
    assert!(worlds > 10_000, "{worlds}");
}

#[test]
fn a_careless_implementation_is_found_out() {
    assert_eq!(explore(Fault::NoFence), Err("removed under the eyes of a later session"));
    assert_eq!(explore(Fault::ByTime), Err("removed under the eyes of a later session"));
    assert_eq!(explore(Fault::NoLook), Err("refused, and removed"));
    assert_eq!(explore(Fault::RenewsFree), Err(LOCKED_AGAIN));
    assert_eq!(explore(Fault::TakesTwice), Err("a session takes the lease from itself"));
    assert_eq!(explore(Fault::TakesLate), Err(LOCKED_AGAIN));
}
