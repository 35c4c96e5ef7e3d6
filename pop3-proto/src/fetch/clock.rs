//! Times of a clock that was wrong: boards without a battery start in 1970, and a slip of the hand brings
//! 2038.

use super::matching::is_imported;
use super::record::Record;

/// A clock that shows an earlier time is wrong: this crate was written later. 2025-01-01 in seconds since
/// 1970.
pub const EARLIEST_TIME: u64 = 1_735_689_600;
/// The same for entries of another program: 1990-01-01.
const EARLIEST_IMPORT: u64 = 631_152_000;
/// How far two right clocks may differ.
const DAY: u64 = 24 * 60 * 60;

impl Record {
    /// Replaces impossible times with `now`, in seconds since 1970: those before [`EARLIEST_TIME`], or before
    /// 1990 in imported entries, and those that are more than a day ahead. So days are counted from the first
    /// session whose clock was right, and a clock that was ahead once keeps no message for years.
    ///
    /// If the clock is slow but past [`EARLIEST_TIME`], right times in the record look as if they were ahead,
    /// and are replaced. Messages may then be deleted too early, by as much as the clock is slow.
    ///
    /// If `now` itself is before [`EARLIEST_TIME`], nothing is changed. Set no [`Rules`](super::Rules) that count
    /// days then.
    pub fn mend_times(&mut self, now: u64) {
        if now < EARLIEST_TIME {
            return;
        }
        self.retain(|_, entry| {
            let earliest = if is_imported(entry) { EARLIEST_IMPORT } else { EARLIEST_TIME };
            let can_be = |time: u64| time >= earliest && time <= now.saturating_add(DAY);
            let mend = |time: u64| if can_be(time) { time } else { now };
            entry.first_seen = mend(entry.first_seen);
            entry.stored = entry.stored.map(mend);
            entry.listed = mend(entry.listed);
            true
        });
    }
}
