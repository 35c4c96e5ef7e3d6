//! Guesses and silent devices: a guesser is slow over all its connections, and neither keeps others out.

use std::io::{BufRead as _, BufReader, Write as _};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{DEVICE, DEVICE_LOGGED_IN, Gateway, LOGGED_IN, TO_THE_TOKEN};

/// A session of a device with the password, and how long it took.
fn good(gateway: &Gateway) -> Duration {
    let start = Instant::now();
    thread::scope(|scope| {
        scope.spawn(|| {
            gateway.play_server(&format!("{TO_THE_TOKEN}{LOGGED_IN}C: QUIT\\r\\n\nS: +OK\\r\\n\n"));
        });
        gateway.play_device(&format!("{DEVICE}{DEVICE_LOGGED_IN}C: QUIT\\r\\n\nS: +OK\\r\\n\n"));
    });
    start.elapsed()
}

/// Covers passwords-by-trial.
#[test]
fn guesses_over_many_connections_are_slow_and_a_good_device_is_not() {
    let gateway = Gateway::start(&[]);
    good(&gateway);
    let end = Instant::now() + Duration::from_secs(8);
    let guesses = AtomicU32::new(0);
    thread::scope(|scope| {
        for number in 0..8 {
            let (gateway, guesses) = (&gateway, &guesses);
            scope.spawn(move || {
                while Instant::now() < end {
                    let mut device = gateway.device();
                    device
                        .set_read_timeout(Some(
                            end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1)),
                        ))
                        .unwrap();
                    let mut lines = BufReader::new(device.try_clone().unwrap()).lines();
                    for guess in
                        [format!("USER user{number}\r\nPASS x\r\n"), "USER ann\r\nPASS y\r\n".to_owned()]
                    {
                        if device.write_all(guess.as_bytes()).is_err() {
                            break;
                        }
                        // The greeting, or the answer to USER, comes first.
                        let heard =
                            lines.by_ref().map_while(Result::ok).find(|line| line.starts_with("-ERR"));
                        let is_guess = heard.is_some_and(|line| line.contains("wrong local password"));
                        if is_guess && Instant::now() < end {
                            guesses.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    // Answered after 1, 2, 4 and 8 s; and one with the good name, which costs that name its privilege.
    let guesses = guesses.load(Ordering::Relaxed);
    assert!((1..=5).contains(&guesses), "{guesses} guesses");
}

#[test]
fn a_device_that_had_the_password_is_not_held_up_for_the_guesses_of_another() {
    let gateway = Gateway::start(&[]);
    good(&gateway);
    for _ in 0..3 {
        gateway.play_device(
            r"
            S: +OK gateway ready\r\n
            C: USER bob\r\n
            S: +OK send PASS\r\n
            C: PASS wrong\r\n
            S: -ERR [AUTH] wrong local password\r\n",
        );
    }
    // The next guess has to wait 4 s, this device does not.
    assert!(good(&gateway) < Duration::from_secs(2));
}

/// Covers silent-connections.
#[test]
fn silent_devices_do_not_hold_the_places() {
    let gateway = Gateway::start(&["--max-sessions", "4"]);
    let silent = || {
        let (device, mut line) = (gateway.device(), String::new());
        BufReader::new(&device).read_line(&mut line).unwrap();
        assert_eq!(line, "+OK gateway ready\r\n");
        device
    };
    let silent: Vec<_> = (0..4).map(|_| silent()).collect();
    good(&gateway);
    // The one that waited longest had to leave.
    let mut rest = String::new();
    assert_eq!(BufReader::new(&silent[0]).read_line(&mut rest).unwrap(), 0);
}
