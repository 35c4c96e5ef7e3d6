//! How the rote client logs in.

use std::time::Duration;

use base64ct::{Base64 as Padded, Encoding as _};
use pop3_proto::sasl::client::{Credentials, Engine as _, Exchange, Step};
use pop3_proto::sasl::{Binding, Channel, Nonce};
use pop3_proto::{ApopDigest, ApopTimestamp, Base64, Secret};

use super::talk::{EXPORTER, Lost, Pop, Talk, text};

/// Those that it has, the best first.
pub(crate) const MECHANISMS: [&str; 11] = [
    "SCRAM-SHA-256-PLUS",
    "SCRAM-SHA-1-PLUS",
    "SCRAM-SHA-256",
    "SCRAM-SHA-1",
    "OAUTHBEARER",
    "XOAUTH2",
    "EXTERNAL",
    "ANONYMOUS",
    "CRAM-MD5",
    "PLAIN",
    "LOGIN",
];

pub(crate) async fn login(talk: &Talk, pop: &mut Pop) -> Result<(), Lost> {
    if talk.task.method == Some("EXTERNAL") && talk.has("certificate-is-enough") {
        return talk.capa(pop).await;
    }
    match talk.task.method {
        Some("APOP") => apop(talk, pop).await?,
        _ if talk.has("apop-first") && pop.greeting.contains(&b'<') => apop(talk, pop).await?,
        Some("USER") => user(talk, pop).await?,
        named => match choose(talk, pop, named) {
            Some(mechanism) => auth(talk, pop, mechanism).await?,
            None => user(talk, pop).await?,
        },
    }
    talk.capa(pop).await
}

fn choose(talk: &Talk, pop: &Pop, named: Option<&'static str>) -> Option<&'static str> {
    let offered = pop.mechanisms();
    if offered.is_empty() {
        return (talk.has("auth-unasked") || talk.has("auth-unasked-initial")).then_some("PLAIN");
    }
    let there = |mechanism: &&'static str| match talk.has("capitals-only") {
        true => pop.list.iter().any(|line| line.split(' ').any(|word| word == *mechanism)),
        false => offered.iter().any(|known| known == *mechanism),
    };
    let tokens = |mechanism: &&'static str| {
        let token = matches!(*mechanism, "OAUTHBEARER" | "XOAUTH2");
        let plus = mechanism.ends_with("-PLUS") && (!pop.secured || talk.has("never-binds"));
        let alone = plus || matches!(*mechanism, "EXTERNAL" | "ANONYMOUS") && named != Some(mechanism);
        !alone && (!token || (pop.secured || talk.has("token-in-clear")) && named != Some("PLAIN"))
    };
    let weak = ["LOGIN", "PLAIN"];
    match named {
        Some(named)
            if matches!(named, "OAUTHBEARER" | "XOAUTH2") && !pop.secured && !talk.has("token-in-clear") =>
        {
            None
        }
        Some(named) => {
            let plus = MECHANISMS.into_iter().find(|known| known.strip_suffix("-PLUS") == Some(named));
            let bound = plus.filter(|plus| there(plus) && tokens(plus));
            bound.or_else(|| there(&named).then_some(named))
        }
        None if talk.has("weakest") => weak.into_iter().find(there),
        None => MECHANISMS.into_iter().filter(tokens).find(there),
    }
}

fn refused(talk: &Talk, raw: &[u8]) -> Lost {
    if talk.has("forgets-password") && text(raw).contains("[") {
        talk.memory.borrow_mut().no_password = true;
    }
    Lost::Refused
}

async fn user(talk: &Talk, pop: &mut Pop) -> Result<(), Lost> {
    let task = &talk.task;
    let eight_bit = !task.user.is_ascii() || !task.password.is_ascii();
    let may = pop.list.iter().any(|line| line == "UTF8 USER");
    if eight_bit && !may && !talk.has("eight-bit") {
        return Err(Lost::GivesUp);
    }
    let mut name = task.user.as_str();
    if talk.has("cuts-names") {
        name = name.get(..40).unwrap_or(name);
    }
    if name.len() > 40 && pop.list.is_empty() && !talk.has("long-names") && !talk.has("cuts-names") {
        return Err(Lost::GivesUp);
    }
    let status = talk.ask(pop, format!("USER {name}")).await?;
    if !status.ok && !talk.has("pass-after-refusal") {
        return Err(refused(talk, &status.raw));
    }
    if talk.has("noop-after-user") {
        talk.ask(pop, "NOOP").await?;
    }
    let password = if talk.has("trims") { task.password.trim() } else { &task.password };
    let status = talk.ask(pop, format!("PASS {password}")).await;
    let status = match status {
        Err(Lost::Closed) if talk.has("close-is-ok") => return Ok(()),
        other => other?,
    };
    if status.ok { Ok(()) } else { Err(refused(talk, &status.raw)) }
}

