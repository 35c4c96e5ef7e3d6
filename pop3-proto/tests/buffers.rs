//! `GrowBuf` and `Outbox` against a `Vec`: whatever is read, used, queued and written, no byte is lost,
//! doubled or moved.

#![cfg(feature = "alloc")]

use pop3_proto::limits::{EXCHANGE_LINE, MIN_OUTPUT};
use pop3_proto::{Full, GrowBuf, Input as _, Outbox, Output as _};
use proptest::collection::vec;
use proptest::prelude::*;

/// The next bytes of a sequence that does not repeat soon.
fn more(count: usize, last: &mut u32) -> Vec<u8> {
    let mut next = || {
        *last = last.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        last.to_be_bytes()[0]
    };
    (0..count).map(|_| next()).collect()
}

#[derive(Clone, Copy, Debug)]
enum Receive {
    /// A read that fills so much of the space, or all of it.
    Read(usize),
    /// A read that fills the space; more is committed than the space holds.
    ReadAll,
    /// A read that is cancelled: the space was written to, and nothing is committed.
    Cancel(usize),
    /// The session uses so many of the unread bytes.
    Use(usize),
    Shrink,
}

fn receive() -> impl Strategy<Value = Receive> {
    let size = || prop_oneof![0_usize..8, 0_usize..700, Just(usize::MAX)];
    prop_oneof![
        4 => size().prop_map(Receive::Read),
        1 => Just(Receive::ReadAll),
        1 => size().prop_map(Receive::Cancel),
        4 => size().prop_map(Receive::Use),
        1 => Just(Receive::Shrink),
    ]
}

#[derive(Clone, Copy, Debug)]
enum Send {
    Put(usize),
    /// A write takes so many of the bytes.
    Write(usize),
    Shrink,
    Clear,
}

