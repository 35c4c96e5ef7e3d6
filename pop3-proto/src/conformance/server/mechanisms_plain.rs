//! `server/mechanisms`: PLAIN.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::pop::Pop;
use super::read::Reply;
use super::sasl::{
    Entry, Strict, answer_in, channel, enter, left, nobody, offering, once, plain, refused, shown, wrong,
};
use super::stage::{Answer, Stage};
use super::way_in::encoded;
use crate::conformance::facts::Channel;
use crate::conformance::form;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::setup::Account;
use crate::conformance::steps::End;

/// Tries to log in with a PLAIN message.
async fn with(s: &Stage, channel: Channel, message: &[u8], with_auth: bool) -> Result<Entry> {
    enter(s, channel, async |pop: &mut Pop| once(s, pop, "PLAIN", message, with_auth).await).await
}

/// The control: PLAIN with the right message logs in. Otherwise a refusal says nothing.
async fn works(s: &Stage) -> Result<()> {
    match with(s, channel(s, "PLAIN")?, &plain("", s.account()?), false).await? {
        Entry::In => Ok(()),
        _ => Err(Stop::Control("the right PLAIN message does not log in".into())),
    }
}

/// What comes of one PLAIN message on a connection of its own.
async fn message(s: &Stage, message: &[u8]) -> Result<Reply> {
    let mut pop = offering(s, "PLAIN").await?;
    let reply = once(s, &mut pop, "PLAIN", message, false).await?;
    pop.end(End::Fin).await;
    Ok(reply)
}

/// The words of a refusal without the name, and without what holds a digit: times and numbers of sessions.
fn words(reply: &Reply, name: &str) -> Vec<String> {
    let text = String::from_utf8_lossy(reply.text()).replace(name, "NAME");
    let words = text.split_whitespace().filter(|word| !word.bytes().any(|octet| octet.is_ascii_digit()));
    words.map(String::from).collect()
}

pub(super) const PROBES: Plays = plays! {
    "server/mechanisms/plain" => |s| {
        let channel = channel(&s, "PLAIN")?;
        let right = plain("", s.account()?);
        for (form, with_auth) in [("with AUTH", true), ("after the empty challenge", false)] {
            let words = match with(&s, channel, &right, with_auth).await? {
                Entry::In => None,
                Entry::Lost => Some("+OK, and STAT is not answered".into()),
                Entry::Refused(reply) => Some(shown(&reply)),
            };
            let kept = words.is_none();
            s.check_with("4616-2-01", kept, format!("the right message {form}: {}", words.unwrap_or_default()));
        }
        Ok(())
    }

    "server/mechanisms/plain-refused" => |s| {
        let account = s.account()?.clone();
        let unknown = Account { name: nobody(&s), password: String::new() };
        let known = message(&s, &plain("", &wrong(&s, &account))).await?;
        let other = message(&s, &plain("", &wrong(&s, &unknown))).await?;
        for (form, reply) in [("a wrong password", &known), ("a name that nobody has", &other)] {
            s.check_with("4422-3.6-01", !reply.is_ok(), format!("{form} logs in"));
        }
        let (text, other_text) = (words(&known, &account.name), words(&other, &unknown.name));
        let alike = text == other_text && known.code() == other.code();
        let shown = format!("a wrong password gets {}, an unknown name {}", shown(&known), shown(&other));
        s.lenient_with("4422-3.6-02", alike, shown);
        let millis = known.took.as_millis().abs_diff(other.took.as_millis());
        if millis >= 1000 {
            s.note("4422-3.6-02", format!("the refusals differ by {millis} ms"));
        }
        Ok(())
    }

    "server/mechanisms/plain-malformed" => |s| {
        works(&s).await?;
        let Account { name, password } = s.account()?.clone();
        let forms = [
            ("4616-2-02", "no NUL", format!("{name}{password}")),
            ("4616-2-02", "one NUL", format!("{name}\0{password}")),
            ("4616-2-02", "three NULs", format!("\0{name}\0{password}\0")),
            ("4422-3.4.1-01", "NUL in the authorization identity", format!("\0\0{name}\0{password}")),
            ("4616-2-04", "no name", format!("\0\0{password}")),
            ("4616-2-04", "no password", format!("\0{name}\0")),
            ("4616-2-04", "nothing", String::new()),
        ];
        for (row, form, octets) in forms {
            let reply = message(&s, octets.as_bytes()).await?;
            s.check_with(row, !reply.is_ok(), format!("a message with {form} logs in"));
        }
        Ok(())
    }

    "server/mechanisms/plain-authzid" => |s| {
        works(&s).await?;
        let account = s.account()?.clone();
        let own = message(&s, &plain(&account.name, &account)).await?;
        if !own.is_ok() {
            s.note("4616-2-07", format!("the own name as authorization identity gets {}", shown(&own)));
        }
        let other = message(&s, &plain(&nobody(&s), &account)).await?;
        for row in ["4616-2-07", "4422-3.6-01"] {
            s.check_with(row, !other.is_ok(), "logs in to act as somebody who is not there");
        }
        Ok(())
    }

    "server/mechanisms/plain-line-ends" => |s| {
        let octets = "\0x\r\n+OK forged\0y\r\n+OK forged";
        let mut pop = offering(&s, "PLAIN").await?;
        let answer = answer_in(&s, &mut pop, "PLAIN", encoded(octets.as_bytes()).as_bytes()).await?;
        let row = "4616-A-01";
        let form = "a name and a password with line ends";
        let Answer::Err(reply) = &answer else {
            return refused(&s, &[row], pop, &answer, form, Strict::No).await;
        };
        let one = form::line(&reply.raw).is_some();
        let more = pop.quiet().await;
        if !one || !more.is_empty() {
            let came = [reply.raw.as_slice(), &more].concat();
            s.check_with(row, false, format!("{form} come back as a line: '{}'", came.escape_ascii()));
            return Ok(());
        }
        left(&s, &[row], pop, form).await
    }

    "server/mechanisms/plain-prohibited" => |s| {
        let names: [(&str, &[u8]); 3] = [("U+0007", b"a\x07b"), ("U+00AD alone", b"\xC2\xAD"), ("C3 28", b"a\xC3\x28")];
        for (form, name) in names {
            let octets = [b"\0", name, b"\0password"].concat();
            let mut pop = offering(&s, "PLAIN").await?;
            let answer = answer_in(&s, &mut pop, "PLAIN", encoded(&octets).as_bytes()).await?;
            let rows: &[&str] = if form == "C3 28" { &["6856-2.2-04"] } else { &["4616-2-06", "5034-4-22"] };
            refused(&s, rows, pop, &answer, &format!("a name with {form}"), Strict::Both).await?;
        }
        Ok(())
    }
};
