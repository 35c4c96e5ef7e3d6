//! Plays probes against a server in the same process.

use std::rc::Rc;
use std::time::Duration;

use pop3_proto::Time;
use pop3_proto::conformance::{
    Account, Endpoint, Facts, Leave, Outcome, Probe, Referee, Run, Setup, Survey, Verdict, drive, escaped,
    probes,
};

use crate::honest::{EMPTY_USER, PASSWORD, PREP_PASSWORD, PREP_USER, RUN, SPACED_USER, TOKEN, USER};

/// All leave, all accounts.
pub(crate) fn setup() -> Setup {
    let account = |name: &str| Some(Account { name: name.into(), password: PASSWORD.into() });
    Setup {
        host: "pop.example.com".into(),
        clear: true,
        tls: true,
        stls: true,
        clear_passwords: true,
        account: account(USER),
        empty_account: account(EMPTY_USER),
        address_account: account(&format!("{USER}@pop.example.com")),
        prep_account: Some(Account { name: PREP_USER.into(), password: PREP_PASSWORD.into() }),
        spaced_account: account(SPACED_USER),
        token: Some(TOKEN.into()),
        deliver: true,
        check_certificate: true,
        leave: Leave {
            odd: true,
            bad_logins: 100,
            delete: true,
            any_run: false,
            flood: true,
            slow: Duration::from_secs(10_000),
            only_corpus: true,
        },
        run: RUN,
        ..Setup::default()
    }
}

pub(crate) fn survey(setup: &Rc<Setup>, server: &mut impl Endpoint) -> Facts {
    let mut survey = Survey::new(setup);
    drive(|now, seen| survey.next(now, seen), server, &mut Time::from_millis(1_000));
    let said = dialogue(survey.dialogue());
    survey.into_facts().unwrap_or_else(|error| panic!("{error}\n{said}"))
}

pub(crate) fn run(
    probe: &Probe,
    setup: &Rc<Setup>,
    facts: &Rc<Facts>,
    server: &mut impl Endpoint,
) -> Outcome {
    let mut run = Run::new(probe, setup, facts, 1939);
    drive(|now, seen| run.next(now, seen), server, &mut Time::from_millis(1_000));
    run.into_outcome().unwrap()
}

/// The probe that needs a client certificate.
pub(crate) const CERTIFIED: &str = "server/mechanisms/external";

/// What is played before the referee tells what it heard: enough to hear each of its twins, and quick.
const FOR_THE_REFEREE: &[&str] = &[
    "server/greeting/speaks-first",
    "server/lines/canonical",
    "server/lines/surplus-argument",
    "server/capa/answers",
    "server/codes/auth-code",
    "server/codes/auth-misused",
    "server/codes/in-use",
    "server/pipelining/order",
    "server/utf8-lang/outside-mode",
    "server/hostile/long-arguments",
    "server/hostile/numbers",
];

/// The outcome of one probe, the referee's included, against a server that is made anew.
pub(crate) fn judge<S: Endpoint>(id: &str, mut setup: Setup, mut make: impl FnMut() -> S) -> Outcome {
    setup.certificate |= id == CERTIFIED;
    let (all, setup) = (probes(), Rc::new(setup));
    let probe = all.iter().find(|probe| probe.id() == id).unwrap_or_else(|| panic!("no probe {id}"));
    let facts = Rc::new(survey(&setup, &mut make()));
    if !probe.is_referee() {
        return run(probe, &setup, &facts, &mut make());
    }
    let mut referee = Referee::default();
    let mut server = make();
    for other in all.iter().filter(|other| FOR_THE_REFEREE.contains(&other.id())) {
        let outcome = run(other, &setup, &facts, &mut server);
        referee.hear(outcome.probe, &outcome.remarks);
    }
    referee.outcome(probe)
}

/// The outcome as text, for the message of a test that fails.
pub(crate) fn told(outcome: &Outcome) -> String {
    let judgements = outcome.judgements.iter().map(|j| format!("{} {}: {}\n", j.verdict, j.row, j.words));
    format!(
        "{}: {}\n{}{}",
        outcome.probe,
        outcome.verdict,
        judgements.collect::<String>(),
        dialogue(&outcome.dialogue)
    )
}

fn dialogue(dialogue: &pop3_proto::conformance::Dialogue) -> String {
    let lines = dialogue.entries().iter().map(|said| {
        let text: String = escaped(&said.octets).chars().take(300).collect();
        format!("#{} {:?} {:?} {text}\n", said.link.0, said.time, said.who)
    });
    lines.collect()
}

pub(crate) fn is_good(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Pass | Verdict::Note)
}

/// In a debug build, which is slow, one in so many of the cases of a long proof is tried: other ones for each of
/// its parts. `cargo conformance` tries all.
pub(crate) fn some<T>(all: impl IntoIterator<Item = T>, part: usize) -> impl Iterator<Item = T> {
    let each = if cfg!(debug_assertions) { 12 } else { 1 };
    all.into_iter().skip(part % each).step_by(each)
}

/// All probes for servers.
pub(crate) fn server_probes() -> Vec<Probe> {
    pop3_proto::conformance::probes().into_iter().filter(|probe| !probe.is_for_clients()).collect()
}
