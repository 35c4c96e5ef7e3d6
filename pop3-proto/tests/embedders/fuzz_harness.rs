//! A fuzz target for a server that somebody else wrote: commands come from the fuzzer's bytes.

use arbitrary::Unstructured;
use pop3_proto::testing::Keeper;
use pop3_proto::{Command, Deviations, encode, parse};

/// Reads what the fuzzer made up, and keeps what the server says.
struct Wire<'i> {
    input: &'i [u8],
    output: Vec<u8>,
}

impl std::io::Read for Wire<'_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        self.input.read(buf)
    }
}

impl std::io::Write for Wire<'_> {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        self.output.write(buf)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The body of `fuzz_target!`: returns how many commands the server was given.
fn target(mut bytes: Unstructured<'_>) -> usize {
    let mut input = b"USER ann\r\nPASS secret\r\n".to_vec();
    let mut sent = 0;
    while !bytes.is_empty()
        && let Ok(command) = bytes.arbitrary::<Command<'_>>()
    {
        // A command that the encoder refuses, one with a line end in its name for instance, is not sent.
        sent += usize::from(encode::command(&command, &mut input).is_ok());
    }
    let mut wire = Wire { input: &input, output: Vec::new() };
    let server = Keeper::new("ann", "secret").with_message("Subject: hi\n\nbody\n");
    server.serve(&mut wire).expect("the wire does not fail");
    let mut lines = wire.output.split_inclusive(|byte| *byte == b'\n');
    while let Some(line) = lines.next() {
        let line = line.strip_suffix(b"\r\n").expect("every line ends in CRLF");
        if line.starts_with(b"+ ") {
            continue;
        }
        let mut seen = Deviations::default();
        let read = parse::status_line(line, &mut seen);
        // The lines of a body are skipped: what they may be is for the tests of each command.
        if read.is_err() {
            assert!(lines.by_ref().any(|line| line == b".\r\n"), "{}", line.escape_ascii());
        }
        assert!(seen.is_empty(), "{}: {seen:?}", line.escape_ascii());
    }
    sent
}

#[test]
fn no_command_brings_the_server_out_of_step() {
    let mut state = 1_u64;
    let mut bytes = [0; 512];
    let mut sent = 0;
    for _ in 0..500 {
        for byte in &mut bytes {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            *byte = (state >> 56) as u8;
        }
        sent += target(Unstructured::new(&bytes));
    }
    assert!(sent > 1000, "the fuzzer reaches the server: {sent} commands");
}
