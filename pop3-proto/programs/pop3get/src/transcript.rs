//! Writes the dialogue line by line, in the form of a test transcript, without any secret in it.
//!
//! In PASS, APOP and AUTH it replaces everything that could help to guess a password, the server's challenges
//! included.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use pop3_proto::{Command, parse};
use zeroize::Zeroizing;

use crate::secrets::{Secrets, masked};

/// Stands in place of a secret. It is base64.
const MASK: &str = "bWFza2Vk";

pub(crate) struct Transcript {
    file: BufWriter<File>,
    /// The start of a line whose end has not come yet.
    server_line: Vec<u8>,
    client_line: Vec<u8>,
    /// Whether an AUTH exchange is going on.
    exchange: bool,
    /// Secrets that the server might repeat.
    secrets: Vec<Zeroizing<Vec<u8>>>,
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
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(name)?;
        let mut file = BufWriter::new(file);
        writeln!(file, "# {}", title.escape_debug())?;
        writeln!(file, "role: client")?;
        writeln!(file, "events: any")?;
        Ok(Self {
            file,
            server_line: Vec::new(),
            client_line: Vec::new(),
            exchange: false,
            secrets: secrets.all(),
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
        match parse::command(line) {
            Ok(Command::Pass(_)) => writeln!(self.file, "C: PASS masked\\r\\n"),
            Ok(Command::Apop { name, .. }) => {
                writeln!(self.file, "C: APOP {} {}\\r\\n", name.escape_ascii(), "0".repeat(32))
            }
            Ok(Command::Auth { mechanism, initial }) => {
                self.exchange = true;
                self.secrets
                    .push(Zeroizing::new(initial.map_or(b"".as_slice(), |text| text.as_bytes()).to_vec()));
                let initial = initial.map(|_| format!(" {MASK}")).unwrap_or_default();
                writeln!(self.file, "C: AUTH {}{initial}\\r\\n", mechanism.escape_ascii())
            }
            Ok(Command::Other { .. }) | Err(_) => {
                self.secrets.push(Zeroizing::new(line.to_vec()));
                let shown = if line == b"*" { "*" } else { MASK };
                writeln!(self.file, "C: {shown}\\r\\n")
            }
            Ok(_) => writeln!(self.file, "C: {}\\r\\n", escape(line)),
        }
    }

    pub(crate) fn received(&mut self, octets: &[u8]) -> io::Result<()> {
        for line in octets.split_inclusive(|b| *b == b'\n') {
            self.server_line.extend_from_slice(line);
            // A line of any length is cut here.
            if line.ends_with(b"\n") || self.server_line.len() > 64 * 1024 {
                self.reply()?;
            }
        }
        Ok(())
    }

    fn reply(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.server_line);
        if self.exchange {
            // The exchange ends where the session takes it to end, and nowhere else.
            let status = line.trim_ascii_end();
            let status = status.get(..4).unwrap_or(status);
            let is_ok = status.eq_ignore_ascii_case(b"+OK") || status.eq_ignore_ascii_case(b"+OK ");
            if line.starts_with(b"+") && !is_ok {
                return writeln!(self.file, "S: + {MASK}\\r\\n");
            }
            self.exchange = false;
        }
        writeln!(
            self.file,
            "S: {}",
            escape(&masked(&line, self.secrets.iter().map(|secret| secret.as_slice())))
        )
    }

    pub(crate) fn finish(&mut self) -> io::Result<()> {
        if !self.server_line.is_empty() {
            self.reply()?;
        }
        self.file.flush()
    }
}

/// Escapes bytes as transcripts do.
fn escape(octets: &[u8]) -> String {
    octets.escape_ascii().to_string().replace("\\'", "'").replace("\\\"", "\"")
}
