//! `pop3check corpus`: what is written, and what is delivered.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use pop3_proto::conformance::corpus::{NAMES, is_deliverable, recognised, stored, wire};

use crate::server::each;
use crate::support::Bench;

#[test]
fn a_maildir_holds_each_message_as_it_is_stored() {
    let bench = Bench::new();
    bench.run("corpus --to mail --run 7").assert_code(0);
    let mut files: Vec<_> =
        fs::read_dir(bench.path("mail/new")).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let messages: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    assert_eq!(messages, NAMES.map(|name| stored(name, 7).unwrap()));
    assert!(
        bench.path("mail/cur").is_dir() && fs::read_dir(bench.path("mail/tmp")).unwrap().next().is_none()
    );
}

#[test]
fn files_have_the_line_ends_that_are_asked_for() {
    let bench = Bench::new();
    bench
        .run("corpus --to crlf --as files --crlf --without empty,nul")
        .assert_code(0)
        .assert_out("30 messages");
    assert_eq!(fs::read(bench.path("crlf/plain.eml")).unwrap(), wire("plain", 1).unwrap());
    assert_eq!(fs::read(bench.path("crlf/mixed.eml")).unwrap(), wire("mixed", 1).unwrap());
    let last = fs::read(bench.path("crlf/no-final-line-end.eml")).unwrap();
    assert!(last.ends_with(b"\r\nthe last line has no end"));
    assert!(!bench.path("crlf/nul.eml").exists() && !bench.path("crlf/empty.eml").exists());
    bench.run("corpus --to lf --as files --lf").assert_code(0);
    assert_eq!(fs::read(bench.path("lf/mixed.eml")).unwrap(), stored("mixed", 1).unwrap());
    let ran = bench.run("corpus --to x --without plane");
    ran.assert_code(2);
    assert!(ran.err.starts_with("pop3check: --without: plane: there is only plain, lf"), "{}", ran.err);
}

#[test]
fn an_mbox_has_a_from_line_in_front_of_each() {
    let bench = Bench::new();
    bench.run("corpus --to box --as mbox").assert_code(0);
    let text = fs::read(bench.path("box")).unwrap();
    let from = b"From pop3check@example.invalid Thu Jan  1 00:00:00 2026\n";
    assert!(text.starts_with(from));
    let starts = text.windows(from.len()).filter(|window| window == from).count();
    assert_eq!(starts, NAMES.len());
    let plain = [&from[..], &stored("plain", 1).unwrap(), b"\n", from].concat();
    assert!(text.starts_with(&plain));
}

#[test]
fn mail_that_is_there_stays() {
    let bench = Bench::new();
    bench.write("box", "From ann Thu Jan  1 00:00:00 2026\nSubject: hers\n\n\n");
    let before = bench.read("box");
    bench
        .run("corpus --to box --as mbox")
        .assert_error(2, "pop3check: box: there is mail in it, and nothing is overwritten\n");
    assert_eq!(bench.read("box"), before);
    bench.write("empty", "");
    bench.run("corpus --to empty --as mbox").assert_code(0);
    // Messages of another run stand beside those of the first; the same ones again change nothing.
    for (run, count) in [(1, 32), (1, 32), (2, 64)] {
        bench.run(&format!("corpus --to mail --run {run}")).assert_code(0);
        assert_eq!(fs::read_dir(bench.path("mail/new")).unwrap().count(), count);
        let again = bench.run(&format!("corpus --to files --as files --run {run}"));
        again.assert_code(if run == 1 { 0 } else { 2 });
    }
    assert_eq!(fs::read(bench.path("files/plain.eml")).unwrap(), stored("plain", 1).unwrap());
}

#[test]
fn mail_arrives_during_a_run() {
    let bench = Bench::new();
    bench.run("corpus --to mail").assert_code(0);
    bench.write(
        "store",
        "#!/bin/sh\nname=$(date +%s).M$$.$1\ncat > mail/tmp/$name && mv mail/tmp/$name mail/new/$name\n",
    );
    let user = crate::support::USER;
    let pop3d = crate::support::Pop3d::start(&bench.path("mail"), &[user]);
    let address = pop3d.address.to_string();
    let words = ["server", &address, "--user", user, "--password-env", "PASSWORD", "--json", "run.json"];
    let ran = bench
        .run_words(&[&words[..], &["--delete-own", "--deliver", "sh store {user}", "need:deliver"]].concat());
    ran.assert_code(0);
    assert!(!ran.out.contains("trouble"), "{}", ran.out);
    let run = bench.json("run.json");
    for probe in run["probes"].as_array().unwrap() {
        assert!(probe["verdict"] == "pass" || probe["verdict"] == "note", "{}", ran.out);
    }
    // What was there is there, but for spare messages.
    let files = ["mail/new", "mail/cur"].map(|folder| fs::read_dir(bench.path(folder)).unwrap());
    let files = files.into_iter().flatten().map(|file| fs::read(file.unwrap().path()).unwrap());
    let left: Vec<Vec<u8>> = files.collect();
    for name in NAMES.into_iter().filter(|name| !name.starts_with("spare-")) {
        assert!(left.contains(&stored(name, 1).unwrap()), "{name} is gone");
    }
}

