//! SCRAM inside a session: the vectors, and what is said of channel bindings.

use pop3_proto::login::{Method, RefusalKind};
use pop3_proto::sasl::{Binding, Channel};

use crate::people::{EXPORTER, USER, avoiding};
use crate::script::{Try, plain, tls};

const SERVER_FIRST_1: &str =
    "cj1meWtvK2QybGJiRmdPTlJ2OXFreGRhd0wzcmZjTkhZSlkxWlZ2V1ZzN2oscz1RU1hDUitRNnNlazhiZjkyLGk9NDA5Ng==";
const SERVER_FIRST_256: &str = "cj1yT3ByTkdmd0ViZVJXZ2JORWtxTyVodllEcFdVYTJSYVRDQWZ1eEZJbGopaE5sRiRr\
                                MCxzPVcyMlphSjBTTlk3c29Fc1VFamI2Z1E9PSxpPTQwOTY=";

/// The nonce of RFC 5802.
fn sha_1() -> Try<'static> {
    tls(USER).channel(|channel| channel.nonce = "fyko+d2lbbFgONRv9qkxdawL")
}

fn bound(bindings: &'static [Binding<'static>]) -> Try<'static> {
    tls(USER).channel(|channel| channel.bindings = bindings)
}

/// Proves 5802-5-01, 5802-5.1-08.
#[test]
fn scram_sha_1_as_in_rfc_5802() {
    sha_1()
        .plays(&format!(
            "S: +OK
             C: CAPA
             L: SASL SCRAM-SHA-1 PLAIN
             C: AUTH SCRAM-SHA-1 biwsbj11c2VyLHI9ZnlrbytkMmxiYkZnT05Sdjlxa3hkYXdM
             S: + {SERVER_FIRST_1}
             C: Yz1iaXdzLHI9ZnlrbytkMmxiYkZnT05Sdjlxa3hkYXdMM3JmY05IWUpZMVpWdldWczdqLHA9djBYOHYzQnoyVDBDSkdiSlF5\
             RjBYK0hJNFRzPQ==
             S: + dj1ybUY5cHFWOFM3c3VBb1pXamE0ZEpSa0ZzS1E9
             C:
             S: +OK Maildrop locked and ready
             C: CAPA
             L:"
        ))
        .logs_in();
}

/// Proves 7677-3-01.
#[test]
fn scram_sha_256_as_in_rfc_7677() {
    tls(USER)
        .plays(&format!(
            "S: +OK
             C: CAPA
             L: SASL SCRAM-SHA-256 SCRAM-SHA-1 PLAIN
             C: AUTH SCRAM-SHA-256 biwsbj11c2VyLHI9ck9wck5HZndFYmVSV2diTkVrcU8=
             S: + {SERVER_FIRST_256}
             C: Yz1iaXdzLHI9ck9wck5HZndFYmVSV2diTkVrcU8laHZZRHBXVWEyUmFUQ0FmdXhGSWxqKWhObEYkazAscD1kSHpiWmFwV0lr\
             NGpVaE4rVXRlOXl0YWc5empmTUhnc3FtbWl6N0FuZFZRPQ==
             S: + dj02cnJpVFJCaTIzV3BSUi93dHVwK21NaFVaVW4vZEI1bkxUSlJzamw5NUc0PQ==
             C:
             S: +OK
             C: CAPA
             L:"
        ))
        .logs_in();
}

