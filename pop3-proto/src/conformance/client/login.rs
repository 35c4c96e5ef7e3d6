//! `client/login`: USER and PASS.

use alloc::format;
use alloc::string::{String, ToString as _};

use super::act::Act;
use super::ran::{Line, Ran};
use crate::conformance::probe::{Plays, Stop, plays};
use crate::conformance::steps::End;
use crate::conformance::task::{Job, Task};

/// The line that came out of a setting, and whether it is a command of its own.
fn injected(ran: &Ran) -> Option<(String, bool)> {
    let shown = |line: &Line| line.text.escape_ascii().to_string();
    let second = ran.lines().find(|line| line.verb() == "DELE").map(|line| (shown(line), true));
    let inside = |line: &&Line| line.text.contains(&0) || line.text.contains(&b'\r');
    second.or_else(|| ran.lines().find(inside).map(|line| (shown(line), false)))
}

pub(super) const PROBES: Plays = plays! { Client:
    "client/login/octets" => |h| {
        if !h.subject().odd_secrets {
            return Err(Stop::NotApplicable("the settings of the client do not take any octets"));
        }
        let task = Task {
            user: "Ann B. Tester".into(),
            password: " a \"b\" c\\d%e ' ".into(),
            ..h.task(Job::Fetch)
        };
        let due = format!("PASS {}", task.password);
        let user = format!("USER {}", task.user);
        let ran = h.play(task, Act::new().sasl("")).await?;
        if !ran.said("PASS") {
            return Err(Stop::NotApplicable("the client does not send such a password by PASS"));
        }
        let sent = |line: &str| ran.lines().any(|said| said.text == line.as_bytes());
        h.check_with("1939-7-22", sent(&due), format!("'{due}' comes otherwise"));
        h.check_with("1939-7-22", sent(&user), format!("'{user}' comes otherwise"));
        Ok(())
    }

    "client/login/long-name" => |h| {
        let name = "n".repeat(60);
        let task = Task { user: name.clone(), ..h.task(Job::Fetch) };
        let due = format!("USER {name}");
        let whole = |ran: &Ran| {
            ran.lines().filter(|line| line.verb() == "USER").all(|line| line.text == due.as_bytes())
        };
        let with = h.play(task.clone(), Act::new().sasl("")).await?;
        let without = h.play(task, Act::new().sasl("").answer("CAPA", "-ERR what?\r\n")).await?;
        h.check_with("1939-3-08", whole(&with) && whole(&without), "the name is cut");
        if without.said("USER") {
            h.note("1939-3-08", "a name of 60 characters is sent to a server without CAPA");
        }
        Ok(())
    }

    "client/login/injection" => |h| {
        let bad = ["x\r\nDELE 1", "x\nDELE 1", "x\rDELE 1", "x\0y"];
        for value in bad {
            for as_name in [true, false] {
                let mut task = h.task(Job::Login);
                *if as_name { &mut task.user } else { &mut task.password } = value.to_string();
                for act in [Act::new().sasl(""), Act::new()] {
                    let act = act.hushed();
                    let Ok(ran) = h.play(task.clone(), act).await else { continue };
                    let what = if as_name { "name" } else { "password" };
                    let value: String = value.escape_debug().to_string();
                    match injected(&ran) {
                        None => h.check("1939-7-22", true),
                        Some((line, true)) => {
                            let words = format!("the {what} '{value}' makes a command of its own: {line}");
                            h.check_with("1939-7-22", false, words);
                        }
                        Some((line, false)) => {
                            h.lenient_with(
                                "1939-7-22",
                                false,
                                format!("the {what} '{value}' goes out: {line}"),
                            );
                        }
                    }
                }
            }
        }
        Ok(())
    }

    "client/login/user-refused" => |h| {
        let ran = h.run(Job::Fetch, Act::new().sasl("").answer("USER", "-ERR not you\r\n")).await?;
        if !ran.said("USER") {
            return Err(Stop::NotApplicable("the client does not log in by USER"));
        }
        h.check_with("1939-7-17", !ran.said("PASS"), "after a refused USER comes PASS");
        Ok(())
    }

    "client/login/pass-refused" => |h| {
        let act = || Act::new().sasl("");
        for (act, what) in [
            (act().answer("PASS", "-ERR wrong password\r\n"), "-ERR to PASS"),
            (act().end_at("PASS", End::Fin), "the end at PASS"),
        ] {
            let ran = h.run(Job::Fetch, act).await?;
            if !ran.said("PASS") {
                return Err(Stop::NotApplicable("the client does not log in by USER"));
            }
            h.is_not_in("1939-4-08", &ran, what);
            h.is_not_in("1939-9-01", &ran, what);
        }
        Ok(())
    }

    "client/login/in-use" => |h| {
        for code in ["IN-USE", "LOGIN-DELAY"] {
            let refusal = format!("-ERR [{code}] not now\r\n");
            let act = Act::new().answer("PASS", &refusal).answer("RESPONSE", &refusal).sasl("");
            let first = h.run(Job::Fetch, act).await?;
            h.is_not_in("2449-8.1.2-02", &first, code);
            let ran = h.again(Job::Fetch, Act::new().sasl("")).await?;
            h.check_with(
                "2449-8.1.2-02",
                ran.is_well(3),
                format!("after [{code}] the next run does not get in: {}", ran.words()),
            );
        }
        Ok(())
    }

    "client/login/system-trouble" => |h| {
        for code in ["[SYS/TEMP] later", "[SYS/PERM] ask for help", "no such luck"] {
            let act = Act::new().sasl("").answer("PASS", format!("-ERR {code}\r\n"));
            h.run(Job::Fetch, act).await?;
            let ran = h.again(Job::Fetch, Act::new().sasl("")).await?;
            for row in ["3206-4-02", "3206-6-02"] {
                h.check_with(
                    row,
                    ran.is_well(3),
                    format!("after '{code}' the next run does not get in: {}", ran.words()),
                );
            }
        }
        Ok(())
    }
};
