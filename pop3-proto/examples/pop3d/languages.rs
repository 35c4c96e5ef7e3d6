//! The languages of the replies (RFC 6856 section 3).

use pop3_proto::lookup_language;
use pop3_proto::server::{Phrase, Server};

/// What this server says by itself, behind a code.
#[derive(Clone, Copy)]
pub(crate) struct Language {
    pub(crate) tag: &'static str,
    pub(crate) name: &'static str,
    pub(crate) changed: &'static str,
    phrases: fn(Phrase) -> &'static str,
}

/// The first is the default.
pub(crate) const ALL: [Language; 2] = [
    Language { tag: "en", name: "English", changed: "language changed", phrases: Phrase::english },
    Language { tag: "de", name: "Deutsch", changed: "Sprache geändert", phrases: german },
];

/// The language for a range; `*` is the default.
pub(crate) fn find(range: &[u8]) -> Option<Language> {
    if range == b"*" {
        return ALL.first().copied();
    }
    let tag = lookup_language(range, ALL.map(|one| one.tag))?;
    ALL.into_iter().find(|one| one.tag == tag)
}

impl Language {
    pub(crate) fn speak(&self, session: &mut Server<'_>) {
        session.speak(self.phrases);
    }
}

fn german(phrase: Phrase) -> &'static str {
    match phrase {
        Phrase::SendPass => "weiter mit PASS",
        Phrase::CapabilityList => "es folgen die Fähigkeiten",
        Phrase::MechanismList => "es folgen die Mechanismen",
        Phrase::BeginTls => "TLS kann beginnen",
        Phrase::LoginFirst => "erst anmelden",
        Phrase::AlreadyLoggedIn => "schon angemeldet",
        Phrase::PassBehindUser => "PASS folgt gleich auf USER",
        Phrase::NoLoginInClear => "keine Anmeldung im Klartext: erst STLS",
        Phrase::Cancelled => "Anmeldung abgebrochen",
        Phrase::NoSuchMessage => "keine solche Nachricht",
        Phrase::MessageDeleted => "die Nachricht ist gelöscht",
        Phrase::ReadOnly => "hier wird nichts gelöscht",
        Phrase::Message => "Nachricht",
        Phrase::Deleted => "gelöscht",
        Phrase::Messages => "Nachrichten",
        Phrase::Octets => "Oktette",
        other => other.english(),
    }
}
