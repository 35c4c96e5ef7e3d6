//! `client/capa`.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::act::Act;
use super::ran::{Line, Ran};
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::task::{Job, Task};
use crate::time::Time;

/// The commands in order, without what differs in each run: responses, and what follows AUTH.
fn commands(ran: &Ran) -> Vec<String> {
    let word = |line: &Line| match line.verb().as_str() {
        "AUTH" => {
            let text = String::from_utf8_lossy(&line.text).into_owned();
            text.split(' ').take(2).collect::<Vec<_>>().join(" ")
        }
        "APOP" => "APOP".into(),
        _ => String::from_utf8_lossy(&line.text).into_owned(),
    };
    ran.lines().filter(|line| !line.is_response).map(word).collect()
}

fn asks(ran: &Ran) -> Result<()> {
    if ran.said("CAPA") { Ok(()) } else { Err(Stop::NotApplicable("the client does not ask CAPA")) }
}

pub(super) const PROBES: Plays = plays! { Client:
    "client/capa/refused" => |h| {
        let act = Act::new().sasl("").answer("CAPA", "-ERR what?\r\n").answer("AUTH", "-ERR what?\r\n");
        let ran = h.run(Job::Fetch, act).await?;
        asks(&ran)?;
        for row in ["2449-5-08", "2449-7-01"] {
            h.is_well(row, &ran, 3, "without CAPA");
        }
        Ok(())
    }

    "client/capa/letter-case" => |h| {
        let task = Task { pipelining: true, ..h.task(Job::Fetch) };
        let capitals = ["SASL PLAIN", "UIDL", "PIPELINING", "TOP", "USER"];
        let pause = Duration::from_millis(50);
        let ran = h.play(task.clone(), Act { pause, ..Act::new().capa(&capitals) }).await?;
        asks(&ran)?;
        let small = ["Sasl plain", "Uidl", "Pipelining", "Top", "User"];
        let other = h.play(task, Act { pause, ..Act::new().capa(&small) }).await?;
        let pipelines = |ran: &Ran| ran.sessions.iter().any(|session| session.pipelined > 0);
        let same = commands(&ran) == commands(&other) && pipelines(&ran) == pipelines(&other);
        h.check_with("2449-5-05", same, "what is listed in small letters is not used");
        Ok(())
    }

    "client/capa/unknown" => |h| {
        let long = "X".repeat(500);
        let list = [
            "X-FOO bar",
            "CAPA",
            "TOP extra",
            "UIDL",
            "USER",
            "IMPLEMENTATION Foo-2.3.",
            "EXPIRE soon",
            "SASL X-NEW PLAIN",
            "SASL",
            &long,
        ];
        // In clear some send no password.
        let ran = h.play(h.task_in_tls(Job::Fetch), Act::new().capa(&list)).await?;
        asks(&ran)?;
        h.is_well("2449-5-10", &ran, 3, "unknown capabilities");
        Ok(())
    }

    "client/capa/nothing" => |h| {
        if h.subject().wants_uidl {
            return Err(Stop::NotApplicable("the settings of the client ask for UIDL"));
        }
        let no = "-ERR not here\r\n";
        let ran = h
            .run(Job::Fetch, Act::new().sasl("").capa(&["USER"]).answer("UIDL", no).answer("TOP", no))
            .await?;
        for row in ["2449-7-01", "1957-Observations-03"] {
            h.is_well(row, &ran, 3, "without any extension");
        }
        Ok(())
    }

    "client/capa/login-delay" => |h| {
        let act = Act { lasts: Some(Duration::from_secs(16)), ..Act::new().with("LOGIN-DELAY 5") };
        let ran = h.run(Job::Poll, act).await?;
        asks(&ran)?;
        let logins = ran.sessions.iter().filter(|session| session.lines.iter().any(Line::shows_credentials));
        let times: Vec<Time> = logins.map(|session| session.came).collect();
        let between = times.windows(2).filter_map(|two| Some(two.last()?.duration_since(*two.first()?)));
        match between.min() {
            // The pause is measured between connections, and the client counts from its login.
            Some(shortest) => h.lenient_with(
                "2449-6.5-02",
                shortest >= Duration::from_millis(4_900),
                format!("LOGIN-DELAY 5, and the client comes again after {} ms", shortest.as_millis()),
            ),
            None => h.unsure("2449-6.5-02", format!("LOGIN-DELAY 5, and {} logins in 16 s", times.len())),
        }
        Ok(())
    }

    "client/capa/implementation" => |h| {
        let usual = h.run(Job::Fetch, Act::new()).await?;
        asks(&usual)?;
        for name in ["Dovecot", "Cyrus POP3", "Microsoft-Exchange", "Qpopper", "Gpop"] {
            let act = Act::new().with(&format!("IMPLEMENTATION {name}"));
            let ran = h.run(Job::Fetch, act).await?;
            let same = commands(&ran) == commands(&usual);
            h.check_with("2449-6.9-02", same, format!("the client says something else to {name}"));
        }
        Ok(())
    }

    "client/capa/again" => |h| {
        let ran = h.play(h.task_in_tls(Job::Fetch), Act::new()).await?;
        let count = |keep: fn(&super::ran::Line) -> bool| {
            ran.lines().filter(|line| line.verb() == "CAPA" && keep(line)).count()
        };
        let (clear, tls) =
            (count(|line| !line.secured && !line.inside), count(|line| line.secured && !line.inside));
        let after = count(|line| line.inside);
        h.note("2449-5-09", format!("CAPA is asked {clear} times in clear, {tls} times inside TLS before the login, {after} times after it"));
        Ok(())
    }

    "client/capa/apop-silent" => |h| {
        let task = Task { method: Some("APOP"), ..h.task(Job::Login) };
        let stamp = Some(String::from("<1896.697170952@pop3check.invalid>"));
        let with = h.play(task.clone(), Act { timestamp: stamp.clone(), ..Act::new().with("APOP") }).await?;
        if !with.said("APOP") {
            return Err(Stop::NotApplicable("the client does not use APOP"));
        }
        let ran = h.play(task, Act { timestamp: stamp, ..Act::new() }).await?;
        h.check_with("2449-6-01", ran.said("APOP"), "APOP is not used, since CAPA is silent about it");
        Ok(())
    }
};
