//! The probes for servers, section by section, and what they are written with: [`Stage`] and [`Pop`](pop::Pop).

mod apop;
mod auth;
mod auth_lines;
mod capa;
mod capa_lines;
mod codes;
mod dele;
mod forms;
mod greeting;
mod hostile;
mod hostile_numbers;
mod inventory;
mod known;
mod lang;
mod line_ends;
mod line_lengths;
mod lines;
mod locks;
mod login;
mod login_failed;
mod maildrop;
mod mechanisms;
mod mechanisms_cram;
mod mechanisms_plain;
mod mechanisms_prepared;
mod mechanisms_scram;
mod mechanisms_tokens;
mod passwords;
mod pipelining;
mod pipelining_login;
mod pop;
mod read;
mod refusals;
mod retr;
mod retr_contents;
mod sasl;
mod scram;
mod stage;
mod stat_list;
mod states;
mod states_foreign;
mod states_required;
mod status;
mod stls;
mod stls_injections;
mod stored;
mod survey;
mod time;
mod tls;
mod top;
mod uidl;
mod update;
mod utf8_lang;
mod utf8_names;
mod way_in;

pub(super) use stage::Stage;
pub use survey::{Survey, SurveyError};

use super::probe::{Play, Plays};

/// Those of the referee.
const REFEREE: Plays = &[
    ("server/status/line-form", Play::Referee),
    ("server/status/indicators", Play::Referee),
    ("server/status/length", Play::Referee),
    ("server/status/one-reply-each", Play::Referee),
    ("server/status/refusal-one-line", Play::Referee),
    ("server/status/listing-end", Play::Referee),
    ("server/auth/ends", Play::Referee),
    ("server/codes/grammar", Play::Referee),
    ("server/codes/place", Play::Referee),
    ("server/codes/auth-announced", Play::Referee),
];

/// All sections.
pub(super) const PLAYS: &[Plays] = &[
    REFEREE,
    greeting::PROBES,
    status::PROBES,
    lines::PROBES,
    line_ends::PROBES,
    line_lengths::PROBES,
    capa::PROBES,
    capa_lines::PROBES,
    login::PROBES,
    login_failed::PROBES,
    apop::PROBES,
    auth::PROBES,
    auth_lines::PROBES,
    mechanisms::PROBES,
    mechanisms_cram::PROBES,
    mechanisms_plain::PROBES,
    mechanisms_prepared::PROBES,
    mechanisms_scram::PROBES,
    mechanisms_tokens::PROBES,
    stls::PROBES,
    stls_injections::PROBES,
    tls::PROBES,
    states::PROBES,
    states_foreign::PROBES,
    states_required::PROBES,
    stat_list::PROBES,
    retr::PROBES,
    retr_contents::PROBES,
    top::PROBES,
    uidl::PROBES,
    dele::PROBES,
    update::PROBES,
    pipelining::PROBES,
    pipelining_login::PROBES,
    codes::PROBES,
    utf8_lang::PROBES,
    utf8_names::PROBES,
    lang::PROBES,
    locks::PROBES,
    time::PROBES,
    hostile_numbers::PROBES,
    hostile::PROBES,
];
