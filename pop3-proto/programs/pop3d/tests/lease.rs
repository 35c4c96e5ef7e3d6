//! A model of the lease on a maildrop in a database: two sessions on two front ends, two messages, and every order of
//! statements, lost answers, pauses, crashes, and jumps of the clock that counts.
//!
//! Each action of the model is one statement of `store/sql`, which the database carries out as a whole. What the model
//! leaves out are the statements themselves; `.ci/interop/many.py` tries those.

use std::collections::{HashSet, VecDeque};

/// How many ticks a lease lasts.
const LENGTH: u8 = 2;
/// How many leases are given in one history.
const LEASES: u8 = 4;

/// What the database knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Database {
    /// The messages that are there, as bits.
    there: u8,
    number: u8,
    /// Who took the lease, and the ticks that are left; `None` if it was given back.
    lease: Option<(usize, u8)>,
    /// Which lease removed each message.
    removed_by: [Option<u8>; 2],
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Session {
    Out,
    /// The answer to the login did not come, and it is tried again.
    Taking,
    In {
        number: u8,
        listed: u8,
        marked: u8,
    },
    /// QUIT has come. `again`: an attempt to remove was made, and nobody knows whether it was carried out.
    Quitting {
        number: u8,
        marked: u8,
        again: bool,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct World {
    database: Database,
    sessions: [Session; 2],
    /// Leases that sessions had, and that are to be given back, perhaps much later.
    free: [Option<u8>; 2],
    /// The messages that some client has asked to remove, and those of which it was told that they are gone.
    asked: u8,
    told: u8,
}

/// What a careless implementation does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    None,
    /// Removes without a look at the number.
    NoFence,
    /// Removes if there is some lease whose time is not over.
    ByTime,
    /// After a lost answer, another number means that nothing was removed.
    NoLook,
}

impl World {
    const START: Self = Self {
        database: Database { there: 0b11, number: 0, lease: None, removed_by: [None; 2] },
        sessions: [Session::Out; 2],
        free: [None; 2],
        asked: 0,
        told: 0,
    };

    /// Everything that may happen next.
    fn next(self, fault: Fault) -> Vec<Result<Self, &'static str>> {
        let mut worlds = vec![Ok(self.ticked())];
        if let Some((holder, _)) = self.database.lease {
            // Another server takes over, whose clock is another one.
            for left in 0..=LENGTH {
                let mut world = self;
                world.database.lease = Some((holder, left));
                worlds.push(Ok(world));
            }
        }
        for at in 0..2 {
            if let Some(number) = self.free[at] {
                let mut world = self;
                world.free[at] = None;
                if number == self.database.number {
                    world.database.lease = None;
                }
                worlds.push(Ok(world));
            }
            match self.sessions[at] {
                Session::Out | Session::Taking => self.take(at, &mut worlds),
                Session::In { number, listed, marked } => {
                    self.renew(number, at, &mut worlds);
                    for message in [0b01, 0b10] {
                        if listed & message != 0 {
                            worlds.push(Ok(
                                self.with(at, Session::In { number, listed, marked: marked | message })
                            ));
                        }
                    }
                    let mut quit = self.with(at, Session::Quitting { number, marked, again: false });
                    quit.asked |= marked;
                    worlds.push(Ok(quit));
                    // The client hangs up.
                    let mut gone = self.with(at, Session::Out);
                    gone.free[at] = Some(number);
                    worlds.push(Ok(gone));
                }
                Session::Quitting { number, marked, again } => {
                    self.renew(number, at, &mut worlds);
                    worlds.extend(self.removed(at, number, marked, again, fault));
                }
            }
            // The front end is killed.
            let mut killed = self.with(at, Session::Out);
            killed.free[at] = None;
            worlds.push(Ok(killed));
        }
        worlds
    }

    fn ticked(mut self) -> Self {
        if let Some((_, left)) = &mut self.database.lease {
            *left = left.saturating_sub(1);
        }
        self
    }

    fn with(mut self, at: usize, session: Session) -> Self {
        self.sessions[at] = session;
        self
    }

    fn take(self, at: usize, worlds: &mut Vec<Result<Self, &'static str>>) {
        let is_free = match self.database.lease {
            None | Some((_, 0)) => true,
            // The same session, which did not hear that it has the lease.
            Some((holder, _)) => holder == at && self.sessions[at] == Session::Taking,
        };
        if !is_free || self.database.number == LEASES {
            return;
        }
        let mut world = self;
        world.database.number += 1;
        world.database.lease = Some((at, LENGTH));
        let number = world.database.number;
        let listed = world.database.there;
        worlds.push(Ok(world.with(at, Session::In { number, listed, marked: 0 })));
        worlds.push(Ok(world.with(at, Session::Taking)));
    }

    fn renew(self, number: u8, at: usize, worlds: &mut Vec<Result<Self, &'static str>>) {
        if number == self.database.number {
            let mut world = self;
            world.database.lease = Some((at, LENGTH));
            worlds.push(Ok(world));
        }
    }

    /// The statement that removes, with and without an answer.
    fn removed(
        self,
        at: usize,
        number: u8,
        marked: u8,
        again: bool,
        fault: Fault,
    ) -> Vec<Result<Self, &'static str>> {
        let holds = match fault {
            Fault::NoFence => true,
            Fault::ByTime => self.database.lease.is_some_and(|(_, left)| left > 0),
            _ => number == self.database.number,
        };
        if !holds {
            let gone = self.database.there & marked == 0;
            let mut world = self.with(at, Session::Out);
            if again && gone && fault != Fault::NoLook {
                world.told |= marked;
                return vec![Ok(world)];
            }
            let own = (0..2).any(|m| marked & (1 << m) != 0 && self.database.removed_by[m] == Some(number));
            return vec![if own { Err("refused, and removed") } else { Ok(world) }];
        }
        let newer = self.sessions.iter().any(|other| match other {
            Session::In { number: other, .. } | Session::Quitting { number: other, .. } => *other > number,
            Session::Out | Session::Taking => false,
        });
        if newer && marked & self.database.there != 0 {
            return vec![Err("removed under the eyes of a later session")];
        }
        let mut world = self;
        for message in 0..2 {
            if marked & self.database.there & (1 << message) != 0 {
                world.database.removed_by[message] = Some(number);
            }
        }
        world.database.there &= !marked;
        world.database.lease = None;
        let lost = world.with(at, Session::Quitting { number, marked, again: true });
        world.told |= marked;
        vec![Ok(world.with(at, Session::Out)), Ok(lost)]
    }

    fn broken(self) -> Option<&'static str> {
        let holders = self.sessions.iter().filter(|session| match session {
            Session::In { number, .. } | Session::Quitting { number, .. } => *number == self.database.number,
            Session::Out | Session::Taking => false,
        });
        match () {
            () if !self.database.there & 0b11 & !self.asked != 0 => Some("removed, and nobody asked"),
            () if self.told & self.database.there != 0 => Some("told as removed, and still there"),
            () if holders.count() > 1 => Some("two sessions have one lease"),
            // Whatever happened, a lease is free after its time.
            () if (0..LENGTH)
                .fold(self, |world, _| world.ticked())
                .database
                .lease
                .is_some_and(|(_, left)| left > 0) =>
            {
                Some("a lease lasts too long")
            }
            () => None,
        }
    }
}

/// Goes through all worlds. Returns how many there are, or what went wrong.
fn explore(fault: Fault) -> Result<usize, &'static str> {
    let mut seen = HashSet::from([World::START]);
    let mut next = VecDeque::from([World::START]);
    while let Some(world) = next.pop_front() {
        for world in world.next(fault) {
            let world = world?;
            if let Some(why) = world.broken() {
                return Err(why);
            }
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
}
