//! `client/codes` and `client/utf8`.

use alloc::format;
use alloc::string::String;

use super::act::Act;
use super::mechanisms::messages;
use crate::conformance::probe::{Plays, Stop, plays};
use crate::conformance::task::{Job, Task};

pub(super) const PROBES: Plays = plays! { Client:
    "client/codes/unknown" => |h| {
        for (code, row) in [
            ("[X-FOO/BAR] words", "2449-8-05"),
            ("[sys/temp/disk] words", "3206-4-03"),
            ("[in-use/x] words", "2449-8-04"),
            ("[Login-Delay]", "2449-8-03"),
            ("[AUTH]", "2449-3-06"),
        ] {
            let ran =
                h.run(Job::Fetch, Act::new().sasl("").answer("PASS", format!("+OK {code}\r\n"))).await?;
            if !ran.said("PASS") {
                return Err(Stop::NotApplicable("the client does not log in by USER"));
            }
            h.is_well(row, &ran, 3, format!("+OK {code}"));
            let ran =
                h.run(Job::Fetch, Act::new().sasl("").answer("PASS", format!("-ERR {code}\r\n"))).await?;
            h.is_not_in(row, &ran, format!("-ERR {code}"));
        }
        Ok(())
    }

    "client/codes/shown" => |h| {
        let ran =
            h.run(Job::Fetch, Act::new().sasl("").answer("PASS", "-ERR [AUTH] wrong password\r\n")).await?;
        let end = ran.exit.printed.get(ran.exit.printed.len().saturating_sub(300)..).unwrap_or_default();
        h.note("2449-8-02", format!("printed: '{}'", end.escape_ascii()));
        Ok(())
    }

    "client/codes/without-announcement" => |h| {
        let act = Act::new().sasl("").without("RESP-CODES").answer("PASS", "-ERR [maildrop of x] locked\r\n");
        let ran = h.run(Job::Fetch, act).await?;
        h.is_not_in("2449-6.4-02", &ran, "-ERR [maildrop of x] locked");
        Ok(())
    }

    "client/utf8/names" => |h| {
        let task =
            Task { user: "J\u{f6}rg".into(), password: "p\u{e4}ssw\u{f6}rd".into(), ..h.task(Job::Login) };
        let eight_bit = |ran: &super::ran::Ran| {
            let of = |line: &super::ran::Line| {
                matches!(line.verb().as_str(), "USER" | "PASS" | "APOP") && !line.text.is_ascii()
            };
            ran.lines().any(of)
        };
        let ran = h.play(task.clone(), Act::new().sasl("")).await?;
        let is_utf8 = ran.lines().all(|line| core::str::from_utf8(&line.text).is_ok());
        let words = "octets beyond ASCII come in USER or PASS, and UTF8 USER is not announced";
        h.check_with("6856-2.2-03", !(eight_bit(&ran) && is_utf8), words);
        h.check_with("1939-3-05", !eight_bit(&ran) || is_utf8, words);
        let ran = h.play(task, Act::new().sasl("").with("UTF8 USER")).await?;
        if eight_bit(&ran) {
            h.lenient_with("6856-2.2-02", ran.is_in(), "the name comes in another character set than UTF-8");
        } else {
            h.note("6856-2.2-02", "UTF8 USER is not used");
        }
        Ok(())
    }

    "client/utf8/sasl-names" => |h| {
        let takes = h.subject().methods.iter().any(|method| method == "PLAIN");
        let task = Task {
            method: takes.then_some("PLAIN"),
            user: "J\u{f6}rg".into(),
            password: "p\u{e4}ssw\u{f6}rd".into(),
            ..h.task_in_tls(Job::Login)
        };
        let ran = h.play(task, Act::new().sasl("SASL PLAIN")).await?;
        if ran.auth("PLAIN").is_none() {
            return Err(Stop::NotApplicable("the client does not use PLAIN for such a name"));
        }
        let message = messages(&ran, "PLAIN").concat();
        for row in ["6856-2.2-09", "5802-2.2-01"] {
            h.check_with(
                row,
                String::from_utf8(message.clone()).is_ok(),
                format!("the message is '{}'", message.escape_ascii()),
            );
        }
        Ok(())
    }

    "client/utf8/mode" => |h| {
        let ran = h.run(Job::Fetch, Act::new().with("UTF8 USER")).await?;
        if !ran.said("UTF8") {
            return Err(Stop::NotApplicable("the client never sends UTF8"));
        }
        h.is_well("6856-2.1-12", &ran, 3, "after UTF8");
        Ok(())
    }

    "client/utf8/range" => |h| {
        let ran = h.run(Job::Fetch, Act::new().with("LANG")).await?;
        let Some(line) = ran.lines().find(|line| line.verb() == "LANG" && line.text.len() > 5) else {
            return Err(Stop::NotApplicable("the client never sends LANG"));
        };
        let range = line.text.get(5..).unwrap_or_default();
        let subtag = |tag: &[u8]| (1..=8).contains(&tag.len()) && tag.iter().all(u8::is_ascii_alphanumeric);
        let right = range == b"*" || range.split(|octet| *octet == b'-').all(subtag);
        h.check_with("6856-3.2-07", right, format!("the range is '{}'", range.escape_ascii()));
        Ok(())
    }
};
