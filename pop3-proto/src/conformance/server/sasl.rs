//! Exchanges of AUTH: where they can be tried, what is sent in them, and how a refusal is looked at.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::time::Duration;

use super::forms::Weight;
use super::pop::Pop;
use super::read::Reply;
use super::stage::{Answer, Stage};
use super::way_in::encoded;
use crate::conformance::facts::{Channel, Method, Way};
use crate::conformance::probe::{Result, Stop};
use crate::conformance::setup::Account;
use crate::conformance::steps::End;

/// A channel on which the mechanism is on offer, first those on which the account logs in. One that shows what
/// must stay secret is used in clear only if the user says so.
pub(super) fn channel(s: &Stage, mechanism: &str) -> Result<Channel> {
    let facts = s.facts();
    let shows = Method::Sasl(mechanism.into()).shows_secret();
    let secured = if facts.tls { Channel::Tls } else { Channel::Stls };
    let fits = |channel: &Channel| {
        let list = facts.list(channel.is_secured(), false);
        let offered = list.is_some_and(|list| list.mechanisms().iter().any(|name| name == mechanism));
        offered && (channel.is_secured() || !shows || s.setup().clear_passwords)
    };
    let all = facts.ways.iter().map(|way| way.channel).chain([secured, Channel::Clear]);
    let words = "the mechanism is on offer in clear alone, where no password may be sent";
    all.into_iter().find(fits).ok_or(Stop::NotRun(words))
}

/// Connects where the mechanism is on offer.
pub(super) async fn offering(s: &Stage, mechanism: &str) -> Result<Pop> {
    s.connect_by(channel(s, mechanism)?).await
}

/// All mechanisms that are on offer inside TLS, or else in clear, and where.
pub(super) fn on_offer(s: &Stage) -> Result<(Channel, Vec<String>)> {
    let facts = s.facts();
    let secured = if facts.tls { Channel::Tls } else { Channel::Stls };
    let lists = [(secured, facts.secured.as_ref()), (Channel::Clear, facts.clear.as_ref())];
    let mut lists = lists.into_iter().filter_map(|(channel, list)| Some((channel, list?.mechanisms())));
    lists.find(|(_, names)| !names.is_empty()).ok_or(Stop::NotApplicable("no mechanism is on offer"))
}

/// The way in that the survey found on such a channel.
pub(super) fn way(s: &Stage, channel: Channel) -> Result<Way> {
    let mut ways = s.facts().ways.iter().filter(|way| way.channel.is_secured() == channel.is_secured());
    let words = "no other way in on this channel to compare with";
    ways.next().cloned().ok_or_else(|| Stop::Control(words.into()))
}

/// Sends AUTH with the mechanism, perhaps with an initial response.
pub(super) async fn begin(
    s: &Stage,
    pop: &mut Pop,
    mechanism: &str,
    initial: Option<&[u8]>,
) -> Result<Reply> {
    let Some(initial) = initial else { return pop.ask(format!("AUTH {mechanism}")).await };
    let initial = if initial.is_empty() { "=".to_string() } else { encoded(initial) };
    s.hide(&initial);
    pop.ask(format!("AUTH {mechanism} {initial}")).await
}

/// Sends a response.
pub(super) async fn respond(s: &Stage, pop: &mut Pop, response: &[u8]) -> Result<Reply> {
    let line = encoded(response);
    s.hide(&line);
    pop.ask(line).await
}

/// Runs a mechanism of one message, with AUTH or after the empty challenge.
pub(super) async fn once(
    s: &Stage,
    pop: &mut Pop,
    mechanism: &str,
    message: &[u8],
    with_auth: bool,
) -> Result<Reply> {
    if with_auth {
        return begin(s, pop, mechanism, Some(message)).await;
    }
    let first = begin(s, pop, mechanism, None).await?;
    if first.is_challenge() { respond(s, pop, message).await } else { Ok(first) }
}

/// A PLAIN message.
pub(super) fn plain(acting_as: &str, account: &Account) -> Vec<u8> {
    format!("{acting_as}\0{}\0{}", account.name, account.password).into_bytes()
}

/// A name that nobody has, in the domain of the account if it has one.
pub(super) fn nobody(s: &Stage) -> String {
    let domain = s.account().ok().and_then(|account| account.name.split_once('@').map(|(_, domain)| domain));
    let name = format!("pop3check-{:08x}", s.random() & 0xFFFF_FFFF);
    domain.map_or_else(|| name.clone(), |domain| format!("{name}@{domain}"))
}

