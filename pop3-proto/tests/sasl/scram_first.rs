//! SCRAM: first messages that are refused before any user is looked up.

use pop3_proto::sasl::scram::Hash;
use pop3_proto::sasl::server::{Answer, Cause};
use pop3_proto::sasl::{Binding, Channel, Why};

use crate::drive::{OVER, bound, channel, exchange, failed, say, started_on, tell};
use crate::scram_client::{EXPORTER, SERVER, UNIQUE, keys};

const CLIENT_FIRST: &str = "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL";

fn refused_first(cause: Cause, mechanism: &str, channel: &Channel<'_>, client_first: impl AsRef<[u8]>) {
    let client_first = client_first.as_ref();
    let mut scram = started_on(mechanism, channel);
    assert_eq!(say(&mut scram, client_first), failed(cause), "{}", client_first.escape_ascii());
    assert_eq!(say(&mut scram, CLIENT_FIRST), OVER, "over is over");
    assert_eq!(tell(&mut scram, Answer::Keys(Some(keys(Hash::Sha256)))), OVER, "over is over");
}

/// Proves 5802-5-02.
#[test]
fn the_first_octet_is_n_or_y_or_p() {
    for one in 0..=u8::MAX {
        if !b"nyp".contains(&one) {
            refused_first(
                Cause::Response,
                "SCRAM-SHA-256",
                &channel(),
                [&[one][..], b",,n=user,r=abc"].concat(),
            );
        }
    }
    for bad in
        ["", ",,n=user,r=abc", "nn,,n=user,r=abc", "n=user,r=abc", "n", "n,", "n,,", " n,,n=user,r=abc"]
    {
        refused_first(Cause::Response, "SCRAM-SHA-256", &channel(), bad);
    }
}

/// Proves 5802-5.1-01, 5802-5.1-02, 5802-5.1-04, 5802-7-01.
#[test]
fn ill_formed_first_messages() {
    let all = |cause: Cause, bad: &str| {
        refused_first(cause, "SCRAM-SHA-1", &channel(), bad);
        refused_first(cause, "SCRAM-SHA-256", &channel(), bad);
        let with_plus = bad.replacen('n', "p=tls-exporter", 1);
        refused_first(cause, "SCRAM-SHA-256-PLUS", &bound(SERVER, &[EXPORTER]), with_plus);
    };
    for bad in [
        // names
        "n,,n=,r=abc",
        "n,,n=us\r\ner,r=abc",
        "n,,n=\u{ad},r=abc",
        "n,,n=\u{627}1,r=abc",
        "n,a=\u{ad},n=user,r=abc",
    ] {
        all(Cause::Text, bad);
    }
    for bad in [
        // escapes
        "n,,n=a=b,r=abc",
        "n,,n=a=2c,r=abc",
        "n,,n=a=3d,r=abc",
        "n,,n=a=,r=abc",
        "n,,n=a=2,r=abc",
        "n,,n==,r=abc",
        "n,,n=a=20b,r=abc",
        "n,a=a=b,n=user,r=abc",
        "n,a=a=2c,n=user,r=abc",
    ] {
        all(Cause::Response, bad);
    }
    for bad in [
        // order and letters
        "n,,r=abc,n=user",
        "n,,n=user",
        "n,,r=abc",
        "n,,N=user,r=abc",
        "n,,n=user,R=abc",
        "n,,n=user,x=1,r=abc",
        "n,,x=1,n=user,r=abc",
        "n,n=user,r=abc",
        "n,adm,n=user,r=abc",
        "n,A=adm,n=user,r=abc",
        // names
        "n,,n=us\0er,r=abc",
        "n,a=,n=user,r=abc",
        // mandatory extensions
        "n,,m=x,n=user,r=abc",
        "n,,n=user,m=x,r=abc",
        "n,,n=user,r=abc,m=x",
        "n,,n=user,r=abc,x=1,m=x",
        "n,,n=user,r=abc,m=",
        "n,m=x,n=user,r=abc",
        // nonces
        "n,,n=user,r=",
        "n,,n=user,r=a b",
        "n,,n=user,r=a\u{7f}",
        "n,,n=user,r=a\tb",
        "n,,n=user,r=\u{fc}",
        "n,,n=user,r=\0",
        // what is no extension
        "n,,n=user,r=abc,",
        "n,,n=user,r=abc,x",
        "n,,n=user,r=abc,1=x",
        "n,,n=user,r=abc,xy=z",
        "n,,n=user,r=abc,=x",
        "n,,n=user,r=abc,x=",
        "n,,n=user,r=abc,,x=1",
    ] {
        all(Cause::Response, bad);
    }
    refused_first(Cause::Response, "SCRAM-SHA-256", &channel(), b"n,,n=us\xffer,r=abc");
    refused_first(Cause::Response, "SCRAM-SHA-256", &channel(), b"n,a=\xc0\x80,n=user,r=abc");
}

