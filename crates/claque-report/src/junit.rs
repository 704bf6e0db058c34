//! JUnit XML, as Jenkins and GitLab read it: a suite, a test case for each thing that was judged.

use std::fmt::Write as _;

use claque_stats::{Verdict, objective::ObjectiveResult};

use crate::{objectives, printable::is_hidden};

/// One thing that was judged.
#[derive(Clone, Debug)]
pub(crate) struct TestCase {
    /// What is to hold.
    pub(crate) name: String,
    /// Why it does not, if so.
    pub(crate) failure: Option<String>,
    /// What it took to find out, in ms: of a run's verdict the run's `wall_ms`; of all that is judged from what is there already nothing.
    pub(crate) took_ms: f64,
    /// What else is to be known of it.
    pub(crate) told: Option<String>,
}

impl TestCase {
    /// Judged from what is there already.
    pub(crate) const fn judged(name: String, failure: Option<String>) -> Self {
        Self { name, failure, took_ms: 0.0, told: None }
    }

    /// The verdict on a run with this `wall_ms`.
    pub(crate) fn of_run(name: String, failure: Option<String>, wall_ms: Option<f64>) -> Self {
        Self { took_ms: wall_ms.unwrap_or(0.0), ..Self::judged(name, failure) }
    }
}

/// The test case of an objective.
pub(super) fn case(result: &ObjectiveResult) -> TestCase {
    let found = objectives::found(result);
    let failure = match (result.met, result.not_shown) {
        (true, _) => None,
        // What was found says so already.
        (false, true) => Some(format!("not shown with the confidence demanded: {found}")),
        (false, false) => Some(format!("missed: {found}")),
    };
    TestCase::judged(result.objective.clone(), failure)
}

/// Why a run is not VALID, if so.
pub(super) fn distrust(verdict: &Verdict) -> Option<String> {
    (!verdict.is_valid()).then(|| format!("{}: {}", verdict.validity().as_str(), verdict.doubts()))
}

/// The document, ended by a newline. `suite` says what was judged.
pub(super) fn document(suite: &str, cases: &[TestCase]) -> String {
    let failures = cases.iter().filter(|case| case.failure.is_some()).count();
    let suite = escaped(suite);
    let took = seconds(cases.iter().map(|case| case.took_ms).sum());
    let counts = format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\" time=\"{took}\"", cases.len());
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _infallible = writeln!(text, "<testsuites name=\"claque\" {counts}>");
    let _infallible = writeln!(text, "  <testsuite name=\"{suite}\" {counts} skipped=\"0\">");
    for case in cases {
        let name = escaped(&case.name);
        let open = format!(
            "    <testcase classname=\"claque.{suite}\" name=\"{name}\" time=\"{}\"",
            seconds(case.took_ms)
        );
        let inside: Vec<_> = [
            case.failure.as_ref().map(|why| format!("<failure message=\"{}\"/>", escaped(why))),
            case.told.as_ref().map(|words| format!("<system-out>{}</system-out>", escaped(words))),
        ]
        .into_iter()
        .flatten()
        .map(|element| format!("\n      {element}"))
        .collect();
        let _infallible = match inside.concat() {
            nothing if nothing.is_empty() => writeln!(text, "{open}/>"),
            inside => writeln!(text, "{open}>{inside}\n    </testcase>"),
        };
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

/// As JUnit has times: seconds, to the millisecond.
fn seconds(ms: f64) -> String {
    format!("{:.3}", ms / 1_000.0)
}

/// Fit for an attribute. XML 1.0 has no way to write most control characters, so they become a sign of their own.
fn escaped(words: &str) -> String {
    let mut text = String::new();
    for c in words.chars() {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\n' | '\t' | '\r' => text.push(' '),
            c if c.is_control() || is_hidden(c) || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                text.push('\u{fffd}')
            }
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_why_and_nothing_breaks_the_markup() {
        let met = TestCase::of_run("errors < 3".to_owned(), None, Some(1_250.0));
        let missed = TestCase::judged("a & b".to_owned(), Some("<b>\"no\"\u{1b}[31m\nway".to_owned()));
        assert_eq!(
            document("run", &[met, missed]),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <testsuites name=\"claque\" tests=\"2\" failures=\"1\" errors=\"0\" time=\"1.250\">\n  \
               <testsuite name=\"run\" tests=\"2\" failures=\"1\" errors=\"0\" time=\"1.250\" skipped=\"0\">\n    \
                 <testcase classname=\"claque.run\" name=\"errors &lt; 3\" time=\"1.250\"/>\n    \
                 <testcase classname=\"claque.run\" name=\"a &amp; b\" time=\"0.000\">\n      \
                   <failure message=\"&lt;b&gt;&quot;no&quot;\u{fffd}[31m way\"/>\n    \
                 </testcase>\n  \
               </testsuite>\n\
             </testsuites>\n"
        );
    }
}
