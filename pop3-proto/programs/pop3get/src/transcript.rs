//! Writes the dialogue line by line, in the form of a test transcript, without any secret in it.
//!
//! In PASS, APOP and AUTH it replaces everything that could help to guess a password, the server's challenges
//! included.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use pop3_programs_common::words::{Masks, REACH};
use pop3_proto::{Command, parse};

use crate::answers;
use crate::secrets::Secrets;

/// Stands in place of a secret. It is base64.
const MASK: &str = "bWFza2Vk";
/// A line of the server that is longer than this is written in parts.
const PART: usize = 64 * 1024;

pub(crate) struct Transcript {
    file: BufWriter<File>,
    /// The start of a line whose end has not come yet.
    server_line: ServerLine,
    client_line: Vec<u8>,
    /// Whether an AUTH exchange is going on.
    exchange: bool,
    /// Secrets that the server might repeat.
    masks: Masks,
}

impl Transcript {
    /// The first connection of the program is written to `path`, the next to `path.2`, and so on, because
    /// each is a dialogue of its own.
    pub(crate) fn create(path: &Path, title: &str, secrets: &Secrets) -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let mut name = path.as_os_str().to_owned();
        match COUNT.fetch_add(1, Ordering::Relaxed) {
            1 => {}
            n => name.push(format!(".{n}")),
        }
        let mut file = BufWriter::new(create_anew(Path::new(&name))?);
        writeln!(file, "# {}", title.escape_debug())?;
        writeln!(file, "role: client")?;
        writeln!(file, "events: any")?;
        Ok(Self {
            file,
            server_line: ServerLine::default(),
            client_line: Vec::new(),
            exchange: false,
            masks: secrets.masks(),
        })
    }

    pub(crate) fn inside_tls_from_the_start(&mut self) -> io::Result<()> {
        writeln!(self.file, "set: tls")
    }

    pub(crate) fn handshake(&mut self) -> io::Result<()> {
        writeln!(self.file, "TLS")
    }

    pub(crate) fn sent(&mut self, octets: &[u8]) -> io::Result<()> {
        let mut lines = std::mem::take(&mut self.client_line);
        lines.extend_from_slice(octets);
        for line in lines.split_inclusive(|b| *b == b'\n') {
            match line.strip_suffix(b"\r\n") {
                Some(line) => self.command(line)?,
                None => self.client_line = line.to_vec(),
            }
        }
        Ok(())
    }

    /// Shows only what is known to hold no secret, because a response may come when the exchange seems to be
    /// over.
    fn command(&mut self, line: &[u8]) -> io::Result<()> {
        if let Some(secret) = answers::secret(line) {
            self.masks.add(&secret);
        }
        match parse::command(line) {
            Ok(Command::Pass(_)) => writeln!(self.file, "C: PASS masked\\r\\n"),
            Ok(Command::Apop { name, .. }) => {
                writeln!(self.file, "C: APOP {} {}\\r\\n", name.escape_ascii(), "0".repeat(32))
            }
            Ok(Command::Auth { mechanism, initial }) => {
                self.exchange = true;
                self.masks.add(initial.map_or(b"".as_slice(), |text| text.as_bytes()));
                let initial = initial.map(|_| format!(" {MASK}")).unwrap_or_default();
                writeln!(self.file, "C: AUTH {}{initial}\\r\\n", mechanism.escape_ascii())
            }
            Ok(Command::Other { .. }) | Err(_) if line == b"*" => writeln!(self.file, "C: *\\r\\n"),
            Ok(Command::Other { .. }) | Err(_) => {
                self.masks.add(line);
                writeln!(self.file, "C: {MASK}\\r\\n")
            }
            Ok(_) => writeln!(self.file, "C: {}\\r\\n", escape(line)),
        }
    }

    pub(crate) fn received(&mut self, octets: &[u8]) -> io::Result<()> {
        for part in octets.split_inclusive(|b| *b == b'\n') {
            self.server_line.octets.extend_from_slice(part);
            if part.ends_with(b"\n") {
                self.reply(true)?;
            } else if self.server_line.octets.len() - self.server_line.written > PART + REACH {
                self.reply(false)?;
            }
        }
        Ok(())
    }

    /// Writes what has come of a line. While its end has not come, what is last stays, because a secret may go on
    /// after it.
    fn reply(&mut self, is_whole: bool) -> io::Result<()> {
        if !self.server_line.has_begun {
            self.begin()?;
        }
        let ServerLine { octets, written, is_hidden, .. } = &mut self.server_line;
        let end = if is_whole { octets.len() } else { octets.len().saturating_sub(REACH) };
        if !*is_hidden {
            writeln!(self.file, "S: {}", escape(&self.masks.masked_within(octets, *written..end)))?;
        }
        if is_whole {
            self.server_line = ServerLine::default();
        } else {
            // What was written last tells whether a secret goes on.
            octets.drain(..end.saturating_sub(REACH));
            *written = end.min(REACH);
        }
        Ok(())
    }

    fn begin(&mut self) -> io::Result<()> {
        let line = &mut self.server_line;
        line.has_begun = true;
        if self.exchange {
            // The exchange ends where the session takes it to end, and nowhere else.
            let status = line.octets.trim_ascii_end();
            let status = status.get(..4).unwrap_or(status);
            let is_ok = status.eq_ignore_ascii_case(b"+OK") || status.eq_ignore_ascii_case(b"+OK ");
            line.is_hidden = line.octets.starts_with(b"+") && !is_ok;
            self.exchange = line.is_hidden;
        }
        if line.is_hidden { writeln!(self.file, "S: + {MASK}\\r\\n") } else { Ok(()) }
    }

    pub(crate) fn finish(&mut self) -> io::Result<()> {
        if self.server_line.octets.len() > self.server_line.written {
            self.reply(true)?;
        }
        self.file.flush()
    }
}

/// A line of the server whose end has not come yet.
#[derive(Default)]
struct ServerLine {
    octets: Vec<u8>,
    /// How many of these octets are in the file already.
    written: usize,
    /// Whether something of the line was looked at.
    has_begun: bool,
    /// Whether the line is a challenge, of which nothing is written.
    is_hidden: bool,
}

/// Makes a new file that only this user can read. A plain file that was there before is removed and not
/// written into, because others may have it open; anything else is refused.
fn create_anew(path: &Path) -> io::Result<File> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => fs::remove_file(path)?,
        Ok(_) => {
            let why = format!("{}: not a plain file, and no link is followed", path.display());
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Escapes bytes as transcripts do.
fn escape(octets: &[u8]) -> String {
    octets.escape_ascii().to_string().replace("\\'", "'").replace("\\\"", "\"")
}
