//! Who may log in.

use std::fs;
use std::hint::black_box;
use std::path::Path;

use anyhow::Context as _;

/// Names and passwords.
#[derive(Default)]
pub(crate) struct Users(Vec<(String, String)>);

impl Users {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn add(&mut self, line: &str) -> anyhow::Result<()> {
        let (name, password) = line.split_once(':').context("expected NAME:PASSWORD")?;
        anyhow::ensure!(!name.is_empty() && !password.is_empty(), "name and password may not be empty");
        anyhow::ensure!(
            !name.contains(['/', '\0']) && !name.starts_with('.'),
            "{name:?} cannot be a folder name"
        );
        self.0.push((name.to_owned(), password.to_owned()));
        Ok(())
    }

    pub(crate) fn read(&mut self, file: &Path) -> anyhow::Result<()> {
        let text = fs::read_to_string(file)?;
        for (line, number) in
            text.lines().zip(1..).filter(|(line, _)| !line.is_empty() && !line.starts_with('#'))
        {
            self.add(line).with_context(|| format!("line {number}"))?;
        }
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// For the line that is printed at the start.
    pub(crate) fn first(&self) -> &str {
        self.0.first().map_or("", |(name, _)| name)
    }

    /// The user, if name and password are right. Takes as long for an unknown name as for a wrong password.
    pub(crate) fn check(&self, name: &[u8], password: &[u8]) -> Option<&str> {
        let mut found = None;
        for (user, secret) in &self.0 {
            if same(user.as_bytes(), name) & same(secret.as_bytes(), password) {
                found = Some(user.as_str());
            }
        }
        found
    }
}

/// Compares without telling where the first difference is.
fn same(expected: &[u8], given: &[u8]) -> bool {
    let differences = expected.iter().zip(given).fold(0, |all, (a, b)| all | (a ^ b));
    black_box(differences) == 0 && expected.len() == given.len()
}
