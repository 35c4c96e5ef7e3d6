//! The source keeps its order: imports point down, no files of a folder import each other in a circle, and no
//! file grows large.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Modules by floor, lowest first; those of one floor do not know each other.
const FLOORS: [&[&str]; 6] = [
    &["base64", "bits", "buf", "decimal", "hex", "limits", "line", "secret", "text", "time", "word"],
    &["types"],
    &["parse", "encode", "dot", "sasl"],
    &["session", "client"],
    &["conformance", "discover", "fetch", "login", "policy", "server", "url"],
    &["arbitrary", "error", "guide", "testing"],
];

#[test]
fn no_file_imports_upward_or_sideways() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&src, &mut files);
    assert!(files.len() > 40, "only {} files found", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let own = module(&src, &file);
        if own == "lib" {
            continue;
        }
        let own_floor = floor(&own).unwrap_or_else(|| panic!("{own} has no floor"));
        for used in uses(&fs::read_to_string(&file).unwrap()) {
            let Some(used_floor) = floor(&used) else {
                panic!("{}: crate::{used} has no floor", file.display())
            };
            let tools = own_floor == 0 && used_floor == 0;
            if used != own && used_floor >= own_floor && !tools {
                wrong.push(format!("{} uses crate::{used}", file.strip_prefix(&src).unwrap().display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The most lines of code in a source file: without blank lines, comments and unit tests.
const MOST_LINES: usize = 250;

#[test]
fn every_source_file_opens_with_its_rule_and_stays_small() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&src, &mut files);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//! "), "{} does not open with a sentence", file.display());
        let lines = code(&text).count();
        assert!(lines <= MOST_LINES, "{} has {lines} lines of code", file.display());
    }
}

#[test]
fn no_files_of_a_folder_import_each_other_in_a_circle() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&src, &mut files);
    let folders: BTreeSet<_> = files.iter().map(|file| file.parent().unwrap().to_owned()).collect();
    assert!(folders.len() > 10, "only {} folders found", folders.len());
    for folder in folders.iter().filter(|folder| **folder != src) {
        let imports = imports_within(folder);
        for file in imports.keys() {
            let (mut reached, mut ahead) = (BTreeSet::new(), vec![file]);
            while let Some(next) = ahead.pop() {
                for used in &imports[next] {
                    assert_ne!(used, file, "{}: {file} comes back to itself by {next}", folder.display());
                    if reached.insert(used) {
                        ahead.push(used);
                    }
                }
            }
        }
    }
}

/// Which files of a folder each of its files imports, also where `mod.rs` hands the name on.
fn imports_within(folder: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let stem = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let names: BTreeSet<_> = paths.iter().map(|path| stem(path)).filter(|name| name != "mod").collect();
    let exports = exports(&fs::read_to_string(folder.join("mod.rs")).unwrap());
    let files = paths.iter().filter(|path| path.is_file() && stem(path) != "mod");
    let imports = files.map(|path| {
        let text = fs::read_to_string(path).unwrap();
        let used = words_after(&text, "super::").into_iter();
        let used = used.filter_map(|word| exports.get(&word).cloned().or(Some(word)));
        (stem(path), used.filter(|word| names.contains(word) && *word != stem(path)).collect())
    });
    let mut all: BTreeMap<_, BTreeSet<_>> = imports.collect();
    for name in names {
        all.entry(name).or_default();
    }
    all
}

/// What a `mod.rs` hands on: each name, and the file it comes from.
fn exports(text: &str) -> BTreeMap<String, String> {
    let code = code(text).collect::<Vec<_>>().join(" ");
    let uses = code.split(';').filter_map(|line| line.split_once("use ").map(|(_, path)| path.to_owned()));
    let mut all = BTreeMap::new();
    for path in uses {
        if let Some((file, names)) = path.split_once("::") {
            for name in names.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
                all.insert(name.to_owned(), file.to_owned());
            }
        }
    }
    all
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The top module a file belongs to.
fn module(src: &Path, file: &Path) -> String {
    let first = file.strip_prefix(src).unwrap().components().next().unwrap();
    first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// The modules after `crate::` in code; docs may point anywhere.
fn uses(text: &str) -> Vec<String> {
    words_after(text, "crate::")
}

/// The first words of the paths that begin so, those in braces one by one.
fn words_after(text: &str, root: &str) -> Vec<String> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let code = code(text).collect::<Vec<_>>().join(" ");
    let paths = code.split(root).skip(1);
    paths
        .flat_map(|path| match path.strip_prefix('{') {
            Some(list) => {
                list.split('}').next().unwrap().split(',').map(|word| word.trim().to_owned()).collect()
            }
            None => vec![path.to_owned()],
        })
        .map(|path| path.chars().take_while(|c| is_word(*c)).collect())
        .collect()
}

/// Lines of code: without blank lines, comments and unit tests.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split("#[cfg(test)]").next().unwrap();
    code.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"))
}
