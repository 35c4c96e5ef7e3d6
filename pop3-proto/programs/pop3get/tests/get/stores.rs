//! Where mail and records go: home directories, line ends, prepared files, and records of other programs.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown, lchown, symlink};
use std::path::Path;
use std::time::Duration;

use crate::support::{LOGIN, ONE_MESSAGE, Run, Server, messages};

fn server() -> Server {
    Server::play(&[&format!("{LOGIN}{ONE_MESSAGE}C: QUIT\\r\\n\nS: +OK\\r\\n")])
}

fn run(to: &str, address: &str) -> Run {
    let run = Run::bare().args(["--plain", "--quiet", "--user", "ann", "--password-env", "PASSWORD"]);
    run.args(["--to", to, address]).env("PASSWORD", "open sesame")
}

fn pipe(path: &Path) {
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
}

#[test]
fn a_tilde_is_the_home_directory_in_every_path() {
    let server = server();
    let run = run("~/Mail", &server.address.to_string()).args(["--record", "~/record"]);
    let home = run.path("home");
    fs::create_dir(&home).unwrap();
    let run = run.env("HOME", home.to_str().unwrap());
    run.run().assert(0, "");
    server.finish();
    assert_eq!(messages(&home.join("Mail")).len(), 1);
    assert!(home.join("record").is_file());
    assert!(!run.path("~").exists());

    let accounts = run.path("accounts.toml");
    let text = "[account.one]\nserver = \"pop://ann@127.0.0.1:1\"\nplain = true\nto = \"mbox:~bob/box\"\n";
    fs::write(&accounts, text).unwrap();
    let configured = || {
        Run::without_limits().args(["--config", accounts.to_str().unwrap()]).env("PASSWORD", "open sesame")
    };
    configured()
        .run()
        .assert(2, "pop3get: one: --to: ~bob/box: ~user is not known here; write the whole path\n");

    // In the file as on the command line.
    let server = self::server();
    let text = format!(
        "[account.one]\nserver = \"pop://ann@{}\"\nplain = true\nto = \"~/Other\"\nrecord = \"~/other\"\n\
         password-env = \"PASSWORD\"\n",
        server.address
    );
    fs::write(&accounts, text).unwrap();
    configured().env("HOME", home.to_str().unwrap()).run().assert(0, "");
    server.finish();
    assert_eq!(messages(&home.join("Other")).len(), 1);
    assert!(home.join("other").is_file());
}

#[test]
fn line_ends_stay_as_they_are_unless_lf_is_wanted() {
    for (options, wanted) in
        [(&[][..], "Subject: one\r\n\r\nfirst\r\n"), (&["--lf"][..], "Subject: one\n\nfirst\n")]
    {
        let server = self::server();
        let run = run("mail", &server.address.to_string()).args(options.iter().copied());
        run.run().assert(0, "");
        assert_eq!(run.delivered(), [wanted]);
        server.finish();

        let server = self::server();
        let run = self::run("pipe:cat > piped", &server.address.to_string()).args(["--record", "record"]);
        let run = run.args(options.iter().copied());
        run.run().assert(0, "");
        assert_eq!(fs::read_to_string(run.path("piped")).unwrap(), wanted);
        server.finish();
    }
}

#[test]
fn a_cr_that_ends_no_line_stays_wherever_the_octets_are_cut() {
    let script = format!("{LOGIN}{ONE_MESSAGE}C: QUIT\\r\\n\nS: +OK\\r\\n");
    let script =
        script.replace("Subject: one\\r\\n\\r\\nfirst\\r\\n.", "A: b\\r\\r\\n\\r\\nc\\rd\\r\\r\\r\\n.");
    for cut in [1, 2, 3, 7, usize::MAX] {
        let script = pop3_proto::testing::Script::parse(&script).unwrap();
        let server = Server::start([move |stream: std::net::TcpStream| {
            script.play_server(&stream, cut).unwrap();
        }]);
        let run = run("mail", &server.address.to_string()).args(["--lf"]);
        run.run().assert(0, "");
        assert_eq!(run.delivered(), ["A: b\r\n\nc\rd\r\r\n"]);
        server.finish();
    }
}

