//! Checks credentials: answers every question that a mechanism asks about the users.

use pop3_proto::sasl::prepare;
use pop3_proto::sasl::scram::{Hash, Keys};
use pop3_proto::sasl::server::{Answer, Cause, Engine, Step};
use pop3_proto::{ApopDigest, Base64};
use zeroize::Zeroizing;

use crate::app::App;
use crate::session::Server;
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
}

/// Checks USER and PASS. Returns the name if both are right.
pub(crate) async fn password(app: &App, name: &[u8], password: &[u8]) -> Option<String> {
    let name = prepare(std::str::from_utf8(name).ok()?)?;
    let password = prepare(std::str::from_utf8(password).ok()?)?;
    check_password(app, &name, password.as_bytes()).await
}

/// Checks APOP.
pub(crate) fn apop(app: &App, server: &Server, digest: &ApopDigest) -> Option<String> {
    let name = prepare(std::str::from_utf8(server.user()?).ok()?)?;
    let name = app.settings.login.local_part(&name);
    let secret = app.users.get(name).and_then(|user| user.secret());
    server.apop_matches(digest, secret).then(|| name.to_owned())
}

/// Goes on with AUTH, from a response of the client to the next challenge or to the end.
pub(crate) async fn exchange<E: Engine + Send>(
    app: &App,
    engine: &mut E,
    response: Option<Base64<'_>>,
) -> Next {
    let login = &app.settings.login;
    let mut refused = false;
    let mut step = engine.step(response);
    loop {
        let (keys, stored_name);
        let answer = match step {
            Step::Challenge(data) if refused => return Next::Failed(data.to_vec()),
            Step::Challenge(data) => return Next::Challenge(data.to_vec()),
            Step::Done { name } => return Next::In(login.local_part(name).to_owned()),
            Step::Anonymous { .. } => return Next::Guest,
            Step::CheckPassword { name, password } => {
                Answer::Password(check_password(app, name, password.expose()).await.is_some())
            }
            Step::FindSecret { name } => {
                let user = app.users.get(login.local_part(name));
                Answer::Secret(user.and_then(|user| user.secret()))
            }
            Step::FindKeys { name, hash } => {
                let name = login.local_part(name);
                stored_name = name.to_owned();
                keys = find_keys(app, name, hash).await;
                keys.as_ref().map_or(Answer::Nobody(&stored_name), |keys| Answer::Keys(Some(keys)))
            }
            Step::CheckToken { token, .. } => {
                let digest = crypto::sha256([token.expose()]);
                let whose = app.users.by_token(&digest);
                refused = whose.is_none();
                Answer::Token(whose.ok_or(INVALID_TOKEN))
            }
            // Nobody may act as somebody else here. A name with our domain and the name without it are the
            // same user.
            Step::Authorize { name, acting_as } => {
                Answer::Authorized(login.local_part(name) == login.local_part(acting_as))
            }
            Step::Failed(cause) => return Next::No(Some(cause)),
            // A question that a later version of the crate may add.
            _ => return Next::No(None),
        };
        step = engine.answer(answer);
    }
}

async fn check_password(app: &App, name: &str, password: &[u8]) -> Option<String> {
    let name = app.settings.login.local_part(name);
    let user = app.users.get(name);
    let secret = user.and_then(|user| user.secret());
    let hash = user.and_then(|user| user.argon2());
    // If any user has a hash, every check computes one, so that the time does not show whether a user exists.
    let hashed = match hash.or(app.nobody.as_deref()) {
        Some(any) => is_password_of(app, password, any).await & hash.is_some(),
        None => false,
    };
    let same = secret.is_some_and(|secret| crypto::sha256([secret.expose()]) == crypto::sha256([password]));
    (hashed | same).then(|| name.to_owned())
}

async fn is_password_of(app: &App, password: &[u8], hash: &str) -> bool {
    let (password, hash) = (Zeroizing::new(password.to_vec()), hash.to_owned());
    app.workers.run(move || passwords::is_password_of(&password, &hash)).await.unwrap_or(false)
}

async fn find_keys(app: &App, name: &str, hash: Hash) -> Option<Keys> {
    let user = app.users.get(name)?.clone();
    if let Some(keys) = user.keys(hash) {
        return Some(keys.clone());
    }
    let salt = crypto::sha256([hash.mechanism().as_bytes(), &app.tls.secret, name.as_bytes()]);
    app.workers.run(move || user.made_keys(hash, salt.first_chunk::<16>()?).cloned()).await?
}
