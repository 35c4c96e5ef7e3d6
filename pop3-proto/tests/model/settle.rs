//! Single sessions outside the search: those in which nothing goes wrong any more, and those that are written
//! down.

use crate::choice::Choices;
use crate::planner::Planner;
use crate::promise::{Breaks, Promise};
use crate::properties::is_settled;
use crate::session;
use crate::world::{State, World};

/// So many sessions in which nothing goes wrong have to settle everything.
const CLEAN_SESSIONS: u8 = 9;

/// Runs sessions in which nothing goes wrong, half a day apart, with a server that is honest from now on.
/// Returns the promises that are broken then; the wire text goes into `text`.
pub(crate) fn settle<P: Planner>(world: &World, state: &State, mut text: Option<&mut String>) -> Breaks {
    let (mut state, mut breaks) = (state.clone(), Breaks::new());
    for _ in 0..CLEAN_SESSIONS {
        state.wait();
        let mut choices = if text.is_some() { Choices::none().with_log() } else { Choices::none() };
        let Ok(end) = session::run::<P>(world, &state, true, &mut choices) else {
            unreachable!("nothing is merged here")
        };
        if let Some(text) = &mut text {
            **text += &format!("{}, in which nothing goes wrong\n{}", title(&state), choices.into_log());
        }
        breaks.extend(end.breaks);
        let still = end.state.mailbox == state.mailbox;
        state = end.state;
        if still && is_settled(world, &state, end.doubtful) {
            return breaks;
        }
    }
    breaks.insert(Promise::S5);
    breaks
}

/// A session with these answers, as wire text.
pub(crate) fn told<P: Planner>(world: &World, start: &State, answers: &[u8]) -> String {
    let mut choices = Choices::script(answers, None).with_log();
    let _ = session::run::<P>(world, start, false, &mut choices);
    format!("{}\n{}", title(start), choices.into_log())
}

pub(crate) fn title(state: &State) -> String {
    let mail: Vec<_> = state.mailbox.iter().map(|mail| mail.text).collect();
    format!("== session {}, with {mail:?}", state.session + 1)
}
