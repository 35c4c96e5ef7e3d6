//! `Login::advance`: sends one command at a time, chosen from what the session knows so far.

use super::failure::{Failure, Reason};
use super::method::{Method, Methods};
use super::planner::{Login, Progress, Stage};
use super::policy::Tls;
use crate::buf::Output;
use crate::client::RefusalKind;
use crate::client::{Capabilities, Client, Knowledge, SendError};
use crate::sasl::Why;
use crate::sasl::client::Engine;
use crate::types::{Command, Security};

impl<M: AsRef<[u8]> + AsMut<[u8]>, E: Engine> Login<'_, M, E> {
    /// Sends what is due now, and says how far the login is. Call it before every read, and after every
    /// event.
    ///
    /// # Errors
    ///
    /// [`SendError::Full`]: flush the output, then call again. If it comes although the output is empty, the
    /// output is too small for the response of the mechanism. An output of 700 bytes is always enough, except
    /// with a long token, password or name: then add up the lengths of the token or password, the names and
    /// the host, take four thirds of the sum, and add 60 bytes. Any other error means that some other code
    /// uses the session at the same time.
    pub fn advance<const Q: usize>(
        &mut self,
        client: &mut Client<Q>,
        out: &mut impl Output,
    ) -> Result<Progress, SendError> {
        self.security = client.security();
        loop {
            self.stage = match self.stage {
                Stage::In => return Ok(Progress::LoggedIn),
                Stage::Failed(failure) => return Ok(Progress::Failed(failure)),
                Stage::Handover if client.security() == Security::Plain => return Ok(Progress::StartTls),
                // What the server said before TLS no longer counts (RFC 2595 section 4): neither its list nor
                // the timestamp of its greeting. Who wants nothing but APOP falls to nothing weaker by it.
                Stage::Handover => {
                    self.own.iter_mut().for_each(|own| own.announced = false);
                    self.digest = self.digest.filter(|_| self.policy.methods == Methods::only(Method::Apop));
                    Stage::AskCapa
                }
                Stage::AskCapa if self.policy.without_capa || self.learned().no_capa => Stage::Choose,
                Stage::AskCapa => {
                    client.send(&Command::Capa, out)?;
                    self.unanswered = true;
                    Stage::Capa
                }
                Stage::Choose if client.security() == Security::Plain => self.stls(client, out)?,
                Stage::Choose | Stage::GoOnInClear => self.utf8(client, out)?,
                Stage::Method => self.next_method(client, out)?,
                Stage::SendPass => self.pass(client, out)?,
                Stage::Respond(method) => {
                    client.respond(self.engine(method).response(), out)?;
                    Stage::Auth(method)
                }
                Stage::Cancel(method) => {
                    client.cancel(out)?;
                    Stage::Cancelled(method)
                }
                Stage::LoggedIn(method) => {
                    self.method = Some(method);
                    self.recheck(client, out)?
                }
                Stage::Greeting
                | Stage::Capa
                | Stage::Stls
                | Stage::Utf8
                | Stage::User
                | Stage::Answer(_)
                | Stage::Auth(_)
                | Stage::Cancelled(_)
                | Stage::CapaAgain => return Ok(Progress::Pending),
            };
        }
    }

    fn stls<const Q: usize>(
        &mut self,
        client: &mut Client<Q>,
        out: &mut impl Output,
    ) -> Result<Stage, SendError> {
        let capabilities = client.capabilities();
        let known = capabilities.knowledge() == Knowledge::Known;
        let wanted = match self.policy.tls {
            Tls::Never => false,
            Tls::IfOffered => capabilities.stls() && !self.notes.no_stls,
            Tls::Required if known && !capabilities.stls() => {
                return Ok(policy_failure(Reason::NoStls));
            }
            Tls::Required => true,
        };
        if !wanted {
            return Ok(Stage::GoOnInClear);
        }
        client.send(&Command::Stls, out)?;
        Ok(Stage::Stls)
    }

    fn utf8<const Q: usize>(
        &mut self,
        client: &mut Client<Q>,
        out: &mut impl Output,
    ) -> Result<Stage, SendError> {
        if !self.policy.utf8 || !client.capabilities().utf8() {
            return Ok(Stage::Method);
        }
        client.send(&Command::Utf8, out)?;
        Ok(Stage::Utf8)
    }

    fn next_method<const Q: usize>(
        &mut self,
        client: &mut Client<Q>,
        out: &mut impl Output,
    ) -> Result<Stage, SendError> {
        let capabilities = *client.capabilities();
        if self.failures < self.policy.attempts {
            while let Some((method, announced)) = self.choose(&capabilities) {
                match self.begin(method, announced, client, out) {
                    Ok(stage) => {
                        self.unanswered = true;
                        self.tried = self.tried.with(method);
                        self.spare = self.choose(&capabilities).is_some();
                        let hung_up = self.learned().hung_up.with(method);
                        self.spare_after_hang_up = self.choose_if(hung_up, &capabilities).is_some();
                        return Ok(stage);
                    }
                    Err(SendError::NotAscii | SendError::BadArgument | SendError::TooLong) => {
                        self.tried = self.tried.with(method);
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(self.last.map_or_else(
            || self.unusable.map_or(policy_failure(Reason::NoMethod), |(method, why)| unusable(method, why)),
            |failure| {
                // The server promises `[AUTH]` on every failure caused by credentials, and there was none
                // (RFC 3206 section 6).
                let blameless = failure.kind == RefusalKind::Credentials && capabilities.auth_resp_code();
                Stage::Failed(if blameless {
                    Failure { kind: RefusalKind::Later, ..failure }
                } else {
                    failure
                })
            },
        ))
    }

    /// Begins a method. `BadArgument` if the mechanism cannot be run with these credentials.
    fn begin<const Q: usize>(
        &mut self,
        method: Method,
        announced: bool,
        client: &mut Client<Q>,
        out: &mut impl Output,
    ) -> Result<Stage, SendError> {
        let name = self.credentials.name.as_bytes();
        self.shown = false;
        if method == Method::Own {
            let mechanism = self.own.as_ref().ok_or(SendError::BadArgument)?.mechanism.name;
            return self.begin_exchange(method, mechanism, announced, client, out);
        }
        let Some(mechanism) = method.mechanism() else {
            if method == Method::User {
                // If the password cannot be sent, the name is not sent either.
                client
                    .may_log_in_with(self.credentials.password.map_or(b"", |password| password.expose()))?;
                client.send(&Command::User(name), out)?;
                return Ok(Stage::User);
            }
            let digest = self.digest.ok_or(SendError::BadArgument)?;
            client.send(&Command::Apop { name, digest }, out)?;
            self.note_shown(method);
            return Ok(Stage::Answer(method));
        };
        if let Err(why) = self.exchange.start(mechanism.name, offers_plus(method, client.capabilities())) {
            self.unusable = self.unusable.or(Some((method, why)));
            return match why {
                // This is a mistake of the program. Trying a weaker method instead would hide it.
                Why::Memory | Why::Nonce | Why::Token | Why::TooLong => Ok(unusable(method, why)),
                _ => Err(SendError::BadArgument),
            };
        }
        self.begin_exchange(method, mechanism.name, announced, client, out)
    }

    fn begin_exchange<const Q: usize>(
        &mut self,
        method: Method,
        mechanism: &str,
        announced: bool,
        client: &mut Client<Q>,
        out: &mut impl Output,
    ) -> Result<Stage, SendError> {
        // Microsoft's servers close the connection if the token is on the AUTH line.
        let two_steps =
            method == Method::Xoauth2 || self.two_step.contains(method) || self.learned().two_step;
        let with_initial = announced && !two_steps;
        (self.heard, self.prompted) = (false, false);
        self.one_line = match self.engine(method).initial().filter(|_| with_initial) {
            Some(initial) => match client.auth(mechanism, Some(initial), out) {
                Err(SendError::TooLong) => false,
                Ok(_) => true,
                Err(error) => return Err(error),
            },
            None => false,
        };
        if self.one_line {
            self.engine_mut(method).sent_initial();
            self.note_shown(method);
        } else {
            client.auth(mechanism, None, out)?;
        }
        Ok(Stage::Auth(method))
    }

    fn pass<const Q: usize>(
        &mut self,
        client: &mut Client<Q>,
        out: &mut impl Output,
    ) -> Result<Stage, SendError> {
        let Some(password) = self.credentials.password else { return Ok(policy_failure(Reason::NoMethod)) };
        match client.send(&Command::Pass(password), out) {
            Ok(_) => {
                self.note_shown(Method::User);
                Ok(Stage::Answer(Method::User))
            }
            Err(SendError::NotAscii | SendError::BadArgument | SendError::TooLong) => {
                self.tried = self.tried.with(Method::User);
                Ok(Stage::Method)
            }
            Err(error) => Err(error),
        }
    }

    /// Asks for the capabilities after the login. If methods were refused before this one succeeded, that is
    /// the server's fault and not the credentials', so the notes record it.
    fn recheck<const Q: usize>(
        &mut self,
        client: &mut Client<Q>,
        out: &mut impl Output,
    ) -> Result<Stage, SendError> {
        let known = client.capabilities().knowledge() == Knowledge::Known;
        let asks = self.policy.recheck_capabilities && known && !self.learned().no_capa_after;
        if asks {
            client.send(&Command::Capa, out)?;
            self.unanswered = true;
        }
        self.notes.no_stls = false;
        let refused = self.refused;
        self.learned_mut().failed = self.learned().failed.union(refused);
        self.exchange.forget();
        Ok(if asks { Stage::CapaAgain } else { Stage::In })
    }
}

pub(super) const fn unusable(method: Method, why: Why) -> Stage {
    Stage::Failed(Failure::new(RefusalKind::Caller, Reason::Unusable(method, why)))
}

const fn policy_failure(reason: Reason) -> Stage {
    Stage::Failed(Failure::new(RefusalKind::Policy, reason))
}

fn offers_plus(method: Method, capabilities: &Capabilities) -> bool {
    match method {
        Method::ScramSha256 => capabilities.offers("SCRAM-SHA-256-PLUS"),
        Method::ScramSha1 => capabilities.offers("SCRAM-SHA-1-PLUS"),
        _ => true,
    }
}
