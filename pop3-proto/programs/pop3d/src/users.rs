//! Who may log in, under which names, and whom those who may not look like.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use pop3_programs_common::plain;
use pop3_programs_common::text::{self, Text};
use pop3_proto::sasl::prepare;
use pop3_proto::sasl::scram::Hash;

use crate::settings::{Case, Login};
use crate::user::User;
use crate::{crypto, owned};

/// The longest passwd file, in octets.
const LONGEST: u64 = 64 * 1024 * 1024;

#[derive(Default)]
pub(crate) struct Users {
    by_name: HashMap<String, Arc<User>>,
    /// The users who have our domain in their names, by what stands before it.
    of_domain: HashMap<String, String>,
    first: String,
    domain: Option<String>,
    fold: bool,
    /// The users in the order of a keyed hash of their names; see [`find`](Self::find).
    ring: Vec<([u8; 32], Arc<User>)>,
    secret: [u8; 32],
}

/// What is found under a name that a client says.
pub(crate) struct Found {
    /// The name of the user, if there is one, or under which there would be one.
    pub(crate) name: String,
    /// The user, or one who takes as long to check and has the same kinds of credentials.
    pub(crate) user: Arc<User>,
    /// Whether there is such a user. If not, every check fails at its end.
    pub(crate) exists: bool,
}

impl Users {
    pub(crate) fn new(login: &Login) -> Self {
        Self { domain: login.domain.clone(), fold: login.case == Case::Fold, ..Self::default() }
    }

    /// Adds a user from `NAME:PASSWORD`.
    pub(crate) fn add_plain(&mut self, text: &str) -> anyhow::Result<()> {
        let (name, password) = text.split_once(':').context("expected NAME:PASSWORD")?;
        self.add(name, User::with_password(password)?)
    }

    /// Reads lines of `NAME:FIELD FIELD ...`.
    pub(crate) fn read(&mut self, path: &Path) -> anyhow::Result<()> {
        let file = plain::open(path).with_context(|| path.display().to_string())?;
        owned::check(&file).with_context(|| path.display().to_string())?;
        let text = Text::new(path.display(), text::octets_of(file, path.display(), LONGEST)?)?;
        for (number, line) in text.lines() {
            if !line.trim().is_empty() && !line.starts_with('#') {
                self.add_line(line).map_err(|error| text.error(number, format!("{error:#}")))?;
            }
        }
        Ok(())
    }

    fn add_line(&mut self, line: &str) -> anyhow::Result<()> {
        let (name, fields) = line.split_once(':').context("expected NAME:FIELD FIELD ...")?;
        self.add(name, User::of_fields(name, fields)?)
    }

    fn add(&mut self, name: &str, user: User) -> anyhow::Result<()> {
        let prepared = prepare(name).with_context(|| format!("{name:?} cannot be a user name"))?;
        // The name may become the name of a folder.
        let fits = !prepared.contains(['/', '\0']) && !prepared.starts_with('.');
        anyhow::ensure!(fits, "{name:?} cannot be a folder name");
        // Such files are made beside an mbox.
        let is_ours = [".lock", ".new"].into_iter().any(|end| prepared.ends_with(end));
        anyhow::ensure!(!is_ours, "{name:?} is like the name of a file that goes with an mbox");
        if self.first.is_empty() {
            name.clone_into(&mut self.first);
        }
        let key = self.folded(&prepared);
        let local = self.without_domain(&key).map(str::to_owned);
        let same = local.and_then(|local| self.of_domain.insert(local, key.clone()));
        anyhow::ensure!(
            self.by_name.insert(key, Arc::new(user)).is_none() && same.is_none(),
            "there is a user {name:?} already{}",
            if self.fold { " (login.case is \"fold\")" } else { "" }
        );
        Ok(())
    }

    /// Puts the users into their order, once all are there.
    pub(crate) fn arrange(&mut self, secret: [u8; 32]) {
        self.secret = secret;
        let place = |(name, user): (&String, &Arc<User>)| (self.place(name), user.clone());
        let mut ring: Vec<_> = self.by_name.iter().map(place).collect();
        ring.sort_by_key(|(place, _)| *place);
        self.ring = ring;
    }

    fn place(&self, name: &str) -> [u8; 32] {
        crypto::sha256([b"place".as_slice(), &self.secret, name.as_bytes()])
    }

