//! The server's side of CRAM-MD5 (RFC 2195).

use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;
use pop3_proto::Secret;
use pop3_proto::sasl::server::{Answer, Cause, Exchange};
use pop3_proto::sasl::{Channel, Why};

use crate::drive::{
    OVER, Seen, base64, begin, challenge, done, exchange, failed, say, say_text, started_on, tell, to_hex,
};
use crate::scram_client::{LATER, SERVER};
use crate::signer::nonce;

/// The host of RFC 2195.
pub(crate) const HOST: &str = "postoffice.reston.mci.net";
const TIM: (&str, &str) = (SERVER, HOST);

/// The challenge of RFC 2195. Its nonce has 14 characters, one of which is not base64, so a server of this
/// crate sends another one.
pub(crate) const PUBLISHED: &str = "<1896.697170952@postoffice.reston.mci.net>";

/// What a server of this crate sends.
pub(crate) fn challenge_of(text: &str, host: &str) -> String {
    format!("<{text}@{host}>")
}

fn tims() -> String {
    challenge_of(TIM.0, TIM.1)
}

fn channel((text, host): (&str, &'static str)) -> Channel<'static> {
    let mut channel = Channel::new(host);
    channel.nonce = Some(nonce(text));
    channel
}

/// An exchange whose challenge was sent.
fn challenged(whose: (&str, &'static str)) -> Exchange<Vec<u8>> {
    let mut cram = started_on("CRAM-MD5", &channel(whose));
    assert_eq!(begin(&mut cram), challenge(challenge_of(whose.0, whose.1)));
    cram
}

fn asks_for(name: &str) -> Seen {
    Seen::FindSecret(name.into())
}

fn secret(text: &str) -> Answer<'_> {
    Answer::Secret(Some(Secret::new(text.as_bytes())))
}

pub(crate) fn response(name: &str, secret: &str, challenge: &str) -> String {
    let mac = Hmac::<Md5>::new_from_slice(secret.as_bytes()).unwrap().chain_update(challenge);
    format!("{name} {}", to_hex(&mac.finalize().into_bytes()))
}

/// Proves 2195-2-01.
#[test]
fn the_vector_of_the_rfc() {
    let published = response("tim", "tanstaaftanstaaf", PUBLISHED);
    assert_eq!(published, "tim b913a602c7eda7a495b4e6e7334d3890", "the client of these tests");
    assert_eq!(base64(published), b"dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw");
    let mut cram = started_on("cram-md5", &channel(TIM));
    assert_eq!(begin(&mut cram), challenge(format!("<{SERVER}@postoffice.reston.mci.net>")));
    assert_eq!(say(&mut cram, response("tim", "tanstaaftanstaaf", &tims())), asks_for("tim"));
    assert_eq!(tell(&mut cram, secret("tanstaaftanstaaf")), done("tim"));
    assert_eq!(tell(&mut cram, secret("tanstaaftanstaaf")), OVER, "over is over");
    assert_eq!(
        response("x", &"\u{b}".repeat(16), "Hi There"),
        "x 9294727a3638bb1c13f48ef8158bfc9d",
        "its digest, by RFC 2202"
    );
}

/// Proves 2195-2-03.
#[test]
fn secrets_around_the_block_of_64_octets() {
    for (octets, digest) in [
        (63, "f6b7118879bf48633e1adeebedcd4fc8"),
        (64, "baa4d037a60cc4166d351cea7523c406"),
        (65, "82587b3d56a5458d7442afdfb7181a77"),
    ] {
        let whole = "a".repeat(octets);
        let published = response("tim", &whole, PUBLISHED);
        assert_eq!(published, format!("tim {digest}"), "the client of these tests");
        let said = response("tim", &whole, &tims());
        let mut cram = challenged(TIM);
        assert_eq!(say(&mut cram, &said), asks_for("tim"));
        assert_eq!(tell(&mut cram, secret(&whole)), done("tim"), "{octets} bytes");
        let mut cram = challenged(TIM);
        let _ = say(&mut cram, &said);
        assert_eq!(
            tell(&mut cram, secret(&"a".repeat(octets + 3))),
            failed(Cause::Credentials),
            "{octets} bytes"
        );
    }
}

/// Proves 2195-2-04.
#[test]
fn a_name_may_hold_spaces() {
    let published = base64(response("a b", "secret", "<1.2@h.example>"));
    assert_eq!(published, b"YSBiIGY2YTQ4MTZhZDQ0YmRiZWVhYzk5NmVjYzcyZWVjMjI0");
    let mut cram = challenged((LATER, "h.example"));
    let text = base64(response("a b", "secret", &challenge_of(LATER, "h.example")));
    assert_eq!(say_text(&mut cram, std::str::from_utf8(&text).unwrap()), asks_for("a b"));
    assert_eq!(tell(&mut cram, secret("secret")), done("a b"));
}

/// The challenge covers what the embedder gives: two exchanges with two nonces have two challenges, and the
/// response to one does not do for the other.
///
/// Proves 2195-2-01.
#[test]
fn a_response_does_for_its_own_challenge_only() {
    for old in [PUBLISHED, &tims()] {
        let old = response("tim", "tanstaaftanstaaf", old);
        let mut cram = challenged((LATER, TIM.1));
        assert_eq!(say(&mut cram, &old), asks_for("tim"));
        assert_eq!(tell(&mut cram, secret("tanstaaftanstaaf")), failed(Cause::Credentials));
    }
}

/// Proves 2195-2-01.
#[test]
fn a_challenge_that_is_no_msg_id_does_not_start() {
    // A nonce cannot be ill-formed any more; it can be missing.
    for host in ["", "h\r\n", "a b", "h>", "a@b", "\u{e4}"] {
        assert_eq!(exchange().start(b"CRAM-MD5", &channel((SERVER, host))), Err(Why::Channel), "{host:?}");
    }
    for host in ["h", HOST, ""] {
        assert_eq!(exchange().start(b"CRAM-MD5", &Channel::new(host)), Err(Why::Nonce), "{host:?}");
    }
}

/// Proves 2195-2-01, 4422-3-01.
#[test]
fn the_server_speaks_first() {
    let mut cram = started_on("CRAM-MD5", &channel(TIM));
    let right = response("tim", "tanstaaftanstaaf", &tims());
    assert_eq!(say(&mut cram, right), failed(Cause::Response));
    assert_eq!(begin(&mut cram), OVER);
}

#[test]
fn ill_formed_responses_fail_without_a_question() {
    for bad in [
        "",
        "tim",
        " ",
        "tim ",
        "b913a602c7eda7a495b4e6e7334d3890",
        "tim B913A602C7EDA7A495B4E6E7334D3890",
        "tim b913a602c7eda7a495b4e6e7334d389",
        "tim b913a602c7eda7a495b4e6e7334d38900",
        "tim b913a602c7eda7a495b4e6e7334d389g",
        "tim b913a602c7eda7a495b4e6e7334d3890 ",
        "tim\tb913a602c7eda7a495b4e6e7334d3890",
        "tim\0b913a602c7eda7a495b4e6e7334d3890",
    ] {
        let mut cram = challenged(TIM);
        assert_eq!(say(&mut cram, bad), failed(Cause::Response), "{bad:?}");
        assert_eq!(tell(&mut cram, secret("tanstaaftanstaaf")), OVER, "over is over");
    }
    for bad in [
        " b913a602c7eda7a495b4e6e7334d3890",
        "ti\0m b913a602c7eda7a495b4e6e7334d3890",
        "ti\r\nm b913a602c7eda7a495b4e6e7334d3890",
        "\u{ad} b913a602c7eda7a495b4e6e7334d3890",
    ] {
        let mut cram = challenged(TIM);
        assert_eq!(say(&mut cram, bad), failed(Cause::Text), "{bad:?}");
        assert_eq!(tell(&mut cram, secret("tanstaaftanstaaf")), OVER, "over is over");
    }
}

#[test]
fn the_name_is_prepared() {
    let mut cram = challenged(TIM);
    assert_eq!(say(&mut cram, response("t\u{ad}im", "x", &tims())), asks_for("tim"));
    assert_eq!(tell(&mut cram, secret("x")), done("tim"));
}

/// Every digest of one byte changed fails.
#[test]
fn a_wrong_digest_fails_at_the_end() {
    let right = response("tim", "tanstaaftanstaaf", &tims());
    for at in 4..right.len() {
        let mut wrong = right.clone().into_bytes();
        wrong[at] = if wrong[at] == b'0' { b'1' } else { b'0' };
        let mut cram = challenged(TIM);
        assert_eq!(say(&mut cram, &wrong), asks_for("tim"));
        assert_eq!(tell(&mut cram, secret("tanstaaftanstaaf")), failed(Cause::Credentials));
    }
}

/// A user who does not exist is asked as anybody else, and is refused whatever the digest is: no secret
/// stands in for the missing one, and an empty secret does not count.
///
/// Proves 4422-3.6-02.
/// Covers names-told-by-mechanisms.
#[test]
fn without_a_secret_every_digest_fails() {
    for guess in ["", "nobody", "tim", "secret", "\0"] {
        for none in [Answer::Secret(None), secret("")] {
            let mut cram = challenged(TIM);
            assert_eq!(say(&mut cram, response("tim", guess, &tims())), asks_for("tim"));
            assert_eq!(tell(&mut cram, none), failed(Cause::Credentials), "{guess:?}");
            assert_eq!(tell(&mut cram, secret(guess)), OVER, "over is over");
        }
    }
}

/// Whatever stands in front of the digest is one name; nobody is asked whether it may act as another.
///
/// Proves 2195-2-05.
#[test]
fn the_proved_name_is_the_only_one() {
    for name in ["Ursel tim", "n,a=Ursel,tim", "a=Ursel"] {
        let mut cram = challenged(TIM);
        assert_eq!(say(&mut cram, response(name, "x", &tims())), asks_for(name));
        assert_eq!(tell(&mut cram, secret("x")), done(name));
    }
    let two = response("Ursel\0tim", "x", &tims());
    assert_eq!(say(&mut challenged(TIM), two), failed(Cause::Text));
}
