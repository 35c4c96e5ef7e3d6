//! Lines on standard output and standard error. Either may be closed or lead to a full disk, and `println!` and
//! `eprintln!` panic then.

use std::fmt::Arguments;
use std::io::{self, Write as _};

/// A line on standard output.
///
/// # Errors
///
/// It cannot be written. Say so on standard error or in the log, and go on with what else there is to do.
pub fn out(line: Arguments<'_>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// A line on standard error. If it cannot be written, nobody can be told.
pub fn err(line: Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}
