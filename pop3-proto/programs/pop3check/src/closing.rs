//! How a connection is closed, in clear or inside TLS, from either side.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use pop3_proto::conformance::End;
use rustls::ConnectionCommon;
use socket2::SockRef;

/// How long the closing alert may take.
const ALERT: Duration = Duration::from_millis(50);

/// Closes. Returns whether the connection is to be kept, since it is only closed in the sending direction.
pub(crate) fn close<Side>(
    stream: &mut TcpStream,
    tls: Option<&mut ConnectionCommon<Side>>,
    end: End,
) -> bool {
    if end == End::Reset {
        // Closing sends RST instead of FIN then.
        let _ = SockRef::from(&*stream).set_linger(Some(Duration::ZERO));
        return false;
    }
    if let Some(tls) = tls.filter(|_| end != End::Truncated) {
        let mut record = Vec::new();
        tls.send_close_notify();
        while tls.wants_write() && tls.write_tls(&mut record).is_ok() {}
        let _ = stream.set_nonblocking(false);
        let _ = stream.set_write_timeout(Some(ALERT));
        let _ = stream.write_all(&record);
    }
    let _ = stream.shutdown(Shutdown::Write);
    if end == End::HalfFin {
        return true;
    }
    // With unread octets the system would send RST.
    let _ = stream.set_nonblocking(true);
    let mut octets = vec![0; 64 * 1024];
    for _ in 0..64 {
        if !matches!(stream.read(&mut octets), Ok(count) if count > 0) {
            break;
        }
    }
    false
}
