//! Starts a record from that of another program.

use std::path::Path;

use pop3_programs_common::{console, home, text};
use pop3_proto::fetch::{Import, Record};

use crate::account::Account;
use crate::failure::{Failure, Kind};

/// The most octets of a record of another program.
const LONGEST: u64 = 256 * 1024 * 1024;

/// The record of `--import`, or an empty one; `now` is in seconds since 1970. How much was taken is told on standard error.
pub(crate) fn import(account: &Account, now: u64) -> Result<Record, Failure> {
    let Some(import) = &account.options.import else { return Ok(Record::new()) };
    let usage = |why: &dyn std::fmt::Display| Kind::Usage.because(format!("--import {import}"), why);
    let (program, path) = import.split_once(':').ok_or_else(|| usage(&"not PROGRAM:FILE"))?;
    let path = home::expanded(Path::new(path)).map_err(|why| usage(&why))?;
    let text = text::octets(&path, LONGEST).map_err(|error| usage(&error))?;
    let (user, host) = (account.user.as_str(), account.host.as_str());
    let found = match program {
        "getmail" => Import::from_getmail(&text, now),
        "fetchmail" => Import::from_fetchmail(&text, user, host, now),
        "mpop" => Import::from_mpop(&text, user, host, now),
        _ => return Err(usage(&"not getmail, fetchmail or mpop")),
    };
    if found.found_nothing() {
        // To go on would be to fetch everything again.
        return Err(usage(&format_args!("nothing in it is of {user} at {host}: {found}")));
    }
    console::err(format_args!("pop3get: {}: --import {import}: {found}", account.name));
    Ok(found.record)
}
