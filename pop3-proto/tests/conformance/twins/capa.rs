//! Twins for `server/capa`.

use super::{Case, deviates, fails};
use crate::twin::{Twin, after_survey};

const ERR: &[u8] = b"-ERR\r\n";

/// A twin whose lists are changed: those before the login, after it, or all.
fn lists(states: &'static [bool], change: fn(String) -> String) -> Twin {
    Twin::lines(move |scene, line| {
        let is = line == b"CAPA\r\n" && states.contains(&scene.is_logged_in());
        if is {
            let list = String::from_utf8(scene.truth(line)).unwrap();
            let changed = change(list.clone());
            assert_ne!(list, changed);
            scene.say(changed);
        }
        is
    })
}

const BEFORE: &[bool] = &[false];
const AFTER: &[bool] = &[true];
const ALL: &[bool] = &[false, true];

/// A list with one line taken out.
fn without(list: &str, line: &str) -> String {
    list.replace(&format!("\r\n{line}\r\n"), "\r\n")
}

/// A list with a line more.
fn with(list: &str, line: &str) -> String {
    list.replacen("\r\n", &format!("\r\n{line}\r\n"), 1)
}

/// A list with its SASL line changed.
fn sasl(list: &str, change: impl Fn(&str) -> String) -> String {
    let lines = list.split_inclusive('\n');
    lines.map(|line| if line.starts_with("SASL ") { change(line) } else { line.into() }).collect()
}

/// A twin that refuses all commands that begin so.
fn refusing(command: &'static str) -> Twin {
    Twin::answering(command, |_| ERR.to_vec())
}

