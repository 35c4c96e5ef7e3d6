//! One line is one command: neither a bare line end nor too great a length makes two commands of it, or none.

use pop3_proto::server::Phase;
use pop3_proto::{Security, Verb};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::common::show;
use crate::pair::Host;
use crate::{CUTS, GREETING, logged_in, mailbox, open_config, statuses};

const TOKENS: [&str; 12] =
    ["NOOP", "noop", "\r\n", "\r\n", "NOOP\r\n", "\n", "\r", "\0", " ", "QUIT", "\r\r\n", "\n\r\n"];

fn lines_by<'s>(stream: &'s [u8], end: &[u8]) -> Vec<&'s [u8]> {
    let (mut lines, mut rest) = (Vec::new(), stream);
    while let Some(at) = rest.windows(end.len()).position(|window| window == end) {
        lines.push(&rest[..at]);
        rest = &rest[at + end.len()..];
    }
    lines
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Covers bare-line-ends-in-commands.
    /// Proves 1939-3-30.
    #[test]
    fn bare_line_ends_never_make_two_commands_of_one_line(
        tokens in vec(select(&TOKENS), 0..24),
        cut in select(&CUTS),
        bare_lf in any::<bool>(),
    ) {
        let stream = tokens.concat().into_bytes();
        let mut config = open_config();
        config.bare_lf = bare_lf;
        let mut due = Vec::new();
        for line in lines_by(&stream, if bare_lf { b"\n" } else { b"\r\n" }) {
            let line = if bare_lf { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
            // Spaces after a verb that takes no argument change nothing.
            let verb = match line.iter().rposition(|b| *b != b' ') {
                Some(last) if last >= 3 => &line[..=last],
                _ => line,
            };
            let good = verb.eq_ignore_ascii_case(b"NOOP") || verb == b"QUIT";
            due.push(if good { "+OK" } else { "-ERR" });
            if verb == b"QUIT" {
                break;
            }
        }
        let mut host = logged_in(&config, mailbox());
        host.hear_in(&stream, &[cut]);
        let said = host.take();
        prop_assert_eq!(statuses(&said), due, "{}", stream.escape_ascii());
    }
}

/// Covers bare-line-ends-in-commands, control-characters-in-commands.
/// Proves 1939-3-30.
#[test]
fn a_bare_line_end_or_a_nul_inside_a_line_refuses_all_of_it() {
    for inside in ["\n", "\r", "\0", "\n\n", "\r\r", "\n\r", "\n.\n"] {
        for (front, tail) in
            [("NOOP", "DELE 1"), ("DELE 1", "NOOP"), ("DELE 1", ""), ("", "DELE 1"), ("STAT", "QUIT")]
        {
            for cut in CUTS {
                let config = open_config();
                let mut host = logged_in(&config, mailbox());
                host.hear_in(format!("{front}{inside}{tail}\r\nSTAT\r\n").as_bytes(), &[cut]);
                let due = "-ERR character not allowed in a command\r\n+OK 1 22\r\n";
                assert_eq!(
                    show(&host.take()),
                    show(due.as_bytes()),
                    "{front:?} {inside:?} {tail:?} in cuts of {cut}"
                );
                assert!(host.log.is_empty() && host.removed.is_none());
            }
        }
    }
}

/// Covers bare-line-ends-in-commands.
#[test]
fn a_bare_line_end_in_a_login_logs_nobody_in() {
    for said in
        ["USER tim\nPASS secret\r\n", "USER tim\rPASS secret\r\n", "USER tim\r\nPASS secret\nDELE 1\r\n"]
    {
        let config = open_config();
        let mut host = Host::new(&config, Security::Plain, mailbox());
        host.hear(said.as_bytes());
        assert!(host.log.is_empty(), "{:?}", host.log);
        assert_eq!(host.server.phase(), Phase::Authorization);
    }
}

