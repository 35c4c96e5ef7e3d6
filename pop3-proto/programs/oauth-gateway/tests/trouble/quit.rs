//! QUIT of a device, when the real server does not answer it.

use std::thread;
use std::time::{Duration, Instant};

use crate::support::{DEVICE, DEVICE_LOGGED_IN, Gateway, LOGGED_IN, TO_THE_TOKEN, drain};

/// Covers quirk-145.
#[test]
fn nothing_depends_on_it_if_nothing_was_deleted() {
    for end in ["", "S: -ERR no\\r\\n\n", "S: what?\\r\\n\n"] {
        let gateway = Gateway::start(&[]);
        thread::scope(|scope| {
            scope.spawn(|| {
                gateway.play_server(&format!("{TO_THE_TOKEN}{LOGGED_IN}C: QUIT\\r\\n\n{end}"));
            });
            gateway.play_device(&format!("{DEVICE}{DEVICE_LOGGED_IN}C: QUIT\\r\\n\nS: +OK bye\\r\\n\n"));
        });
    }
}

#[test]
fn silence_at_quit_is_not_waited_for_long() {
    let gateway = Gateway::start(&[]);
    let start = Instant::now();
    thread::scope(|scope| {
        scope.spawn(|| drain(gateway.play_server(&format!("{TO_THE_TOKEN}{LOGGED_IN}C: QUIT\\r\\n\n"))));
        gateway.play_device(&format!("{DEVICE}{DEVICE_LOGGED_IN}C: QUIT\\r\\n\nS: +OK bye\\r\\n\n"));
        assert!(start.elapsed() < Duration::from_secs(20));
    });
}

#[test]
fn with_deletions_the_device_hears_what_happened() {
    for (end, heard) in [
        ("S: -ERR not removed\\r\\n\n", "-ERR not removed"),
        ("", "-ERR [SYS/TEMP] the real server: the connection ended before QUIT was answered"),
    ] {
        let gateway = Gateway::start(&[]);
        thread::scope(|scope| {
            scope.spawn(|| {
                let dele = "C: DELE 1\\r\\n\nS: +OK\\r\\n\nC: QUIT\\r\\n\n";
                gateway.play_server(&format!("{TO_THE_TOKEN}{LOGGED_IN}{dele}{end}"));
            });
            let dele = "C: DELE 1\\r\\n\nS: +OK\\r\\n\nC: QUIT\\r\\n\n";
            gateway.play_device(&format!("{DEVICE}{DEVICE_LOGGED_IN}{dele}S: {heard}"));
        });
    }
}

#[test]
fn deletions_that_were_taken_back_do_not_count() {
    let gateway = Gateway::start(&[]);
    let back = "C: DELE 1\\r\\n\nS: +OK\\r\\n\nC: RSET\\r\\n\nS: +OK\\r\\n\nC: QUIT\\r\\n\n";
    thread::scope(|scope| {
        scope.spawn(|| {
            gateway.play_server(&format!("{TO_THE_TOKEN}{LOGGED_IN}{back}"));
        });
        gateway.play_device(&format!("{DEVICE}{DEVICE_LOGGED_IN}{back}S: +OK bye\\r\\n\n"));
    });
}
