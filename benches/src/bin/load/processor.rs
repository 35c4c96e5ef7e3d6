//! The processor time of the server and of the driver, from /proc of Linux.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use anyhow::Context as _;

/// The entry of the auxiliary vector that tells how many ticks a second has (AT_CLKTCK).
const TICKS_ENTRY: usize = 17;

/// Processor time of the server and of the driver.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used {
    /// The server with all its descendants, also those that have ended and were waited for. Only if it was
    /// asked for.
    pub(crate) server: Option<Duration>,
    /// This process; unknown where there is no /proc.
    pub(crate) driver: Option<Duration>,
}

impl Used {
    pub(crate) fn since(self, start: Self) -> Self {
        let between = |end: Option<Duration>, start: Option<Duration>| Some(end?.saturating_sub(start?));
        Self { server: between(self.server, start.server), driver: between(self.driver, start.driver) }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Meter {
    server: Option<u32>,
    /// The number of ticks in a second.
    ticks: Option<u64>,
}

impl Meter {
    pub(crate) fn new(server: Option<u32>) -> anyhow::Result<Self> {
        let ticks = fs::read("/proc/self/auxv").ok().and_then(|vector| ticks_in_a_second(&vector));
        if server.is_some() {
            ticks.context("the processor time of a server is known only where there is a Linux /proc")?;
        }
        let meter = Self { server, ticks };
        meter.read()?;
        Ok(meter)
    }

    /// The time until now.
    pub(crate) fn read(&self) -> anyhow::Result<Used> {
        let Some(ticks) = self.ticks else { return Ok(Used::default()) };
        let time = |used: u64| Duration::from_secs_f64(used as f64 / ticks as f64);
        let server = self.server.map(family_ticks).transpose()?;
        let own = fs::read_to_string("/proc/self/stat").context("/proc/self/stat")?;
        let driver = Process::new(&own).map(|process| time(process.own_ticks));
        Ok(Used { server: server.map(time), driver })
    }
}

fn ticks_in_a_second(vector: &[u8]) -> Option<u64> {
    let words = vector.chunks_exact(size_of::<usize>());
    let words: Vec<_> = words.map(|word| usize::from_ne_bytes(word.try_into().unwrap_or_default())).collect();
    let entry = words.chunks_exact(2).find(|entry| entry[0] == TICKS_ENTRY)?;
    u64::try_from(entry[1]).ok().filter(|ticks| *ticks > 0)
}

fn family_ticks(head: u32) -> anyhow::Result<u64> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    let mut ticks = HashMap::new();
    for entry in fs::read_dir("/proc").context("/proc")? {
        let entry = entry.context("/proc")?;
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // A process that has just ended has none.
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
        let Some(process) = Process::new(&stat) else { continue };
        children.entry(process.parent).or_default().push(pid);
        ticks.insert(pid, process.own_ticks + process.waited_ticks);
    }
    let mut sum = *ticks.get(&head).with_context(|| format!("there is no process {head}"))?;
    let mut left = children.remove(&head).unwrap_or_default();
    while let Some(pid) = left.pop() {
        sum += ticks.get(&pid).copied().unwrap_or_default();
        left.extend(children.remove(&pid).unwrap_or_default());
    }
    Ok(sum)
}

/// A line of /proc/PID/stat.
#[derive(Debug, PartialEq, Eq)]
struct Process {
    parent: u32,
    /// The time in the program, and in the kernel for it.
    own_ticks: u64,
    /// The time of its children that have ended, and of theirs.
    waited_ticks: u64,
}

impl Process {
    fn new(stat: &str) -> Option<Self> {
        // The name is in parentheses and may hold any characters.
        let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(1);
        let parent = fields.next()?.parse().ok()?;
        let mut ticks = fields.skip(9).map_while(|field| field.parse::<u64>().ok());
        Some(Self {
            parent,
            own_ticks: ticks.next()? + ticks.next()?,
            waited_ticks: ticks.next()? + ticks.next()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let line = "17 (a) S 1 (b) S 4 17 17 0 -1 4194304 100 200 0 0 31 7 500 60 20 0 1 0 9000 1000 2\n";
        assert_eq!(Process::new(line), Some(Process { parent: 4, own_ticks: 38, waited_ticks: 560 }));
        assert_eq!(Process::new("17 (a) S 4 17 17 0 -1 4194304 100 200 0 0 31"), None);
        assert_eq!(Process::new(""), None);
    }

    #[test]
    fn ticks_are_found_in_the_auxiliary_vector() {
        let vector = [6_usize, 4096, 17, 100, 0, 0].map(usize::to_ne_bytes).concat();
        assert_eq!(ticks_in_a_second(&vector), Some(100));
        assert_eq!(ticks_in_a_second(&vector[..24]), None);
    }
}
