//! Nobody reads what the gateway prints and logs.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::PATIENCE;

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_serves_all_the_same() {
    let closed = || Stdio::from(std::io::pipe().unwrap().1);
    // Free a moment ago.
    let address = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_oauth-gateway"));
    command.args(["--listen", &address.to_string(), "--server", "127.0.0.1:1", "--stls"]);
    command.args(["--token-env", "TOKEN", "--local-password-env", "LOCAL"]);
    command.env("TOKEN", "t0ken").env("LOCAL", "secret");
    let command = command.stdin(Stdio::null()).stdout(closed()).stderr(closed());
    let mut process = Process(command.spawn().unwrap());
    let end = Instant::now() + PATIENCE;
    for _ in 0..3 {
        let stream = loop {
            match TcpStream::connect(address) {
                Ok(stream) => break stream,
                Err(error) => assert!(Instant::now() < end, "it does not listen: {error}"),
            }
            sleep(Duration::from_millis(20));
        };
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut device = BufReader::new(stream);
        // The real server cannot be reached, which is logged.
        device.get_mut().write_all(b"USER ann\r\nPASS secret\r\nQUIT\r\n").unwrap();
        let said: Vec<_> = device.lines().map(Result::unwrap).collect();
        assert_eq!(said.first().map(String::as_str), Some("+OK gateway ready"));
        assert!(said.get(2).unwrap().starts_with("-ERR [SYS/TEMP] the real server"), "{said:?}");
        assert_eq!(said.get(3).map(String::as_str), Some("+OK bye"));
    }
    assert!(process.0.try_wait().unwrap().is_none(), "it runs");
}
