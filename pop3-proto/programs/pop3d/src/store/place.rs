//! From a path of the settings to the open maildrop of a user.
//!
//! The path is walked one folder at a time. Its part up to the first `%u` is the administrator's. From there
//! on a user may own what is on the way, so a link is refused, unless the settings allow links and the user
//! who made the link also owns what it leads to.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Component, Path};
use std::sync::Arc;

use anyhow::Context as _;
use rustix::fs::FileType;

use super::facts::{Facts, Id, Owners, is_trusted};
use super::folder::{Folder, refused};
use super::rightful::Rightful;
use crate::settings::Links;

/// The most links on one way, as in Linux.
const MOST_LINKS: u32 = 40;

/// A path of the settings.
pub(crate) struct Place {
    path: String,
    links: Links,
}

/// The end of a way.
pub(super) struct Found {
    /// The last folder on the way; `None` if a folder of the user's part does not exist.
    pub(super) folder: Option<Folder>,
    /// The name in it, if the path is that of a file.
    pub(super) file: OsString,
    /// The last folder of the administrator's part.
    pub(super) base: Id,
}

impl Place {
    pub(super) fn new(path: &str, links: Links) -> Self {
        Self { path: path.to_owned(), links }
    }

    pub(super) fn is_by_user(&self) -> bool {
        self.path.contains("%u")
    }

    /// Walks to the folder that the path names.
    pub(super) fn folder(&self, user: &str, rightful: Rightful) -> anyhow::Result<Found> {
        self.walk(user, rightful)?.find_folder()
    }

    /// Walks to the folder in which the file is that the path names.
    pub(super) fn file(&self, user: &str, rightful: Rightful) -> anyhow::Result<Found> {
        self.walk(user, rightful)?.find_file()
    }

    fn walk(&self, user: &str, rightful: Rightful) -> anyhow::Result<Walk> {
        let rightful = Arc::new(rightful);
        let path = Path::new(&self.path);
        let mut is_users = false;
        let steps = steps(path, |name| {
            let name = name.to_string_lossy();
            is_users |= name.contains("%u");
            Step::Down(name.replace("%u", user).into(), is_users)
        });
        let start = if path.is_absolute() { "/" } else { "." };
        let at = Folder::start(Path::new(start), rightful.clone()).with_context(|| start.to_owned())?;
        let base = at.id();
        let links = self.links;
        Ok(Walk { at, base, steps, rightful, links, followed: 0, maker: None, has_strayed: false })
    }
}

enum Step {
    Root,
    Up,
    /// Down to a name, and whether it is in the user's part.
    Down(OsString, bool),
}

/// The steps of a path, the last one first.
fn steps(path: &Path, mut down: impl FnMut(&OsStr) -> Step) -> Vec<Step> {
    let steps = path.components().filter_map(|part| match part {
        Component::RootDir => Some(Step::Root),
        Component::ParentDir => Some(Step::Up),
        Component::Normal(name) => Some(down(name)),
        Component::CurDir | Component::Prefix(_) => None,
    });
    let mut steps: Vec<_> = steps.collect();
    steps.reverse();
    steps
}

struct Walk {
    at: Folder,
    base: Id,
    /// What is still to be done, the next step last.
    steps: Vec<Step>,
    rightful: Arc<Rightful>,
    links: Links,
    followed: u32,
    /// The user who made a link on the way, unless that one is trusted.
    maker: Option<u32>,
    /// A link of the user's part has been followed, so what it leads to has to exist.
    has_strayed: bool,
}

impl Walk {
    fn find_folder(mut self) -> anyhow::Result<Found> {
        while let Some(step) = self.steps.pop() {
            if !self.take(step)? {
                return Ok(Found { folder: None, file: OsString::new(), base: self.base });
            }
        }
        self.check_owner(self.at.uid()).with_context(|| self.at.to_string())?;
        Ok(Found { folder: Some(self.at), file: OsString::new(), base: self.base })
    }

