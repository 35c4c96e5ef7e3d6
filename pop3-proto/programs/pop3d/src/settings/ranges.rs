//! Numbers in the settings that have to lie in a range. The error of the TOML reader adds line and setting.

use serde::{Deserialize, Deserializer, de};

/// A hundred years, in seconds: longer than anybody waits, and short enough to count with.
pub(super) const LONG: u64 = 100 * 366 * 24 * 3600;

pub(super) fn seconds<'de, D: Deserializer<'de>>(number: D) -> Result<u64, D::Error> {
    within(number, 0, LONG)
}

pub(super) fn seconds_not_zero<'de, D: Deserializer<'de>>(number: D) -> Result<u64, D::Error> {
    within(number, 1, LONG)
}

/// A number of connections: with 0 nobody would be served.
pub(super) fn connections<'de, D: Deserializer<'de>>(number: D) -> Result<usize, D::Error> {
    let most = 10_000_000;
    within(number, 1, most).and_then(|number| usize::try_from(number).map_err(de::Error::custom))
}

fn within<'de, D: Deserializer<'de>>(number: D, least: u64, most: u64) -> Result<u64, D::Error> {
    let number = u64::deserialize(number)?;
    if (least..=most).contains(&number) {
        Ok(number)
    } else {
        Err(de::Error::custom(format!("{number} is not between {least} and {most}")))
    }
}
