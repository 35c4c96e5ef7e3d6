//! SCRAM inside a session: the vectors, and what is said of channel bindings.

use std::sync::LazyLock;

use pop3_proto::login::{Method, RefusalKind};
use pop3_proto::sasl::Binding;
use pop3_proto::sasl::scram::Hash;

use base64ct::{Base64, Encoding as _};

use crate::credentials::{EXPORTER, NONCE, USER, avoiding, channel};
use crate::script::{Try, base64, plain, tls};
use crate::signer::{Signed, Signer, nonce};

const SERVER_FIRST_1: &str =
    "cj1meWtvK2QybGJiRmdPTlJ2OXFreGRhd0wzcmZjTkhZSlkxWlZ2V1ZzN2oscz1RU1hDUitRNnNlazhiZjkyLGk9NDA5Ng==";

/// The client's nonce of RFC 7677. It has 20 characters, so that a client of this crate says another.
const PUBLISHED: &str = "rOprNGfwEbeRWgbNEkqO";

static SIGNER: LazyLock<Signer> = LazyLock::new(|| {
    let salt = Base64::decode_vec("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
    Signer::new(Hash::Sha256, "pencil", &salt, 4096)
});

/// The messages of SCRAM-SHA-256 as RFC 7677 has them, by a client and a server that are not those of this
/// crate.
pub(crate) struct Said {
    pub(crate) client_first: String,
    pub(crate) server_first: String,
    pub(crate) client_final: String,
    pub(crate) server_final: String,
}

impl Said {
    /// The final message with the nonce of these tests, this GS2 header, and this channel binding after it.
    pub(crate) fn sha_256(header: &str, binding: &[u8]) -> Self {
        Self::with(NONCE, header, binding)
    }

    fn with(own: &str, header: &str, binding: &[u8]) -> Self {
        let client_first = format!("{header}n=user,r={own}");
        let nonce = format!("r={own}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
        let server_first = format!("{nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
        let c = base64(&[header.as_bytes(), binding].concat());
        let signed = SIGNER.sign(&client_first, &server_first, &format!("c={c},{nonce}"));
        let Signed { client_final, server_final, .. } = signed;
        Self { client_first, server_first, client_final, server_final }
    }

    /// The lines of the dialogue up to the last message of the client.
    fn lines(&self, mechanism: &str) -> String {
        let messages = [&self.client_first, &self.server_first, &self.client_final, &self.server_final];
        let [client_first, server_first, client_final, server_final] =
            messages.map(|message| base64(message.as_bytes()));
        format!(
            "C: AUTH {mechanism} {client_first}\nS: + {server_first}\nC: {client_final}\nS: + {server_final}\nC:\n"
        )
    }
}

/// The lines of the dialogue with the nonce of these tests. With the nonce of the RFC the same code makes the
/// published lines.
fn exchange(mechanism: &str, header: &str, binding: &[u8], published: [&str; 4]) -> String {
    let [client_first, server_first, client_final, server_final] = published;
    assert_eq!(
        Said::with(PUBLISHED, header, binding).lines(mechanism),
        format!(
            "C: AUTH {mechanism} {client_first}\nS: + {server_first}\nC: {client_final}\nS: + {server_final}\nC:\n"
        )
    );
    Said::sha_256(header, binding).lines(mechanism)
}

const SERVER_FIRST_256: &str = "cj1yT3ByTkdmd0ViZVJXZ2JORWtxTyVodllEcFdVYTJSYVRDQWZ1eEZJbGopaE5sRiRr\
                                MCxzPVcyMlphSjBTTlk3c29Fc1VFamI2Z1E9PSxpPTQwOTY=";

/// The nonce of RFC 5802.
fn sha_1() -> Try<'static> {
    tls(USER).channel(|channel| channel.nonce = Some(nonce("fyko+d2lbbFgONRv9qkxdawL")))
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
    let exchange = exchange(
        "SCRAM-SHA-256",
        "n,,",
        b"",
        [
            "biwsbj11c2VyLHI9ck9wck5HZndFYmVSV2diTkVrcU8=",
            SERVER_FIRST_256,
            "Yz1iaXdzLHI9ck9wck5HZndFYmVSV2diTkVrcU8laHZZRHBXVWEyUmFUQ0FmdXhGSWxqKWhObEYkazAscD1kSHpiWmFwV0lr\
             NGpVaE4rVXRlOXl0YWc5empmTUhnc3FtbWl6N0FuZFZRPQ==",
            "dj02cnJpVFJCaTIzV3BSUi93dHVwK21NaFVaVW4vZEI1bkxUSlJzamw5NUc0PQ==",
        ],
    );
    tls(USER)
        .plays(&format!(
            "S: +OK
             C: CAPA
             L: SASL SCRAM-SHA-256 SCRAM-SHA-1 PLAIN
             {exchange}S: +OK
             C: CAPA
             L:"
        ))
        .logs_in();
}

/// Proves 5802-6-02, 5802-5.1-08.
#[test]
fn scram_sha_256_plus_is_bound_to_the_connection_that_stls_made() {
    let mut one = plain(USER);
    let exchange = exchange(
        "SCRAM-SHA-256-PLUS",
        "p=tls-exporter,,",
        EXPORTER.data,
        [
            "cD10bHMtZXhwb3J0ZXIsLG49dXNlcixyPXJPcHJOR2Z3RWJlUldnYk5Fa3FP",
            SERVER_FIRST_256,
            "Yz1jRDEwYkhNdFpYaHdiM0owWlhJc0xBQUJBZ01FQlFZSENBa0tDd3dORGc4UUVSSVRGQlVXRnhnWkdoc2NIUjRmLHI9ck9\
             wck5HZndFYmVSV2diTkVrcU8laHZZRHBXVWEyUmFUQ0FmdXhGSWxqKWhObEYkazAscD1RQzZDUzIwcXVBRFFSYjNtVDk5WV\
             VIK24zVkp4VXZ6dUswSzBFMVZyczJNPQ==",
            "dj0yR2lBZ2FwRXBwTFZsVVhieFVEa3NMM1ZnWUh6dXFpSzV0UjRtaEpHZ3ZzPQ==",
        ],
    );
    let mut inside = channel("");
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
         {exchange}S: +OK
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
    let exchange = exchange(
        "SCRAM-SHA-256",
        "y,,",
        b"",
        [
            "eSwsbj11c2VyLHI9ck9wck5HZndFYmVSV2diTkVrcU8=",
            SERVER_FIRST_256,
            "Yz1lU3dzLHI9ck9wck5HZndFYmVSV2diTkVrcU8laHZZRHBXVWEyUmFUQ0FmdXhGSWxqKWhObEYkazAscD1Gb3FpSFR0UUVERThs\
             ejFDZGFFZTN0SzRtUytpTURUbDc3U1B5RFM1M0RZPQ==",
            "dj1kSTRLcGlRSndCcjErVitLNlUxZEE2bDZJNEk5RFVOWFdORDRwY3BSVTNVPQ==",
        ],
    );
    bound(&[EXPORTER])
        .plays(&format!(
            "S: +OK
             C: CAPA
             L: SASL SCRAM-SHA-256
             {exchange}S: +OK
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
             C: AUTH SCRAM-SHA-256 {n,,n=user,r=rOprNGfwEbeRWgbNEkqO7677}
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
                 C: AUTH {first} {{p=tls-exporter,,n=user,r=rOprNGfwEbeRWgbNEkqO7677}}
                 S: -ERR bindings do not match
                 C: AUTH {first}
                 S: -ERR bindings do not match"
            ));
        outcome.refused(RefusalKind::Policy, Method::by_name(first).unwrap());
    }
}

/// The policy has to permit it, for servers that offer bindings which the connection cannot have.
#[test]
fn a_refused_binding_is_given_up_with_leave_only() {
    let one = bound(&[EXPORTER])
        .methods(&[Method::ScramSha256Plus, Method::ScramSha256])
        .policy(|policy| policy.allow_unbound = true);
    let list = "S: +OK\nC: CAPA\nL: SASL SCRAM-SHA-256-PLUS SCRAM-SHA-256\n";
    let without = "C: AUTH SCRAM-SHA-256 {n,,n=user,r=rOprNGfwEbeRWgbNEkqO7677}\nS: -ERR [AUTH] no";
    one.plays(&format!(
        "{list}C: AUTH SCRAM-SHA-256-PLUS {{p=tls-exporter,,n=user,r=rOprNGfwEbeRWgbNEkqO7677}}
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
             C: AUTH SCRAM-SHA-256 {n,a=adm,n=a=2Cb=3Dc,r=rOprNGfwEbeRWgbNEkqO7677}
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
             C: {n,a=adm,n=a=2Cb=3Dc,r=rOprNGfwEbeRWgbNEkqO7677}
             S: -ERR [AUTH] no",
        )
        .refused(RefusalKind::Credentials, Method::ScramSha256);
}
