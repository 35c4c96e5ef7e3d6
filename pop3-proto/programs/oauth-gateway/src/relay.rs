//! Passes one command of the device on, and the answer back.

use pop3_proto::client::Part;
use pop3_proto::server::session::Event;
use pop3_proto::server::{Fill, Ticket, kind};
use pop3_proto::{Command, Uid, UidLine};
use sha2::{Digest as _, Sha256};

use crate::device::Device;
use crate::left_out::Lines;
use crate::session_log::SessionLog;
use crate::upstream::Upstream;

/// Passes a command on and its answer back.
///
/// # Errors
///
/// The connection to the device or to the real server is lost, or a listing does not end. A message or a listing
/// that has begun then has no last line, so that the device sees that it was cut.
pub(crate) async fn command(
    device: &mut Device<'_>,
    upstream: &mut Upstream,
    event: Event<'_>,
    log: &mut SessionLog,
) -> anyhow::Result<()> {
    match event {
        Event::Stat { reply } => match upstream.ask(&Command::Stat).await {
            Ok(Part::Stat(stat)) => {
                reply.ok(&mut device.session, &mut device.tx, stat);
                upstream.count = Some(stat.count);
            }
            answer => device.decline(reply, answer).await?,
        },
        Event::List { number, reply } => match upstream.ask(&Command::List(Some(number))).await {
            Ok(Part::Scan(scan)) if scan.number == number => {
                reply.ok(&mut device.session, &mut device.tx, scan.octets);
            }
            answer => device.decline(reply, answer).await?,
        },
        Event::Uidl { number, reply } => match upstream.ask(&Command::Uidl(Some(number))).await {
            Ok(Part::Uid(line)) if line.number.is_none_or(|n| n == number) && !line.uid.is_empty() => {
                let mut room = [0; 64];
                reply.ok(&mut device.session, &mut device.tx, legal(line.uid, &mut room));
            }
            answer => device.decline(reply, answer).await?,
        },
        Event::ListAll { reply } => sizes(device, upstream, reply).await?,
        Event::UidlAll { reply } => unique_ids(device, upstream, reply).await?,
        Event::Retr { number, reply } => {
            log.retrieved += u64::from(message(device, upstream, &Command::Retr(number), reply).await?);
        }
        Event::Top { number, lines, reply } => {
            message(device, upstream, &Command::Top { number, lines }, reply).await?;
        }
        Event::Dele { number, reply } => {
            log.marked += u64::from(done(device, upstream, &Command::Dele(number), reply).await?);
        }
        Event::Rset { reply } => {
            let back = done(device, upstream, &Command::Rset, reply).await?;
            log.marked = if back { 0 } else { log.marked };
        }
        // The next `receive` refuses the command with -ERR.
        _ => {}
    }
    Ok(())
}

/// A command whose answer is `+OK` and a text. Returns whether the answer was `+OK`.
async fn done(
    device: &mut Device<'_>,
    upstream: &mut Upstream,
    command: &Command<'_>,
    reply: Ticket<kind::Done>,
) -> anyhow::Result<bool> {
    match upstream.ask(command).await {
        Ok(Part::Ok(text)) => {
            let words = device.shown(text);
            reply.ok(&mut device.session, &mut device.tx, &words);
            Ok(true)
        }
        answer => device.decline(reply, answer).await.map(|()| false),
    }
}

async fn sizes(
    device: &mut Device<'_>,
    upstream: &mut Upstream,
    reply: Ticket<kind::ScanListing>,
) -> anyhow::Result<()> {
    let mut list = match upstream.ask(&Command::List(None)).await {
        Ok(Part::Begin(text)) => {
            let words = device.shown(text);
            reply.begin(&mut device.session, &mut device.tx, &words)
        }
        answer => return device.decline(reply, answer).await,
    };
    let mut lines = Lines::new("LIST", upstream.count, upstream.timeout());
    loop {
        match part(device, upstream).await? {
            Part::ScanItem(scan) => {
                lines.passed_on()?;
                while list.item(&mut device.tx, scan.number, scan.octets).is_err() {
                    device.flush().await?;
                }
            }
            Part::End => break,
            _ => lines.leave_out()?,
        }
    }
    list.end(&mut device.session);
    lines.end();
    Ok(())
}

async fn unique_ids(
    device: &mut Device<'_>,
    upstream: &mut Upstream,
    reply: Ticket<kind::UidListing>,
) -> anyhow::Result<()> {
    let mut list = match upstream.ask(&Command::Uidl(None)).await {
        Ok(Part::Begin(text)) => {
            let words = device.shown(text);
            reply.begin(&mut device.session, &mut device.tx, &words)
        }
        answer => return device.decline(reply, answer).await,
    };
    let mut lines = Lines::new("UIDL", upstream.count, upstream.timeout());
    loop {
        match part(device, upstream).await? {
            Part::UidItem(UidLine { number: Some(number), uid }) if !uid.is_empty() => {
                lines.passed_on()?;
                let mut room = [0; 64];
                let uid = legal(uid, &mut room);
                while list.item(&mut device.tx, number, uid).is_err() {
                    device.flush().await?;
                }
            }
            Part::End => break,
            _ => lines.leave_out()?,
        }
    }
    list.end(&mut device.session);
    lines.end();
    Ok(())
}

/// Passes on a message, or its top, in constant memory: no more is read than the device has taken. Returns
/// whether it came.
async fn message(
    device: &mut Device<'_>,
    upstream: &mut Upstream,
    command: &Command<'_>,
    reply: Ticket<kind::Body>,
) -> anyhow::Result<bool> {
    let mut body = match upstream.ask(command).await {
        Ok(Part::Begin(text)) => {
            let words = device.shown(text);
            reply.begin(&mut device.session, &mut device.tx, &words)
        }
        answer => return device.decline(reply, answer).await.map(|()| false),
    };
    loop {
        match part(device, upstream).await? {
            Part::Data(mut octets) => {
                while body.fill(&mut octets, &mut device.tx) == Fill::Flush {
                    device.flush().await?;
                }
            }
            Part::End => break,
            _ => {}
        }
    }
    body.end(&mut device.session);
    Ok(true)
}

/// The next part of a long answer. If it has not come yet, the device first gets what is queued for it.
async fn part<'u>(device: &mut Device<'_>, upstream: &'u mut Upstream) -> anyhow::Result<Part<'u>> {
    if upstream.must_wait() {
        device.flush().await?;
    }
    upstream.part().await
}

/// The unique-id itself; or, if it breaks the rule of RFC 1939 section 7 (1 to 70 octets of visible ASCII),
/// its digest, which is as unique and the same in every session.
fn legal<'i>(uid: &'i [u8], room: &'i mut [u8; 64]) -> Uid<'i> {
    if let Some(uid) = Uid::new(uid) {
        return uid;
    }
    let digits = Sha256::digest(uid).into_iter().flat_map(|octet| [octet >> 4, octet & 15]);
    for (place, digit) in room.iter_mut().zip(digits) {
        *place = b"0123456789abcdef"[usize::from(digit)];
    }
    Uid::new(room).unwrap_or_else(|| unreachable!("64 hexadecimal digits"))
}
