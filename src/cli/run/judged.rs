//! What a run's verdicts mean for the command's exit code.

use swarmlab_record::summary::{Status, Verdict};

/// What a whole run's verdicts say to whoever started it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// Nothing that ends a command.
    Fine,
    /// The figures are not valid.
    NotValid,
    /// The figures may be valid, and an objective is missed.
    Missed,
}

/// Validity goes first: figures that are not valid cannot say that an objective is missed.
pub fn judge(verdicts: &[Verdict], require_valid: bool) -> Judged {
    let failed =
        |objective| verdicts.iter().any(|v| v.status == Status::Fail && v.is_objective() == objective);
    // Who demands proof is not served by a check that could not be made.
    let unproven = || verdicts.iter().any(|v| v.status == Status::NotJudged);
    // A threshold that nothing could be compared with is not kept: a slip in its name must not pass for ever.
    let unkept = || verdicts.iter().any(|v| v.status == Status::NotJudged && is_check(v));
    if require_valid && (failed(false) || unproven()) {
        Judged::NotValid
    } else if failed(true) || unkept() {
        Judged::Missed
    } else {
        Judged::Fine
    }
}

/// Whether a verdict is one of the experiment's `checks`.
pub fn is_check(verdict: &Verdict) -> bool {
    verdict.code.starts_with("check-")
}

/// Which of these verdicts failed and which could not be judged: two things.
pub fn told(verdicts: &[Verdict], of: impl Fn(&Verdict) -> bool) -> String {
    let those = |status| {
        let these = verdicts.iter().filter(|v| v.status == status && of(v));
        these.map(|v| format!("{} ({})", v.code, v.title)).collect::<Vec<_>>().join(", ")
    };
    let parts = [("failed", those(Status::Fail)), ("could not be judged", those(Status::NotJudged))];
    let parts = parts.iter().filter(|(_, names)| !names.is_empty());
    parts.map(|(word, names)| format!("{word}: {names}")).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validity_and_objectives_are_told_apart_and_validity_goes_first() {
        let verdict = |code: &str, status| Verdict {
            code: code.to_owned(),
            status,
            title: String::new(),
            explanation: String::new(),
            figures: Vec::new(),
            because: Vec::new(),
        };
        let wrong = || verdict("counts-agree", Status::Fail);
        let missed = || verdict("slo-p95", Status::Fail);
        let fine = || verdict("slo-errors", Status::Pass);
        for (verdicts, require_valid, expected) in [
            (vec![fine(), verdict("generator-valid", Status::Warn)], true, Judged::Fine),
            (vec![wrong(), fine()], false, Judged::Fine),
            (vec![wrong(), fine()], true, Judged::NotValid),
            (vec![verdict("littles-law", Status::NotJudged)], true, Judged::NotValid),
            (vec![verdict("littles-law", Status::NotJudged)], false, Judged::Fine),
            (vec![missed()], false, Judged::Missed),
            (vec![missed()], true, Judged::Missed),
            (vec![missed(), wrong()], false, Judged::Missed),
            (vec![missed(), wrong()], true, Judged::NotValid),
        ] {
            assert_eq!(judge(&verdicts, require_valid), expected, "{verdicts:?}");
        }
        // What could not be judged is not told as a failure.
        let unjudged = || verdict("check-1", Status::NotJudged);
        for (verdicts, expected) in [
            (vec![unjudged(), fine()], "could not be judged: check-1 ()"),
            (vec![missed(), unjudged()], "failed: slo-p95 (); could not be judged: check-1 ()"),
        ] {
            assert_eq!(judge(&verdicts, false), Judged::Missed);
            assert_eq!(told(&verdicts, |v| v.is_objective() || is_check(v)), expected);
        }
    }
}
