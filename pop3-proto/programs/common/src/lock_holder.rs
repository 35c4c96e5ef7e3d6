//! Who holds a dot lock, as far as the file tells it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::fd::AsFd;
use std::process;
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{FileType, Mode, OFlags, Stat, fstat, openat};
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use rustix::system::uname;

/// No lock says more than this.
const LONGEST: u64 = 256;

/// What a file looks like from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    dev: u64,
    ino: u64,
    kind: FileType,
    /// Since 1970.
    modified: Option<Duration>,
}

impl Look {
    #[allow(clippy::unnecessary_cast, reason = "the types of these fields differ between systems")]
    pub(crate) fn of(stat: &Stat) -> Self {
        let seconds = u64::try_from(stat.st_mtime).ok();
        let nanos = u32::try_from(stat.st_mtime_nsec).unwrap_or(0);
        Self {
            dev: stat.st_dev as u64,
            ino: stat.st_ino as u64,
            kind: FileType::from_raw_mode(stat.st_mode),
            modified: seconds.map(|seconds| Duration::new(seconds, nanos.min(999_999_999))),
        }
    }

    pub(crate) const fn is_same_file(&self, other: &Self) -> bool {
        self.dev == other.dev && self.ino == other.ino
    }

    pub(crate) fn is_folder(&self) -> bool {
        self.kind == FileType::Directory
    }

    pub(crate) const fn modified(&self) -> Option<Duration> {
        self.modified
    }

    pub(crate) fn system_now() -> Option<Duration> {
        SystemTime::now().duration_since(UNIX_EPOCH).ok()
    }

    /// How far the file's time is from another, on either side. A time before 1970 is as far as possible.
    pub(crate) fn distance(&self, now: Option<Duration>) -> Option<Duration> {
        now.map(|now| self.modified.map_or(Duration::MAX, |modified| now.abs_diff(modified)))
    }
}

/// Where this process runs.
pub(crate) struct Here {
    host: String,
    /// The boot and the namespace of processes, where the system tells them.
    inside: Option<String>,
}

pub(crate) fn here() -> &'static Here {
    static HERE: OnceLock<Here> = OnceLock::new();
    HERE.get_or_init(|| {
        let host = uname().nodename().to_string_lossy().replace(char::is_whitespace, "-");
        let inside = || {
            let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
            let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
            Some(format!("{} {}", boot.trim(), namespace.to_str()?))
        };
        Here { host, inside: inside() }
    })
}

impl Here {
    /// What a lock of this process says.
    pub(crate) fn line(&self) -> String {
        let inside = self.inside.as_ref().map_or(String::new(), |inside| format!(" {inside}"));
        format!("{}:{}{inside}\n", process::id(), self.host)
    }
}

pub(crate) enum Holder {
    /// A process of this host, boot and namespace that has ended.
    Ended,
    /// One that runs.
    Running,
    /// The number of this process, and nothing that says that it is one of elsewhere.
    ThisNumber,
    Unknown,
}

impl Holder {
    pub(crate) fn of(folder: impl AsFd, lock: &OsStr, look: &Look) -> Self {
        match read(folder, lock, look) {
            Ok(text) => Self::named(&text),
            Err(_) => Self::Unknown,
        }
    }

    fn named(text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text);
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        let (number, place) =
            text.split_once(':').map_or((text, None), |(number, place)| (number, Some(place)));
        let Some(pid) = number.trim().parse().ok().filter(|pid| *pid > 0).and_then(Pid::from_raw) else {
            return Self::Unknown;
        };
        let here = here();
        let is_inside = here.inside.as_ref().is_some_and(|inside| {
            place.and_then(|place| place.split_once(' ')) == Some((here.host.as_str(), inside.as_str()))
        });
        let is_this = pid.as_raw_nonzero().get().cast_unsigned() == process::id();
        match (is_inside, is_this) {
            (true, true) => Self::ThisNumber,
            (true, false) if test_kill_process(pid) == Err(Errno::SRCH) => Self::Ended,
            (true, false) => Self::Running,
            (false, true) if place.is_none_or(|place| place == here.host) => Self::ThisNumber,
            _ => Self::Unknown,
        }
    }
}

/// Reads the lock if it is a plain file, and no more of it than a lock has.
fn read(folder: impl AsFd, lock: &OsStr, look: &Look) -> io::Result<Vec<u8>> {
    if look.kind != FileType::RegularFile {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = File::from(openat(folder, lock, flags, Mode::empty())?);
    if Look::of(&fstat(&file)?) != *look {
        return Err(io::ErrorKind::NotFound.into());
    }
    let mut text = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut text)?;
    if text.len() as u64 > LONGEST {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(text)
}
