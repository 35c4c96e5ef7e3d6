//! What it means if the connection ends. Some servers close it after CAPA, some after a wrong password, some
//! after a mechanism that they list.

use super::failure::{Failure, Reason, Retry};
use super::method::{Method, Methods};
use super::planner::{Login, Stage};
use crate::client::RefusalKind;
use crate::sasl::Why;
use crate::sasl::client::Engine;
use crate::types::Security;

impl<M: AsRef<[u8]> + AsMut<[u8]>, E: Engine> Login<'_, M, E> {
    /// Call it instead of [`handle_event`](Self::handle_event) when a read returns no bytes.
    pub fn end_of_input(&mut self) -> Failure {
        let failure = match (self.stage, self.last) {
            (Stage::Failed(failure), _) => failure,
            (Stage::Capa(Security::Plain), _) if self.unanswered => {
                self.notes.no_capa_in_clear = true;
                without_capa()
            }
            (Stage::Capa(Security::Tls), _) if self.unanswered => {
                self.notes.no_capa_in_tls = true;
                without_capa()
            }
            (Stage::CapaAgain, _) if self.unanswered => {
                self.notes.no_capa_after = true;
                without_capa()
            }
            // The server answered `-ERR` and closed the connection. It does not matter that the next method
            // had already been sent.
            (Stage::Method, Some(last)) => self.hung_up(last, self.spare),
            (_, Some(last)) if self.unanswered => self.hung_up(last, true),
            (Stage::Cancelled(method) | Stage::Cancel(method), _)
                if self.engine(method).fault().is_some() =>
            {
                let why = self.engine(method).fault().unwrap_or(Why::Memory);
                Failure::new(RefusalKind::Caller, Reason::Unusable(method, why))
            }
            (Stage::Cancelled(method) | Stage::Cancel(method), _) if method.proves_the_server() => {
                Failure::new(RefusalKind::Policy, Reason::NotProved(method))
            }
            (Stage::User | Stage::SendPass, _) => {
                Failure::new(RefusalKind::Credentials, Reason::ClosedDuring(Method::User))
            }
            (
                Stage::Answer(method)
                | Stage::Auth(method)
                | Stage::Respond(method)
                | Stage::Cancelled(method),
                _,
            ) => {
                let failure = Failure::new(RefusalKind::Credentials, Reason::ClosedDuring(method));
                // The server has not proved itself, perhaps because it does not know the password. So the
                // next attempt must not fall back to a method that shows it.
                if method.proves_the_server() && !self.unanswered {
                    failure
                } else {
                    self.refused = self.refused.with(method);
                    self.hung_up(failure, self.spare)
                }
            }
            _ => Failure::new(RefusalKind::Later, Reason::Closed),
        };
        self.stage = Stage::Failed(failure);
        failure
    }

    /// On a new connection, the methods that were refused on this one are left out. If the password itself
    /// was sent, there is no use in sending it in another way.
    fn hung_up(&mut self, failure: Failure, spare: bool) -> Failure {
        let before = self.notes.failed;
        let hidden = self.refused.iter().filter(|method| !method.shows_the_password());
        self.notes.failed = hidden.fold(before, Methods::with);
        let was_shown = self.refused.iter().any(Method::shows_the_password);
        let next = spare && !was_shown && self.notes.failed != before;
        Failure { retry: next.then_some(Retry::NextMethod), ..failure }
    }
}

const fn without_capa() -> Failure {
    Failure { retry: Some(Retry::WithoutCapa), ..Failure::new(RefusalKind::Later, Reason::Closed) }
}
