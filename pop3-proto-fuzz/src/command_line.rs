//! Fuzz target: whatever parses as a command is either refused by the encoder or encoded as the same command, in
//! one line.

use pop3_proto::encode::{self, EncodeError};
use pop3_proto::{Line, LineScanner, parse};

/// `data` is a line; with CRLF in it, it is several.
pub fn command_line(data: &[u8]) {
    one(data);
    let mut scanner = LineScanner::new(255);
    let mut window = data;
    loop {
        match scanner.next(&mut window) {
            Line::Complete(line) => {
                assert!(line.len() <= 253 && !line.contains(&b'\n'));
                one(line);
            }
            Line::Partial => break,
            Line::TooLong | Line::BareLf => {}
        }
    }
}

fn one(line: &[u8]) {
    let Ok(command) = parse::command(line) else { return };
    let mut wire = Vec::new();
    match encode::command(&command, &mut wire) {
        Ok(()) => {
            let text = wire.strip_suffix(b"\r\n").expect("a line ends in CRLF");
            assert!(wire.len() <= 255 && !text.iter().any(|b| matches!(b, b'\r' | b'\n' | 0)));
            let again = parse::command(text).expect("what was written parses");
            let mut second = Vec::new();
            encode::command(&again, &mut second).expect("and is written again");
            assert_eq!(wire, second);
            assert_eq!(command.verb(), again.verb());
        }
        Err(EncodeError::TooLong) => assert!(line.len() > 253 - 20),
        // An unknown verb may hold non-ASCII bytes, and its argument may be empty.
        Err(_) => assert!(wire.is_empty()),
    }
}
