//! `pop3check client`: a client in bash, which is right or has a fault, a client that a person starts, and what cannot
//! be judged.

use std::collections::BTreeSet;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::Bench;

/// A client of 20 lines. `EXTRA` is run after each message.
const CLIENT: &str = r#"
name = "bash"
command = ["bash", "{work}/fetch"]
job = { fetch = "", delete = "say DELE $n; ok" }
tls = { clear = "" }
auth = { any = "", USER = "" }
store = { at = "{store}", line-ends = "lf" }

[files]
"{work}/fetch" = '''
exec 3<>/dev/tcp/127.0.0.1/{port} || exit 1
say() { printf '%s\r\n' "$*" >&3; }
line() { IFS= read -r -t 20 -u 3 l || exit 1; l=${l%$'\r'}; }
ok() { line; [[ $l == +OK* ]] || { say QUIT; exit 1; }; }
ok; say USER {user}; ok; say PASS {password}; ok
say LIST; ok; numbers=()
while line; [[ $l != . ]]; do numbers+=("${l%% *}"); done
for n in "${numbers[@]}"; do
  say RETR $n; ok
  while line; [[ $l != . ]]; do printf '%s\n' "${l#.}"; done >{store}/$n
  {job}
  EXTRA
done
say QUIT; ok
'''
"#;

fn bench(extra: &str) -> Bench {
    let bench = Bench::new();
    bench.write("bash.toml", &CLIENT.replace("EXTRA", extra));
    bench
}

const SELECT: [&str; 3] =
    ["client/download/keeps", "client/download/deletes-by-dele", "client/bodies/first-dot"];

#[test]
fn a_client_that_is_right_passes() {
    let bench = bench(":");
    let ran =
        bench.run(&format!("client --preset ./bash.toml {} --jobs 2 --json run.json", SELECT.join(" ")));
    ran.assert_code(0).assert_out("client bash").assert_out("says USER, PASS, LIST, RETR, QUIT");
    ran.assert_out("3 probes: 3 pass");
    let report: Value = serde_json::from_str(&bench.read("run.json")).unwrap();
    assert_eq!((&report["peer"]["host"], &report["peer"]["client"]), (&"bash".into(), &true.into()));
    assert_eq!(report["probes"].as_array().unwrap().len(), 3);
    bench.run("compare run.json").assert_code(0).assert_out("| client/download/keeps | \u{2713} |");
    bench.run("report run.json -q").assert_code(0).assert_out("3 probes: 3 pass");
}

#[test]
fn a_client_that_deletes_what_is_to_stay_is_told_twice() {
    let bench = bench("say DELE $n; ok");
    let ran = bench.run("client --preset ./bash.toml client/download/keeps --write-known known.toml");
    ran.assert_code(1).assert_out("DELE comes although the messages are to stay").assert_out("2 of 2 runs");
    let known = bench.read("known.toml").replace("TODO", "it empties the maildrop by design");
    bench.write("known.toml", &known);
    let again = bench.run("client --preset ./bash.toml client/download/keeps --known known.toml");
    again.assert_code(0).assert_out("known: 1 as expected");
}

/// The same client, storing in other ways.
#[test]
fn messages_are_found_in_a_maildir_an_mbox_and_on_standard_output() {
    let separator = "printf -- '--8<--\\n'; ";
    let from = "printf 'From me Thu Jan  1 00:00:00 1970\\n'; ";
    for (name, store, before, after, to) in [
        ("maildir", "at = \"{store}\", as = \"maildir\"", "", "", ">{store}/new/$n"),
        ("mbox", "at = \"{store}/mbox\", as = \"mbox\"", from, "; echo", ">>{store}/mbox"),
        ("stdout", "as = \"stdout\", separator = \"--8<--\\n\"", separator, "", ""),
    ] {
        let bench = Bench::new();
        let quoted =
            if name == "mbox" { "[[ $l == *From\\ * && ${l%%From*} =~ ^'>'*$ ]] && l='>'$l; " } else { "" };
        let text = CLIENT
            .replace("EXTRA", ":")
            .replace("at = \"{store}\"", store)
            .replace("exec 3<>", "mkdir -p {store}/new; exec 3<>")
            .replace("while line; [[ $l != . ]]; do printf", "WHILE printf")
            .replace("WHILE printf '%s\\n' \"${l#.}\"; done >{store}/$n", &format!(
                "{{ {before}while line; [[ $l != . ]]; do l=${{l#.}}; {quoted}printf '%s\\n' \"$l\"; done{after}; }} {to}"
            ));
        bench.write("bash.toml", &text);
        let ran = bench
            .run("client --preset ./bash.toml client/bodies/first-dot client/bodies/words-of-the-protocol");
        ran.assert_code(0).assert_out("2 probes: 2 pass");
    }
}

/// Logs in, fetches, and deletes if it is told to, as the person is told.
fn by_hand(told: &str) -> io::Result<()> {
    let after = |word: &str| told.split_once(word).unwrap().1.split([' ', ',']).next().unwrap().to_owned();
    let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", after("port ").parse().unwrap()))?);
    let mut say = |line: &str| -> io::Result<String> {
        if !line.is_empty() {
            stream.get_mut().write_all(format!("{line}\r\n").as_bytes())?;
        }
        let mut reply = String::new();
        stream.read_line(&mut reply)?;
        while line.starts_with("RETR") && reply.starts_with("+OK") && !reply.ends_with("\r\n.\r\n") {
            if stream.read_line(&mut reply)? == 0 {
                break;
            }
        }
        Ok(reply)
    };
    let greeting = say("")?;
    if !greeting.starts_with("+OK") {
        return Ok(());
    }
    say(&format!("USER {}", after("user ")))?;
    say(&format!("PASS {}", after("password ")))?;
    let count = say("STAT")?.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    for number in 1..=count {
        say(&format!("RETR {number}"))?;
        if told.contains("delete") {
            say(&format!("DELE {number}"))?;
        }
    }
    say("QUIT").map(drop)
}

