//! Fuzz target: a server that says anything, against the login of a client that requires TLS or does not.

use base64ct::{Base64 as Text, Encoding as _};
use pop3_proto::client::{Client, Need, Profile};
use pop3_proto::login::{Login, Policy, Progress, Tls};
use pop3_proto::sasl::client::Credentials;
use pop3_proto::sasl::{Binding, Channel, Nonce};
use pop3_proto::{Secret, Security};

use crate::cursor::Cursor;

const PASSWORD: &[u8] = b"tanstaaftanstaaf";
/// What base64 makes of the password when other bytes stand around it.
const ENCODED: [&[u8]; 2] = [b"dGFuc3RhYWZ0YW5zdGFh", b"0YW5zdGFhZnRhbnN0YWFm"];

/// The first bytes of `data` are decisions, the rest is what the server says, cut where they decide.
pub fn login_ops(data: &[u8]) {
    let mut cursor = Cursor::new(data);
    let flags = cursor.octet();
    let step = usize::from(cursor.octet()) + 1;
    let said = cursor.rest();
    let mut policy = Policy::DEFAULT;
    policy.tls = [Tls::Required, Tls::IfOffered, Tls::Never][usize::from(flags & 3) % 3];
    let mut credentials = Credentials::password("tim", Secret::new(PASSWORD));
    if flags & 4 != 0 {
        credentials.token = Some(Secret::new(PASSWORD));
    }
    let binding = [Binding { kind: "tls-exporter", data: &[7; 32] }];
    let mut channel = Channel::new("mail.example");
    channel.nonce = Some(nonce());
    channel.bindings = if flags & 8 != 0 { &binding } else { &[] };
    let mut security = if flags & 16 != 0 { Security::Tls } else { Security::Plain };
    let mut login = Login::new(credentials, channel, policy, vec![0; 2048]);
    let mut client: Client = Client::new(Profile::LENIENT, security);
    let mut out = Vec::new();
    let (mut used, mut shown) = (0, 0);
    loop {
        match login
            .advance(&mut client, &mut out)
            .expect("the output has room, and nobody else uses the session")
        {
            Progress::Pending => {}
            Progress::StartTls => {
                let handover = client.handover().expect("STLS was accepted");
                client = handover.secured(b"").expect("nothing is left");
                assert_shown(&out, security);
                (security, out) = (Security::Tls, Vec::new());
            }
            Progress::LoggedIn | Progress::Failed(_) => break,
        }
        let mut window = &said[used..shown];
        if client.poll(&mut window) == Need::Input {
            if shown == said.len() {
                let failure = if flags & 32 == 0 { login.end_of_input() } else { login.timed_out() };
                assert_eq!(login.advance(&mut client, &mut out), Ok(Progress::Failed(failure)));
                break;
            }
            shown = said.len().min(shown + step);
            continue;
        }
        match client.receive(&mut window) {
            Ok(event) => login.handle_event(&event),
            Err(error) => {
                let failure = login.protocol_error(error);
                assert_eq!(login.advance(&mut client, &mut out), Ok(Progress::Failed(failure)));
                break;
            }
        }
        used = shown - window.len();
    }
    assert_shown(&out, security);
    assert!(!format!("{login:?} {client:?}").contains("tanstaaf"));
}

/// The nonce of the example in RFC 5802 section 5, which the corpus answers.
fn nonce() -> Nonce {
    let mut random = [0; 18];
    Text::decode("fyko+d2lbbFgONRv9qkxdawL", &mut random).expect("24 characters");
    Nonce::new(random)
}

/// Asserts that nothing shows the password in clear.
fn assert_shown(out: &[u8], security: Security) {
    if security == Security::Plain {
        let holds = |needle: &[u8]| out.windows(needle.len()).any(|window| window == needle);
        assert!(!holds(PASSWORD) && !ENCODED.iter().any(|text| holds(text)), "{}", out.escape_ascii());
    }
}
