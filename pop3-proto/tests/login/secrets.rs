//! No formatter shows a password, a token, or what is made of them.

use pop3_proto::client::{Client, Event, Profile};
use pop3_proto::login::{Login, Policy};
use pop3_proto::sasl::client::{Engine as _, Exchange};
use pop3_proto::{Base64, Security};

use crate::credentials::{BEARER, EXPORTER, TIM, USER, channel, everything};
use crate::script::base64;
use crate::signer::nonce;

/// The nonce of RFC 5802.
const SHA_1: &str = "fyko+d2lbbFgONRv9qkxdawL";

/// The secret as text, as a list of bytes, and in base64.
fn check_hidden(shown: &str, secret: &[u8]) {
    let list = format!("{secret:?}");
    let forms =
        [String::from_utf8_lossy(secret).into(), list.trim_matches(['[', ']']).to_owned(), base64(secret)];
    for form in forms {
        assert!(!shown.contains(&form), "{form} in {shown}");
    }
}

#[test]
fn a_login_shows_no_secret_at_any_point() {
    let dialogue = [
        "+OK <1.2@h.example>",
        "+OK",
        "SASL PLAIN CRAM-MD5 LOGIN XOAUTH2",
        "USER",
        ".",
        "+ ",
        "+ e30=",
        "-ERR no",
        "+ PDFAaD4=",
        "-ERR no",
        "-ERR no",
        "+ ",
        "+ ",
        "-ERR [IN-USE] x",
    ];
    let mut login = Login::new(everything(), channel(""), Policy::DEFAULT, [0; 1200]);
    let mut client: Client = Client::new(Profile::LENIENT, Security::Tls);
    let mut out = Vec::new();
    for line in dialogue {
        let text = format!("{line}\r\n");
        let mut window = text.as_bytes();
        let progress = login.advance(&mut client, &mut out).unwrap();
        let event = client.receive(&mut window).unwrap();
        login.handle_event(&event);
        let shown = format!("{login:?} {login:#?} {client:?} {progress:?} {:?}", login.server_notes());
        for secret in [&b"pencil"[..], b"t0ken", b"\0user\0pencil"] {
            check_hidden(&shown, secret);
        }
    }
    assert!(!matches!(client.receive(&mut &b""[..]), Ok(Event::Closed)));
}

#[test]
fn an_exchange_shows_no_secret_and_no_signature() {
    let mut channel = channel("");
    channel.nonce = Some(nonce(SHA_1));
    let unbound = channel;
    channel.bindings = &[EXPORTER];
    for (credentials, mechanism) in
        [(TIM, "PLAIN"), (TIM, "LOGIN"), (TIM, "CRAM-MD5"), (BEARER, "OAUTHBEARER"), (BEARER, "XOAUTH2")]
    {
        let mut exchange = Exchange::new(credentials, channel, vec![0; 1200]);
        assert_eq!(exchange.start(mechanism, false), Ok(()));
        for challenge in ["PDFAaD4=", "PDFAaD4="] {
            let _ = exchange.step(Base64::new(challenge.as_bytes()).unwrap());
            let shown = format!("{exchange:?} {exchange:#?} {credentials:?}");
            check_hidden(&shown, b"tanstaaftanstaaf");
            check_hidden(&shown, b"vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
        }
    }

    // Whoever sees the signature that the server has yet to give can pretend to be the server.
    let mut exchange = Exchange::new(USER, unbound, vec![0; 1200]);
    assert_eq!(exchange.start("SCRAM-SHA-1", false), Ok(()));
    exchange.sent_initial();
    let first = base64(b"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096");
    let _ = exchange.step(Base64::new(first.as_bytes()).unwrap());
    let signature = [
        0xae, 0x61, 0x7d, 0xa6, 0xa5, 0x7c, 0x4b, 0xbb, 0x2e, 0x02, 0x86, 0x56, 0x8d, 0xae, 0x1d, 0x25, 0x19,
        0x05, 0xb0, 0xa4,
    ];
    check_hidden(&format!("{exchange:?}"), &signature);
}
