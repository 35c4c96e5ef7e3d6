//! Logs an account in, with as many connections as that takes.

use std::cell::OnceCell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pop3_proto::Secret;
use pop3_proto::limits::SASL_MEMORY;
use pop3_proto::login::{self, Login, Progress, Reason, ServerNotes};
use pop3_proto::sasl::client::Credentials;
use pop3_proto::sasl::{Binding, Channel, Nonce};
use rustls::ClientConfig;

use crate::account::Account;
use crate::connection::Connection;
use crate::failure::{Failure, Kind};
use crate::secrets::{Secrets, masked};
use crate::transcript::Transcript;

/// The most connections in a row. Each that fails has shown something about the server, which the next one
/// uses.
const CONNECTIONS: u32 = 4;

pub(crate) fn open(
    account: &Account,
    secrets: &Secrets,
    tls: &Arc<ClientConfig>,
    transcript: Option<&std::path::Path>,
) -> Result<Connection, Failure> {
    let end =
        account.options.max_time.and_then(|seconds| Instant::now().checked_add(Duration::from_secs(seconds)));
    let mut notes = ServerNotes::default();
    for round in 1.. {
        let title = format!("pop3get: {}, connection {round}", account.name);
        let transcript = transcript.map(|path| Transcript::create(path, &title, secrets));
        let transcript = transcript.transpose().map_err(|error| Kind::Disk.because("--transcript", error))?;
        let connection = Connection::open(account, tls, transcript, end)?;
        match log_in(account, secrets, tls, connection, &mut notes)? {
            Ok(connection) => return Ok(connection),
            Err((failure, _)) if failure.retry.is_some() && round < CONNECTIONS => {}
            Err((failure, words)) => return Err(told(failure, &words)),
        }
    }
    unreachable!("the last round returns")
}

type Attempt = Result<Connection, (login::Failure, String)>;

fn log_in(
    account: &Account,
    secrets: &Secrets,
    tls: &Arc<ClientConfig>,
    mut connection: Connection,
    notes: &mut ServerNotes,
) -> Result<Attempt, Failure> {
    let nonce = nonce()?;
    let (data, bindings) = (OnceCell::new(), OnceCell::new());
    // The binding is filled in once there is a TLS connection.
    let bind = |connection: &Connection| -> &[Binding<'_>] {
        let Some(exporter) = connection.tls_exporter() else { return &[] };
        let data: &[u8; 32] = data.get_or_init(|| exporter);
        bindings.get_or_init(|| [Binding { kind: "tls-exporter", data }])
    };
    let mut channel = Channel::new(&account.host);
    channel.nonce = Some(nonce);
    channel.authority = Some((&account.host, account.port));
    channel.bindings = bind(&connection);
    let mut login = Login::new(credentials(account, secrets), channel, account.policy, vec![0; SASL_MEMORY])
        .with_server_notes(*notes);
    let outcome = loop {
        let progress = login.advance(&mut connection.client, &mut connection.tx);
        match progress.map_err(|error| Kind::Protocol.because("login", error))? {
            Progress::Pending => match connection.next()? {
                Some(event) => login.handle_event(&event),
                None => break Some(login.end_of_input()),
            },
            Progress::StartTls => {
                connection = connection.start_tls(tls, &account.host)?;
                channel.bindings = bind(&connection);
                login.set_channel(channel);
            }
            Progress::LoggedIn => break None,
            Progress::Failed(failure) => break Some(failure),
        }
    };
    *notes = login.server_notes();
    let words = match login.token_refusal() {
        Some(json) => String::from_utf8_lossy(json).escape_debug().to_string(),
        None => login.last_refusal_text().to_string(),
    };
    let all = secrets.all();
    let words = masked(words.as_bytes(), all.iter().map(|secret| secret.as_slice()));
    let words = String::from_utf8_lossy(&words).into_owned();
    Ok(outcome.map_or(Ok(connection), |failure| Err((failure, words))))
}

fn credentials<'c>(account: &'c Account, secrets: &'c Secrets) -> Credentials<'c> {
    let secret = |text: &'c zeroize::Zeroizing<String>| Secret::new(text.as_bytes());
    let mut credentials = Credentials::anonymous();
    credentials.name = &account.user;
    credentials.password = secrets.password.as_ref().map(secret);
    credentials.token = secrets.token.as_ref().map(secret);
    credentials.certificate = account.options.cert.is_some();
    if credentials.certificate && credentials.password.is_none() && !account.user.is_empty() {
        credentials.acting_as = Some(&account.user);
    }
    if !account.is_anonymous() {
        credentials.trace = None;
    }
    credentials
}

/// A nonce, new for every login.
fn nonce() -> Result<Nonce, Failure> {
    let mut random = [0; 18];
    getrandom::fill(&mut random).map_err(|error| Kind::Login.because("random numbers", error))?;
    Ok(Nonce::new(random))
}

fn told(failure: login::Failure, words: &str) -> Failure {
    let kind = match failure.reason {
        Reason::Greeting | Reason::Closed => Kind::Network,
        _ => Kind::Login,
    };
    match words {
        "" => kind.because("login", failure),
        _ => kind.because("login", format_args!("{failure}; the server says: {words}")),
    }
}
