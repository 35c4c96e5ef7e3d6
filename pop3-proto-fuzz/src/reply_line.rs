//! Fuzz target: every parser of replies takes any line, and what conforms is encoded as it was.

use pop3_proto::{Capability, Deviations, Stat, Uid, encode, parse};

/// The first byte chooses the parser, and the rest is the line.
pub fn reply_line(data: &[u8]) {
    let Some((choice, line)) = data.split_first() else { return };
    let mut seen = Deviations::NONE;
    let mut out = Vec::new();
    match choice % 8 {
        0 => {
            if let Ok(status) = parse::status_line(line, &mut seen) {
                let text = String::from_utf8_lossy(status.text.as_bytes()).into_owned();
                encode::status_line(status.status, status.known_code(), &text, &mut out).unwrap();
                assert!(out.len() <= 512 && out.ends_with(b"\r\n"));
                assert!(!out[..out.len() - 2].iter().any(|b| matches!(b, b'\r' | b'\n' | 0)));
                let again = parse::status_line(&out[..out.len() - 2], &mut Deviations::default()).unwrap();
                assert_eq!((again.status, again.known_code()), (status.status, status.known_code()));
            }
        }
        1 => {
            if let Ok(greeting) = parse::greeting(line, &mut seen) {
                if let Some(timestamp) = greeting.timestamp {
                    assert!(
                        line.windows(timestamp.as_str().len()).any(|w| w == timestamp.as_str().as_bytes())
                    );
                }
                let _ = format!("{greeting:?} {}", greeting.line.text);
            }
        }
        2 => {
            if let Ok(Stat { count, octets }) = parse::stat_reply(line, &mut seen) {
                encode::stat_reply(Stat { count, octets }, &mut out).unwrap();
                assert_eq!(out, format!("+OK {count} {octets}\r\n").as_bytes());
            }
        }
        3 => {
            if let Ok(scan) = parse::scan_item(line, &mut seen) {
                encode::scan_item(scan, &mut out).unwrap();
                let mut clean = Deviations::NONE;
                assert_eq!(
                    parse::scan_item(&out[..out.len() - 2], &mut clean).map(|again| again.number),
                    Ok(scan.number)
                );
                assert!(clean.is_empty() || scan.octets == u64::MAX);
            }
            let _ = parse::scan_reply(line, &mut seen);
        }
        4 => {
            if let Ok(item) = parse::uid_item(line, &mut seen) {
                assert!(item.number.is_some());
                if let Some(uid) = Uid::new(item.uid) {
                    encode::uid_item(item.number.unwrap(), uid, &mut out).unwrap();
                    let mut clean = Deviations::NONE;
                    assert_eq!(parse::uid_item(&out[..out.len() - 2], &mut clean), Ok(item));
                    assert!(clean.is_empty());
                } else {
                    assert!(!seen.is_empty());
                }
            }
            let _ = parse::uid_reply(line, &mut seen);
        }
        5 => {
            let capability = parse::capability(line, &mut seen);
            if let Capability::Sasl(names) = capability {
                assert!(names.iter().all(|name| (1..=20).contains(&name.len())));
            }
            encode::capability(&capability, &mut out).unwrap();
            assert!(out.len() <= 512 && out != b".\r\n");
            assert!(out.is_empty() || out.iter().position(|b| *b == b'\n') == Some(out.len() - 1));
        }
        6 => {
            if let Ok(challenge) = parse::challenge(line, &mut seen) {
                let mut raw = vec![0; challenge.decoded_len()];
                let raw = challenge.decode(&mut raw).unwrap();
                encode::challenge(raw, &mut out).unwrap();
                assert_eq!(out.strip_suffix(b"\r\n").unwrap(), if line == b"+" { b"+ " } else { line });
            }
        }
        _ => {
            let _ = parse::lang_item(line, &mut seen);
        }
    }
}
