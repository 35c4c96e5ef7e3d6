//! A client session hears the same dialogue in any pieces, and gives the same events.

use std::collections::VecDeque;

use pop3_proto::client::{Client, Event, Part, Profile, ProtocolError};
use pop3_proto::{Command, Deviation, Limits, Security};
use proptest::prelude::*;
use proptest::sample::select;

use crate::dialogues::{Ask, stream};
use crate::pair::{Heard, listen, listen_through};
use crate::{Cut, sizes};

const PROFILES: [Profile; 4] = [
    Profile::LENIENT,
    Profile::LENIENT.accept(Deviation::BareLfBody),
    Profile::LENIENT.refuse(Deviation::UnstuffedDot).refuse(Deviation::LongLine),
    Profile::STRICT,
];

#[derive(Debug, PartialEq)]
struct Fetched {
    heard: VecDeque<Heard>,
    sent: String,
    end: Result<(), ProtocolError>,
    deviations: String,
    capabilities: String,
}

fn fetch(client: &Client<4>, asks: &[Ask], octets: &[u8], cut: Cut<'_>) -> Fetched {
    let (mut client, mut heard, mut sent) = (client.clone(), VecDeque::new(), Vec::new());
    let mut asks = asks.iter();
    let act = |client: &mut Client<4>, event: &Event<'_>| {
        match event {
            Event::Reply { part: Part::Challenge(_), .. } => client.respond(b"response", &mut sent).unwrap(),
            Event::Reply { part: Part::BadChallenge(_), .. } => {
                let _ = client.cancel(&mut sent);
            }
            _ => {}
        }
        while client.can_send() {
            let Some(ask) = asks.as_slice().first() else { break };
            let xtnd = Command::Other { verb: b"XTND", args: Some(b"x") };
            let sent = match ask {
                Ask::Plain(command) => client.send(command, &mut sent),
                Ask::Auth => client.auth("PLAIN", Some(b"good"), &mut sent),
                Ask::Multi => client.send_multiline(&xtnd, &mut sent),
            };
            if sent.is_err() {
                break;
            }
            asks.next();
        }
    };
    match cut {
        Cut::Sizes(sizes) => listen(&mut client, octets, sizes, &mut heard, act),
        Cut::Window(room) => listen_through(&mut client, octets, room, &mut heard, act),
    }
    Fetched {
        heard,
        sent: sent.escape_ascii().to_string(),
        end: client.end_of_input(),
        deviations: format!("{:?}", client.deviations()),
        capabilities: format!("{:?}", client.capabilities()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2500))]

    #[test]
    fn any_cut_of_what_a_server_says_gives_the_same_events(
        (asks, octets) in stream(),
        profile in select(&PROFILES),
        window in select(&[512_usize, 600, 12_288]),
        pipelining in any::<bool>(),
        sizes in sizes(),
    ) {
        let client = Client::<4>::with_queue(profile, Security::Plain)
            .with_limits(Limits::for_window(window))
            .with_pipelining(pipelining);
        let whole = fetch(&client, &asks, &octets, Cut::Sizes(&[usize::MAX]));
        // Bytes after the answer to STLS are the one place where the cut may decide the outcome.
        prop_assume!(whole.end != Err(ProtocolError::PlaintextAfterStls));
        prop_assert_eq!(&fetch(&client, &asks, &octets, Cut::Sizes(&sizes)), &whole);
        prop_assert_eq!(&fetch(&client, &asks, &octets, Cut::Sizes(&[1])), &whole);
        prop_assert_eq!(&fetch(&client, &asks, &octets, Cut::Window(window)), &whole);
    }
}
