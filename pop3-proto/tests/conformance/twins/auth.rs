//! Twins for `server/auth`.

use super::{Case, deviates, fails};
use crate::twin::{Happens, Twin};

/// A twin that takes one line for another one.
fn taking(line: &'static [u8], other: &'static [u8]) -> Twin {
    Twin::new(move |scene, happens| match happens {
        Happens::Line(came) if came == line => scene.honestly(&Happens::Line(other)),
        happens => scene.honestly(&happens),
    })
}

/// A twin that answers one line by these octets.
fn saying(line: &'static [u8], octets: &'static str) -> Twin {
    Twin::new(move |scene, happens| match happens {
        Happens::Line(came) if came == line => {
            scene.truth(came);
            scene.say(octets);
        }
        happens => scene.honestly(&happens),
    })
}

/// A twin that answers long lines by these octets, or hangs up.
fn of_long_lines(octets: &'static str) -> Twin {
    Twin::new(move |scene, happens| match happens {
        Happens::Line(line) if line.len() > 1000 => {
            scene.truth(line);
            scene.say(octets);
            if octets.is_empty() {
                scene.close();
            }
        }
        happens => scene.honestly(&happens),
    })
}

/// A twin that answers this command by something else after a failure.
fn after_failure(command: &'static [u8], change: fn(Vec<u8>) -> Vec<u8>) -> Twin {
    Twin::new(move |scene, happens| match happens {
        Happens::Line(line) => {
            let answer = scene.truth(line);
            let failed = !scene.note("failed").is_empty();
            if answer.starts_with(b"-ERR") {
                scene.note("failed").push(1);
            }
            scene.say(if failed && line.starts_with(command) { change(answer) } else { answer });
        }
        other => scene.honestly(&other),
    })
}

fn without_sasl(list: Vec<u8>) -> Vec<u8> {
    let lines = list.split_inclusive(|octet| *octet == b'\n');
    lines.filter(|line| !line.starts_with(b"SASL")).collect::<Vec<_>>().concat()
}

pub(super) const CASES: &[Case] = &[
    fails("server/auth/alone", "5034-5-03", || saying(b"AUTH\r\n", "+OK\r\n")),
    fails("server/auth/alone", "0-auth-list-01", || saying(b"AUTH \r\n", "+ \r\n")),
    fails("server/auth/unknown-mechanism", "5034-4-04", || saying(b"AUTH X-NOSUCH\r\n", "+ \r\n")),
    fails("server/auth/unknown-mechanism", "5034-4-04", || {
        Twin::lines(|scene, line| {
            let is = line == b"AUTH X-NOSUCH\r\n";
            if is {
                scene.close();
            }
            is
        })
    }),
    fails("server/auth/name-form", "4422-3.1-01", || taking(b"AUTH PLA.IN\r\n", b"AUTH PLAIN\r\n")),
    fails("server/auth/name-form", "4422-3.1-01", || saying(b"AUTH PLA.IN\r\n", "-ERR\r\n-ERR\r\n")),
    fails("server/auth/case", "5034-5-01", || saying(b"auth plain\r\n", "-ERR\r\n")),
    fails("server/auth/empty-challenge", "5034-4-06", || saying(b"AUTH PLAIN\r\n", "+\r\n")),
    fails("server/auth/empty-challenge", "4422-5-01", || saying(b"AUTH XOAUTH2\r\n", "+ go on\r\n")),
    fails("server/auth/challenge-form", "4648-3-01", || saying(b"AUTH CRAM-MD5\r\n", "+ PDFAYT4\r\n")),
    fails("server/auth/challenge-form", "5034-4-05", || saying(b"AUTH CRAM-MD5\r\n", "+PDFAYT4=\r\n")),
    fails("server/auth/cancel", "5034-4-09", || saying(b"*\r\n", "+OK\r\n")),
    fails("server/auth/cancel", "5034-4-20", || saying(b"*\r\n", "+ \r\n")),
    fails("server/auth/bad-base64", "5034-4-14", || saying(b"!!!!\r\n", "+ \r\n")),
    fails("server/auth/bad-base64", "5034-4-17", || saying(b"A===\r\n", "+OK\r\n")),
    fails("server/auth/equals-and-empty", "5034-4-12", || {
        Twin::new(|scene, happens| match happens {
            // An empty line is passed over.
            Happens::Line(b"\r\n") => {}
            other => scene.honestly(&other),
        })
    }),
    fails("server/auth/initial-forms", "5034-5-04", || taking(b"AUTH PLAIN =\r\n", b"AUTH PLAIN\r\n")),
    deviates("server/auth/initial-forms", "5034-5-04", || taking(b"AUTH PLAIN \r\n", b"AUTH PLAIN\r\n")),
    deviates("server/auth/initial-forms", "5034-5-05", || taking(b"AUTH PLAIN *\r\n", b"AUTH PLAIN\r\n")),
    fails("server/auth/server-first", "5034-4-13", || {
        taking(b"AUTH CRAM-MD5 AAAA\r\n", b"AUTH CRAM-MD5\r\n")
    }),
    fails("server/auth/lines-are-data", "5034-4-35", || {
        Twin::new(|scene, happens| match happens {
            Happens::Line(b"QUIT\r\n") => {
                scene.truth(b"*\r\n");
                scene.honestly(&happens);
            }
            other => scene.honestly(&other),
        })
    }),
    fails("server/auth/long-line", "5034-4-18", || of_long_lines("")),
    fails("server/auth/long-line", "4616-2-03", || of_long_lines("-ERR\r\n-ERR\r\n")),
    deviates("server/auth/endless-line", "5034-4-19", || of_long_lines("-ERR\r\n-ERR\r\n-ERR\r\n")),
    deviates("server/auth/endless-line", "5034-4-19", || of_long_lines("")),
    fails("server/auth/failure-changes-nothing", "5034-4-29", || after_failure(b"CAPA", without_sasl)),
    fails("server/auth/failure-changes-nothing", "5034-4-29", || {
        after_failure(b"PASS", |_| b"-ERR once is enough\r\n".to_vec())
    }),
    fails("server/auth/ends", "5034-4-20", || saying(b"*\r\n", "cancelled\r\n")),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}
