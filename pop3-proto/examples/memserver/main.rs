//! A POP3 server in memory, for the tests of clients: STLS, TLS and SASL on tokio.
//!
//! `server.rs` and `accounts.rs` are the part to copy into the tests of your client. Here it serves the
//! sample maildrop to `demo` with the password `demo`, or the token `demo-token`, on two ports of the
//! loopback interface, until Ctrl-C:
//!
//! ```sh
//! cargo run --release --example memserver --features sasl
//! curl -k --ssl-reqd --user demo:demo pop3://127.0.0.1:11110/1
//! ```

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use pop3_proto::Security;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

mod accounts;
#[path = "../sample/mod.rs"]
mod sample;
mod server;

use server::MemServer;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let server = Arc::new(MemServer::new(acceptor().map_err(io::Error::other)?));
    server.accounts.add("demo", "demo", Some("demo-token"));
    for message in sample::Sample::new().0 {
        server.accounts.deliver("demo", &message.text);
    }
    let plain = TcpListener::bind((Ipv4Addr::LOCALHOST, 11110)).await?;
    let tls = TcpListener::bind((Ipv4Addr::LOCALHOST, 11995)).await?;
    println!("POP3 with STLS on {}, POP3 in TLS on {}; Ctrl-C ends", plain.local_addr()?, tls.local_addr()?);
    tokio::select! {
        () = server.clone().serve(plain, Security::Plain) => {}
        () = server.clone().serve(tls, Security::Tls) => {}
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    println!("{} messages are left", server.accounts.messages("demo").len());
    Ok(())
}

/// TLS with a certificate that is made for this run and signed by itself.
fn acceptor() -> Result<TlsAcceptor, Box<dyn std::error::Error + Send + Sync>> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der())?;
    let config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
