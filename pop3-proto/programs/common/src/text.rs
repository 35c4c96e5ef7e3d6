//! Reads texts from other hands: settings, records, password files. A byte order mark and CR LF are taken,
//! everything else that is no UTF-8 text is an error that says in which line.

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

use crate::plain;

/// A text that has been read whole: UTF-8, without a byte order mark. It is overwritten when it is dropped,
/// because settings and password files hold secrets.
pub struct Text {
    name: String,
    text: Zeroizing<String>,
}

impl Text {
    /// Reads a plain file of at most `most` octets.
    ///
    /// # Errors
    ///
    /// [`TextError`]; [`TextError::is_not_found`] tells a missing file.
    pub fn read(path: &Path, most: u64) -> Result<Self, TextError> {
        Self::new(path.display(), octets(path, most)?)
    }

    /// Takes a text that came from elsewhere, under a name for messages.
    ///
    /// # Errors
    ///
    /// [`TextError`]: it is not UTF-8.
    pub fn new(name: impl fmt::Display, octets: Zeroizing<Vec<u8>>) -> Result<Self, TextError> {
        let name = name.to_string();
        match decoded(&octets) {
            Ok(text) => Ok(Self { name, text: Zeroizing::new(text.to_owned()) }),
            Err(fault) => Err(TextError { name, fault }),
        }
    }

    /// The whole text, with the line ends that it has.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The lines, numbered from 1, without LF or CR LF. An empty last line is not one.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }

    /// An error in that line, in the form of the errors of this module: what is wrong, without the line
    /// itself, which may hold a secret.
    #[must_use]
    pub fn error(&self, line: usize, what: impl fmt::Display) -> TextError {
        TextError { name: self.name.clone(), fault: Fault::Line(line, what.to_string()) }
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Text").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The octets of a plain file, for formats that need not be UTF-8.
///
/// # Errors
///
/// [`TextError`]: it cannot be read, is not a plain file, or has more than `most` octets.
pub fn octets(path: &Path, most: u64) -> Result<Zeroizing<Vec<u8>>, TextError> {
    let failed = |error| TextError { name: path.display().to_string(), fault: Fault::Io(error) };
    octets_of(plain::open(path).map_err(failed)?, path.display(), most)
}

/// The octets of a file that is open already, and is known to be a plain one.
///
/// # Errors
///
/// As [`octets`].
pub fn octets_of(file: File, name: impl fmt::Display, most: u64) -> Result<Zeroizing<Vec<u8>>, TextError> {
    let failed = |fault| TextError { name: name.to_string(), fault };
    // Enough room from the start: a vector that grows leaves copies of secrets in memory.
    let size = file.metadata().map_err(|error| failed(Fault::Io(error)))?.len();
    if size > most {
        return Err(failed(Fault::TooLong(most)));
    }
    let room = usize::try_from(size).unwrap_or_default().saturating_add(1);
    let mut octets = Zeroizing::new(Vec::with_capacity(room));
    file.take(most.saturating_add(1)).read_to_end(&mut octets).map_err(|error| failed(Fault::Io(error)))?;
    if octets.len() as u64 > most { Err(failed(Fault::TooLong(most))) } else { Ok(octets) }
}

/// The octets without their byte order mark.
pub(crate) fn without_mark(octets: &[u8]) -> Result<&[u8], Fault> {
    if octets.starts_with(b"\xFF\xFE") || octets.starts_with(b"\xFE\xFF") {
        return Err(Fault::Utf16);
    }
    Ok(octets.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(octets))
}

fn decoded(octets: &[u8]) -> Result<&str, Fault> {
    let octets = without_mark(octets)?;
    std::str::from_utf8(octets).map_err(|error| {
        let good = error.valid_up_to();
        let line = octets.iter().take(good).filter(|octet| **octet == b'\n').count() + 1;
        Fault::NotUtf8 { line, latin1: is_like_latin1(octets.get(good..).unwrap_or_default()) }
    })
}

/// Whether octets that are not UTF-8 look like Latin-1, whose upper half begins at A0. A damaged text in
/// UTF-8 has lower ones, too.
#[must_use]
pub fn is_like_latin1(octets: &[u8]) -> bool {
    octets.iter().filter(|octet| !octet.is_ascii()).all(|octet| *octet >= 0xA0)
}

/// A text that cannot be used: which, where in it, and why. It never repeats any of the text.
#[derive(Debug)]
pub struct TextError {
    pub(crate) name: String,
    pub(crate) fault: Fault,
}

impl TextError {
    /// Whether there is no such file.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(&self.fault, Fault::Io(error) if error.kind() == io::ErrorKind::NotFound)
    }
}

#[derive(Debug)]
pub(crate) enum Fault {
    Io(io::Error),
    TooLong(u64),
    Utf16,
    NotUtf8 { line: usize, latin1: bool },
    Line(usize, String),
    Secret(&'static str),
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        match &self.fault {
            Fault::Io(error) => write!(f, ": {error}"),
            Fault::TooLong(most) => write!(f, ": longer than {most} octets"),
            Fault::Utf16 => f.write_str(": in UTF-16; convert it to UTF-8"),
            Fault::NotUtf8 { line, latin1: true } => {
                write!(f, ", line {line}: not UTF-8 (it looks like Latin-1; convert it to UTF-8)")
            }
            Fault::NotUtf8 { line, latin1: false } => write!(f, ", line {line}: not UTF-8"),
            Fault::Line(line, what) => write!(f, ", line {line}: {what}"),
            Fault::Secret(what) => write!(f, ": {what}"),
        }
    }
}

impl std::error::Error for TextError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.fault {
            Fault::Io(error) => Some(error),
            _ => None,
        }
    }
}
