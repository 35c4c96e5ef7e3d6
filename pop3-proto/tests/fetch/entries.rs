//! Lines of the record, made and shown.

use pop3_proto::fetch::Record;
use sha2::{Digest as _, Sha256};

use crate::drive::NOW;

/// The digest of a header whose lines end in LF.
pub(crate) fn digest(header: &str) -> String {
    hex(&Sha256::digest(header))
}

/// The digest of a message: of the fields that name it, or else all of its header, and of its body.
fn text_digest(header: &str, body: &str) -> String {
    let named: String = header.split_inclusive('\n').filter(|line| line.starts_with("Subject:")).collect();
    let names = if named.is_empty() { header } else { &named };
    hex(&Sha256::new().chain_update(Sha256::digest(names)).chain_update(Sha256::digest(body)).finalize())
}

fn hex(digest: &[u8]) -> String {
    digest[..16].iter().map(|octet| format!("{octet:02x}")).collect()
}

/// A record with these lines.
pub(crate) fn record(lines: &[String]) -> Record {
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    format!("pop3-proto record 1\n{lines}").parse().unwrap()
}

/// The digests of a message that came whole, of its header and its text.
pub(crate) fn both(header: &str, body: &str) -> String {
    format!("{}/{}", digest(header), text_digest(header, body))
}

/// A line of the record: stored whole at `NOW`.
pub(crate) fn whole(id: &str, octets: u64, header: &str, body: &str) -> String {
    format!("have {octets} {NOW} {NOW} {NOW} {} 0 {id}", both(header, body))
}

/// The same for a header without text after it.
pub(crate) fn have(id: &str, octets: u64, header: &str) -> String {
    whole(id, octets, header, "")
}

/// The same for a message with a unique-id, an empty header and the body `A`.
pub(crate) fn bare(uid: &str, octets: u64) -> String {
    whole(&format!("uid:{uid}"), octets, "", "A\r\n")
}

/// State, id and place among equal ids of each entry, without those whose deletion was confirmed.
pub(crate) fn ids(record: &Record) -> Vec<String> {
    let entries = record.iter().filter(|entry| !entry.is_gone());
    let states = entries.map(|entry| state(&entry.to_string()));
    // What comes after a comma is a flag.
    states.map(|(state, id)| format!("{} {id}", state.split(',').next().unwrap())).collect()
}

/// The same of all entries, with the flags of each.
pub(crate) fn flags(record: &Record) -> Vec<String> {
    record.iter().map(|entry| state(&entry.to_string())).map(|(state, id)| format!("{state} {id}")).collect()
}

fn state(line: &str) -> (String, String) {
    let fields: Vec<_> = line.split(' ').collect();
    let id = match fields[6] {
        "0" => fields[7].to_owned(),
        nth => format!("{} {nth}", fields[7]),
    };
    (fields[0].to_owned(), id)
}
