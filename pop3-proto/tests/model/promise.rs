//! What has to hold in every world: each promise with the sentence of the documentation that it checks.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Promise {
    S1,
    S2,
    S3,
    S4,
    S5,
    S6,
    S7,
    S8,
    S9,
    S10,
}

use Promise::{S1, S2, S3, S4, S5, S6, S7, S8, S9, S10};

pub(crate) type Breaks = BTreeSet<Promise>;

/// Each promise, where it is made, in which words, and what the model makes of them.
const PROMISES: [(Promise, &str, &str, &str); 10] = [
    (
        S1,
        "fetch/mod.rs",
        "A message is deleted only if you said with [`Fetch::stored`], in this session or an earlier one, that it is \
         safe",
        "we have removed no text more often than the store has it",
    ),
    (
        S2,
        "fetch/mod.rs",
        "A message that the record has whole is not handed out as new",
        "what was once in the record on disk is not stored again while the server shows it",
    ),
    (
        S3,
        "fetch/mod.rs",
        "what was not proved is neither stored nor deleted",
        "what the record has, and does not call doubtful or unproved, is the server's message, byte for byte",
    ),
    (
        S4,
        "fetch/planner.rs",
        "Flush the output, then pass the next event to [`Fetch::handle_event`]",
        "either end can always do something: they do not both wait, and nothing goes on for ever",
    ),
    (
        S5,
        "fetch/rules.rs",
        "which messages to fetch, to leave on the server, and to delete",
        "after nine sessions in which nothing goes wrong, the store has all that is shown, and what the rules \
         delete is gone",
    ),
    (
        S6,
        "server/calls.rs",
        "once the client has sent QUIT, the marked messages in ascending order",
        "QUIT removes what DELE promised, and nothing else",
    ),
    (
        S7,
        "fetch/planner.rs",
        "QUIT was answered. The record is final",
        "a session that ends so has listed all that is there, or says how much is missing or cannot be read",
    ),
    (
        S8,
        "fetch/event.rs",
        "The message is complete, but it is one that the record already has",
        "where none is deleted, nothing is fetched to find out what TOP tells",
    ),
    (
        S9,
        "fetch/event.rs",
        "three times in a row, no further messages are asked for in this session",
        "no RETR is sent after that",
    ),
    (S10, "fetch/entry.rs", "What identifies the message", "an entry takes the unique-id once there is one"),
];

impl Promise {
    /// The sentence of the documentation, and what the model makes of it.
    pub(crate) fn words(self) -> String {
        let (_, file, sentence, meaning) = PROMISES.iter().find(|(promise, ..)| *promise == self).unwrap();
        format!("{file}: \"{sentence}\": {meaning}")
    }
}

#[test]
fn the_documentation_makes_these_promises() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (promise, file, sentence, _) in PROMISES {
        let text = fs::read_to_string(src.join(file)).unwrap();
        let line = |line: &str| line.trim().trim_start_matches(['/', '!', '*']).trim().to_owned();
        let text = text.lines().map(line).collect::<Vec<_>>().join(" ");
        assert!(text.contains(sentence), "{promise:?}: {file} does not say {sentence:?}");
    }
}
