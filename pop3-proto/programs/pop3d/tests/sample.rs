//! pop3d without options: it serves its sample to the user `demo`, and SIGTERM ends it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use pop3_proto::testing::Script;
use rustix::process::{Pid, Signal, kill_process};

/// The longest that a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// A pop3d process. Dropping this ends it.
struct Pop3d {
    process: Child,
    address: SocketAddr,
}

impl Pop3d {
    fn start() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pop3d"));
        command
            .args(["--listen", "127.0.0.1:0", "--log", "error"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut started = Self { process, address: ([127, 0, 0, 1], 0).into() };
        let line = lines.next().unwrap().unwrap();
        let address = line.strip_prefix("listening on ").and_then(|rest| rest.split(' ').next());
        started.address = address.unwrap().parse().unwrap();
        assert_eq!(line, format!("listening on {} (plain, STLS)", started.address));
        assert_eq!(
            lines.next().unwrap().unwrap(),
            format!("try: curl --user demo pop3://{}/1", started.address)
        );
        started
    }

    /// A connection, after the greeting, which has random numbers in it.
    fn connect(&self) -> TcpStream {
        let mut stream = TcpStream::connect_timeout(&self.address, PATIENCE).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut greeting = Vec::new();
        while !greeting.ends_with(b"\n") {
            let mut octet = [0];
            stream.read_exact(&mut octet).unwrap();
            greeting.extend(octet);
        }
        let greeting = String::from_utf8(greeting).unwrap();
        assert!(
            greeting.starts_with("+OK pop3d ready <") && greeting.ends_with("@localhost>\r\n"),
            "{greeting}"
        );
        stream
    }

    /// Asks pop3d to stop, and returns whether it ended with success.
    fn stop(mut self) -> bool {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
        let end = Instant::now() + PATIENCE;
        loop {
            match self.process.try_wait().unwrap() {
                Some(status) => return status.success(),
                None => assert!(Instant::now() < end, "it does not stop"),
            }
            sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Pop3d {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn play(stream: &TcpStream, script: &str) {
    let script = Script::parse(script).unwrap();
    script.play_client(stream, usize::MAX).unwrap_or_else(|mismatch| panic!("{mismatch}"));
}

#[test]
fn the_sample_is_read_and_what_is_deleted_is_gone_in_the_next_session() {
    let pop3d = Pop3d::start();
    play(
        &pop3d.connect(),
        r"
        C: USER demo\r\n
        S: +OK send PASS\r\n
        C: PASS demo\r\n
        S: +OK maildrop locked and ready\r\n
        C: UIDL\r\n
        S: +OK 4 messages (658 octets)\r\n1 welcome\r\n2 dots\r\n3 eight-bit\r\n4 empty\r\n.\r\n
        C: RETR 2\r\n
        S: +OK message follows\r\n
        S: From: Ann <ann@example.com>\r\nTo: You <you@example.com>\r\nSubject: dots\r\n\r\n
        S: ..\r\n...\r\n+OK this is not a reply, and the last line has no end\r\n.\r\n
        C: DELE 2\r\n
        S: +OK message 2 deleted\r\n
        C: QUIT\r\n
        S: +OK bye\r\n",
    );
    play(
        &pop3d.connect(),
        r"
        C: USER demo\r\n
        S: +OK send PASS\r\n
        C: PASS demo\r\n
        S: +OK maildrop locked and ready\r\n
        C: UIDL\r\n
        S: +OK 3 messages (523 octets)\r\n1 welcome\r\n2 eight-bit\r\n3 empty\r\n.\r\n
        C: QUIT\r\n
        S: +OK bye\r\n",
    );
    assert!(pop3d.stop());
}

#[test]
fn a_wrong_password_is_refused_and_the_maildrop_has_one_session_at_a_time() {
    let pop3d = Pop3d::start();
    let first = pop3d.connect();
    play(
        &first,
        r"
        C: USER demo\r\n
        S: +OK send PASS\r\n
        C: PASS wrong\r\n
        S: -ERR [AUTH] wrong name or password\r\n
        C: USER demo\r\n
        S: +OK send PASS\r\n
        C: PASS demo\r\n
        S: +OK maildrop locked and ready\r\n",
    );
    play(
        &pop3d.connect(),
        r"
        C: USER demo\r\n
        S: +OK send PASS\r\n
        C: PASS demo\r\n
        S: -ERR [IN-USE] maildrop is locked by another session\r\n",
    );
    // The first session is still open here.
    assert!(pop3d.stop());
}
