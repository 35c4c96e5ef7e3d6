//! Lists of what is known to fail.

use crate::server::{Server, twisted, unstuffed};
use crate::support::Bench;

const PROBE: &str = "server/retr/first-dot";

fn wrong() -> Server {
    twisted(&["plain", "first-dot"], |line| (line == "RETR 2").then(|| unstuffed("first-dot")))
}

fn right() -> Server {
    twisted(&["plain", "first-dot"], |_| None)
}

fn entry(probe: &str, verdict: &str, rest: &str) -> String {
    format!("[[known]]\nprobe = \"{probe}\"\nverdict = \"{verdict}\"\n{rest}\n")
}

#[test]
fn what_is_known_is_told_in_one_line_and_does_not_count() {
    let (server, bench) = (wrong(), Bench::new());
    bench.write("known.toml", &entry(PROBE, "fail", "reason = \"fixed in 2.4\""));
    let ran = bench.judge(server.address, &format!("--known known.toml --junit run.xml {PROBE}"));
    ran.assert_code(0).assert_out("1 known\n").assert_out("known: 1 as expected.");
    assert!(!ran.out.contains("FAIL  server/retr/first-dot"), "{}", ran.out);
    let xml = bench.read("run.xml");
    assert!(xml.contains("known: fixed in 2.4") && xml.contains("failures=\"0\""), "{xml}");
}

#[test]
fn from_its_day_on_it_counts_again() {
    let (server, bench) = (wrong(), Bench::new());
    for (until, code) in [("2020-01-01", 1), ("2999-12-31", 0)] {
        let rest = format!("reason = \"fixed in 2.4\"\nuntil = {until}");
        bench.write("known.toml", &entry(PROBE, "fail", &rest));
        bench.judge(server.address, &format!("--known known.toml {PROBE}")).assert_code(code);
    }
}

#[test]
fn an_entry_that_does_not_fail_any_more_is_stale() {
    let (server, bench) = (right(), Bench::new());
    bench.write("known.toml", &entry(PROBE, "fail", "reason = \"fixed in 2.4\""));
    let ran = bench.judge(server.address, &format!("--known known.toml {PROBE}"));
    ran.assert_code(4).assert_out("! first-dot").assert_out("1 stale   exit 4\n");
    // What is not selected says nothing.
    bench.judge(server.address, "--known known.toml server/lines/canonical").assert_code(0);
}

#[test]
fn another_verdict_counts() {
    let (server, bench) = (wrong(), Bench::new());
    bench.write("known.toml", &entry(PROBE, "deviation", "reason = \"harmless\""));
    bench.judge(server.address, &format!("--known known.toml {PROBE}")).assert_code(1);
}

#[test]
fn a_list_is_written_and_needs_reasons() {
    let (server, bench) = (wrong(), Bench::new());
    let select = format!("{PROBE} server/lines/canonical");
    bench.judge(server.address, &format!("--write-known known.toml {select}")).assert_code(1);
    let list = bench.read("known.toml");
    assert!(list.ends_with(&entry(PROBE, "fail", "reason = \"TODO\"")), "{list}");
    let ran = bench.judge(server.address, &format!("--known known.toml {select}"));
    ran.assert_error(2, "pop3check: known: server/retr/first-dot: a reason is missing\n");
    bench.write("known.toml", &list.replace("TODO", "the \\\"old\\\" store"));
    let ran = bench.judge(server.address, &format!("--known known.toml --write-known next.toml {select}"));
    ran.assert_code(0);
    let next = bench.read("next.toml");
    assert!(next.contains("old") && next.contains("store") && !next.contains("TODO"), "{next}");
    bench.judge(server.address, &format!("--known next.toml {select}")).assert_code(0);
    // It goes when it is stale.
    let right = right();
    bench.judge(right.address, &format!("--known next.toml --write-known last.toml {select}")).assert_code(4);
    assert!(!bench.read("last.toml").contains("[[known]]"));
}

#[test]
fn a_list_that_names_nothing_is_wrong() {
    let bench = Bench::new();
    let why = "reason = \"why\"";
    for (text, err) in [
        (entry("server/retr/x", "fail", why), "known: server/retr/x: there is no such probe"),
        (entry(PROBE, "pass", why), "known: server/retr/first-dot: the verdict has to be"),
        (entry(PROBE, "bad", why), "server/retr/first-dot: no verdict \"bad\""),
        (entry(PROBE, "fail", "reason = \" \""), "known: server/retr/first-dot: a reason is missing"),
        (entry(PROBE, "fail", ""), "known: server/retr/first-dot: a reason is missing"),
        (
            entry(PROBE, "fail", &format!("{why}\nuntil = 10:00:00")),
            "server/retr/first-dot: until = 10:00:00",
        ),
        (entry(PROBE, "fail", &format!("{why}\nuntill = 2027-01-01")), "known.toml, line 5: unknown field"),
        (entry(PROBE, "fail", why).repeat(2), "known: server/retr/first-dot: stands there twice"),
    ] {
        bench.write("known.toml", &text);
        let ran = bench.run("server 127.0.0.1:1 --known known.toml");
        ran.assert_code(2);
        assert!(ran.err.starts_with(&format!("pop3check: {err}")), "{}", ran.err);
    }
}
