//! `server/mechanisms`: accounts whose name or password is a special one.

use alloc::format;

use super::pop::Pop;
use super::sasl::{Entry, channel, enter, once, plain, shown};
use super::scram::{Scram, on_offer};
use super::stage::Stage;
use super::utf8_names::prepared;
use crate::conformance::facts::Method;
use crate::conformance::probe::{Plays, Result, Stop, plays};
use crate::conformance::setup::Account;

/// Tries to log in with PLAIN.
async fn by_plain(s: &Stage, account: &Account) -> Result<Entry> {
    let message = plain("", account);
    enter(s, channel(s, "PLAIN")?, async |pop: &mut Pop| once(s, pop, "PLAIN", &message, false).await).await
}

/// Tries to log in with SCRAM, the password prepared or as it is.
async fn by_scram(s: &Stage, mechanism: &str, account: &Account, as_it_is: bool) -> Result<Entry> {
    let attempt = async |pop: &mut Pop| {
        let mut scram = Scram::new(pop, mechanism, &account.name);
        scram.unprepared = as_it_is;
        scram.run(s, pop, &account.password).await
    };
    enter(s, channel(s, mechanism)?, attempt).await
}

pub(super) const PROBES: Plays = plays! {
    "server/mechanisms/plain-prepared" => |s| {
        let (account, form) = prepared(&s)?;
        s.hide(&account.password);
        s.hide(&form);
        let composed = by_plain(&s, &Account { password: form, ..account.clone() }).await?.is_in();
        let compatible = by_plain(&s, &account).await?.is_in();
        if !composed && !compatible {
            return Err(Stop::Control("neither form of the password logs in".into()));
        }
        for row in ["4616-2-05", "4616-2-08", "6856-2.2-09"] {
            s.lenient_with(row, composed && compatible, "only one form of the password logs in");
        }
        Ok(())
    }

    "server/mechanisms/scram-prepared" => |s| {
        let (account, form) = prepared(&s)?;
        s.hide(&account.password);
        s.hide(&form);
        for name in on_offer(&s) {
            let right = by_scram(&s, name, &account, false).await?.is_in();
            if !right && !by_scram(&s, name, &account, true).await?.is_in() {
                return Err(Stop::Control(format!("{name}: neither form of the password logs in")));
            }
            for row in ["5802-2.2-01", "5802-5.1-03"] {
                s.lenient_with(row, right, format!("{name}: only the keys of the unprepared password log in"));
            }
        }
        Ok(())
    }

    "server/mechanisms/cram-spaced-name" => |s| {
        let spaced = s.setup().spaced_account.clone();
        let account = spaced.ok_or(Stop::NotRun("no account with a space in its name"))?;
        let method = Method::Sasl("CRAM-MD5".into());
        let entry = enter(&s, channel(&s, "CRAM-MD5")?, async |pop: &mut Pop| s.login(pop, &account, &method).await);
        match entry.await? {
            Entry::In => s.check("2195-2-04", true),
            Entry::Lost => s.check_with("2195-2-04", false, "+OK, and STAT is not answered"),
            Entry::Refused(reply) => {
                if !s.facts().offers("PLAIN") || !by_plain(&s, &account).await?.is_in() {
                    return Err(Stop::Control("PLAIN does not let that account in".into()));
                }
                s.check_with("2195-2-04", false, format!("refused, and PLAIN lets it in: {}", shown(&reply)));
            }
        }
        Ok(())
    }
};
