//! Which locks are taken for dead, and which are waited for.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{self, Command};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use pop3_programs_common::dot_lock::DotLock;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

/// A folder of the test, the file in it, and the lock of that file.
fn place() -> (TempDir, PathBuf, PathBuf) {
    let folder = TempDir::new().unwrap();
    let (file, lock) = (folder.path().join("box"), folder.path().join("box.lock"));
    (folder, file, lock)
}

fn held(text: &str, prepare: impl Fn(&Path)) -> bool {
    let (_folder, file, lock) = place();
    fs::write(&lock, text).unwrap();
    prepare(&lock);
    let before = fs::read(&lock).unwrap();
    match DotLock::take(&file) {
        Ok(taken) => {
            assert_ne!(fs::read(&lock).unwrap(), before, "the lock is ours now");
            drop(taken);
            assert!(!lock.exists());
            false
        }
        Err(error) => {
            assert_eq!(error.kind(), std::io::ErrorKind::ResourceBusy, "{error}");
            assert_eq!(fs::read(&lock).unwrap(), before, "the lock of somebody else stands");
            true
        }
    }
}

fn aged(by: Duration) -> impl Fn(&Path) {
    move |lock| File::options().write(true).open(lock).unwrap().set_modified(SystemTime::now() - by).unwrap()
}

fn in_future(by: Duration) -> impl Fn(&Path) {
    move |lock| File::options().write(true).open(lock).unwrap().set_modified(SystemTime::now() + by).unwrap()
}

/// The number of a process that has ended.
fn ended() -> u32 {
    let mut process = Command::new("true").spawn().unwrap();
    process.wait().unwrap();
    process.id()
}

/// What a lock says behind the number.
#[cfg(target_os = "linux")]
fn here() -> String {
    let (_folder, file, lock) = place();
    let taken = DotLock::take(&file).unwrap();
    let text = fs::read_to_string(&lock).unwrap();
    drop(taken);
    text.strip_prefix(&process::id().to_string()).unwrap().to_owned()
}

/// Runs the same for each of them, at the same time, because each waits for seconds.
fn at_once<T: Send>(each: impl IntoIterator<Item = T>, run: impl Fn(T) + Sync) {
    thread::scope(|scope| {
        for one in each {
            scope.spawn(|| run(one));
        }
    });
}

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_lock_is_made_and_given_back() {
    let (_folder, file, lock) = place();
    let taken = DotLock::take(&file).unwrap();
    assert!(fs::read_to_string(&lock).unwrap().starts_with(&format!("{}:", process::id())));
    drop(taken);
    assert!(!lock.exists());
    drop(DotLock::take(&file).unwrap());
}

/// Covers lock-of-another-host-taken.
#[test]
fn a_number_alone_says_nothing_of_its_process() {
    let numbers = [format!("{}\n", ended()), format!("{:>10}\n", ended())];
    let others = ["0".to_owned(), String::new(), "x".repeat(1000)];
    at_once(numbers.into_iter().chain(others), |text| assert!(held(&text, |_| {}), "{text:?}"));
}

/// Covers lock-of-another-host-taken.
#[test]
fn a_process_of_another_host_is_not_looked_for_here() {
    assert!(held(&format!("{}:elsewhere.example.com", ended()), |_| {}));
}

/// Covers lock-of-another-host-taken.
#[cfg(target_os = "linux")]
#[test]
fn a_dead_process_of_this_host_boot_and_namespace_holds_nothing() {
    let here = here();
    let start = Instant::now();
    assert!(!held(&format!("{}{here}", ended()), |_| {}));
    assert!(start.elapsed() < Duration::from_secs(1), "it is not waited for");
    assert!(held(&format!("{}{here}", 1), |_| {}), "process 1 runs");
    // The same number of another boot, host or namespace of processes.
    let changed = |at: usize| {
        let mut words: Vec<_> = here.trim_end().split(' ').map(str::to_owned).collect();
        words[at] = format!("{}0", words[at]);
        words.join(" ") + "\n"
    };
    at_once((0..3).map(changed), |place| {
        assert!(held(&format!("{}{place}", ended()), |_| {}), "{place}");
    });
}

