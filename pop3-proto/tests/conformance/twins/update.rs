//! Twins for `server/update`.

use std::time::Duration;

use pop3_proto::Time;
use pop3_proto::conformance::Verdict;

use super::dele::{gone, number, removes_at_once};
use super::{Case, deviates, fails};
use crate::honest::USER;
use crate::twin::{Happens, Scene, Twin};

/// A twin that does something else at this line.
fn at(line: &'static [u8], twist: fn(&mut Scene<'_>)) -> Twin {
    Twin::new(move |scene, happens| match happens {
        Happens::Line(came) if came == line => twist(scene),
        other => scene.honestly(&other),
    })
}

/// A twin that answers QUIT, and goes on.
fn stays_open() -> Twin {
    at(b"QUIT\r\n", |scene| scene.say("+OK bye\r\n"))
}

/// The end of a session as if nothing were marked.
fn quits_without_update(scene: &mut Scene<'_>) {
    scene.truth(b"RSET\r\n");
    scene.honestly(&Happens::Line(b"QUIT\r\n"));
}

/// A twin that removes what was fetched, at once or after QUIT.
fn removes_what_was_fetched(at_once: bool) -> Twin {
    Twin::new(move |scene, happens| {
        scene.honestly(&happens);
        match happens {
            Happens::Line(line) if line.starts_with(b"RETR") => {
                if at_once {
                    gone(scene, number(line));
                } else {
                    scene.note("fetched").push(number(line) as u8);
                }
            }
            Happens::Line(b"QUIT\r\n") => {
                let mut fetched = core::mem::take(scene.note("fetched"));
                fetched.sort_by(|a, b| b.cmp(a));
                fetched.into_iter().for_each(|number| gone(scene, number.into()));
            }
            _ => {}
        }
    })
}

pub(super) const CASES: &[Case] = &[
    fails("server/update/removes", "1939-6-01", || at(b"QUIT\r\n", quits_without_update)),
    fails("server/update/removes", "1939-6-05", || {
        at(b"QUIT\r\n", |scene| {
            let removed = scene.honest.store.removed.borrow().len();
            scene.honestly(&Happens::Line(b"QUIT\r\n"));
            if scene.honest.store.removed.borrow().len() > removed {
                gone(scene, 1);
            }
        })
    }),
    deviates("server/update/removes", "1939-6-03", || {
        let mut late: Vec<(Time, String)> = Vec::new();
        Twin::new(move |scene, happens| {
            for (due, id) in &late {
                if *due <= scene.now {
                    let mut all = scene.honest.store.mail.borrow_mut();
                    all.get_mut(USER).unwrap().retain(|(known, _)| known != id);
                }
            }
            match happens {
                Happens::Line(line) if line.starts_with(b"DELE") => {
                    let id = scene.honest.store.mail.borrow()[USER][number(line) - 1].0.clone();
                    scene.note("marked").extend(id.bytes());
                    scene.honestly(&happens);
                }
                Happens::Line(b"QUIT\r\n") => {
                    let id = String::from_utf8(core::mem::take(scene.note("marked"))).unwrap();
                    late.push((scene.now.after(Duration::from_secs(2)), id));
                    quits_without_update(scene);
                }
                other => scene.honestly(&other),
            }
        })
    }),
    fails("server/update/drop", "1939-6-02", removes_at_once),
    fails("server/update/drop", "1939-6-02", || {
        Twin::new(|scene, happens| scene.honestly(&happens)).removing_at_the_end()
    }),
    fails("server/update/before-login", "1939-4-12", || {
        Twin::new(|scene, happens| match happens {
            Happens::Line(line) if line.starts_with(b"PASS") => {
                scene.note("login").push(1);
                scene.honestly(&happens);
            }
            Happens::Line(b"QUIT\r\n") if scene.note("login").is_empty() => {
                scene.say("-ERR log in first\r\n")
            }
            other => scene.honestly(&other),
        })
    }),
    fails("server/update/before-login", "1939-6-01", stays_open),
    fails("server/update/closes", "1939-6-06", stays_open),
    deviates("server/update/closes", "1939-6-06", || {
        let mut quit = None;
        Twin::new(move |scene, happens| match happens {
            Happens::Line(b"QUIT\r\n") => {
                quit = Some(scene.now);
                scene.honestly(&happens);
            }
            Happens::Line(line)
                if line.starts_with(b"PASS")
                    && quit.is_some_and(|quit| scene.now < quit.after(Duration::from_secs(3))) =>
            {
                scene.say("-ERR [IN-USE] not yet\r\n");
            }
            other => scene.honestly(&other),
        })
    }),
    fails("server/update/behind-quit", "1939-6-07", stays_open),
    deviates("server/update/argument", "1939-3-20", || {
        at(b"QUIT x\r\n", |scene| scene.honestly(&Happens::Line(b"QUIT\r\n")))
    }),
    fails("server/update/argument", "1939-3-20", || at(b"QUIT x\r\n", |scene| scene.close())),
    fails("server/update/fetched-stays", "1939-6-02", || removes_what_was_fetched(true)),
    Case {
        probe: "server/update/fetched-stays",
        verdict: Verdict::Note,
        row: "2449-6.7-02",
        make: || removes_what_was_fetched(false),
    },
    fails("server/update/fetched-quit", "1939-6-05", || removes_what_was_fetched(false)),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}
