//! The texts of the replies, in each language (RFC 6856 section 3).

use pop3_proto::lookup_language;
use pop3_proto::server::Phrase;

use crate::session::Server;

/// A language and its texts.
#[derive(Clone, Copy)]
pub(crate) struct Language {
    pub(crate) tag: &'static str,
    pub(crate) name: &'static str,
    pub(crate) texts: &'static Texts,
    phrases: fn(Phrase) -> &'static str,
}

/// The texts that the server program sends. The crate's own texts are in `phrases`.
pub(crate) struct Texts {
    pub(crate) language_changed: &'static str,
    pub(crate) languages: &'static str,
    pub(crate) no_language: &'static str,
    pub(crate) utf8: &'static str,
    pub(crate) welcome: &'static str,
    pub(crate) wrong: &'static str,
    pub(crate) too_many_failures: &'static str,
    pub(crate) too_early: &'static str,
    pub(crate) locked: &'static str,
    pub(crate) too_many_sessions: &'static str,
    pub(crate) no_maildrop: &'static str,
    pub(crate) message: &'static str,
    pub(crate) no_message: &'static str,
    pub(crate) needs_utf8: &'static str,
    pub(crate) not_removed: &'static str,
    pub(crate) bye: &'static str,
}

const ENGLISH: Texts = Texts {
    language_changed: "language changed",
    languages: "languages follow",
    no_language: "no such language",
    utf8: "UTF-8 from here on",
    welcome: "maildrop locked and ready",
    wrong: "wrong name or password",
    too_many_failures: "too many failed logins from your address, come back later",
    too_early: "you were here a moment ago, come back later",
    locked: "maildrop is locked by another session",
    too_many_sessions: "you have too many connections, close some",
    no_maildrop: "the maildrop cannot be opened",
    message: "message follows",
    no_message: "message cannot be read",
    needs_utf8: Phrase::NeedsUtf8.english(),
    not_removed: "some deleted messages were not removed",
    bye: "bye",
};

const GERMAN: Texts = Texts {
    language_changed: "Sprache geändert",
    languages: "es folgen die Sprachen",
    no_language: "keine solche Sprache",
    utf8: "ab jetzt UTF-8",
    welcome: "das Postfach ist offen",
    wrong: "Name oder Kennwort falsch",
    too_many_failures: "zu viele Fehlversuche von dieser Adresse, später wiederkommen",
    too_early: "eben erst hier gewesen, später wiederkommen",
    locked: "das Postfach ist von einer anderen Sitzung gesperrt",
    too_many_sessions: "zu viele Verbindungen dieses Benutzers, erst andere beenden",
    no_maildrop: "das Postfach lässt sich nicht öffnen",
    message: "es folgt die Nachricht",
    no_message: "die Nachricht lässt sich nicht lesen",
    needs_utf8: "die Nachricht braucht UTF8",
    not_removed: "nicht alle gelöschten Nachrichten sind entfernt",
    bye: "bis bald",
};

/// The first is the default.
pub(crate) const ALL: [Language; 2] = [
    Language { tag: "en", name: "English", texts: &ENGLISH, phrases: Phrase::english },
    Language { tag: "de", name: "Deutsch", texts: &GERMAN, phrases: german },
];

/// The language for a language range. `*` stands for the default.
pub(crate) fn find(range: &[u8]) -> Option<Language> {
    if range == b"*" {
        return ALL.first().copied();
    }
    let tag = lookup_language(range, ALL.map(|one| one.tag))?;
    ALL.into_iter().find(|one| one.tag == tag)
}

impl Language {
    pub(crate) fn speak(&self, server: &mut Server) {
        server.set_phrases(self.phrases);
    }
}

fn german(phrase: Phrase) -> &'static str {
    match phrase {
        Phrase::SendPass => "weiter mit PASS",
        Phrase::CapabilityList => "es folgen die Fähigkeiten",
        Phrase::MechanismList => "es folgen die Mechanismen",
        Phrase::BeginTls => "TLS kann beginnen",
        Phrase::NotAvailable | Phrase::NotOffered(_) => "gibt es hier nicht",
        Phrase::LoginFirst => "erst anmelden",
        Phrase::AlreadyLoggedIn => "schon angemeldet",
        Phrase::SendUserFirst => "PASS folgt gleich auf USER",
        Phrase::NoPlaintextLogin => "keine Anmeldung im Klartext: erst STLS",
        Phrase::TlsActive => "TLS läuft schon",
        Phrase::CommandAfterStls => "auf STLS darf vor TLS nichts folgen",
        Phrase::MechanismMissing => "AUTH braucht einen Mechanismus",
        Phrase::NoMechanism => "diesen Mechanismus gibt es hier nicht",
        Phrase::NoInitialResponse => "bei diesem Mechanismus beginnt der Server",
        Phrase::Cancelled => "Anmeldung abgebrochen",
        Phrase::ChallengeTooLong => "Rückfrage zu lang",
        Phrase::Malformed(_) => "das ist kein Befehl",
        Phrase::OtherProtocol => "das ist ein POP3-Server",
        Phrase::NoSuchMessage => "keine solche Nachricht",
        Phrase::MessageDeleted => "die Nachricht ist gelöscht",
        Phrase::ReadOnly => "hier wird nichts gelöscht",
        Phrase::NeedsUtf8 => GERMAN.needs_utf8,
        Phrase::Message => "Nachricht",
        Phrase::Deleted => "gelöscht",
        Phrase::Messages => "Nachrichten",
        Phrase::Octets => "Oktette",
        // Phrases that a later version of the crate may add.
        other => other.english(),
    }
}