    /// All names, in their order.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.by_name.keys().cloned().collect();
        names.sort();
        names
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The first user, for the example that pop3d prints at the start.
    pub(crate) fn first(&self) -> &str {
        &self.first
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<User>> {
        self.by_name.get(name)
    }

    /// The user whom a client means, prepared. If there is no such user, somebody stands in, always the same one
    /// for the same name: the next in the order of the ring. So names that do not exist have the costs, counts
    /// and fields that the users have, each as often as they have them, and that stays so when users come and
    /// go.
    pub(crate) fn find(&self, said: &str) -> Found {
        let name = self.name_of(said);
        let place = self.place(&name);
        let next = self.ring.partition_point(|(other, _)| *other < place);
        let stand_in = self.ring.get(next).or_else(|| self.ring.first()).map(|(_, user)| user);
        let user = self.by_name.get(&name);
        let exists = user.is_some();
        // One of them is cloned, not each.
        Found { name, user: user.or(stand_in).cloned().unwrap_or_default(), exists }
    }

    /// The name under which the user is stored that a client means. With or without our domain, in upper or lower
    /// case, that is one user. If there is one with the domain and one without, the client means the one whose name
    /// it sent; if there is neither, the name without the domain is returned. Not for names that are proved already,
    /// such as that of the owner of a token.
    pub(crate) fn name_of(&self, said: &str) -> String {
        let said = self.folded(said);
        match self.without_domain(&said) {
            Some(local) => self.of_domain.get(local).cloned().unwrap_or_else(|| local.to_owned()),
            None if self.by_name.contains_key(&said) => said,
            None => self.of_domain.get(&said).cloned().unwrap_or(said),
        }
    }

    /// What stands for a name where a salt is made for it: the same for all names that could be one user, so that
    /// the salts do not show which of them there are.
    pub(crate) fn salted<'n>(&self, name: &'n str) -> &'n str {
        self.without_domain(name).unwrap_or(name)
    }

    /// However often it is there: with a rest that is no user's name, salts would show who is one.
    fn without_domain<'n>(&self, name: &'n str) -> Option<&'n str> {
        let (local, domain) = name.rsplit_once('@')?;
        let ours = self.domain.as_ref()?;
        let is_ours = !local.is_empty() && domain.eq_ignore_ascii_case(ours);
        is_ours.then(|| self.without_domain(local).unwrap_or(local))
    }

    fn folded(&self, name: &str) -> String {
        if self.fold { name.to_lowercase() } else { name.to_owned() }
    }

    /// The user who has the certificate with this SHA-256.
    pub(crate) fn by_cert(&self, digest: &[u8; 32]) -> Option<&str> {
        self.by_name.iter().find(|(_, user)| user.certs.contains(digest)).map(|(name, _)| name.as_str())
    }

    pub(crate) fn by_token(&self, digest: &[u8; 32]) -> Option<&str> {
        self.by_name.iter().find(|(_, user)| user.tokens.contains(digest)).map(|(name, _)| name.as_str())
    }

    /// Whether a mechanism works for the users there are. Clients take the strongest mechanism on offer and
    /// try no other, so one that fails for some users would lock them out. Tokens are different: users may
    /// have them besides a password.
    pub(crate) fn can_use(&self, mechanism: &str) -> bool {
        let mut users = self.by_name.values();
        match mechanism.trim_end_matches("-PLUS") {
            "APOP" | "CRAM-MD5" => users.all(|user| user.secret().is_some()),
            "SCRAM-SHA-1" => users.all(|user| user.secret().is_some() || user.keys(Hash::Sha1).is_some()),
            "SCRAM-SHA-256" => users.all(|user| user.secret().is_some() || user.keys(Hash::Sha256).is_some()),
            "OAUTHBEARER" | "XOAUTH2" => users.any(|user| !user.tokens.is_empty()),
            _ => true,
        }
    }

    /// Whether some salts are stored, and so outlive a restart.
    pub(crate) fn has_stored_keys(&self) -> bool {
        let has = |user: &Arc<User>| [Hash::Sha1, Hash::Sha256].iter().any(|hash| user.keys(*hash).is_some());
        self.by_name.values().any(has)
    }

    /// The longest LOGIN-DELAY, and whether some users have a delay of their own.
    pub(crate) fn longest_delay(&self, general: Duration) -> (Duration, bool) {
        let own = self.by_name.values().filter_map(|user| user.delay);
        let longest = own.clone().fold(general, Duration::max);
        (longest, own.into_iter().any(|delay| delay != general))
    }
}
