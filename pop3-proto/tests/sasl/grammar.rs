//! The grammars of SASL messages: what they leave out is refused, and what they allow is taken.

use pop3_proto::sasl::scram::Keys;
use pop3_proto::sasl::server::{Answer, Cause};
use pop3_proto::sasl::{Binding, Channel};

use crate::drive::{
    Seen, bound, channel, check_token, failed, find_keys, oauthbearer, say, started, started_on, tell,
};
use crate::scram_client::{SERVER, keys};
use pop3_proto::sasl::scram::Hash;

fn first(message: &str) -> Seen {
    say(&mut started("SCRAM-SHA-256"), message)
}

/// Proves 5802-5.1-05.
#[test]
fn scram_attributes_stand_once_and_in_their_place() {
    for good in ["n,,n=user,r=abc", "n,,n=user,r=abc,x=1", "n,,n=user,r=abc,x=1,y=\u{fc},Z=a=b"] {
        assert_eq!(first(good), find_keys("user", Hash::Sha256), "{good}");
    }
    for bad in [
        "n,,n=user,r=abc,r=abc",
        "n,,n=user,r=abc,n=user",
        "n,,n=user,r=abc,m=1",
        "n,,n=user,r=abc,p=AAAA",
        "n,,n=user,r=abc,1=1",
        "n,,n=user,r=abc,x=",
        "n,,n=user,r=abc,x",
        "n,,n=user,r=abc,",
        "n,,n=user,r=abc,x=a\0b",
        "n,,n=us\0er,r=abc",
    ] {
        assert_eq!(first(bad), failed(Cause::Response), "{bad:?}");
    }
    assert_eq!(say(&mut started("SCRAM-SHA-256"), b"n,,n=user,r=abc,x=\xff"), failed(Cause::Response));
}

#[test]
fn values_of_the_last_scram_message_are_utf_8_without_nul() {
    // The proof is wrong in all of them; it is checked where the message conforms to the grammar.
    for (tail, cause) in [
        (&b",x=\xff"[..], Cause::Response),
        (b",x=a\0", Cause::Response),
        (b",r=abc", Cause::Credentials),
        (b",c=biws", Cause::Credentials),
    ] {
        let mut scram = started("SCRAM-SHA-256");
        say(&mut scram, "n,,n=user,r=abc");
        let Seen::Challenge(_) = tell(&mut scram, Answer::Keys(Some(keys(Hash::Sha256)))) else { panic!() };
        let message = [format!("c=biws,r=abc{SERVER}").as_bytes(), tail, b",p=AAAA"].concat();
        assert_eq!(say(&mut scram, message), failed(cause), "{}", tail.escape_ascii());
    }
}

#[test]
fn nobody_is_never_asked_for_no_iterations() {
    let mut channel = channel();
    channel.fake_iterations = 0;
    let mut scram = started_on("SCRAM-SHA-256", &channel);
    say(&mut scram, "n,,n=user,r=abc");
    let Seen::Challenge(data) = tell(&mut scram, Answer::Keys(None)) else { panic!() };
    assert!(data.ends_with(b",i=1"), "{}", data.escape_ascii());
}

#[test]
fn the_first_three_bindings_count() {
    let kinds = ["a", "b", "tls-exporter", "tls-unique"].map(|kind| Binding { kind, data: b"data" });
    let channel: Channel<'_> = bound(SERVER, &kinds);
    let said =
        |kind: &str| say(&mut started_on("SCRAM-SHA-1-PLUS", &channel), format!("p={kind},,n=user,r=abc"));
    assert_eq!(said("tls-exporter"), find_keys("user", Hash::Sha1));
    assert_eq!(said("tls-unique"), failed(Cause::Binding));
}

#[test]
fn iteration_counts_are_written_in_one_way() {
    let text = keys(Hash::Sha1).to_string();
    assert!(text.parse::<Keys>().is_ok());
    for count in ["04096", "+4096", "0", "", "4294967296", " 4096"] {
        assert!(text.replace("4096", count).parse::<Keys>().is_err(), "{count:?}");
    }
}

/// RFC 6750 section 2.1.
#[test]
fn bearer_tokens_are_b64tokens() {
    let said = |auth: &str| say(&mut oauthbearer(), format!("n,,\x01auth={auth}\x01\x01"));
    for (auth, token) in [("Bearer t", "t"), ("bearer   t", "t"), ("BEARER a-._~+/9==", "a-._~+/9==")] {
        assert_eq!(said(auth), check_token(None, token), "{auth}");
    }
    for bad in [
        "Bearert",
        "Bearer",
        "Bearer ",
        "Bearer =",
        "Bearer ===",
        "Bearer a=b",
        "Bearer a b",
        "Basic t",
        "Bearer t ",
    ] {
        assert_eq!(said(bad), failed(Cause::Response), "{bad:?}");
    }
}

/// RFC 7628 section 3.1.
#[test]
fn keys_are_letters_and_values_are_printable() {
    let said =
        |pair: &[u8]| say(&mut oauthbearer(), [b"n,,\x01auth=Bearer t\x01", pair, b"\x01\x01"].concat());
    for good in [&b"x="[..], b"x=a b\tc\r\nd", b"mthd=POST"] {
        assert_eq!(said(good), check_token(None, "t"), "{}", good.escape_ascii());
    }
    for bad in [&b"=x"[..], b"x1=x", b"x", b"x=\0", b"x=\xff", b"x=\x7f"] {
        assert_eq!(said(bad), failed(Cause::Response), "{}", bad.escape_ascii());
    }
}
