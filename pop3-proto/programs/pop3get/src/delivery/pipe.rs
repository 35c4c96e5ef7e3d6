//! Delivers each message to a command, on its standard input, once the message is complete. Exit code 0 says
//! that it is safe.

use std::fs::File;
use std::io::{BufWriter, Seek as _, Write as _};
use std::process::Stdio;

use super::{Delivery, Taken};
use crate::command::Running;
use crate::failure::{Failure, Kind};
use crate::limits::Limits;
use crate::options::Options;

pub(crate) struct Pipe {
    command: String,
    /// The environment variables with secrets, which are hidden from the command.
    secrets: Vec<String>,
    limits: Limits,
    current: Option<BufWriter<File>>,
    done: bool,
}

impl Pipe {
    pub(crate) fn new(command: &str, options: &Options, limits: Limits) -> Self {
        let secrets = [&options.password_env, &options.token_env].into_iter().flatten().cloned().collect();
        Self { command: command.to_owned(), secrets, limits, current: None, done: false }
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

    fn end(&mut self) -> Result<Taken, Failure> {
        let Some(file) = self.current.take() else { return Ok(Taken::No(String::new())) };
        let mut file = file.into_inner().map_err(|error| self.failed(error.error()))?;
        file.rewind().map_err(|error| self.failed(error))?;
        let running = Running::start(&self.command, &self.secrets, file, Stdio::null(), self.limits);
        let why = match running.and_then(|mut running| running.wait()) {
            Ok(status) if status.success() => {
                self.done = true;
                return Ok(Taken::Yes);
            }
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        Ok(Taken::No(self.failed(format_args!("{why}; the message stays on the server")).to_string()))
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
