//! Passwords and tokens. They never come from the command line, which everybody on the machine can read.

use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use crate::failure::{Failure, Kind};
use crate::options::Options;

/// The secrets to log in with.
#[derive(Default)]
pub(crate) struct Secrets {
    pub(crate) password: Option<Zeroizing<String>>,
    pub(crate) token: Option<Zeroizing<String>>,
}

impl Secrets {
    pub(crate) fn all(&self) -> Vec<Zeroizing<Vec<u8>>> {
        let both = [&self.password, &self.token].into_iter().flatten();
        both.map(|secret| Zeroizing::new(secret.as_bytes().to_vec())).collect()
    }
}

/// Replaces every secret in the text. Secrets of fewer than four bytes stay, because other words contain
/// them, too.
pub(crate) fn masked<'s>(text: &[u8], secrets: impl Iterator<Item = &'s [u8]>) -> Vec<u8> {
    let mut text = text.to_vec();
    for secret in secrets.filter(|secret| secret.len() >= 4) {
        let (mut shown, mut end) = (Vec::new(), 0);
        for at in memchr::memmem::find_iter(&text, secret) {
            shown.extend_from_slice(&text[end..at]);
            shown.extend_from_slice(b"***");
            end = at + secret.len();
        }
        shown.extend_from_slice(&text[end..]);
        text = shown;
    }
    text
}

pub(crate) fn load(options: &Options) -> Result<Secrets, Failure> {
    let mut secrets = Secrets::default();
    if let Some(name) = &options.password_env {
        secrets.password = Some(variable("--password-env", name)?);
    }
    if let Some(path) = &options.password_file {
        let what = || format!("--password-file {}", path.display());
        let text = std::fs::read_to_string(path).map_err(|error| Kind::Usage.because(what(), error))?;
        secrets.password = Some(first_line(&Zeroizing::new(text)));
    }
    if let Some(command) = &options.password_command {
        secrets.password = Some(output("--password-command", command)?);
    }
    if let Some(name) = &options.token_env {
        secrets.token = Some(variable("--token-env", name)?);
    }
    if let Some(command) = &options.token_command {
        secrets.token = Some(output("--token-command", command)?);
    }
    Ok(secrets)
}

fn variable(option: &str, name: &str) -> Result<Zeroizing<String>, Failure> {
    let value =
        std::env::var(name).map_err(|error| Kind::Usage.because(format!("{option} {name}"), error))?;
    Ok(Zeroizing::new(value))
}

/// Runs a command and returns its first line of output. Its standard error is that of pop3get, so that it can
/// ask the user for something.
fn output(option: &str, command: &str) -> Result<Zeroizing<String>, Failure> {
    let failed = |why: &dyn std::fmt::Display| Kind::Login.because(option, why);
    let output = Command::new("sh").arg("-c").arg(command).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| failed(&error))?;
    let text = Zeroizing::new(output.stdout);
    if !output.status.success() {
        return Err(failed(&output.status));
    }
    let text = std::str::from_utf8(&text).map_err(|_| failed(&"its output is not UTF-8"))?;
    let line = first_line(text);
    if line.is_empty() { Err(failed(&"it printed nothing")) } else { Ok(line) }
}

fn first_line(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.lines().next().unwrap_or_default().to_owned())
}
