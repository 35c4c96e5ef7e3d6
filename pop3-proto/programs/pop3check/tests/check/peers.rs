//! Whole runs: against pop3d, against a planted fault, and against peers that break every rule.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::server::{each, twisted, unstuffed};
use crate::support::{Bench, Pop3d, USER};

/// Those that all tests of the program can count on.
const FEW: &str = "server/greeting server/retr/first-dot server/stls/fresh-session server/lines/canonical";

#[test]
fn pop3d_passes_with_the_known_messages_in_its_maildir() {
    let bench = Bench::new();
    bench.run("corpus --to mail").assert_code(0).assert_out("32 messages written to mail");
    let pop3d = Pop3d::start(&bench.path("mail"), &[USER]);
    let ran = bench.judge(pop3d.address, &format!("--only-corpus --json run.json {FEW}"));
    ran.assert_code(0).assert_out("corpus 32 of 32").assert_out("exit 0\n");
    let run = bench.json("run.json");
    assert_eq!(run["schema"], "pop3check/1");
    assert_eq!(run["facts"]["stls"], true);
    assert_eq!(run["facts"]["messages"], 32);
    assert_eq!(run["leave"]["odd"], true, "a loopback address");
    let probes = run["probes"].as_array().unwrap();
    assert!(
        probes.iter().all(|probe| probe["verdict"] == "pass" || probe["verdict"] == "note"),
        "{}",
        ran.out
    );
    let stls = probes.iter().find(|probe| probe["id"] == "server/stls/fresh-session").unwrap();
    let lines: Vec<&str> =
        stls["dialogue"].as_array().unwrap().iter().map(|line| line["text"].as_str().unwrap()).collect();
    assert!(lines.contains(&"TLS handshake, TLSv1_3"), "{lines:?}");
    assert!(lines.contains(&"STAT\\r\\n"), "{lines:?}");
}

#[test]
fn a_planted_fault_is_named_with_its_row_and_the_octets() {
    let server =
        twisted(&["plain", "first-dot", "lf"], |line| (line == "RETR 2").then(|| unstuffed("first-dot")));
    let bench = Bench::new();
    let ran = bench.judge(
        server.address,
        "--json run.json --junit run.xml server/retr/first-dot server/lines/canonical",
    );
    ran.assert_code(1)
        .assert_out("x first-dot")
        .assert_out("1939-3-14 IMPLIED, RFC 1939 section 3: A data line that starts with a dot")
        .assert_out("FAIL  server/retr/first-dot   A dot that is the first octet of a message is stuffed   2 of 2 runs")
        .assert_out("S  .pop3check first-dot 0001 ")
        .assert_out("2 probes: 1 pass, 1 FAIL")
        .assert_out("1 that count   exit 1\n");
    let run = bench.json("run.json");
    let case = &run["probes"].as_array().unwrap()[1];
    assert_eq!(
        (case["id"].as_str(), case["verdict"].as_str()),
        (Some("server/retr/first-dot"), Some("fail"))
    );
    assert_eq!((case["runs"].as_u64(), case["counts"].as_bool()), (Some(2), Some(true)));
    assert_eq!(run["counts"]["fail"], 1);
    let row = run["rows"].as_array().unwrap().iter().find(|row| row["id"] == "1939-3-14").unwrap();
    assert_eq!(row["verdict"], "fail");
    let xml = bench.read("run.xml");
    assert!(xml.contains(r#"<testsuites name="pop3check" tests="2" failures="1" errors="0""#), "{xml}");
    assert!(xml.contains(r#"classname="pop3.server.retr""#) && xml.contains(r#"type="1939-3-14""#), "{xml}");
    // The kept run is printed as it was.
    assert_eq!(bench.run("report run.json").assert_code(0).out, ran.out);
    let again = bench.run("report run.json --junit -");
    assert_eq!(again.assert_code(0).out, xml);
}

#[test]
fn fin_and_rst_are_told_apart() {
    for (resets, event) in [(false, "closed by the server"), (true, "reset by the server")] {
        let server = each(move |mut stream: TcpStream| {
            stream.write_all(b"+OK ready\r\n").unwrap();
            if resets {
                let mut octets = [0; 64];
                let _ = std::io::Read::read(&mut stream, &mut octets);
                let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
            } else {
                stream.shutdown(std::net::Shutdown::Write).unwrap();
                let _ = std::io::copy(&mut stream, &mut std::io::sink());
            }
        });
        let ran = Bench::new().judge(server.address, "-v");
        ran.assert_code(3).assert_out("S  +OK ready\\r\\n").assert_out(event);
    }
}

#[test]
fn a_peer_without_ends_ends() {
    for flood in [&b"+OK "[..], b"+OK a line without an end", b"\0\0\0\0", b"+OK\r\n"] {
        let server = each(move |mut stream: TcpStream| {
            let end = Instant::now() + Duration::from_secs(20);
            let many = flood.repeat(2_000);
            while Instant::now() < end && stream.write_all(&many).is_ok() {}
        });
        let start = Instant::now();
        let ran = Bench::new()
            .run(&format!("server {} --patience 0.1 server/greeting server/capa", server.address));
        assert!(matches!(ran.code, Some(1 | 3)), "{ran:?}");
        assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    }
}

#[test]
fn the_way_in_and_the_wait_are_those_of_the_command_line() {
    let bench = Bench::new();
    bench.run("corpus --to mail").assert_code(0);
    let pop3d = Pop3d::start(&bench.path("mail"), &[USER]);
    let probe = "server/lines/canonical";
    for (option, account) in [
        ("--no-stls", "account tester (in clear, USER)"),
        ("--via login=clear", "account tester (in clear, USER; STLS, USER)"),
        ("--via login=stls", "account tester (STLS, USER; in clear, USER)"),
    ] {
        bench.judge(pop3d.address, &format!("{option} {probe}")).assert_code(0).assert_out(account);
    }
    let ran = bench.judge(pop3d.address, &format!("--via login=tls {probe}"));
    ran.assert_error(3, "pop3check: the account cannot log in by --via: TLS does not work\n");
    // Survey and probe make three connections at least.
    let start = Instant::now();
    bench.judge(pop3d.address, &format!("--no-stls --login-wait 0.5 {probe}")).assert_code(0);
    assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
}

#[test]
fn several_workers_have_an_account_each() {
    let bench = Bench::new();
    for user in ["ann", "bob"] {
        bench.run(&format!("corpus --to {user}")).assert_code(0);
    }
    bench.write("accounts", &format!("# two\nann:{0}\nbob:{0}\n", crate::support::PASSWORD));
    let pop3d = Pop3d::start(&bench.path("%u"), &["ann", "bob"]);
    let line = format!("server {} --accounts accounts --patience 0.2", pop3d.address);
    let ran = bench.run(&format!("{line} --jobs 2 {FEW}"));
    ran.assert_code(0).assert_out("account ann ");
    let ran = bench.run(&format!("{line} --jobs 3 {FEW}"));
    ran.assert_error(2, "pop3check: --jobs: 3 workers need as many accounts, see --accounts\n");
}
