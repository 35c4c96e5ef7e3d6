//! Servers that keep to the RFCs, with good unique-ids: nothing may break here.

use super::{AT_ONCE, LONE_DOT, ONE_HEADER, ONE_HEADER_AND_SIZE};
use crate::world::{Policy, Program, Reads, World};

/// Servers that keep to the RFCs and have good unique-ids.
pub(crate) fn honest() -> Vec<World> {
    let world = |name: &str| World::new(format!("honest-{name}"));
    let by_policy = [
        ("keep", Policy::Keep),
        ("delete", Policy::Delete),
        ("delete-after-a-day", Policy::DeleteAfterADay),
        ("delete-by-first-sight", Policy::DeleteADayAfterFirstSight),
        ("keep-one", Policy::KeepOne),
        ("keep-octets", Policy::KeepOctets),
        ("forget", Policy::Forget),
        ("previews", Policy::PreviewsThenWhole),
        ("headers", Policy::HeadersThenWhole),
        ("all", Policy::All),
        ("dry-run", Policy::DryRunThenDelete),
    ];
    let by_mail: [(&str, &[&'static str]); 8] = [
        ("lone-dot", &[LONE_DOT, "S: b\n\n22\n"]),
        ("dot-lines", &["S: a\n\n.1\n..\n", "..\n\n.\n.\n"]),
        ("one-size", &["S: a\n\n1\n", "S: b\n\n2\n"]),
        ("one-header", &ONE_HEADER),
        ("one-header-and-size", &ONE_HEADER_AND_SIZE),
        ("twins", &["S: a\n\n1\n", "S: a\n\n1\n"]),
        ("empty", &["", "S: b\n\n22\n"]),
        ("no-header", &["\n1\n", "\n22\n"]),
    ];
    let by_program = [
        ("batch", Program { batch: true, ..AT_ONCE }),
        ("store-refuses", Program { refuses: true, ..AT_ONCE }),
        ("pop3get", Program { skips_unasked: true, ..AT_ONCE }),
        ("pop3get-batch", Program { skips_unasked: true, batch: true, ..AT_ONCE }),
        ("pop3get-refuses", Program { skips_unasked: true, batch: true, refuses: true }),
    ];
    let mut all: Vec<World> = Vec::new();
    all.extend(by_policy.map(|(name, policy)| World { policy, ..world(name) }));
    all.extend(by_mail.map(|(name, mail)| World { mail: mail.to_vec(), ..world(name) }));
    all.extend(by_program.map(|(name, program)| World { program, ..world(name) }));
    all.push(World { pipelining: false, ..world("one-by-one") });
    all.push(World { top: false, ..world("no-top") });
    all.push(World { reads: Reads::HalfLines, ..world("half-lines") });
    all.push(World { reads: Reads::Octets, sessions: 1, ..world("octets") });
    all.push(World {
        reads: Reads::Octets,
        sessions: 1,
        program: Program { skips_unasked: true, batch: true, ..AT_ONCE },
        ..world("octets-pop3get")
    });
    all.push(World { sessions: 3, events: 2, ..world("three-sessions") });
    all.push(World {
        sessions: 3,
        events: 2,
        policy: Policy::DeleteAfterADay,
        ..world("three-sessions-after-a-day")
    });
    all.push(World {
        mail: vec!["S: a\n\n1\n", "S: b\n\n22\n", "S: d\n\n4444\n"],
        ..world("three-messages")
    });
    all.push(World { mail: vec!["S: a\n\n1\n"], coming: vec![], sessions: 3, ..world("one-message") });
    all.push(World { mail: vec![], ..world("no-message") });
    all
}