/// The account with a password that it does not have.
pub(super) fn wrong(s: &Stage, account: &Account) -> Account {
    Account { name: account.name.clone(), password: format!("wrong-{:08x}", s.random() & 0xFFFF_FFFF) }
}

/// The line of a reply, escaped.
pub(super) fn shown(reply: &Reply) -> String {
    reply.raw.escape_ascii().to_string()
}

/// What came of a login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// `+OK`, and STAT is answered.
    In,
    /// `+OK`, and STAT is not answered.
    Lost,
    /// Something else, twice, although the account comes in by another way on that channel.
    Refused(Reply),
}

impl Entry {
    pub(super) const fn is_in(&self) -> bool {
        matches!(self, Self::In)
    }
}

/// Tries to log in, on a connection of its own. What is refused is tried again after the account came in by the
/// way that the survey found: then the maildrop is free, and the password is right.
pub(super) async fn enter(
    s: &Stage,
    channel: Channel,
    attempt: impl AsyncFn(&mut Pop) -> Result<Reply>,
) -> Result<Entry> {
    let mut refusal = None;
    loop {
        let mut pop = s.connect_by(channel).await?;
        let reply = attempt(&mut pop).await?;
        if reply.is_ok() {
            if let Err(Stop::Control(_)) = pop.in_step().await {
                return Ok(Entry::Lost);
            }
            pop.quit().await?;
            return Ok(Entry::In);
        }
        pop.end(End::Fin).await;
        if refusal.replace(reply.clone()).is_some() {
            return Ok(Entry::Refused(reply));
        }
        s.transaction_by(&way(s, channel)?).await?.quit().await?;
        s.wait(Duration::from_millis(250)).await;
    }
}

/// Reads what is owed to an exchange in which something may be taken: what answers `octets`, and how.
pub(super) async fn answer_in(s: &Stage, pop: &mut Pop, mechanism: &str, line: &[u8]) -> Result<Answer> {
    let challenge = begin(s, pop, mechanism, None).await?;
    if !challenge.is_challenge() {
        return Err(Stop::Control(format!("AUTH {mechanism} gets no challenge: {}", shown(&challenge))));
    }
    s.answer(pop, [line, b"\r\n"].concat()).await
}

/// Whether silence, or a hang-up without a reply, is itself a failure of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strict {
    /// Both are.
    Both,
    /// Silence is.
    Silence,
    /// Neither is.
    No,
}

/// Judges the answer to something that has to be refused before the login: one `-ERR`, after which QUIT is
/// answered or the connection is closed.
pub(super) async fn refused(
    s: &Stage,
    rows: &[&'static str],
    pop: Pop,
    answer: &Answer,
    form: &str,
    strict: Strict,
) -> Result<()> {
    let words = format!("{form} {answer}");
    let kept = match answer {
        Answer::Err(_) => return left(s, rows, pop, &words).await,
        Answer::Hung if strict != Strict::Both => return Err(Stop::Hung(End::Fin)),
        Answer::Silent if strict == Strict::No => return Err(Stop::Silent),
        _ => false,
    };
    for row in rows {
        s.check_with(row, kept, &words);
    }
    Ok(())
}

/// The control after `-ERR` before the login: QUIT gets the reply that is its own, or the connection is closed.
pub(super) async fn left(s: &Stage, rows: &[&'static str], pop: Pop, words: &str) -> Result<()> {
    left_or(s, rows, pop, words, Weight::Fails).await
}

/// The same, where a refusal of QUIT weighs this: after a line that no client sends, nobody gets out of step.
pub(super) async fn left_or(
    s: &Stage,
    rows: &[&'static str],
    pop: Pop,
    words: &str,
    refused: Weight,
) -> Result<()> {
    let quit = pop.quit().await;
    for row in rows {
        match &quit {
            Ok(reply) if refused == Weight::Deviates => {
                s.lenient_with(row, reply.is_ok(), format!("{words}, and QUIT gets {}", shown(reply)));
            }
            Ok(reply) => s.check_with(row, reply.is_ok(), format!("{words}, and QUIT gets {}", shown(reply))),
            Err(Stop::Hung(_)) => s.note(row, format!("{words}, and the connection is closed")),
            Err(Stop::Silent) => s.check_with(row, false, format!("{words}, and QUIT is not answered")),
            Err(stop) => return Err(stop.clone()),
        }
    }
    Ok(())
}
