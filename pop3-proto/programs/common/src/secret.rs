//! Reads passwords and tokens: the first line of a file, or of what a pipe or a terminal gives within a time
//! limit, as with `/dev/stdin` and the `/dev/fd/63` of a shell.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use zeroize::Zeroizing;

use crate::text::{Fault, TextError, octets, without_mark};

/// The longest secret, in octets. No login method carries a longer one.
pub const LONGEST: usize = 16 * 1024;

/// Reads the first line of a plain file, a pipe or a terminal. A pipe and a terminal have to give it within
/// this time.
///
/// # Errors
///
/// [`TextError`]: it cannot be read; nothing came in time; the line is empty, longer than [`LONGEST`], has a
/// NUL or is in UTF-16. It need not be UTF-8, because old servers take passwords in Latin-1.
pub fn read(path: &Path, within: Duration) -> Result<Zeroizing<Vec<u8>>, TextError> {
    let failed = |error| TextError { name: path.display().to_string(), fault: Fault::Io(error) };
    let kind = fs::metadata(path).map_err(failed)?.file_type();
    let read = if kind.is_fifo() || kind.is_char_device() {
        line_of_stream(path, within).map_err(failed)?
    } else {
        octets(path, LONGEST as u64)?
    };
    first_line(path.display(), &read)
}

/// The first line of what a command printed or a variable holds, under a name for messages. Only its line end
/// is taken off.
///
/// # Errors
///
/// [`TextError`]: as [`read`].
pub fn first_line(name: impl fmt::Display, octets: &[u8]) -> Result<Zeroizing<Vec<u8>>, TextError> {
    let failed = |fault| Err(TextError { name: name.to_string(), fault });
    let line = octets.split_inclusive(|octet| *octet == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match without_mark(line) {
        Err(fault) => failed(fault),
        Ok([]) if octets.is_empty() => failed(Fault::Secret("empty")),
        Ok([]) => failed(Fault::Secret("its first line is empty")),
        Ok(line) if line.len() > LONGEST => failed(Fault::TooLong(LONGEST as u64)),
        Ok(line) if line.contains(&0) => failed(Fault::Secret("a NUL in it (is it UTF-16?)")),
        Ok(line) => Ok(Zeroizing::new(line.to_owned())),
    }
}

/// Reads up to the first line end, and never waits without a limit.
fn line_of_stream(path: &Path, within: Duration) -> io::Result<Zeroizing<Vec<u8>>> {
    let end = Instant::now() + within;
    // A pipe that nobody writes to yet opens at once, and is then waited for.
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let mut file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    let mut read = Zeroizing::new(vec![0; LONGEST + 1]);
    let mut filled = 0;
    while let Some(space) = read.get_mut(filled..).filter(|space| !space.is_empty()) {
        wait(&file, end, within)?;
        match file.read(space) {
            Ok(0) => break,
            Ok(count) => {
                let line_ended = space.iter().take(count).any(|octet| *octet == b'\n');
                filled += count;
                if line_ended {
                    break;
                }
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(error) => return Err(error),
        }
    }
    read.truncate(filled);
    Ok(read)
}

fn wait(file: &File, end: Instant, within: Duration) -> io::Result<()> {
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let left = Timespec {
            tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        match poll(&mut [PollFd::new(file, PollFlags::IN)], Some(&left)) {
            Ok(0) => {
                let why = format!("nothing came within {} s", within.as_secs());
                return Err(io::Error::new(io::ErrorKind::TimedOut, why));
            }
            Ok(_) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
