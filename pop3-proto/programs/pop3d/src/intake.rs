//! The commands that put mail into the database: `deliver` and `import`.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use pop3_programs_common::console;
use pop3_proto::MsgNo;
use pop3_proto::server::Index as _;

use crate::app::App;
use crate::languages;
use crate::settings::{At, Kind, Place, Settings};
use crate::store::{Sql, Standard, Store};
use crate::users::Users;

/// What delivery agents understand (sysexits): no such user, and try again later.
const NO_USER: u8 = 67;
const TRY_AGAIN: u8 = 75;

/// The store and the users of the settings.
struct Intake {
    sql: Sql,
    users: Users,
    settings: Settings,
}

impl Intake {
    async fn new(settings: Settings, command: &str) -> anyhow::Result<Self> {
        let Some(Place::Database(database)) = &settings.store else {
            anyhow::bail!("{command}: the store is no database; name one with --store or store.url");
        };
        let sql = Sql::new(database, Duration::from_secs(settings.limits.files.max(1)))?;
        sql.prepare().await.context("the tables of the database")?;
        let users = App::users(&settings)?;
        Ok(Self { sql, users, settings })
    }

    /// The name under which mail for that user is stored.
    async fn user(&self, said: &str) -> anyhow::Result<Option<String>> {
        let name = self.users.name_of(said);
        if self.users.get(&name).is_some() {
            return Ok(Some(name));
        }
        let found = self.sql.find_user(&name).await?;
        Ok(found.filter(|(found, _)| *found == name).map(|(found, _)| found))
    }
}

/// Puts the message on standard input into the maildrop of that user.
pub(crate) async fn deliver(settings: Settings, user: &str) -> ExitCode {
    let delivered = async {
        let intake = Intake::new(settings, "deliver").await?;
        let Some(name) = intake.user(user).await? else { return Ok(false) };
        intake.sql.deliver(&name, &mut Standard::new()).await.map(|()| true)
    };
    match delivered.await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            console::err(format_args!("pop3d: deliver: no user {user:?}"));
            ExitCode::from(NO_USER)
        }
        Err(error) => {
            let error: anyhow::Error = error;
            console::err(format_args!("pop3d: deliver: {error:#}"));
            ExitCode::from(TRY_AGAIN)
        }
    }
}

/// Copies Maildirs into the database, with their unique-ids. Nothing is removed from them, and what was copied before
/// is not copied again.
pub(crate) async fn import(settings: Settings, maildir: &str, names: &[String]) -> anyhow::Result<()> {
    let by_user = maildir.contains("%u");
    anyhow::ensure!(by_user || names.len() == 1, "import: without %u in the path one user has to be named");
    let intake = Intake::new(settings, "import").await?;
    let place = Place::Files(Kind::Maildir, At::argument("MAILDIR", maildir.to_owned()));
    let patience = Duration::from_secs(intake.settings.limits.files.max(1));
    let from = Store::new(Some(&place), intake.settings.links, patience)?;
    let names = if names.is_empty() { intake.users.names() } else { names.to_vec() };
    anyhow::ensure!(!names.is_empty(), "import: no user is named, and there is no file of users");
    for said in names {
        let name = intake.user(&said).await?.with_context(|| format!("import: no user {said:?}"))?;
        let (copied, known) = copy(&intake, &from, &name).await.with_context(|| format!("import: {name}"))?;
        console::out(format_args!("{name}: {copied} messages, and {known} that were there"))?;
    }
    Ok(())
}

async fn copy(intake: &Intake, from: &Store, name: &str) -> anyhow::Result<(u32, u32)> {
    let owner = intake.users.get(name).and_then(|user| user.uid);
    let opened = from.open(name, owner, languages::ALL[0].texts).await;
    let mailbox = opened.map_err(|refusal| match refusal.error {
        Some(error) => error,
        None => anyhow::anyhow!("{}", refusal.text),
    })?;
    let (mut copied, mut known) = (0, 0);
    for number in (1..=mailbox.len()).filter_map(MsgNo::new) {
        let uid = String::from_utf8_lossy(mailbox.uid(number).as_bytes()).into_owned();
        let mut message = mailbox.message(number).await?;
        match intake
            .sql
            .import(name, &uid, &mut message)
            .await
            .with_context(|| format!("message {number}"))?
        {
            true => copied += 1,
            false => known += 1,
        }
    }
    Ok((copied, known))
}
