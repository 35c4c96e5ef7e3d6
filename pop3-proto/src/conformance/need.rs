//! [`Need`]: what has to be there for a probe, and whether it is.

use alloc::format;
use alloc::string::{String, ToString as _};
use core::time::Duration;

use super::facts::Facts;
use super::setup::Setup;
use super::subject::Subject;
use super::task::Wish;
use super::verdict::Verdict;

/// Something that a probe needs; the catalogue says what each word means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need(pub &'static str);

impl Need {
    /// `None` if it is there. Otherwise the verdict without it, and what is missing.
    #[must_use]
    pub fn missing(self, setup: &Setup, facts: &Facts) -> Option<(Verdict, String)> {
        let leave = &setup.leave;
        let (word, value) = self.0.split_once(':').unwrap_or((self.0, ""));
        let count = || value.parse::<u32>().unwrap_or(0);
        let has_list = facts.clear.is_some() || facts.secured.is_some();
        let not_applicable = |there: bool, what: String| (!there).then_some((Verdict::NotApplicable, what));
        let not_run = |there: bool, what: &str| (!there).then(|| (Verdict::NotRun, what.to_string()));
        match word {
            "clear" => not_run(setup.clear, "no port that starts in clear"),
            "tls" => not_run(facts.tls, "no port that starts with TLS"),
            "tls-port" => not_run(setup.tls, "no port that starts with TLS is given"),
            "stls" => not_applicable(facts.stls, "STLS is not offered".into()),
            "stls-or-tls" => not_run(facts.stls || facts.tls, "no TLS"),
            "capa" => not_applicable(has_list, "CAPA is not known".into()),
            "cap" if value == "UTF8-USER" => {
                let user = |p: &String| p.eq_ignore_ascii_case("USER");
                let there = facts.lists().any(|l| l.parameters("UTF8").is_some_and(|p| p.iter().any(user)));
                not_applicable(there, "UTF8 USER is not announced".into())
            }
            "cap" => not_applicable(facts.announces(value), format!("{value} is not announced")),
            "cap-or-try" => {
                let works = if value == "TOP" { facts.top == Some(true) } else { facts.uidl };
                not_applicable(works || facts.announces(value), format!("{value} does not work"))
            }
            "account" => not_run(facts.way().is_some(), "no account that can log in"),
            "empty-account" => not_run(setup.empty_account.is_some(), "no account with an empty maildrop"),
            "address-account" => not_run(setup.address_account.is_some(), "no account named by an address"),
            "spaced-account" => {
                not_run(setup.spaced_account.is_some(), "no account with a space in its name")
            }
            "prep-account" => not_run(setup.prep_account.is_some(), "no account with a prepared password"),
            "cert" => not_run(setup.certificate, "no client certificate"),
            "certificate-check" => not_run(setup.check_certificate, "the certificate is not to be judged"),
            "mail" => {
                let there = facts.messages.len() >= count() as usize;
                not_run(there, &format!("fewer than {value} messages"))
            }
            "corpus" => {
                let there = facts.number(value).is_some();
                not_run(there, &format!("the message {value} is not in the maildrop"))
            }
            "own" if !leave.delete => not_run(false, "no leave to remove own messages"),
            "own" if value == "all" => not_run(leave.only_corpus, "other mail is in the maildrop"),
            "own" => {
                let spares = facts.corpus.iter().filter(|(name, _)| name.starts_with("spare-")).count();
                not_run(spares >= count() as usize, "no message of the kit that may be removed")
            }
            "delete" => not_run(leave.delete, "no leave to send DELE"),
            "deliver" => not_run(setup.deliver, "no way to deliver"),
            "apop" => not_applicable(facts.timestamp.is_some(), "no timestamp in the greeting".into()),
            "mech" if value == "SCRAM" => {
                let there = ["SCRAM-SHA-1", "SCRAM-SHA-256"].iter().any(|name| facts.offers(name));
                not_applicable(there, "SCRAM is not offered".into())
            }
            "mech" if value == "SCRAM-PLUS" => {
                let there = ["SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"].iter().any(|name| facts.offers(name));
                not_applicable(there, "SCRAM with channel binding is not offered".into())
            }
            "mech" => not_applicable(facts.offers(value), format!("{value} is not offered")),
            "token" => not_run(setup.token.is_some(), "no access token"),
            "odd" => not_run(leave.odd, "no leave for malformed commands"),
            "bad-login" => not_run(leave.bad_logins >= count(), "no leave for failed logins"),
            "flood" => not_run(leave.flood, "no leave for masses of octets"),
            "time" => {
                let there = leave.slow >= Duration::from_secs(count().into());
                not_run(there, &format!("no leave to take {value} s"))
            }
            // Nothing has to be there for a second connection or session.
            "conn" | "relogin" => None,
            other => Some((Verdict::NotRun, format!("{other} is not known here"))),
        }
    }

    /// The same for a client under test.
    #[must_use]
    pub fn missing_of(self, subject: &Subject) -> Option<(Verdict, String)> {
        let (word, value) = self.0.split_once(':').unwrap_or((self.0, ""));
        let not_run = |there: bool, what: &str| (!there).then(|| (Verdict::NotRun, what.to_string()));
        let takes = |method: &str| {
            subject.methods.is_empty() || subject.methods.iter().any(|known| known.starts_with(method))
        };
        match word {
            "clear" => not_run(subject.can(Wish::Clear), "the client cannot be told to go without TLS"),
            "tls" => not_run(subject.can(Wish::Tls), "the client cannot be told to use TLS from the start"),
            "stls" => not_run(subject.can(Wish::Stls), "the client cannot be told to use STLS"),
            "stls-or-tls" => not_run(
                subject.can(Wish::Stls) || subject.can(Wish::Tls),
                "the client cannot be told to use TLS",
            ),
            "defaults" => not_run(subject.can(Wish::Unsaid), "the client cannot be told nothing about TLS"),
            "apop" => not_run(takes("APOP"), "the client cannot be told to use APOP"),
            "mech" if value == "any" => not_run(
                subject.methods.is_empty()
                    || subject.methods.iter().any(|known| known != "USER" && known != "APOP"),
                "the client has no mechanism of SASL",
            ),
            "mech" => {
                let value = value.trim_end_matches("-PLUS");
                not_run(takes(value), &format!("the client cannot be told to use {value}"))
            }
            // Made up in the first two tiers.
            "token" => None,
            "job" if value == "login" => not_run(!subject.jobs.is_empty(), "the client has no job"),
            "job" => {
                let there = subject.jobs.iter().any(|job| job.as_str() == value);
                not_run(there, &format!("the client cannot be told to {value}"))
            }
            "store" => not_run(subject.store.is_some(), "nobody can look into the store of the client"),
            "store-fails" => not_run(subject.store_fails, "the store of the client cannot be made to refuse"),
            "again" => not_run(subject.again, "what the client remembers cannot be kept"),
            "pipelines" => not_run(subject.pipelines, "the client does not pipeline"),
            "odd-secrets" => {
                not_run(subject.odd_secrets, "the settings of the client do not take any octets")
            }
            "flood" => not_run(subject.flood, "no leave for masses of octets"),
            "time" => {
                let there = subject.slow >= Duration::from_secs(value.parse().unwrap_or(0));
                not_run(there, &format!("no leave to take {value} s"))
            }
            "url" => not_run(subject.urls, "the client takes no POP URL"),
            "cert" => {
                let external = subject.methods.iter().any(|method| method == "EXTERNAL");
                not_run(external, "the client cannot be told to use a certificate")
            }
            other => Some((Verdict::NotRun, format!("{other} is not known here"))),
        }
    }
}
