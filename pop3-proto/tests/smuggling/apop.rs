//! APOP takes only a timestamp that is a msg-id and a digest of 32 digits: anything looser leaks or
//! overflows.

#[cfg(feature = "apop")]
use pop3_proto::ApopDigest;
use pop3_proto::client::{Client, Event as Got, Profile, ProtocolError};
#[cfg(feature = "apop")]
use pop3_proto::server::session::Session;
use pop3_proto::server::{Domain, Server};
use pop3_proto::{ApopTimestamp, Deviation, Security};

use crate::common::show;
use crate::pair::{DIGEST, Host};
use crate::{GREETING, mailbox, open_config};

/// Timestamps that a server in search of MD5 collisions would like to have digested, and other forms that are
/// no msg-id.
const NO_MSG_ID: [&[u8]; 22] = [
    b"<>",
    b"<@>",
    b"<a@>",
    b"<@b>",
    b"<a>",
    b"<a.b.c>",
    b"<a@b@c>",
    b"<a b@c>",
    b"<a@b c>",
    b"< a@b>",
    b"<a@b >",
    b"<<a@b>",
    b"<a<@b>",
    b"<\x80@b>",
    b"<a@\xC3\xA9>",
    b"<\xFF\xFE\xFD@\x01\x02>",
    b"<a\x00@b>",
    b"<a@b\x7F>",
    b"<a@b\x1B[2J>",
    b"<a\r@b>",
    b"<a\t@b>",
    b"<\x0B@\x0C>",
];

/// Covers apop-timestamp-no-msg-id.
#[test]
fn a_timestamp_that_is_no_msg_id_offers_no_apop() {
    for stamp in NO_MSG_ID {
        for (front, after) in [("+OK ", ""), ("+OK POP3 server ready ", ""), ("+OK ", " ready")] {
            let line = [front.as_bytes(), stamp, after.as_bytes(), b"\r\n"].concat();
            let mut client: Client = Client::new(Profile::LENIENT, Security::Plain);
            let Ok(Got::Greeting(greeting)) = client.receive(&mut &line[..]) else { panic!() };
            assert_eq!(greeting.timestamp, None, "{}", line.escape_ascii());
            assert!(client.deviations().contains(Deviation::BadTimestamp), "{}", line.escape_ascii());
            let mut client: Client = Client::new(Profile::STRICT, Security::Plain);
            let error = ProtocolError::Deviation(Deviation::BadTimestamp);
            assert_eq!(client.receive(&mut &line[..]), Err(error), "{}", line.escape_ascii());
        }
        assert!(str::from_utf8(stamp).map_or(true, |stamp| ApopTimestamp::new(stamp).is_none()));
    }
}

/// Half a timestamp is none, and what stands outside the brackets is not part of it.
/// Covers apop-timestamp-no-msg-id.
#[test]
fn the_timestamp_is_what_stands_between_the_first_brackets() {
    for (line, stamp) in [
        (&b"+OK <1896.697170952@dbc.mtview.ca.us>\r\n"[..], Some("<1896.697170952@dbc.mtview.ca.us>")),
        (b"+OK \xFF\x00 <1@h> \x1B\xFF\r\n", Some("<1@h>")),
        (b"+OK <1@h> <2@h>\r\n", Some("<1@h>")),
        (b"+OK x<1@h>y\r\n", Some("<1@h>")),
        (b"+OK <1@h\r\n", None),
        (b"+OK 1@h>\r\n", None),
        (b"+OK >1@h<\r\n", None),
    ] {
        let mut client: Client = Client::new(Profile::LENIENT, Security::Plain);
        let Ok(Got::Greeting(greeting)) = client.receive(&mut &line[..]) else { panic!() };
        assert_eq!(greeting.timestamp.map(|stamp| stamp.as_str()), stamp, "{}", line.escape_ascii());
    }
    let mut client: Client = Client::new(Profile::LENIENT, Security::Plain);
    assert!(matches!(client.receive(&mut &b"-ERR <1@h>\r\n"[..]), Ok(Got::Refused(_))));
}

/// Covers apop-digest-length.
#[test]
fn a_digest_of_any_other_length_or_alphabet_is_refused() {
    let mut config = open_config();
    config.apop = Domain::new("h");
    let say = |line: &str| {
        let session = Server::new(&config, Security::Plain).with_apop([1, 0]);
        let mut host = Host::of(session, mailbox());
        host.hear(line.as_bytes());
        (show(&host.take()), host.log.len())
    };
    let answered = |answer: &str| show(format!("{} <1.0@h>\r\n{answer}", GREETING.trim_end()).as_bytes());
    assert_eq!(say(&format!("APOP tim {DIGEST}\r\n")), (answered("+OK welcome\r\n"), 1));
    let refused = answered("-ERR not a digest of 32 lower-case hexadecimal digits\r\n");
    for len in (1..=200).filter(|len| *len != 32) {
        assert_eq!(say(&format!("APOP tim {}\r\n", "a".repeat(len))), (refused.clone(), 0), "{len} digits");
    }
    for bad in ["g", "A", " ", "-", "%", "\u{e9}"] {
        let digest = format!("{}{bad}{}", &DIGEST[..16], &DIGEST[16 + bad.len()..]);
        assert_eq!(say(&format!("APOP tim {digest}\r\n")), (refused.clone(), 0), "{digest}");
    }
    // A digest without digits, or after two spaces.
    assert_eq!(say("APOP tim\r\n"), (answered("-ERR argument missing\r\n"), 0));
    assert_eq!(say("APOP tim \r\n"), (refused.clone(), 0));
    assert_eq!(say(&format!("APOP tim  {DIGEST}\r\n")), (refused, 0));
}

/// Covers crlf-nul-in-reply-texts.
#[test]
fn a_host_that_cannot_stand_in_a_timestamp_offers_no_apop() {
    let long = "h".repeat(600);
    for host in
        ["", "a b", "a@b", "<h>", "h>\r\n+OK", "h\r\n", "h\n", "h\0", "\u{e9}", "h\u{85}", "h\u{7f}", &long]
    {
        let mut config = open_config();
        config.apop = Domain::copy(host);
        assert!(config.apop.is_none(), "{host:?}");
        let session = Server::new(&config, Security::Plain).with_apop([1, 0]);
        assert!(session.timestamp().is_none(), "{host:?}");
        let mut heard = Host::of(session, mailbox());
        heard.hear(format!("APOP tim {DIGEST}\r\n").as_bytes());
        let due = format!("{GREETING}-ERR APOP is not available\r\n");
        assert_eq!(show(&heard.take()), show(due.as_bytes()), "{host:?}");
        assert!(heard.log.is_empty(), "{:?}", heard.log);
    }
}

/// Neither the digest of an empty secret nor that of the one that stands in for none lets anybody in.
/// Covers apop-empty-secret.
#[cfg(feature = "apop")]
#[test]
fn nobody_is_let_in_who_has_no_secret() {
    use md5::Digest as _;
    let mut config = open_config();
    config.apop = Domain::new("host");
    let session = Session::new(&config, Security::Plain).with_apop([1, 0]);
    let stamp = session.timestamp().unwrap();
    for secret in ["", "nobody", "secret", "\0"] {
        let digest = md5::Md5::digest([stamp.timestamp().unwrap().as_str(), secret].concat());
        assert!(!session.apop_matches(&ApopDigest::new(digest.into()), None), "{secret:?}");
    }
}
