//! Verdicts as JUnit XML, which pipelines show as tests.

use std::fmt::Write;
use std::path::Path;

use swarmlab_record::summary::{Status, Summary, Verdict};

/// One check.
pub struct Case {
    /// What is checked.
    pub name: String,
    /// How it turned out.
    pub outcome: CaseOutcome,
}

/// How a check turned out.
pub enum CaseOutcome {
    /// It holds.
    Passed,
    /// It does not: why.
    Failed(String),
    /// It could not be made: why.
    Skipped(String),
}

/// The verdicts of a run.
pub fn of_run(s: &Summary) -> Vec<Case> {
    s.verdicts.iter().map(of_verdict).collect()
}

fn of_verdict(v: &Verdict) -> Case {
    let why = || {
        if !v.because.is_empty() {
            return v.because.join("; ");
        }
        let figure = |f: &swarmlab_record::summary::Figure| format!("{} {} {}", f.label, f.value, f.unit);
        v.figures.iter().map(|f| figure(f).trim().to_owned()).collect::<Vec<_>>().join(", ")
    };
    let outcome = match v.status {
        Status::Pass | Status::Warn | Status::Info => CaseOutcome::Passed,
        Status::Fail => CaseOutcome::Failed(why()),
        Status::NotJudged => CaseOutcome::Skipped(why()),
    };
    Case { name: format!("{}: {}", v.code, v.title), outcome }
}

/// Writes the file.
pub fn write(path: &Path, suite: &str, cases: &[Case]) -> std::io::Result<()> {
    std::fs::write(path, xml(suite, cases))
}

fn xml(suite: &str, cases: &[Case]) -> String {
    let count = |of: fn(&CaseOutcome) -> bool| cases.iter().filter(|c| of(&c.outcome)).count();
    let failures = count(|o| matches!(o, CaseOutcome::Failed(_)));
    let skipped = count(|o| matches!(o, CaseOutcome::Skipped(_)));
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "<testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" skipped=\"{skipped}\">",
        escaped(suite),
        cases.len()
    );
    for case in cases {
        let name = escaped(&case.name);
        let _ = match &case.outcome {
            CaseOutcome::Passed => writeln!(out, "  <testcase classname=\"swarmlab\" name=\"{name}\"/>"),
            CaseOutcome::Failed(why) => writeln!(
                out,
                "  <testcase classname=\"swarmlab\" name=\"{name}\"><failure message=\"{}\"/></testcase>",
                escaped(why)
            ),
            CaseOutcome::Skipped(why) => writeln!(
                out,
                "  <testcase classname=\"swarmlab\" name=\"{name}\"><skipped message=\"{}\"/></testcase>",
                escaped(why)
            ),
        };
    }
    out.push_str("</testsuite>\n");
    out
}

/// As the value of an attribute; characters that XML 1.0 does not have are left out.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_and_every_sign() {
        let case = |name: &str, outcome| Case { name: name.to_owned(), outcome };
        let cases = [
            case("p95(response) < 250ms", CaseOutcome::Passed),
            case("b", CaseOutcome::Failed("\"5\" & more\u{1}".to_owned())),
            case("c", CaseOutcome::Skipped("why".to_owned())),
        ];
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<testsuite name=\"s\" tests=\"3\" failures=\"1\" skipped=\"1\">
  <testcase classname=\"swarmlab\" name=\"p95(response) &lt; 250ms\"/>
  <testcase classname=\"swarmlab\" name=\"b\"><failure message=\"&quot;5&quot; &amp; more\"/></testcase>
  <testcase classname=\"swarmlab\" name=\"c\"><skipped message=\"why\"/></testcase>
</testsuite>
";
        assert_eq!(xml("s", &cases), expected);
    }
}