/// Covers own-lock-locks-out.
#[test]
fn the_number_of_this_process_is_dead_unless_this_process_holds_the_lock() {
    assert!(!held(&format!("{}\n", process::id()), |_| {}));
    assert!(!held(&format!("  {}\0\0\0", process::id()), |_| {}));
    let (_folder, file, _lock) = place();
    let taken = DotLock::take(&file).unwrap();
    let error = DotLock::take(&file).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ResourceBusy);
    assert!(taken.is_held());
}

/// Covers lock-of-another-host-taken.
#[test]
fn age_alone_makes_a_lock_of_elsewhere_dead() {
    at_once(["1:elsewhere", "17\n", ""], |text| assert!(!held(text, aged(11 * MINUTE)), "{text:?}"));
    at_once(["1:elsewhere", "17\n", ""], |text| assert!(held(text, aged(9 * MINUTE)), "{text:?}"));
}

/// Covers own-lock-locks-out.
#[test]
fn a_lock_of_the_far_future_does_not_hold_for_ever() {
    assert!(!held("17\n", in_future(500 * 24 * 60 * MINUTE)));
    assert!(held("17\n", in_future(5 * MINUTE)));
}

/// Covers lock-of-another-host-taken.
#[test]
fn an_old_lock_that_is_renewed_is_held() {
    let (_folder, file, lock) = place();
    fs::write(&lock, "17\n").unwrap();
    aged(11 * MINUTE)(&lock);
    let waiting = thread::spawn(move || DotLock::take(&file).map(drop));
    thread::sleep(Duration::from_millis(500));
    File::options().write(true).open(&lock).unwrap().set_modified(SystemTime::now()).unwrap();
    assert_eq!(waiting.join().unwrap().unwrap_err().kind(), std::io::ErrorKind::ResourceBusy);
    assert_eq!(fs::read(&lock).unwrap(), b"17\n");
}

/// Covers side-files-fill-the-memory, waits-for-pipes.
#[test]
fn a_prepared_lock_that_is_no_file_is_neither_opened_nor_followed() {
    type Make = fn(&Path);
    let makes: [Make; 5] = [
        |lock| mknodat(CWD, lock, FileType::Fifo, Mode::from_raw_mode(0o666), 0).unwrap(),
        |lock| symlink("/dev/zero", lock).unwrap(),
        |lock| symlink("target", lock).unwrap(),
        |lock| fs::create_dir(lock).unwrap(),
        |lock| drop(UnixListener::bind(lock).unwrap()),
    ];
    thread::scope(|scope| {
        for make in makes {
            scope.spawn(move || {
                let (folder, file, lock) = place();
                make(&lock);
                let start = Instant::now();
                let error = DotLock::take(&file).unwrap_err();
                assert_eq!(error.kind(), std::io::ErrorKind::ResourceBusy, "{error}");
                assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
                assert!(fs::symlink_metadata(&lock).is_ok(), "it stands");
                assert!(!folder.path().join("target").exists());
            });
        }
    });
}

/// Covers lock-of-another-host-taken.
#[test]
fn a_lock_that_was_taken_away_is_not_given_back() {
    let (_folder, file, lock) = place();
    let taken = DotLock::take(&file).unwrap();
    assert!(taken.is_held());
    fs::remove_file(&lock).unwrap();
    fs::write(&lock, "17\n").unwrap();
    assert!(!taken.is_held());
    drop(taken);
    assert_eq!(fs::read(&lock).unwrap(), b"17\n");
}

/// Covers lock-of-another-host-taken.
#[test]
fn of_many_that_find_a_dead_lock_one_holds_at_a_time() {
    let (folder, file, lock) = place();
    let inside = folder.path().join("inside");
    fs::write(&lock, "17\n").unwrap();
    aged(11 * MINUTE)(&lock);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let taken = DotLock::take(&file).unwrap();
                drop(File::create_new(&inside).unwrap());
                thread::sleep(Duration::from_millis(20));
                fs::remove_file(&inside).unwrap();
                drop(taken);
            });
        }
    });
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
}
