//! What the program does on disk, step by step, with a crash before and after each step.

use pop3_proto::fetch::Record;

use crate::choice::Choices;
use crate::world::State;

/// The program dies here.
pub(crate) struct Crash;

/// A message that has come, and is not safe yet.
#[derive(Clone, Debug, Hash)]
pub(crate) struct Arrived {
    pub(crate) number: pop3_proto::MsgNo,
    pub(crate) preview: bool,
    pub(crate) octets: Vec<u8>,
}

/// Writes the messages, and returns when no crash can destroy them any more. A crash leaves the first few.
pub(crate) fn make_safe(
    messages: &[Arrived],
    state: &mut State,
    crashes: bool,
    choices: &mut Choices<'_>,
) -> Result<(), Crash> {
    let crash = if crashes { choices.pick(messages.len() + 2) } else { 0 };
    let left = crash.checked_sub(1).unwrap_or(messages.len());
    for message in messages.iter().take(left).filter(|message| !message.preview) {
        *state.store.entry(message.octets.clone()).or_default() += 1;
    }
    if crash == 0 {
        return Ok(());
    }
    choices.tell(|| format!("-- a crash, when {left} of {} messages are safe", messages.len()));
    Err(Crash)
}

/// A line of the record, and the message that it enters as whole.
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) serial: Option<u8>,
}

/// Appends lines to the record on disk. A crash leaves the first few, or one of them torn.
pub(crate) fn append(
    lines: Vec<Line>,
    state: &mut State,
    crashes: bool,
    choices: &mut Choices<'_>,
) -> Result<(), Crash> {
    let crash = if crashes { choices.pick(1 + 2 * lines.len()) } else { 0 };
    for (Line { text, serial }, i) in lines.into_iter().zip(0..) {
        if crash == 1 + 2 * i {
            choices.tell(|| format!("-- a crash within the line of the record: {text}"));
            state.record += text.get(..text.len() / 2).unwrap_or_default();
            return Err(Crash);
        }
        choices.tell(|| format!("-- stored and safe: {text}"));
        state.record += &text;
        state.record += "\n";
        state.recorded.extend(serial);
        if crash == 2 + 2 * i {
            choices.tell(|| "-- a crash after this line of the record");
            return Err(Crash);
        }
    }
    Ok(())
}

/// Replaces the record on disk. A crash leaves the old one or the new one.
pub(crate) fn save(
    record: &Record,
    state: &mut State,
    crashes: bool,
    choices: &mut Choices<'_>,
) -> Result<(), Crash> {
    let crash = if crashes { choices.pick(3) } else { 0 };
    if crash == 1 {
        choices.tell(|| "-- a crash before the record is saved");
        return Err(Crash);
    }
    state.record = record.to_string();
    if crash == 2 {
        choices.tell(|| "-- a crash after the record is saved");
        return Err(Crash);
    }
    Ok(())
}
