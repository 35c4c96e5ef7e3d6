//! Twins for `server/uidl`.

use super::{Case, deviates, fails};
use crate::twin::{Happens, Scene, Twin};

/// A twin that changes the lines of UIDL alone.
fn listing(mut change: impl FnMut(&mut Scene<'_>, Vec<String>) -> Vec<String> + 'static) -> Twin {
    Twin::new(move |scene, happens| match happens {
        Happens::Line(b"UIDL\r\n") => {
            let list = String::from_utf8(scene.truth(b"UIDL\r\n")).unwrap();
            if list.starts_with('-') {
                return scene.say(list);
            }
            let lines: Vec<String> = list.lines().map(String::from).collect();
            let lines = change(scene, lines[1..lines.len() - 1].to_vec());
            scene.say(format!("+OK\r\n{}\r\n.\r\n", lines.join("\r\n")));
        }
        other => scene.honestly(&other),
    })
}

/// The same with the lines as numbers and ids.
fn with_ids(mut id: impl FnMut(&mut Scene<'_>, usize, &str) -> String + 'static) -> Twin {
    listing(move |scene, lines| {
        let count = lines.len();
        let changed = lines.iter().map(|line| {
            let (number, old) = line.split_once(' ').unwrap();
            format!("{number} {}", id(scene, count, &format!("{number} {old}")))
        });
        changed.collect()
    })
}

/// A twin that answers UIDL with this argument in another way.
fn answers(argument: &'static str, reply: &'static str) -> Twin {
    Twin::new(move |scene, happens| match happens {
        Happens::Line(line) if line == format!("UIDL {argument}\r\n").as_bytes() => scene.say(reply),
        other => scene.honestly(&other),
    })
}

/// The first line with this in place of it.
fn first(line: &'static str) -> Twin {
    listing(move |_, mut lines| {
        lines[0] = line.into();
        lines
    })
}

pub(super) const CASES: &[Case] = &[
    fails("server/uidl/form", "1939-7-08", || first("1  id-plain")),
    fails("server/uidl/form", "1939-7-08", || first("id-plain")),
    fails("server/uidl/form", "1939-7-08", || first("1 id-plain 200")),
    fails("server/uidl/form", "1939-7-09", || first("1 id-\u{1}plain")),
    fails("server/uidl/form", "1939-7-09", || {
        listing(|_, mut lines| {
            lines[0] = format!("1 {}", "x".repeat(71));
            lines
        })
    }),
    fails("server/uidl/all", "1939-7-07", || {
        listing(|_, mut lines| {
            lines.pop();
            lines
        })
    }),
    deviates("server/uidl/all", "1939-7-07", || {
        listing(|_, mut lines| {
            lines.reverse();
            lines
        })
    }),
    fails("server/uidl/one", "1939-7-08", || answers("1", "+OK id-plain\r\n")),
    fails("server/uidl/one", "1939-7-07", || answers("1", "+OK 1 id-other\r\n")),
    fails("server/uidl/one", "1939-7-07", || answers("1", "+OK 1 id-plain\r\n.\r\n")),
    fails("server/uidl/absent", "1939-7-06", || answers("999999", "+OK 999999 id-none\r\n")),
    fails("server/uidl/absent", "1939-7-06", || answers("x", "")),
    fails("server/uidl/equal", "1939-7-13", || {
        listing(|_, mut lines| {
            lines[1] = "2 id-plain".into();
            lines
        })
    }),
    fails("server/uidl/stays", "1939-7-10", || {
        with_ids(|scene, _, line| format!("{}-{}", scene.link.0, line.replace(' ', "-")))
    }),
    // The name of the file, which gets a flag when the message is read, is the id.
    fails("server/uidl/stays", "1939-7-10", || {
        let mut is_read = false;
        Twin::new(move |scene, happens| match happens {
            Happens::Line(b"RETR 1\r\n") => {
                is_read = true;
                scene.honestly(&happens);
            }
            Happens::Line(line) if is_read && line.starts_with(b"UIDL") => {
                let list = String::from_utf8(scene.truth(line)).unwrap();
                scene.say(list.replacen("1 id-plain", "1 id-plain:2,S", 1));
            }
            other => scene.honestly(&other),
        })
    }),
    fails("server/uidl/stays", "1939-7-11", || {
        // Ids are made anew after a session without QUIT.
        let (mut made, mut last, mut ended) = (0, 0, true);
        Twin::new(move |scene, happens| match happens {
            Happens::Line(b"QUIT\r\n") => {
                ended = true;
                scene.honestly(&happens);
            }
            Happens::Line(b"UIDL\r\n") => {
                made += u32::from(!ended && last != scene.link.0);
                (last, ended) = (scene.link.0, false);
                let list = String::from_utf8(scene.truth(b"UIDL\r\n")).unwrap();
                scene.say(list.replace(" id-", &format!(" id-{made}-")));
            }
            other => scene.honestly(&other),
        })
    }),
    fails("server/uidl/stays-behind-removal", "1939-7-10", || {
        // The id of a message is its number.
        with_ids(|_, _, line| line.split_once(' ').unwrap().0.into())
    }),
    deviates("server/uidl/not-reused", "1939-7-12", || {
        // The newest message gets the id of the one that was removed last.
        listing(|scene, mut lines| {
            let old = scene.honest.store.removed.borrow().last().map(|(id, _)| id.clone());
            if let (Some(old), Some(line)) = (old, lines.last_mut()) {
                *line = format!("{} {old}", line.split_once(' ').unwrap().0);
            }
            lines
        })
    }),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}
