//! `Mistakes`: counts what a client does wrong, and says when it is too much.

use crate::limits::Limits;

#[derive(Debug)]
pub(super) struct Mistakes {
    /// Bad commands in a row.
    commands: u16,
    /// Those of them that came before the login and have no verb of POP3.
    strange: u16,
    logins: u16,
}

impl Mistakes {
    pub(super) const NONE: Self = Self { commands: 0, strange: 0, logins: 0 };

    /// A bad command came. Returns whether it was one too many.
    pub(super) const fn bad_command(&mut self, strange: bool, limits: &Limits) -> bool {
        self.commands = self.commands.saturating_add(1);
        if !strange {
            return self.commands >= limits.max_errors();
        }
        self.strange = self.strange.saturating_add(1);
        self.strange >= limits.max_early_errors() || self.commands >= limits.max_errors()
    }

    /// A good command came.
    #[inline]
    pub(super) const fn forgive(&mut self) {
        self.commands = 0;
        self.strange = 0;
    }

    /// A login failed. Returns whether it was one too many.
    pub(super) const fn failed_login(&mut self, limits: &Limits) -> bool {
        self.logins = self.logins.saturating_add(1);
        self.logins >= limits.max_login_failures()
    }
}
