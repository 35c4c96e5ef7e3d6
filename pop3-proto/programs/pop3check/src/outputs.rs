//! Where reports go: files that are looked at before anything is connected, since a run takes minutes.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Stands for standard output.
const STANDARD: &str = "-";

/// Options with their files.
#[derive(Debug, Default)]
pub(crate) struct Outputs<'a> {
    files: Vec<(&'static str, &'a Path)>,
}

impl<'a> Outputs<'a> {
    /// Checks that each file can stand where it is to stand, and that at most one goes to standard output.
    pub(crate) fn new(wanted: &[(&'static str, &'a Option<PathBuf>)]) -> Result<Self, Failure> {
        let files: Vec<(&'static str, &'a Path)> =
            wanted.iter().filter_map(|(option, path)| Some((*option, path.as_deref()?))).collect();
        for (i, (option, path)) in files.iter().enumerate() {
            if files.iter().take(i).any(|(_, other)| other == path) {
                return Err(Failure::usage(option, format!("{}: another report goes there", path.display())));
            }
            if *path == Path::new(STANDARD) {
                continue;
            }
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            if path.is_dir() {
                return Err(Failure::usage(option, format!("{}: is a folder", path.display())));
            }
            if folder.is_some_and(|folder| !folder.is_dir()) {
                return Err(Failure::usage(option, format!("{}: there is no such folder", path.display())));
            }
        }
        Ok(Self { files })
    }

    /// Whether standard output is one of them; the text goes to standard error then.
    pub(crate) fn has_standard(&self) -> bool {
        self.files.iter().any(|(_, path)| *path == Path::new(STANDARD))
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Writes the report of this option, if it is wanted.
    pub(crate) fn write(
        &self,
        option: &str,
        text: impl FnOnce() -> Result<String, Failure>,
    ) -> Result<(), Failure> {
        let Some((_, path)) = self.files.iter().find(|(other, _)| *other == option) else { return Ok(()) };
        let text = text()?;
        if *path == Path::new(STANDARD) {
            say(&text);
            return Ok(());
        }
        std::fs::write(path, text)
            .map_err(|error| Failure::usage(option, format!("{}: {error}", path.display())))
    }
}

/// Writes to standard output; a reader that has gone is no failure.
pub(crate) fn say(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Writes to standard error.
pub(crate) fn say_aside(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