/// Proves 5802-6-02, 5802-5.1-08.
#[test]
fn scram_sha_256_plus_is_bound_to_the_connection_that_stls_made() {
    let mut one = plain(USER);
    let mut inside = Channel::new("rOprNGfwEbeRWgbNEkqO", "");
    inside.bindings = &[EXPORTER];
    one.inside = Some(inside);
    one.plays(&format!(
        "S: +OK
         C: CAPA
         L: STLS
         C: STLS
         S: +OK
         TLS
         C: CAPA
         L: SASL SCRAM-SHA-256 SCRAM-SHA-256-PLUS
         C: AUTH SCRAM-SHA-256-PLUS cD10bHMtZXhwb3J0ZXIsLG49dXNlcixyPXJPcHJOR2Z3RWJlUldnYk5Fa3FP
         S: + {SERVER_FIRST_256}
         C: Yz1jRDEwYkhNdFpYaHdiM0owWlhJc0xBQUJBZ01FQlFZSENBa0tDd3dORGc4UUVSSVRGQlVXRnhnWkdoc2NIUjRmLHI9ck9\
         wck5HZndFYmVSV2diTkVrcU8laHZZRHBXVWEyUmFUQ0FmdXhGSWxqKWhObEYkazAscD1RQzZDUzIwcXVBRFFSYjNtVDk5WV\
         VIK24zVkp4VXZ6dUswSzBFMVZyczJNPQ==
         S: + dj0yR2lBZ2FwRXBwTFZsVVhieFVEa3NMM1ZnWUh6dXFpSzV0UjRtaEpHZ3ZzPQ==
         C:
         S: +OK
         C: CAPA
         L:"
    ))
    .logs_in();
}

/// Proves 5802-6-02, 5802-6.1-01.
#[test]
fn scram_sha_1_plus_with_tls_unique() {
    const UNIQUE: Binding<'_> = Binding { kind: "tls-unique", data: &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] };
    sha_1()
        .channel(|channel| channel.bindings = &[UNIQUE])
        .plays(&format!(
            "S: +OK
             C: CAPA
             L: SASL SCRAM-SHA-1-PLUS SCRAM-SHA-1 SCRAM-SHA-256 PLAIN
             C: AUTH SCRAM-SHA-1-PLUS cD10bHMtdW5pcXVlLCxuPXVzZXIscj1meWtvK2QybGJiRmdPTlJ2OXFreGRhd0w=
             S: + {SERVER_FIRST_1}
             C: Yz1jRDEwYkhNdGRXNXBjWFZsTEN3QUFRSURCQVVHQndnSkNncz0scj1meWtvK2QybGJiRmdPTlJ2OXFreGRhd0wzcmZjTkhZSlkx\
             WlZ2V1ZzN2oscD1SZXNnVkEydzZmRUZpd3pYa3JQU0dUdC9SU2c9
             S: + dj1IS0JlV2puOTlVNUF2dGdBano2bTFkODFtaGs9
             C:
             S: +OK
             C: CAPA
             L:"
        ))
        .logs_in();
}

/// Proves 5802-6-02.
#[test]
fn who_can_bind_says_so_where_plus_is_not_offered() {
    bound(&[EXPORTER])
        .plays(&format!(
            "S: +OK
             C: CAPA
             L: SASL SCRAM-SHA-256
             C: AUTH SCRAM-SHA-256 eSwsbj11c2VyLHI9ck9wck5HZndFYmVSV2diTkVrcU8=
             S: + {SERVER_FIRST_256}
             C: Yz1lU3dzLHI9ck9wck5HZndFYmVSV2diTkVrcU8laHZZRHBXVWEyUmFUQ0FmdXhGSWxqKWhObEYkazAscD1Gb3FpSFR0UUVERThs\
             ejFDZGFFZTN0SzRtUytpTURUbDc3U1B5RFM1M0RZPQ==
             S: + dj1kSTRLcGlRSndCcjErVitLNlUxZEE2bDZJNEk5RFVOWFdORDRwY3BSVTNVPQ==
             C:
             S: +OK
             C: CAPA
             L:"
        ))
        .logs_in();
}

/// Proves 5802-6-02.
#[test]
fn who_cannot_bind_says_so_whatever_is_offered() {
    tls(USER)
        .plays(
            "S: +OK
             C: CAPA
             L: SASL SCRAM-SHA-256-PLUS SCRAM-SHA-256
             C: AUTH SCRAM-SHA-256 {n,,n=user,r=rOprNGfwEbeRWgbNEkqO}
             S: -ERR [AUTH] no",
        )
        .refused(RefusalKind::Credentials, Method::ScramSha256);
    tls(USER)
        .plays("S: +OK\nC: CAPA\nL: SASL SCRAM-SHA-256-PLUS\nC: USER user\nS: -ERR [AUTH] no")
        .refused(RefusalKind::Credentials, Method::User);
}

