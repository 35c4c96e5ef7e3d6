//! `client/auth`.

use alloc::format;
use alloc::string::String;
use alloc::vec;

use super::act::{Act, Step, Twist};
use super::ran::Line;
use super::sasl::{by, initial, scram, usual};
use crate::conformance::probe::{Plays, Stop, plays};
use crate::conformance::steps::End;
use crate::conformance::task::{Job, Task};

pub(super) const PROBES: Plays = plays! { Client:
    "client/auth/not-announced" => |h| {
        for (act, what) in [
            (Act::new().sasl(""), "a list without SASL"),
            (Act::new().sasl("").answer("CAPA", "-ERR what?\r\n"), "a refused CAPA"),
        ] {
            let ran = h.run(Job::Login, act).await?;
            let auth: vec::Vec<&Line> =
                ran.lines().filter(|line| line.verb() == "AUTH" && line.shows_credentials()).collect();
            let with = auth.iter().any(|line| initial(line).is_some());
            h.check_with("5034-3-03", !with, format!("after {what} AUTH comes with an initial response"));
            h.lenient_with("5034-3-02", auth.is_empty(), format!("after {what} AUTH is tried"));
        }
        Ok(())
    }

    "client/auth/list-form" => |h| {
        let mut asked = false;
        for reply in ["-ERR what?\r\n", "+OK\r\nPLAIN\r\nLOGIN\r\n.\r\n", "+OK\r\n.\r\n"] {
            let act = Act::new()
                .sasl("")
                .answer("CAPA", "-ERR what?\r\n")
                .on("=AUTH", [Step::Idle(reply.into())])
                .hushed();
            let ran = h.run(Job::Fetch, act).await?;
            let alone = ran.lines().any(|line| line.text.trim_ascii_end().eq_ignore_ascii_case(b"AUTH"));
            if alone {
                asked = true;
                h.check_with(
                    "0-auth-list-02",
                    ran.is_in() && !ran.hung,
                    format!("after '{}' to AUTH: {}", reply.escape_debug(), ran.words()),
                );
            }
        }
        if asked { Ok(()) } else { Err(Stop::NotApplicable("the client does not send AUTH alone")) }
    }

    "client/auth/length-255" => |h| {
        let methods = &h.subject().methods;
        let method = methods.iter().any(|method| method == "PLAIN").then_some("PLAIN");
        let task =
            Task { method, user: "u".repeat(120), password: "p".repeat(120), ..h.task_in_tls(Job::Login) };
        let ran = h.play(task, Act::new().sasl("SASL PLAIN")).await?;
        let Some(line) = ran.auth("PLAIN") else {
            return Err(Stop::NotApplicable("the client does not use PLAIN"));
        };
        let fits = line.text.len() <= 253;
        for row in ["5034-4-10", "7628-3-02"] {
            h.check_with(
                row,
                fits && ran.is_in(),
                format!("the line of AUTH has {} octets", line.text.len().saturating_add(2)),
            );
        }
        Ok(())
    }

    "client/auth/empty-initial" => |h| {
        let ran = match by(&h, "EXTERNAL", Act::new()).await {
            Err(Stop::NotApplicable(_)) => by(&h, "ANONYMOUS", Act::new()).await?,
            other => other?,
        };
        let line = ran.auth("EXTERNAL").or_else(|| ran.auth("ANONYMOUS"));
        let right = match line.and_then(initial).as_deref() {
            Some("") => false,
            Some(_) => true,
            None => ran.responses().first().is_some_and(|line| line.text != b"="),
        };
        h.check_with("5034-4-11", right, "an empty initial response is not '='");
        Ok(())
    }

    "client/auth/empty-answer" => |h| {
        let mechanism = scram(&h).await?;
        let ran = by(&h, mechanism, Act::new()).await?;
        let last = ran.responses().last().map(|line| line.text.clone()).unwrap_or_default();
        h.check_with(
            "5034-4-07",
            last.is_empty() && ran.is_in(),
            format!("the last challenge is answered by '{}'", last.escape_ascii()),
        );
        Ok(())
    }

    "client/auth/bad-challenge" => |h| {
        let mechanism = usual(&h).await?;
        let mut judged = false;
        for (challenge, row) in
            [("!!!!", "5034-4-16"), ("AAA=BBB", "5034-4-17"), ("=AAA", "5034-4-17"), ("A", "5034-4-15")]
        {
            // After the first challenge something follows that has to be an answer to it.
            let say = Step::Say(format!("+ {challenge}\r\n").into_bytes());
            let server_first = matches!(mechanism, "CRAM-MD5" | "LOGIN");
            let act = if server_first {
                Act::new().on("AUTH", [say])
            } else {
                Act::new().on("RESPONSE", [say.clone()]).on("AUTH", [say])
            };
            let ran = match by(&h, mechanism, act).await {
                Err(Stop::NotApplicable(_)) => continue,
                other => other?,
            };
            let answers: vec::Vec<&Line> = ran.responses();
            // The message of PLAIN does not depend on the challenge.
            if !server_first && mechanism == "PLAIN" {
                h.note(row, "the words of a challenge that should be empty are not looked at");
                continue;
            }
            judged = true;
            // Who says QUIT leaves without an answer.
            let answered = answers.iter().any(|line| !matches!(&*line.text, b"*" | b"QUIT"));
            h.check_with(row, !answered, format!("the challenge '{challenge}' is answered"));
            let quits = answers.iter().any(|line| line.text == b"QUIT");
            h.check_with("5034-4-08", !answered, format!("the challenge '{challenge}' is not cancelled"));
            h.lenient_with("5034-4-08", !quits, format!("QUIT in place of * after '{challenge}'"));
            h.check_with("5034-4-15", !answered, format!("the challenge '{challenge}' is answered"));
        }
        if judged { Ok(()) } else { Err(Stop::NotApplicable("no challenge matters to the client")) }
    }

    "client/auth/bare-plus" => |h| {
        let ran = by(&h, "PLAIN", Act::new().on("AUTH", [Step::Say(b"+\r\n".to_vec())])).await?;
        let goes_on = ran.responses().iter().any(|line| line.text != b"*");
        h.note(
            "5034-4-07",
            if goes_on { "'+' alone is taken for the empty challenge" } else { "'+' alone is not taken" },
        );
        Ok(())
    }

    "client/auth/long-challenge" => |h| {
        let long = format!("<{}@pop3check.invalid>", "1".repeat(870)).into_bytes();
        let mut judged = false;
        match by(&h, "CRAM-MD5", Act { challenge: long, ..Act::new() }).await {
            Ok(ran) => {
                judged = true;
                h.check_with("5034-4-18", !ran.exit.crashed, "the client crashes");
                h.lenient_with("5034-4-18", ran.is_in(), "a challenge of 900 octets is refused");
            }
            Err(Stop::NotApplicable(_)) => {}
            Err(stop) => return Err(stop),
        }
        if let Ok(mechanism) = scram(&h).await {
            judged = true;
            let ran = by(&h, mechanism, Act { twist: Twist::Long(8_000), ..Act::new() }).await?;
            h.check_with("5034-4-18", !ran.exit.crashed, "the client crashes");
            h.lenient_with("5034-4-18", ran.is_in(), "a first message of 8,000 octets is refused");
        }
        if !h.subject().flood {
            let none = Stop::NotApplicable("the client uses no mechanism with challenges");
            return if judged { Ok(()) } else { Err(none) };
        }
        let mechanism = usual(&h).await?;
        let huge = [&b"+ "[..], &vec![b'A'; 16 << 20], b"\r\n"].concat();
        let steps = [Step::Idle(huge), Step::Close(End::Fin)];
        let ran = by(&h, mechanism, Act::new().on("AUTH", steps)).await?;
        h.check_with("5034-4-18", !ran.exit.crashed, "the client crashes at a challenge of 16 MiB");
        Ok(())
    }

    "client/auth/other-method" => |h| {
        let ran = h.run(Job::Login, Act::new().at("AUTH", 1, [Step::Say(b"-ERR no\r\n".to_vec())])).await?;
        let tried: vec::Vec<String> = ran
            .lines()
            .filter(|line| line.shows_credentials() && line.verb() != "PASS")
            .map(|line| {
                let text = String::from_utf8_lossy(&line.text).into_owned();
                if line.verb() == "AUTH" {
                    text.split(' ').take(2).collect::<vec::Vec<_>>().join(" ")
                } else {
                    line.verb()
                }
            })
            .collect();
        h.note("5034-4-30", format!("tried in this order: {}", tried.join(", ")));
        Ok(())
    }

    "client/auth/letter-case" => |h| {
        let takes = h.subject().methods.iter().any(|method| method == "PLAIN");
        let task = Task { method: takes.then_some("PLAIN"), ..h.task_in_tls(Job::Login) };
        let usual = h.play(task.clone(), Act::new().sasl("SASL PLAIN LOGIN")).await?;
        if usual.auth("PLAIN").is_none() {
            return Err(Stop::NotApplicable("the client does not use PLAIN"));
        }
        let ran = h.play(task, Act::new().sasl("SASL plain X-new-1_a login ABCDEFGHIJKLMNOPQRSTU")).await?;
        h.lenient_with(
            "5034-5-01",
            ran.auth("PLAIN").is_some(),
            "PLAIN is not used where it is listed in small letters",
        );
        Ok(())
    }

    "client/auth/server-first" => |h| {
        let ran = by(&h, "CRAM-MD5", Act::new()).await?;
        let initial = ran.auth("CRAM-MD5").and_then(initial);
        h.check_with("4422-5-02", initial.is_none(), "AUTH CRAM-MD5 has an initial response");
        Ok(())
    }

    "client/auth/early-success" => |h| {
        let mechanism = scram(&h).await?;
        for (twist, what) in
            [(Twist::EarlyOk, "+OK before the proof"), (Twist::NoSignature, "+OK without a signature")]
        {
            let ran = by(&h, mechanism, Act { twist, ..Act::new() }).await?;
            h.is_not_in("5802-5-03", &ran, what);
        }
        Ok(())
    }

    "client/auth/words-behind-ok" => |h| {
        let mechanism = usual(&h).await?;
        for words in ["+OK", "+OK dGV4dA==", "+OK [X] y"] {
            let say = [Step::Say(format!("{words}\r\n").into_bytes())];
            let act = if matches!(mechanism, "PLAIN") {
                Act::new().on("AUTH", say)
            } else {
                Act::new().on("RESPONSE", say)
            };
            // A mechanism with several steps, or with a proof of the server, cannot be cut short.
            if mechanism == "LOGIN" || mechanism.starts_with("SCRAM") {
                return Err(Stop::NotApplicable("the client's mechanism has several steps"));
            }
            let task_ran = by(&h, mechanism, act).await?;
            let after = task_ran.lines().filter(|line| line.inside && line.verb() != "QUIT").count();
            h.check_with(
                "1939-9-01",
                after > 0 || task_ran.success() != Some(false),
                format!("after '{words}' the client is not in"),
            );
        }
        Ok(())
    }
};
