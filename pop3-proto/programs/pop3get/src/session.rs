//! Logs an account in, with as many connections as that takes.

use std::cell::OnceCell;
use std::sync::Arc;

use pop3_proto::Secret;
use pop3_proto::client::RefusalKind;
use pop3_proto::limits::SASL_MEMORY;
use pop3_proto::login::{self, Login, Progress, Reason, ServerNotes};
use pop3_proto::sasl::client::Credentials;
use pop3_proto::sasl::{Binding, Channel, Nonce};
use rustls::ClientConfig;

use crate::account::Account;
use crate::connection::Connection;
use crate::failure::{Failure, Kind, reason_of};
use crate::limits::Limits;
use crate::secrets::Secrets;
use crate::transcript::Transcript;

/// The most connections in a row. Each that fails has shown something about the server, which the next one
/// uses.
const CONNECTIONS: u32 = 4;

pub(crate) fn open(
    account: &Account,
    secrets: &Secrets,
    tls: &Arc<ClientConfig>,
    transcript: Option<&std::path::Path>,
    limits: Limits,
) -> Result<Connection, Failure> {
    let mut notes = ServerNotes::default();
    for round in 1.. {
        let title = format!("pop3get: {}, connection {round}", account.name);
        let transcript = transcript.map(|path| Transcript::create(path, &title, secrets));
        let transcript = transcript.transpose().map_err(|error| Kind::Disk.because("--transcript", error))?;
        let connection = Connection::open(account, secrets, tls, transcript, limits)?;
        match log_in(account, secrets, tls, connection, &mut notes)? {
            Ok(connection) => return Ok(connection),
            Err((failure, _)) if failure.retry.is_some() && round < CONNECTIONS => {}
            Err((failure, words)) => return Err(told(failure, &words, secrets)),
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
        // Some servers greet with several lines. None of them must pass for the answer to the next command.
        if connection.is_new() {
            connection.skip_unasked()?;
        }
        let progress = login.advance(&mut connection.client, &mut connection.tx);
        match progress.map_err(|error| Kind::Protocol.because("login", error))? {
            Progress::Pending => match connection.next() {
                Ok(Some(event)) => login.handle_event(&event),
                Ok(None) => {
                    let refused = login.end_of_input();
                    if connection.awaits_greeting() {
                        return Err(connection.ended());
                    }
                    break Some(refused);
                }
                Err(failure) => match connection.judged_by(&mut login) {
                    Some(judged) => break Some(judged),
                    None => return Err(failure),
                },
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
    // What the login keeps of the words may be cut; the connection has them whole.
    let words = match login.token_refusal() {
        Some(json) => connection.shown(json),
        None if login.last_refusal_text().as_bytes().is_empty() => connection.goodbye(),
        None => connection.refusal(),
    };
    Ok(outcome.map_or(Ok(connection), |failure| Err((failure, words))))
}

fn credentials<'c>(account: &'c Account, secrets: &'c Secrets) -> Credentials<'c> {
    let secret = |octets: &'c zeroize::Zeroizing<Vec<u8>>| Secret::new(octets);
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

fn told(failure: login::Failure, words: &str, secrets: &Secrets) -> Failure {
    let later = matches!(failure.kind, RefusalKind::Busy | RefusalKind::Later);
    let kind = match failure.reason {
        Reason::Greeting | Reason::Refused(_) if later => Kind::Later,
        Reason::ClosedDuring(_) if later => Kind::Network,
        Reason::Greeting | Reason::Closed | Reason::Silent | Reason::SilentDuring(_) => Kind::Network,
        Reason::Protocol(_) => Kind::Protocol,
        _ => Kind::Login,
    };
    let of_password = matches!(failure.kind, RefusalKind::Credentials | RefusalKind::Caller);
    let hint = if of_password { secrets.hint() } else { "" };
    let told = match words {
        "" => kind.because("login", format_args!("{failure}{hint}")),
        _ => kind.because("login", format_args!("{failure}{hint}; the server says: {words}")),
    };
    if kind == Kind::Network { told } else { told.with_reason(reason_of(failure.kind)) }
}
