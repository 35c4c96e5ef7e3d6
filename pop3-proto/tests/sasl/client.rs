//! The client's engine against the published dialogues.

use base64ct::{Base64 as Base64Text, Encoding as _};
use pop3_proto::sasl::client::{Credentials, Engine, Exchange, Step};
use pop3_proto::sasl::scram::Hash;
use pop3_proto::sasl::{Binding, Channel, Why};
use pop3_proto::{Base64, Secret};

use crate::scram_client::{PUBLISHED, signer};
use crate::signer::nonce;

type Client<'c> = Exchange<'c, [u8; 1024]>;

fn start<'c>(
    mechanism: &str,
    credentials: Credentials<'c>,
    channel: Channel<'c>,
    plus_offered: bool,
) -> Result<Client<'c>, Why> {
    let mut exchange = Exchange::new(credentials, channel, [0; 1024]);
    exchange.start(mechanism, plus_offered)?;
    Ok(exchange)
}

/// The nonce of RFC 7677, and as much more as makes 18 bytes.
const NONCE: &str = "rOprNGfwEbeRWgbNEkqO7677";

/// A channel whose nonce has this text.
fn with_nonce(text: &str) -> Channel<'static> {
    let mut channel = Channel::new("");
    channel.nonce = Some(nonce(text));
    channel
}

/// What the client answers to `challenge`; `None` if it cancels because of the server.
fn answer(client: &mut Client<'_>, challenge: &[u8]) -> Option<String> {
    let text = Base64Text::encode_string(challenge);
    match client.step(Base64::new(text.as_bytes()).unwrap()) {
        Step::Respond(response) => {
            let response = response.to_vec();
            assert_eq!(client.response(), response);
            Some(String::from_utf8(response).unwrap())
        }
        _ => {
            assert_eq!((client.response(), client.fault()), (&b""[..], None));
            None
        }
    }
}

const PENCIL: Credentials<'_> = Credentials::password("user", Secret::new(b"pencil"));

/// Proves 5802-5-03.
#[test]
fn scram_sha_1_of_rfc_5802() {
    let channel = with_nonce("fyko+d2lbbFgONRv9qkxdawL");
    let mut client = start("SCRAM-SHA-1", PENCIL, channel, false).unwrap();
    assert_eq!(client.initial(), Some(&b"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL"[..]));
    client.sent_initial();
    let server_first = b"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096";
    assert_eq!(
        answer(&mut client, server_first).unwrap(),
        "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="
    );
    // A `+OK` at this point would come from somebody who does not know the password.
    assert!(!client.is_proved());
    assert_eq!(answer(&mut client, b"v=rmF9pqV8S7suAoZWja4dJRkFsKQ=").unwrap(), "");
    assert!(client.is_proved());
}

