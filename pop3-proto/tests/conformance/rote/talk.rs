//! What the rote client says.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use pop3_proto::conformance::{Door, Job, Task, Wish};
use pop3_proto::url::{Auth, Url};

use super::talk_login::MECHANISMS;
use super::wire::{Peer, Wire};

/// Why a run ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    Closed,
    Silent,
    /// What came is no reply.
    Form,
    Tls,
    Refused,
    /// The client itself gives up.
    GivesUp,
    Crash,
}

/// What binds a login to a TLS session.
pub(crate) const EXPORTER: &[u8] = &[9; 32];

/// What stays between runs.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) stored: Vec<Vec<u8>>,
    /// Unique-ids, each with what has the id.
    pub(crate) known: BTreeMap<Vec<u8>, BTreeSet<Vec<u8>>>,
    /// What is stored after QUIT only.
    pub(crate) late: Vec<Vec<u8>>,
    pub(crate) thought_gone: BTreeSet<Vec<u8>>,
    pub(crate) no_password: bool,
}

/// One run.
pub(crate) struct Talk {
    pub(crate) wire: Rc<RefCell<Wire>>,
    pub(crate) memory: Rc<RefCell<Memory>>,
    pub(crate) faults: Rc<BTreeSet<&'static str>>,
    pub(crate) task: Task,
}

/// A status line.
pub(crate) struct Status {
    pub(crate) ok: bool,
    pub(crate) raw: Vec<u8>,
}

/// A connection with what is known of it.
pub(crate) struct Pop {
    pub(crate) peer: Peer,
    pub(crate) list: Vec<String>,
    pub(crate) greeting: Vec<u8>,
    pub(crate) secured: bool,
}

pub(crate) fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

impl Talk {
    pub(crate) fn has(&self, fault: &str) -> bool {
        self.faults.contains(fault)
    }

    pub(crate) async fn run(mut self) -> Result<(), Lost> {
        self.read_url()?;
        let bad = |text: &str| text.contains(['\r', '\n', '\0']);
        let secrets = bad(&self.task.user) || bad(&self.task.password);
        if secrets && !self.has("any-secret") || self.memory.borrow().no_password {
            return Err(Lost::GivesUp);
        }
        if self.task.job == Job::Poll {
            return self.poll().await;
        }
        match self.session().await.map(drop) {
            Err(Lost::Tls) if self.has("falls-back") => {
                let peer = Peer::connect(&self.wire, Door::Clear);
                peer.line().await?;
                peer.say(format!("USER {}\r\n", self.task.user));
                Err(Lost::GivesUp)
            }
            Err(Lost::Closed) if self.has("comes-back-to-delete") => {
                let mut pop = self.connect().await?;
                super::talk_login::login(&self, &mut pop).await?;
                for number in 1..=6 {
                    self.ask(&pop, format!("DELE {number}")).await?;
                }
                self.ask(&pop, "QUIT").await?;
                Ok(())
            }
            other => other,
        }
    }

    /// Takes name and method from the URL, if there is one.
    fn read_url(&mut self) -> Result<(), Lost> {
        let Some(text) = self.task.url.as_ref().map(|url| url.replace("{host}:{port}", "localhost:110"))
        else {
            return Ok(());
        };
        if self.has("injects") && text.contains("%0D%0A") {
            self.task.user = "tester\r\nDELE 1".into();
            self.task.method = Some("USER");
            return Ok(());
        }
        let relative = text.starts_with("//") && self.has("relative-urls");
        let text = if relative { format!("pop:{text}") } else { text };
        let url = Url::parse(&text).map_err(|_| Lost::GivesUp)?;
        match &url.user {
            Some(user) => self.task.user = user.to_string(),
            None if self.has("guesses-names") => {}
            None => return Err(Lost::GivesUp),
        }
        if self.has("decodes-twice") {
            self.task.user = self.task.user.replace("%41", "A");
        }
        if self.has("latin-1-names") {
            self.task.user = self.task.user.replace('\u{fc}', "u");
        }
        self.task.method = match &url.auth {
            _ if self.has("other-ways") => None,
            Auth::Apop => Some("APOP"),
            Auth::Mechanism(name) => {
                let known = MECHANISMS.into_iter().find(|known| known == name);
                Some(known.ok_or(Lost::GivesUp)?)
            }
            _ => None,
        };
        if self.has("any-wants-words") && url.auth == Auth::Any && text.contains("AUTH=*") {
            return Err(Lost::GivesUp);
        }
        Ok(())
    }

