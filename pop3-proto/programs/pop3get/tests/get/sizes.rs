//! Messages of another size than the server announced, and listings that lack some.

use crate::support::{LOGIN, ONE_MESSAGE, Run, Server};

fn script(size: &str) -> String {
    let message = ONE_MESSAGE.replace("1 23\\r\\n", &format!("1 {size}\\r\\n"));
    format!("{LOGIN}{message}C: QUIT\\r\\n\nS: +OK\\r\\n")
}

#[test]
fn where_nothing_is_deleted_it_is_told_once_that_a_part_may_be_missing() {
    let said = "of 1 messages less came than the server announced, so a part of them may be missing";
    let first = script("40");
    let (start, rest) = first.split_once("C: RETR 1").unwrap();
    let again = format!("{start}{}", rest.get(rest.find("C: QUIT").unwrap()..).unwrap());
    let server = Server::play(&[&first, &again]);
    let run = Run::at(server.address).args(["--json"]);
    let ran = run.run();
    ran.assert(0, &format!("pop3get: ann@127.0.0.1: {said}\n"));
    assert_eq!((&ran.json()["note"], &ran.json()["doubtful"]), (&said.into(), &1.into()));
    // It is known then.
    let ran = run.run();
    ran.assert(0, "");
    assert_eq!((&ran.json()["note"], &ran.json()["doubtful"]), (&().into(), &1.into()));
    server.finish();
}

/// Many servers count line ends as one octet, and nothing is missing then.
#[test]
fn the_right_size_and_more_than_that_and_quiet_say_nothing() {
    for (size, options) in [("23", &[][..]), ("19", &[]), ("40", &["--quiet"])] {
        let server = Server::play(&[&script(size)]);
        Run::at(server.address).args(options.iter().copied()).run().assert(0, "");
        server.finish();
    }
}

#[test]
fn where_messages_are_deleted_it_is_told_that_this_one_is_not() {
    let server = Server::play(&[&script("40")]);
    let ran = Run::at(server.address).args(["--delete"]).run();
    server.finish();
    let why = "1 messages have another size than the server announced, so they are not deleted; --delete-doubtful deletes them, too";
    ran.assert(0, &format!("pop3get: ann@127.0.0.1: {why}\n"));
}

#[test]
fn a_listing_that_lacks_messages_ends_with_a_failure_and_its_counts() {
    let script = script("23").replace("+OK 1 23\\r\\n", "+OK 3 69\\r\\n");
    let script = script.replace("+OK\\r\\n1 23\\r\\n", "+OK\\r\\n1 23\\r\\nx y\\r\\n");
    let server = Server::play(&[&script]);
    let run = Run::at(server.address).args(["--json"]);
    let ran = run.run();
    server.finish();
    let why = "the listing is not complete: 2 messages are missing, 1 lines cannot be read";
    assert!(ran.code == Some(5) && ran.err.contains(why), "{ran:?}");
    assert_eq!((&ran.json()["missing"], &ran.json()["unreadable"]), (&2.into(), &1.into()));
    assert_eq!(run.delivered().len(), 1);
}

#[test]
fn a_message_in_bare_lf_is_refused_with_the_option_that_reads_it() {
    let script = script("19").replace(
        "+OK\\r\\nSubject: one\\r\\n\\r\\nfirst\\r\\n.\\r\\n",
        "+OK\\nSubject: one\\n\\nfirst\\n.\\n",
    );
    let front = script.split_once("C: NOOP").unwrap().0;
    let server = Server::play(&[front]);
    let run = Run::at(server.address);
    let ran = run.run();
    server.finish();
    assert!(ran.code != Some(0) && ran.err.contains("--bare-lf reads it all the same"), "{ran:?}");
    assert!(run.delivered().is_empty());
    let server = Server::play(&[&script]);
    let run = Run::at(server.address).args(["--bare-lf"]);
    let ran = run.run();
    server.finish();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(run.delivered(), ["Subject: one\n\nfirst\n"]);
}
