//! A client with ten faults: each is named by the probes for it, and nothing else is.

use std::collections::BTreeSet;

use pop3_proto::conformance::Verdict;

use crate::rote::Faults;
use crate::rote_clients::{client_probes, judge};

/// Probes that take too long for a debug build.
const HEAVY: &[&str] = &[
    "client/replies/endless",
    "client/listing/endless",
    "client/auth/long-challenge",
    "client/pipelining/no-deadlock",
    "client/bodies/exact",
];

fn is_played(id: &str) -> bool {
    !cfg!(debug_assertions) || !HEAVY.contains(&id)
}

/// The probes that accuse the client.
fn accused(faults: Faults) -> BTreeSet<&'static str> {
    let probes = client_probes();
    let played = probes.iter().filter(|probe| is_played(probe.id()));
    let outcomes = played.map(|probe| judge(probe.id(), faults));
    outcomes
        .filter(|outcome| {
            matches!(outcome.verdict, Verdict::Fail | Verdict::Deviation | Verdict::Inconclusive)
        })
        .map(|outcome| outcome.probe)
        .collect()
}

#[test]
#[cfg_attr(debug_assertions, ignore = "takes a minute in a debug build; `cargo conformance` runs it")]
fn a_client_with_ten_faults_is_told_all_ten_and_nothing_else() {
    let mut all = BTreeSet::new();
    for (name, faults, due) in PLANTED {
        let due = due.iter().copied().filter(|id| is_played(id));
        assert_eq!(accused(faults), due.collect(), "a client that {name}");
        all.extend(faults.iter().copied());
    }
    assert_eq!(all.len(), 10);
}

#[test]
fn ten_faults_at_a_time_are_all_told_too() {
    let all: Vec<&str> = PLANTED.iter().flat_map(|(_, faults, _)| *faults).copied().collect();
    let accused = accused(all.leak());
    for (name, _, due) in PLANTED {
        assert!(due.iter().any(|id| accused.contains(id)), "a client that {name}: {accused:?}");
    }
    let due: BTreeSet<&str> = PLANTED.iter().flat_map(|(_, _, due)| *due).copied().collect();
    let more: Vec<&str> = accused.difference(&due).copied().collect();
    // Who ignores -ERR and is patient for ever waits for the listing that was refused.
    assert_eq!(more, ["client/uidl/refused"]);
}

/// What the client does, the fault in the rote client, and all probes that accuse it.
const PLANTED: &[(&str, Faults, &[&str])] = &[
    (
        "stores a message that was cut",
        &["keeps-cut"],
        &[
            "client/bodies/no-end",
            "client/download/cut-in-body",
            "client/pipelining/in-order",
            "client/tls/cut-inside",
        ],
    ),
    ("deletes before it stores", &["stores-late"], &["client/download/stored-first"]),
    (
        "sends the password in clear after a refused STLS",
        &["ignores-stls-refusal"],
        &["client/tls/refused", "client/tls/stripped"],
    ),
    (
        "takes +OK without the signature of the server",
        &["no-proof"],
        // It answers a challenge that cannot be read by an empty line, too.
        &["client/auth/bad-challenge", "client/auth/early-success", "client/mechanisms/scram-signature"],
    ),
    (
        "joins lines",
        &["joins-lines"],
        &[
            "client/bodies/exact",
            "client/bodies/long-lines",
            "client/bodies/octets",
            "client/bodies/words-of-the-protocol",
            "client/pipelining/by-order",
        ],
    ),
    (
        "keeps the stuffing",
        &["keeps-dots"],
        &[
            "client/bodies/exact",
            "client/bodies/first-dot",
            "client/bodies/unstuffing",
            "client/cuts/one-octet",
        ],
    ),
    (
        "ignores -ERR",
        &["err-is-ok"],
        &[
            "client/capa/nothing",
            "client/capa/refused",
            "client/codes/unknown",
            "client/codes/without-announcement",
            "client/download/refused-message",
            "client/login/in-use",
            "client/login/pass-refused",
            "client/login/user-refused",
            "client/pipelining/by-order",
            "client/replies/sign-alone",
            "client/replies/small-letters",
        ],
    ),
    (
        "waits for a silent server for ever",
        &["waits-for-ever"],
        &["client/bodies/no-end", "client/cuts/silence"],
    ),
    (
        "takes pipelined replies out of order",
        &["any-order"],
        &["client/pipelining/by-order", "client/pipelining/in-order"],
    ),
    ("sends line ends out of a user name", &["any-secret"], &["client/login/injection"]),
];
