//! The ways into a maildrop, each with right credentials.

use alloc::format;
use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use base64ct::{Base64 as Padded, Encoding as _};

use super::pop::Pop;
use super::read::Reply;
use crate::base64::Base64;
use crate::conformance::desk::Desk;
use crate::conformance::facts::{Channel, Facts, Method, Way};
use crate::conformance::form;
use crate::conformance::probe::{Result, Stop};
use crate::conformance::setup::{Account, Setup};
use crate::conformance::steps::{Do, Door, End};
use crate::sasl::client::{Credentials, Engine as _, Exchange, Step};
use crate::sasl::{Binding, Channel as Known, Nonce};
use crate::secret::Secret;
use crate::types::{ApopDigest, ApopTimestamp};

/// Connects, secures the session as the channel says, and reads the greeting.
pub(super) async fn connect(
    desk: &Rc<Desk>,
    setup: &Rc<Setup>,
    facts: &Rc<Facts>,
    channel: Channel,
) -> Result<Pop> {
    let door = if channel == Channel::Tls { Door::Tls } else { Door::Clear };
    let mut pop = Pop::open(desk, setup, facts, door).await?;
    if channel == Channel::Tls {
        pop.tls().await?;
    }
    pop.greet().await?;
    if channel == Channel::Stls {
        if !pop.ask("STLS").await?.is_ok() {
            return Err(Stop::Control("STLS is refused".into()));
        }
        pop.tls().await?;
    }
    Ok(pop)
}

/// Logs in. A maildrop that is in use is waited for, up to the settling time.
pub(super) async fn transaction(
    desk: &Rc<Desk>,
    setup: &Rc<Setup>,
    facts: &Rc<Facts>,
    account: &Account,
    way: &Way,
) -> Result<Pop> {
    let until = desk.now().after(setup.settling_time());
    loop {
        let mut pop = connect(desk, setup, facts, way.channel).await?;
        let reply = login(&mut pop, account, &way.method).await?;
        if reply.is_ok() {
            return Ok(pop);
        }
        pop.end(End::Fin).await;
        if desk.now() >= until {
            return Err(Stop::Control(format!("the login is refused: {}", desk.shown(&reply.raw))));
        }
        desk.ask(Do::Wait(desk.now().after(setup.patient(250)))).await;
    }
}

/// Base64 with its padding.
pub(super) fn encoded(octets: &[u8]) -> String {
    Padded::encode_string(octets)
}

/// The timestamp of a greeting.
pub(super) fn timestamp(greeting: &[u8]) -> Option<&str> {
    let start = memchr::memchr(b'<', greeting)?;
    let rest = greeting.get(start..)?;
    let end = memchr::memchr(b'>', rest)?;
    let stamp = rest.get(..=end)?;
    core::str::from_utf8(stamp).ok().filter(|_| form::is_timestamp(stamp))
}

/// The digest of APOP, in hexadecimal.
pub(super) fn apop_digest(timestamp: &str, password: &str) -> Result<String> {
    let stamp = ApopTimestamp::new(timestamp).ok_or(Stop::NotApplicable("the greeting has no timestamp"))?;
    let digest = ApopDigest::of(stamp, Secret::new(password.as_bytes()));
    let digest = digest.ok_or(Stop::NotRun("the password cannot be prepared"))?;
    Ok(String::from_utf8_lossy(&digest.to_hex()).into_owned())
}

/// Logs in. Returns the last reply, whatever it is.
pub(super) async fn login(pop: &mut Pop, account: &Account, method: &Method) -> Result<Reply> {
    let Account { name, password } = account;
    pop.desk().hide(password.as_bytes());
    match method {
        Method::User => {
            let user = pop.ask(format!("USER {name}")).await?;
            if user.is_ok() { pop.ask(format!("PASS {password}")).await } else { Ok(user) }
        }
        Method::Apop => {
            let greeting = pop.greeting().raw.clone();
            let stamp = timestamp(&greeting).ok_or(Stop::NotApplicable("the greeting has no timestamp"))?;
            let digest = apop_digest(stamp, password)?;
            pop.desk().hide(digest.as_bytes());
            pop.ask(format!("APOP {name} {digest}")).await
        }
        Method::Sasl(mechanism) => sasl(pop, account, mechanism).await,
    }
}

/// Random text for a SCRAM exchange.
pub(super) fn nonce(pop: &Pop) -> Nonce {
    let mut random = [0; 18];
    for octets in random.chunks_mut(6) {
        let word = pop.desk().random().to_le_bytes();
        octets.iter_mut().zip(word).for_each(|(to, from)| *to = from);
    }
    Nonce::new(random)
}

/// Runs a mechanism to its end, the initial response in a line of its own.
async fn sasl(pop: &mut Pop, account: &Account, mechanism: &str) -> Result<Reply> {
    let exporter: Vec<u8> = pop.secured().and_then(|tls| tls.exporter.clone()).unwrap_or_default();
    let bindings = [Binding { kind: "tls-exporter", data: &exporter }];
    let mut channel = Known::new("");
    channel.nonce = Some(nonce(pop));
    if mechanism.ends_with("-PLUS") {
        channel.bindings = &bindings;
    }
    let credentials = Credentials::password(&account.name, Secret::new(account.password.as_bytes()));
    let mut exchange = Exchange::new(credentials, channel, vec![0; 16 * 1024]);
    if exchange.start(mechanism, mechanism.ends_with("-PLUS")).is_err() {
        return Err(Stop::NotRun("the mechanism cannot start with these credentials"));
    }
    let mut reply = pop.ask(format!("AUTH {mechanism}")).await?;
    // The longest exchange, SCRAM, takes three challenges.
    for _ in 0..6 {
        if !reply.is_challenge() {
            return Ok(reply);
        }
        let challenge = reply.challenge().map(|challenge| encoded(&challenge)).unwrap_or_default();
        let step = exchange.step(Base64::new(challenge.as_bytes()).unwrap_or(Base64::EMPTY));
        reply = match step {
            Step::Respond(response) => {
                let line = encoded(response);
                pop.desk().hide(line.as_bytes());
                pop.ask(line).await?
            }
            Step::Cancel => pop.ask("*").await?,
        };
    }
    Err(Stop::Control("the exchange has no end".into()))
}
