//! A client that logs in and fetches messages, and nothing else, to measure how much flash it takes.

#![no_std]
#![no_main]

#[path = "../../../../pop3-proto/examples/embedded/device.rs"]
#[allow(dead_code)]
mod device;
#[path = "../start.rs"]
mod start;

fn run(cut: usize) -> i32 {
    let mut client = device::Pop3Client::new();
    let heard = client.wire.receive_into();
    let n = cut.min(heard.len());
    heard.get_mut(..n).unwrap_or_default().fill(core::hint::black_box(b'\n'));
    client.wire.received(n);
    i32::from(client.run() == Ok(device::Wants::End))
}
