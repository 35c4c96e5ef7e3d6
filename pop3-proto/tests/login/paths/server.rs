//! An honest server for the properties of logins: it offers some methods, some of which work.

use pop3_proto::Security;
use pop3_proto::login::Method;
use pop3_proto::sasl::scram::Hash;

use base64ct::{Base64, Encoding as _};

use crate::script::base64;
use crate::signer::Signer;

pub(crate) const NAME: &str = "user";
pub(crate) const PASSWORD: &str = "correct-horse";
const SALT: [u8; 8] = [7; 8];

/// What the server does with a first message in the AUTH line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Takes,
    Overlooks,
    Refuses,
}

/// What it does at CAPA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Capa {
    Answers,
    Refuses,
    Closes,
    IsSilent,
}

#[derive(Clone, Debug)]
pub(crate) struct Server {
    /// The methods that it offers, and whether they work.
    pub(crate) methods: Vec<(Method, bool)>,
    pub(crate) stls: bool,
    pub(crate) form: Form,
    pub(crate) capa: Capa,
}

/// What comes from the server, or from whoever stands in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Say(String),
    Close,
    Silence,
}

/// One connection to it.
pub(crate) struct Connection<'s> {
    server: &'s Server,
    pub(crate) security: Security,
    /// The method of the exchange, and what the client has said in it.
    exchange: Option<(Method, Vec<String>)>,
}

impl<'s> Connection<'s> {
    pub(crate) fn new(server: &'s Server, security: Security) -> Self {
        Self { server, security, exchange: None }
    }

    pub(crate) fn list(&self, stls: bool) -> String {
        let names: Vec<_> = self.server.methods.iter().map(|(method, _)| *method).collect();
        let sasl: String = names
            .iter()
            .filter_map(|method| method.mechanism())
            .map(|one| format!(" {}", one.name))
            .collect();
        let mut list = "+OK\r\n".to_owned();
        if stls && self.server.stls && self.security == Security::Plain {
            list += "STLS\r\n";
        }
        if names.contains(&Method::User) {
            list += "USER\r\n";
        }
        if !sasl.is_empty() {
            list += &format!("SASL{sasl}\r\n");
        }
        list + ".\r\n"
    }

    pub(crate) fn answer(&mut self, line: &str) -> Answer {
        if self.exchange.is_some() {
            return self.goes_on(line);
        }
        let works = |method| self.server.methods.contains(&(method, true));
        let ok = |good: bool| Answer::Say(if good { "+OK\r\n" } else { "-ERR\r\n" }.to_owned());
        match line {
            "CAPA" => match self.server.capa {
                Capa::Answers => Answer::Say(self.list(true)),
                Capa::Refuses => ok(false),
                Capa::Closes => Answer::Close,
                Capa::IsSilent => Answer::Silence,
            },
            "STLS" => ok(self.server.stls && self.security == Security::Plain),
            _ => match line.split_once(' ') {
                Some(("USER", _)) => ok(works(Method::User)),
                Some(("PASS", password)) => ok(works(Method::User) && password == PASSWORD),
                Some(("AUTH", rest)) => {
                    let (name, first) =
                        rest.split_once(' ').map_or((rest, None), |(name, first)| (name, Some(first)));
                    let method = Method::by_name(name).filter(|method| works(*method));
                    match (method, first, self.server.form) {
                        (None, ..) | (_, Some(_), Form::Refuses) => ok(false),
                        (Some(method), Some(first), Form::Takes) => {
                            self.exchange = Some((method, Vec::new()));
                            self.goes_on(first)
                        }
                        (Some(method), ..) => {
                            self.exchange = Some((method, Vec::new()));
                            challenge(match method {
                                Method::Login => "Username:",
                                Method::CramMd5 => "<1.2@h.example>",
                                _ => "",
                            })
                        }
                    }
                }
                _ => ok(false),
            },
        }
    }

    fn goes_on(&mut self, line: &str) -> Answer {
        let (method, mut said) = self.exchange.take().unwrap();
        let text = Base64::decode_vec(line).map(|octets| String::from_utf8_lossy(&octets).into_owned());
        let Ok(text) = text else { return Answer::Say("-ERR cancelled\r\n".to_owned()) };
        said.push(text);
        let last = said.last().unwrap();
        let next = match (method, said.len()) {
            (Method::Plain, 1) => Err(*last == format!("\0{NAME}\0{PASSWORD}")),
            (Method::Login, 1) => Ok("Password:".to_owned()),
            (Method::Login, 2) => Err(*last == PASSWORD),
            (Method::CramMd5, 1) => Err(last.starts_with(NAME)),
            (Method::ScramSha256 | Method::ScramSha1, 1) => Ok(server_first(last)),
            (Method::ScramSha256 | Method::ScramSha1, 2) => {
                let (client_final, server_final) = signed(method, &said[0]);
                if *last == client_final { Ok(server_final) } else { Err(false) }
            }
            (Method::ScramSha256 | Method::ScramSha1, 3) => Err(last.is_empty()),
            _ => Err(false),
        };
        match next {
            Ok(text) => {
                self.exchange = Some((method, said));
                challenge(&text)
            }
            Err(good) => Answer::Say(if good { "+OK\r\n" } else { "-ERR\r\n" }.to_owned()),
        }
    }

    /// Somebody else has answered in its place, and not with a challenge.
    pub(crate) fn give_up(&mut self) {
        self.exchange = None;
    }
}

fn challenge(text: &str) -> Answer {
    Answer::Say(format!("+ {}\r\n", base64(text.as_bytes())))
}

fn nonce(client_first: &str) -> &str {
    client_first.rsplit("r=").next().unwrap()
}

/// One iteration is quick.
fn server_first(client_first: &str) -> String {
    format!("r={}x,s={},i=1", nonce(client_first), base64(&SALT))
}

fn signed(method: Method, client_first: &str) -> (String, String) {
    let hash = if method == Method::ScramSha256 { Hash::Sha256 } else { Hash::Sha1 };
    let without_proof = format!("c=biws,r={}x", nonce(client_first));
    let signer = Signer::new(hash, PASSWORD, &SALT, 1);
    let signed = signer.sign(client_first, &server_first(client_first), &without_proof);
    (signed.client_final, signed.server_final)
}