#[test]
fn a_person_is_told_what_to_do_and_the_client_is_judged() {
    let bench = Bench::new();
    let probes = ["client/greeting/refused", "client/download/keeps", "client/download/deletes-by-dele"];
    let words = [&["client", "--manual", "--name", "mine"], &probes[..]].concat();
    let mut told = Vec::new();
    let ran = bench.run_beside(&words, |line| {
        if line.starts_with("now: ") {
            told.push(line.to_owned());
            by_hand(line).unwrap();
        }
    });
    ran.assert_code(0).assert_out("client mine").assert_out("3 probes: 3 pass");
    let ports: BTreeSet<&str> =
        told.iter().filter_map(|line| line.split("port ").nth(1)?.split(',').next()).collect();
    assert_eq!(ports.len(), 1, "{told:?}");
    let with = |what: &str| told.iter().filter(|line| line.starts_with(what)).count();
    assert_eq!(with("now: delete, TLS clear, host localhost, port "), 1, "{told:?}");
    assert!(with("now: fetch, TLS clear, host localhost, port ") >= 3, "{told:?}");
}

#[test]
fn what_a_client_leaves_running_is_ended() {
    let bench = bench("sleep 600 >/dev/null 2>&1 3>&- & echo $! >>PIDS");
    let pids = bench.path("pids");
    let text = bench.read("bash.toml").replace("PIDS", &pids.display().to_string());
    bench.write("bash.toml", &text);
    bench.run("client --preset ./bash.toml client/bodies/first-dot").assert_code(0);
    assert_ended(&bench.read("pids"));
}

#[test]
fn a_signal_ends_the_client_too_and_leaves_no_file() {
    let bench = bench("echo $$ >>PIDS; echo {work} >PLACE; kill -TERM $PPID; sleep 600");
    let [pids, place] = ["pids", "place"].map(|name| bench.path(name).display().to_string());
    let text = bench.read("bash.toml").replace("PIDS", &pids).replace("PLACE", &place);
    bench.write("bash.toml", &text);
    let ran = bench.run("client --preset ./bash.toml client/bodies/first-dot --json run.json");
    ran.assert_error(143, "pop3check: signal 15 ended the run, and the client\n");
    assert_ended(&bench.read("pids"));
    let place = bench.read("place");
    assert!(!place.is_empty() && !Path::new(place.trim_end()).exists(), "{place}");
    assert!(!bench.path("run.json").exists());
}

/// Waits until these processes have ended.
fn assert_ended(pids: &str) {
    assert!(!pids.is_empty());
    // One whose new parent has not waited for it yet is a zombie.
    let runs = |pid: &&str| {
        std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
    };
    let until = Instant::now() + Duration::from_secs(10);
    while Instant::now() < until && pids.lines().any(|pid| runs(&pid)) {
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(pids.lines().filter(runs).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn a_client_that_does_not_log_in_is_not_judged() {
    let bench = Bench::new();
    let ran = bench.run_words(&["client", "--exec", "echo no such luck; exit 1", "client/download/keeps"]);
    ran.assert_error(
        3,
        "pop3check: echo: the client does not log in: the client tells failure; its last line is ''; it printed: no such luck\n",
    );
    let ran =
        bench.run_words(&["client", "--preset", "curl", "--program", "/nonexistent/curl", "client/capa"]);
    ran.assert_error(
        3,
        "pop3check: curl: the client cannot be started: No such file or directory (os error 2)\n",
    );
}

#[test]
fn wrong_usage_and_wrong_presets_are_2() {
    let bench = Bench::new();
    bench.write("odd.toml", "name = \"odd\"\ncolour = \"red\"\n");
    bench.write(
        "jobs.toml",
        "name = \"jobs\"\ncommand = [\"true\"]\njob = { read = \"\" }\ntls = { clear = \"\" }\n",
    );
    bench.write("none.toml", "name = \"none\"\ncommand = [\"true\"]\n");
    for (line, err) in [
        ("", "client: none is named: --preset, --exec or --manual"),
        ("--preset none.toml", "none: [job] and [tls] have to say what the client can do"),
        ("--preset jobs.toml", "jobs: [job]: read: not one of login, fetch, delete, poll"),
        ("--preset curl server/retr", "SELECT: server/retr: selects nothing"),
        (
            "--preset curl --host pop.example.invalid",
            "--host: pop.example.invalid does not lead to 127.0.0.1",
        ),
        ("--preset curl --patience 0", "--patience: not from 0.01 to 1000"),
    ] {
        bench.run(&format!("client {line}")).assert_error(2, &format!("pop3check: {err}\n"));
    }
    let ran = bench.run("client --preset odd.toml");
    ran.assert_code(2);
    assert!(ran.err.starts_with("pop3check: odd.toml, line 2: unknown field `colour`"), "{}", ran.err);
    let ran = bench.run("client --preset outlook");
    ran.assert_code(2);
    assert!(
        ran.err.starts_with("pop3check: --preset: outlook: not one of commons-net, curl,"),
        "{}",
        ran.err
    );
}
