//! The marks by which tests, transcripts and interop checks name the rows of a catalogue that they show.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The marks that begin with one word, for instance `Proves` for requirements.
#[derive(Debug)]
pub(crate) struct Marks {
    word: &'static str,
    /// The tests, transcripts and checks of each row, in the order of the files.
    pub(crate) proofs: BTreeMap<String, Vec<String>>,
    /// Marks that stand on no test.
    pub(crate) astray: Vec<String>,
}

impl Marks {
    pub(crate) const fn new(word: &'static str) -> Self {
        Self { word, proofs: BTreeMap::new(), astray: Vec::new() }
    }

    /// All marks of the crate in `root`, of the programs in it, and of the interop scripts beside it.
    pub(crate) fn of_crate(root: &Path, word: &'static str) -> Self {
        let mut marks = Self::new(word);
        for folder in ["tests", "src", "programs"] {
            for (name, text) in files(&root.join(folder), "rs", true) {
                marks.add_rust(&name.trim_end_matches("/main").replace('/', "::"), &text);
            }
        }
        for (name, text) in files(&root.join("tests/transcripts"), "txt", false) {
            marks.add_transcript(&name, &text);
        }
        for (name, text) in files(&root.join("../.ci/interop"), "py", true) {
            marks.add_script(&name, &text);
        }
        marks
    }

    /// The doc comment of a `#[test]` has a line `/// Proves 1939-3-11, 1939-3-20.`, or several.
    pub(crate) fn add_rust(&mut self, module: &str, text: &str) {
        let (mut ids, mut is_test) = (Vec::new(), false);
        for line in text.lines().map(str::trim) {
            let function = line.strip_prefix("fn ").and_then(|rest| rest.split(['(', '<']).next());
            if let Some(doc) = line.strip_prefix("/// ") {
                ids.extend(self.read(module, doc));
            } else if line.starts_with("#[") {
                is_test |= line == "#[test]";
            } else if let Some(name) = function.filter(|_| is_test) {
                self.prove(&mut ids, &format!("{module}::{name}"));
                is_test = false;
            } else if line != "///" {
                self.astray.extend(ids.drain(..).map(|id| format!("{module}: {id} at {line:?}")));
                is_test = false;
            }
        }
    }

    /// A line `proves: 1939-3-11 1939-3-20`.
    pub(crate) fn add_transcript(&mut self, name: &str, text: &str) {
        let key = format!("{}: ", self.word.to_lowercase());
        for named in text.lines().filter_map(|line| line.strip_prefix(&key)) {
            self.prove(&mut named.split(' ').map(String::from).collect(), &format!("transcript {name}"));
        }
    }

    /// A comment `# Proves 8314-3.4-01.` right above a check or the function that it runs.
    pub(crate) fn add_script(&mut self, name: &str, text: &str) {
        let mut ids = Vec::new();
        let mut lines = text.lines().map(str::trim).peekable();
        while let Some(line) = lines.next() {
            if let Some(comment) = line.strip_prefix("# ") {
                ids.extend(self.read(name, comment));
            } else if !ids.is_empty() && !line.starts_with('@') {
                let function = line.strip_prefix("def ").and_then(|rest| rest.split('(').next());
                let check = line.contains("check(") || line.starts_with(['"', '(']);
                let next = lines.peek().copied().unwrap_or_default();
                let title =
                    [line, next].into_iter().filter(|_| check).find_map(|line| line.split('"').nth(1));
                match function.or(title) {
                    Some(what) => self.prove(&mut ids, &format!("interop {name}: {what}")),
                    None => self.astray.extend(ids.drain(..).map(|id| format!("{name}: {id} at {line:?}"))),
                }
            }
        }
    }

    /// The ids that a comment names, if it is a mark.
    fn read(&mut self, place: &str, comment: &str) -> Vec<String> {
        let Some(named) = comment.strip_prefix(self.word).and_then(|rest| rest.strip_prefix(' ')) else {
            return Vec::new();
        };
        match named.strip_suffix('.') {
            Some(list) => list.split(", ").map(String::from).collect(),
            None => {
                self.astray.push(format!("{place}: no full stop after {named:?}"));
                Vec::new()
            }
        }
    }

    fn prove(&mut self, ids: &mut Vec<String>, proof: &str) {
        for id in ids.drain(..) {
            self.proofs.entry(id).or_default().push(proof.into());
        }
    }
}

/// Path without extension and text of each file, sorted; with those of the folders inside if `deep`.
pub(crate) fn files(folder: &Path, extension: &str, deep: bool) -> Vec<(String, String)> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() && deep {
            let inside = files(&path, extension, deep);
            found.extend(inside.into_iter().map(|(inner, text)| (format!("{name}/{inner}"), text)));
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
    found
}
