//! What the database of the model does with each statement.

/// What the database knows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Database {
    /// The messages that are there, as bits.
    pub(crate) there: u8,
    pub(crate) number: u8,
    /// Which login took the lease last.
    pub(crate) holder: u8,
    pub(crate) lease: Lease,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Lease {
    Free,
    Held,
    /// Its time is over, by the clock of the database.
    Over,
}

/// What a careless implementation does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fault {
    None,
    /// Removes without a look at the number.
    NoFence,
    /// Removes if there is some lease whose time is not over.
    ByTime,
    /// After a lost answer, another number means that nothing was removed.
    NoLook,
    /// Renews a lease that was given back.
    RenewsFree,
    /// A login that takes the lease twice, because it did not hear that it has it, gets two numbers.
    TakesTwice,
    /// A login takes the lease once more when its session is over.
    TakesLate,
}

pub(crate) type Outcome<T> = Result<T, &'static str>;

pub(crate) const LOCKED_AGAIN: &str = "given back, and locked again";

impl Database {
    /// Returns whether the lease is taken.
    pub(crate) fn take(&mut self, holder: u8, fault: Fault) -> Outcome<bool> {
        let is_same = self.holder == holder;
        match self.lease {
            Lease::Free if is_same && fault == Fault::TakesLate => return Err(LOCKED_AGAIN),
            Lease::Free if is_same => return Ok(false),
            Lease::Held if !is_same => return Ok(false),
            _ => {}
        }
        self.number += u8::from(!is_same || fault == Fault::TakesTwice);
        (self.holder, self.lease) = (holder, Lease::Held);
        Ok(true)
    }

    pub(crate) fn renew(&mut self, number: u8, fault: Fault) -> Outcome<()> {
        match self.lease {
            _ if number != self.number => Ok(()),
            Lease::Free if fault == Fault::RenewsFree => Err(LOCKED_AGAIN),
            Lease::Free => Ok(()),
            Lease::Held | Lease::Over => {
                self.lease = Lease::Held;
                Ok(())
            }
        }
    }

    pub(crate) fn give_back(&mut self, number: u8) {
        if number == self.number {
            self.lease = Lease::Free;
        }
    }

    /// Returns the messages that it has removed; `None` if the lease does not hold.
    pub(crate) fn remove(&mut self, number: u8, marked: u8, fault: Fault) -> Option<u8> {
        let holds = match fault {
            Fault::NoFence => true,
            Fault::ByTime => self.lease == Lease::Held,
            _ => number == self.number,
        };
        if !holds {
            return None;
        }
        let removed = marked & self.there;
        self.there &= !removed;
        self.lease = Lease::Free;
        Some(removed)
    }
}
