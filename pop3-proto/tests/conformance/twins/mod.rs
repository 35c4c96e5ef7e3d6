//! For each probe a twin that does what its `fail` or `deviation` line says; the probe must say so, with a row
//! that is named here.

use std::collections::BTreeSet;

use pop3_proto::conformance::Verdict;

use crate::judge::{judge, server_probes, setup, told};
use crate::twin::Twin;

mod apop;
mod auth;
mod capa;
mod codes;
mod dele;
mod greeting;
mod hostile;
mod lang;
mod line_ends;
mod lines;
mod locks;
mod login;
mod mechanisms;
mod mechanisms_scram;
mod pipelining;
mod retr;
mod stat_list;
mod states;
mod status;
mod stls;
mod time;
mod tls;
mod top;
mod uidl;
mod update;
mod utf8_lang;

/// The probe, the verdict that is due, the row that has to be named, and how to make the twin.
pub(crate) struct Case {
    pub(crate) probe: &'static str,
    pub(crate) verdict: Verdict,
    pub(crate) row: &'static str,
    pub(crate) make: fn() -> Twin,
}

/// A twin that fails.
pub(crate) const fn fails(probe: &'static str, row: &'static str, make: fn() -> Twin) -> Case {
    Case { probe, verdict: Verdict::Fail, row, make }
}

/// A twin that deviates.
pub(crate) const fn deviates(probe: &'static str, row: &'static str, make: fn() -> Twin) -> Case {
    Case { probe, verdict: Verdict::Deviation, row, make }
}

/// A twin that does what the note says.
pub(crate) const fn notes(probe: &'static str, row: &'static str, make: fn() -> Twin) -> Case {
    Case { probe, verdict: Verdict::Note, row, make }
}

pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    let sections = [
        greeting::CASES,
        status::CASES,
        lines::CASES,
        line_ends::CASES,
        capa::CASES,
        login::CASES,
        apop::CASES,
        auth::CASES,
        mechanisms::PLAIN,
        mechanisms::CRAM,
        mechanisms_scram::CASES,
        mechanisms::OTHERS,
        stls::CASES,
        tls::CASES,
        states::CASES,
        stat_list::CASES,
        retr::CASES,
        top::CASES,
        uidl::CASES,
        dele::CASES,
        update::CASES,
        pipelining::CASES,
        codes::CASES,
        utf8_lang::CASES,
        lang::CASES,
        locks::CASES,
        time::CASES,
        hostile::CASES,
    ];
    sections.into_iter().flatten()
}

/// Probes without a wrong twin, and why.
const WITHOUT: &[(&str, &str)] = &[
    ("server/greeting/way-in", "without a way in the survey ends the run"),
    ("server/capa/between-user-and-pass", "either reply is right"),
    ("server/capa/implementation", "either list is right"),
    ("server/states/gone-commands", "either reply is right"),
    ("server/apop/inside-tls", "either reply is right"),
    ("server/auth/pad-bits", "either reply is right"),
];

#[test]
fn no_probe_is_without_a_twin_that_it_catches() {
    let caught: BTreeSet<&str> = all().map(|case| case.probe).collect();
    let all = server_probes();
    let without = all.iter().map(|probe| probe.id()).filter(|id| !caught.contains(id));
    let unexplained: Vec<&str> = without.filter(|id| !WITHOUT.iter().any(|(known, _)| known == id)).collect();
    assert!(unexplained.is_empty(), "{unexplained:?}");
    assert!(WITHOUT.iter().all(|(id, _)| !caught.contains(id)), "WITHOUT names probes that have a twin");
}

pub(crate) fn check(cases: &[Case]) {
    let mut wrong = String::new();
    for Case { probe, verdict, row, make } in cases {
        let outcome = judge(probe, setup(), make);
        let named = outcome.judgements.iter().any(|j| j.row == *row && j.verdict == *verdict);
        if outcome.verdict != *verdict || !named {
            wrong += &format!("{verdict} of {row} is due: {}", told(&outcome));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
