//! How a run against a server or a client begins and ends.

use std::time::Instant;

use pop3_proto::conformance::{Day, Known};
use time::OffsetDateTime;

use crate::args::Round;
use crate::bar::Bar;
use crate::failure::Failure;
use crate::outputs::{Outputs, say, say_aside};
use crate::report::Report;
use crate::{as_text, colours, html, json, junit, lists};

/// A run under way.
pub(crate) struct Running<'r> {
    args: &'r Round,
    outputs: Outputs<'r>,
    pub(crate) bar: Bar,
    pub(crate) began: OffsetDateTime,
    pub(crate) today: Day,
    clock: Instant,
}

impl<'r> Running<'r> {
    /// Looks at the files of the reports before anything else is done.
    pub(crate) fn begin(args: &'r Round) -> Result<Self, Failure> {
        colours(args.say);
        let outputs = Outputs::new(&[
            ("--json", &args.json),
            ("--junit", &args.junit),
            ("--html", &args.html),
            ("--write-known", &args.write_known),
        ])?;
        let began = OffsetDateTime::now_utc();
        let today = Day::parse(&began.date().to_string());
        let today = today.ok_or_else(|| Failure::Usage("the clock is not right".into()))?;
        let bar = Bar::new(!args.say.quiet);
        Ok(Self { args, outputs, bar, began, today, clock: Instant::now() })
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.clock.elapsed().as_secs_f64()
    }

    /// Text for a person. Standard output may be for a report.
    fn say(&self, text: &str) {
        if self.outputs.has_standard() { say_aside(text) } else { say(text) }
    }

    /// Shows what was said before it turned out that nothing can be judged, to those who want to see all.
    pub(crate) fn show(&self, dialogue: &str) {
        if self.args.say.verbose {
            self.say(dialogue);
        }
    }

    /// Writes all reports. Returns the exit code.
    pub(crate) fn end(&self, report: &Report, known: &[Known]) -> Result<u8, Failure> {
        let report = serde_json::to_value(report).and_then(Report::read);
        let report = report.map_err(|error| Failure::usage("report", error))?;
        // First what is certain to be read, should a file fail.
        self.say(&as_text(&report, self.args.say));
        self.outputs.write("--json", || json(&report))?;
        self.outputs.write("--junit", || junit::whole(&report))?;
        self.outputs.write("--html", || html::whole(&report))?;
        self.outputs.write("--write-known", || Ok(lists::write_known(known)))?;
        Ok(report.exit)
    }
}
