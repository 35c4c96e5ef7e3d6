//! What follows when the server refuses a method: the next one, or the end.

use super::failure::{Failure, Reason};
use super::method::Method;
use super::planner::{Login, Stage};
use crate::client::{Refusal, RefusalKind, speaks_of_an_account, speaks_of_the_command};
use crate::sasl::client::Engine;
use crate::types::Code;

impl<M: AsRef<[u8]> + AsMut<[u8]>, E: Engine> Login<'_, M, E> {
    /// Decides what follows a refusal. A reason that a response code gives is final. Words are a guess, and
    /// final only in the answer to the secret itself; see [`is_final`](Self::is_final).
    pub(super) fn method_refused(&mut self, method: Method, refusal: &Refusal<'_>) -> Stage {
        let guess = RefusalKind::classify(refusal);
        let kind = self.blames(method, refusal);
        // The signature showed that the password was right, so no other method would succeed. And if a server
        // refuses a binding, the client must not tell it next that there is none (RFC 5802 section 6).
        if method != Method::Own && method.proves_the_server() && self.exchange.is_proved() {
            let by_code = self.gives_a_reason(method, refusal) || guess != Some(RefusalKind::Credentials);
            let kind = guess.filter(|_| by_code).unwrap_or(RefusalKind::Later);
            return self.ends(method, kind, refusal);
        }
        let decided = self.engine(method).refusal().is_some()
            || (self.gives_a_reason(method, refusal) && guess != Some(RefusalKind::Policy))
            || self.is_final(method, guess, refusal);
        let may_unbind = method.binds() && self.policy.allow_unbound;
        if decided && !may_unbind {
            self.ends(method, kind, refusal)
        } else if !decided && self.one_line && !self.heard && method != Method::Own {
            self.in_two_steps(method, kind, refusal)
        } else if method.binds() && !may_unbind {
            self.ends(method, kind, refusal)
        } else {
            self.next_after(method, kind, refusal)
        }
    }

    /// Who has to act. Credentials are blamed only where some were sent.
    fn blames(&self, method: Method, refusal: &Refusal<'_>) -> RefusalKind {
        match RefusalKind::classify(refusal) {
            Some(RefusalKind::Credentials) | None if self.gives_a_reason(method, refusal) => {
                RefusalKind::Credentials
            }
            Some(RefusalKind::Credentials) | None => {
                let about_the_command = speaks_of_the_command(refusal.text.as_bytes());
                // USER has shown the name, and that may be wrong too.
                let shown = self.shown || method == Method::User;
                if shown && !about_the_command { RefusalKind::Credentials } else { RefusalKind::Policy }
            }
            Some(kind) => kind,
        }
    }

    /// Whether words alone end the login: the server has seen the password, token or proof in this method,
    /// and speaks of it, of the account or of the maildrop. Then another method would only show it again, and
    /// servers lock out users who fail too often.
    fn is_final(&self, method: Method, guess: Option<RefusalKind>, refusal: &Refusal<'_>) -> bool {
        let words = refusal.text.as_bytes();
        let about_it = match guess {
            // A proof may be refused because the server cannot check it.
            Some(RefusalKind::Credentials) => method.shows_the_password(),
            Some(RefusalKind::Permanent) => speaks_of_an_account(words),
            Some(RefusalKind::Busy | RefusalKind::Later) => true,
            _ => false,
        };
        about_it && self.shown && !speaks_of_the_command(words)
    }

    fn ends(&mut self, method: Method, kind: RefusalKind, refusal: &Refusal<'_>) -> Stage {
        self.keep_words(refusal.text);
        Stage::Failed(Failure::new(kind, Reason::Refused(method)))
    }

    pub(super) fn next_after(&mut self, method: Method, kind: RefusalKind, refusal: &Refusal<'_>) -> Stage {
        self.tried.insert(method);
        self.refused.insert(method);
        self.again = false;
        self.count(method, kind, refusal)
    }

    /// Perhaps the server refused the line and not the method: the same method follows once more, and its
    /// message waits until the server asks for it.
    pub(super) fn in_two_steps(&mut self, method: Method, kind: RefusalKind, refusal: &Refusal<'_>) -> Stage {
        self.tried = self.tried.without(method);
        self.two_step.insert(method);
        self.again = true;
        self.count(method, kind, refusal)
    }

    fn count(&mut self, method: Method, kind: RefusalKind, refusal: &Refusal<'_>) -> Stage {
        if self.shown && kind != RefusalKind::Policy {
            self.failures = self.failures.saturating_add(1);
        }
        // If the server called a password wrong, the user has to know that, whatever else went wrong later.
        let keeps = self.last.is_some_and(|last| last.kind == RefusalKind::Credentials && kind != last.kind);
        if !keeps {
            self.keep_words(refusal.text);
            self.last = Some(Failure::new(kind, Reason::Refused(method)));
        }
        Stage::Method
    }

    /// Whether the response code says why (RFC 2449 section 8, RFC 3206). Some servers say `[AUTH]` of a
    /// mechanism that they do not have; if nothing was shown in it, the words beside the code tell.
    fn gives_a_reason(&self, method: Method, refusal: &Refusal<'_>) -> bool {
        match refusal.known_code() {
            Some(Code::Auth) => {
                self.shown || method == Method::User || !speaks_of_the_command(refusal.text.as_bytes())
            }
            Some(Code::InUse | Code::LoginDelay | Code::SysTemp | Code::SysPerm) => true,
            _ => false,
        }
    }
}