/// Proves 5802-6-02.
#[test]
fn where_a_binding_was_refused_nobody_is_told_that_there_is_none() {
    for (mechanisms, first) in [
        ("SCRAM-SHA-256-PLUS SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"),
        ("SCRAM-SHA-1-PLUS SCRAM-SHA-1", "SCRAM-SHA-1-PLUS"),
    ] {
        let outcome = bound(&[EXPORTER])
            .methods(&[
                Method::ScramSha256Plus,
                Method::ScramSha1Plus,
                Method::ScramSha256,
                Method::ScramSha1,
            ])
            .plays(&format!(
                "S: +OK
                 C: CAPA
                 L: SASL {mechanisms}
                 C: AUTH {first} {{p=tls-exporter,,n=user,r=rOprNGfwEbeRWgbNEkqO}}
                 S: -ERR bindings do not match"
            ));
        outcome.refused(RefusalKind::Credentials, Method::by_name(first).unwrap());
    }
}

/// With leave of the policy, for servers that offer bindings which the connection cannot have.
#[test]
fn a_refused_binding_is_given_up_with_leave_only() {
    let one = bound(&[EXPORTER])
        .methods(&[Method::ScramSha256Plus, Method::ScramSha256])
        .policy(|policy| policy.allow_unbound = true);
    let list = "S: +OK\nC: CAPA\nL: SASL SCRAM-SHA-256-PLUS SCRAM-SHA-256\n";
    let without = "C: AUTH SCRAM-SHA-256 {n,,n=user,r=rOprNGfwEbeRWgbNEkqO}\nS: -ERR [AUTH] no";
    one.plays(&format!(
        "{list}C: AUTH SCRAM-SHA-256-PLUS {{p=tls-exporter,,n=user,r=rOprNGfwEbeRWgbNEkqO}}
         S: -ERR [AUTH] bindings do not match
         {without}"
    ))
    .refused(RefusalKind::Credentials, Method::ScramSha256);
    one.knowing(avoiding(&[Method::ScramSha256Plus]))
        .plays(&format!("{list}{without}"))
        .refused(RefusalKind::Credentials, Method::ScramSha256);
}

/// Proves 5802-6-02.
#[test]
fn a_learned_failure_of_plus_does_not_take_the_binding_away() {
    bound(&[EXPORTER])
        .methods(&[Method::ScramSha256Plus, Method::ScramSha256])
        .knowing(avoiding(&[Method::ScramSha256Plus]))
        .plays("S: +OK\nC: CAPA\nL: SASL SCRAM-SHA-256-PLUS SCRAM-SHA-256")
        .no_method();
}

/// Proves 5802-5.1-02.
#[test]
fn names_are_escaped_and_the_two_step_form_says_the_same() {
    let mut odd = USER;
    (odd.name, odd.acting_as) = ("a,b=c", Some("adm"));
    tls(odd)
        .plays(
            "S: +OK
             C: CAPA
             L: SASL SCRAM-SHA-256
             C: AUTH SCRAM-SHA-256 bixhPWFkbSxuPWE9MkNiPTNEYyxyPXJPcHJOR2Z3RWJlUldnYk5Fa3FP
             S: -ERR [AUTH] no",
        )
        .refused(RefusalKind::Credentials, Method::ScramSha256);
    tls(odd)
        .methods(&[Method::ScramSha256])
        .plays(
            "S: +OK
             C: CAPA
             L: USER
             C: AUTH SCRAM-SHA-256
             S: +\\x20
             C: bixhPWFkbSxuPWE9MkNiPTNEYyxyPXJPcHJOR2Z3RWJlUldnYk5Fa3FP
             S: -ERR [AUTH] no",
        )
        .refused(RefusalKind::Credentials, Method::ScramSha256);
}
