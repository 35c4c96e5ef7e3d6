//! The file of the record. Messages are added line by line as soon as they are safe, and the whole file is
//! written anew at the end. Only one pop3get uses it at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use pop3_programs_common::shared;
use pop3_programs_common::text::Text;
use pop3_proto::fetch::Record;
use rustix::fs::OFlags;

use crate::account::Account;
use crate::failure::{Failure, Kind};
use crate::import::import;

/// The most octets of a record: those of more than a million messages.
const LONGEST: u64 = 256 * 1024 * 1024;

pub(crate) struct RecordFile {
    path: PathBuf,
    /// Open for appending; `None` in a dry run.
    file: Option<File>,
    /// Held until the program ends.
    lock: Option<File>,
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
        let mut record: Record = match Text::read(&path, LONGEST) {
            Ok(text) => {
                // It decides what is deleted. Nobody else can put another one in the place of the own.
                let found = fs::symlink_metadata(&path);
                found.and_then(|found| shared::check(&path, &found)).map_err(|error| bad(&error))?;
                text.as_str().parse().map_err(|error| bad(&error))?
            }
            Err(error) if error.is_not_found() => import(account, now())?,
            Err(error) => return Err(Kind::Disk.because("the record", error)),
        };
        record.mend_times(now());
        let mut file = None;
        if lock.is_some() {
            replace(&path, &record).map_err(|error| bad(&error))?;
            file = Some(OpenOptions::new().append(true).open(&path).map_err(|error| bad(&error))?);
        }
        Ok((Self { path, file, lock }, record))
    }

    /// When this returns, the lines are safe.
    pub(crate) fn append(&mut self, lines: &str) -> Result<(), Failure> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let written = file.write_all(lines.as_bytes()).and_then(|()| file.sync_data());
        written.map_err(|error| Kind::Disk.because(self.path.display(), error))
    }

    /// Makes it possible to append again after [`save`](Self::save).
    pub(crate) fn go_on(&mut self) -> Result<(), Failure> {
        if self.lock.is_some() {
            let opened = OpenOptions::new().append(true).open(&self.path);
            self.file = Some(opened.map_err(|error| Kind::Disk.because(self.path.display(), error))?);
        }
        Ok(())
    }

    /// Writes the whole record. Nothing can be appended after that.
    pub(crate) fn save(&mut self, record: &Record) -> Result<(), Failure> {
        self.file = None;
        replace(&self.path, record).map_err(|error| Kind::Disk.because(self.path.display(), error))
    }
}

/// The time in seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn lock(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    // Whatever somebody else has put there, it is not waited for, and no link is followed.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let mut options = OpenOptions::new();
    let file =
        options.create(true).truncate(false).write(true).mode(0o600).custom_flags(flags).open(&name)?;
    if !file.metadata()?.is_file() {
        let why = format!("{}: not a plain file", name.display());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    // Somebody else would never let go of it.
    shared::check(Path::new(&name), &file.metadata()?)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", name.display())))?;
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