    /// Comes again each second, or as often as the server lets it.
    async fn poll(&self) -> Result<(), Lost> {
        loop {
            let pop = self.session().await?;
            let mut delays =
                pop.list.iter().filter_map(|line| line.strip_prefix("LOGIN-DELAY ")?.parse().ok());
            let delay = delays.next().filter(|_| !self.has("comes-too-soon")).unwrap_or(1);
            pop.peer.wait(Duration::from_secs(delay)).await;
        }
    }

    async fn session(&self) -> Result<Pop, Lost> {
        let mut pop = self.connect().await?;
        let result = async {
            super::talk_login::login(self, &mut pop).await?;
            super::talk_mail::mail(self, &mut pop).await
        };
        let result = result.await;
        if result.is_ok() {
            pop.peer.leave();
        }
        result.map(|()| pop)
    }

    async fn connect(&self) -> Result<Pop, Lost> {
        let door = if self.task.tls == Wish::Tls { Door::Tls } else { Door::Clear };
        let peer = Peer::connect(&self.wire, door);
        if self.has("old-tls") && door == Door::Tls {
            peer.say(b"\x16\x03\x01\x00\x01A");
        }
        if self.has("early") {
            peer.say("CAPA\r\n");
        }
        let mut pop = Pop { peer, list: Vec::new(), greeting: Vec::new(), secured: false };
        if door == Door::Tls {
            if let Err(lost) = pop.peer.secure().await {
                if self.has("old-tls") {
                    pop.peer.say(b"\x16\x03\x02\x00\x01A");
                    pop.peer.wait(Duration::from_secs(5)).await;
                }
                return Err(lost);
            }
            pop.secured = true;
        }
        pop.greeting = self.reply_line(&pop).await?;
        let welcome: &[u8] = if self.has("plus-greets") { b"+" } else { b"+OK" };
        if !pop.greeting.starts_with(welcome) && !self.has("any-greeting") {
            if pop.greeting.starts_with(b"-ERR") {
                pop.peer.say("QUIT\r\n");
            }
            return Err(Lost::Refused);
        }
        if self.has("no-bare-greeting") && pop.greeting == b"+OK\r\n" {
            return Err(Lost::Form);
        }
        if self.has("no-brackets") && pop.greeting.contains(&b'[') {
            return Err(Lost::Form);
        }
        self.short_enough(&pop.greeting)?;
        self.early_list(&pop);
        self.capa(&mut pop).await?;
        let wants = self.task.tls == Wish::Stls || self.task.tls == Wish::Unsaid && pop.offers("STLS");
        if wants && !(self.task.tls == Wish::Unsaid && self.has("never-encrypts")) {
            self.stls(&mut pop).await?;
        } else if self.task.tls == Wish::Unsaid && !self.has("clear-unasked") {
            return Err(Lost::GivesUp);
        }
        Ok(pop)
    }

    /// What came with the greeting is thrown away, unless the client takes it for replies.
    fn early_list(&self, pop: &Pop) {
        let rest = pop.peer.take_rest();
        if self.has("keeps-early") {
            pop.peer.put_back(rest);
        }
    }

    fn short_enough(&self, line: &[u8]) -> Result<(), Lost> {
        match line.len() {
            510.. if self.has("short-lines") => Err(Lost::Form),
            _ if self.has("crashes-at-octets") && line.contains(&0x1b) => Err(Lost::Crash),
            _ => {
                if self.has("prints") {
                    self.wire.borrow_mut().printed.extend_from_slice(line);
                }
                Ok(())
            }
        }
    }

    async fn reply_line(&self, pop: &Pop) -> Result<Vec<u8>, Lost> {
        let mut line = pop.peer.line().await?;
        if self.has("splits-lines") && line.len() > 512 {
            let tail = line.split_off(line.len() - "+OK 9 9\r\n".len());
            pop.peer.put_back(tail);
        }
        Ok(line)
    }

    pub(crate) async fn status(&self, pop: &Pop) -> Result<Status, Lost> {
        let raw = self.reply_line(pop).await?;
        self.short_enough(&raw)?;
        let small = raw.to_ascii_uppercase();
        let judged = if self.has("small-letters") { &small } else { &raw };
        let ok = judged.starts_with(b"+OK") || self.has("plus-is-ok") && raw.starts_with(b"+");
        let err = raw.starts_with(b"-ERR") || raw.starts_with(b"-err");
        if self.has("by-words") {
            return Ok(Status { ok: !text(&raw).contains("failed") && text(&raw).contains("OK"), raw });
        }
        if self.has("codes-matter") && raw.starts_with(b"+OK [") {
            return Err(Lost::Form);
        }
        if self.has("no-brackets") && raw.starts_with(b"+OK [") {
            return Err(Lost::Form);
        }
        if self.has("bare-is-none") && raw == b"+OK\r\n" {
            return Err(Lost::Form);
        }
        if !ok && !err && !self.has("any-line-is-ok") {
            return Err(Lost::Form);
        }
        if self.has("err-is-ok") {
            return Ok(Status { ok: true, raw });
        }
        if self.has("brackets-crash") && raw.starts_with(b"-ERR [maildrop") {
            return Err(Lost::Crash);
        }
        Ok(Status { ok: ok || !err, raw })
    }

