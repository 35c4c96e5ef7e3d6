//! Every probe against the server of this crate: pass or note, and nothing else.

use std::rc::Rc;

use pop3_proto::conformance::{Referee, Setup, Verdict};
use pop3_proto::server::Config;

use crate::honest::{Honest, config};
use crate::judge::{CERTIFIED, is_good, run, server_probes, setup, survey, told};

/// What the reference cannot show, and why.
const NOT_APPLICABLE: &[(&str, &str)] = &[
    ("server/mechanisms/anonymous", "ANONYMOUS is off unless somebody turns it on"),
    ("server/pipelining/not-announced", "PIPELINING is always announced"),
    ("server/codes/login-delay", "no delay between logins is kept, so that the other probes need not wait"),
    ("server/utf8-lang/surrogate", "a message that needs UTF8 is refused, and no surrogate is made"),
];

/// Where the reference deviates, and why.
const DEVIATES: &[(&str, &str)] = &[
    ("server/apop/both-logins", "an account has one password for all methods"),
    ("server/mechanisms/cram-and-clear", "an account has one password for all methods"),
];

/// Sets what a probe asks for.
type Set = fn(&mut Config);

/// Probes of what can be configured: they are judged against a server that is set to what the row asks for.
const OTHERWISE: &[(&str, Set)] = &[
    ("server/stls/clear-refusals-alike", |config| config.allow_plaintext_login = false),
    ("server/stls/clear-passwords", |config| config.allow_plaintext_login = false),
];

#[test]
fn every_probe_passes_against_the_server_of_this_crate() {
    let setup = Rc::new(setup());
    let make = || Honest::new(config());
    let facts = Rc::new(survey(&setup, &mut make()));
    assert_eq!(facts.corpus.len(), 32, "{:?}", facts.corpus);
    let (mut referee, mut wrong) = (Referee::default(), String::new());
    let all = server_probes();
    for probe in all.iter().filter(|probe| !probe.is_referee()) {
        let mut server = make();
        let mut facts = facts.clone();
        if let Some((_, set)) = OTHERWISE.iter().find(|(id, _)| *id == probe.id()) {
            let mut config = config();
            set(&mut config);
            facts = Rc::new(survey(&setup, &mut Honest::new(config.clone())));
            server = Honest::new(config);
        }
        let mut setup = setup.clone();
        if probe.id() == CERTIFIED {
            setup = Rc::new(Setup { certificate: true, ..(*setup).clone() });
            facts = Rc::new(survey(&setup, &mut Honest::certified()));
            server = Honest::certified();
        }
        let outcome = run(probe, &setup, &facts, &mut server);
        referee.hear(outcome.probe, &outcome.remarks);
        let excused = NOT_APPLICABLE.iter().any(|(id, _)| *id == probe.id());
        let deviates = DEVIATES.iter().any(|(id, _)| *id == probe.id());
        let is_right = match (excused, deviates) {
            (true, _) => outcome.verdict == Verdict::NotApplicable,
            (_, true) => outcome.verdict == Verdict::Deviation,
            _ => is_good(outcome.verdict),
        };
        if !is_right {
            wrong += &told(&outcome);
        }
        let removed = server.store.removed.borrow();
        let own = |uid: &str| uid.starts_with("id-spare-") || uid.starts_with("late-");
        let removed: Vec<&String> = removed.iter().map(|(uid, _)| uid).collect();
        assert!(removed.iter().all(|uid| own(uid)), "{}: {removed:?}", probe.id());
    }
    for probe in all.iter().filter(|probe| probe.is_referee()) {
        let outcome = referee.outcome(probe);
        if !is_good(outcome.verdict) {
            wrong += &told(&outcome);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
