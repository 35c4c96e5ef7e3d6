//! Values of this crate for fuzz targets, through the crate `arbitrary`: commands, capabilities and lines of
//! replies.
//!
//! Most of them can be sent. Texts are arbitrary bytes, or come from a list of texts that real and hostile
//! peers send. The encoder refuses those that cannot be sent, and that is worth fuzzing, too.

use arbitrary::{Arbitrary, Result, Unstructured};

use crate::base64::Base64;
use crate::secret::Secret;
use crate::text::Text;
use crate::types::{
    ApopDigest, Capability, Code, Command, Expire, LoginDelay, Mechanisms, MsgNo, ResponseCode, Scan, Stat,
    Status, StatusLine, Uid, UidLine,
};

/// Names, arguments and texts that have caused problems somewhere.
const TEXTS: [&[u8]; 20] = [
    b"ann",
    b"ann@example.com",
    b"",
    b" ",
    b"a b",
    b".",
    b"..",
    b"*",
    b"=",
    b"1",
    b"0",
    b"+OK",
    b"-ERR",
    b"[AUTH] x",
    b"[SYS/TEMP",
    b"<1.2@h>",
    b"x\r\n+OK",
    b"x\0y",
    "\u{fc}".as_bytes(),
    b"\xff\xfe",
];

/// Initial responses and challenges.
const BASE64: [&[u8]; 4] = [b"", b"AGFubgBzZWNyZXQ=", b"dXNlcj1hbm4BAQ==", b"AAAA"];

/// One of the texts, or bytes of the input.
fn text<'a>(u: &mut Unstructured<'a>) -> Result<&'a [u8]> {
    match u.int_in_range(0..=TEXTS.len())? {
        at if at < TEXTS.len() => Ok(TEXTS.get(at).copied().unwrap_or_default()),
        _ => {
            let len = u.int_in_range(0..=80_usize)?.min(u.len());
            u.bytes(len)
        }
    }
}

fn base64<'a>(u: &mut Unstructured<'a>) -> Result<Base64<'a>> {
    let known = u.choose(&BASE64).copied()?;
    let len = u.int_in_range(0..=64_usize)?.min(u.len());
    let given = u.bytes(len)?;
    // Valid base64 hardly ever occurs by chance.
    Ok(Base64::new(given).or_else(|| Base64::new(known)).unwrap_or(Base64::EMPTY))
}

impl<'a> Arbitrary<'a> for MsgNo {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let small = u.ratio(7_u8, 8)?;
        let number = if small { u32::from(u.arbitrary::<u8>()?) } else { u.arbitrary()? };
        Ok(Self::new(number).unwrap_or(Self::FIRST))
    }
}

impl<'a> Arbitrary<'a> for Command<'a> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u.int_in_range(0..=18_u8)? {
            0 => Self::User(text(u)?),
            1 => Self::Pass(Secret::new(text(u)?)),
            2 => Self::Apop { name: text(u)?, digest: ApopDigest::new(u.arbitrary()?) },
            3 => Self::Auth {
                mechanism: u.choose(&[&b"PLAIN"[..], b"LOGIN", b"SCRAM-SHA-256", b"XOAUTH2", b"X"])?,
                initial: if u.arbitrary()? { Some(base64(u)?) } else { None },
            },
            4 => Self::AuthList,
            5 => Self::Stls,
            6 => Self::Capa,
            7 => Self::Utf8,
            8 => Self::Lang(if u.arbitrary()? { Some(text(u)?) } else { None }),
            9 => Self::Stat,
            10 => Self::List(u.arbitrary()?),
            11 => Self::Retr(u.arbitrary()?),
            12 => Self::Dele(u.arbitrary()?),
            13 => Self::Noop,
            14 => Self::Rset,
            15 => Self::Top { number: u.arbitrary()?, lines: u.arbitrary()? },
            16 => Self::Uidl(u.arbitrary()?),
            17 => Self::Quit,
            _ => Self::Other {
                verb: u.choose(&[&b"XTND"[..], b"HELP", b"LAST", b"GET", b"xsnd"])?,
                args: if u.arbitrary()? { Some(text(u)?) } else { None },
            },
        })
    }
}

impl<'a> Arbitrary<'a> for Capability<'a> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u.int_in_range(0..=13_u8)? {
            0 => Self::Top,
            1 => Self::User,
            2 => Self::Sasl(Mechanisms::new(u.choose(&[
                &b""[..],
                b"PLAIN",
                b"PLAIN LOGIN CRAM-MD5",
                b"SCRAM-SHA-256-PLUS SCRAM-SHA-256",
                b"XOAUTH2 OAUTHBEARER",
            ])?)),
            3 => Self::RespCodes,
            4 => Self::LoginDelay(LoginDelay { seconds: u.arbitrary()?, per_user: u.arbitrary()? }),
            5 => Self::Pipelining,
            6 => Self::Expire(Expire { days: u.arbitrary()?, per_user: u.arbitrary()? }),
            7 => Self::Uidl,
            8 => Self::Implementation(text(u)?),
            9 => Self::Stls,
            10 => Self::AuthRespCode,
            11 => Self::Utf8 { user: u.arbitrary()? },
            12 => Self::Lang,
            _ => Self::Other { tag: u.choose(&[&b"X-ONE"[..], b"XOIP", b"SASL-IR"])?, params: text(u)? },
        })
    }
}

impl<'a> Arbitrary<'a> for Code {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let all =
            [Self::LoginDelay, Self::InUse, Self::SysTemp, Self::SysPerm, Self::Sys, Self::Auth, Self::Utf8];
        u.choose(&all).copied()
    }
}

impl<'a> Arbitrary<'a> for Text<'a> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        text(u).map(Self::new)
    }
}

impl<'a> Arbitrary<'a> for StatusLine<'a> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let status = if u.arbitrary()? { Status::Ok } else { Status::Err };
        const CODES: [&[u8]; 6] = [b"AUTH", b"IN-USE", b"SYS/TEMP", b"sys/perm/disk", b"X-OWN", b""];
        let code = u.choose(&CODES)?;
        Ok(Self { status, code: ResponseCode::new(code), text: u.arbitrary()? })
    }
}

impl<'a> Arbitrary<'a> for Stat {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self { count: u.arbitrary()?, octets: u.arbitrary()? })
    }
}

impl<'a> Arbitrary<'a> for Scan {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self { number: u.arbitrary()?, octets: u.arbitrary()? })
    }
}

impl<'a> Arbitrary<'a> for Uid<'a> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let id = text(u)?;
        Self::new(id).or_else(|| Self::new(b"uid")).ok_or(arbitrary::Error::IncorrectFormat)
    }
}

impl<'a> Arbitrary<'a> for UidLine<'a> {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self { number: u.arbitrary()?, uid: text(u)? })
    }
}
