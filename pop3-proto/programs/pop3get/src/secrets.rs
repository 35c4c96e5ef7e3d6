//! Passwords and tokens. They never come from the command line, which everybody on the machine can read.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStringExt as _;
use std::process::Stdio;

use pop3_programs_common::words::Masks;
use pop3_programs_common::{secret, text};
use zeroize::Zeroizing;

use crate::command::Running;
use crate::failure::{Failure, Kind};
use crate::limits::Limits;
use crate::options::Options;

/// The longest token, in octets. In base64 it fits a line of 12,288, and servers take no longer ones.
const LONGEST_TOKEN: usize = 8192;

/// The secrets to log in with.
#[derive(Default)]
pub(crate) struct Secrets {
    pub(crate) password: Option<Zeroizing<Vec<u8>>>,
    pub(crate) token: Option<Zeroizing<Vec<u8>>>,
}

impl Secrets {
    pub(crate) fn load(options: &Options, limits: Limits) -> Result<Self, Failure> {
        let mut secrets = Self::default();
        if let Some(name) = &options.password_env {
            secrets.password = Some(variable("--password-env", name)?);
        }
        if let Some(path) = &options.password_file {
            let usage = |error: &dyn fmt::Display| Kind::Usage.because("--password-file", error);
            let left = limits.left(limits.timeout).map_err(|error| usage(&error))?;
            secrets.password = Some(secret::read(path, left).map_err(|error| usage(&error))?);
        }
        if let Some(command) = &options.password_command {
            let printed = output("--password-command", command, limits)?;
            let password = secret::first_line("its output", &printed);
            let password = password.map_err(|error| Kind::Login.because("--password-command", error))?;
            secrets.password = Some(password);
        }
        if let Some(name) = &options.token_env {
            let token = variable("--token-env", name)?;
            secrets.token = Some(token_in(&token).map_err(|why| Kind::Usage.because("--token-env", why))?);
        }
        if let Some(command) = &options.token_command {
            let printed = output("--token-command", command, limits)?;
            let token = token_in(&printed).map_err(|why| Kind::Login.because("--token-command", why))?;
            secrets.token = Some(token);
        }
        Ok(secrets)
    }

    /// What must not be shown.
    pub(crate) fn masks(&self) -> Masks {
        let mut masks = Masks::new();
        [&self.password, &self.token].into_iter().flatten().for_each(|secret| masks.add(secret));
        masks
    }

    /// What may be wrong with the password, if the server does not take it.
    pub(crate) fn hint(&self) -> &'static str {
        let is_odd = |secret: &Zeroizing<Vec<u8>>| std::str::from_utf8(secret).is_err();
        match &self.password {
            Some(password) if is_odd(password) && text::is_like_latin1(password) => {
                " (the password is not UTF-8, it looks like Latin-1)"
            }
            Some(password) if is_odd(password) => " (the password is not UTF-8)",
            _ => "",
        }
    }
}

fn variable(option: &str, name: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let failed = |why: &str| Kind::Usage.because(format_args!("{option} {name}"), why);
    let value = std::env::var_os(name).map(OsString::into_vec).map(Zeroizing::new);
    match value {
        None => Err(failed("there is no such variable")),
        Some(value) if value.is_empty() => Err(failed("the variable is empty")),
        Some(value) => Ok(value),
    }
}

/// Runs a command and returns what it prints. Its standard error is that of pop3get, so that it can ask the
/// user for something.
fn output(option: &str, command: &str, limits: Limits) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let running = Running::start(command, &[], Stdio::null(), Stdio::piped(), limits);
    let printed = running.and_then(Running::printed).map_err(|error| Kind::Login.because(option, error))?;
    if printed.trim_ascii().is_empty() {
        return Err(Kind::Login.because(option, "it printed nothing"));
    }
    Ok(printed)
}

/// The token in the first line, without the blanks around it (RFC 6750 section 2.1).
fn token_in(printed: &[u8]) -> Result<Zeroizing<Vec<u8>>, String> {
    let line = secret::first_line("the token", printed).map_err(|error| error.to_string())?;
    match line.trim_ascii() {
        [] => Err("the token: empty".to_owned()),
        token if token.len() > LONGEST_TOKEN => Err(format!("the token: longer than {LONGEST_TOKEN} octets")),
        token if !token.iter().all(u8::is_ascii_graphic) => {
            Err("the token: other characters than a token has (RFC 6750 section 2.1)".to_owned())
        }
        token => Ok(Zeroizing::new(token.to_owned())),
    }
}