/// Covers prepared-files.
#[test]
fn prepared_lock_files_hang_nothing() {
    // Of the mbox file.
    for kind in ["pipe", "device"] {
        let server = Server::play(&[&format!("{LOGIN}{ONE_MESSAGE}C: QUIT\\r\\n\n")]);
        let run = run("mbox:box", &server.address.to_string());
        let lock = run.path("box.lock");
        if kind == "pipe" {
            pipe(&lock)
        } else {
            symlink("/dev/zero", &lock).unwrap()
        }
        let ran = run.run();
        assert_eq!(ran.code, Some(6), "{ran:?}");
        assert!(ran.time < Duration::from_secs(20), "{ran:?}");
        drop(server);
    }
    // Of the record.
    for kind in ["pipe", "link"] {
        let run = run("mail", "127.0.0.1:1").args(["--record", "record"]);
        let lock = run.path("record.lock");
        if kind == "pipe" {
            pipe(&lock)
        } else {
            symlink(run.path("precious"), &lock).unwrap()
        }
        let ran = run.run();
        assert_eq!(ran.code, Some(6), "{ran:?}");
        assert!(!run.path("precious").exists() && ran.time < Duration::from_secs(10), "{ran:?}");
    }
    // In the place of the mbox file: it would take a little mail and then hang.
    let server = Server::play(&[&format!("{LOGIN}{ONE_MESSAGE}C: QUIT\\r\\n\n")]);
    let run = run("mbox:box", &server.address.to_string());
    pipe(&run.path("box"));
    let ran = run.run();
    assert_eq!(ran.code, Some(6), "{ran:?}");
    assert!(ran.err.ends_with("box: not a plain file\n"), "{ran:?}");
    // In the place of the record itself.
    let run = self::run("mail", "127.0.0.1:1").args(["--record", "record"]);
    pipe(&run.path("record"));
    run.run().assert(6, "pop3get: ann@127.0.0.1: the record: record: not a plain file\n");
}

/// In a folder like /tmp others may have made the file before: mail goes into no file of theirs and through no link of
/// theirs, and no record of theirs says what is deleted.
#[test]
fn what_others_put_into_a_folder_of_everybody_is_not_taken() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let theirs = "pop3-proto record 1\nhave - 0 0 0 - 0 uid:one\n";
    for (to, made, what) in [
        ("mbox:all/ann", "all/ann", "belongs to user 12002"),
        ("mbox:all/ann", "link", "(os error 40)"),
        ("mbox:all/ann", "second name", "has another name"),
        ("mbox:all/far/box", "far", "all/far is a link of user 12002"),
        ("all/far/mail", "far", "all/far is a link of user 12002"),
        ("all/far/../far/mail", "far", "all/far is a link of user 12002"),
        ("all/ann", "folder", "belongs to user 12002"),
        ("mbox:box", "all/record", "belongs to user 12002"),
        ("mbox:box", "all/record.lock", "belongs to user 12002"),
    ] {
        let server = server();
        let run = run(to, &server.address.to_string()).args(["--delete", "--record", "all/record"]);
        let all = run.path("all");
        fs::create_dir(&all).unwrap();
        fs::set_permissions(&all, fs::Permissions::from_mode(0o1777)).unwrap();
        match made {
            "link" => symlink(run.path("target"), all.join("ann")).unwrap(),
            "folder" => fs::create_dir(all.join("ann")).unwrap(),
            "far" => {
                fs::create_dir(run.path("real")).unwrap();
                symlink(run.path("real"), all.join("far")).unwrap();
                lchown(all.join("far"), Some(12002), Some(12002)).unwrap();
            }
            "second name" => {
                fs::write(run.path("target"), "").unwrap();
                fs::hard_link(run.path("target"), all.join("ann")).unwrap();
            }
            file => fs::write(run.path(file), if file == "all/record" { theirs } else { "" }).unwrap(),
        }
        if what.contains("12002") && made != "far" {
            let path = if made == "folder" { all.join("ann") } else { run.path(made) };
            chown(path, Some(12002), Some(12002)).unwrap();
        }
        let ran = run.run();
        assert_eq!(ran.code, Some(6), "{to}, {made}: {ran:?}");
        assert!(ran.err.contains(what), "{to}, {made}: {ran:?}");
        assert!(!run.path("target").exists() || fs::read(run.path("target")).unwrap().is_empty());
        drop(server);
    }
    // The own files are taken.
    let server = server();
    let run = run("mbox:all/ann", &server.address.to_string()).args(["--record", "all/record"]);
    fs::create_dir(run.path("all")).unwrap();
    fs::set_permissions(run.path("all"), fs::Permissions::from_mode(0o1777)).unwrap();
    fs::write(run.path("all/ann"), "").unwrap();
    run.run().assert(0, "");
    assert!(fs::read(run.path("all/ann")).unwrap().ends_with(b"first\n\n"));
    server.finish();
}

