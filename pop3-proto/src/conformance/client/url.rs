//! `client/url`: POP URLs (RFC 2384).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::act::Act;
use super::host::Host;
use super::ran::{Line, Ran};
use crate::conformance::probe::{Plays, plays};
use crate::conformance::task::{Job, Task, Wish};

/// A task for which the client is given this URL.
fn task(h: &Host, url: &str) -> Task {
    let tls = if h.subject().can(Wish::Clear) { Wish::Clear } else { h.subject().usual() };
    Task { tls, url: Some(url.into()), ..h.task(Job::Login) }
}

/// The verbs, or mechanisms, by which logins were begun.
fn ways(ran: &Ran) -> String {
    let way = |line: &Line| match line.verb().as_str() {
        "AUTH" => Some(String::from_utf8_lossy(line.text.split(|octet| *octet == b' ').nth(1)?).into_owned()),
        verb @ ("USER" | "APOP") => Some(verb.into()),
        _ => None,
    };
    let ways: Vec<String> = ran.lines().filter_map(way).collect();
    ways.join(" ")
}

pub(super) const PROBES: Plays = plays! { Client:
    "client/url/mechanism" => |h| {
        let stamp = "<1896.697170952@pop3check.invalid>";
        let act = Act { timestamp: Some(stamp.into()), ..Act::new().sasl("SASL CRAM-MD5 PLAIN") };
        for (named, due) in [("CRAM-MD5", "CRAM-MD5"), ("+APOP", "APOP"), ("GSSAPI", "")] {
            let url = format!("pop://{};AUTH={named}@{{host}}:{{port}}", h.user());
            let ran = h.play(task(&h, &url), act.clone()).await?;
            let ways = ways(&ran);
            h.lenient_with(
                "2384-4-02",
                ways.is_empty() || ways == due,
                format!("the URL names {named}, and the client uses {ways}"),
            );
        }
        let url = format!("pop://{};AUTH=*@{{host}}:{{port}}", h.user());
        let ran = h.play(task(&h, &url), act).await?;
        h.check_with("2384-4-01", ran.is_in(), format!("with AUTH=* there is no login: {}", ran.words()));
        Ok(())
    }

    "client/url/octets" => |h| {
        for (encoded, name, row) in [
            ("a%20name", "a name", "2384-4-04"),
            ("somebody%40example.invalid", "somebody@example.invalid", "2384-4-04"),
            ("a%2541b", "a%41b", "2384-4-04"),
            ("j%C3%BCrgen", "j\u{fc}rgen", "2384-6-01"),
        ] {
            let url = format!("pop://{encoded};AUTH=PLAIN@{{host}}:{{port}}");
            let task = Task { user: name.into(), ..task(&h, &url) };
            let ran = h.play(task, Act::new().sasl("SASL PLAIN")).await?;
            h.check_with(row, ran.is_in(), format!("the name of {url} does not log in: {}", ran.words()));
        }
        let url = format!("pop://{}%0D%0ADELE%201@{{host}}:{{port}}", h.user());
        let ran = h.play(task(&h, &url), Act::new().sasl("")).await?;
        h.check_with("2384-3-01", !ran.said("DELE"), "the URL sends a command of its own");
        h.is_told("2384-3-01", &ran, "a URL with CR LF in the name");
        Ok(())
    }

    "client/url/missing-user" => |h| {
        let ran = h.play(task(&h, "pop://{host}:{port}"), Act::new()).await?;
        h.stays_out("2384-4-03", &ran, "a URL without a user");
        let ran = h.play(task(&h, "//{host}:{port}"), Act::new()).await?;
        h.stays_out("2384-5-01", &ran, "a relative URL");
        Ok(())
    }
};
