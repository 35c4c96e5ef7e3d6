//! `server/status`: status lines, judged in everything the server says (the referee).

use alloc::format;

use crate::conformance::probe::{Plays, Stop, plays};
use crate::conformance::steps::End;

pub(super) const PROBES: Plays = plays! {
    "server/status/echo" => |s| {
        let long = [b'x'; 240];
        let odd: [(&str, &[u8]); 5] =
            [("ESC", b"\x1b[2J"), ("TAB", b"\t"), ("BEL", b"\x07"), ("8-bit octets", b"\xff\xfe"), ("240 letters", &long)];
        for (name, argument) in odd {
            let mut pop = s.connect().await?;
            pop.say([b"XPOP a", argument, b"b\r\n"].concat()).await?;
            let reply = match pop.reply().await {
                Ok(reply) => reply,
                // Whether an unknown verb gets a reply is told by server/lines/unknown-verb.
                Err(stop @ (Stop::Hung(_) | Stop::Silent)) => {
                    s.note("1939-3-09", format!("after {name}: {stop}"));
                    continue;
                }
                Err(stop) => return Err(stop),
            };
            // Texts may be in a language of their own; what was sent is no UTF-8.
            let is_bad = |octet: &u8| octet.is_ascii_control() || !octet.is_ascii() && argument.contains(octet);
            // How the line ends is told by server/status/line-form.
            let line = reply.raw.strip_suffix(b"\n").unwrap_or(&reply.raw);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let words = format!("{name} came back: {}", line.escape_ascii());
            s.lenient_with("1939-3-09", !line.iter().any(is_bad), words);
            pop.end(End::Fin).await;
        }
        Ok(())
    }
};
