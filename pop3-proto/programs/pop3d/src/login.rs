//! Checks credentials: answers every question that a mechanism asks about the users. A name that does not exist
//! takes the same steps as one that does, with the fields of a user who stands in for it, and fails at the end.

use std::net::IpAddr;

use pop3_proto::sasl::prepare;
use pop3_proto::sasl::scram::{Hash, Keys};
use pop3_proto::sasl::server::{Answer, Cause, Engine, Step};
use pop3_proto::{ApopDigest, Base64};
use zeroize::Zeroizing;

use crate::app::App;
use crate::attempts::Attempt;
use crate::guard::network;
use crate::session::Server;
use crate::users::Found;
use crate::{crypto, passwords};

/// Tells a client that its token is not valid (RFC 7628 section 3.2.2).
const INVALID_TOKEN: &str = r#"{"status":"invalid_token","schemes":"bearer"}"#;

/// What follows from a response of the client.
pub(crate) enum Next {
    Challenge(Vec<u8>),
    /// The challenge tells the client that the login has failed. Whatever it answers, if it does, the login
    /// stays failed.
    Failed(Vec<u8>),
    In(String),
    Guest,
    /// The login has failed, with the cause if it is known.
    No(Option<Cause>),
    /// There were too many failures, so nothing was checked.
    Later,
    /// Nobody can say who the users are.
    Away(anyhow::Error),
}

/// Checks USER and PASS.
pub(crate) async fn password(
    app: &App,
    client: IpAddr,
    name: &[u8],
    password: &[u8],
    attempt: &mut Attempt,
) -> Next {
    let texts = [name, password].map(|text| std::str::from_utf8(text).ok().and_then(prepare));
    let [Some(name), Some(password)] = texts else { return Next::No(None) };
    let found = match app.find_user(&name).await {
        Ok(found) => found,
        Err(error) => return Next::Away(error),
    };
    let Some(begun) = app.attempts.begin(client, Some(&found.name)).await else { return Next::Later };
    *attempt = begun;
    if is_password(app, client, &found, password.as_bytes()).await {
        Next::In(found.name)
    } else {
        Next::No(None)
    }
}

/// Checks APOP.
pub(crate) async fn apop(
    app: &App,
    client: IpAddr,
    server: &Server,
    digest: &ApopDigest,
    attempt: &mut Attempt,
) -> Next {
    let name = server.user().and_then(|name| std::str::from_utf8(name).ok()).and_then(prepare);
    let Some(name) = name else { return Next::No(None) };
    let found = match app.find_user(&name).await {
        Ok(found) => found,
        Err(error) => return Next::Away(error),
    };
    let Some(begun) = app.attempts.begin(client, Some(&found.name)).await else { return Next::Later };
    *attempt = begun;
    let right = server.apop_matches(digest, found.user.secret());
    if right & found.exists { Next::In(found.name) } else { Next::No(None) }
}

/// Goes on with AUTH, from a response of the client to the next challenge or to the end.
pub(crate) async fn exchange<E: Engine + Send>(
    app: &App,
    client: IpAddr,
    engine: &mut E,
    response: Option<Base64<'_>>,
    attempt: &mut Attempt,
) -> Next {
    let mut refused = false;
    let mut step = engine.step(response);
    loop {
        let (found, keys);
        // An attempt begins with the first question about a user.
        let said = match &step {
            Step::CheckPassword { name, .. } | Step::FindSecret { name } | Step::FindKeys { name, .. } => {
                Some(Some(*name))
            }
            Step::CheckToken { name, .. } => Some(*name),
            _ => None,
        };
        let said = match said {
            Some(Some(name)) => match app.find_user(name).await {
                Ok(found) => Some(Some(found)),
                Err(error) => return Next::Away(error),
            },
            Some(None) => Some(None),
            None => None,
        };
        if let Some(said) = &said {
            let user = said.as_ref().map(|found| found.name.as_str());
            let Some(begun) = app.attempts.begin(client, user).await else { return Next::Later };
            *attempt = begun;
        }
        let answer = match (step, said.flatten()) {
            (Step::Challenge(data), _) if refused => return Next::Failed(data.to_vec()),
            (Step::Challenge(data), _) => return Next::Challenge(data.to_vec()),
            (Step::Done { name }, _) => {
                // The name that was checked, which may not be spelt as the client spells it.
                return Next::In(attempt.proved.take().unwrap_or_else(|| name.to_owned()));
            }
            (Step::Anonymous { .. }, _) => return Next::Guest,
            (Step::CheckPassword { password, .. }, Some(user)) => {
                let right = is_password(app, client, &user, password.expose()).await;
                attempt.proved = Some(user.name);
                Answer::Password(right)
            }
            (Step::FindSecret { .. }, Some(user)) => {
                found = user;
                attempt.proved = Some(found.name.clone());
                Answer::Secret(found.user.secret().filter(|_| found.exists))
            }
            (Step::FindKeys { hash, .. }, Some(user)) => {
                found = user;
                attempt.proved = Some(found.name.clone());
                keys = find_keys(app, client, &found, hash).await;
                if found.exists {
                    Answer::Keys(keys.as_ref())
                } else {
                    Answer::Nobody { stored_name: app.users.salted(&found.name), like: keys.as_ref() }
                }
            }
            (Step::CheckToken { token, .. }, user) => {
                let digest = crypto::sha256([token.expose()]);
                let own = user.filter(|user| user.exists && user.user.tokens.contains(&digest));
                let whose = app.users.by_token(&digest).map(str::to_owned);
                attempt.proved = whose.or(own.map(|user| user.name));
                refused = attempt.proved.is_none();
                Answer::Token(attempt.proved.as_deref().ok_or(INVALID_TOKEN))
            }
            // Nobody may act as somebody else here. But a user may have several names, and a client may say any of
            // them.
            (Step::Authorize { name, acting_as }, _) => {
                let proved = attempt.proved.get_or_insert_with(|| name.to_owned());
                Answer::Authorized(app.users.name_of(acting_as) == *proved)
            }
            (Step::Failed(cause), _) => return Next::No(Some(cause)),
            // A question that a later version of the crate may add.
            _ => return Next::No(None),
        };
        step = engine.answer(answer);
    }
}

async fn is_password(app: &App, client: IpAddr, found: &Found, password: &[u8]) -> bool {
    let hashed = match found.user.argon2() {
        Some(hash) => is_password_of(app, client, password, hash).await,
        None => false,
    };
    let secret = found.user.secret();
    let same = secret.is_some_and(|secret| crypto::sha256([secret.expose()]) == crypto::sha256([password]));
    (hashed | same) & found.exists
}

async fn is_password_of(app: &App, client: IpAddr, password: &[u8], hash: &str) -> bool {
    let (password, hash) = (Zeroizing::new(password.to_vec()), hash.to_owned());
    app.workers
        .run(network(client), move || passwords::is_password_of(&password, &hash))
        .await
        .unwrap_or(false)
}

async fn find_keys(app: &App, client: IpAddr, found: &Found, hash: Hash) -> Option<Keys> {
    if let Some(keys) = found.user.keys(hash) {
        return Some(keys.clone());
    }
    let name = app.users.salted(&found.name);
    let salt = crypto::sha256([hash.mechanism().as_bytes(), &app.secret, name.as_bytes()]);
    let user = found.user.clone();
    app.workers.run(network(client), move || user.make_keys(hash, salt.first_chunk::<16>()?)).await?
}
