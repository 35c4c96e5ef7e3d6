//! Exit codes, wrong usage, settings in a file, and what is left out.

use std::io::Write as _;
use std::sync::atomic::Ordering;

use crate::server::{each, twisted, unstuffed};
use crate::support::{Bench, USER};

#[test]
fn wrong_usage_is_2_and_nothing_is_connected() {
    let server = twisted(&["plain"], |_| None);
    let bench = Bench::new();
    for (line, err) in [
        ("server/nothing", "SELECT: server/nothing: selects nothing"),
        ("retr", "SELECT: retr: no section, probe, row, RFC, level, tier, quirk or hole"),
        ("-x server/retr", "skip: server/retr: a reason is missing"),
        ("-x server/retr=TODO", "skip: server/retr: a reason is missing"),
        ("-x server/x=old", "skip: server/x: selects nothing"),
        ("--require server/x", "--require: server/x: selects nothing"),
        ("--fail-on pass", "--fail-on: pass: not fail, deviation, inconclusive or not-run"),
        ("--patience 0", "--patience: not from 0.01 to 1000"),
        ("--via smoke", "--via: smoke: not login=clear, login=stls or login=tls"),
        ("--user ann", "--user: a password is missing: --password-env or --password-file"),
        ("--user ann --password-env NOT_SET", "--password-env: NOT_SET is not set"),
        ("--password-env PASSWORD", "--user: missing: whose password is it?"),
        ("--jobs 2", "--jobs: 2 workers need as many accounts, see --accounts"),
        ("--deliver smtp://127.0.0.1:25", "--deliver: needs --user"),
    ] {
        let ran = bench.run(&format!("server {} {line}", server.address));
        ran.assert_error(2, &format!("pop3check: {err}\n"));
    }
    let ran = bench.run("server server/retr");
    ran.assert_error(
        2,
        "pop3check: server/retr: selects probes, but no server is named: pop3check server HOST SELECT\n",
    );
    let ran = bench.run("server pop://ann:hunter2@127.0.0.1");
    ran.assert_code(2);
    assert!(!ran.err.contains("hunter2") && ran.err.contains("password"), "{}", ran.err);
    for (line, err) in [
        ("--json none/run.json", "--json: none/run.json: there is no such folder"),
        ("--html .", "--html: .: is a folder"),
        ("--json - --junit -", "--junit: -: another report goes there"),
        ("--ca none.pem --check-certificate", "TLS: --ca none.pem: No such file or directory (os error 2)"),
        (
            "--user ann --password-env PASSWORD --deliver http://x",
            "--deliver: http://x: only smtp:// and lmtp:// are known, and commands",
        ),
    ] {
        let ran = bench.run(&format!("server {} {line}", server.address));
        ran.assert_error(2, &format!("pop3check: {err}\n"));
    }
    assert_eq!(server.connections.load(Ordering::Relaxed), 0);
}

#[test]
fn the_first_that_counts_may_be_the_last() {
    let server = twisted(&["plain", "first-dot"], |line| (line == "RETR 2").then(|| unstuffed("first-dot")));
    let ran = Bench::new()
        .judge(server.address, "--fail-fast server/lines/canonical server/retr/first-dot server/codes");
    ran.assert_code(1).assert_out("FAIL  server/retr/first-dot").assert_out("1 that count   exit 1\n");
}

#[test]
fn a_server_on_the_command_line_replaces_that_of_the_file() {
    let (here, there) = (twisted(&["plain"], |_| None), twisted(&["plain"], |_| None));
    let bench = Bench::new();
    let settings = format!(
        "[server]\nurl = \"127.0.0.1\"\nclear = {}\naccounts = \"none\"\npassword-env = \"PASSWORD\"\n\
         patience = 0.2\n",
        there.address.port()
    );
    bench.write("pop3check.toml", &settings);
    for line in [format!("pop://{USER}@{}", here.address), format!("{} --user {USER}", here.address)] {
        let ran = bench.run(&format!("server {line} server/lines/canonical"));
        ran.assert_code(0).assert_out("account tester (in clear, USER)");
    }
    assert!(here.connections.load(Ordering::Relaxed) > 0);
    assert_eq!(there.connections.load(Ordering::Relaxed), 0);
}

