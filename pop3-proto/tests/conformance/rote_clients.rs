//! Probes for clients, against the rote client: a right one passes, and each fault is told by the probe for it.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use pop3_proto::Time;
use pop3_proto::conformance::{
    Form, Job, Outcome, Probe, Referee, Run, Subject, Trial, Verdict, Wish, drive_client, probes,
};

use crate::judge::told;
use crate::rote::{Faults, Rote};

fn subject() -> Subject {
    Subject {
        name: "rote".into(),
        jobs: vec![Job::Login, Job::Fetch, Job::Delete, Job::Poll],
        tls: vec![Wish::Clear, Wish::Stls, Wish::Tls, Wish::Unsaid],
        methods: [
            "APOP",
            "PLAIN",
            "LOGIN",
            "CRAM-MD5",
            "SCRAM-SHA-1",
            "SCRAM-SHA-256",
            "XOAUTH2",
            "OAUTHBEARER",
            "EXTERNAL",
            "ANONYMOUS",
            "USER",
        ]
        .map(String::from)
        .to_vec(),
        pipelines: true,
        store: Some(Form::default()),
        again: true,
        store_fails: true,
        odd_secrets: true,
        no_clear_passwords: false,
        urls: true,
        wants_uidl: false,
        tells: true,
        deep_name: true,
        flood: true,
        slow: Duration::from_secs(2_000),
        limit: Duration::from_secs(700),
    }
}

pub(crate) fn client_probes() -> Vec<Probe> {
    probes().into_iter().filter(Probe::is_for_clients).collect()
}

fn run(probe: &Probe, faults: Faults) -> Outcome {
    let (mut rote, mut clock) = (Rote::new(faults), Time::ZERO);
    let mut run = Run::of_client(probe, &Rc::new(subject()), 1);
    drive_client(|now, seen| run.next(now, seen), &mut rote, &mut clock);
    run.into_outcome().unwrap()
}

/// The outcome of a probe, also of one of the referee, which has to hear some other probe.
pub(crate) fn judge(id: &str, faults: Faults) -> Outcome {
    let all = client_probes();
    let probe = all.iter().find(|probe| probe.id() == id).unwrap_or_else(|| panic!("no probe {id}"));
    if !probe.is_referee() {
        return run(probe, faults);
    }
    let mut referee = Referee::default();
    let (mut rote, mut clock) = (Rote::new(faults), Time::ZERO);
    let mut trial = Trial::new(&Rc::new(subject()));
    drive_client(|now, seen| trial.next(now, seen), &mut rote, &mut clock);
    if let Ok(habits) = trial.into_habits() {
        referee.hear("the trial", &habits.remarks);
    }
    for id in ["client/login/apop-digest", "client/mechanisms/plain"] {
        let other = all.iter().find(|probe| probe.id() == id).unwrap();
        let outcome = run(other, faults);
        referee.hear(outcome.probe, &outcome.remarks);
    }
    referee.outcome(probe)
}

/// What the right client does not do, and why.
const NOT_APPLICABLE: &[(&str, &str)] = &[
    ("client/auth/list-form", "it never sends AUTH alone"),
    ("client/listing/answered-by-list", "it asks for whole lists"),
    ("client/utf8/mode", "it never sends UTF8"),
    ("client/tls/not-behind-utf8", "it never sends UTF8"),
    ("client/utf8/range", "it never sends LANG"),
];

