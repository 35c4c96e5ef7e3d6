//! Nothing is allocated: the device of the `embedded` example runs whole dialogues under a counting
//! allocator.

#[cfg(feature = "scram")]
use base64ct::{Base64 as Text, Encoding as _};
use pop3_proto::Time;
#[cfg(feature = "scram")]
use pop3_proto::{
    Base64,
    sasl::scram::{Hash, Keys},
    sasl::server::{Answer, Engine as _, Exchange, Step},
    sasl::{Binding, Channel},
};

#[path = "../examples/embedded/device.rs"]
#[allow(dead_code, reason = "an example's module")]
mod device;
#[cfg(feature = "scram")]
#[path = "common/signer.rs"]
mod signer;

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

/// The exchange of RFC 7677 section 3, in an array. The server's part of its nonce has 30 characters, which a
/// nonce of this crate cannot have. So the exchange has another nonce, and its messages are those of a client
/// that was written without this crate and also makes the messages of the RFC.
#[test]
#[cfg(feature = "scram")]
fn a_scram_exchange_allocates_nothing() {
    const FIRST: &str = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
    const SERVER: &str = "3rfcNHYJY1ZVvWVs7j+5802/";
    let salt = b"\x5b\x6d\x99\x68\x9d\x12\x35\x8e\xec\xa0\x4b\x14\x12\x36\xfa\x81";
    let client = signer::Signer::new(Hash::Sha256, "pencil", salt, 4096);
    let sign = |server: &str| {
        let nonce = format!("r=rOprNGfwEbeRWgbNEkqO{server}");
        let server_first = format!("{nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
        client.sign(FIRST, &server_first, &format!("c=biws,{nonce}"))
    };
    let published = sign("%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
    assert_eq!(
        Text::encode_string(published.client_final.as_bytes()),
        "Yz1iaXdzLHI9ck9wck5HZndFYmVSV2diTkVrcU8laHZZRHBXVWEyUmFUQ0FmdXhGSWxqKWhObEYkazAscD1kSHpiWmFwV0lrNGpVaE4r\
         VXRlOXl0YWc5empmTUhnc3FtbWl6N0FuZFZRPQ=="
    );
    assert_eq!(published.server_final, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");

    let signed = sign(SERVER);
    let (last, signature) =
        (Text::encode_string(signed.client_final.as_bytes()), signed.server_final.into_bytes());
    let nonce = signer::nonce(SERVER);
    let mut proved = false;
    let count = allocations(|| {
        let keys = Keys::derive(Hash::Sha256, "pencil", salt, 4096).unwrap();
        let mut exchange = Exchange::new([0; 1200]);
        let mut channel = Channel::new("mail.example");
        channel.nonce = Some(nonce);
        let binding = [Binding { kind: "tls-exporter", data: &[7; 32] }];
        for bindings in [&binding[..], &[]] {
            channel.bindings = bindings;
            assert_eq!(exchange.start(b"SCRAM-SHA-256", &channel), Ok(()));
        }
        let first = Base64::new(b"biwsbj11c2VyLHI9ck9wck5HZndFYmVSV2diTkVrcU8=");
        assert!(matches!(exchange.step(first), Step::FindKeys { name: "user", hash: Hash::Sha256 }));
        assert!(matches!(exchange.answer(Answer::Keys(Some(&keys))), Step::Challenge(_)));
        let last = Base64::new(last.as_bytes());
        assert!(matches!(exchange.step(last), Step::Challenge(data) if data == signature));
        proved = matches!(exchange.step(Some(Base64::EMPTY)), Step::Done { name: "user" });
    });
    assert!(proved);
    assert_eq!(count, 0);
}