#[test]
fn nothing_that_can_be_judged_is_3() {
    let bench = Bench::new();
    let ran = bench.run("server 127.0.0.1:1");
    ran.assert_error(3, "pop3check: 127.0.0.1 port 1: Connection refused (os error 111)\n");
    let refusing = each(|mut stream| stream.write_all(b"-ERR [SYS/PERM] go away\r\n").unwrap());
    let ran = bench.judge(refusing.address, "");
    ran.assert_error(3, "pop3check: the server does not greet: in clear: no greeting\n");
    let server = twisted(&["plain"], |line| line.starts_with("PASS").then(|| b"-ERR wrong\r\n".to_vec()));
    let ran = bench.judge(server.address, "");
    ran.assert_error(3, "pop3check: the account cannot log in: in clear, USER: -ERR wrong\n");
    // All that is selected needs an account.
    let ran = bench.run(&format!("server {} server/retr/first-dot", server.address));
    ran.assert_code(3).assert_out("not run: account (--user) 1\n").assert_out("1 probes: 1 not run");
}

#[test]
fn what_counts_is_1_and_strict_counts_more() {
    let server = twisted(&["plain", "first-dot"], |line| (line == "NOOP ").then(|| b"+OK\r\n".to_vec()));
    let bench = Bench::new();
    bench.judge(server.address, "server/lines/spaces").assert_code(0).assert_out("~ spaces");
    let strict = bench.judge(server.address, "--strict server/lines/spaces");
    strict.assert_code(1).assert_out("deviation  server/lines/spaces").assert_out("C  NOOP \\r\\n");
    bench.judge(server.address, "--fail-on fail server/lines/spaces").assert_code(0);
    bench.judge(server.address, "--fail-on deviation server/lines/spaces").assert_code(1);
    // The server has no TLS: what is required cannot be judged.
    let ran = bench.judge(server.address, "--require server/stls server/stls server/retr/first-dot");
    ran.assert_code(1).assert_out("required: STLS is not offered");
    let ran = bench.judge(server.address, "server/stls server/retr/first-dot");
    ran.assert_code(0);
}

#[test]
fn what_is_left_out_is_told_with_its_reason() {
    let server = twisted(&["plain", "first-dot"], |line| (line == "RETR 2").then(|| unstuffed("first-dot")));
    let bench = Bench::new();
    let address = server.address.to_string();
    let words = ["server", &address, "--user", USER, "--password-env", "PASSWORD", "--json", "run.json"];
    let more = ["-x", "server/retr/*=the store is old", "server/retr/first-dot", "server/lines/canonical"];
    let ran = bench.run_words(&[&words[..], &more].concat());
    ran.assert_code(0).assert_out("not run: left out 1\n");
    let run = bench.json("run.json");
    assert_eq!(run["probes"][1]["skipped"], "the store is old");
    assert_eq!(run["probes"][1]["judgements"][0]["words"], "left out: the store is old");
}

#[test]
fn settings_come_from_a_file_and_the_command_line_wins() {
    let server = twisted(&["plain", "first-dot"], |line| (line == "NOOP ").then(|| b"+OK\r\n".to_vec()));
    let bench = Bench::new();
    let settings = format!(
        "[server]\nurl = \"{}\"\nuser = \"{USER}\"\npassword-env = \"PASSWORD\"\npatience = 0.2\n\
         strict = true\nselect = [\"server/lines/spaces\"]\n[leave]\ngentle = true\n",
        server.address
    );
    bench.write("pop3check.toml", &settings);
    // Nothing may be said that is malformed, and nothing else is selected.
    let ran = bench.run("server");
    ran.assert_code(3).assert_out("leave: gentle").assert_out("not run: malformed commands (--odd) 1");
    bench.run("server --odd").assert_code(1).assert_out("~ spaces");
    bench.run("server server/lines/canonical").assert_code(0).assert_out("1 probes: 1 pass");
    bench.write(
        "other.toml",
        &format!("{settings}[[skip]]\nselect = \"server/lines/spaces\"\nreason = \"known\"\n"),
    );
    bench.run("server --config other.toml --odd").assert_code(3).assert_out("left out 1");
    for (text, err) in [
        ("[server]\nport = 110\n", "bad.toml, line 2: unknown field `port`"),
        ("[client]\nname = \"x\"\n", "bad.toml, line 1: unknown field `client`"),
        ("[server]\npassword = \"x\"\n", "bad.toml, line 2: unknown field `password`"),
        ("[leave]\nodd = 3\n", "bad.toml, line 2: invalid type"),
        ("[[skip]]\nselect = \"server/retr\"\n", "skip: server/retr: a reason is missing"),
    ] {
        bench.write("bad.toml", text);
        let ran = bench.run("server 127.0.0.1 --config bad.toml");
        ran.assert_code(2);
        assert!(ran.err.starts_with(&format!("pop3check: {err}")), "{}", ran.err);
    }
}

#[test]
fn a_gentle_run_says_nothing_that_is_malformed() {
    let server = twisted(&["plain", "first-dot"], |_| None);
    let ran = Bench::new().judge(server.address, "--gentle need:odd server/retr/first-dot");
    ran.assert_code(0).assert_out("leave: gentle").assert_out("malformed commands (--odd)");
}