#[test]
fn a_record_that_is_no_record_is_named_with_its_line() {
    let run = run("mail", "127.0.0.1:1").args(["--record", "record"]);
    fs::write(run.path("record"), "pop3-proto record 1\nhave nothing\n").unwrap();
    run.run().assert(6, "pop3get: ann@127.0.0.1: record: line 2 is not that of a record\n");
    fs::write(run.path("record"), b"pop3-proto record 1\nhave \xE4\n").unwrap();
    let why = "record, line 2: not UTF-8 (it looks like Latin-1; convert it to UTF-8)";
    run.run().assert(6, &format!("pop3get: ann@127.0.0.1: the record: {why}\n"));
}

#[test]
fn the_count_of_an_import_is_told_and_nothing_of_many_is_refused() {
    let listing = &ONE_MESSAGE[..ONE_MESSAGE.find("C: RETR").unwrap()];
    let server = Server::play(&[&format!("{LOGIN}{listing}C: QUIT\\r\\n\nS: +OK\\r\\n")]);
    let run = run("mail", &server.address.to_string()).args(["--import", "mpop:old"]);
    fs::write(run.path("old"), "#\n 1 127.0.0.1 ann\nid-1 1700000000\n 1 other bob\nx\n?\n").unwrap();
    let told = "1 messages taken, 1 of other accounts, lines not read: 1 (the first is line 6)";
    run.run().assert(0, &format!("pop3get: ann@127.0.0.1: --import mpop:old: {told}\n"));
    assert!(run.delivered().is_empty());
    server.finish();

    let run = self::run("mail", "127.0.0.1:1").args(["--import", "mpop:old"]);
    fs::write(run.path("old"), "#\n 1 127.0.0.1 bob\nid-1\n").unwrap();
    let why = "nothing in it is of ann at 127.0.0.1: 0 messages taken, 1 of other accounts";
    run.run().assert(2, &format!("pop3get: ann@127.0.0.1: --import mpop:old: {why}\n"));
    let run = self::run("mail", "127.0.0.1:1").args(["--import", "getmail:/dev/zero"]);
    let why = "/dev/zero: not a plain file";
    run.run().assert(2, &format!("pop3get: ann@127.0.0.1: --import getmail:/dev/zero: {why}\n"));
}

/// Covers quirk-150.
#[test]
fn what_was_fetched_in_1970_is_not_deleted_as_old() {
    let script = |dele: &str| {
        let listing = &ONE_MESSAGE[..ONE_MESSAGE.find("C: RETR").unwrap()];
        format!("{LOGIN}{listing}{dele}C: QUIT\\r\\n\nS: +OK\\r\\n")
    };
    let server = Server::play(&[&script("")]);
    let run = run("mail", &server.address.to_string()).args(["--delete-after", "30", "--record", "record"]);
    let record = run.path("record");
    fs::write(&record, "pop3-proto record 1\nhave 23 61 61 61 - 0 uid:id-1\n").unwrap();
    run.run().assert(0, "");
    server.finish();
    let text = fs::read_to_string(record).unwrap();
    assert!(!text.contains(" 61 "), "{text}");
}
