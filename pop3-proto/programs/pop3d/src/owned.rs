//! Whether a file that says who may log in is in the hands of those who may say so.

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;

use rustix::process::geteuid;

/// Fails if others than root and the user that pop3d runs as may change the file.
pub(crate) fn check(file: &File) -> anyhow::Result<()> {
    let found = file.metadata()?;
    let (owner, own) = (found.uid(), geteuid().as_raw());
    anyhow::ensure!(
        owner == 0 || owner == own,
        "it belongs to user {owner}, and pop3d runs as user {own}; it has to belong to that one or to root"
    );
    let mode = found.mode();
    anyhow::ensure!(mode & 0o002 == 0, "everybody may write it; `chmod go-w` mends that");
    anyhow::ensure!(mode & 0o020 == 0, "its group may write it; `chmod g-w` mends that");
    Ok(())
}

/// Fails also if everybody may read it.
pub(crate) fn check_private(file: &File) -> anyhow::Result<()> {
    check(file)?;
    anyhow::ensure!(file.metadata()?.mode() & 0o004 == 0, "everybody may read it; `chmod o-r` mends that");
    Ok(())
}
