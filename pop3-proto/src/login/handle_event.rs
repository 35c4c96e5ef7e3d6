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
            // Nobody has named a maildrop yet, so "busy" is the server.
            None | Some(RefusalKind::Busy) => RefusalKind::Later,
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
            Stage::Cancelled(method) => return not_proved(method),
            stage => return stage,
        };
        let challenge = match challenge {
            Some(challenge) => challenge,
            None if !self.spoke && self.engine(method).initial().is_some() => Base64::EMPTY,
            None => return Stage::Cancel(method),
        };
        self.spoke = true;
        match self.engine_mut(method).step(challenge) {
            Step::Respond(_) => Stage::Respond(method),
            Step::Cancel => Stage::Cancel(method),
        }
    }

    fn answered(&mut self) -> Stage {
        match self.stage {
            Stage::Capa(_) => Stage::Choose,
            Stage::Stls => Stage::Handover,
            Stage::Utf8 => Stage::Method,
            Stage::User => Stage::SendPass,
            Stage::Answer(method) => Stage::LoggedIn(method),
            Stage::Auth(method) if self.engine(method).is_proved() => Stage::LoggedIn(method),
            Stage::Auth(method) | Stage::Cancelled(method) => not_proved(method),
            Stage::CapaAgain => Stage::In,
            stage => stage,
        }
    }

    fn refused(&mut self, refusal: &Refusal<'_>) -> Stage {
        match self.stage {
            Stage::Capa(_) => Stage::Choose,
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
            Stage::Cancelled(method) if method.proves_the_server() => not_proved(method),
            Stage::Cancelled(method) => self.next_after(method, RefusalKind::Policy),
            stage => stage,
        }
    }

    /// Decides what follows a refusal. A reason given by response code is trusted. Without a reason, or with
    /// one in words only, the mechanism itself may be the problem.
    fn method_refused(&mut self, method: Method, refusal: &Refusal<'_>) -> Stage {
        self.keep_words(refusal.text);
        let refused = |kind| Stage::Failed(Failure::new(kind, Reason::Refused(method)));
        // The password was right, or the token was checked, so no other method would succeed. And if a server
        // refuses a binding, the client must not tell it next that there is none (RFC 5802 section 6).
        if method != Method::Own && method.proves_the_server() && self.exchange.is_proved() {
            return refused(RefusalKind::classify(refusal).unwrap_or(RefusalKind::Later));
        }
        if method.binds() && self.policy.allow_unbound {
            return self
                .next_after(method, RefusalKind::classify(refusal).unwrap_or(RefusalKind::Credentials));
        }
        if self.engine(method).refusal().is_some() || method.binds() {
            return refused(RefusalKind::classify(refusal).unwrap_or(RefusalKind::Credentials));
        }
        match (RefusalKind::classify(refusal), refusal.known_code()) {
            // The password itself was sent and the server calls it wrong, so sending it in another way does
            // not help.
            (Some(RefusalKind::Credentials), None) if method.shows_the_password() => {
                refused(RefusalKind::Credentials)
            }
            (None, _) | (Some(RefusalKind::Credentials), None) => {
                self.next_after(method, RefusalKind::Credentials)
            }
            (Some(RefusalKind::Policy), _) => self.next_after(method, RefusalKind::Policy),
            (Some(kind), _) => refused(kind),
        }
    }

    fn next_after(&mut self, method: Method, kind: RefusalKind) -> Stage {
        self.tried = self.tried.with(method);
        self.refused = self.refused.with(method);
        // If the server called a password wrong, the user has to know that, whatever else went wrong later.
        let keeps = self.last.is_some_and(|last| last.kind == RefusalKind::Credentials && kind != last.kind);
        if !keeps {
            self.last = Some(Failure::new(kind, Reason::Refused(method)));
        }
        Stage::Method
    }
}

/// The server has not proved that it knows the password, so nothing more is sent to it, least of all the
/// password.
const fn not_proved(method: Method) -> Stage {
    Stage::Failed(Failure::new(RefusalKind::Policy, Reason::NotProved(method)))
}
