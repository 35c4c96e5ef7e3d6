//! Delivers each message to a command, on its standard input, once the message is complete. Exit code 0 says
//! that it is safe.

use std::fs::File;
use std::io::{BufWriter, Seek as _, Write as _};
use std::process::{Command, Stdio};

use super::Delivery;
use crate::failure::{Failure, Kind};
use crate::options::Options;

pub(crate) struct Pipe {
    command: String,
    /// The environment variables with secrets, which are hidden from the command.
    secrets: Vec<String>,
    current: Option<BufWriter<File>>,
    done: bool,
}

impl Pipe {
    pub(crate) fn new(command: &str, options: &Options) -> Self {
        let secrets = [&options.password_env, &options.token_env].into_iter().flatten().cloned().collect();
        Self { command: command.to_owned(), secrets, current: None, done: false }
    }

    fn failed(&self, why: impl std::fmt::Display) -> Failure {
        Kind::Disk.because(format_args!("pipe:{}", self.command), why)
    }
}

impl Delivery for Pipe {
    fn begin(&mut self) -> Result<(), Failure> {
        self.current = Some(BufWriter::new(tempfile::tempfile().map_err(|error| self.failed(error))?));
        Ok(())
    }

    fn write(&mut self, octets: &[u8]) -> Result<(), Failure> {
        let written = self.current.as_mut().map_or(Ok(()), |file| file.write_all(octets));
        written.map_err(|error| self.failed(error))
    }

    fn end(&mut self) -> Result<bool, Failure> {
        let Some(file) = self.current.take() else { return Ok(false) };
        let mut file = file.into_inner().map_err(|error| self.failed(error.error()))?;
        file.rewind().map_err(|error| self.failed(error))?;
        let mut command = Command::new("sh");
        self.secrets.iter().for_each(|name| {
            command.env_remove(name);
        });
        let status = command.arg("-c").arg(&self.command).stdin(file).stdout(Stdio::null()).status();
        let status = status.map_err(|error| self.failed(error))?;
        if !status.success() {
            eprintln!("pop3get: {}", self.failed(format_args!("{status}; the message stays on the server")));
            return Ok(false);
        }
        self.done = true;
        Ok(true)
    }

    fn discard(&mut self) {
        self.current = None;
    }

    fn wants_commit(&self) -> bool {
        self.done
    }

    fn commit(&mut self) -> Result<(), Failure> {
        self.done = false;
        Ok(())
    }
}
