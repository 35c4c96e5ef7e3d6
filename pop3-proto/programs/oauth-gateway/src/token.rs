//! Where tokens come from: a command that is run for each login, or an environment variable.

use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

/// The longest token, in bytes. In base64 it fits a line of 12,288, and servers take no longer ones.
const LONGEST: usize = 8192;
/// The most bytes that the command may print; one that prints more has failed.
const MOST_PRINTED: u64 = 64 * 1024;
/// How often to look whether a command that has closed its output has ended.
const POLL: Duration = Duration::from_millis(5);

pub(crate) enum Tokens {
    Fixed(Zeroizing<String>),
    Command {
        command: String,
        /// The variable with the local password, which is hidden from the command.
        hidden: String,
    },
}

impl Tokens {
    pub(crate) fn fixed(token: Zeroizing<String>) -> anyhow::Result<Self> {
        check(token.as_bytes())?;
        Ok(Self::Fixed(token))
    }

    /// The token of that user.
    pub(crate) async fn fetch(&self, user: &str, limit: Duration) -> anyhow::Result<Zeroizing<String>> {
        match self {
            Self::Fixed(token) => Ok(token.clone()),
            Self::Command { command, hidden } => {
                // Nobody who logs in may choose options of the command.
                anyhow::ensure!(
                    !user.starts_with('-'),
                    "--token-command: not run for a name with a dash in front"
                );
                anyhow::ensure!(!user.contains(char::is_control), "--token-command: not run for this name");
                let printed = timeout(limit, run(command, hidden, user)).await;
                let printed = printed.with_context(|| format!("no end after {} s", limit.as_secs()));
                printed.and_then(|printed| first_line(&printed?)).context("--token-command")
            }
        }
    }
}

/// What the command prints. Dropping the future kills the command.
async fn run(command: &str, hidden: &str, user: &str) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).env("POP3_USER", user).stdin(Stdio::null()).stdout(Stdio::piped());
    shell.env_remove(hidden);
    let mut running = Running { shell: shell.process_group(0).spawn().context("starting sh")?, ended: false };
    let output = running.shell.stdout.take().context("it has no output")?;
    let output = pipe::Receiver::from_owned_fd(OwnedFd::from(output)).context("its output")?;
    let mut printed = Zeroizing::new(Vec::with_capacity(LONGEST));
    output.take(MOST_PRINTED + 1).read_to_end(&mut printed).await.context("reading its output")?;
    anyhow::ensure!(printed.len() as u64 <= MOST_PRINTED, "it printed more than {MOST_PRINTED} octets");
    let status = loop {
        match running.shell.try_wait().context("waiting for its end")? {
            Some(status) => break status,
            None => sleep(POLL).await,
        }
    };
    running.ended = true;
    anyhow::ensure!(status.success(), "it failed: {status}");
    Ok(printed)
}

fn first_line(printed: &[u8]) -> anyhow::Result<Zeroizing<String>> {
    let line = printed.split(|octet| *octet == b'\n').next().unwrap_or_default().trim_ascii();
    check(line).context("its first line")?;
    Ok(Zeroizing::new(String::from_utf8_lossy(line).into_owned()))
}

fn check(token: &[u8]) -> anyhow::Result<()> {
    anyhow::ensure!(!token.is_empty(), "is empty");
    anyhow::ensure!(token.len() <= LONGEST, "is longer than {LONGEST} octets");
    anyhow::ensure!(token.iter().all(u8::is_ascii_graphic), "is no token (RFC 6750 section 2.1)");
    Ok(())
}

/// A running command, with all processes that it has started.
struct Running {
    shell: Child,
    /// The command has ended by itself. What it left running in the background may stay.
    ended: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.ended {
            // Nobody has waited for the shell yet, so its process number, which is that of its group, too,
            // cannot belong to another process.
            let group = format!("kill -s KILL -- -{}", self.shell.id());
            let _ = Command::new("sh").args(["-c", &group]).status();
            let _ = self.shell.wait();
        }
    }
}
