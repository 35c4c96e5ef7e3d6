//! The endpoint for figures and health.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use crate::rig::{Rig, plain};

/// The answer to a request, its head and its body.
fn ask(address: SocketAddr, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
    write!(stream, "{request} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

#[test]
fn figures_and_health_are_told_over_http_and_a_silent_reader_holds_nobody_up() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let rig = Rig::new(plain("ann", "a"), "").with_maildirs(&["ann"]);
    let toml = rig.path("pop3d.toml");
    let settings = fs::read_to_string(&toml).unwrap();
    fs::write(&toml, settings.replace("[listen]\n", &format!("[listen]\nmetrics = \"{address}\"\n")))
        .unwrap();
    let pop3d = rig.start();
    let mut client = pop3d.client(1);
    assert!(client.say("USER ann").starts_with("+OK"));
    assert!(client.say("PASS a").starts_with("+OK"));
    let _silent = TcpStream::connect(address).unwrap();
    let (status, text) = ask(address, "GET /metrics");
    assert_eq!(status, "HTTP/1.1 200 OK");
    assert!(text.contains("\npop3d_sessions_open 1\n"), "{text}");
    assert!(text.contains("\npop3d_sessions_total 0\n"), "{text}");
    assert!(client.say("QUIT").starts_with("+OK"));
    assert_eq!(client.rest(), Some(String::new()));
    let until_told = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        let text = ask(address, "GET /metrics").1;
        text.contains("\npop3d_sessions_open 0\n") && text.contains("\npop3d_logins_total 1\n")
    });
    assert!(until_told);
    assert_eq!(ask(address, "GET /health"), ("HTTP/1.1 200 OK".into(), "ok\n".into()));
    assert_eq!(ask(address, "GET /else").0, "HTTP/1.1 404 Not Found");
    assert_eq!(ask(address, "POST /metrics").0, "HTTP/1.1 405 Method Not Allowed");
}
