//! `server/utf8-lang`: names and passwords in UTF-8.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use md5::{Digest as _, Md5};

use super::stage::{Answer, Stage};
use super::way_in;
use crate::conformance::facts::Method;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::setup::Account;
use crate::conformance::steps::End;
use crate::sasl::prepare;
use crate::types::ApopDigest;

/// Whether the octets of the name come back.
fn echoes(answer: &Answer, name: &[u8]) -> bool {
    match answer {
        Answer::Ok(reply) | Answer::Err(reply) | Answer::Other(reply) => {
            memchr::memmem::find(&reply.raw, name).is_some()
        }
        Answer::Hung | Answer::Silent => false,
    }
}

/// Whether this account can log in by USER and PASS.
async fn enters(s: &Stage, name: &str, password: &str) -> Result<bool> {
    s.hide(password);
    let mut pop = s.before_login().await?;
    let account = Account { name: name.into(), password: password.into() };
    let reply = s.login(&mut pop, &account, &Method::User).await?;
    if reply.is_ok() {
        pop.quit().await?;
    } else {
        pop.end(End::Fin).await;
    }
    Ok(reply.is_ok())
}

/// The account whose password has a prepared form of its own, and that form.
pub(super) fn prepared(s: &Stage) -> Result<(Account, String)> {
    let account =
        s.setup().prep_account.clone().ok_or(Stop::NotRun("no account with a prepared password"))?;
    let form = prepare(&account.password).map(|form| String::from(&*form));
    match form {
        Some(form) if form != account.password => Ok((account, form)),
        _ => Err(Stop::NotRun("the kit cannot prepare this password, or that changes nothing")),
    }
}

/// The digest of APOP over the password as it is, in hexadecimal.
fn raw_digest(stamp: &str, password: &str) -> String {
    let digest = Md5::new_with_prefix(stamp).chain_update(password.as_bytes()).finalize();
    String::from_utf8_lossy(&ApopDigest::new(digest.into()).to_hex()).into_owned()
}

pub(super) const PROBES: Plays = plays! {
    "server/utf8-lang/utf8-names" => |s| {
        let names: [(&str, &[u8]); 4] = [
            ("6856-2.2-04", b"\xc3\x28"), ("6856-2.2-04", b"\xed\xa0\x80"),
            ("6856-2.2-07", b"\x07"), ("6856-2.2-07", b"\xc2\xad"),
        ];
        for (row, name) in names {
            let mut pop = if s.facts().way().is_some() { s.before_login().await? } else { s.connect().await? };
            let user = s.answer(&mut pop, [b"USER ", name, b"\r\n"].concat()).await?;
            let mut echo = echoes(&user, name);
            let mut answer = user;
            if answer.is_ok() {
                answer = s.answer(&mut pop, "PASS x\r\n").await?;
                echo |= echoes(&answer, name);
            }
            let mut words = format!("USER {} {answer}", name.escape_ascii());
            let mut kept = matches!(answer, Answer::Err(_) | Answer::Hung);
            if echo {
                (kept, words) = (false, format!("{words}, and it is echoed"));
            } else if answer.is_refusal() && matches!(pop.ask("NOOP").await, Err(Stop::Silent)) {
                (kept, words) = (false, format!("{words}, and the next command has no reply"));
            }
            for row in [row, "6856-2.2-01"] {
                s.check_with(row, kept, &words);
            }
            pop.end(End::Fin).await;
        }
        Ok(())
    }

    "server/utf8-lang/utf8-prepared" => |s| {
        let (account, form) = prepared(&s)?;
        let composed = enters(&s, &account.name, &form).await?;
        let compatible = enters(&s, &account.name, &account.password).await?;
        if !composed && !compatible {
            return Err(Stop::Control("neither form of the password logs in".into()));
        }
        s.check("6856-2.2-01", true);
        s.lenient_with("6856-2.2-05", composed && compatible, "only one form of the password logs in");
        Ok(())
    }

    "server/utf8-lang/apop-prepared" => |s| {
        let (account, form) = prepared(&s)?;
        let mut entered = Vec::new();
        for password in [&form, &account.password] {
            s.hide(password);
            let mut pop = s.before_login().await?;
            let greeting = pop.greeting().raw.clone();
            let stamp = way_in::timestamp(&greeting).ok_or(Stop::NotApplicable("the greeting has no timestamp"))?;
            let digest = raw_digest(stamp, password);
            s.hide(&digest);
            let reply = pop.ask(format!("APOP {} {digest}", account.name)).await?;
            entered.push(reply.is_ok());
            pop.end(End::Fin).await;
        }
        match entered.as_slice() {
            [false, false] => Err(Stop::Control("no digest logs in".into())),
            [first, ..] => {
                s.check_with("6856-2.2-06", *first, "only the digest of the unprepared secret logs in");
                Ok(())
            }
            [] => Ok(()),
        }
    }
};
