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
    /// What else is to be known of it.
    pub(crate) told: Option<String>,
}

impl TestCase {
    /// One of which there is no more to be told.
    pub(crate) const fn new(name: String, failure: Option<String>) -> Self {
        Self { name, failure, told: None }
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
    TestCase::new(result.objective.clone(), failure)
}

/// Why a run is not VALID, if so.
pub(super) fn distrust(verdict: &Verdict) -> Option<String> {
    (!verdict.is_valid()).then(|| format!("{}: {}", verdict.validity().as_str(), verdict.doubts()))
}

/// The document, ended by a newline. `suite` says what was judged.
pub(super) fn document(suite: &str, cases: &[TestCase]) -> String {
    let failures = cases.iter().filter(|case| case.failure.is_some()).count();
    let suite = escaped(suite);
    let counts = format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\"", cases.len());
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _infallible = writeln!(text, "<testsuites name=\"claque\" {counts}>");
    let _infallible = writeln!(text, "  <testsuite name=\"{suite}\" {counts} skipped=\"0\">");
    for case in cases {
        let name = escaped(&case.name);
        let open = format!("    <testcase classname=\"claque.{suite}\" name=\"{name}\"");
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
        let met = TestCase::new("errors < 3".to_owned(), None);
        let missed = TestCase::new("a & b".to_owned(), Some("<b>\"no\"\u{1b}[31m\nway".to_owned()));
        assert_eq!(
            document("run", &[met, missed]),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <testsuites name=\"claque\" tests=\"2\" failures=\"1\" errors=\"0\">\n  \
               <testsuite name=\"run\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\">\n    \
                 <testcase classname=\"claque.run\" name=\"errors &lt; 3\"/>\n    \
                 <testcase classname=\"claque.run\" name=\"a &amp; b\">\n      \
                   <failure message=\"&lt;b&gt;&quot;no&quot;\u{fffd}[31m way\"/>\n    \
                 </testcase>\n  \
               </testsuite>\n\
             </testsuites>\n"
        );
    }
}
