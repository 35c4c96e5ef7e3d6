//! pop3get fetches into a Maildir, and a second run fetches nothing.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use pop3_proto::testing::Keeper;

const PATIENCE: Duration = Duration::from_secs(30);

/// What pop3get prints with `--json`. It ends by itself, whatever the server does.
fn fetch(server: SocketAddr, maildir: &Path) -> serde_json::Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pop3get"));
    command.args(["--plain", "--user", "ann", "--password-env", "PASSWORD", "--max-time", "30", "--json"]);
    let output = command.arg("--to").arg(maildir).arg(server.to_string()).env("PASSWORD", "secret").output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn messages(maildir: &Path) -> Vec<String> {
    let files = fs::read_dir(maildir.join("new")).unwrap();
    let mut texts: Vec<_> = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    texts.sort();
    texts
}

#[test]
fn each_message_is_delivered_once() {
    let keeper = Keeper::new("ann", "secret")
        .with_message("Subject: one\r\n\r\n.\r\n..\r\nsent from a keeper\r\n")
        .with_message("Subject: two\n\nstored with bare line ends\n");
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        for _ in 0..2 {
            let (stream, _) = listener.accept().unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            assert_eq!(keeper.serve(stream).unwrap(), [], "nothing was to be deleted");
        }
    });

    let folder = tempfile::tempdir().unwrap();
    let maildir = folder.path().join("mail");
    let first = fetch(address, &maildir);
    assert_eq!((&first["fetched"], &first["skipped"]), (&2.into(), &0.into()), "{first}");
    let wanted = [
        "Subject: one\r\n\r\n.\r\n..\r\nsent from a keeper\r\n",
        "Subject: two\r\n\r\nstored with bare line ends\r\n",
    ];
    assert_eq!(messages(&maildir), wanted);

    let second = fetch(address, &maildir);
    assert_eq!((&second["fetched"], &second["skipped"]), (&0.into(), &2.into()), "{second}");
    assert_eq!(messages(&maildir), wanted);
    server.join().unwrap();
}
