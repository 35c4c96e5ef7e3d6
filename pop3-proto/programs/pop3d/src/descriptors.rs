//! How many files and sockets the system lets the process have open at once.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tracing::{info, warn};

/// The most that a session on files has open between two commands: its socket, the maildrop, its lock and a message.
const OF_A_SESSION: u64 = 4;
/// How many times as many it has while a maildrop is opened.
const AT_THE_MOST: u64 = 2;
/// What does not belong to a session: what listens, the log, what the runtime needs.
const OTHERS: u64 = 48;

/// Raises the limit to what that many connections may need, as far as the process may do that. Returns how many
/// connections fit.
///
/// Where the mail is in a database, a session has its socket only, and all share these connections to the database.
pub(crate) fn provide(connections: usize, to_database: Option<usize>) -> usize {
    let (each, others) = match to_database {
        None => (OF_A_SESSION, OTHERS),
        Some(shared) => (1, OTHERS.saturating_add(shared as u64)),
    };
    let wanted = (connections as u64).saturating_mul(each * AT_THE_MOST).saturating_add(others);
    let limit = raise(wanted);
    let fit = usize::try_from(limit.saturating_sub(others) / each).unwrap_or(usize::MAX).max(1);
    if fit < connections {
        warn!(
            "the system lets pop3d have {limit} descriptors (RLIMIT_NOFILE), which is enough for {fit} connections; \
             for the {connections} of limits.connections raise the hard limit to {wanted}"
        );
    }
    fit.min(connections)
}

/// Raises the soft limit to the one that is wanted, or to the hard limit. Returns the limit that holds then.
fn raise(wanted: u64) -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let Some(current) = current.filter(|current| *current < wanted) else {
        return current.unwrap_or(u64::MAX);
    };
    let possible = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    match setrlimit(Resource::Nofile, Rlimit { current: Some(possible), maximum }) {
        Ok(()) => possible,
        Err(error) => {
            info!("the limit of descriptors stays at {current}: {error}");
            current
        }
    }
}