    fn find_file(mut self) -> anyhow::Result<Found> {
        while let Some(step) = self.steps.pop() {
            match step {
                Step::Down(name, is_users) if self.steps.is_empty() => match self.at.look(&name) {
                    Ok(facts) if facts.kind == FileType::Symlink => self.follow(&name, &facts, is_users)?,
                    Err(error) if error.kind() != io::ErrorKind::NotFound || self.has_strayed => {
                        return Err(error).with_context(|| self.at.shown(&name));
                    }
                    facts => {
                        let owner = facts.map_or(self.at.uid(), |facts| facts.uid);
                        self.check_owner(owner).with_context(|| self.at.shown(&name))?;
                        return Ok(Found { folder: Some(self.at), file: name, base: self.base });
                    }
                },
                step => {
                    if !self.take(step)? {
                        return Ok(Found { folder: None, file: OsString::new(), base: self.base });
                    }
                }
            }
        }
        anyhow::bail!("{}: a folder, not a file", self.at)
    }

    /// Takes a step; `false` if a folder of the user's part does not exist.
    fn take(&mut self, step: Step) -> anyhow::Result<bool> {
        match step {
            Step::Root => {
                self.at = Folder::start(Path::new("/"), self.rightful.clone()).context("/")?;
            }
            Step::Up => self.at = self.at.leave().with_context(|| self.at.to_string())?,
            Step::Down(name, is_users) => {
                let inner = match (is_users, self.has_strayed) {
                    (false, _) => self.at.enter(&name),
                    (true, false) => self.at.enter_own(&name),
                    (true, true) => self.at.enter_linked(&name),
                };
                match inner {
                    Ok(inner) => {
                        self.at = inner;
                        if !is_users {
                            self.base = self.at.id();
                        }
                    }
                    Err(error) => return self.detour(&name, is_users, error),
                }
            }
        }
        Ok(true)
    }

    /// Goes on from a name that is no folder: along a link, or not at all.
    fn detour(&mut self, name: &OsStr, is_users: bool, error: io::Error) -> anyhow::Result<bool> {
        match self.at.look(name) {
            Ok(facts) if facts.kind == FileType::Symlink => {
                self.follow(name, &facts, is_users)?;
                Ok(true)
            }
            _ if error.kind() == io::ErrorKind::NotFound && is_users && !self.has_strayed => Ok(false),
            _ => Err(error).with_context(|| self.at.shown(name)),
        }
    }

    /// Puts the steps of a link in front, if it may be followed.
    fn follow(&mut self, name: &OsStr, link: &Facts, is_users: bool) -> anyhow::Result<()> {
        self.check_link(link, is_users)
            .and_then(|()| self.at.read_link(name, link))
            .map(|target| self.steps.extend(steps(&target, |name| Step::Down(name.to_owned(), is_users))))
            .with_context(|| self.at.shown(name))
    }

    fn check_link(&mut self, link: &Facts, is_users: bool) -> io::Result<()> {
        self.followed += 1;
        if self.followed > MOST_LINKS {
            return Err(refused("too many links"));
        }
        if is_users && self.links == Links::Refuse {
            return Err(refused("it is a link, which `links` in [store] does not allow"));
        }
        if is_users
            && !self.has_strayed
            && let owners @ Owners::Rightful(_) = self.at.owners()
            && let Some(objection) = owners.objection(link)
        {
            return Err(refused(&objection));
        }
        // In the administrator's part nobody else is expected to make links.
        let is_ours = is_trusted(link.uid) && self.at.is_trusted();
        if !is_users && !is_ours && self.links == Links::Refuse {
            return Err(refused("it is a link that another user could have made"));
        }
        if is_users {
            self.check_maker(link)?;
        }
        self.has_strayed |= is_users;
        if is_users && !is_trusted(link.uid) {
            if self.maker.is_some_and(|maker| maker != link.uid) {
                return Err(refused("it is a link on the way of another user's link"));
            }
            self.maker = Some(link.uid);
        }
        Ok(())
    }

    /// Whoever may write to a folder can give the link of somebody else a name there.
    fn check_maker(&self, link: &Facts) -> io::Result<()> {
        if !link.has_one_name() {
            return Err(refused("it is a link that has another name, too, and so may be somebody else's"));
        }
        if !self.at.is_trusted() && !is_trusted(link.uid) && link.uid != self.at.uid() {
            return Err(refused(&format!(
                "it is a link of user {} in a folder of user {}",
                link.uid,
                self.at.uid()
            )));
        }
        Ok(())
    }

    /// What a user's link leads to has to be the user's, too.
    fn check_owner(&self, owner: u32) -> io::Result<()> {
        match self.maker {
            Some(maker) if maker != owner => {
                Err(refused(&format!("it belongs to user {owner}, but a link of user {maker} leads there")))
            }
            _ => Ok(()),
        }
    }
}