/// Proves 5802-5-03.
#[test]
fn scram_sha_256_of_rfc_7677_and_a_wrong_signature() {
    // The nonce of the RFC has 20 characters. The independent client of these tests makes the messages of the
    // RFC with that nonce, so it also knows what has to be sent with one of 24 characters.
    let vector = &PUBLISHED[1];
    assert_eq!(
        (vector.client_first, vector.server_first),
        (
            "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
        )
    );
    let sign = |own: &str| {
        let [first, server_first] =
            [vector.client_first, vector.server_first].map(|text| text.replace("rOprNGfwEbeRWgbNEkqO", own));
        let without_proof = format!("c=biws,r={own}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
        (signer(Hash::Sha256).sign(&first, &server_first, &without_proof), first, server_first)
    };
    let published = sign("rOprNGfwEbeRWgbNEkqO").0;
    assert_eq!(
        published.client_final,
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
         p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    );
    assert_eq!(published.server_final, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");

    let (own, first, server_first) = sign(NONCE);
    let right = &*own.server_final;
    let signature = Base64Text::decode_vec(&right[2..]).unwrap();
    let mut one_bit = signature.clone();
    one_bit[31] ^= 1;
    let wrong = [&one_bit[..], &signature[..20], &signature[..31], b""];
    let wrong = wrong.map(|octets| format!("v={}", Base64Text::encode_string(octets)));
    let wrong = wrong.iter().map(|verifier| (&**verifier, false));
    for (verifier, good) in
        [(right, true), (&published.server_final, false), ("", false)].into_iter().chain(wrong)
    {
        let mut client = start("SCRAM-SHA-256", PENCIL, with_nonce(NONCE), false).unwrap();
        assert_eq!(client.initial(), Some(first.as_bytes()));
        client.sent_initial();
        assert_eq!(answer(&mut client, server_first.as_bytes()).unwrap(), own.client_final);
        assert_eq!(answer(&mut client, verifier.as_bytes()).is_some(), good, "{verifier}");
        assert_eq!(client.is_proved(), good);
    }
}

#[test]
fn a_failure_that_scram_tells_is_heard_and_is_none_of_a_proof() {
    let mut client = start("SCRAM-SHA-256", PENCIL, with_nonce(NONCE), false).unwrap();
    client.sent_initial();
    let server_first = format!("r={NONCE}X,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    answer(&mut client, server_first.as_bytes()).unwrap();
    assert_eq!(answer(&mut client, b"e=invalid-proof").unwrap(), "");
    assert!(!client.is_proved());
    assert_eq!(answer(&mut client, b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="), None);
}

#[test]
fn a_first_message_that_is_overlooked_is_given_again_once() {
    let first = format!("n,,n=user,r={NONCE}");
    let plain = || start("PLAIN", PENCIL, Channel::new(""), false).unwrap();
    let scram = || start("SCRAM-SHA-256", PENCIL, with_nonce(NONCE), false).unwrap();
    for (mut client, message) in [(plain(), "\0user\0pencil"), (scram(), &*first)] {
        client.sent_initial();
        assert_eq!(answer(&mut client, b"").unwrap(), message);
        assert_eq!(answer(&mut client, b""), None);
    }
    // In two steps it was asked for once already.
    for (mut client, message) in [(plain(), "\0user\0pencil"), (scram(), &*first)] {
        assert_eq!(answer(&mut client, b"").unwrap(), message);
        assert_eq!(answer(&mut client, b""), None);
    }
    // Only the very first challenge can ask for it.
    let mut client = scram();
    client.sent_initial();
    let server_first = format!("r={NONCE}X,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    answer(&mut client, server_first.as_bytes()).unwrap();
    assert_eq!(answer(&mut client, b""), None);
}

/// Covers quirk-40.
#[test]
fn an_empty_initial_response_is_given_again_if_it_is_asked_for_again() {
    let mut client = start("EXTERNAL", Credentials::certificate(None), Channel::new(""), false).unwrap();
    client.sent_initial();
    assert_eq!(answer(&mut client, b"").unwrap(), "");
    assert!(client.is_proved());
    assert_eq!(answer(&mut client, b""), None);
}

/// Proves 5802-5.1-06, 5802-9-01.
#[test]
fn a_server_first_message_that_nobody_honest_sends_is_cancelled() {
    for server_first in [
        "r=other3rfc,s=QSXCR+Q6sek8bf92,i=4096",
        "r=nonce,s=QSXCR+Q6sek8bf92,i=4096",
        "r=nonceX,s=,i=4096",
        "r=nonceX,s=QQ==,i=4096",
        "r=nonceX,s=QSXCR+Q6sek8bf92,i=0",
        "r=nonceX,s=QSXCR+Q6sek8bf92,i=04096",
        "r=nonceX,s=QSXCR+Q6sek8bf92,i=1000001",
        "r=nonceX,s=QSXCR+Q6sek8bf92,i=4000000000",
        "r=nonceX,s=QSXCR+Q6sek8bf92,i=99999999999999",
        "r=nonceX,s=QSXCR+Q6sek8bf92",
        "m=x,r=nonceX,s=QSXCR+Q6sek8bf92,i=4096",
        "r=nonceX,s=QSXCR+Q6sek8bf92,i=4096,m=must",
        "r=nonceX\0,s=QSXCR+Q6sek8bf92,i=4096",
        "e=unknown-user",
    ] {
        let mut client = start("SCRAM-SHA-256", PENCIL, with_nonce(NONCE), false).unwrap();
        client.sent_initial();
        let said = server_first.replace("r=nonce", &format!("r={NONCE}"));
        assert_eq!(answer(&mut client, said.as_bytes()), None, "{server_first:?}");
        assert!(!client.is_proved());
        let good = format!("r={NONCE}X,s=QSXCR+Q6sek8bf92,i=4096");
        assert_eq!(answer(&mut client, good.as_bytes()), None, "{server_first:?}");
    }
}

/// Proves 5802-6-02.
#[test]
fn the_flag_says_what_both_ends_can_bind() {
    let bindings = [Binding { kind: "tls-exporter", data: &[7; 32] }];
    let mut bound = with_nonce(NONCE);
    bound.bindings = &bindings;
    let first = |mechanism, channel, plus_offered| {
        let client = start(mechanism, PENCIL, channel, plus_offered)?;
        Ok(String::from_utf8(client.initial().unwrap().to_vec()).unwrap())
    };
    let says = |flag: &str| Ok(format!("{flag},,n=user,r={NONCE}"));
    assert_eq!(first("SCRAM-SHA-256-PLUS", bound, true), says("p=tls-exporter"));
    assert_eq!(first("SCRAM-SHA-256", bound, false), says("y"));
    // The server offers the binding and the caller does not want it, so the client accuses nobody.
    assert_eq!(first("SCRAM-SHA-256", bound, true), says("n"));
    assert_eq!(first("SCRAM-SHA-256", with_nonce(NONCE), false), says("n"));
    assert_eq!(first("SCRAM-SHA-256-PLUS", with_nonce(NONCE), true), Err(Why::Channel));
}

/// Proves 2195-2-02.
#[test]
fn cram_md5_of_rfc_2195() {
    let credentials = Credentials::password("tim", Secret::new(b"tanstaaftanstaaf"));
    let mut client = start("CRAM-MD5", credentials, Channel::new(""), false).unwrap();
    assert_eq!(client.initial(), None);
    assert!(!client.is_proved());
    assert_eq!(
        answer(&mut client, b"<1896.697170952@postoffice.reston.mci.net>").unwrap(),
        "tim b913a602c7eda7a495b4e6e7334d3890"
    );
    assert!(client.is_proved());
    assert_eq!(answer(&mut client, b"<again@host>"), None);
}

#[test]
fn plain_login_and_what_they_cannot_carry() {
    let mut credentials = Credentials::password("tim", Secret::new(b"pass word"));
    let channel = Channel::new("");
    let client = start("PLAIN", credentials, channel, false).unwrap();
    assert_eq!(client.initial(), Some(&b"\0tim\0pass word"[..]));
    let mut client = start("LOGIN", credentials, channel, false).unwrap();
    assert_eq!(client.initial(), None);
    assert_eq!(answer(&mut client, b"Username:").unwrap(), "tim");
    assert_eq!(answer(&mut client, b"Password:").unwrap(), "pass word");
    assert_eq!(answer(&mut client, b"Password:"), None);

    credentials.acting_as = Some("ann");
    let client = start("PLAIN", credentials, channel, false).unwrap();
    assert_eq!(client.initial(), Some(&b"ann\0tim\0pass word"[..]));
    assert_eq!(start("LOGIN", credentials, channel, false).err(), Some(Why::Credentials));
    assert_eq!(start("CRAM-MD5", credentials, channel, false).err(), Some(Why::Credentials));
    for (name, password) in [("", "pw"), ("tim", ""), ("t\0m", "pw"), ("tim", "p\0w")] {
        let credentials = Credentials::password(name, Secret::new(password.as_bytes()));
        for mechanism in ["PLAIN", "LOGIN"] {
            let why = start(mechanism, credentials, channel, false).err();
            assert_eq!(why, Some(Why::Text), "{mechanism} {name:?} {password:?}");
        }
    }
    // The server answers in an encoding of its own.
    let latin = Credentials::password("tim", Secret::new(b"pa\xdf"));
    assert_eq!(start("PLAIN", latin, channel, false).unwrap().initial(), Some(&b"\0tim\0pa\xdf"[..]));
    assert_eq!(start("SCRAM-SHA-1", latin, with_nonce(NONCE), false).err(), Some(Why::Text));
}

/// Covers quirk-35.
#[test]
fn a_server_that_asks_for_the_name_under_plain_gets_the_two_steps_of_login() {
    let credentials = Credentials::password("tim", Secret::new(b"pw"));
    let mut client = start("PLAIN", credentials, Channel::new(""), false).unwrap();
    assert_eq!(answer(&mut client, b"Username:").unwrap(), "tim");
    assert_eq!(answer(&mut client, b"Password:").unwrap(), "pw");
}

/// Covers quirk-33.
#[test]
fn words_in_the_first_challenge_do_not_matter() {
    let credentials = Credentials::password("tim", Secret::new(b"pw"));
    for greeting in [&b""[..], b"go ahead"] {
        let mut client = start("PLAIN", credentials, Channel::new(""), false).unwrap();
        assert_eq!(answer(&mut client, greeting).unwrap(), "\0tim\0pw");
        assert_eq!(answer(&mut client, b"and now?"), None);
        assert!(!client.is_proved());
    }
}

/// Proves 4505-3-01, 4505-5-02.
#[test]
fn external_and_anonymous() {
    let channel = Channel::new("");
    let of = |mechanism, credentials| {
        start(mechanism, credentials, channel, false).map(|client| client.initial().unwrap().to_vec())
    };
    assert_eq!(of("EXTERNAL", Credentials::certificate(None)), Ok(vec![]));
    assert_eq!(of("EXTERNAL", Credentials::certificate(Some("ann"))), Ok(b"ann".to_vec()));
    assert_eq!(of("EXTERNAL", PENCIL), Err(Why::Credentials));
    assert_eq!(of("ANONYMOUS", Credentials::anonymous()), Ok(vec![]));
    assert_eq!(of("ANONYMOUS", PENCIL), Err(Why::Credentials));
    let trace = |trace| {
        let mut credentials = Credentials::anonymous();
        credentials.trace = Some(trace);
        of("ANONYMOUS", credentials)
    };
    assert_eq!(trace("sirhc"), Ok(b"sirhc".to_vec()));
    for barred in ["a\nb", "a\0b", "a\u{e000}b", "a\u{85}b", "a\u{f0000}", &"x".repeat(256)] {
        assert_eq!(trace(barred), Err(Why::Text), "{barred:?}");
    }
}

/// Proves 7628-3.1-03, 7628-3.2.3-01, 0-xoauth2-02.
/// Covers quirk-43.
#[test]
fn tokens_and_how_their_refusal_is_acknowledged() {
    let credentials =
        Credentials::token("user@example.com", Secret::new(b"vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg=="));
    let mut channel = Channel::new("");
    channel.authority = Some(("server.example.com", 110));
    let mut client = start("OAUTHBEARER", credentials, channel, false).unwrap();
    assert_eq!(
        client.initial(),
        Some(
            &b"n,a=user@example.com,\x01host=server.example.com\x01port=110\x01\
               auth=Bearer vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg==\x01\x01"[..]
        )
    );
    client.sent_initial();
    assert!(client.is_proved());
    let json = br#"{"status":"invalid_token","scope":"mail"}"#;
    assert_eq!(answer(&mut client, json).unwrap(), "\x01");
    assert!(!client.is_proved());
    assert_eq!(client.refusal(), Some(&json[..]));
    assert_eq!(answer(&mut client, json), None);

    let mut client = start("XOAUTH2", credentials, channel, false).unwrap();
    let first = "user=user@example.com\x01auth=Bearer vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg==\x01\x01";
    assert_eq!(client.initial(), Some(first.as_bytes()));
    assert_eq!(answer(&mut client, b"").unwrap(), first);
    assert_eq!(answer(&mut client, json).unwrap(), "");
    assert!(!client.is_proved());

    for token in ["", "a b", "a\x01b", "a\r\nb", "\u{e9}"] {
        let credentials = Credentials::token("u", Secret::new(token.as_bytes()));
        assert_eq!(start("XOAUTH2", credentials, channel, false).err(), Some(Why::Token), "{token:?}");
        assert_eq!(start("OAUTHBEARER", credentials, channel, false).err(), Some(Why::Token), "{token:?}");
    }
    let hostile = Credentials::token("u\x01auth=Bearer x", Secret::new(b"t"));
    assert_eq!(start("XOAUTH2", hostile, channel, false).err(), Some(Why::Text));
    assert_eq!(start("OAUTHBEARER", hostile, channel, false).err(), Some(Why::Text));
}

#[test]
fn names_are_escaped_where_commas_separate() {
    let mut credentials = Credentials::password("a,b=c", Secret::new(b"pencil"));
    credentials.acting_as = Some("adm");
    let client = start("SCRAM-SHA-256", credentials, with_nonce(NONCE), false).unwrap();
    assert_eq!(client.initial(), Some(&b"n,a=adm,n=a=2Cb=3Dc,r=rOprNGfwEbeRWgbNEkqO7677"[..]));
}

#[test]
fn memory_that_is_too_small_fails_and_nothing_leaves() {
    for octets in 0..64 {
        let mut exchange = Exchange::new(PENCIL, with_nonce(NONCE), vec![0; octets]);
        let began = exchange.start("SCRAM-SHA-256", false);
        // The memory holds the first message, and its header once more.
        let needed = format!("n,,n=user,r={NONCE}n,,").len();
        assert_eq!(began, if octets < needed { Err(Why::Memory) } else { Ok(()) }, "{octets}");
        if began.is_ok() {
            exchange.sent_initial();
            let text =
                Base64Text::encode_string(format!("r={NONCE}X,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096").as_bytes());
            assert!(matches!(exchange.step(Base64::new(text.as_bytes()).unwrap()), Step::Cancel));
            assert_eq!(exchange.fault(), Some(Why::Memory));
        }
    }
}

#[test]
fn what_the_channel_lacks_is_named() {
    let plain = Channel::new("");
    for mechanism in ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"] {
        assert_eq!(start(mechanism, PENCIL, plain, true).err(), Some(Why::Nonce), "{mechanism}");
    }
    for mechanism in ["", "PLAI", "GSSAPI", "SCRAM-SHA-512", "SCRAM-SHA-256-PLUS-PLUS"] {
        assert_eq!(start(mechanism, PENCIL, plain, true).err(), Some(Why::NotBuilt), "{mechanism}");
    }
}

/// A program that logs the steps must not log what it sends.
#[test]
fn debug_of_a_step_shows_the_length_alone() {
    let password = Credentials::password("tim", Secret::new(b"tanstaaf"));
    let token = Credentials::token("tim", Secret::new(b"tanstaaf"));
    for (mechanism, credentials, sent) in [
        ("PLAIN", password, "\0tim\0tanstaaf"),
        ("LOGIN", password, "tim"),
        ("XOAUTH2", token, "user=tim\x01auth=Bearer tanstaaf\x01\x01"),
    ] {
        let mut client = start(mechanism, credentials, Channel::new(""), false).unwrap();
        let step = client.step(Base64::EMPTY);
        assert_eq!(format!("{step:?}"), format!("Respond({} octets)", sent.len()), "{mechanism}");
        assert!(matches!(step, Step::Respond(octets) if octets == sent.as_bytes()), "{mechanism}");
    }
    assert_eq!(format!("{:?}", Step::Cancel), "Cancel");
}
