//! [`Report`]: all that came of a run, as it is kept. Its fields are those of the JSON of schema `pop3check/1`, to
//! which later versions may add some.

use std::collections::BTreeMap;

use base64ct::{Base64, Encoding as _};
use pop3_programs_common::words;
use pop3_proto::conformance::Verdict;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) const SCHEMA: &str = "pop3check/1";

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Report {
    pub(crate) schema: String,
    /// The version of the program.
    pub(crate) version: String,
    pub(crate) began: String,
    pub(crate) seconds: f64,
    pub(crate) peer: Peer,
    pub(crate) facts: Found,
    /// What was said to find the facts.
    pub(crate) survey: Vec<Line>,
    /// What went wrong beside the server, such as a delivery.
    pub(crate) troubles: Vec<String>,
    pub(crate) leave: Permitted,
    pub(crate) seed: u64,
    pub(crate) probes: Vec<Case>,
    /// All rows of the catalogue.
    pub(crate) rows: Vec<RowVerdict>,
    /// How many probes have each verdict.
    pub(crate) counts: BTreeMap<String, usize>,
    pub(crate) exit: u8,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Peer {
    pub(crate) host: String,
    pub(crate) clear: Option<u16>,
    pub(crate) tls: Option<u16>,
    pub(crate) user: Option<String>,
    /// It is a client; all else here but the host, which is its name, is about servers.
    pub(crate) client: bool,
    /// What a client says in a session without trouble.
    pub(crate) verbs: Vec<String>,
    /// What it says of itself: the parameter of IMPLEMENTATION.
    pub(crate) implementation: Option<String>,
}

/// What the survey found. Octets of the peer are escaped.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Found {
    pub(crate) greeting: String,
    pub(crate) stls: bool,
    /// Before and after the login, in clear and inside TLS.
    pub(crate) capabilities: BTreeMap<String, Vec<String>>,
    pub(crate) ways: Vec<String>,
    pub(crate) messages: usize,
    pub(crate) octets: u64,
    pub(crate) top: Option<bool>,
    pub(crate) uidl: bool,
    /// Known messages and their numbers.
    pub(crate) corpus: BTreeMap<String, u32>,
    pub(crate) corpus_missing: Vec<String>,
    pub(crate) reply_milliseconds: u64,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Permitted {
    pub(crate) odd: bool,
    pub(crate) bad_logins: u32,
    pub(crate) delete_own: bool,
    pub(crate) any_run: bool,
    pub(crate) flood: bool,
    pub(crate) slow_seconds: u64,
    pub(crate) only_corpus: bool,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) tier: u8,
    #[serde(with = "word")]
    pub(crate) verdict: Verdict,
    /// It makes the exit code 1.
    #[serde(default)]
    pub(crate) counts: bool,
    /// Why the verdict is expected.
    #[serde(default)]
    pub(crate) known: Option<String>,
    #[serde(default)]
    pub(crate) stale: bool,
    #[serde(default)]
    pub(crate) unmet: bool,
    #[serde(default)]
    pub(crate) skipped: Option<String>,
    #[serde(default)]
    pub(crate) runs: u8,
    #[serde(default)]
    pub(crate) milliseconds: u64,
    #[serde(default)]
    pub(crate) judgements: Vec<Finding>,
    #[serde(default)]
    pub(crate) dialogue: Vec<Line>,
    /// A first run that the second one did not confirm.
    #[serde(default)]
    pub(crate) unconfirmed: Vec<Line>,
    #[serde(default)]
    pub(crate) quirks: Vec<String>,
    #[serde(default)]
    pub(crate) holes: Vec<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Finding {
    pub(crate) row: String,
    #[serde(with = "word")]
    pub(crate) verdict: Verdict,
    #[serde(default)]
    pub(crate) words: String,
    /// The entry of the dialogue that decided.
    #[serde(default)]
    pub(crate) at: usize,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Line {
    pub(crate) link: u32,
    pub(crate) milliseconds: u64,
    /// `C`, `S`, or `-` for what happened.
    pub(crate) who: String,
    pub(crate) text: String,
    pub(crate) base64: String,
    /// How many octets there were, of which a long entry keeps the front and the end.
    pub(crate) octets: usize,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct RowVerdict {
    pub(crate) id: String,
    pub(crate) rfc: u16,
    pub(crate) section: String,
    pub(crate) level: String,
    pub(crate) title: String,
    /// Whether some probe for servers judges it.
    #[serde(default)]
    pub(crate) shows: bool,
    /// None if it was not judged in this run.
    #[serde(default, with = "maybe_word")]
    pub(crate) verdict: Option<Verdict>,
}

impl Report {
    /// Reads a report. Whatever could steer a terminal or hide is escaped, whoever wrote it.
    pub(crate) fn read(mut json: Value) -> serde_json::Result<Self> {
        make_harmless(&mut json);
        serde_json::from_value(json)
    }

    pub(crate) fn count(&self, verdict: Verdict) -> usize {
        self.probes.iter().filter(|case| case.verdict == verdict).count()
    }
}

impl Case {
    /// The id without its last part.
    pub(crate) fn section(&self) -> &str {
        self.id.rsplit_once('/').map_or("", |(section, _)| section)
    }

    /// The last part of the id.
    pub(crate) fn name(&self) -> &str {
        self.id.rsplit_once('/').map_or(&self.id, |(_, name)| name)
    }

    /// The judgements that made the verdict.
    pub(crate) fn worst(&self) -> impl Iterator<Item = &Finding> {
        self.judgements.iter().filter(|finding| finding.verdict == self.verdict)
    }

    /// The words of these judgements, each once, with the rows they are about.
    pub(crate) fn told<'c>(
        findings: impl Iterator<Item = &'c Finding>,
    ) -> Vec<(Verdict, &'c str, Vec<&'c Finding>)> {
        let mut told: Vec<(Verdict, &str, Vec<&Finding>)> = Vec::new();
        for finding in findings {
            let same = |(verdict, words, _): &&mut (Verdict, &str, Vec<&Finding>)| {
                *verdict == finding.verdict && *words == finding.words
            };
            match told.iter_mut().find(same) {
                Some((_, _, rows)) => rows.push(finding),
                None => told.push((finding.verdict, &finding.words, vec![finding])),
            }
        }
        told
    }

    /// Why it was not run, or not judged.
    pub(crate) fn why(&self) -> &str {
        self.worst().next().map_or("", |finding| &finding.words)
    }
}

impl Line {
    pub(crate) fn decoded(&self) -> Vec<u8> {
        Base64::decode_vec(&self.base64).unwrap_or_else(|_| self.text.clone().into_bytes())
    }
}

fn make_harmless(json: &mut Value) {
    match json {
        Value::String(text) => *text = words::escaped(text.as_bytes()),
        Value::Array(list) => list.iter_mut().for_each(make_harmless),
        Value::Object(object) => object.values_mut().for_each(make_harmless),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

mod word {
    use pop3_proto::conformance::Verdict;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(verdict: &Verdict, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(verdict.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Verdict, D::Error> {
        let word = String::deserialize(from)?;
        Verdict::from_word(&word).ok_or_else(|| de::Error::custom(format!("no verdict {word:?}")))
    }
}

mod maybe_word {
    use pop3_proto::conformance::Verdict;
    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub(super) fn serialize<S: Serializer>(verdict: &Option<Verdict>, to: S) -> Result<S::Ok, S::Error> {
        verdict.map(Verdict::as_str).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Verdict>, D::Error> {
        Ok(Option::<String>::deserialize(from)?.and_then(|word| Verdict::from_word(&word)))
    }
}