#[test]
fn a_delivery_that_fails_during_a_run_is_told() {
    let server = crate::server::twisted(&["plain", "first-dot"], |_| None);
    let bench = Bench::new();
    let address = server.address.to_string();
    let user = crate::support::USER;
    let words = ["server", &address, "--user", user, "--password-env", "PASSWORD", "--patience", "0.2"];
    let more = ["--deliver", "false {user}", "need:deliver"];
    let ran = bench.run_words(&[&words[..], &more].concat());
    ran.assert_out("trouble: false tester: exit status: 1\n");
}

#[test]
fn a_command_gets_what_survives_delivery() {
    let bench = Bench::new();
    bench.write("store", "#!/bin/sh\ncat > \"$1-$$\"\n");
    let ran = bench.run_words(&["corpus", "--deliver", "sh store {user}", "--user", "ann", "--run", "3"]);
    let deliverable: Vec<&str> = NAMES.into_iter().filter(|name| is_deliverable(name)).collect();
    ran.assert_code(0)
        .assert_out(&format!("{} messages delivered to ann by sh store ann\n", deliverable.len()))
        .assert_out("not delivered, since delivery would change them: lf, crlf");
    let mut found = Vec::new();
    for file in fs::read_dir(bench.folder.path()).unwrap().map(|file| file.unwrap()) {
        if file.file_name().to_string_lossy().starts_with("ann-") {
            let message = fs::read(file.path()).unwrap();
            found.push(message);
        }
    }
    found.sort();
    let mut due: Vec<Vec<u8>> = deliverable.iter().map(|name| stored(name, 3).unwrap()).collect();
    due.sort();
    assert_eq!(found.len(), due.len());
    assert!(found == due, "what is delivered is what is stored");
    let ran = bench.run_words(&["corpus", "--deliver", "false", "--user", "ann"]);
    ran.assert_error(3, "pop3check: plain: false: exit status: 1\n");
    // One that reads nothing holds up nothing.
    bench.run_words(&["corpus", "--deliver", "true http://{user}", "--user", "ann"]).assert_code(0);
}

#[test]
fn smtp_and_lmtp_get_them_stuffed() {
    for (scheme, hello) in [("smtp", "EHLO"), ("lmtp", "LHLO")] {
        let mails = Arc::new(Mutex::new(Vec::new()));
        let taken = mails.clone();
        let eight_bits = Arc::new(Mutex::new(Vec::new()));
        let sent = eight_bits.clone();
        let server = each(move |stream| {
            let mut reader = BufReader::new(stream);
            let say = |reader: &mut BufReader<TcpStream>, text: &str| {
                reader.get_mut().write_all(text.as_bytes()).unwrap();
            };
            say(&mut reader, "220-hello\r\n220 there\r\n");
            let (mut line, mut data) = (Vec::new(), None::<Vec<u8>>);
            while reader.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
                match &mut data {
                    Some(mail) if line == b".\r\n" => {
                        taken.lock().unwrap().push(std::mem::take(mail));
                        data = None;
                        say(&mut reader, "250 taken\r\n");
                    }
                    Some(mail) => mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line)),
                    None if line.starts_with(b"DATA") => {
                        data = Some(Vec::new());
                        say(&mut reader, "354 go on\r\n");
                    }
                    None if line.starts_with(b"RCPT") && line != b"RCPT TO:<ann@example.com>\r\n" => {
                        say(&mut reader, "550 who?\r\n");
                    }
                    None if line.starts_with(b"MAIL") => {
                        let parameters = line.strip_prefix(b"MAIL FROM:<>").unwrap().trim_ascii();
                        sent.lock().unwrap().push(parameters == b"BODY=8BITMIME");
                        say(&mut reader, "250 ok\r\n");
                    }
                    None if line.starts_with(b"EHLO") || line.starts_with(b"LHLO") => {
                        let is_right = line.starts_with(hello.as_bytes());
                        say(
                            &mut reader,
                            if is_right {
                                "250-me\r\n250-8BITMIME\r\n250 PIPELINING\r\n"
                            } else {
                                "500 no\r\n"
                            },
                        );
                    }
                    None => say(&mut reader, "250 ok\r\n"),
                }
                line.clear();
            }
        });
        let line = format!("corpus --deliver {scheme}://{} --user ann@example.com", server.address);
        Bench::new().run(&line).assert_code(0);
        let mails = mails.lock().unwrap();
        let names: Vec<&str> = NAMES.into_iter().filter(|name| is_deliverable(name)).collect();
        assert_eq!(mails.len(), names.len());
        for (mail, name) in mails.iter().zip(names) {
            assert!(*mail == wire(name, 1).unwrap(), "{scheme} {name}");
            // Two messages are equal, but for their places.
            assert!(recognised(mail).is_some(), "{name}");
        }
        let due: Vec<bool> = mails.iter().map(|mail| !mail.is_ascii()).collect();
        assert_eq!(*eight_bits.lock().unwrap(), due);
        drop(mails);
        let ran = Bench::new().run(&format!("corpus --deliver {scheme}://{} --user bob", server.address));
        let why = "RCPT TO:<bob>: 550 who?";
        ran.assert_error(3, &format!("pop3check: plain: {scheme}://{}: {why}\n", server.address));
    }
}