pub(super) const CASES: &[Case] = &[
    fails("server/capa/answers", "2449-5-02", || after_survey(Twin::saying("CAPA", "+OK what you want\r\n"))),
    fails("server/capa/behind-login", "2449-5-01", || {
        Twin::lines_if(true, |scene, line| {
            let is = line == b"CAPA\r\n";
            if is {
                scene.say(ERR);
            }
            is
        })
    }),
    fails("server/capa/line-form", "2449-3-07", || lists(AFTER, |list| list.replace("\r\nTOP", "\r\nTO.P"))),
    fails("server/capa/line-form", "2449-3-07", || lists(BEFORE, |list| list.replace("\r\nTOP", "\r\n TOP"))),
    fails("server/capa/line-form", "2449-3-07", || lists(ALL, |list| with(&list, "X-A\tB"))),
    fails("server/capa/line-form", "2449-5-06", || {
        lists(ALL, |list| with(&list, &format!("X-{}", "a".repeat(509))))
    }),
    deviates("server/capa/line-form", "2449-3-07", || lists(ALL, |list| list.replace("\r\nTOP", "\r\nTOP "))),
    deviates("server/capa/line-form", "2449-3-07", || lists(ALL, |list| list.replace("SASL ", "SASL  "))),
    deviates("server/capa/line-form", "2449-3-07", || lists(ALL, |list| with(&list, ""))),
    fails("server/capa/kept", "2449-5-03", || lists(AFTER, |list| without(&list, "USER"))),
    fails("server/capa/sasl-kept", "5034-3-05", || lists(AFTER, |list| sasl(&list, |_| String::new()))),
    fails("server/capa/top", "2449-6.1-01", || refusing("TOP")),
    fails("server/capa/top", "2449-6.1-01", || lists(BEFORE, |list| without(&list, "TOP"))),
    deviates("server/capa/top", "2449-6.1-01", || lists(ALL, |list| without(&list, "TOP"))),
    fails("server/capa/uidl", "2449-6.8-01", || refusing("UIDL")),
    fails("server/capa/uidl", "2449-6.8-01", || lists(AFTER, |list| without(&list, "UIDL"))),
    deviates("server/capa/uidl", "2449-6.8-01", || lists(ALL, |list| without(&list, "UIDL"))),
    fails("server/capa/user", "2449-6.2-01", || refusing("USER")),
    deviates("server/capa/user", "2449-6.2-01", || lists(ALL, |list| without(&list, "USER"))),
    deviates("server/capa/no-parameters", "2449-6.1-01", || {
        lists(ALL, |list| list.replace("\r\nTOP", "\r\nTOP 999"))
    }),
    deviates("server/capa/no-parameters", "2449-6.2-01", || {
        lists(AFTER, |list| list.replace("\r\nUSER", "\r\nUSER tester"))
    }),
    deviates("server/capa/no-parameters", "2449-6.8-01", || {
        lists(ALL, |list| list.replace("\r\nUIDL", "\r\nUIDL x"))
    }),
    deviates("server/capa/no-parameters", "6856-3.1-01", || {
        lists(ALL, |list| list.replace("\r\nLANG", "\r\nLANG en"))
    }),
    fails("server/capa/registered", "2449-9-01", || {
        lists(AFTER, |list| list.replace("PIPELINING", "PIPELINE"))
    }),
    deviates("server/capa/no-apop", "2449-6-01", || lists(BEFORE, |list| with(&list, "APOP"))),
    fails("server/capa/expire", "2449-6.7-01", || {
        lists(ALL, |list| list.replace("EXPIRE NEVER", "EXPIRE soon"))
    }),
    fails("server/capa/expire", "2449-6.7-01", || {
        lists(AFTER, |list| list.replace("EXPIRE NEVER", "EXPIRE"))
    }),
    fails("server/capa/login-delay", "2449-6.5-01", || {
        lists(ALL, |list| list.replace("LOGIN-DELAY 0", "LOGIN-DELAY 0 seconds"))
    }),
    fails("server/capa/own-values", "2449-6.5-04", || {
        lists(AFTER, |list| list.replace("LOGIN-DELAY 0", "LOGIN-DELAY 10"))
    }),
    fails("server/capa/own-values", "2449-6.7-05", || {
        lists(AFTER, |list| list.replace("EXPIRE NEVER", "EXPIRE 10"))
    }),
    deviates("server/capa/own-values", "2449-6.5-05", || {
        lists(ALL, |list| list.replace("LOGIN-DELAY 0", "LOGIN-DELAY 0 USER"))
    }),
    deviates("server/capa/own-values", "2449-6.7-06", || {
        lists(BEFORE, |list| list.replace("EXPIRE NEVER", "EXPIRE 10"))
    }),
    fails("server/capa/sasl", "4422-3.1-01", || {
        lists(ALL, |list| sasl(&list, |line| line.replace(" PLAIN", " PLAIN PL@IN")))
    }),
    fails("server/capa/sasl", "4422-3.1-01", || {
        lists(ALL, |list| sasl(&list, |line| line.replace(" PLAIN", " PLAIN A-NAME-OF-21-LETTERS-X")))
    }),
    deviates("server/capa/sasl", "4422-3.1-01", || {
        lists(ALL, |list| sasl(&list, |line| line.replace(" PLAIN", " PLAIN x-own")))
    }),
    deviates("server/capa/sasl", "5034-3-01", || {
        lists(ALL, |list| sasl(&list, |line| line.replace(" PLAIN", " PLAIN PLAIN")))
    }),
    deviates("server/capa/sasl", "5034-3-01", || lists(AFTER, |list| with(&list, "SASL X-MORE"))),
    deviates("server/capa/sasl", "5034-3-01", || lists(AFTER, |list| sasl(&list, |_| "SASL\r\n".into()))),
    fails("server/capa/auth-resp-code", "3206-6-03", || lists(ALL, |list| without(&list, "RESP-CODES"))),
    deviates("server/capa/optional-commands", "1939-7-02", || refusing("UIDL")),
    deviates("server/capa/optional-commands", "1957-Observations-04", || refusing("TOP")),
];

#[test]
fn they_are_caught() {
    super::check(CASES);
}
