//! Runs a command of the user with `sh -c`, within a time and with a limit on what it prints.

use std::io::{self, Read as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process_group};
use zeroize::Zeroizing;

use crate::limits::Limits;

/// The most octets that a command may print; one that prints more has failed.
const MOST_PRINTED: usize = 64 * 1024;
/// How often to look whether a command has ended.
const LOOK: Duration = Duration::from_millis(5);

/// A command that has been started. Dropping it ends it, with all processes that it has started.
pub(crate) struct Running {
    shell: Child,
    /// Whether it has a process group of its own.
    grouped: bool,
    ended: bool,
    limits: Limits,
    start: Instant,
}

impl Running {
    pub(crate) fn start(
        command: &str,
        hidden: &[String],
        input: impl Into<Stdio>,
        output: Stdio,
        limits: Limits,
    ) -> io::Result<Self> {
        limits.left(limits.timeout)?;
        let mut shell = Command::new("sh");
        for name in hidden {
            shell.env_remove(name);
        }
        // In a group of its own, a command could not ask the user for a passphrase on the terminal.
        let grouped = !is_in_foreground();
        if grouped {
            shell.process_group(0);
        }
        let shell = shell.arg("-c").arg(command).stdin(input).stdout(output).spawn()?;
        Ok(Self { shell, grouped, ended: false, limits, start: Instant::now() })
    }

    /// What it prints, once it has ended with exit code 0.
    pub(crate) fn printed(mut self) -> io::Result<Zeroizing<Vec<u8>>> {
        let printed = match self.shell.stdout.take() {
            Some(output) => self.read(output)?,
            None => Zeroizing::default(),
        };
        let status = self.wait()?;
        if status.success() { Ok(printed) } else { Err(io::Error::other(status.to_string())) }
    }

    /// Waits until it has ended. What it left running in the background may stay.
    pub(crate) fn wait(&mut self) -> io::Result<ExitStatus> {
        loop {
            if let Some(status) = self.shell.try_wait()? {
                self.ended = true;
                return Ok(status);
            }
            sleep(self.left()?.min(LOOK));
        }
    }

    fn read(&mut self, mut output: ChildStdout) -> io::Result<Zeroizing<Vec<u8>>> {
        // Room for all from the start: a vector that grows leaves copies of secrets in memory.
        let mut printed = Zeroizing::new(vec![0; MOST_PRINTED + 1]);
        let mut filled = 0;
        while let Some(space) = printed.get_mut(filled..).filter(|space| !space.is_empty()) {
            // Something in the background may keep the output open after the command has ended.
            let has_ended = self.shell.try_wait()?.is_some();
            let wait = if has_ended { Duration::ZERO } else { self.left()?.min(LOOK * 10) };
            let wait = Timespec { tv_sec: 0, tv_nsec: wait.subsec_nanos().into() };
            match poll(&mut [PollFd::new(&output, PollFlags::IN)], Some(&wait)) {
                Ok(0) if has_ended => break,
                Ok(0) | Err(rustix::io::Errno::INTR) => continue,
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
            match output.read(space)? {
                0 => break,
                count => filled += count,
            }
        }
        if filled > MOST_PRINTED {
            return Err(io::Error::other(format!("it printed more than {MOST_PRINTED} octets")));
        }
        printed.truncate(filled);
        Ok(printed)
    }

    fn left(&self) -> io::Result<Duration> {
        let left = self.limits.timeout.saturating_sub(self.start.elapsed());
        if left.is_zero() {
            let limit = self.limits.timeout.as_secs();
            return Err(crate::limits::late(format!("no end after {limit} s")));
        }
        self.limits.left(left)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.ended {
            // Nobody has waited for the shell yet, so its number, which is that of its group, too, cannot
            // belong to another process.
            if let Some(group) = Pid::from_raw(self.shell.id().cast_signed()).filter(|_| self.grouped) {
                let _ = kill_process_group(group, Signal::KILL);
            }
            let _ = self.shell.kill();
            let _ = self.shell.wait();
        }
    }
}

/// Whether this program has the terminal, so that a command can ask the user for something there.
fn is_in_foreground() -> bool {
    let terminal = std::fs::OpenOptions::new().read(true).open("/dev/tty");
    terminal.is_ok_and(|terminal| {
        rustix::termios::tcgetpgrp(terminal).is_ok_and(|group| group == rustix::process::getpgrp())
    })
}
