//! Nothing allocates: the device of the `embedded` example runs whole dialogues under a counting allocator.

use pop3_proto::Time;

#[path = "../examples/embedded/device.rs"]
#[allow(dead_code, reason = "an example's module")]
mod device;

/// How many allocations `run` makes.
fn allocations(run: impl FnOnce()) -> u64 {
    allocation_counter::measure(run).count_total
}

static LOG: [&[u8]; 3] = [b"a: b\n\n.\nc\n", b".\r\n", b""];

#[test]
fn the_counter_counts() {
    let mut kept = Vec::new();
    assert_eq!(allocations(|| kept.push(1)), 1);
}

#[test]
fn a_whole_dialogue_allocates_nothing_at_any_cut() {
    for cut in [1, 2, 3, 7, 64, 512] {
        let mut server = device::Pop3Server::new(device::Flash(&LOG));
        let mut client = device::Pop3Client::new();
        let mut result = None;
        let count = allocations(|| result = device::talk(&mut server, &mut client, cut));
        assert_eq!(result, Some((3, 17)), "cut {cut}");
        assert_eq!(count, 0, "cut {cut}");
    }
}

#[test]
fn commands_that_fill_the_window_are_all_answered() {
    let mut server = device::Pop3Server::new(device::Flash(&LOG));
    let commands = b"USER sensor\r\nPASS s3cret pass\r\n"
        .iter()
        .chain(b"NOOP\r\n".iter().cycle().take(6 * 200))
        .copied();
    let commands: Vec<u8> = commands.chain(*b"QUIT\r\n").collect();
    let mut sent = Vec::with_capacity(4096);
    let count = allocations(|| {
        let mut rest = &commands[..];
        loop {
            let wants = server.run(Time::ZERO);
            sent.extend_from_slice(server.wire.to_send());
            server.wire.sent(server.wire.to_send().len());
            if wants == device::Wants::End {
                break;
            }
            let space = server.wire.receive_into();
            let n = space.len().min(rest.len());
            space[..n].copy_from_slice(&rest[..n]);
            server.wire.received(n);
            rest = &rest[n..];
        }
    });
    assert_eq!(count, 0);
    let due =
        format!("+OK sensor ready\r\n+OK send PASS\r\n+OK welcome\r\n{}+OK bye\r\n", "+OK\r\n".repeat(200));
    assert_eq!(sent.escape_ascii().to_string(), due.as_bytes().escape_ascii().to_string());
}
