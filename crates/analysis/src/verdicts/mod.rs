//! The checks of the run against itself. Each has a stable code, a tolerance, and says what it compared.
//!
//! A check needs evidence. Where there is too little of it (no answer, too few bins, an interval too wide to tell anything)
//! it is *not judged*, with the reason: nothing passes because nothing happened. One check, one file.

mod checks;
mod complete;
mod counts;
mod demand;
mod files;
mod generator;
mod little;
mod slo;

pub use checks::checks;
pub use complete::completeness;
pub use counts::counts;
pub use demand::demands;
pub use files::files;
pub use generator::generator;
pub use little::little;
pub use slo::slo;

use swarmlab_record::summary::{Figure, Status, Verdict};

fn make(
    code: &str,
    status: Status,
    title: impl Into<String>,
    explanation: impl Into<String>,
    figures: Vec<Figure>,
) -> Verdict {
    Verdict {
        code: code.to_owned(),
        status,
        title: title.into(),
        explanation: explanation.into(),
        figures,
        because: Vec::new(),
    }
}

/// A check that could not be made; `why` is a sentence.
fn not_judged(code: &str, title: impl Into<String>, why: impl Into<String>) -> Verdict {
    let why = why.into();
    let verdict = make(code, Status::NotJudged, title, why.clone(), Vec::new());
    Verdict { because: vec![why], ..verdict }
}
