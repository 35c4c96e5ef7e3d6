//! Acknowledges what came without the usual delay.

use std::os::fd::AsFd;

/// Call this before you wait for the rest of a reply.
///
/// Some servers send a reply in two pieces, and keep the second one back until the first is acknowledged (Nagle's
/// algorithm). The system delays an acknowledgement by up to 40 ms, in the hope to send it together with something
/// else. Where nothing is sent before the reply is over, each reply takes these 40 ms. On systems other than Linux
/// this does nothing.
pub fn acknowledge(stream: impl AsFd) {
    // Without it everything only takes longer.
    #[cfg(target_os = "linux")]
    let _ = rustix::net::sockopt::set_tcp_quickack(stream, true);
    #[cfg(not(target_os = "linux"))]
    let _ = stream;
}