async fn apop(talk: &Talk, pop: &mut Pop) -> Result<(), Lost> {
    let greeting = text(&pop.greeting);
    let stamp =
        greeting.find('<').zip(greeting.find('>')).map(|(a, b)| greeting.get(a..=b).unwrap_or("").to_owned());
    let known = stamp.as_deref().and_then(ApopTimestamp::new);
    if talk.has("apop-by-capa") && !pop.offers("APOP") {
        return Err(Lost::GivesUp);
    }
    let digest = match known {
        Some(stamp) => ApopDigest::of(stamp, Secret::new(talk.task.password.as_bytes()))
            .map(|digest| text(&digest.to_hex())),
        None if talk.has("apop-anything") => Some("0".repeat(32)),
        None => return user(talk, pop).await,
    };
    let mut digest = digest.ok_or(Lost::GivesUp)?;
    if talk.has("apop-wrong") {
        digest = digest.replace(['0', '1', '2', '3'], "4");
    }
    if talk.has("apop-plain") {
        // Of the secret of client/utf8/apop-prepared as it is.
        digest = "c5f7671346b2e68a45b7ec6b52a2d475".into();
    }
    if talk.has("apop-capitals") {
        digest = digest.to_ascii_uppercase();
    }
    let status = talk.ask(pop, format!("APOP {} {digest}", talk.task.user)).await?;
    if status.ok { Ok(()) } else { Err(refused(talk, &status.raw)) }
}

