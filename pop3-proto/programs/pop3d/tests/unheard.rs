//! Nobody reads what pop3d prints and logs. Servers of services are often started so.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The longest that a test waits for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// A pipe of which nobody has the other end.
fn closed() -> Stdio {
    std::io::pipe().unwrap().1.into()
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn connect(address: SocketAddr) -> BufReader<TcpStream> {
    let end = Instant::now() + PATIENCE;
    loop {
        match TcpStream::connect(address) {
            Ok(stream) => {
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                return BufReader::new(stream);
            }
            Err(error) => assert!(Instant::now() < end, "it does not listen: {error}"),
        }
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn it_serves_all_the_same() {
    for log in ["info", "error"] {
        // Free a moment ago.
        let address = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_pop3d"));
        command.args(["--log", log, "--listen", &address.to_string()]);
        let command = command.stdin(Stdio::null()).stdout(closed()).stderr(closed());
        let mut process = Process(command.spawn().unwrap());
        // Each session is logged at its end, and a wrong password at once.
        for _ in 0..3 {
            let mut client = connect(address);
            client
                .get_mut()
                .write_all(b"USER demo\r\nPASS wrong\r\nUSER demo\r\nPASS demo\r\nQUIT\r\n")
                .unwrap();
            let said: Vec<_> = client.lines().map(Result::unwrap).collect();
            assert!(said.first().unwrap().starts_with("+OK pop3d ready"), "{said:?}");
            assert_eq!(
                said.get(1..).unwrap(),
                [
                    "+OK send PASS",
                    "-ERR [AUTH] wrong name or password",
                    "+OK send PASS",
                    "+OK maildrop locked and ready",
                    "+OK bye"
                ]
            );
        }
        assert!(process.0.try_wait().unwrap().is_none(), "it runs");
    }
}

#[test]
fn fields_that_cannot_be_printed_are_an_error() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pop3d"));
    command.arg("--hash-password").stdin(Stdio::piped()).stdout(closed()).stderr(Stdio::piped());
    let mut process = command.spawn().unwrap();
    process.stdin.take().unwrap().write_all(b"secret\n").unwrap();
    let output = process.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said, "pop3d: standard output: Broken pipe (os error 32)\n");
}
