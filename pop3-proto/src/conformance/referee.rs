//! [`Referee`]: it hears the status lines of all probes, and tells at the end what was wrong with some.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use super::dialogue::Dialogue;
use super::probe::Probe;
use super::remarks::Remarks;
use super::run::Outcome;
use super::verdict::{Judgement, Verdict};

/// What the referee heard in all probes of a run.
#[derive(Clone, Debug, Default)]
pub struct Referee {
    heard: Remarks,
    found: BTreeMap<(&'static str, &'static str, Verdict), (u64, Vec<String>)>,
}

impl Referee {
    /// Takes over what was heard in a probe.
    pub fn hear(&mut self, probe: &str, remarks: &Remarks) {
        self.heard.add(remarks);
        for remark in &remarks.found {
            let (count, places) = self.found.entry((remark.probe, remark.row, remark.verdict)).or_default();
            *count = count.saturating_add(1);
            if places.len() < 3 {
                places.push(format!("{} in {probe}", remark.words));
            }
        }
    }

    /// What comes of one of its own probes.
    #[must_use]
    pub fn outcome(&self, probe: &Probe) -> Outcome {
        let judgements: Vec<Judgement> =
            probe.entry().rows.iter().map(|row| self.judgement(probe.id(), row)).collect();
        Outcome {
            probe: probe.id(),
            verdict: judgements.iter().map(|judgement| judgement.verdict).max().unwrap_or(Verdict::NotRun),
            judgements,
            dialogue: Dialogue::default(),
            unconfirmed: None,
            runs: 1,
            took: Duration::ZERO,
            remarks: Remarks::default(),
        }
    }

    fn judgement(&self, id: &'static str, row: &'static str) -> Judgement {
        let Remarks { lines, without_text, with_codes, exchanges, .. } = self.heard;
        let of_it = |key: &(&str, &str, Verdict)| key.0 == id && key.1 == row;
        let mut found = self.found.iter().filter(|(key, _)| of_it(key));
        let (verdict, words) = if let Some(((_, _, verdict), (count, places))) = found.next_back() {
            let more = count.saturating_sub(places.len() as u64);
            let more = if more > 0 { format!("; {more} more") } else { String::new() };
            // The worst of its verdicts comes last.
            (*verdict, format!("{}{more}", places.join("; ")))
        } else if lines == 0 || id == "server/auth/ends" && exchanges == 0 {
            (Verdict::NotRun, "nothing was heard".into())
        } else if id == "client/auth/base64" && exchanges == 0 {
            (Verdict::NotApplicable, "the client says nothing in base64".into())
        } else if id == "server/codes/grammar" && with_codes == 0 {
            (Verdict::NotApplicable, "RESP-CODES is not announced".into())
        } else if row == "1957-Observations-02" && without_text > 0 {
            (Verdict::Note, format!("{without_text} of {lines} status lines have no text"))
        } else {
            (Verdict::Pass, String::new())
        };
        Judgement { row, verdict, words, at: 0 }
    }
}
