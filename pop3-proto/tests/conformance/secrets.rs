//! No secret stands in anything that a run tells, neither as it is nor in another form.

use std::cell::RefCell;
use std::rc::Rc;

use base64ct::{Base64, Encoding as _};
use md5::{Digest as _, Md5};
use pop3_proto::conformance::{Dialogue, Outcome, Referee, Setup, Survey, Who, drive};
use pop3_proto::server::MechanismList;
use pop3_proto::{ApopDigest, Mechanism, Time};

use crate::honest::{Honest, PASSWORD, PREP_PASSWORD, TOKEN, config};
use crate::judge::{run, server_probes, setup};
use crate::twin::{Happens, Twin};

/// What must not be told, as it is.
fn secrets() -> Vec<Vec<u8>> {
    let prepared = pop3_proto::sasl::prepare(PREP_PASSWORD).unwrap();
    [PASSWORD, PREP_PASSWORD, &prepared, TOKEN].map(|secret| secret.as_bytes().to_vec()).into()
}

fn holds(octets: &[u8], secret: &[u8]) -> bool {
    let folded = |octets: &[u8]| octets.to_ascii_lowercase();
    memchr::memmem::find(&folded(octets), &folded(secret)).is_some()
}

/// Secrets in the octets themselves, in what they are the base64 of, and in each word of a line.
fn look(octets: &[u8], place: &str) {
    let words = octets.split(|octet| !octet.is_ascii_alphanumeric() && !b"+/=".contains(octet));
    let decoded = words.filter_map(|word| {
        let word = std::str::from_utf8(word).ok()?;
        // Broken base64, too.
        let fours = &word.trim_end_matches('=')[..word.trim_end_matches('=').len() / 4 * 4];
        Base64::decode_vec(word).or_else(|_| Base64::decode_vec(fours)).ok()
    });
    for text in decoded.chain([octets.to_vec()]) {
        for secret in secrets() {
            let shown = String::from_utf8_lossy(octets);
            assert!(!holds(&text, &secret), "{place}: {:?} in {shown:?}", String::from_utf8_lossy(&secret));
        }
    }
}

/// Digests of the secrets over what the server said in this dialogue: APOP's over each timestamp, and CRAM-MD5's
/// over each challenge.
fn digests(dialogue: &Dialogue) -> Vec<String> {
    let mut digests = Vec::new();
    for said in dialogue.entries().iter().filter(|said| said.who == Who::Server) {
        let text = String::from_utf8_lossy(&said.octets).into_owned();
        let stamp = text.find('<').zip(text.find('>')).filter(|(from, to)| from < to);
        for secret in secrets() {
            if let Some((from, to)) = stamp {
                let digest = Md5::new_with_prefix(&text[from..=to]).chain_update(&secret).finalize();
                digests.push(String::from_utf8(ApopDigest::new(digest.into()).to_hex().to_vec()).unwrap());
            }
            let challenge = text.strip_prefix("+ ").and_then(|rest| Base64::decode_vec(rest.trim_end()).ok());
            if let Some(challenge) = challenge {
                digests.push(cram(&secret, &challenge));
            }
        }
    }
    digests
}

fn cram(secret: &[u8], challenge: &[u8]) -> String {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let mut mac = Hmac::<Md5>::new_from_slice(secret).unwrap();
    mac.update(challenge);
    mac.finalize().into_bytes().iter().map(|octet| format!("{octet:02x}")).collect()
}

fn look_into(dialogue: &Dialogue, place: &str) {
    let digests = digests(dialogue);
    for said in dialogue.entries() {
        look(&said.octets, place);
        let decoded = said
            .octets
            .split(|octet| b" \r\n".contains(octet))
            .filter_map(|word| Base64::decode_vec(std::str::from_utf8(word).ok()?).ok());
        for text in decoded.chain([said.octets.clone()]) {
            for digest in &digests {
                assert!(!holds(&text, digest.as_bytes()), "{place}: a digest in {said:?}");
            }
        }
    }
    // Nor in the form for developers, where octets are numbers.
    let debug = format!("{dialogue:?}");
    for secret in secrets() {
        let numbers = format!("{secret:?}");
        assert!(!debug.contains(numbers.trim_matches(|c| "[]".contains(c))), "{place}: in numbers");
    }
}

fn look_at(outcome: &Outcome) {
    for dialogue in [Some(&outcome.dialogue), outcome.unconfirmed.as_ref()].into_iter().flatten() {
        look_into(dialogue, outcome.probe);
    }
    for judgement in &outcome.judgements {
        look(judgement.words.as_bytes(), outcome.probe);
    }
    for remark in &outcome.remarks.found {
        look(remark.words.as_bytes(), outcome.probe);
    }
}

/// A server that says back what it was sent.
fn echoing() -> Twin {
    Twin::new(|scene, happens| match happens {
        Happens::Line(line) => {
            let answer = scene.truth(line);
            if answer.starts_with(b"-ERR") {
                scene.say([b"-ERR ", line].concat());
            } else {
                scene.say(answer);
            }
        }
        other => scene.honestly(&other),
    })
}

#[test]
fn no_secret_is_told() {
    let setup = Rc::new(setup());
    let mut survey = Survey::new(&setup);
    drive(|now, seen| survey.next(now, seen), &mut Honest::new(config()), &mut Time::default());
    look_into(survey.dialogue(), "the survey");
    let facts = Rc::new(survey.into_facts().unwrap());
    let mut referee = Referee::default();
    let all = server_probes();
    for probe in all.iter().filter(|probe| !probe.is_referee()) {
        look_at(&run(probe, &setup, &facts, &mut Honest::new(config())));
        let outcome = run(probe, &setup, &facts, &mut echoing());
        look_at(&outcome);
        referee.hear(outcome.probe, &outcome.remarks);
    }
    for probe in all.iter().filter(|probe| probe.is_referee()) {
        look_at(&referee.outcome(probe));
    }
    look(format!("{setup:?} {facts:?}").as_bytes(), "setup and facts");
}

/// A server without TLS that takes all mechanisms, first or alone LOGIN. It keeps what clients say.
fn listening(mechanisms: MechanismList, heard: &Rc<RefCell<Vec<u8>>>) -> Twin {
    let mut config = config();
    (config.stls, config.mechanisms) = (false, mechanisms);
    let heard = heard.clone();
    Twin::of(Honest::new(config), move |scene, happens| {
        if let Happens::Line(line) = happens {
            heard.borrow_mut().extend(line);
        }
        scene.honestly(&happens);
    })
}

#[test]
fn without_leave_no_password_goes_out_in_clear() {
    let setup = Setup { clear_passwords: false, tls: false, stls: false, ..setup() };
    let setup = Rc::new(setup);
    for mechanisms in [config().mechanisms, [Mechanism::LOGIN].into_iter().collect()] {
        let heard = Rc::default();
        let make = || listening(mechanisms, &heard);
        let mut survey = Survey::new(&setup);
        drive(|now, seen| survey.next(now, seen), &mut make(), &mut Time::default());
        look(&heard.take(), "the survey");
        let Ok(facts) = survey.into_facts() else { continue };
        let facts = Rc::new(facts);
        for probe in server_probes().iter().filter(|probe| !probe.is_referee()) {
            run(probe, &setup, &facts, &mut make());
            look(&heard.take(), probe.id());
        }
    }
}