    pub(crate) async fn ask(&self, pop: &Pop, command: impl AsRef<[u8]>) -> Result<Status, Lost> {
        self.say(pop, command);
        self.status(pop).await
    }

    pub(crate) fn say(&self, pop: &Pop, command: impl AsRef<[u8]>) {
        let mut line = command.as_ref().to_vec();
        match () {
            () if self.has("lf-only") => {}
            () if self.has("trailing-space") && line.starts_with(b"STAT") => line.extend_from_slice(b" \r"),
            () => line.push(b'\r'),
        }
        line.push(b'\n');
        pop.peer.say(line);
    }

    /// The lines of a multi-line reply, unstuffed, without their line ends.
    pub(crate) async fn lines(&self, pop: &Pop) -> Result<Vec<Vec<u8>>, Lost> {
        let mut lines = Vec::new();
        let mut octets = 0;
        loop {
            let line = pop.peer.line().await?;
            octets += line.len();
            if line == b".\r\n" {
                return Ok(lines);
            }
            if octets > 1 << 20 && !self.has("patient") {
                return Err(Lost::Form);
            }
            lines.push(line.strip_suffix(b"\r\n").unwrap_or(&line).to_vec());
        }
    }

    pub(crate) async fn capa(&self, pop: &mut Pop) -> Result<(), Lost> {
        if self.has("no-capa") {
            return Ok(());
        }
        let status = self.ask(pop, "CAPA").await?;
        pop.list.clear();
        if status.ok {
            for line in self.lines(pop).await? {
                let line = text(&line);
                if self.has("unknown-tags") && line.starts_with("X-FOO") {
                    return Err(Lost::Form);
                }
                pop.list.push(line);
            }
        } else if self.has("asks-for-mechanisms") {
            // The list that follows is not read.
            self.ask(pop, "AUTH").await?;
        } else if self.has("needs-capa") {
            return Err(Lost::GivesUp);
        }
        if self.has("needs-uidl") && !pop.offers("UIDL") {
            return Err(Lost::GivesUp);
        }
        let names = pop.list.iter().any(|line| line == "IMPLEMENTATION Dovecot");
        if self.has("knows-names") && names {
            self.ask(pop, "NOOP").await?;
        }
        Ok(())
    }

    async fn stls(&self, pop: &mut Pop) -> Result<(), Lost> {
        if !pop.offers("STLS") && !pop.list.is_empty() && !self.has("goes-on-in-clear") {
            return Err(Lost::GivesUp);
        }
        if self.has("goes-on-in-clear") && !pop.offers("STLS") {
            return Ok(());
        }
        self.say(pop, "STLS");
        if self.has("beside-stls") {
            self.say(pop, "CAPA");
        }
        let status = self.status(pop).await;
        let status = match status {
            Err(Lost::Form) if self.has("ignores-stls-refusal") => return Ok(()),
            other => other?,
        };
        if !status.ok {
            return if self.has("ignores-stls-refusal") { Ok(()) } else { Err(Lost::Tls) };
        }
        let rest = pop.peer.take_rest();
        if self.has("keeps-clear-octets") {
            pop.peer.put_back(rest);
            pop.peer.secure_whatever().await?;
        } else {
            if !rest.is_empty() && !self.has("junk-and-on") {
                return Err(Lost::Form);
            }
            if self.has("junk-and-on") && !rest.is_empty() {
                self.say(pop, format!("USER {}", self.task.user));
                return Err(Lost::GivesUp);
            }
            pop.peer.secure().await?;
        }
        pop.secured = true;
        if !self.has("keeps-clear-list") {
            self.capa(pop).await?;
        }
        Ok(())
    }
}

impl Pop {
    pub(crate) fn offers(&self, tag: &str) -> bool {
        self.list
            .iter()
            .any(|line| line.split(' ').next().is_some_and(|known| known.eq_ignore_ascii_case(tag)))
    }

    pub(crate) fn mechanisms(&self) -> Vec<String> {
        let sasl = self.list.iter().filter(|line| line.to_ascii_uppercase().starts_with("SASL"));
        sasl.flat_map(|line| line.split(' ').skip(1).map(str::to_ascii_uppercase).collect::<Vec<_>>())
            .collect()
    }
}

/// Whether this run is to delete.
pub(crate) fn deletes(task: &Task) -> bool {
    task.job == Job::Delete
}
