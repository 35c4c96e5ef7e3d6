//! The file of the record. Messages are added line by line as soon as they are safe, and the whole file is
//! written anew at the end. Only one pop3get uses it at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use pop3_proto::fetch::Record;

use crate::account::Account;
use crate::failure::{Failure, Kind};

pub(crate) struct RecordFile {
    path: PathBuf,
    /// Open for appending; `None` in a dry run.
    file: Option<File>,
    /// Held until the program ends.
    _lock: Option<File>,
}

impl RecordFile {
    /// Locks the record and reads it. If there is no file, the record starts from that of another program, or
    /// empty. The file is written anew at once, so that nothing is appended to a line that a crash cut off,
    /// and so that an error shows before anything is fetched.
    pub(crate) fn open(account: &Account) -> Result<(Self, Record), Failure> {
        let path = account.record.clone();
        let bad = |error: &dyn std::fmt::Display| Kind::Disk.because(path.display(), error);
        let lock = match account.rules.dry_run {
            true => None,
            false => Some(lock(&path).map_err(|error| bad(&error))?),
        };
        let record = match fs::read_to_string(&path) {
            Ok(text) => text.parse().map_err(|error| bad(&error))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => import(account)?,
            Err(error) => return Err(bad(&error)),
        };
        let mut file = None;
        if lock.is_some() {
            replace(&path, &record).map_err(|error| bad(&error))?;
            file = Some(OpenOptions::new().append(true).open(&path).map_err(|error| bad(&error))?);
        }
        Ok((Self { path, file, _lock: lock }, record))
    }

    /// When this returns, the lines are safe.
    pub(crate) fn append(&mut self, lines: &str) -> Result<(), Failure> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let written = file.write_all(lines.as_bytes()).and_then(|()| file.sync_data());
        written.map_err(|error| Kind::Disk.because(self.path.display(), error))
    }

    /// Writes the whole record. Nothing can be appended after that.
    pub(crate) fn save(&mut self, record: &Record) -> Result<(), Failure> {
        self.file = None;
        replace(&self.path, record).map_err(|error| Kind::Disk.because(self.path.display(), error))
    }
}

fn lock(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(name)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(io::Error::new(io::ErrorKind::ResourceBusy, "another pop3get is at work with it"))
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Writes the whole record to a new file that takes the place of the old one, so that a crash leaves one or
/// the other.
fn replace(path: &Path, record: &Record) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    let mut writer = BufWriter::new(&mut file);
    write!(writer, "{record}")?;
    writer.flush()?;
    drop(writer);
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(folder)?.sync_all()
}

fn import(account: &Account) -> Result<Record, Failure> {
    let Some(import) = &account.options.import else { return Ok(Record::new()) };
    let usage = |why: &dyn std::fmt::Display| Kind::Usage.because(format!("--import {import}"), why);
    let (program, path) = import.split_once(':').ok_or_else(|| usage(&"not PROGRAM:FILE"))?;
    let text = fs::read(path).map_err(|error| usage(&error))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (user, host) = (account.user.as_str(), account.host.as_str());
    match program {
        "getmail" => Record::from_getmail(&text),
        "fetchmail" => Record::from_fetchmail(&text, user, host, now),
        "mpop" => Record::from_mpop(&text, user, host, now),
        _ => return Err(usage(&"not getmail, fetchmail or mpop")),
    }
    .map_err(|error| usage(&error))
}
