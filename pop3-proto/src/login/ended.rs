//! What it means if the connection ends, or if the server is silent. Some servers do so after CAPA, some after
//! a wrong password, some after a mechanism that they list.

use super::failure::{Failure, Reason, Retry, Step};
use super::method::{Method, Methods};
use super::planner::{Login, Stage};
use super::policy::Tls;
use crate::client::{ProtocolError, RefusalKind};
use crate::sasl::Why;
use crate::sasl::client::Engine;

impl<M: AsRef<[u8]> + AsMut<[u8]>, E: Engine> Login<'_, M, E> {
    /// Call it instead of [`handle_event`](Self::handle_event) when a read returns no bytes.
    pub fn end_of_input(&mut self) -> Failure {
        self.ended(Self::closed)
    }

    /// Call it instead of [`handle_event`](Self::handle_event) when the server has said nothing for longer
    /// than you wait. Close the connection then. [`Failure::retry`] says whether to connect once more.
    pub fn timed_out(&mut self) -> Failure {
        self.ended(Self::silent)
    }

    /// Call it instead of [`handle_event`](Self::handle_event) when
    /// [`Client::receive`](crate::client::Client::receive) fails. Close the connection then. [`Failure::retry`]
    /// says whether to connect once more: an invalid answer to CAPA is no reason to give up.
    pub fn protocol_error(&mut self, error: ProtocolError) -> Failure {
        self.ended(|login| {
            let failure = Failure::new(RefusalKind::Permanent, Reason::Protocol(error)).at(login.step());
            if error == ProtocolError::Status && login.unanswered {
                login.without_capa(failure)
            } else {
                failure
            }
        })
    }

    fn ended(&mut self, judge: impl FnOnce(&mut Self) -> Failure) -> Failure {
        let failure = match self.stage {
            Stage::Failed(failure) => failure,
            _ => judge(self),
        };
        self.stage = Stage::Failed(failure);
        failure
    }

    fn closed(&mut self) -> Failure {
        let lost = Failure::new(RefusalKind::Later, Reason::Closed).at(self.step());
        match (self.stage, self.last) {
            (Stage::Capa | Stage::CapaAgain, _) if self.unanswered => self.without_capa(lost),
            (Stage::Stls, _) => self.without_stls(lost),
            // The server answered `-ERR` and closed the connection. It does not matter that the next method
            // had already been sent.
            (Stage::Method, Some(last)) => self.closed_after(last, self.spare),
            (_, Some(last)) if self.unanswered => self.closed_after(last, true),
            (Stage::Cancelled(method) | Stage::Cancel(method), _)
                if self.engine(method).fault().is_some() =>
            {
                let why = self.engine(method).fault().unwrap_or(Why::Memory);
                Failure::new(RefusalKind::Caller, Reason::Unusable(method, why))
            }
            (Stage::Cancelled(method) | Stage::Cancel(method), _) if method.proves_the_server() => {
                self.unproved(method)
            }
            // The password has not been sent yet, so nothing can be wrong with it.
            (Stage::User | Stage::SendPass, _) => {
                Failure::new(RefusalKind::Later, Reason::ClosedDuring(Method::User))
            }
            (
                Stage::Answer(method)
                | Stage::Auth(method)
                | Stage::Respond(method)
                | Stage::Cancelled(method),
                _,
            ) => self.closed_at(method),
            _ => lost,
        }
    }

    /// A list that begins and does not end is as bad as silence.
    fn silent(&mut self) -> Failure {
        let lost = Failure::new(RefusalKind::Later, Reason::Silent).at(self.step());
        match self.stage {
            Stage::Capa | Stage::CapaAgain => self.without_capa(lost),
            Stage::Stls => self.without_stls(lost),
            Stage::User | Stage::SendPass => {
                Failure::new(RefusalKind::Later, Reason::SilentDuring(Method::User))
            }
            Stage::Answer(method)
            | Stage::Auth(method)
            | Stage::Respond(method)
            | Stage::Cancel(method)
            | Stage::Cancelled(method) => {
                let failure = Failure::new(RefusalKind::Later, Reason::SilentDuring(method));
                // Once it has seen something, it may be slow because it does not like it.
                if self.shown && !self.one_line { failure } else { self.next_time(method, failure) }
            }
            _ => lost,
        }
    }

    const fn step(&self) -> Step {
        match self.stage {
            Stage::Greeting => Step::Greeting,
            Stage::AskCapa | Stage::Capa | Stage::Choose => Step::Capa,
            Stage::Stls => Step::Stls,
            Stage::Handover => Step::Handshake,
            Stage::GoOnInClear | Stage::Utf8 => Step::Utf8,
            Stage::CapaAgain => Step::CapaAfterLogin,
            _ => Step::Method,
        }
    }

    fn without_capa(&mut self, failure: Failure) -> Failure {
        match self.stage {
            Stage::Capa => self.learned_mut().no_capa = true,
            Stage::CapaAgain => self.learned_mut().no_capa_after = true,
            _ => return failure,
        }
        failure.then(Retry::WithoutCapa)
    }

    fn without_stls(&mut self, failure: Failure) -> Failure {
        if self.policy.tls != Tls::IfOffered {
            return failure;
        }
        self.notes.no_stls = true;
        failure.then(Retry::WithoutStls)
    }

    /// The server closed the connection at this method, without a word about it.
    fn closed_at(&mut self, method: Method) -> Failure {
        let kind = if self.shown { RefusalKind::Credentials } else { RefusalKind::Later };
        let failure = Failure::new(kind, Reason::ClosedDuring(method));
        // Many servers close at a wrong password.
        if self.shown && method.shows_the_password() { failure } else { self.next_time(method, failure) }
    }

    /// What to do on the next connection, after the server has said nothing about this method. Somebody on the
    /// way can cause that too.
    fn next_time(&mut self, method: Method, failure: Failure) -> Failure {
        // The server has not proved itself, perhaps because it does not know the password. So the next
        // attempt must not fall back to a method that shows it.
        let unproved = method.proves_the_server() && !self.unanswered;
        if unproved || self.has_refused_the_password() {
            failure
        } else if self.unanswered && self.one_line && method != Method::Own {
            self.without_initial_response(failure)
        } else if self.spare_after_hang_up {
            self.note_refused();
            self.learned_mut().hung_up.insert(method);
            failure.then(Retry::NextMethod)
        } else {
            failure
        }
    }

    /// The server closed the connection after it had refused a method.
    fn closed_after(&mut self, failure: Failure, spare: bool) -> Failure {
        if self.again {
            return self.without_initial_response(failure);
        }
        let before = self.learned().failed;
        self.note_refused();
        let next = spare && !self.has_refused_the_password() && self.learned().failed != before;
        if next { failure.then(Retry::NextMethod) } else { failure }
    }

    fn without_initial_response(&mut self, failure: Failure) -> Failure {
        self.note_refused();
        self.learned_mut().two_step = true;
        failure.then(Retry::WithoutInitialResponse)
    }

    /// On a new connection, the methods that were refused on this one are left out, except those that show
    /// the password.
    fn note_refused(&mut self) {
        let hidden = self.refused.iter().filter(|method| !method.shows_the_password());
        self.learned_mut().failed = hidden.fold(self.learned().failed, Methods::with);
    }

    /// Whether the server has seen the password itself and refused it. There is then no use in sending it in
    /// another way.
    fn has_refused_the_password(&self) -> bool {
        self.refused.iter().any(|method| method.shows_the_password() && self.showed.contains(method))
    }
}
