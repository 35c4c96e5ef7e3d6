//! A conformance kit: probes that judge any POP3 server and any POP3 client, each with its verdict on
//! requirements of the RFCs, the *rows* of a catalogue.
//!
//! A probe is a dialogue that knows what is right. It does no I/O: it says what to do, [`Do`], and gets what
//! was seen, [`Seen`]. [`Survey`] runs first and finds out the [`Facts`]; then a [`Run`] plays each [`Probe`]
//! and ends in an [`Outcome`]. At the end the [`Referee`] says what was wrong with the status lines that a
//! server sent in all probes, or with the commands that a client sent.
//!
//! Three rules hold. *A verdict quotes*: each [`Judgement`] names a row of the catalogue and the entry of the
//! dialogue that decided; [`rows`] gives the level, the RFC and the section of the row. *No alarm without a
//! second look*: a probe that finds a fault is run again in a fresh session. *Nothing is lost*: the kit
//! removes only messages that it made itself, has just recognised, and has permission to remove.
//!
//! A probe for clients plays the server: [`Trial`] first sees whether the client works at all, then
//! [`Run::of_client`] plays one probe against it. The [`Subject`] says what the client can do.
//!
//! The program `pop3check` runs this kit over sockets. A server without I/O can be judged in the same
//! process, with a simulated clock: see [`Endpoint`]; and so can a client: see [`Caller`].

mod catalogue;
mod client;
pub mod corpus;
mod desk;
mod dialogue;
mod drive;
mod drive_client;
mod facts;
pub mod form;
mod judging;
mod known;
mod need;
mod probe;
mod referee;
mod remarks;
mod run;
mod select;
mod server;
mod setup;
mod steps;
mod subject;
mod task;
mod verdict;

pub use catalogue::{Entry, Row, entries, needs, rows, sections};
pub use client::{Habits, Trial};
pub use dialogue::{Dialogue, Link, Said, Who, escaped};
pub use drive::{Endpoint, Given, drive};
pub use drive_client::{Caller, Move, drive_client};
pub use facts::{Capabilities, Channel, Facts, Method, Way};
pub use known::{Day, Known, ListError, Skip, Standing};
pub use need::Need;
pub use probe::{Probe, Stop, probes};
pub use referee::Referee;
pub use remarks::{Remark, Remarks};
pub use run::{Outcome, Run};
pub use select::{Select, SelectError};
pub use server::{Survey, SurveyError};
pub use setup::{Account, Leave, Setup};
pub use steps::{Do, Door, End, Seen, TlsFacts};
pub use subject::{Form, LineEnds, Subject};
pub use task::{Certificate, Exit, Job, Task, Wish};
pub use verdict::{Judgement, Verdict};
