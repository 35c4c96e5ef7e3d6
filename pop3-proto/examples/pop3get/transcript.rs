//! The dialogue, line by line, in the form of a test transcript, without a secret in it.
//!
//! Of PASS, APOP and AUTH everything that could help to guess a password is replaced, the server's challenges too.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use pop3_proto::{Command, parse};
use zeroize::Zeroizing;

/// What stands in place of a secret; it is base64.
const MASK: &str = "bWFza2Vk";

pub(crate) struct Transcript {
    file: BufWriter<File>,
    /// What came of a line whose end did not.
    server_line: Vec<u8>,
    client_line: Vec<u8>,
    /// Inside an AUTH exchange.
    exchange: bool,
    /// What was masked: a server may say it back.
    secrets: Vec<Zeroizing<Vec<u8>>>,
}

impl Transcript {
    pub(crate) fn create(path: &Path, title: &str) -> io::Result<Self> {
        let mut file = BufWriter::new(File::create(path)?);
        writeln!(file, "# {}", title.escape_debug())?;
        writeln!(file, "role: client")?;
        Ok(Self {
            file,
            server_line: Vec::new(),
            client_line: Vec::new(),
            exchange: false,
            secrets: Vec::new(),
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

    fn command(&mut self, line: &[u8]) -> io::Result<()> {
        if self.exchange {
            let shown = if line == b"*" { "*" } else { MASK };
            self.keep(line);
            return writeln!(self.file, "C: {shown}\\r\\n");
        }
        match parse::command(line) {
            Ok(Command::Pass(password)) => {
                self.keep(password.expose());
                writeln!(self.file, "C: PASS masked\\r\\n")
            }
            Ok(Command::Apop { name, digest }) => {
                self.keep(&digest.to_hex());
                writeln!(self.file, "C: APOP {} {}\\r\\n", name.escape_ascii(), "0".repeat(32))
            }
            Ok(Command::Auth { mechanism, initial }) => {
                self.exchange = true;
                self.keep(initial.map_or(b"", |initial| initial.as_bytes()));
                let initial = initial.map(|_| format!(" {MASK}")).unwrap_or_default();
                writeln!(self.file, "C: AUTH {}{initial}\\r\\n", mechanism.escape_ascii())
            }
            _ => writeln!(self.file, "C: {}\\r\\n", escape(line)),
        }
    }

    pub(crate) fn received(&mut self, octets: &[u8]) -> io::Result<()> {
        for line in octets.split_inclusive(|b| *b == b'\n') {
            self.server_line.extend_from_slice(line);
            // A line of any length is cut somewhere.
            if line.ends_with(b"\n") || self.server_line.len() > 64 * 1024 {
                self.reply()?;
            }
        }
        Ok(())
    }

    fn reply(&mut self) -> io::Result<()> {
        let mut line = std::mem::take(&mut self.server_line);
        if self.exchange {
            // What the session takes for the end of it, and nothing else.
            let status = line.trim_ascii_end().get(..4).unwrap_or(line.trim_ascii_end());
            if line.starts_with(b"+")
                && !status.eq_ignore_ascii_case(b"+OK")
                && !status.eq_ignore_ascii_case(b"+OK ")
            {
                return writeln!(self.file, "S: + {MASK}\\r\\n");
            }
            self.exchange = false;
        }
        for secret in &self.secrets {
            while let Some(at) = memchr::memmem::find(&line, secret) {
                line.splice(at..at + secret.len(), *b"masked");
            }
        }
        writeln!(self.file, "S: {}", escape(&line))
    }

    /// Short ones stand in other words, too, and are no secrets worth the name.
    fn keep(&mut self, secret: &[u8]) {
        if secret.len() >= 4 && secret != b"masked" {
            self.secrets.push(Zeroizing::new(secret.to_vec()));
        }
    }

    pub(crate) fn finish(&mut self) -> io::Result<()> {
        if !self.server_line.is_empty() {
            self.reply()?;
        }
        self.file.flush()
    }
}

/// The escapes of transcripts.
fn escape(octets: &[u8]) -> String {
    octets.escape_ascii().to_string().replace("\\'", "'").replace("\\\"", "\"")
}
