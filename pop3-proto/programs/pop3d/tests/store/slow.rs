//! A file system that never answers holds up only the user whose maildrop is on it.
//!
//! The file system is one of FUSE that nobody serves, so that everything in it waits for ever. Mounting it
//! takes root and /dev/fuse.

use std::ffi::CString;
use std::fs::{self, File, OpenOptions};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use super::rig::{Pop3d, folder, is_root, maildir, write};

const REFUSED: &str = "-ERR [SYS/TEMP] the maildrop cannot be opened";

/// A mounted file system that never answers. Dropping it ends all that wait for it.
struct Stuck {
    path: PathBuf,
    _fuse: File,
}

impl Stuck {
    /// `None`, with a word why, where it cannot be mounted.
    fn mount(path: &Path) -> Option<Self> {
        if !is_root() {
            return None;
        }
        fs::create_dir_all(path).unwrap();
        let fuse = match OpenOptions::new().read(true).write(true).open("/dev/fuse") {
            Ok(fuse) => fuse,
            Err(error) => {
                println!("skipped: /dev/fuse: {error}");
                return None;
            }
        };
        let options = format!("fd={},rootmode=40000,user_id=0,group_id=0,allow_other", fuse.as_raw_fd());
        let options = CString::new(options).unwrap();
        match mount("stuck", path, "fuse", MountFlags::empty(), options.as_c_str()) {
            Ok(()) => Some(Self { path: path.to_owned(), _fuse: fuse }),
            Err(error) => {
                println!("skipped: mounting: {error}");
                None
            }
        }
    }
}

impl Drop for Stuck {
    fn drop(&mut self) {
        unmount(&self.path, UnmountFlags::DETACH).unwrap();
    }
}

/// Many logins of one user at once may have to wait for each other, as guesses do; here they do not.
fn served(drops: &Path) -> Pop3d {
    let settings = format!(
        "[store]\nmaildir = \"{}/%u\"\n[login]\nfailure-delay = 0\n[limits]\nfiles = 3\nper-user = 60\n",
        drops.display()
    );
    Pop3d::configured(drops, &settings)
}

/// Covers one-user-holds-all-threads.
#[test]
fn a_maildrop_that_never_answers_holds_up_nobody_else() {
    let drops = folder();
    let maildrop = maildir(&drops.path().join("alice"));
    write(maildrop.join("new/1"), "Subject: a\n\nb\n");
    let Some(_stuck) = Stuck::mount(&drops.path().join("mallory")) else { return };
    let mut pop3d = served(drops.path());
    let mut clients: Vec<_> = (0..60).map(|_| pop3d.connect()).collect();
    for client in &mut clients {
        client.send("USER mallory\r\nPASS pw");
    }
    let start = Instant::now();
    let mut alice = pop3d.session("alice");
    assert_eq!(alice.many("RETR 1"), "Subject: a\r\n\r\nb\r\n");
    assert!(alice.ask("DELE 1").starts_with("+OK"));
    alice.quit();
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    // Each of the others is told, in time.
    for client in &mut clients {
        assert_eq!(client.line(), "+OK send PASS");
        assert_eq!(client.line(), REFUSED);
    }
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    drop(clients);
    assert_eq!(pop3d.log_in("mallory").1, REFUSED, "still");
    #[cfg(target_os = "linux")]
    {
        let threads = fs::read_dir(format!("/proc/{}/task", pop3d.id())).unwrap().count();
        assert!(threads < 30, "{threads} threads");
    }
    assert!(pop3d.stop() < Duration::from_secs(15));
}

/// Covers shutdown-waits-for-files.
#[test]
fn a_session_that_waits_for_files_does_not_hold_up_the_end() {
    let drops = folder();
    let Some(_stuck) = Stuck::mount(&drops.path().join("mallory")) else { return };
    let settings = format!("[store]\nmaildir = \"{}/%u\"\n", drops.path().display());
    let mut pop3d = Pop3d::configured(drops.path(), &settings);
    let mut client = pop3d.connect();
    assert_eq!(client.ask("USER mallory"), "+OK send PASS");
    client.send("PASS pw");
    std::thread::sleep(Duration::from_millis(300));
    assert!(pop3d.stop() < Duration::from_secs(15));
}

/// Covers one-user-holds-all-threads.
#[test]
fn a_message_and_an_update_that_never_end_are_given_up() {
    let drops = folder();
    let maildrop = maildir(&drops.path().join("mallory"));
    write(maildrop.join("cur/1"), "Subject: a\n\nb\n");
    let mut pop3d = served(drops.path());
    let mut client = pop3d.session("mallory");
    let Some(_stuck) = Stuck::mount(&maildrop.join("cur")) else { return };
    let start = Instant::now();
    assert_eq!(client.ask("RETR 1"), "-ERR [SYS/TEMP] message cannot be read");
    assert!(client.ask("DELE 1").starts_with("+OK"));
    assert_eq!(client.ask("QUIT"), "-ERR [SYS/TEMP] some deleted messages were not removed");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert!(pop3d.stop() < Duration::from_secs(15));
}
