//! `Transcript`: a `testing::Script` with the settings that these tests add to it.

use std::iter::Peekable;
use std::slice::Iter;

use pop3_proto::testing::{Line, Script, unescape};
use pop3_proto::{Code, Security};

/// Every line that a transcript can have, so that a misspelt one is refused.
const KEYS: &str = "C D E EOF S T TLS accept apop capability closed covers cut digest events expire greeting \
    implementation later login-delay login-error login-time mail max-errors max-logins mechanism multiline needs-utf8 \
    own-expire own-login-delay profile proves quit-error refuse removed role sasl set speak uid user window";

const SWITCHES: &str = "auth_list bare_lf allow_plaintext_login ensure_header_end lang utf8_after_login no_auth_resp_code \
    no_maildrop no_top no_uidl no_user unknown_commands read_only replace_nul stls strict_commands tls utf8 utf8_user";

/// A script whose settings are known ones.
pub(crate) struct Transcript(Script);

impl Transcript {
    pub(crate) fn parse(text: &str) -> Self {
        let script = Script::parse(text).unwrap();
        let known = |list: &str, word: &str| list.split(' ').any(|one| one == word);
        for Line { number, key, value } in script.lines() {
            assert!(known(KEYS, key), "line {number}: {key}: no such line");
            let switches = value.split(' ').filter(|_| key == "set").all(|word| known(SWITCHES, word));
            assert!(switches, "line {number}: set: {value}: no such switch");
        }
        Self(script)
    }

    pub(crate) fn lines(&self) -> Peekable<Iter<'_, Line>> {
        self.0.lines().iter().peekable()
    }

    pub(crate) fn values(&self, key: &str) -> impl Iterator<Item = &str> {
        self.0.values(key)
    }

    pub(crate) fn value(&self, key: &str) -> Option<&str> {
        self.values(key).next()
    }

    pub(crate) fn has(&self, key: &str, word: &str) -> bool {
        self.values(key).any(|value| value.split(' ').any(|one| one == word))
    }

    pub(crate) fn security(&self) -> Security {
        if self.has("set", "tls") { Security::Tls } else { Security::Plain }
    }
}

/// What `first` and the lines of the same side after it say together.
pub(crate) fn said(first: &Line, lines: &mut Peekable<Iter<'_, Line>>) -> Vec<u8> {
    let mut bytes = unescape(&first.value).unwrap();
    while let Some(more) = lines.next_if(|line| line.key == first.key) {
        bytes.extend(unescape(&more.value).unwrap());
    }
    bytes
}

fn code(word: &str) -> Option<Code> {
    [Code::LoginDelay, Code::InUse, Code::SysTemp, Code::SysPerm, Code::Auth, Code::Utf8]
        .into_iter()
        .find(|c| c.as_str() == word)
}

pub(crate) fn code_and_text(value: &str) -> (Option<Code>, &str) {
    let (word, text) = value.split_once(' ').unwrap_or((value, ""));
    assert!(word == "-" || code(word).is_some(), "{word} is no response code");
    (code(word), text)
}

/// Shows `octets` to a session in cuts; `step` returns whether it wants to be called again before more is
/// shown.
pub(crate) fn in_cuts(window: &mut Vec<u8>, octets: &[u8], cut: usize, mut step: impl FnMut(&mut Vec<u8>)) {
    let mut rest = octets;
    while !rest.is_empty() {
        let (now, later) = rest.split_at(cut.min(rest.len()));
        window.extend_from_slice(now);
        rest = later;
        step(window);
    }
    if octets.is_empty() {
        step(window);
    }
}
