//! [`Guard`]: which DELE may be sent, and when QUIT may, whatever a server answers.

use alloc::vec::Vec;

use crate::conformance::probe::{Result, Stop};

/// The front of a line that is kept until its end comes: more than any verb has.
const LONGEST_FRONT: usize = 64;

/// What a server removes, as far as is known.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Removes {
    /// QUIT may remove what was fetched.
    pub(super) after_retr: bool,
    /// A connection that ends without QUIT may remove what was marked.
    pub(super) at_a_drop: bool,
}

/// What was sent on a connection that could remove mail.
#[derive(Debug, Default)]
pub(super) struct Guard {
    /// The front of a line that has no end yet.
    line: Vec<u8>,
    /// A login was tried. Before that, DELE marks nothing.
    login: bool,
    /// The next DELE is for an own message.
    permitted: bool,
    /// How many times DELE was sent.
    marks: u32,
    /// One of them was not for a message that may be removed.
    tainted: bool,
    /// How many messages were fetched and not recognised as own.
    fetched: u32,
}

impl Guard {
    /// How many times DELE was sent.
    pub(super) const fn marks(&self) -> u32 {
        self.marks
    }

    /// Whether the next DELE is for an own message.
    pub(super) const fn permit(&mut self, is_own: bool) {
        self.permitted = is_own;
    }

    /// From here on no QUIT is sent.
    pub(super) const fn taint(&mut self) {
        self.tainted = true;
    }

    /// The last message that was asked for was refused, or is an own one, which may go.
    pub(super) const fn forget_fetched(&mut self) {
        self.fetched = self.fetched.saturating_sub(1);
    }

    /// Looks at what is about to be sent.
    pub(super) fn look(&mut self, octets: &[u8], server: Removes) -> Result<()> {
        let is_break = |octet: &u8| matches!(octet, b'\r' | b'\n' | b'\0');
        let mut all = core::mem::take(&mut self.line);
        all.extend_from_slice(octets);
        let mut last: &[u8] = &[];
        // Lenient servers take CR alone, or NUL, for the end of a line, and skip what stands in front of a verb.
        for line in all.split(is_break) {
            self.command(line, server)?;
            last = line;
        }
        self.line = last.get(..LONGEST_FRONT).unwrap_or(last).to_vec();
        Ok(())
    }

    fn command(&mut self, line: &[u8], server: Removes) -> Result<()> {
        let start = line.iter().position(u8::is_ascii_alphabetic).unwrap_or(line.len());
        let rest = line.get(start..).unwrap_or_default();
        let verb = rest.split(|octet| !octet.is_ascii_alphabetic()).next().unwrap_or_default();
        match verb.to_ascii_uppercase().as_slice() {
            b"PASS" | b"APOP" | b"AUTH" => self.login = true,
            b"RETR" if self.login => self.fetched = self.fetched.saturating_add(1),
            b"DELE" => {
                let is_foreign = self.login && !core::mem::take(&mut self.permitted);
                if is_foreign && server.at_a_drop {
                    return Err(Stop::NotRun(
                        "the server may remove what is marked when the connection ends",
                    ));
                }
                self.marks = self.marks.saturating_add(1);
                self.tainted |= is_foreign;
            }
            b"QUIT" if self.tainted => {
                return Err(Stop::Control("no QUIT is sent, since it could remove other mail".into()));
            }
            b"QUIT" if server.after_retr && self.fetched > 0 => {
                return Err(Stop::NotRun("QUIT could remove what was fetched, since EXPIRE is 0"));
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::{Guard, Removes};

    /// Whether all of these may be sent, one after the other.
    fn may(server: Removes, pieces: &[&str]) -> bool {
        let mut guard = Guard::default();
        pieces.iter().all(|piece| guard.look(piece.as_bytes(), server).is_ok())
    }

    const NOTHING: Removes = Removes { after_retr: false, at_a_drop: false };

    #[test]
    fn no_quit_follows_a_dele_that_was_sent_raw() {
        let login = "PASS x\r\n";
        for dele in
            ["DELE 1\r\n", "dele 1\n", " \tDELE 1\r\n", "NOOP\rDELE 1\r\n", "NOOP\0DELE 1\r\n", "DELE 1"]
        {
            assert!(!may(NOTHING, &[login, dele, "\r\nquit\r\n"]), "{dele:?}");
            assert!(!may(NOTHING, &[login, &format!("{dele}\r\nQUIT\r\n")]), "{dele:?}");
        }
        assert!(!may(NOTHING, &[login, "DE", "LE 1", "\r\n", "QU", "IT\r\n"]));
        assert!(may(NOTHING, &[login, "NOOP\r\n", "RETR 1\r\n", "LIST DELE\r\n", "QUIT\r\n"]));
        // Nobody is logged in: there is nothing to mark.
        assert!(may(NOTHING, &["DELE 1\r\n", "QUIT\r\n"]));
    }

    #[test]
    fn no_quit_follows_retr_where_that_would_remove() {
        assert!(!may(Removes { after_retr: true, ..NOTHING }, &["PASS x\r\n", "RETR 1\r\n", "QUIT\r\n"]));
        assert!(may(Removes { after_retr: true, ..NOTHING }, &["PASS x\r\n", "TOP 1 0\r\n", "QUIT\r\n"]));
    }

    #[test]
    fn nothing_else_is_marked_where_the_end_of_a_connection_may_remove_it() {
        let server = Removes { at_a_drop: true, ..NOTHING };
        assert!(!may(server, &["PASS x\r\n", "DELE 1\r\n"]));
        assert!(!may(server, &["PASS x\r\n", "NOOP\r\ndele 1"]));
        // Nobody is logged in.
        assert!(may(server, &["DELE 1\r\n"]));
        let mut guard = Guard::default();
        guard.look(b"PASS x\r\n", server).unwrap();
        guard.permit(true);
        guard.look(b"DELE 1\r\n", server).unwrap();
    }

    #[test]
    fn what_was_refused_was_not_fetched() {
        let server = Removes { after_retr: true, ..NOTHING };
        assert!(may(server, &["RETR 1\r\n", "QUIT\r\n"]));
        let mut guard = Guard::default();
        guard.look(b"PASS x\r\nRETR 1\r\n", server).unwrap();
        guard.forget_fetched();
        guard.look(b"QUIT\r\n", server).unwrap();
    }

    #[test]
    fn an_own_message_is_good_for_one_dele() {
        let mut guard = Guard::default();
        guard.look(b"PASS x\r\n", NOTHING).unwrap();
        guard.permitted = true;
        guard.look(b"DELE 1\r\n", NOTHING).unwrap();
        assert!(!guard.tainted);
        guard.look(b"DELE 1\r\n", NOTHING).unwrap();
        assert!(guard.tainted);
    }
}