#[test]
fn every_probe_for_clients_passes_against_a_client_that_is_right() {
    let mut wrong = String::new();
    for probe in client_probes() {
        let outcome = judge(probe.id(), &[]);
        let excused = NOT_APPLICABLE.iter().any(|(id, _)| *id == probe.id());
        let right = match outcome.verdict {
            Verdict::NotApplicable => excused,
            verdict => matches!(verdict, Verdict::Pass | Verdict::Note),
        };
        if !right {
            wrong += &told(&outcome);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn each_probe_for_clients_tells_a_client_that_is_wrong() {
    let mut wrong = String::new();
    for (id, verdict, row, faults) in CASES {
        let outcome = judge(id, faults);
        let named =
            outcome.judgements.iter().any(|judgement| (judgement.row, judgement.verdict) == (*row, *verdict));
        if outcome.verdict != *verdict || !named {
            wrong += &format!("{id} with {faults:?} is not {verdict} for {row}:\n{}", told(&outcome));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn every_probe_for_clients_has_a_twin() {
    let with: BTreeSet<&str> = CASES.iter().map(|(id, ..)| *id).collect();
    let all = client_probes();
    let without: Vec<&str> = all.iter().map(Probe::id).filter(|id| !with.contains(id)).collect();
    assert!(without.is_empty(), "{without:?}");
}

use Verdict::{Deviation, Fail, Note};

/// The probe, the verdict that is due, the row that has to be named, and the faults of the client.
const CASES: &[(&str, Verdict, &str, Faults)] = &[
    ("client/commands/lines", Fail, "1939-3-03", &["lf-only"]),
    ("client/commands/lines", Deviation, "1939-3-06", &["trailing-space"]),
    ("client/commands/lines", Fail, "1939-3-07", &["long-verb"]),
    ("client/commands/waits", Fail, "2449-6.6-03", &["two-at-once"]),
    ("client/commands/order", Fail, "1939-3-19", &["logs-in-twice"]),
    ("client/commands/numbers", Fail, "1939-4-10", &["bad-numbers"]),
    ("client/commands/numbers", Deviation, "1939-4-10", &["guesses"]),
    ("client/commands/whole", Note, "1939-3-03", &["in-pieces"]),
    ("client/commands/greeting-first", Fail, "1939-3-02", &["early"]),
    ("client/commands/quits", Deviation, "1939-8-01", &["drops-at-quit"]),
    ("client/greeting/refused", Fail, "1939-9-01", &["any-greeting"]),
    ("client/greeting/no-pop3", Fail, "937-Protocol-01", &["any-greeting"]),
    ("client/greeting/no-pop3", Deviation, "918-Protocol-01", &["plus-greets"]),
    ("client/greeting/bare", Fail, "1957-Observations-01", &["no-bare-greeting"]),
    ("client/greeting/brackets", Fail, "2449-6.4-02", &["no-brackets"]),
    ("client/greeting/early-list", Fail, "1939-3-12", &["keeps-early", "any-line-is-ok"]),
    ("client/replies/sign-alone", Fail, "1939-9-01", &["by-words"]),
    ("client/replies/no-indicator", Fail, "1939-3-12", &["any-line-is-ok"]),
    ("client/replies/small-letters", Fail, "1725-4-01", &["err-is-ok"]),
    ("client/replies/continuation", Fail, "5034-5-02", &["plus-is-ok"]),
    ("client/replies/length-512", Fail, "2449-4-05", &["short-lines"]),
    ("client/replies/long", Deviation, "2449-4-05", &["splits-lines"]),
    ("client/replies/endless", Deviation, "2449-4-05", &["patient"]),
    ("client/replies/one-refusal", Fail, "1939-3-22", &["gives-up-at-refusal", "forgets-the-rest"]),
    ("client/replies/twice", Fail, "1939-3-23", &["stat-only", "keeps-unasked"]),
    ("client/replies/twice", Deviation, "1939-3-23", &["keeps-unasked"]),
    ("client/replies/odd-octets", Fail, "1939-9-01", &["crashes-at-octets"]),
    ("client/replies/odd-octets", Deviation, "1939-9-01", &["prints"]),
    ("client/capa/login-delay", Deviation, "2449-6.5-02", &["comes-too-soon"]),
    ("client/capa/refused", Fail, "2449-7-01", &["needs-capa"]),
    ("client/capa/letter-case", Fail, "2449-5-05", &["tags-in-capitals"]),
    ("client/capa/unknown", Fail, "2449-5-10", &["unknown-tags"]),
    ("client/capa/nothing", Fail, "2449-7-01", &["needs-uidl"]),
    ("client/capa/implementation", Fail, "2449-6.9-02", &["knows-names"]),
    ("client/capa/again", Note, "2449-5-09", &[]),
    ("client/capa/hang-up", Note, "2449-7-01", &[]),
    ("client/capa/apop-silent", Fail, "2449-6-01", &["apop-by-capa"]),
    ("client/login/octets", Fail, "1939-7-22", &["trims"]),
    ("client/login/long-name", Fail, "1939-3-08", &["cuts-names"]),
    ("client/login/long-name", Note, "1939-3-08", &["long-names"]),
    ("client/login/injection", Fail, "1939-7-22", &["any-secret"]),
    ("client/login/user-refused", Fail, "1939-7-17", &["pass-after-refusal"]),
    ("client/login/pass-refused", Fail, "1939-9-01", &["err-is-ok"]),
    ("client/login/in-use", Fail, "2449-8.1.2-02", &["forgets-password"]),
    ("client/login/system-trouble", Fail, "3206-4-02", &["forgets-password"]),
    ("client/login/apop-timestamp", Fail, "1939-7-32", &["apop-anything"]),
    ("client/login/apop-digest", Fail, "1939-7-28", &["apop-wrong"]),
    ("client/login/apop-digest", Fail, "1939-7-29", &["apop-capitals"]),
    ("client/login/apop-unasked", Note, "1939-7-32", &["apop-first"]),
    ("client/login/apop-inside-tls", Fail, "2595-4-16", &["apop-wrong"]),
    ("client/auth/not-announced", Deviation, "5034-3-02", &["auth-unasked"]),
    ("client/auth/not-announced", Fail, "5034-3-03", &["auth-unasked-initial"]),
    ("client/auth/list-form", Fail, "0-auth-list-02", &["asks-for-mechanisms"]),
    ("client/auth/base64", Fail, "5034-4-01", &["base64-folds"]),
    ("client/auth/length-255", Fail, "5034-4-10", &["plain-in-line"]),
    ("client/auth/empty-initial", Fail, "5034-4-11", &["space-alone"]),
    ("client/auth/empty-answer", Fail, "5034-4-07", &["equals-for-empty"]),
    ("client/auth/bad-challenge", Fail, "5034-4-15", &["answers-anything"]),
    ("client/auth/bare-plus", Note, "5034-4-07", &[]),
    ("client/auth/long-challenge", Deviation, "5034-4-18", &["short-challenges"]),
    ("client/auth/long-challenge", Fail, "5034-4-18", &["crashes-at-huge"]),
    ("client/auth/other-method", Note, "5034-4-30", &[]),
    ("client/auth/letter-case", Deviation, "5034-5-01", &["capitals-only"]),
    ("client/auth/server-first", Fail, "4422-5-02", &["initial-for-all"]),
    ("client/auth/early-success", Fail, "5802-5-03", &["no-proof"]),
    ("client/auth/words-behind-ok", Fail, "1939-9-01", &["words-matter"]),
    ("client/mechanisms/plain", Fail, "4616-2-02", &["wrong-plain"]),
    ("client/mechanisms/plain-line-ends", Fail, "4616-A-01", &["any-secret", "raw-plain"]),
    ("client/mechanisms/strongest", Deviation, "4422-6.1.2-01", &["weakest"]),
    ("client/mechanisms/login", Fail, "0-login-01", &["prompts-matter"]),
    ("client/mechanisms/cram-md5", Fail, "2195-2-02", &["cram-name-only"]),
    ("client/mechanisms/scram", Fail, "5802-5-01", &["equals-for-empty"]),
    ("client/mechanisms/scram-signature", Fail, "5802-5-03", &["no-proof"]),
    ("client/mechanisms/scram-nonce", Fail, "5802-5.1-06", &["any-nonce"]),
    ("client/mechanisms/scram-attributes", Fail, "5802-5.1-04", &["any-nonce"]),
    ("client/mechanisms/scram-attributes", Fail, "5802-5.1-05", &["optional-matters"]),
    ("client/mechanisms/scram-cost", Deviation, "5802-9-01", &["takes-any-count"]),
    ("client/mechanisms/scram-cost", Fail, "5802-9-01", &["busy"]),
    ("client/mechanisms/scram-names", Fail, "5802-5.1-02", &["bare-comma"]),
    ("client/mechanisms/scram-binding", Fail, "9266-2-01", &["binds-wrongly"]),
    ("client/mechanisms/scram-binding", Fail, "5802-6-02", &["never-binds"]),
    ("client/mechanisms/external", Deviation, "2595-4-08", &["hides-certificate"]),
    ("client/mechanisms/external", Fail, "8314-5.5-02", &["certificate-is-enough"]),
    ("client/mechanisms/anonymous", Deviation, "4505-5-02", &["traces-address"]),
    ("client/mechanisms/bearer-clear", Fail, "7628-3-01", &["token-in-clear"]),
    ("client/mechanisms/bearer", Fail, "7628-3-02", &["long-lines"]),
    ("client/mechanisms/bearer-refused", Fail, "7628-3.2.3-01", &["token-again"]),
    ("client/mechanisms/xoauth2", Fail, "0-xoauth2-03", &["long-lines"]),
    ("client/mechanisms/xoauth2-refused", Fail, "0-xoauth2-02", &["token-again"]),
    ("client/tls/stripped", Fail, "8314-5.2-02", &["goes-on-in-clear"]),
    ("client/tls/refused", Fail, "2595-4-17", &["ignores-stls-refusal"]),
    ("client/tls/injection", Fail, "2595-4-14", &["keeps-clear-octets"]),
    ("client/tls/injection-half", Fail, "2595-4-14", &["keeps-clear-octets"]),
    ("client/tls/nothing-behind", Fail, "2595-4-06", &["beside-stls"]),
    ("client/tls/forgets", Fail, "4422-3.2-01", &["keeps-clear-list"]),
    ("client/tls/asks-again", Deviation, "2595-4-10", &["keeps-clear-list"]),
    ("client/tls/broken-handshake", Fail, "2595-4-18", &["falls-back"]),
    ("client/tls/certificate", Fail, "8314-3.1-03", &["any-certificate"]),
    ("client/tls/certificate-name", Fail, "7817-3-01", &["any-name"]),
    ("client/tls/certificate-name", Deviation, "7817-3-05", &["refuses-wildcards"]),
    ("client/tls/default", Deviation, "8314-5.2-01", &["clear-unasked", "never-encrypts"]),
    ("client/tls/implicit", Fail, "8997-3-01", &["old-tls"]),
    ("client/tls/closure", Deviation, "8314-3.4-01", &["no-alert"]),
    ("client/tls/cut-inside", Fail, "1939-3-16", &["keeps-cut", "tells-success"]),
    ("client/tls/cut-inside", Deviation, "1939-3-16", &["keeps-cut"]),
    ("client/tls/not-behind-utf8", Fail, "6856-2.1-10", &["uidl-first-utf8", "stls-late"]),
    ("client/listing/any-order", Fail, "1939-5-13", &["by-position"]),
    ("client/listing/text-behind", Fail, "1939-5-05", &["no-text-behind"]),
    ("client/listing/large-numbers", Fail, "1939-4-13", &["wraps"]),
    ("client/listing/empty", Fail, "1939-3-16", &["hangs-at-empty"]),
    ("client/listing/figures-in-text", Fail, "1939-9-01", &["figures-count"]),
    ("client/listing/odd-lines", Fail, "1939-3-16", &["odd-crashes"]),
    ("client/listing/odd-lines", Deviation, "1939-3-16", &["odd-gives-up"]),
    ("client/listing/endless", Deviation, "1939-3-16", &["patient"]),
    (
        "client/listing/answered-by-list",
        Fail,
        "2449-6.6-02",
        &["lists-each", "any-line-is-ok", "tells-success"],
    ),
    ("client/uidl/odd-ids", Fail, "1939-7-15", &["ids-in-small", "one-per-id"]),
    ("client/uidl/same-id", Deviation, "1939-7-14", &["one-per-id"]),
    ("client/uidl/long-and-empty", Fail, "1939-7-15", &["long-id-crashes"]),
    ("client/uidl/long-and-empty", Note, "1939-7-15", &["long-id-gives-up"]),
    ("client/uidl/numbers-change", Fail, "1939-7-15", &["by-position"]),
    ("client/uidl/refused", Fail, "1939-3-22", &["uidl-or-nothing", "tells-success"]),
    ("client/uidl/refused", Deviation, "1939-3-22", &["uidl-or-nothing", "tells-nothing"]),
    ("client/uidl/refused", Fail, "1939-3-22", &["forgets-at-refusal"]),
    ("client/bodies/exact", Fail, "1939-3-15", &["keeps-dots"]),
    ("client/bodies/exact", Deviation, "1939-3-16", &["drops-nul"]),
    ("client/bodies/unstuffing", Fail, "1939-3-15", &["keeps-dots"]),
    ("client/bodies/near-ends", Fail, "1939-3-17", &["lf-ends"]),
    ("client/bodies/first-dot", Fail, "1939-3-16", &["hangs-at-dot"]),
    ("client/bodies/wrong-size", Fail, "1939-5-17", &["counts-octets"]),
    ("client/bodies/long-lines", Fail, "2449-4-06", &["short-body-lines"]),
    ("client/bodies/long-lines", Deviation, "2449-4-06", &["folds"]),
    ("client/bodies/octets", Fail, "1939-3-16", &["cuts-at-nul", "seven-bit"]),
    ("client/bodies/octets", Deviation, "1939-3-16", &["drops-nul"]),
    ("client/bodies/words-of-the-protocol", Fail, "1939-3-16", &["ends-at-words"]),
    ("client/bodies/nothing", Fail, "1939-3-16", &["hangs-at-nothing"]),
    ("client/bodies/no-end", Fail, "1939-3-16", &["keeps-cut", "tells-success"]),
    ("client/bodies/no-end", Deviation, "1939-3-16", &["keeps-cut"]),
    ("client/download/deletes-by-dele", Fail, "1939-8-01", &["resets-marks"]),
    ("client/download/keeps", Fail, "1939-8-01", &["always-deletes"]),
    ("client/download/stored-first", Fail, "1939-8-01", &["stores-nothing"]),
    ("client/download/stored-first", Deviation, "1939-8-01", &["stores-late"]),
    ("client/download/store-fails", Fail, "1939-8-01", &["ignores-store"]),
    ("client/download/refused-message", Fail, "1939-9-01", &["refused-is-fetched"]),
    ("client/download/refused-message", Deviation, "1939-3-22", &["gives-up-at-refusal"]),
    ("client/download/cut-in-body", Fail, "1939-3-16", &["keeps-cut"]),
    ("client/download/cut-behind-dele", Fail, "1939-6-08", &["forgets-marks"]),
    ("client/download/quit-refused", Fail, "1939-6-08", &["forgets-marks"]),
    ("client/download/quit-silent", Deviation, "1939-6-08", &["fetches-known"]),
    ("client/download/dele-refused", Deviation, "1939-9-01", &["fetches-known"]),
    ("client/download/resets", Fail, "1939-6-08", &["resets-marks"]),
    ("client/pipelining/only-announced", Fail, "2449-6.6-03", &["pipelines-always"]),
    ("client/pipelining/by-order", Fail, "2449-6.6-02", &["err-is-ok"]),
    ("client/pipelining/never-behind-login", Fail, "2449-6.6-06", &["beside-stls"]),
    ("client/pipelining/no-deadlock", Fail, "2449-6.6-04", &["waits-to-read"]),
    ("client/pipelining/in-order", Fail, "2449-6.6-02", &["keeps-cut"]),
    ("client/codes/unknown", Fail, "2449-8-05", &["codes-matter"]),
    ("client/codes/shown", Note, "2449-8-02", &[]),
    ("client/codes/without-announcement", Fail, "2449-6.4-02", &["brackets-crash"]),
    ("client/utf8/names", Fail, "6856-2.2-03", &["eight-bit"]),
    ("client/utf8/apop-prepared", Fail, "6856-2.2-06", &["apop-plain"]),
    ("client/utf8/apop-prepared", Deviation, "6856-2.2-06", &["apop-wrong"]),
    ("client/utf8/sasl-names", Fail, "6856-2.2-09", &["latin-1"]),
    ("client/utf8/mode", Fail, "6856-2.1-12", &["uidl-first-utf8", "utf8-breaks"]),
    ("client/utf8/range", Fail, "6856-3.2-07", &["bad-range"]),
    ("client/url/mechanism", Deviation, "2384-4-02", &["other-ways"]),
    ("client/url/mechanism", Fail, "2384-4-01", &["any-wants-words"]),
    ("client/url/octets", Fail, "2384-4-04", &["decodes-twice"]),
    ("client/url/octets", Fail, "2384-6-01", &["latin-1-names"]),
    ("client/url/octets", Fail, "2384-3-01", &["injects", "any-secret"]),
    ("client/url/missing-user", Fail, "2384-4-03", &["guesses-names"]),
    ("client/url/missing-user", Fail, "2384-5-01", &["guesses-names", "relative-urls"]),
    ("client/cuts/one-octet", Fail, "1939-3-16", &["segments-matter"]),
    ("client/cuts/last-dot-alone", Fail, "1939-3-16", &["segments-matter"]),
    ("client/cuts/resets", Deviation, "1939-6-08", &["fetches-known"]),
    ("client/cuts/silence", Deviation, "1939-6-08", &["waits-for-ever"]),
    ("client/cuts/bye", Fail, "1939-3-23", &["bye-crashes"]),
];
