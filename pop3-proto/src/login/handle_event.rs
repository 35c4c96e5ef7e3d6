//! What comes in: every event moves the plan on, none of them writes anything.

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
    /// Takes an event of the session. It remembers what counts and keeps nothing that the event borrows.
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
        let kind = RefusalKind::classify(refusal).unwrap_or(RefusalKind::Later);
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

    /// `None` is a challenge that cannot be read: some servers greet in the first one.
    fn challenged(&mut self, challenge: Option<Base64<'_>>) -> Stage {
        let method = match self.stage {
            Stage::Auth(method) => method,
            // It was told that the exchange is over.
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

    /// Where the server says why, it is believed; where it does not, or in words only, the mechanism itself may be the fault.
    fn method_refused(&mut self, method: Method, refusal: &Refusal<'_>) -> Stage {
        self.keep_words(refusal.text);
        let refused = |kind| Stage::Failed(Failure::new(kind, Reason::Refused(method)));
        // The password was right, or the token was looked at: no other way makes it better. And whoever refuses a binding is not
        // told next that there is none (RFC 5802 section 6).
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
            // Where the password was shown and called wrong, another way to show it makes it no better.
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
        // A password that was called wrong is what the user has to know, whatever else went wrong after it.
        let keeps = self.last.is_some_and(|last| last.kind == RefusalKind::Credentials && kind != last.kind);
        if !keeps {
            self.last = Some(Failure::new(kind, Reason::Refused(method)));
        }
        Stage::Method
    }
}

/// Nothing more is said to somebody who does not know the password, least of all the password.
const fn not_proved(method: Method) -> Stage {
    Stage::Failed(Failure::new(RefusalKind::Policy, Reason::NotProved(method)))
}
