//! A server with its maildrop and message bodies, and nothing else, to measure how much flash it takes.

#![no_std]
#![no_main]

#[path = "../../../../pop3-proto/examples/embedded/device.rs"]
#[allow(dead_code)]
mod device;
#[path = "../start.rs"]
mod start;

use pop3_proto::Time;

static LOG: [&[u8]; 2] = [b"a: b\n\n.\nc\n", b".\r\n"];

fn run(cut: usize) -> i32 {
    let mut server = device::Pop3Server::new(device::Flash(core::hint::black_box(&LOG)));
    let heard = server.wire.receive_into();
    let n = cut.min(heard.len());
    heard.get_mut(..n).unwrap_or_default().fill(core::hint::black_box(b'\n'));
    server.wire.received(n);
    i32::from(server.run(core::hint::black_box(Time::ZERO)) == device::Wants::End)
}
