//! Whether the files are whole, and agree with each other.

use swarmlab_record::manifest::State;
use swarmlab_record::summary::{Figure, Status, Verdict};

use super::{make, not_judged};
use crate::assemble::Raw;

const CODE: &str = "files-agree";

/// What was found when the folder was read.
pub fn files(raw: &Raw) -> Verdict {
    let found = &raw.files;
    let figures = vec![
        Figure::number("sealed", "files with their checksum", found.sealed as f64, 0, "files"),
        Figure::number("compared", "counts compared between files", found.compared as f64, 0, "counts"),
    ];
    if !found.damage.is_empty() {
        let because: Vec<String> = found.damage.iter().map(ToString::to_string).collect();
        let explanation = format!("{}. What could be read is shown.", because.join("; "));
        let verdict =
            make(CODE, Status::Fail, "The files are damaged, or contradict each other", explanation, figures);
        return Verdict { because, ..verdict };
    }
    if found.compared == 0 && found.sealed == 0 {
        return not_judged(CODE, "The files could not be compared", "No answer is in them.");
    }
    let (title, sealed) = match (found.sealed, &raw.manifest.state) {
        (_, State::Running | State::Killed) => (
            "The files agree with each other",
            "The run was cut off; they were sealed when the folder was first read.",
        ),
        (0, _) => ("The files agree with each other", "None is sealed: an earlier version wrote them."),
        _ => (
            "The files are as the run left them, and agree",
            "Each raw file has the length and checksum it had then.",
        ),
    };
    if found.compared == 0 {
        let explanation = format!("{sealed} They hold no answer that could be compared.");
        return make(CODE, Status::Pass, title, explanation, figures);
    }
    let explanation = format!(
        "{sealed} The clients' rows and their histograms count the same answers, for each endpoint and interval. Tolerance: none."
    );
    make(CODE, Status::Pass, title, explanation, figures)
}

#[cfg(test)]
mod tests {
    use swarmlab_record::integrity::{Damage, Integrity};

    use super::*;
    use crate::assemble::fixture::load_alone;

    #[test]
    fn damage_fails_by_name_and_nothing_compared_passes_nothing() {
        let mut raw = load_alone(3);
        assert_eq!(files(&raw).status, Status::NotJudged);
        raw.files = Integrity { sealed: 3, compared: 9, damage: Vec::new() };
        assert_eq!(files(&raw).status, Status::Pass);
        let (file, what) = ("histograms.hlog".to_owned(), "lacks 41 of 90 histograms".to_owned());
        raw.files.damage.push(Damage { file, what });
        let verdict = files(&raw);
        assert_eq!(verdict.status, Status::Fail);
        assert_eq!(verdict.because, ["histograms.hlog lacks 41 of 90 histograms"]);
    }
}
