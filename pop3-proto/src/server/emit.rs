//! Makes an event of each command that neither the session nor the maildrop answers.

use core::borrow::Borrow;

use super::calls::Server;
use super::event::Event;
use super::index::Index;
use crate::buf::{Input, Output};
use crate::session::{Config, Credentials, Next, without_end};
use crate::types::Command;

impl<C: Borrow<Config>, I: Index, M: AsRef<[u8]> + AsMut<[u8]>> Server<C, I, M> {
    #[inline]
    pub(super) fn emit<'i>(
        &mut self,
        next: &Next<'i>,
        input: &mut impl Input<'i>,
        out: &mut impl Output,
    ) -> Event<'i> {
        let session = &mut self.session;
        let (command, len) = match *next {
            Next::Input => return Event::NeedInput,
            Next::Output => return Event::NeedOutput,
            Next::Waiting => return Event::Waiting,
            Next::Closed(reason) => return Event::Closed(reason),
            Next::Exchange { data, len } => {
                session.consume_line(input, len);
                return Event::SaslResponse { data, reply: session.hand_out() };
            }
            Next::Alone(alone) => {
                let (command, refusal) = session.answer_reported(alone, input, out);
                return Event::Answered { command, refusal };
            }
            Next::Command { command, len } if session.config().report_answers => {
                if self.mail.answers(&command, session) {
                    let refusal = self.mail.answer(&command, len, session, input, out);
                    return Event::Answered { command: Some(command), refusal };
                }
                (command, len)
            }
            Next::Command { command, len } => (command, len),
        };
        let line = match session.claim(&command, len, input, out) {
            Ok(line) => line,
            Err(reason) => return Event::Closed(reason),
        };
        match command {
            Command::Pass(password) => {
                Event::Login { credentials: Credentials::Password(password), reply: session.hand_out() }
            }
            Command::Apop { digest, .. } => {
                Event::Login { credentials: Credentials::Apop(digest), reply: session.hand_out() }
            }
            Command::Auth { mechanism, initial } => {
                Event::Auth { mechanism, initial, reply: session.hand_out() }
            }
            Command::Stls => Event::Stls { reply: session.hand_out() },
            Command::Retr(number) => Event::Retr { number, reply: session.hand_out_for(number, None) },
            Command::Top { number, lines } => {
                Event::Top { number, lines, reply: session.hand_out_for(number, Some(lines)) }
            }
            Command::Utf8 => Event::Utf8 { reply: session.hand_out() },
            Command::Lang(None) => Event::LangAll { reply: session.hand_out() },
            Command::Lang(Some(range)) => Event::Lang { range, reply: session.hand_out() },
            Command::Quit if self.mail.quit() => Event::Update { reply: session.hand_out() },
            Command::Quit => Event::Quit { reply: session.hand_out() },
            _ => Event::Other { line: without_end(line), reply: session.hand_out() },
        }
    }
}
