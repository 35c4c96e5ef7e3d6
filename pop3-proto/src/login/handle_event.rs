//! `Login::handle_event`: every event moves the login on. Nothing is sent here.

use super::advance::unusable;
use super::failure::{Failure, Reason};
use super::method::Method;
use super::planner::{Login, Stage};
use super::policy::Tls;
use crate::base64::Base64;
use crate::client::RefusalKind;
use crate::client::{Event, Part, Refusal};
use crate::sasl::client::{Engine, Step};
use crate::types::{Capability, Greeting};

impl<M: AsRef<[u8]> + AsMut<[u8]>, E: Engine> Login<'_, M, E> {
    /// Takes an event of the session. It remembers what matters and keeps nothing that the event borrows.
    pub fn handle_event(&mut self, event: &Event<'_>) {
        self.unanswered &= !matches!(event, Event::Reply { .. });
        self.stage = match *event {
            Event::Greeting(greeting) => self.greeted(&greeting),
            Event::Refused(refusal) => self.unwelcome(&refusal),
            Event::Reply { part: Part::Begin(_), .. } => {
                self.own.iter_mut().for_each(|own| own.announced = false);
                self.stage
            }
            Event::Reply { part: Part::Capability(Capability::Sasl(names)), .. } => {
                self.own.iter_mut().for_each(|own| own.announced |= names.contains(own.mechanism.name));
                self.stage
            }
            Event::Reply { part: Part::Challenge(challenge), .. } => self.challenged(Some(challenge)),
            Event::Reply { part: Part::BadChallenge(_), .. } => self.challenged(None),
            Event::Reply { part: Part::Ok(_) | Part::End, .. } => self.answered(),
            Event::Reply { part: Part::Err(refusal), .. } => self.refused(&refusal),
            Event::Closed if !matches!(self.stage, Stage::Failed(_) | Stage::Handover) => {
                Stage::Failed(self.end_of_input())
            }
            _ => self.stage,
        };
    }

    fn unwelcome(&mut self, refusal: &Refusal<'_>) -> Stage {
        self.keep_words(refusal.text);
        let kind = match RefusalKind::classify(refusal) {
            // Nobody has named a maildrop or shown a password yet, so it is the server.
            None | Some(RefusalKind::Busy | RefusalKind::Credentials) => RefusalKind::Later,
            Some(kind) => kind,
        };
        Stage::Failed(Failure::new(kind, Reason::Greeting))
    }

    fn greeted(&mut self, greeting: &Greeting<'_>) -> Stage {
        #[cfg(not(feature = "apop"))]
        let _ = greeting;
        #[cfg(feature = "apop")]
        {
            let wanted = self.policy.methods.contains(Method::Apop);
            let password = self.credentials.password.filter(|_| wanted);
            self.digest = greeting.timestamp.and_then(|stamp| crate::types::ApopDigest::of(stamp, password?));
        }
        Stage::AskCapa
    }

    /// Takes a challenge. `None` is one that cannot be read: some servers send a greeting in the first one.
    fn challenged(&mut self, challenge: Option<Base64<'_>>) -> Stage {
        let method = match self.stage {
            Stage::Auth(method) => method,
            // The server was told that the exchange is over.
            Stage::Cancelled(method) => return Stage::Failed(self.unproved(method)),
            stage => return stage,
        };
        self.again = false;
        let is_first = !core::mem::replace(&mut self.heard, true);
        let asks = is_first && self.engine(method).initial().is_some();
        // Words after a first message that was in the AUTH line may ask for it, or refuse it.
        self.prompted = asks && self.one_line && challenge.is_none();
        let challenge = match challenge {
            Some(challenge) => challenge,
            None if asks && !self.one_line => Base64::EMPTY,
            None => return Stage::Cancel(method),
        };
        let overlooked = asks && self.one_line && challenge.as_bytes().is_empty();
        if method != Method::Own && (overlooked || self.two_step.contains(method)) {
            self.learned_mut().two_step = true;
        }
        match self.engine_mut(method).step(challenge) {
            Step::Respond(_) => {
                self.note_shown(method);
                Stage::Respond(method)
            }
            Step::Cancel => Stage::Cancel(method),
        }
    }

    fn answered(&mut self) -> Stage {
        match self.stage {
            Stage::Capa => Stage::Choose,
            Stage::Stls => Stage::Handover,
            Stage::Utf8 => Stage::Method,
            Stage::User => Stage::SendPass,
            Stage::Answer(method) => Stage::LoggedIn(method),
            Stage::Auth(method) if self.engine(method).is_proved() => Stage::LoggedIn(method),
            Stage::Auth(method) | Stage::Cancelled(method) => Stage::Failed(self.unproved(method)),
            Stage::CapaAgain => Stage::In,
            stage => stage,
        }
    }

    fn refused(&mut self, refusal: &Refusal<'_>) -> Stage {
        match self.stage {
            Stage::Capa => Stage::Choose,
            Stage::CapaAgain => Stage::In,
            Stage::Utf8 => Stage::Method,
            Stage::Stls if self.policy.tls == Tls::Required => {
                self.keep_words(refusal.text);
                let kind = RefusalKind::classify(refusal).filter(|kind| *kind != RefusalKind::Credentials);
                let kind = kind.unwrap_or(RefusalKind::Policy);
                Stage::Failed(Failure::new(kind, Reason::StlsRefused))
            }
            Stage::Stls => Stage::GoOnInClear,
            Stage::User => self.method_refused(Method::User, refusal),
            Stage::Answer(method) | Stage::Auth(method) => self.method_refused(method, refusal),
            Stage::Cancelled(method) if self.engine(method).fault().is_some() => {
                self.engine(method).fault().map_or(self.stage, |why| unusable(method, why))
            }
            Stage::Cancelled(method) if method.proves_the_server() => Stage::Failed(self.unproved(method)),
            Stage::Cancelled(method) if self.prompted => {
                self.in_two_steps(method, RefusalKind::Policy, refusal)
            }
            Stage::Cancelled(method) => self.next_after(method, RefusalKind::Policy, refusal),
            stage => stage,
        }
    }

    /// The server has not proved that it knows the password, so nothing more is sent to it, least of all the
    /// password.
    pub(super) fn unproved(&self, method: Method) -> Failure {
        let limits = self.exchange.out_of_limits().filter(|_| method != Method::Own);
        let reason = limits.map_or(Reason::NotProved(method), |what| Reason::OutOfLimits(method, what));
        Failure::new(RefusalKind::Policy, reason)
    }
}
