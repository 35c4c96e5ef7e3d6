//! An async client that logs in with a token and fetches what is new, against `memserver` over TLS.

use std::error::Error;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use pop3_proto::client::{Client, Event, Need, Profile};
use pop3_proto::fetch::{self, Fetch, FetchEvent, Record, Rules};
use pop3_proto::limits::{EXCHANGE_LINE, SASL_MEMORY};
use pop3_proto::login::{self, Login, Method, Policy};
use pop3_proto::sasl::Channel;
use pop3_proto::sasl::client::Credentials;
use pop3_proto::{FixedBuf, Outbox, Secret, Security};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::server::MemServer;

type Failed = Box<dyn Error>;

struct Connection<S> {
    client: Client,
    io: S,
    rx: FixedBuf<EXCHANGE_LINE>,
    tx: Outbox,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    async fn next(&mut self) -> Result<Event<'_>, Failed> {
        while self.client.poll(self.rx.unread()) == Need::Input {
            self.io.write_all(self.tx.bytes()).await?;
            self.tx.clear();
            self.io.flush().await?;
            match self.io.read(self.rx.space()).await? {
                0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                n => self.rx.commit(n),
            }
        }
        Ok(self.client.receive(self.rx.unread())?)
    }
}

/// Returns what is new, and the record of what is here now.
async fn fetch_new(
    io: impl AsyncRead + AsyncWrite + Unpin,
    user: &str,
    token: &str,
    record: Record,
) -> Result<(Vec<Vec<u8>>, Record), Failed> {
    let client = Client::new(Profile::LENIENT, Security::Tls);
    let mut connection = Connection { client, io, rx: FixedBuf::new(), tx: Outbox::new() };

    let credentials = Credentials::token(user, Secret::new(token.as_bytes()));
    let memory = vec![0; SASL_MEMORY];
    let mut login = Login::new(credentials, Channel::new("localhost"), Policy::DEFAULT, memory);
    loop {
        match login.advance(&mut connection.client, &mut connection.tx)? {
            login::Progress::Pending => login.handle_event(&connection.next().await?),
            login::Progress::StartTls => unreachable!("the connection is inside TLS"),
            login::Progress::LoggedIn => break,
            login::Progress::Failed(failure) => return Err(failure.into()),
        }
    }
    assert_eq!(login.method(), Method::by_name("OAUTHBEARER"));

    let mut messages = Vec::new();
    let mut fetch = Fetch::new(record, Rules::default(), 1_790_000_000);
    loop {
        match fetch.advance(&mut connection.client, &mut connection.tx)? {
            fetch::Progress::Pending => {
                for told in fetch.handle_event(&connection.next().await?) {
                    match told {
                        FetchEvent::Begin(_) => messages.push(Vec::new()),
                        FetchEvent::Data(bytes) => {
                            if let Some(message) = messages.last_mut() {
                                message.extend_from_slice(bytes);
                            }
                        }
                        // A program that keeps its mail on disk syncs the file first.
                        FetchEvent::Whole(message) => drop(fetch.stored(message.number)),
                        _ => {}
                    }
                }
            }
            fetch::Progress::Fetched | fetch::Progress::Marked => {}
            fetch::Progress::Done => return Ok((messages, fetch.into_record())),
            fetch::Progress::Failed(fault) => return Err(fault.into()),
        }
    }
}

/// Both sides of TLS with a certificate that is made for this test.
fn tls() -> Result<(TlsAcceptor, TlsConnector), Failed> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let certificate: CertificateDer<'static> = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der())?;
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone())?;
    let server = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key)?;
    let client = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Ok((TlsAcceptor::from(Arc::new(server)), TlsConnector::from(Arc::new(client))))
}

#[tokio::test]
async fn what_is_new_comes_once() -> Result<(), Failed> {
    let (acceptor, connector) = tls()?;
    let server = Arc::new(MemServer::new(acceptor));
    server.accounts.add("ann", "secret", Some("a-token"));
    server.accounts.deliver("ann", b"Subject: one\n\n.dotted\n");
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(server.clone().serve(listener, Security::Tls));
    let connect = || async {
        let stream = TcpStream::connect(address).await?;
        connector.connect(ServerName::try_from("localhost").map_err(io::Error::other)?, stream).await
    };

    let (messages, record) = fetch_new(connect().await?, "ann", "a-token", Record::new()).await?;
    assert_eq!(messages, [b"Subject: one\r\n\r\n.dotted\r\n"]);

    server.accounts.deliver("ann", b"Subject: two\n\n");
    let (messages, record) = fetch_new(connect().await?, "ann", "a-token", record).await?;
    assert_eq!(messages, [b"Subject: two\r\n\r\n"]);

    let (messages, record) = fetch_new(connect().await?, "ann", "a-token", record).await?;
    assert!(messages.is_empty());
    assert_eq!(record.len(), 2);
    assert_eq!(server.accounts.messages("ann").len(), 2, "nothing was deleted");

    let refused = fetch_new(connect().await?, "ann", "another-token", record).await.unwrap_err();
    assert_eq!(refused.to_string(), "login refused (oauthbearer): wrong credentials");
    Ok(())
}
