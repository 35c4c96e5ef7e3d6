//! Chooses the next method: the strongest one that server, credentials, connection and policy have in common.

use super::method::{Method, Methods};
use super::planner::Login;
use crate::client::{Capabilities, Knowledge};
use crate::sasl::client::Engine;
use crate::types::{Protection, Security};

impl<M: AsRef<[u8]> + AsMut<[u8]>, E: Engine> Login<'_, M, E> {
    /// The method, and whether the server announced it. Methods that it did not announce come last.
    pub(super) fn choose(&self, capabilities: &Capabilities) -> Option<(Method, bool)> {
        self.choose_if(self.learned().hung_up, capabilities)
    }

    /// The same, as if the server had closed the connection at these methods without a word.
    pub(super) fn choose_if(&self, hung_up: Methods, capabilities: &Capabilities) -> Option<(Method, bool)> {
        let tried = self.tried.union(self.learned().failed).union(hung_up);
        // Somebody on the way can close connections, inside TLS too, so that unlocks no password.
        let hides = !self.policy.password_after_hang_up && !hung_up.iter().all(Method::shows_the_password);
        let mut candidates = self.policy.methods.iter().filter(|method| {
            !tried.contains(*method)
                && (!hides || !method.shows_the_password())
                && self.fits(*method)
                && self.is_safe(*method)
                && !self.hides_a_binding(*method, tried, capabilities)
        });
        let announced = candidates.clone().find(|method| self.is_announced(*method, capabilities));
        announced.map(|method| (method, true)).or_else(|| {
            let unannounced = candidates.find(|method| {
                self.policy.try_unannounced && self.unusable.is_none() && self.may_be_there(*method)
            });
            unannounced.map(|method| (method, false))
        })
    }

    /// Whether the credentials contain what the method needs. The exchange checks them in more detail.
    fn fits(&self, method: Method) -> bool {
        let credentials = &self.credentials;
        match method {
            Method::Own => self.own.is_some(),
            Method::External => credentials.certificate,
            Method::OauthBearer | Method::Xoauth2 => credentials.token.is_some(),
            Method::Anonymous => credentials.trace.is_some(),
            Method::ScramSha256Plus | Method::ScramSha1Plus
                if self.exchange.channel().bindings.is_empty() =>
            {
                false
            }
            Method::Apop | Method::User if credentials.acting_as.is_some() => false,
            Method::Apop => self.digest.is_some(),
            _ => credentials.password.is_some(),
        }
    }

    /// Whether using this form without a binding would hide one: both ends have a binding and the policy
    /// permits it, so the client may not tell the server that there is none (RFC 5802 section 6).
    fn hides_a_binding(&self, method: Method, tried: Methods, capabilities: &Capabilities) -> bool {
        let plus = match method {
            Method::ScramSha256 => Method::ScramSha256Plus,
            Method::ScramSha1 => Method::ScramSha1Plus,
            _ => return false,
        };
        let given_up = self.policy.allow_unbound && tried.contains(plus);
        !given_up
            && self.policy.methods.contains(plus)
            && self.fits(plus)
            && self.is_announced(plus, capabilities)
    }

    fn is_safe(&self, method: Method) -> bool {
        let needs = match &self.own {
            Some(own) if method == Method::Own => own.mechanism.needs,
            _ => method.needs(),
        };
        match (self.security, needs) {
            (Security::Tls, _) | (Security::Plain, Protection::None) => true,
            (Security::Plain, Protection::Private) => self.policy.allow_plaintext_secrets,
            (Security::Plain, Protection::Tls) => false,
        }
    }

    fn is_announced(&self, method: Method, capabilities: &Capabilities) -> bool {
        match method.mechanism() {
            Some(mechanism) => capabilities.offers(mechanism.name),
            None if method == Method::Own => self.own.as_ref().is_some_and(|own| own.announced),
            None if method == Method::Apop => true,
            // Older servers announce nothing but do have USER.
            None => capabilities.user() || capabilities.knowledge() != Knowledge::Known,
        }
    }

    /// -PLUS is never tried unannounced. A server that has it announces it; if somebody removed it from the
    /// list, the form without -PLUS detects that.
    fn may_be_there(&self, method: Method) -> bool {
        match method {
            Method::User | Method::Xoauth2 | Method::OauthBearer => true,
            Method::ScramSha256Plus | Method::ScramSha1Plus => false,
            _ => self.policy.methods.count() == 1,
        }
    }
}
