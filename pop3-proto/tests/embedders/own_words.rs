//! A mechanism and a command that the crate does not have, on both sides.

use pop3_proto::client::{self, Client, Part, Profile};
use pop3_proto::login::{Login, Method, Policy, Progress};
use pop3_proto::sasl::{Channel, client as ours, server as theirs};
use pop3_proto::server::{Config, Event, Fill, Server, Ticket, kind};
use pop3_proto::testing::Keeper;
use pop3_proto::{Base64, Code, Command, Mechanism, Protection, Secret, Security, Time};

/// A mechanism in which the client says its name and a code of today.
const TODAY: Mechanism = Mechanism::new("X-TODAY", Protection::Tls, false);
const PROOF: &[u8] = b"ann 28";

struct SaysToday;

impl ours::Engine for SaysToday {
    fn initial(&self) -> Option<&[u8]> {
        Some(PROOF)
    }
    fn sent_initial(&mut self) {}
    fn step(&mut self, _: Base64<'_>) -> ours::Step<'_> {
        ours::Step::Cancel // the server has nothing to ask
    }
    fn response(&self) -> &[u8] {
        b""
    }
    fn is_proved(&self) -> bool {
        true // this mechanism does not prove the server
    }
}

struct ChecksToday;

impl theirs::Engine for ChecksToday {
    fn step(&mut self, response: Option<Base64<'_>>) -> theirs::Step<'_> {
        let mut bytes = [0; 32];
        match response.and_then(|text| text.decode(&mut bytes).map(|bytes| bytes == PROOF)) {
            None => theirs::Step::Challenge(b""),
            Some(true) => theirs::Step::Done { name: "ann" },
            Some(false) => theirs::Step::Failed(theirs::Cause::Credentials),
        }
    }
    fn answer(&mut self, _: theirs::Answer<'_>) -> theirs::Step<'_> {
        theirs::Step::Failed(theirs::Cause::Credentials) // it asks nothing
    }
}

struct Far<'k> {
    server: Server<&'k Config, &'k Keeper>,
    keeper: &'k Keeper,
}

impl Far<'_> {
    /// Everything that the server has to say to these bytes.
    fn answers(&mut self, said: &mut Vec<u8>) -> Vec<u8> {
        let (mut window, mut tx) = (&said[..], Vec::new());
        loop {
            match self.server.receive(Time::ZERO, &mut window, &mut tx) {
                Event::NeedInput | Event::NeedOutput | Event::Waiting | Event::Closed(_) => break,
                Event::Auth { initial, reply, .. } => self.step(initial, reply, &mut tx),
                Event::SaslResponse { data, reply } => self.step(Some(data), reply, &mut tx),
                Event::Other { line: b"XFLD", reply } => {
                    let mut body = reply.begin(&mut self.server, &mut tx, "folders follow");
                    let mut rest = &b"INBOX\r\n.hidden\r\n"[..];
                    while body.fill(&mut rest, &mut tx) == Fill::Flush {}
                    body.end(&mut self.server);
                }
                Event::Quit { reply } => reply.ok(&mut self.server, &mut tx, "bye"),
                _ => {}
            }
        }
        said.clear();
        tx
    }

    fn step(&mut self, response: Option<Base64<'_>>, reply: Ticket<kind::Sasl>, tx: &mut Vec<u8>) {
        match theirs::Engine::step(&mut ChecksToday, response) {
            theirs::Step::Challenge(data) => reply.challenge(&mut self.server, tx, data).unwrap_or(()),
            theirs::Step::Done { .. } => reply.accept(&mut self.server, tx, self.keeper, "welcome"),
            _ => reply.err(&mut self.server, tx, Code::Auth, "not today"),
        }
    }
}

#[test]
fn a_mechanism_and_a_command_of_ones_own() {
    let keeper = Keeper::new("ann", "");
    let mut config = Config::new();
    config.mechanisms = [TODAY, Mechanism::PLAIN].into_iter().collect();
    config.unknown_commands = true;
    let mut far = Far { server: Server::new(&config, Security::Tls), keeper: &keeper };

    // The login takes our mechanism before PLAIN, for which it has a password.
    let credentials = ours::Credentials::password("ann", Secret::new(b"pw"));
    let mut login = Login::new(credentials, Channel::new("localhost"), Policy::DEFAULT, [0; 1200])
        .with_engine(TODAY, SaysToday);
    let mut client: Client = Client::new(Profile::STRICT, Security::Tls);
    let (mut said, mut heard) = (Vec::new(), far.answers(&mut Vec::new()));
    let mut window = &heard[..];
    loop {
        match login.advance(&mut client, &mut said).unwrap() {
            Progress::Pending => match client.receive(&mut window).unwrap() {
                client::Event::NeedInput => {
                    heard = far.answers(&mut said);
                    window = &heard;
                }
                event => login.handle_event(&event),
            },
            Progress::LoggedIn => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(login.method(), Some(Method::Own));

    // A command that the crate does not know: the program says that its reply is multi-line.
    client.send_multiline(&Command::Other { verb: b"XFLD", args: None }, &mut said).unwrap();
    assert_eq!(said, b"XFLD\r\n");
    heard = far.answers(&mut said);
    assert_eq!(heard, b"+OK folders follow\r\nINBOX\r\n..hidden\r\n.\r\n");
    let (mut window, mut folders) = (&heard[..], Vec::new());
    loop {
        match client.receive(&mut window).unwrap() {
            client::Event::Reply { part: Part::Data(bytes), .. } => folders.extend_from_slice(bytes),
            client::Event::Reply { last: true, .. } => break,
            client::Event::NeedInput => panic!("the reply has no end"),
            _ => {}
        }
    }
    assert_eq!(folders, b"INBOX\r\n.hidden\r\n");
}
