//! Looks into what a client has stored.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::preset::{Shape, Store};

/// The most octets that are read of a store.
const MOST: u64 = 256 * 1024 * 1024;

/// All messages, in the order of their names. `printed` are the files of what each run has printed.
pub(crate) fn messages(store: &Store, at: &Path, printed: &[PathBuf]) -> Vec<Vec<u8>> {
    match store.form {
        Shape::Files => folder(at),
        Shape::Maildir => ["new", "cur"].iter().flat_map(|part| folder(&at.join(part))).collect(),
        Shape::Mbox => mbox(&file(at).unwrap_or_default()),
        Shape::Stdout => {
            let separator = if store.separator.is_empty() { "--pop3check--\n" } else { &store.separator };
            let texts = printed.iter().filter_map(|path| file(path).ok());
            texts.flat_map(|text| split(&text, separator.as_bytes())).collect()
        }
    }
}

fn file(path: &Path) -> io::Result<Vec<u8>> {
    if fs::metadata(path)?.len() > MOST {
        return Err(io::Error::other("too large"));
    }
    fs::read(path)
}

fn folder(path: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
    let mut paths: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    paths.sort();
    paths.iter().filter_map(|path| file(path).ok()).collect()
}

/// The messages of an mbox, without the line `From `, the quoting, and the empty line after each.
fn mbox(text: &[u8]) -> Vec<Vec<u8>> {
    let mut messages: Vec<Vec<u8>> = Vec::new();
    let mut blank = true;
    for line in text.split_inclusive(|octet| *octet == b'\n') {
        if blank && line.starts_with(b"From ") {
            messages.push(Vec::new());
        } else if let Some(last) = messages.last_mut() {
            last.extend_from_slice(line.get(usize::from(is_quoted(line))..).unwrap_or_default());
        }
        blank = matches!(line, b"\n" | b"\r\n");
    }
    for message in &mut messages {
        let line = if message.ends_with(b"\r\n") { 2 } else { 1 };
        let rest = message.len().saturating_sub(line);
        if message.get(rest..).is_some_and(|end| end.ends_with(b"\n"))
            && message.get(..rest).is_some_and(|front| front.is_empty() || front.ends_with(b"\n"))
        {
            message.truncate(rest);
        }
    }
    messages
}

/// Whether the line begins with `From ` after at least one `>`.
fn is_quoted(line: &[u8]) -> bool {
    let front = line.iter().take_while(|octet| **octet == b'>').count();
    front > 0 && line.get(front..).is_some_and(|rest| rest.starts_with(b"From "))
}

/// What stands after each separator.
fn split(text: &[u8], separator: &[u8]) -> Vec<Vec<u8>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.windows(separator.len()).position(|window| window == separator) {
        parts.push(rest.get(..at).unwrap_or_default().to_vec());
        rest = rest.get(at + separator.len()..).unwrap_or_default();
    }
    if !rest.is_empty() {
        parts.push(rest.to_vec());
    }
    // What comes before the first one belongs to no message.
    if parts.is_empty() { parts } else { parts.split_off(1) }
}
