//! The probes for clients, section by section, and what they are written with: [`Host`], which plays a server,
//! and [`Act`](act::Act), which says where that server does something else than the truth.

mod act;
mod apop;
mod auth;
mod bearer;
mod bodies;
mod capa;
mod certificates;
mod codes;
mod cuts;
mod download;
mod ear;
mod exchange;
mod greeting;
mod host;
mod listing;
mod login;
mod mail;
mod mechanisms;
mod mind;
mod perform;
mod pipelining;
mod puppet;
mod ran;
mod replies;
mod sasl;
mod scram;
mod tls;
mod trial;
mod truth;
mod uidl;
mod url;
mod words;

pub(super) use host::Host;
pub use trial::{Habits, Trial};

use super::probe::{Play, Plays};

/// Those of the referee.
const REFEREE: Plays = &[
    ("client/commands/lines", Play::Referee),
    ("client/commands/waits", Play::Referee),
    ("client/commands/order", Play::Referee),
    ("client/commands/numbers", Play::Referee),
    ("client/commands/whole", Play::Referee),
    ("client/auth/base64", Play::Referee),
];

/// All sections.
pub(super) const PLAYS: &[Plays] = &[
    REFEREE,
    greeting::PROBES,
    replies::PROBES,
    capa::PROBES,
    login::PROBES,
    apop::PROBES,
    auth::PROBES,
    mechanisms::PROBES,
    scram::PROBES,
    bearer::PROBES,
    tls::PROBES,
    certificates::PROBES,
    listing::PROBES,
    uidl::PROBES,
    url::PROBES,
    bodies::PROBES,
    download::PROBES,
    pipelining::PROBES,
    codes::PROBES,
    cuts::PROBES,
];
