//! A POP3 server and client on a device without heap: fixed arrays, no allocation, no operating system.
//!
//! `device.rs` is the device. This program plays the network between its two halves.

use std::process::ExitCode;

mod device;

static LOG: [&[u8]; 3] = [
    b"From: sensor@example.com\nSubject: reading 1\n\n21.5 degrees\n.5 is not the end\n",
    b"From: sensor@example.com\r\nSubject: reading 2\r\n\r\n.\r\n..\r\n",
    b"",
];

fn main() -> ExitCode {
    let mut server = device::Pop3Server::new(device::Flash(&LOG));
    let mut client = device::Pop3Client::new();
    match device::talk(&mut server, &mut client, 64) {
        Some((messages, octets)) => {
            println!(
                "{messages} messages, {octets} octets, in {} octets of state",
                size_of_val(&server) + size_of_val(&client)
            );
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("embedded: the dialogue did not come to its end");
            ExitCode::FAILURE
        }
    }
}
