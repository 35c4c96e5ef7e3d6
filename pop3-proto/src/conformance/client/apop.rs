//! `client/login`: APOP.

use alloc::format;
use alloc::string::{String, ToString as _};

use md5::{Digest as _, Md5};

use super::act::Act;
use super::host::Host;
use crate::conformance::probe::{Plays, Stop, plays};
use crate::conformance::task::{Job, Task, Wish};

fn task(h: &Host) -> Task {
    Task { method: Some("APOP"), ..h.task(Job::Login) }
}

const STAMP: &str = "<1896.697170952@pop3check.invalid>";

/// SASLprep maps the soft hyphen to nothing, and the ligature to two letters.
const SECRET: &str = "quiet\u{ad}-\u{fb01}sh";

pub(super) const PROBES: Plays = plays! { Client:
    "client/login/apop-timestamp" => |h| {
        let ran = h.play(task(&h), Act { timestamp: Some(STAMP.into()), ..Act::new().sasl("") }).await?;
        if !ran.said("APOP") {
            return Err(Stop::NotApplicable("the client does not use APOP"));
        }
        for stamp in ["<a.b>", "<>", "<a\u{f6}b@host>", "", "<1896.1@host"] {
            let ran = h
                .play(task(&h), Act::new().sasl("").answer("GREETING", format!("+OK ready {stamp}\r\n")))
                .await?;
            let words = format!("APOP is used with '{stamp}', which is no msg-id of RFC 822");
            // What stands there is a challenge all the same.
            if stamp.len() > 2 && stamp.ends_with('>') {
                h.lenient_with("1939-7-32", !ran.said("APOP"), words);
            } else {
                h.check_with("1939-7-32", !ran.said("APOP"), words);
            }
        }
        Ok(())
    }

    "client/login/apop-digest" => |h| {
        let long: String = format!("<{}@pop3check.invalid>", "1".repeat(181));
        let mut used = false;
        for (stamp, front, back) in
            [(STAMP, "", " ready"), (STAMP, "ready ", " now"), (STAMP, "ready ", ""), (&*long, "", "")]
        {
            let act = Act { timestamp: Some(stamp.into()), ..Act::new().sasl("") };
            let ran =
                h.play(task(&h), act.answer("GREETING", format!("+OK {front}{stamp}{back}\r\n"))).await?;
            if !ran.said("APOP") {
                h.note("1939-7-32", format!("the client does not take '+OK {front}{stamp}{back}'"));
                continue;
            }
            used = true;
            let digest =
                |line: &super::ran::Line| line.text.rsplit(|octet| *octet == b' ').next().map(<[u8]>::to_vec);
            let sent = ran.lines().filter(|line| line.verb() == "APOP").find_map(digest).unwrap_or_default();
            let form =
                sent.len() == 32 && sent.iter().all(|octet| matches!(octet, b'0'..=b'9' | b'a'..=b'f'));
            h.check_with("1939-7-29", form, format!("'{}' is no digest", sent.escape_ascii()));
            h.check_with("1939-7-28", ran.is_in(), format!("the digest over '{stamp}' is wrong"));
            h.check("1939-7-32", true);
        }
        if used { Ok(()) } else { Err(Stop::NotApplicable("the client does not use APOP")) }
    }

    "client/login/apop-unasked" => |h| {
        let task = Task {
            tls: if h.subject().can(Wish::Clear) { Wish::Clear } else { h.subject().usual() },
            ..h.task(Job::Login)
        };
        let ran = h
            .play(task, Act { timestamp: Some(STAMP.into()), ..Act::new().sasl("").without("STLS") })
            .await?;
        if ran.said("APOP") {
            h.note("1939-7-32", "APOP is used though nobody asked for it");
        } else {
            h.check("1939-7-32", true);
        }
        Ok(())
    }

    "client/login/apop-inside-tls" => |h| {
        let task = Task { tls: Wish::Stls, ..task(&h) };
        let ran = h.play(task, Act { timestamp: Some(STAMP.into()), ..Act::new().sasl("") }).await?;
        let words = if ran.said("APOP") {
            "APOP is used inside TLS, over the timestamp of the clear greeting"
        } else {
            "no APOP inside TLS"
        };
        if ran.said("APOP") {
            h.check_with(
                "2595-4-16",
                ran.is_in(),
                "the digest inside TLS is over something else than the timestamp",
            );
        }
        h.note("2595-4-16", words.to_string());
        Ok(())
    }

    "client/utf8/apop-prepared" => |h| {
        let task = Task { password: SECRET.into(), ..task(&h) };
        let act = Act { timestamp: Some(STAMP.into()), ..Act::new().sasl("").with("UTF8 USER") };
        let ran = h.play(task, act).await?;
        if !ran.said("APOP") {
            return Err(Stop::NotApplicable("the client does not use APOP for such a secret"));
        }
        if ran.is_in() {
            h.check("6856-2.2-06", true);
            return Ok(());
        }
        let plain = Md5::new().chain_update(STAMP).chain_update(SECRET).finalize();
        let plain: String = plain.iter().map(|octet| format!("{octet:02x}")).collect();
        let is_plain = ran.lines().any(|line| line.verb() == "APOP" && line.text.ends_with(plain.as_bytes()));
        h.check_with(
            "6856-2.2-06",
            !is_plain,
            "the digest is over the secret as it is, 'quiet\\u{ad}-\\u{fb01}sh', and not over 'quiet-fish', to which it is prepared",
        );
        h.lenient_with("6856-2.2-06", is_plain, "the digest is over the secret in another character set");
        Ok(())
    }
};