fn send() -> impl Strategy<Value = Send> {
    let size = || prop_oneof![0_usize..8, 0_usize..300, 500_usize..600, Just(usize::MAX)];
    prop_oneof![
        6 => size().prop_map(Send::Put),
        6 => size().prop_map(Send::Write),
        1 => Just(Send::Shrink),
        1 => Just(Send::Clear),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn a_receive_buffer_keeps_every_byte_until_it_is_used(
        max in prop_oneof![0_usize..20, 500_usize..520, 1000_usize..3000],
        steps in vec(receive(), 0..40),
    ) {
        let (mut buf, mut unread, mut last) = (GrowBuf::with_max(max), Vec::new(), 1);
        for step in steps {
            match step {
                Receive::Read(n) | Receive::Cancel(n) => {
                    let space = buf.space();
                    let n = n.min(space.len());
                    let came = more(n, &mut last);
                    space[..n].copy_from_slice(&came);
                    if matches!(step, Receive::Read(_)) {
                        buf.commit(n);
                        unread.extend(came);
                    }
                }
                Receive::ReadAll => {
                    let space = buf.space();
                    let came = more(space.len(), &mut last);
                    space.copy_from_slice(&came);
                    buf.commit(usize::MAX);
                    unread.extend(came);
                }
                Receive::Use(n) => {
                    let n = n.min(unread.len());
                    buf.unread().consume(n);
                    unread.drain(..n);
                }
                Receive::Shrink => buf.shrink(),
            }
            prop_assert_eq!(buf.bytes(), &unread[..], "after {:?}", step);
            prop_assert_eq!(buf.unread().bytes(), &unread[..], "after {:?}", step);
            prop_assert_eq!(buf.is_empty(), unread.is_empty());
            let space = buf.space().len();
            prop_assert_eq!(space == 0, unread.len() == max, "{} bytes of space, {} unread", space, unread.len());
            prop_assert!(space + unread.len() <= max, "{} bytes of space, {} unread", space, unread.len());
            prop_assert_eq!(buf.bytes(), &unread[..], "the space was asked for");
        }
    }

    #[test]
    fn an_outbox_keeps_every_byte_until_it_is_written(
        max in prop_oneof![0_usize..20, 500_usize..520, 1000_usize..2000],
        steps in vec(send(), 0..40),
    ) {
        let (mut out, mut unsent, mut last) = (Outbox::with_max(max), Vec::new(), 1);
        let max = max.max(MIN_OUTPUT);
        for step in steps {
            let room = out.room();
            match step {
                Send::Put(n) => {
                    let bytes = more(n.min(room + 1), &mut last);
                    let due = if bytes.len() <= room { Ok(()) } else { Err(Full) };
                    prop_assert_eq!(out.put(&bytes), due, "{} bytes into {} of room", bytes.len(), room);
                    if due.is_ok() {
                        prop_assert_eq!(out.room(), room - bytes.len());
                        unsent.extend(bytes);
                    }
                }
                Send::Write(n) => {
                    let n = n.min(unsent.len());
                    out.consume(n);
                    unsent.drain(..n);
                    prop_assert!(out.room() >= room, "a write took room away");
                }
                Send::Shrink => out.shrink(),
                Send::Clear => {
                    out.clear();
                    unsent.clear();
                }
            }
            prop_assert_eq!(out.bytes(), &unsent[..], "after {:?}", step);
            prop_assert_eq!(out.is_empty(), unsent.is_empty());
            prop_assert!(out.room() + unsent.len() <= max, "{} bytes of room, {} unsent", out.room(), unsent.len());
            if unsent.is_empty() {
                prop_assert_eq!(out.room(), max, "all was written");
            }
        }
    }
}

/// Wherever a write is short, the rest goes out in the next ones, and what is queued meanwhile comes after
/// it.
#[test]
fn a_short_write_anywhere_loses_nothing() {
    let (first, second) = (b"+OK 2 320\r\n", b"+OK bye\r\n");
    for cut in 0..=first.len() {
        let (mut out, mut sent) = (Outbox::new(), Vec::new());
        out.put(first).unwrap();
        sent.extend_from_slice(&out.bytes()[..cut]);
        out.consume(cut);
        out.put(second).unwrap();
        while !out.is_empty() {
            sent.push(out.bytes()[0]);
            out.consume(1);
        }
        assert_eq!(sent, [&first[..], second].concat(), "cut after {cut} bytes");
    }
}

#[test]
fn new_buffers_hold_what_their_documentation_says() {
    let (mut rx, mut count) = (GrowBuf::new(), 0);
    while !rx.space().is_empty() {
        let n = rx.space().len();
        rx.commit(n);
        count += n;
    }
    assert_eq!((count, rx.bytes().len()), (EXCHANGE_LINE, EXCHANGE_LINE));

    let mut tx = Outbox::new();
    assert_eq!(tx.room(), 16 * 1024);
    assert_eq!(tx.put(&[0; 16 * 1024 + 1]), Err(Full));
    assert_eq!(tx.put(&[0; 16 * 1024]), Ok(()));
    assert_eq!((tx.room(), tx.put(b"x")), (0, Err(Full)));
}

/// How many bytes of memory what `make` makes holds.
fn memory<T>(make: impl FnOnce() -> T) -> i64 {
    let mut kept = None;
    allocation_counter::measure(|| kept = Some(make())).bytes_current
}

#[test]
fn buffers_of_idle_connections_take_no_memory() {
    let read = |shrinks: bool| {
        let mut rx = GrowBuf::new();
        rx.space()[..6].copy_from_slice(b"NOOP\r\n");
        rx.commit(6);
        rx.unread().consume(6);
        if shrinks {
            rx.shrink();
        }
        rx
    };
    assert!(memory(|| read(false)) > 0);
    assert_eq!((memory(GrowBuf::new), memory(|| read(true))), (0, 0));

    let written = |shrinks: bool| {
        let mut tx = Outbox::new();
        tx.put(b"+OK\r\n").unwrap();
        tx.consume(5);
        if shrinks {
            tx.shrink();
        }
        tx
    };
    assert!(memory(|| written(false)) > 0);
    assert_eq!((memory(Outbox::new), memory(|| written(true))), (0, 0));
}
