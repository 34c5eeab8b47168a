//! Whether the data have gaps.

use swarmlab_record::manifest::Origin;
use swarmlab_record::summary::{Note, Status, Verdict};

use super::{make, not_judged};
use crate::assemble::Raw;

/// Whether the data have gaps.
pub fn completeness(raw: &Raw, bins: usize, notes: &[Note]) -> Verdict {
    if bins == 0 {
        let why = format!("The load has no whole bin of {:.0} s.", raw.manifest.plan.bin_s);
        return not_judged("data-complete", "Whether the data are complete is not known", why);
    }
    let held = match raw.manifest.plan.measured.is_empty() {
        _ if raw.manifest.origin == Origin::Import => {
            "Every measured service has CPU and memory in at least 98 % of the bins of the window, and nothing was warned of."
        }
        true if raw.manifest.imported.is_some() => {
            "Every line of the files was read, and nothing was warned of."
        }
        true => "The load engine's log has every interval of the load, and nothing was warned of.",
        false => {
            "Every measured service has CPU and memory in at least 98 % of the bins of the load, the load engine's log has every interval of it, and nothing was warned of."
        }
    };
    let has = |status| notes.iter().any(|n| n.status == status);
    // A warning passes `--require-valid`; what cannot be judged does not.
    let status = match notes.iter().map(|n| n.status).max().unwrap_or(Status::Info) {
        Status::Warn if has(Status::NotJudged) => Status::NotJudged,
        gravest => gravest,
    };
    let grave = notes.iter().filter(|n| n.status >= Status::Warn).count();
    match status {
        Status::Info | Status::Pass => {
            make("data-complete", Status::Pass, "The data are complete", held, Vec::new())
        }
        Status::NotJudged => {
            let why = notes.iter().filter(|n| n.status == status).map(|n| n.text.as_str());
            let why = why.collect::<Vec<_>>().join(" ");
            not_judged("data-complete", "Whether the data are complete is not known", why)
        }
        _ => make(
            "data-complete",
            status,
            format!("{grave} remarks on the data"),
            "See the notes: gaps are shown as gaps and left out of every figure.",
            Vec::new(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assemble::fixture::load_alone;

    #[test]
    fn a_load_without_a_whole_bin_is_not_complete() {
        let mut raw = load_alone(12);
        assert_eq!(completeness(&raw, 12, &[]).status, Status::Pass);
        raw.manifest.plan.bin_s = 60.0;
        let verdict = completeness(&raw, 0, &[]);
        assert_eq!(verdict.status, Status::NotJudged);
        assert_eq!(verdict.because, ["The load has no whole bin of 60 s."]);
    }
}
