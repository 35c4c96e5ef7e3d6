//! Accounts and their maildrops, in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pop3_proto::dot::wire_size;
use pop3_proto::server::Index;
use pop3_proto::{MsgNo, Secret, Uid, UidBuf};

/// All accounts. A test can add accounts and messages while the server runs, and look at what is left.
#[derive(Default)]
pub(crate) struct Accounts(Mutex<HashMap<String, Account>>);

#[derive(Default)]
struct Account {
    password: String,
    token: Option<String>,
    messages: Vec<Message>,
    /// How many messages ever arrived: a unique-id is not used again (RFC 1939 section 7).
    arrived: u64,
    /// A session has the maildrop open (RFC 1939 section 4).
    is_open: bool,
}

/// A message as it is stored.
#[derive(Clone)]
pub(crate) struct Message {
    uid: UidBuf,
    pub(crate) text: Arc<[u8]>,
}

impl Accounts {
    /// Adds an account, or replaces it.
    pub(crate) fn add(&self, name: &str, password: &str, token: Option<&str>) {
        let (password, token) = (password.to_owned(), token.map(str::to_owned));
        self.lock().insert(name.to_owned(), Account { password, token, ..Account::default() });
    }

    /// Puts a message into a maildrop. A session that has it open does not see the message.
    pub(crate) fn deliver(&self, name: &str, text: &[u8]) {
        if let Some(account) = self.lock().get_mut(name) {
            account.arrived += 1;
            let uid = UidBuf::new(account.arrived.to_string().as_bytes()).expect("digits are a unique-id");
            account.messages.push(Message { uid, text: text.into() });
        }
    }

    /// The messages that are in a maildrop now.
    pub(crate) fn messages(&self, name: &str) -> Vec<Message> {
        self.lock().get(name).map(|account| account.messages.clone()).unwrap_or_default()
    }

    pub(crate) fn is_password(&self, name: &str, given: Secret<'_>) -> bool {
        let accounts = self.lock();
        accounts.get(name).is_some_and(|account| given.matches(Secret::new(account.password.as_bytes())))
    }

    /// Whose token this is.
    pub(crate) fn owner(&self, given: Secret<'_>) -> Option<String> {
        let accounts = self.lock();
        let mut tokens = accounts.iter().filter_map(|(name, account)| Some((name, account.token.as_ref()?)));
        tokens.find(|(_, token)| given.matches(Secret::new(token.as_bytes()))).map(|(name, _)| name.clone())
    }

    /// Opens a maildrop, unless another session has it open.
    pub(crate) fn open(&self, name: &str) -> Option<Maildrop<'_>> {
        let mut accounts = self.lock();
        let account = accounts.get_mut(name).filter(|account| !account.is_open)?;
        account.is_open = true;
        Some(Maildrop { accounts: self, name: name.to_owned(), messages: account.messages.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Account>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The messages as they were at the login, and the lock on the maildrop.
pub(crate) struct Maildrop<'a> {
    accounts: &'a Accounts,
    name: String,
    messages: Vec<Message>,
}

impl Maildrop<'_> {
    pub(crate) fn text(&self, n: MsgNo) -> Option<Arc<[u8]>> {
        self.messages.get(n.index()).map(|message| message.text.clone())
    }

    pub(crate) fn remove(&self, numbers: &[MsgNo]) {
        let gone: Vec<Uid<'_>> = numbers.iter().map(|n| self.uid(*n)).collect();
        if let Some(account) = self.accounts.lock().get_mut(&self.name) {
            account.messages.retain(|message| !gone.contains(&message.uid.as_uid()));
        }
    }
}

impl Index for Maildrop<'_> {
    fn len(&self) -> u32 {
        u32::try_from(self.messages.len()).unwrap_or(u32::MAX)
    }

    fn octets(&self, n: MsgNo) -> u64 {
        self.messages.get(n.index()).map_or(0, |message| wire_size(&message.text))
    }

    fn uid(&self, n: MsgNo) -> Uid<'_> {
        const NONE: Uid<'_> = Uid::new(b"none").unwrap();
        self.messages.get(n.index()).map_or(NONE, |message| message.uid.as_uid())
    }
}

impl Drop for Maildrop<'_> {
    fn drop(&mut self) {
        if let Some(account) = self.accounts.lock().get_mut(&self.name) {
            account.is_open = false;
        }
    }
}
