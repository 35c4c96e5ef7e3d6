//! Paths in settings: no shell has replaced the `~` in them.

use std::env;
use std::path::{Path, PathBuf};

/// The path with `~/` at its front replaced by the home directory. A file that is really named `~` is `./~`.
///
/// # Errors
///
/// A text: the path begins with `~user`, which only a shell knows, or the variable HOME is not set.
///
/// ```
/// use std::path::{Path, PathBuf};
/// use pop3_programs_common::home::expanded;
/// assert_eq!(expanded(Path::new("./~/Mail")), Ok(PathBuf::from("./~/Mail")));
/// assert!(expanded(Path::new("~ann/Mail")).is_err());
/// ```
pub fn expanded(path: &Path) -> Result<PathBuf, String> {
    let mut parts = path.components();
    let Some(first) = parts.next().map(|first| first.as_os_str()) else { return Ok(path.to_owned()) };
    if !first.as_encoded_bytes().starts_with(b"~") {
        return Ok(path.to_owned());
    }
    if first != "~" {
        return Err(format!("{}: ~user is not known here; write the whole path", path.display()));
    }
    match env::home_dir().filter(|home| home.is_absolute()) {
        Some(home) => Ok(home.join(parts.as_path())),
        None => Err(format!("{}: the variable HOME is not set; write the whole path", path.display())),
    }
}