/// Covers over-long-command.
/// Proves 2449-4-04.
#[test]
fn an_over_long_line_leaves_no_tail_that_runs() {
    let config = open_config();
    for tail in ["QUIT", "DELE 1", "\nQUIT", "\rQUIT", "\nDELE 1\n", "\n\rDELE 1", "\r", "\n"] {
        for len in (254..260).chain([300, 508, 509, 510, 511, 512, 765, 1020]) {
            let mut line = vec![b'X'; len - tail.len()];
            line.extend_from_slice(tail.as_bytes());
            line.extend_from_slice(b"\r\nSTAT\r\n");
            for cut in [usize::MAX, 1, 253, 254, 255, 256] {
                let mut host = logged_in(&config, mailbox());
                host.hear_in(&line, &[cut]);
                let due = "-ERR line too long\r\n+OK 1 22\r\n";
                assert_eq!(
                    show(&host.take()),
                    show(due.as_bytes()),
                    "{len} bytes and {tail:?} in cuts of {cut}"
                );
                assert!(host.log.is_empty() && host.removed.is_none());
            }
        }
    }
}

/// Covers over-long-command.
#[test]
fn every_tail_of_an_over_long_line_is_swallowed_wherever_the_limit_falls() {
    let config = open_config();
    for front in 240..262 {
        let line =
            [&b"X".repeat(front)[..], b"DELE 1\nDELE 1\r", &b"Y".repeat(20), b"DELE 1\r\nSTAT\r\n"].concat();
        for cut in [usize::MAX, 1, 100, 255] {
            let mut host = logged_in(&config, mailbox());
            host.hear_in(&line, &[cut]);
            let due = "-ERR line too long\r\n+OK 1 22\r\n";
            assert_eq!(show(&host.take()), show(due.as_bytes()), "{front} bytes in front, in cuts of {cut}");
        }
    }
}

/// Lines of every command with one argument that is too long, of every length that once broke a server.
/// Covers over-long-command, unknown-verbs.
#[test]
fn an_over_long_argument_of_any_command_gets_one_refusal_and_no_part_of_it_is_run() {
    const OTHERS: [&str; 5] = ["XTND", "FOLD", "MDEF", "X", "GARBAGE"];
    let mut config = open_config();
    (config.stls, config.utf8, config.utf8_user, config.lang) = (true, true, true, true);
    for verb in Verb::ALL.iter().map(|verb| verb.as_str()).chain(OTHERS) {
        let limit = if verb == "AUTH" { 12_288 } else { 255 };
        for fill in [b'A', b'9', b'%', b' ', b'.', b'=', 0xFF, 0] {
            for len in [limit + 1, limit + 2, limit + 257, 2 * limit, 65_537] {
                let mut line = format!("{verb} ").into_bytes();
                line.resize(len - 2, fill);
                line.extend_from_slice(b"\r\nNOOP\r\n");
                for cut in [usize::MAX, limit] {
                    let mut host = Host::new(&config, Security::Plain, mailbox());
                    host.hear_in(&line, &[cut]);
                    let due = format!("{GREETING}-ERR line too long\r\n-ERR log in first\r\n");
                    assert_eq!(
                        show(&host.take()),
                        show(due.as_bytes()),
                        "{verb} and {len} bytes {fill:#04x}"
                    );
                    assert!(host.log.is_empty() && host.closed.is_none(), "{:?}", host.log);
                    let mut host = logged_in(&config, mailbox());
                    host.hear_in(&line, &[cut]);
                    let due = show(b"-ERR line too long\r\n+OK\r\n");
                    assert_eq!(show(&host.take()), due, "{verb} and {len} bytes of {fill:#04x}");
                    assert!(host.log.is_empty() && host.removed.is_none() && host.closed.is_none());
                }
            }
        }
    }
}

/// Covers over-long-command.
#[test]
fn an_over_long_password_after_a_name_forgets_the_name() {
    let config = open_config();
    for len in [249, 250, 300, 5000] {
        let mut host = Host::new(&config, Security::Plain, mailbox());
        host.hear(format!("USER tim\r\nPASS {}\r\nPASS secret\r\n", "s".repeat(len)).as_bytes());
        let refusals = "-ERR line too long\r\n-ERR send USER first\r\n";
        let due = format!("{GREETING}+OK send PASS\r\n{refusals}");
        assert_eq!(show(&host.take()), show(due.as_bytes()), "{len} bytes");
        assert!(host.log.is_empty(), "{:?}", host.log);
    }
}
