//! `server/capa`: the lines of the list.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::capa::pairs;
use super::forms::{Bench, Weight};
use super::stage::Stage;
use crate::conformance::dialogue::escaped;
use crate::conformance::facts::Capabilities;
use crate::conformance::probe::{Plays, Result, Stop, plays};

/// The tags of the registry.
const REGISTERED: [&str; 13] = [
    "TOP",
    "USER",
    "SASL",
    "RESP-CODES",
    "LOGIN-DELAY",
    "PIPELINING",
    "EXPIRE",
    "UIDL",
    "IMPLEMENTATION",
    "AUTH-RESP-CODE",
    "STLS",
    "UTF8",
    "LANG",
];

/// The tag, and what it may mean: a registered one that begins alike.
fn meaning(tag: &str) -> String {
    let letters = |word: &str| -> Vec<char> { word.chars().filter(char::is_ascii_alphanumeric).collect() };
    let alike = |known: &&&str| {
        let (known, tag) = (letters(known), letters(tag));
        let same = known.iter().zip(&tag).take_while(|(one, other)| one == other).count();
        same >= known.len().min(5)
    };
    match REGISTERED.iter().find(alike) {
        Some(known) => format!("{tag} (is it {known}?)"),
        None => tag.into(),
    }
}

/// What stands after EXPIRE or LOGIN-DELAY: a number, endless for NEVER, and whether USER follows.
fn value(list: &Capabilities, tag: &str) -> Option<(u64, bool)> {
    let words = list.parameters(tag)?;
    let (first, rest) = words.split_first()?;
    let number = if tag == "EXPIRE" && first.eq_ignore_ascii_case("NEVER") {
        u64::MAX
    } else {
        Some(first).filter(|word| word.bytes().all(|octet| octet.is_ascii_digit()))?.parse().ok()?
    };
    match rest {
        [] => Some((number, false)),
        [user] if user.eq_ignore_ascii_case("USER") => Some((number, true)),
        _ => None,
    }
}

/// Whether each line with this tag has a value.
fn values(s: &Stage, row: &'static str, tag: &str) -> Result<()> {
    let mut bench = Bench::new(s, core::slice::from_ref(&row));
    for list in s.facts().lists().filter(|list| list.has(tag)) {
        if value(list, tag).is_none() {
            let words = list.parameters(tag).unwrap_or_default().join(" ");
            bench.found(Weight::Fails, format!("'{tag} {words}'"));
        }
    }
    bench.end()
}

/// The words of a SASL line, as they are written.
fn names(line: &[u8]) -> Vec<&[u8]> {
    line.split(|octet| *octet == b' ').skip(1).filter(|word| !word.is_empty()).collect()
}

