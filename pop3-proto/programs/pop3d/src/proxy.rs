//! Reads the PROXY header, version 1 or 2, in which a proxy in front of us tells who the client is.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;
use ppp::{HeaderResult, v1, v2};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::time::timeout;

/// The longest that the header may take to arrive.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest header of version 1, with its CRLF.
const V1: usize = 107;
/// The longest rest of a header of version 2. Addresses take less; the rest could be extensions.
const V2: usize = 4096;

/// The address of the client. It is the proxy's own if the proxy speaks for itself, as in a health check. It
/// is `0.0.0.0` if the proxy does not know the client, so that an unknown client never has the rights of the
/// proxy.
///
/// Reads the header and not one byte more.
pub(crate) async fn read(io: &mut (impl AsyncRead + Unpin), proxy: SocketAddr) -> anyhow::Result<SocketAddr> {
    let unknown = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let header = timeout(HEADER_TIMEOUT, header(io)).await.context("no PROXY header in time")??;
    Ok(match HeaderResult::parse(&header) {
        HeaderResult::V1(parsed) => match parsed.context("PROXY header, version 1")?.addresses {
            v1::Addresses::Tcp4(ip) => (ip.source_address, ip.source_port).into(),
            v1::Addresses::Tcp6(ip) => (ip.source_address, ip.source_port).into(),
            v1::Addresses::Unknown => unknown,
        },
        HeaderResult::V2(parsed) => {
            let parsed = parsed.context("PROXY header, version 2")?;
            match (parsed.command, parsed.addresses) {
                (v2::Command::Local, _) => proxy,
                (_, v2::Addresses::IPv4(ip)) => (ip.source_address, ip.source_port).into(),
                (_, v2::Addresses::IPv6(ip)) => (ip.source_address, ip.source_port).into(),
                _ => unknown,
            }
        }
    })
}

async fn header(io: &mut (impl AsyncRead + Unpin)) -> anyhow::Result<Vec<u8>> {
    let mut header = vec![0; v2::PROTOCOL_PREFIX.len()];
    io.read_exact(&mut header).await.context("reading the PROXY header")?;
    if header == v2::PROTOCOL_PREFIX {
        let mut rest = [0; 4];
        io.read_exact(&mut rest).await?;
        header.extend(rest);
        let len = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
        anyhow::ensure!(len <= V2, "a PROXY header of {len} octets");
        let start = header.len();
        header.resize(start + len, 0);
        io.read_exact(&mut header[start..]).await?;
        return Ok(header);
    }
    anyhow::ensure!(header.starts_with(b"PROXY "), "no PROXY header");
    while !header.ends_with(b"\r\n") {
        anyhow::ensure!(header.len() < V1, "a PROXY header without an end");
        header.push(io.read_u8().await?);
    }
    Ok(header)
}
