//! Where the server is: hosts, ports, addresses, and whether these are private.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::time::Duration;

use pop3_proto::url::Url;

use crate::drive::{self, Doors};
use crate::failure::Failure;
use crate::options::Options;

/// A port, and whether somebody named it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Port {
    number: u16,
    is_named: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) host: String,
    /// The user in the URL.
    pub(crate) user: Option<String>,
    clear: Option<Port>,
    tls: Option<Port>,
}

/// The same after a look at it.
#[derive(Clone, Debug)]
pub(crate) struct Reached {
    pub(crate) doors: Doors,
    pub(crate) clear: Option<u16>,
    pub(crate) tls: Option<u16>,
    /// All addresses are loopback or private ones.
    pub(crate) is_private: bool,
}

/// The user that the URL names, if any.
pub(crate) fn user(place: &str) -> Option<String> {
    Url::parse(place).ok()?.user.as_deref().map(str::to_owned)
}

impl Target {
    pub(crate) fn parse(place: &str, options: &Options) -> Result<Self, Failure> {
        let is_url = place.contains("://");
        let text = if is_url { place.to_owned() } else { format!("pop://{place}") };
        let url = Url::parse(&text).map_err(|error| {
            // What stands in front of the host may be a password.
            let what = if place.contains('@') { "the URL" } else { place };
            Failure::usage(what, error)
        })?;
        let named = |number: u16| Some(Port { number, is_named: true });
        let (mut clear, mut tls) = (options.clear.and_then(named), options.tls.and_then(named));
        match url.port {
            Some(995) if !is_url => tls = tls.or(named(995)),
            Some(port) if url.tls => tls = tls.or(named(port)),
            Some(port) => clear = clear.or(named(port)),
            None if is_url && url.tls => tls = tls.or(named(995)),
            None if is_url => clear = clear.or(named(110)),
            None if clear.is_none() && tls.is_none() => {
                let usual = |number| Some(Port { number, is_named: false });
                (clear, tls) = (usual(110), usual(995));
            }
            None => {}
        }
        Ok(Self { host: url.host.to_owned(), user: url.user.as_deref().map(str::to_owned), clear, tls })
    }

    /// Looks up the name and tries the ports. A usual port that nobody named may be missing.
    pub(crate) fn reach(&self, patience: Duration) -> Result<Reached, Failure> {
        let mut why = String::new();
        let mut look = |port: Option<Port>| -> Result<Option<(u16, Vec<SocketAddr>)>, Failure> {
            let Some(Port { number, is_named }) = port else { return Ok(None) };
            let addresses = (self.host.as_str(), number).to_socket_addrs().map(Vec::from_iter);
            let reached = addresses.and_then(|addresses| {
                drive::connect(&addresses, patience)?;
                Ok((number, addresses))
            });
            match reached {
                Ok(reached) => Ok(Some(reached)),
                Err(error) => {
                    why = format!("{} port {number}: {error}", self.host);
                    if is_named { Err(Failure::Nothing(why.clone())) } else { Ok(None) }
                }
            }
        };
        let (clear, tls) = (look(self.clear)?, look(self.tls)?);
        let addresses: Vec<SocketAddr> =
            [&clear, &tls].into_iter().flatten().flat_map(|(_, a)| a.clone()).collect();
        if addresses.is_empty() {
            return Err(Failure::Nothing(why));
        }
        Ok(Reached {
            clear: clear.as_ref().map(|(port, _)| *port),
            tls: tls.as_ref().map(|(port, _)| *port),
            doors: Doors { clear: clear.map(|(_, a)| a), tls: tls.map(|(_, a)| a) },
            is_private: addresses.iter().all(|address| is_private(address.ip())),
        })
    }
}

fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}
