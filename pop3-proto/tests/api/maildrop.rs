//! The maildrop inside a server: when it is dropped, what can be read of it, and what QUIT orders.

use pop3_proto::server::{Event, Index, Reason, Server};
use pop3_proto::{MsgNo, Security, Time, Uid};

use crate::common::Mailbox;
use crate::config;

/// QUIT gives up the lock of the maildrop before its answer can reach the client (RFC 1939 section 6).
#[test]
fn every_answer_to_quit_drops_the_index_before_it_is_written() {
    struct Locked {
        _lock: std::rc::Rc<()>,
    }
    impl Index for Locked {
        fn len(&self) -> u32 {
            1
        }
        fn octets(&self, _: MsgNo) -> u64 {
            1
        }
        fn uid(&self, _: MsgNo) -> Uid<'_> {
            Uid::new(b"u").unwrap()
        }
    }
    /// An output that looks at the lock at every byte.
    struct Watching(std::rc::Weak<()>, Vec<u8>);
    impl pop3_proto::Output for Watching {
        fn room(&self) -> usize {
            4096
        }
        fn put(&mut self, bytes: &[u8]) -> Result<(), pop3_proto::Full> {
            let is_last = bytes.ends_with(b"bye\r\n") || bytes.ends_with(b"available\r\n");
            assert!(!is_last || self.0.upgrade().is_none(), "the lock is still held");
            self.1.extend_from_slice(bytes);
            Ok(())
        }
    }
    let config = config();
    let answers = [Some(true), Some(false), None];
    for (answer, said) in
        answers.into_iter().flat_map(|answer| [(answer, "QUIT\r\n"), (answer, "DELE 1\r\nQUIT\r\n")])
    {
        let said = format!("USER a\r\nPASS b\r\n{said}");
        let lock = std::rc::Rc::new(());
        let mut out = Watching(std::rc::Rc::downgrade(&lock), Vec::new());
        let mut lock = Some(Locked { _lock: lock });
        let mut server = Server::new(&config, Security::Plain);
        let mut window = said.as_bytes();
        let reply = loop {
            match server.receive(Time::ZERO, &mut window, &mut out) {
                Event::Login { reply, .. } => reply.accept(&mut server, &mut out, lock.take().unwrap(), ""),
                Event::Quit { reply } => break reply,
                Event::Update { reply } => {
                    assert_eq!(server.removals().collect::<Vec<_>>(), [MsgNo::FIRST]);
                    break reply;
                }
                event => panic!("{event:?}"),
            }
        };
        match answer {
            Some(true) => reply.ok(&mut server, &mut out, "bye"),
            Some(false) => reply.err(&mut server, &mut out, None, "bye"),
            None => {
                let event = server.receive(Time::ZERO, &mut window, &mut out);
                assert!(matches!(event, Event::Closed(Reason::Quit)), "{event:?}");
                assert!(out.1.ends_with(b"-ERR not available\r\n") && server.close().is_none());
                continue;
            }
        }
        assert!(out.1.ends_with(b"bye\r\n") && server.close().is_none());
    }
}

#[test]
fn the_state_of_the_maildrop_can_be_read_and_marked() {
    let config = config();
    let mut server = Server::new(&config, Security::Plain);
    let (mut window, mut out) = (&b"USER a\r\nPASS b\r\n"[..], Vec::new());
    assert_eq!((server.count(), server.octets(), server.mark(MsgNo::FIRST)), (0, 0, false));
    let Event::Login { reply, .. } = server.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
    reply.accept(&mut server, &mut out, Mailbox::of(&[b"one", b"three"]), "");
    assert_eq!((server.count(), server.octets()), (2, 5 + 7));
    let two = MsgNo::new(2).unwrap();
    assert!(server.mark(two) && !server.mark(two) && !server.mark(MsgNo::new(3).unwrap()));
    assert!(server.is_marked(two) && !server.is_marked(MsgNo::FIRST));
    assert_eq!((server.count(), server.octets(), server.removals().count()), (1, 5, 0));
    out.clear();
    let mut window = &b"LIST\r\nRSET\r\n"[..];
    assert!(matches!(server.receive(Time::ZERO, &mut window, &mut out), Event::NeedInput));
    assert_eq!(out, b"+OK 1 messages (5 octets)\r\n1 5\r\n.\r\n+OK 2 messages (12 octets)\r\n");
    assert!(!server.is_marked(two));
}

/// An embedder that does not answer QUIT has removed nothing, and the client is told so.
#[test]
fn a_quit_that_is_not_answered_orders_no_removal() {
    let config = config();
    let mut server = Server::new(&config, Security::Plain);
    let (mut window, mut out) = (&b"USER a\r\nPASS b\r\nDELE 1\r\nQUIT\r\n"[..], Vec::new());
    let Event::Login { reply, .. } = server.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
    reply.accept(&mut server, &mut out, Mailbox::of(&[b"x"]), "");
    let Event::Update { .. } = server.receive(Time::ZERO, &mut window, &mut out) else { panic!() };
    assert_eq!(server.removals().count(), 1);
    out.clear();
    assert!(matches!(server.receive(Time::ZERO, &mut window, &mut out), Event::Closed(Reason::Quit)));
    assert_eq!((&out[..], server.removals().count()), (&b"-ERR not available\r\n"[..], 0));
}
