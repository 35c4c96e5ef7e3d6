//! OAUTHBEARER and XOAUTH2: messages that are refused before anybody looks at the token.

use pop3_proto::sasl::server::{Answer, Cause};

use crate::drive::{OVER, bound, check_token, failed, oauthbearer, on_port, say, started, started_on, tell};
use crate::scram_client::{EXPORTER, LATER};

/// Proves 7628-3.2-01.
#[test]
fn host_and_port_have_to_be_those_of_the_server() {
    let with = |pairs: &str| format!("n,,\x01{pairs}auth=Bearer t\x01\x01");
    for good in [
        "",
        "host=server.example.com\x01",
        "host=SERVER.Example.com\x01",
        "port=143\x01",
        "port=143\x01host=server.example.com\x01",
    ] {
        assert_eq!(say(&mut oauthbearer(), with(good)), check_token(None, "t"), "{good:?}");
    }
    for bad in [
        "host=imap.example.com\x01",
        "host=\x01",
        "host=server.example.com.evil.example\x01",
        "host=xserver.example.com\x01",
        "port=110\x01",
        "port=\x01",
        "port=0143\x01",
        "port=143 \x01",
        "port=1430\x01",
        "host=server.example.com\x01port=144\x01",
    ] {
        assert_eq!(say(&mut oauthbearer(), with(bad)), failed(Cause::Response), "{bad:?}");
    }
    for unknown in ["port=110\x01", "host=imap.example.com\x01"] {
        assert_eq!(
            say(&mut started("OAUTHBEARER"), with(unknown)),
            check_token(None, "t"),
            "nothing to compare"
        );
    }
}

/// Proves 7628-3.1-01, 7628-3.1-02, 7628-3.1-04.
#[test]
fn ill_formed_messages_fail_without_a_question() {
    for bad in [
        "",
        "\x01",
        "\x01\x01",
        "n,,",
        "n,,\x01",
        "n,,\x01\x01",
        "n,,\x01host=server.example.com\x01\x01",
        "n,,\x01auth=Bearer t",
        "n,,\x01auth=Bearer t\x01",
        "n,,auth=Bearer t\x01\x01",
        "auth=Bearer t\x01\x01",
        "\x01auth=Bearer t\x01\x01",
        "x,,\x01auth=Bearer t\x01\x01",
        ",,\x01auth=Bearer t\x01\x01",
        "n,\x01auth=Bearer t\x01\x01",
        "n,a=,\x01auth=Bearer t\x01\x01",
        "n,a=a=b,\x01auth=Bearer t\x01\x01",
        "n,a=a\0,\x01auth=Bearer t\x01\x01",
        "n,a=\u{ad},\x01auth=Bearer t\x01\x01",
        "n,user=a,\x01auth=Bearer t\x01\x01",
        "p=tls-exporter,,\x01auth=Bearer t\x01\x01",
        "n,,\x01auth\x01\x01",
        "n,,\x01AUTH=Bearer t\x01\x01",
        "n,,\x01auth=Bearer\x01\x01",
        "n,,\x01auth=Bearer \x01\x01",
        "n,,\x01auth=t\x01\x01",
        "n,,\x01auth=Basic t\x01\x01",
        "n,,\x01auth=Bearer a b\x01\x01",
        "n,,\x01auth=Bearer a,b\x01\x01",
        "n,,\x01auth=Bearer a\0b\x01\x01",
        "n,,\x01auth=Bearer a\r\nb\x01\x01",
        "n,,\x01auth=Bearer \u{fc}\x01\x01",
        "n,,\x01auth=Bearer t\x01auth=Bearer u\x01\x01",
        "n,,\x01auth=Bearer t\x01\x01\x01",
        "n,,\x01\x01auth=Bearer t\x01\x01",
        "n,,\x01x\x01auth=Bearer t\x01\x01",
        "n,,\x01x1=2\x01auth=Bearer t\x01\x01",
        "user=a\x01auth=Bearer t\x01\x01",
    ] {
        for channel in [on_port(143), bound(LATER, &[EXPORTER])] {
            let mut bearer = started_on("OAUTHBEARER", &channel);
            // Where the message is well-formed, the name in it is not.
            let names = ["n,a=a\0,", "n,a=\u{ad},"];
            let is_name = names.iter().any(|front| bad.starts_with(front));
            let cause = if is_name { Cause::Text } else { Cause::Response };
            assert_eq!(say(&mut bearer, bad), failed(cause), "{bad:?}");
            assert_eq!(tell(&mut bearer, Answer::Token(Ok("a"))), OVER, "over is over");
        }
    }
    for bad in [
        "",
        "user=a",
        "user=a\x01\x01",
        "user=a\x01auth=Bearer t",
        "user=a\x01auth=Bearer t\x01",
        "auth=Bearer t\x01\x01",
        "auth=Bearer t\x01user=a\x01\x01",
        "user=\x01auth=Bearer t\x01\x01",
        "user=\u{ad}\x01auth=Bearer t\x01\x01",
        "user=a\0\x01auth=Bearer t\x01\x01",
        "user=a\r\n\x01auth=Bearer t\x01\x01",
        "user=a\x01auth=Basic t\x01\x01",
        "user=a\x01auth=Bearer \x01\x01",
        "user=a\x01auth=Bearer a b\x01\x01",
        "n,a=a,\x01auth=Bearer t\x01\x01",
    ] {
        let names = ["user=\x01", "user=\u{ad}\x01", "user=a\0\x01", "user=a\r\n\x01"];
        let is_name = names.iter().any(|front| bad.starts_with(front));
        let cause = if is_name { Cause::Text } else { Cause::Response };
        assert_eq!(say(&mut started("XOAUTH2"), bad), failed(cause), "{bad:?}");
    }
    assert_eq!(say(&mut oauthbearer(), b"n,a=\xff,\x01auth=Bearer t\x01\x01"), failed(Cause::Text));
    assert_eq!(say(&mut started("XOAUTH2"), b"user=\xff\x01auth=Bearer t\x01\x01"), failed(Cause::Text));
}

#[test]
fn a_question_takes_its_own_answer_only() {
    for other in [Answer::Authorized(true), Answer::Password(true), Answer::Secret(None), Answer::Keys(None)]
    {
        let mut bearer = oauthbearer();
        let _ = say(&mut bearer, "n,,\x01auth=Bearer t\x01\x01");
        assert_eq!(tell(&mut bearer, other), OVER, "{other:?}");
        assert_eq!(tell(&mut bearer, Answer::Token(Ok("user"))), OVER, "after {other:?}");
    }
    let mut bearer = oauthbearer();
    assert_eq!(tell(&mut bearer, Answer::Token(Ok("user"))), OVER, "before the question");
}