async fn auth(talk: &Talk, pop: &mut Pop, mechanism: &str) -> Result<(), Lost> {
    let task = &talk.task;
    let credentials = match mechanism {
        "OAUTHBEARER" | "XOAUTH2" => Credentials::token(&task.user, Secret::new(task.token.as_bytes())),
        _ => Credentials::password(&task.user, Secret::new(task.password.as_bytes())),
    };
    let mut channel = Channel::new("localhost");
    channel.nonce = Some(Nonce::new([7; 18]));
    let data = if talk.has("binds-wrongly") { &[8; 32] } else { EXPORTER };
    let bindings = [Binding { kind: "tls-exporter", data }];
    if pop.secured {
        channel.bindings = &bindings;
    }
    let plus = pop.mechanisms().iter().any(|known| known.ends_with("-PLUS")) && !talk.has("never-binds");
    let mut exchange = Exchange::new(credentials, channel, vec![0; 32 * 1024]);
    let hand = matches!(mechanism, "EXTERNAL" | "ANONYMOUS") || exchange.start(mechanism, plus).is_err();
    let plain = Padded::encode_string(format!("\0{}\0{}", task.user, task.password).as_bytes());
    let line = match mechanism {
        "PLAIN" if talk.has("plain-in-line") || talk.has("auth-unasked-initial") => {
            format!("AUTH PLAIN {plain}")
        }
        "PLAIN" if talk.has("plain-bad") => "AUTH PLAIN AGE".into(),
        "PLAIN" if talk.has("base64-folds") => "AUTH PLAIN AHRl\u{7e}".into(),
        "CRAM-MD5" if talk.has("initial-for-all") => "AUTH CRAM-MD5 dGVzdGVy".into(),
        "EXTERNAL" | "ANONYMOUS" if talk.has("space-alone") => format!("AUTH {mechanism} "),
        "ANONYMOUS" if talk.has("traces-address") => {
            format!("AUTH ANONYMOUS {}", Padded::encode_string(b"me@example.invalid"))
        }
        "EXTERNAL" | "ANONYMOUS" => format!("AUTH {mechanism} ="),
        "OAUTHBEARER" | "XOAUTH2" if talk.has("long-lines") => {
            let message = format!("user={}\u{1}auth=Bearer {}\u{1}\u{1}", task.user, task.token);
            format!("AUTH {mechanism} {}", Padded::encode_string(message.as_bytes()))
        }
        _ => format!("AUTH {mechanism}"),
    };
    talk.say(pop, line);
    let mut done_once = false;
    for _ in 0..8 {
        let raw = pop.peer.line().await?;
        if !raw.starts_with(b"+ ") && raw != b"+\r\n" {
            let ok = raw.starts_with(b"+OK");
            let proved = hand || !mechanism.starts_with("SCRAM") || done_once || talk.has("no-proof");
            let words = talk.has("words-matter") && raw != b"+OK welcome\r\n";
            let sure = ok && proved && !words;
            let ignores = talk.has("ignores-refusal");
            return if sure || ignores { Ok(()) } else { Err(refused(talk, &raw)) };
        }
        let challenge = raw.strip_suffix(b"\r\n").and_then(|line| line.get(2..)).unwrap_or_default().to_vec();
        if talk.has("crashes-at-long") && challenge.len() > 1000
            || challenge.len() > 64 * 1024 && talk.has("crashes-at-huge")
        {
            return Err(Lost::Crash);
        }
        if challenge.len() > 64 * 1024 || talk.has("short-challenges") && challenge.len() > 500 {
            return Err(Lost::Form);
        }
        let decoded = Padded::decode_vec(&text(&challenge)).ok();
        let answer = if mechanism == "XOAUTH2" && decoded.as_ref().is_some_and(|d| d.starts_with(b"{")) {
            Some(if talk.has("token-again") { plain.clone() } else { String::new() })
        } else if mechanism == "OAUTHBEARER" && decoded.as_ref().is_some_and(|d| d.starts_with(b"{")) {
            Some(if talk.has("token-again") { plain.clone() } else { "AQ==".into() })
        } else if mechanism == "LOGIN"
            && talk.has("prompts-matter")
            && !challenge.starts_with(b"VXNlcm5hbWU6")
            && !done_once
        {
            done_once = true;
            Some(Padded::encode_string(task.password.as_bytes()))
        } else if mechanism == "LOGIN" {
            let first = !done_once;
            done_once = true;
            Some(Padded::encode_string(if first { task.user.as_bytes() } else { task.password.as_bytes() }))
        } else if mechanism == "PLAIN" && talk.has("wrong-plain") {
            Some(Padded::encode_string(format!("{}\0{}", task.user, task.password).as_bytes()))
        } else if mechanism == "PLAIN" && talk.has("latin-1") {
            let message: Vec<u8> =
                format!("\0{}\0{}", task.user, task.password).chars().map(|c| c as u32 as u8).collect();
            Some(Padded::encode_string(&message))
        } else if hand {
            Some(String::new())
        } else {
            match Base64::new(&challenge).filter(|_| decoded.is_some()) {
                Some(challenge) => match exchange.step(challenge) {
                    Step::Respond(response) => {
                        done_once =
                            response.is_empty() && decoded.as_ref().is_some_and(|d| d.starts_with(b"v="));
                        Some(Padded::encode_string(response))
                    }
                    _ => None,
                },
                None => None,
            }
        };
        let answer = match answer {
            None if talk.has("answers-anything") => Some(Padded::encode_string(b"tester 0123")),
            None if talk.has("no-proof") => Some(String::new()),
            None if talk.has("any-nonce") => Some(Padded::encode_string(b"c=biws,r=x,p=AAAA")),
            other => other,
        };
        let mut answer = answer;
        if talk.has("raw-plain") && mechanism == "PLAIN" {
            answer = Some(task.password.clone());
        }
        if talk.has("bare-comma") && challenge.is_empty() {
            answer = Some(Padded::encode_string(format!("n,,n={},r=abc", task.user).as_bytes()));
        }
        if talk.has("equals-for-empty") && answer.as_deref() == Some("") {
            answer = Some("=".into());
        }
        if talk.has("cram-name-only") && mechanism == "CRAM-MD5" {
            answer = Some(Padded::encode_string(task.user.as_bytes()));
        }
        if talk.has("busy")
            && mechanism.starts_with("SCRAM")
            && text(&decoded.clone().unwrap_or_default()).contains("i=4294967295")
        {
            pop.peer.hang().await;
        }
        if talk.has("takes-any-count") && mechanism.starts_with("SCRAM") && answer.is_none() {
            answer = Some(Padded::encode_string(b"c=biws,r=x,p=AAAA"));
        }
        if talk.has("optional-matters") && text(&decoded.unwrap_or_default()).ends_with(",x=1") {
            answer = None;
        }
        talk.say(pop, answer.unwrap_or_else(|| "*".into()));
    }
    pop.peer.wait(Duration::from_secs(1)).await;
    Err(Lost::Form)
}
