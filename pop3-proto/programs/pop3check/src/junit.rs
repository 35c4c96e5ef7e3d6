//! The report as JUnit: a suite for each section, a case for each probe.

use std::time::Duration;

use pop3_proto::conformance::Verdict;
use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use crate::failure::Failure;
use crate::report::{Case, Report};
use crate::{text, told};

pub(crate) fn whole(report: &Report) -> Result<String, Failure> {
    let mut document = Document::new("pop3check");
    let mut suites: Vec<TestSuite> = Vec::new();
    for case in &report.probes {
        let name = case.section().replace('/', ".");
        if suites.last().is_none_or(|suite| suite.name.as_str() != name) {
            suites.push(TestSuite::new(name));
        }
        if let Some(suite) = suites.last_mut() {
            suite.add_test_case(test_case(report, case));
        }
    }
    document.set_time(Duration::from_secs_f64(report.seconds.max(0.0)));
    document.add_test_suites(suites);
    document.to_string().map_err(|error| Failure::usage("JUnit", error))
}

fn test_case(report: &Report, case: &Case) -> TestCase {
    let mut rows: Vec<&str> = case.worst().map(|finding| finding.row.as_str()).collect();
    rows.dedup();
    let rows = rows.join(" ");
    let words = words(case);
    let full = console::strip_ansi_codes(&told::single(report, case, false)).into_owned();
    let status = match case.verdict {
        _ if case.counts => {
            let is_accused = case.verdict.is_accusation();
            let kind = if is_accused { NonSuccessKind::Failure } else { NonSuccessKind::Error };
            let mut status = TestCaseStatus::non_success(kind);
            status.set_type(rows).set_message(words).set_description(full.clone());
            status
        }
        _ if case.known.is_some() => skipped(format!("known: {}", case.known.as_deref().unwrap_or_default())),
        Verdict::NotApplicable | Verdict::NotRun | Verdict::Inconclusive => {
            skipped(format!("{}: {words}", case.verdict))
        }
        _ => TestCaseStatus::success(),
    };
    let mut test = TestCase::new(case.name(), status);
    test.set_classname(format!("pop3.{}", case.section().replace('/', ".")));
    test.set_time(Duration::from_millis(case.milliseconds));
    if !case.counts && matches!(case.verdict, Verdict::Fail | Verdict::Deviation | Verdict::Note) {
        test.set_system_out(full);
    }
    test
}

fn skipped(message: String) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(message);
    status
}

fn words(case: &Case) -> String {
    let told = Case::told(case.worst().filter(|finding| !finding.words.is_empty()));
    let words: Vec<&str> = told.iter().map(|(_, words, _)| *words).collect();
    if words.is_empty() { case.title.clone() } else { text::cut(&words.join("; "), 1_000) }
}
