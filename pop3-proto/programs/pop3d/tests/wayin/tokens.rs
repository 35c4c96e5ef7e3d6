//! Whose mail a token opens: that of its owner, by the whole name.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use sha2::{Digest as _, Sha256};

use crate::rig::{PATIENCE, Rig, WELCOME, plain, text};

type Tls = BufReader<StreamOwned<ClientConnection, TcpStream>>;

fn say(stream: &mut Tls, line: &str) -> String {
    stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
    let mut said = String::new();
    stream.read_line(&mut said).unwrap();
    said
}

/// The passwd field of a token.
fn token(token: &str) -> String {
    let digest = Sha256::digest(token);
    digest.iter().fold("{TOKEN}".to_owned(), |mut field, octet| {
        write!(field, "{octet:02x}").unwrap();
        field
    })
}

/// P22: with `login.domain` set, the token of `ann@example.com` opened the maildrop of `ann`.
#[test]
fn a_token_of_a_user_with_our_domain_in_the_name_opens_the_mail_of_that_user() {
    let passwd = [
        plain("ann", "a").replace('\n', &format!(" {}\n", token("of-ann"))),
        plain("ann@example.com", "b").replace('\n', &format!(" {}\n", token("of-the-other"))),
        plain("bob", "c").replace('\n', &format!(" {}\n", token("of-bob"))),
    ];
    let rig = Rig::new(passwd.concat(), "").with_maildirs(&["ann", "ann@example.com", "bob"]);
    fs::write(rig.path("ann/new/1"), "x").unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (cert, key) = (rig.path("cert.pem"), rig.path("key.pem"));
    let pem =
        |label: &str, der: &[u8]| format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", text(der));
    fs::write(&cert, pem("CERTIFICATE", made.cert.der())).unwrap();
    fs::write(&key, pem("PRIVATE KEY", &made.signing_key.serialize_der())).unwrap();
    let toml = fs::read_to_string(rig.path("pop3d.toml")).unwrap();
    let more = "[login]\nfailure-delay = 0\ndomain = \"example.com\"\n";
    fs::write(rig.path("pop3d.toml"), format!("{toml}[tls]\ncert = {cert:?}\nkey = {key:?}\n{more}"))
        .unwrap();
    let pop3d = rig.start();

    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let config = Arc::new(config);
    let stat = |said: &str, token: &str| {
        let mut stream = TcpStream::connect(pop3d.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(b"STLS\r\n").unwrap();
        let (mut lines, mut line) = (BufReader::new(&stream), String::new());
        for _ in 0..2 {
            line.clear();
            lines.read_line(&mut line).unwrap();
        }
        assert_eq!(line, "+OK begin TLS negotiation\r\n");
        let name = ServerName::try_from("localhost").unwrap();
        let mut tls =
            BufReader::new(StreamOwned::new(ClientConnection::new(config.clone(), name).unwrap(), stream));
        let initial = text(format!("user={said}\x01auth=Bearer {token}\x01\x01"));
        let welcome = say(&mut tls, &format!("AUTH XOAUTH2 {initial}"));
        let found = if welcome == WELCOME { say(&mut tls, "STAT") } else { String::new() };
        say(&mut tls, "QUIT");
        (welcome, found)
    };
    assert_eq!(stat("ann@example.com", "of-the-other"), (WELCOME.into(), "+OK 0 0\r\n".into()));
    assert_eq!(stat("ann", "of-ann"), (WELCOME.into(), "+OK 1 3\r\n".into()));
    // A said name with our domain means the user without it, unless there is one with it.
    assert_eq!(stat("bob@example.com", "of-bob"), (WELCOME.into(), "+OK 0 0\r\n".into()));
    for (said, token) in
        [("ann", "of-the-other"), ("ann@example.com", "of-ann"), ("bob", "of-ann"), ("ann", "x")]
    {
        assert_ne!(stat(said, token).0, WELCOME, "{said} {token}");
    }
}
