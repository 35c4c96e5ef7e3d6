//! Listings of the real server that do not end.

use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{DEVICE, DEVICE_LOGGED_IN, Gateway, LOGGED_IN, PATIENCE, TO_THE_TOKEN, drain};

/// After a command of the device, the server says `+OK` and that line again and again. Returns after how long it was
/// cut off, with these words in the log.
fn endless(options: &[&str], command: &str, line: &[u8], pause: Duration, words: &str) -> Duration {
    let gateway = Gateway::start(options);
    let exchange = format!("C: {command}\\r\\n\nS: +OK\\r\\n\n");
    let took = thread::scope(|scope| {
        let server = scope.spawn(|| {
            let mut stream = gateway.play_server(&format!("{TO_THE_TOKEN}{LOGGED_IN}{exchange}"));
            let start = Instant::now();
            while start.elapsed() < PATIENCE && stream.write_all(line).and_then(|()| stream.flush()).is_ok() {
                thread::sleep(pause);
            }
            start.elapsed()
        });
        // The device is gone then.
        gateway.play_device(&format!("{DEVICE}{DEVICE_LOGGED_IN}C: {command}\\r\\n\n"));
        server.join().unwrap()
    });
    gateway.logs(words);
    took
}

/// Covers endless-listing.
#[test]
fn lines_that_cannot_be_read_do_not_go_on_for_ever() {
    let many = b"zz\r\n".repeat(4000);
    for command in ["LIST", "UIDL"] {
        let words = format!("{command}: 1000001 lines, and no end of them");
        assert!(endless(&[], command, &many, Duration::ZERO, &words) < PATIENCE);
    }
}

/// Covers endless-listing.
#[test]
fn after_stat_the_number_of_messages_tells_how_many_lines_are_too_many() {
    let stat = "C: STAT\\r\\n\nS: +OK 2 100\\r\\n\n";
    for (command, line) in [("LIST", "1 50\r\n"), ("UIDL", "1 a\r\n"), ("LIST", "zz\r\n"), ("UIDL", "1\r\n")]
    {
        let gateway = Gateway::start(&[]);
        let exchange = format!("{stat}C: {command}\\r\\n\nS: +OK\\r\\n\n");
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut stream = gateway.play_server(&format!("{TO_THE_TOKEN}{LOGGED_IN}{exchange}"));
                let _ = stream.write_all(&line.as_bytes().repeat(10_009));
                drain(stream);
            });
            // This device stays. It sees that the listing was cut, because no last line comes.
            let script = format!("{DEVICE}{DEVICE_LOGGED_IN}{stat}C: {command}\\r\\n\nS: +OK\\r\\n\n");
            let said = gateway.play_and_read(&script);
            assert!(!said.ends_with(b".\r\n"), "{said:?}");
        });
        gateway.logs(&format!("{command}: 10009 lines, and no end of them"));
    }
}

/// Covers endless-listing.
#[test]
fn lines_that_cannot_be_read_and_come_slowly_end_after_the_timeout() {
    for (command, line) in [("LIST", "zz\r\n"), ("UIDL", "\r\n")] {
        let pause = Duration::from_millis(200);
        let words = format!("{command}: no line that can be read for 3 s");
        let took = endless(&["--timeout", "3"], command, line.as_bytes(), pause, &words);
        assert!(took >= Duration::from_secs(2) && took < Duration::from_secs(12), "{took:?}");
    }
}

#[test]
fn a_few_lines_that_cannot_be_read_are_left_out_and_logged() {
    let gateway = Gateway::start(&[]);
    let server = r"
        C: LIST\r\n
        S: +OK\r\nzz\r\n1 50\r\nzz\r\n.\r\n
        C: UIDL\r\n
        S: +OK\r\n1 a\r\n2\r\n.\r\n
        C: QUIT\r\n
        S: +OK\r\n
    ";
    let device = r"
        C: LIST\r\n
        S: +OK\r\n1 50\r\n.\r\n
        C: UIDL\r\n
        S: +OK\r\n1 a\r\n.\r\n
        C: QUIT\r\n
        S: +OK\r\n
    ";
    thread::scope(|scope| {
        scope.spawn(|| {
            gateway.play_server(&format!("{TO_THE_TOKEN}{LOGGED_IN}{server}"));
        });
        gateway.play_device(&format!("{DEVICE}{DEVICE_LOGGED_IN}{device}"));
    });
    gateway.logs("LIST: 2 lines of the real server cannot be read and were left out");
    gateway.logs("UIDL: 1 lines of the real server cannot be read and were left out");
}