pub(super) const PROBES: Plays = plays! {
    "server/capa/line-form" => |s| {
        let rows = [["2449-3-07"], ["2449-5-06"]];
        let [mut form, mut length] = rows.each_ref().map(|row| Bench::new(&s, row));
        for line in s.facts().lists().flat_map(|list| &list.0) {
            let tag = line.split(|octet| *octet == b' ').next().unwrap_or_default();
            let shown = escaped(line.get(..60).unwrap_or(line));
            if line.starts_with(b" ") {
                form.found(Weight::Fails, format!("'{shown}' begins with a space"));
            } else if !tag.iter().all(|octet| octet.is_ascii_graphic() && *octet != b'.') {
                form.found(Weight::Fails, format!("the tag of '{shown}' has an octet that no tag has"));
            } else if line.is_empty() || line.ends_with(b" ") || memchr::memmem::find(line, b"  ").is_some() {
                form.found(Weight::Deviates, format!("'{shown}' is empty or has a space too much"));
            }
            if line.len() > 510 {
                length.found(Weight::Fails, format!("'{shown}'.. has more than 512 octets"));
            }
        }
        form.end()?;
        length.end()
    }

    "server/capa/no-parameters" => |s| {
        for (row, tag) in [
            ("2449-6.1-01", "TOP"),
            ("2449-6.2-01", "USER"),
            ("2449-6.8-01", "UIDL"),
            ("6856-3.1-01", "LANG"),
        ] {
            let mut bench = Bench::new(&s, core::slice::from_ref(&row));
            let found: Vec<Vec<String>> = s.facts().lists().filter_map(|list| list.parameters(tag)).collect();
            if let Some(words) = found.iter().find(|words| !words.is_empty()) {
                bench.found(Weight::Deviates, format!("'{tag} {}'", words.join(" ")));
            }
            if found.is_empty() {
                bench.note(format!("{tag} is not announced"));
            }
            bench.end()?;
        }
        Ok(())
    }

    "server/capa/registered" => |s| {
        // A line without a tag is judged by its form.
        let known =
            |tag: &String| REGISTERED.contains(&tag.as_str()) || tag.starts_with('X') || tag.is_empty();
        let mut others: Vec<String> =
            s.facts().lists().flat_map(|list| list.tags()).filter(|tag| !known(tag)).collect();
        others.sort();
        others.dedup();
        let told: Vec<String> = others.iter().map(|tag| meaning(tag)).collect();
        s.check_with(
            "2449-9-01",
            others.is_empty(),
            format!("neither registered nor beginning with X: {}", told.join(", ")),
        );
        Ok(())
    }

    "server/capa/no-apop" => |s| {
        s.lenient_with("2449-6-01", !s.facts().announces("APOP"), "APOP stands in a list");
        Ok(())
    }

    "server/capa/expire" => |s| {
        values(&s, "2449-6.7-01", "EXPIRE")
    }

    "server/capa/login-delay" => |s| {
        values(&s, "2449-6.5-01", "LOGIN-DELAY")
    }

    "server/capa/own-values" => |s| {
        if !s.facts().announces("LOGIN-DELAY") && !s.facts().announces("EXPIRE") {
            return Err(Stop::NotApplicable("neither LOGIN-DELAY nor EXPIRE is announced"));
        }
        let pairs = pairs(&s)?;
        for (within, own, tag) in
            [("2449-6.5-04", "2449-6.5-05", "LOGIN-DELAY"), ("2449-6.7-05", "2449-6.7-06", "EXPIRE")]
        {
            let (rows, mut compared) = ([[within], [own]], false);
            let [mut limit, mut word] = rows.each_ref().map(|row| Bench::new(&s, row));
            for (before, after) in &pairs {
                let (Some((all, by_user)), Some((mine, still))) = (value(before, tag), value(after, tag))
                else {
                    continue;
                };
                compared = true;
                if if tag == "EXPIRE" { mine < all } else { mine > all } {
                    limit
                        .found(Weight::Fails, format!("{tag} is {all} before the login and {mine} after it"));
                }
                if still {
                    word.found(Weight::Deviates, format!("USER stands after {tag} also after the login"));
                }
                if mine != all && !by_user {
                    word.found(
                        Weight::Deviates,
                        format!("{tag} changes from {all} to {mine}, and no USER says that it may"),
                    );
                }
            }
            if !compared {
                limit.note(format!("{tag} does not stand in the lists both before and after the login"));
                word.note(format!("{tag} does not stand in the lists both before and after the login"));
            }
            limit.end()?;
            word.end()?;
        }
        Ok(())
    }

    "server/capa/implementation" => |s| {
        let bench = Bench::new(&s, &["2449-6.9-01"]);
        let states = [("before", false), ("after", true)].into_iter();
        for ((state, after), secured) in states.flat_map(|state| [(state, false), (state, true)]) {
            let name = s.facts().list(secured, after).and_then(|list| list.parameters("IMPLEMENTATION"));
            if let Some(words) = name {
                let channel = if secured { "inside TLS" } else { "in clear" };
                bench.note(format!("{state} the login {channel}: {}", words.join(" ")));
            }
        }
        bench.end()
    }

    "server/capa/sasl" => |s| {
        let rows = [["5034-3-01"], ["4422-3.1-01"]];
        let [mut line_form, mut name_form] = rows.each_ref().map(|row| Bench::new(&s, row));
        for list in s.facts().lists() {
            let lines = list.0.iter().zip(list.tags()).filter(|(_, tag)| tag == "SASL");
            let lines: Vec<&Vec<u8>> = lines.map(|(line, _)| line).collect();
            if lines.len() > 1 {
                line_form.found(Weight::Deviates, "a list has more than one SASL line");
            }
            for line in lines {
                let names = names(line);
                let twice = names.iter().enumerate().any(|(at, name)| {
                    names.iter().skip(at.saturating_add(1)).any(|other| other.eq_ignore_ascii_case(name))
                });
                if names.is_empty() || twice {
                    line_form
                        .found(Weight::Deviates, format!("'{}' has no name, or one twice", escaped(line)));
                }
                for name in names {
                    let good = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
                    if name.len() > 20 || !name.iter().all(good) {
                        name_form
                            .found(Weight::Fails, format!("'{}' is no name of a mechanism", escaped(name)));
                    } else if name.iter().any(u8::is_ascii_lowercase) {
                        name_form.found(Weight::Deviates, format!("'{}' has small letters", escaped(name)));
                    }
                }
            }
        }
        line_form.end()?;
        name_form.end()
    }

    "server/capa/auth-resp-code" => |s| {
        let alone = s.facts().lists().any(|list| list.has("AUTH-RESP-CODE") && !list.has("RESP-CODES"));
        s.check_with("3206-6-03", !alone, "AUTH-RESP-CODE stands in a list without RESP-CODES");
        Ok(())
    }
};