/// Proves 5802-6-03, 5802-6-04.
#[test]
fn the_flag_has_to_fit_the_mechanism_and_the_channel() {
    for hash in ["SCRAM-SHA-1", "SCRAM-SHA-256"] {
        let plus = format!("{hash}-PLUS");
        // A flag without a kind of binding is malformed.
        let cause = |flag| if matches!(flag, "p=" | "p") { Cause::Response } else { Cause::Binding };
        for flag in ["p=tls-exporter", "p=foo", "p=", "p"] {
            let first = format!("{flag},,n=user,r=abc");
            refused_first(cause(flag), hash, &channel(), &first);
            refused_first(cause(flag), hash, &bound(SERVER, &[EXPORTER]), &first);
        }
        refused_first(Cause::Binding, hash, &bound(SERVER, &[EXPORTER]), "y,,n=user,r=abc");
        refused_first(Cause::Binding, hash, &bound(SERVER, &[UNIQUE]), "y,,n=user,r=abc");
        for flag in [
            "n",
            "y",
            "p",
            "p=",
            "p=foo",
            "p=tls-unique",
            "p=tls-server-end-point",
            "p=TLS-EXPORTER",
            "p=tls",
        ] {
            let first = format!("{flag},,n=user,r=abc");
            refused_first(cause(flag), &plus, &bound(SERVER, &[EXPORTER]), first);
        }
        assert_eq!(exchange().start(plus.as_bytes(), &channel()), Err(Why::Channel), "nothing to bind to");
    }
    for name in
        ["SCRAM", "SCRAM-SHA-", "SCRAM-SHA-1-PLU", "SCRAM-SHA-1-PLUSS", "SCRAM-SHA-512", "SCRAM-SHA-256 "]
    {
        assert_eq!(
            exchange().start(name.as_bytes(), &bound(SERVER, &[EXPORTER])),
            Err(Why::NotBuilt),
            "{name}"
        );
    }
}

/// The server's own nonce cannot be ill-formed any more; it can be missing.
///
/// Proves 5802-7-01.
#[test]
fn a_nonce_that_is_none_does_not_start() {
    for mechanism in ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"] {
        let mut channel = Channel::new("h");
        channel.bindings = &[EXPORTER];
        assert_eq!(exchange().start(mechanism.as_bytes(), &channel), Err(Why::Nonce), "{mechanism}");
    }
}

/// Data that are too long to keep do not bind in part.
#[test]
fn binding_data_beyond_64_octets_do_not_start() {
    let long = Binding { kind: "tls-exporter", data: &[1; 65] };
    assert_eq!(exchange().start(b"SCRAM-SHA-256-PLUS", &bound(SERVER, &[long])), Err(Why::Channel));
    let fits = Binding { kind: "tls-exporter", data: &[1; 64] };
    assert_eq!(exchange().start(b"SCRAM-SHA-256-PLUS", &bound(SERVER, &[fits])), Ok(()));
}
