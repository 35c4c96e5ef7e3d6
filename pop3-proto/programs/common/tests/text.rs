//! Texts from other hands: what is read, and what is refused with which words. Nothing ever hangs.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use pop3_programs_common::{secret, text};
use text::Text;
use zeroize::Zeroizing;

const MOST: u64 = 100;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, octets: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join("file");
        fs::write(&path, octets).unwrap();
        path
    }

    fn pipe(&self) -> PathBuf {
        let path = self.0.path().join("pipe");
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        path
    }
}

fn lines(octets: &[u8]) -> Result<Vec<(usize, String)>, String> {
    let folder = Folder::new();
    let path = folder.file(octets);
    let shown = |error: text::TextError| error.to_string().replace(path.to_str().unwrap(), "FILE");
    let text = Text::read(&path, MOST).map_err(shown)?;
    Ok(text.lines().map(|(number, line)| (number, line.to_owned())).collect())
}

#[test]
fn byte_order_mark_and_cr_lf_are_taken() {
    let wanted = vec![(1, "one".to_owned()), (2, String::new()), (3, "zwölf".to_owned())];
    assert_eq!(lines("one\n\nzwölf".as_bytes()), Ok(wanted.clone()));
    assert_eq!(lines("\u{FEFF}one\r\n\r\nzwölf\r\n".as_bytes()), Ok(wanted));
}

#[test]
fn what_is_no_utf_8_is_refused_with_its_line() {
    let refused = |octets: &[u8], words: &str| assert_eq!(lines(octets), Err(words.to_owned()));
    refused(b"\xFF\xFEo\0n\0e\0", "FILE: in UTF-16; convert it to UTF-8");
    refused(b"\xFE\xFF\0o\0n\0e", "FILE: in UTF-16; convert it to UTF-8");
    let words = "FILE, line 2: not UTF-8 (it looks like Latin-1; convert it to UTF-8)";
    refused(b"one\nzw\xF6lf\ndrei\xDFig", words);
    refused(b"one\ntwo\n\x80\x81", "FILE, line 3: not UTF-8");
    refused(&[b'a'; 101], "FILE: longer than 100 octets");
}

#[test]
fn pipes_devices_and_folders_are_refused_at_once() {
    let folder = Folder::new();
    let start = Instant::now();
    let refused = |path: &Path, words: &str| {
        let error = Text::read(path, MOST).unwrap_err();
        assert_eq!(error.to_string(), format!("{}: {words}", path.display()));
        assert!(!error.is_not_found());
    };
    refused(&folder.pipe(), "not a plain file");
    refused(Path::new("/dev/zero"), "not a plain file");
    refused(folder.0.path(), "a folder, not a file");
    assert!(start.elapsed() < Duration::from_secs(10));
    assert!(Text::read(&folder.0.path().join("none"), MOST).unwrap_err().is_not_found());
}

#[test]
fn an_error_in_a_line_names_it_and_does_not_repeat_it() {
    let text = Text::new("users", Zeroizing::new(b"ann:secret\nbob\n".to_vec())).unwrap();
    assert_eq!(text.error(2, "no colon").to_string(), "users, line 2: no colon");
}

fn secret_in(octets: &[u8]) -> Result<String, String> {
    let folder = Folder::new();
    let path = folder.file(octets);
    let read = secret::read(&path, Duration::from_secs(5));
    read.map(|secret| secret.escape_ascii().to_string())
        .map_err(|error| error.to_string().replace(path.to_str().unwrap(), "FILE"))
}

#[test]
fn a_secret_is_the_first_line_and_loses_its_line_end_only() {
    assert_eq!(secret_in(b" pa\tss \r\n").as_deref(), Ok(r" pa\tss "));
    assert_eq!(secret_in(b"\xEF\xBB\xBFpass").as_deref(), Ok("pass"));
    assert_eq!(secret_in(b"pass\n\nnotes\xFF").as_deref(), Ok("pass"));
    // Some servers want Latin-1.
    assert_eq!(secret_in(b"p\xE4ss\n").as_deref(), Ok(r"p\xe4ss"));
    let refused = |octets: &[u8], words: &str| assert_eq!(secret_in(octets), Err(words.to_owned()));
    refused(b"", "FILE: empty");
    refused(b"\npass\n", "FILE: its first line is empty");
    refused(b"\xEF\xBB\xBF\r\n", "FILE: its first line is empty");
    refused(b"p\0a\0s\0s\0", "FILE: a NUL in it (is it UTF-16?)");
    refused(b"\xFF\xFEp\0a\0s\0s\0", "FILE: in UTF-16; convert it to UTF-8");
}

#[test]
fn a_secret_may_come_from_a_pipe_but_not_for_ever() {
    let folder = Folder::new();
    let pipe = folder.pipe();
    let start = Instant::now();
    let late = secret::read(&pipe, Duration::from_secs(1)).unwrap_err();
    assert_eq!(late.to_string(), format!("{}: nothing came within 1 s", pipe.display()));
    let endless = secret::read(Path::new("/dev/zero"), Duration::from_secs(5)).unwrap_err();
    assert_eq!(endless.to_string(), "/dev/zero: longer than 16384 octets");
    assert_eq!(
        secret::read(Path::new("/dev/null"), Duration::from_secs(5)).unwrap_err().to_string(),
        "/dev/null: empty"
    );

    let writer = pipe.clone();
    // Opens after the reader, and keeps the pipe open after the line.
    let writer = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(200));
        let mut file = fs::OpenOptions::new().write(true).open(writer).unwrap();
        std::io::Write::write_all(&mut file, b"from a pipe\n").unwrap();
        file
    });
    let read = secret::read(&pipe, Duration::from_secs(10)).unwrap();
    assert_eq!(read.as_slice(), b"from a pipe");
    drop(writer.join().unwrap());
    assert!(start.elapsed() < Duration::from_secs(20));
}
