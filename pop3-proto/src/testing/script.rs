//! `Script`: a dialogue as text, played against a server or a client under test.

use alloc::string::{String, ToString as _};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use std::io::{self, Read, Write};

use super::escape::{escape, unescape};

/// A dialogue: lines of the client, `C: …`, and of the server, `S: …`, in the order in which they are sent.
///
/// Text is sent as it is, with the escapes that [`unescape`] knows; line ends have to be
/// written out. Lines that start with `#` are comments. Lines with any other key, for instance
/// `user: ann secret`, are for your own use; read them with [`values`](Self::values).
#[derive(Clone, Debug, Default)]
pub struct Script {
    lines: Vec<Line>,
}

/// One line of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its line number in the text, from 1.
    pub number: usize,
    /// The text before the colon; the whole line if there is no colon.
    pub key: String,
    /// The text after the colon and one space, with its escapes.
    pub value: String,
}

/// A line of a script that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptError {
    /// The line number, from 1.
    pub line: usize,
    /// The line itself.
    pub text: String,
}

/// Why a script could not be played to its end.
#[derive(Debug)]
#[non_exhaustive]
pub enum Mismatch {
    /// The peer sent something else, or only the beginning of what was due.
    Said {
        /// The line number in the script, from 1.
        line: usize,
        /// What it should have sent.
        due: Vec<u8>,
        /// What it sent, as far as it was read.
        said: Vec<u8>,
    },
    /// The connection failed or ended before anything of this line came.
    Io {
        /// The line number in the script, from 1.
        line: usize,
        /// What happened.
        error: io::Error,
    },
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    ///
    /// [`ScriptError`] names a `C:` or `S:` line with an invalid escape, and a line that is nearly one: `c: …`
    /// or `C …`.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        let mut lines = Vec::new();
        for (line, number) in text.lines().zip(1..) {
            let line = line.trim_start();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            // A line that is nearly one of a dialogue must not count as somebody else's key.
            let word = line.split([':', ' ']).next().unwrap_or_default();
            let is_said = matches!(key, "C" | "S") && line.len() > key.len();
            let is_mistyped = !is_said && ["C", "S"].iter().any(|one| word.eq_ignore_ascii_case(one));
            if is_mistyped || is_said && unescape(value).is_none() {
                return Err(ScriptError { line: number, text: line.to_string() });
            }
            lines.push(Line { number, key: key.to_string(), value: value.to_string() });
        }
        Ok(Self { lines })
    }

    /// All lines, in their order.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The values of the lines with this key.
    pub fn values(&self, key: &str) -> impl Iterator<Item = &str> {
        self.lines.iter().filter(move |line| line.key == key).map(|line| line.value.as_str())
    }

    /// Plays the client against a server under test: sends the `C:` lines, and compares what comes back with
    /// the `S:` lines. What the server sends after the last line of the script is not read.
    ///
    /// Each write has at most `cut` bytes; 1 tests a server with the smallest pieces that a network can
    /// deliver. Give `io` a read timeout.
    ///
    /// # Errors
    ///
    /// [`Mismatch`] at the first difference.
    pub fn play_client(&self, io: impl Read + Write, cut: usize) -> Result<(), Mismatch> {
        self.play("C", "S", io, cut)
    }

    /// Plays the server against a client under test: sends the `S:` lines, and compares what comes back with
    /// the `C:` lines. What the client sends after the last line of the script is not read. Each write has at
    /// most `cut` bytes. Give `io` a read timeout, as for [`play_client`](Self::play_client).
    ///
    /// # Errors
    ///
    /// [`Mismatch`] at the first difference.
    pub fn play_server(&self, io: impl Read + Write, cut: usize) -> Result<(), Mismatch> {
        self.play("S", "C", io, cut)
    }

    fn play(&self, ours: &str, theirs: &str, mut io: impl Read + Write, cut: usize) -> Result<(), Mismatch> {
        for line in &self.lines {
            let number = line.number;
            let bytes = unescape(&line.value).unwrap_or_default();
            if line.key == ours {
                let mut pieces = bytes.chunks(cut.max(1));
                pieces
                    .try_for_each(|piece| io.write_all(piece).and_then(|()| io.flush()))
                    .map_err(|error| Mismatch::Io { line: number, error })?;
            } else if line.key == theirs {
                hear(&mut io, bytes, number)?;
            }
        }
        Ok(())
    }
}

/// Reads as many bytes as are expected and compares them.
fn hear(io: &mut impl Read, due: Vec<u8>, line: usize) -> Result<(), Mismatch> {
    let mut said = vec![0; due.len()];
    let mut filled = 0;
    while let Some(space) = said.get_mut(filled..).filter(|space| !space.is_empty()) {
        let n = match io.read(space) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other,
        };
        match n {
            Ok(n) => filled = filled.saturating_add(n),
            Err(error) if filled == 0 => return Err(Mismatch::Io { line, error }),
            Err(_) => break,
        }
        // A difference is reported at once, not only when as many bytes have come as are expected.
        if due.get(..filled) != said.get(..filled) {
            break;
        }
    }
    said.truncate(filled);
    if said == due { Ok(()) } else { Err(Mismatch::Said { line, due, said }) }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = "neither a line of a dialogue nor a key of yours, or an unknown escape";
        write!(f, "line {}: {what}: {}", self.line, self.text)
    }
}

impl core::error::Error for ScriptError {}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said { line, due, said } => {
                write!(f, "line {line}: \"{}\" was due, \"{}\" came", escape(due), escape(said))
            }
            Self::Io { line, error } => write!(f, "line {line}: {error}"),
        }
    }
}

impl core::error::Error for Mismatch {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Said { .. } => None,
            Self::Io { error, .. } => Some(error),
        }
    }
}
