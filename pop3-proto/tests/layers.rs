//! Imports point down: a file uses floors below its own, and its own folder.

use std::fs;
use std::path::{Path, PathBuf};

/// Modules by floor, lowest first; those of one floor do not know each other.
const FLOORS: [&[&str]; 5] = [
    &["base64", "buf", "decimal", "hex", "limits", "line", "secret", "text", "time", "word"],
    &["types"],
    &["parse", "encode", "dot", "sasl"],
    &["server", "client"],
    &["discover", "fetch", "login", "maildrop", "policy", "url"],
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

#[test]
fn every_source_file_opens_with_its_rule_and_stays_small() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&src, &mut files);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//! "), "{} does not open with a sentence", file.display());
        assert!(text.lines().count() <= 400, "{} has over 400 lines", file.display());
    }
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

/// The modules behind `crate::` in code; docs may point anywhere.
fn uses(text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap();
    let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect())
        .collect()
}
