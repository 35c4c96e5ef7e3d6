//! Transcripts with a client under test.

use std::collections::VecDeque;

use pop3_proto::client::{self, Client, Part, Profile};
use pop3_proto::testing::{Line, unescape};
use pop3_proto::{Base64, Command, Deviation, Limits, parse};

use crate::common::show;
use crate::settings::{Transcript, in_cuts, said};

pub(crate) fn fetch(script: &Transcript, cut: usize) {
    let mut profile = if script.has("profile", "strict") { Profile::STRICT } else { Profile::LENIENT };
    let named =
        |name: &str| *Deviation::ALL.iter().find(|one| format!("{one:?}") == name).expect("a deviation");
    for name in script.values("accept") {
        profile = profile.accept(named(name));
    }
    for name in script.values("refuse") {
        profile = profile.refuse(named(name));
    }
    let mut client: Client = Client::new(profile, script.security());
    if let Some(n) = script.value("window") {
        client = client.with_limits(Limits::for_window(n.parse().unwrap()));
    }
    let mut window = Vec::new();
    let mut events: VecDeque<String> = VecDeque::new();
    let (mut challenged, mut answering) = (false, None);
    let mut lines = script.lines();
    while let Some(line @ Line { key, value, .. }) = lines.next() {
        match key.as_str() {
            "S" => {
                let octets = said(line, &mut lines);
                in_cuts(&mut window, &octets, cut, |window| {
                    drain(&mut client, window, &mut events, &mut challenged, &mut answering)
                });
            }
            "C" => {
                let line = unescape(value).unwrap();
                let mut out = Vec::new();
                let text = line.strip_suffix(b"\r\n").expect("a command ends in CRLF");
                if challenged {
                    challenged = false;
                    if text == b"*" {
                        client.cancel(&mut out).unwrap();
                    } else {
                        let response = Base64::new(text).expect("base64");
                        let mut raw = vec![0; response.decoded_len()];
                        client.respond(response.decode(&mut raw).unwrap(), &mut out).unwrap();
                    }
                } else {
                    let command = parse::command(text).unwrap();
                    match command {
                        Command::Other { verb, .. }
                            if script.values("multiline").any(|v| v.as_bytes() == verb) =>
                        {
                            client.send_multiline(&command, &mut out).unwrap();
                        }
                        _ => {
                            client.send(&command, &mut out).unwrap();
                        }
                    }
                }
                assert_eq!(show(&out), show(&line));
            }
            "E" => assert_eq!(events.pop_front().as_ref(), Some(value), "event; then {events:#?}"),
            "D" => {
                let seen: Vec<_> = client.deviations().iter().map(|one| format!("{one:?}")).collect();
                assert_eq!(seen.join(" "), *value, "deviations");
            }
            "TLS" => {
                client = client.handover().expect("STLS was accepted").secured(&window).unwrap();
                events.clear();
            }
            "EOF" => match client.end_of_input() {
                Ok(()) => assert_eq!("ok", value.as_str()),
                Err(error) => assert_eq!(format!("{error:?}"), *value),
            },
            _ => {}
        }
    }
    if script.has("events", "any") {
        let errors: Vec<_> = events.iter().filter(|event| event.starts_with("error")).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    } else {
        assert!(events.is_empty(), "events left at the end: {events:#?}");
    }
}

/// Collects all events that the window holds. The bytes of a message are joined, so that the cuts do not
/// show.
fn drain(
    client: &mut Client,
    window: &mut Vec<u8>,
    events: &mut VecDeque<String>,
    challenged: &mut bool,
    answering: &mut Option<client::Id>,
) {
    loop {
        let mut unread = &window[..];
        let need = client.poll(&mut unread);
        let event = client.receive(&mut unread);
        let wants_input = matches!(event, Ok(client::Event::NeedInput));
        assert_eq!(need == client::Need::Input, wants_input, "poll tells the truth");
        if let Ok(client::Event::Reply { id, last, .. }) = event {
            assert!(answering.replace(id).is_none_or(|before| before == id), "{id:?} before the last part");
            if last {
                *answering = None;
            }
        }
        let ended = answering.is_none() || !client.is_idle() || event.is_err();
        assert!(ended, "the last part did not say so");
        let over = match event {
            Ok(client::Event::NeedInput) => true,
            Ok(client::Event::Reply { part: Part::Data(octets), .. }) => {
                let octets = show(octets);
                match events.back_mut().and_then(|last| {
                    last.strip_suffix("\")").filter(|l| l.starts_with("Data(")).map(str::len)
                }) {
                    Some(len) => {
                        let last = events.back_mut().unwrap();
                        last.truncate(len);
                        last.push_str(&octets);
                        last.push_str("\")");
                    }
                    None => events.push_back(format!("Data(\"{octets}\")")),
                }
                false
            }
            Ok(client::Event::Closed) => {
                if events.back().is_none_or(|last| last != "Closed") {
                    events.push_back("Closed".into());
                }
                true
            }
            Ok(client::Event::Reply { id, part, .. }) => {
                *challenged |= matches!(part, Part::Challenge(_) | Part::BadChallenge(_));
                events.push_back(match part {
                    Part::BadChallenge(line) => format!("BadChallenge(\"{}\")", show(line)),
                    Part::UnreadableItem(line) => format!("UnreadableItem(\"{}\")", show(line)),
                    Part::UnreadableReply(line) => format!("UnreadableReply(\"{}\")", show(line)),
                    part => format!("Reply({id:?}, {part:?})"),
                });
                false
            }
            Ok(event) => {
                events.push_back(format!("{event:?}"));
                false
            }
            Err(error) => {
                let text = format!("error {error:?}");
                if events.back() != Some(&text) {
                    events.push_back(text);
                }
                true
            }
        };
        let used = window.len() - unread.len();
        window.drain(..used);
        if over {
            return;
        }
    }
}
