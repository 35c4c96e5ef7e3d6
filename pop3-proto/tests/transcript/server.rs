//! Transcripts with a server under test.

use std::time::Duration;

use pop3_proto::server::{Config, Domain, MechanismList, Server, Words};
use pop3_proto::testing::{Line, unescape};
use pop3_proto::{Expire, LoginDelay, Mechanism, Protection, Time};

use crate::common::{Mailbox, show};
use crate::host::{Host, Stock};
use crate::settings::{Transcript, in_cuts, said};

pub(crate) fn serve(script: &Transcript, cut: usize) {
    let on = |word: &str| script.has("set", word);
    let mechanisms: MechanismList = script
        .values("mechanism")
        .map(|name| {
            let server_first = matches!(name, "CRAM-MD5" | "DIGEST-MD5");
            let needs = match name {
                "PLAIN" | "LOGIN" => Protection::Private,
                "XOAUTH2" | "OAUTHBEARER" | "EXTERNAL" => Protection::Tls,
                _ if name.ends_with("-PLUS") => Protection::Tls,
                _ => Protection::None,
            };
            Mechanism::new(name.to_owned().leak(), needs, server_first)
        })
        .collect();
    let text = |text: &str| Words::copy(text).expect("texts of transcripts are short");
    let mut config = Config::new();
    config.greeting = text(script.value("greeting").unwrap_or("ready"));
    config.allow_plaintext_login = on("allow_plaintext_login");
    config.user = !on("no_user");
    config.stls = on("stls");
    config.top = !on("no_top");
    config.uidl = !on("no_uidl");
    config.utf8 = on("utf8");
    config.utf8_user = on("utf8_user");
    config.lang = on("lang");
    config.unknown_commands = on("unknown_commands");
    config.bare_lf = on("bare_lf");
    config.strict_commands = on("strict_commands");
    config.auth_resp_code = !on("no_auth_resp_code");
    config.implementation = script.value("implementation").map(text);
    let apop = script.value("apop").map(|text| {
        let (numbers, host) = text.trim_matches(['<', '>']).split_once('@').unwrap();
        let (first, second) = numbers.split_once('.').unwrap();
        ([first, second].map(|number| number.parse().unwrap()), host)
    });
    config.apop = apop.and_then(|(_, host)| Domain::copy(host));
    config.mechanisms = mechanisms;
    config.auth_list = on("auth_list");
    config.utf8_after_login = on("utf8_after_login");
    config.replace_nul = on("replace_nul");
    config.ensure_header_end = on("ensure_header_end");
    config.capabilities = text(&script.values("capability").collect::<Vec<_>>().join("\n"));
    config.expire = script.value("expire").map(|value| Expire {
        days: value.split(' ').next().unwrap().parse().ok(),
        per_user: value.ends_with(" USER"),
    });
    config.login_delay = script.value("login-delay").map(|value| LoginDelay {
        seconds: value.split(' ').next().unwrap().parse().unwrap(),
        per_user: value.ends_with(" USER"),
    });
    if let Some(n) = script.value("login-time") {
        config.login_time = Duration::from_secs(n.parse().unwrap());
    }
    if let Some(n) = script.value("max-errors") {
        config.limits =
            config.limits.with_max_errors(n.parse().unwrap()).with_max_early_errors(n.parse().unwrap());
    }
    if let Some(n) = script.value("max-logins") {
        config.limits = config.limits.with_max_login_failures(n.parse().unwrap());
    }
    let messages: Vec<_> = script.values("mail").map(|mail| unescape(mail).unwrap()).collect();
    let mut mailbox = Mailbox::of(&messages.iter().map(|m| &m[..]).collect::<Vec<_>>());
    for (place, uid) in mailbox.uids.iter_mut().zip(script.values("uid")) {
        *place = uid.as_bytes().to_vec();
    }
    let mut server = Server::new(&config, script.security());
    if let Some((unique, _)) = apop {
        server = server.with_apop(unique);
    }
    let mut host = Host {
        script,
        sasl: script.values("sasl").collect(),
        stock: Stock {
            mailbox,
            needs_utf8: script
                .values("needs-utf8")
                .flat_map(|all| all.split(' '))
                .map(|n| n.parse().unwrap())
                .collect(),
        },
        piece: cut,
        later: script.value("later").is_some(),
        kept: None,
        removed: None,
        closed: None,
    };
    let mut now = Time::ZERO;
    let (mut window, mut out) = (Vec::new(), Vec::new());
    host.run(&mut server, now, &mut window, &mut out);
    let mut lines = script.lines();
    while let Some(line @ Line { key, value, .. }) = lines.next() {
        match key.as_str() {
            "C" => {
                let octets = said(line, &mut lines);
                in_cuts(&mut window, &octets, cut, |window| host.run(&mut server, now, window, &mut out));
                if lines.peek().is_none_or(|line| line.key != "S") {
                    assert_eq!(show(&out), "", "unexpected output after C: {value}");
                }
            }
            "S" => {
                assert_eq!(show(&out), show(&said(line, &mut lines)));
                out.clear();
            }
            "T" => {
                now = now.after(Duration::from_secs(value.parse().unwrap()));
                server.handle_timeout(now);
                host.run(&mut server, now, &mut window, &mut out);
            }
            "TLS" => {
                assert_eq!(host.closed.take().as_deref(), Some("StartTls"));
                server = Server::secured(server.handover().unwrap(), &window).unwrap();
                host.run(&mut server, now, &mut window, &mut out);
            }
            "removed" => {
                let removed = host.removed.as_ref().expect("QUIT was not reached");
                assert_eq!(removed.iter().map(u32::to_string).collect::<Vec<_>>().join(" "), *value);
            }
            "closed" => assert_eq!(host.closed.as_ref(), Some(value)),
            _ => {}
        }
    }
    assert_eq!(show(&out), "", "output left at the end");
}
