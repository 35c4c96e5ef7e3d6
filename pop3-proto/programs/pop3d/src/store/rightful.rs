//! To whom a maildrop may belong in a folder where everybody may put files.

use std::sync::OnceLock;

use nix::unistd::User;

use super::facts::{is_root, is_trusted};

/// The user of the system whose files are mail of one maildrop, where the owner of the folder does not tell it.
pub(crate) struct Rightful {
    name: String,
    known: OnceLock<Option<u32>>,
}

impl Rightful {
    /// That of the user of this name. Without `uid` it is the user of the system who has the same name.
    pub(crate) fn of(name: &str, uid: Option<u32>) -> Self {
        let known = OnceLock::new();
        if uid.is_some() {
            let _ = known.set(uid);
        }
        Self { name: name.to_owned(), known }
    }

    /// Why files of a user of the system are not mail of this maildrop. It may ask a service for the names of
    /// users, so call it where it may take time.
    pub(super) fn objection(&self, owner: u32) -> Option<String> {
        let rightful = match self.known.get() {
            Some(known) => *known,
            None => match User::from_name(&self.name) {
                Ok(found) => *self.known.get_or_init(|| found.map(|user| user.uid.as_raw())),
                Err(error) => return Some(format!("who {:?} is on this system: {error}", self.name)),
            },
        };
        match rightful {
            Some(uid) if uid == owner => None,
            Some(uid) => Some(format!(
                "it belongs to user {owner}, but the mail of {:?} to user {uid}, and everybody may write to \
                 its folder; if it is theirs, a field {{UID}}{owner} in the passwd file says so",
                self.name
            )),
            // Nobody else can have been meant: this process can read nothing but its own files.
            None if is_trusted(owner) && !is_root(owner) => None,
            None => Some(format!(
                "everybody may write to its folder, and no user of the system has the name {:?}; `chmod o-w` \
                 of the folder mends that, or a field {{UID}}{owner} in the passwd file",
                self.name
            )),
        }
    }
}
