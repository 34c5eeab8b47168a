//! Whether the thresholds of the experiment (`checks`, `--check`) hold.

use swarmlab_checks::{Amount, Outcome, Source, evaluate, parse};
use swarmlab_frame::frame::Frame;
use swarmlab_record::client::ALL_ENDPOINTS;
use swarmlab_record::summary::{EndpointFigures, Figure, Status, Verdict};

use super::{make, not_judged};
use crate::Client;
use crate::assemble::Raw;

/// Figures of the run, and its columns over the load.
struct Run<'a> {
    figures: &'a [Figure],
    endpoints: &'a [EndpointFigures],
    load: &'a Frame,
}

impl Source for Run<'_> {
    fn figure(&self, key: &str) -> Option<(f64, String)> {
        let figure = self.figures.iter().find(|f| f.key == key)?;
        Some((figure.number?, figure.unit.clone()))
    }

    fn answers(&self, endpoint: Option<&str>) -> Option<u64> {
        let name = endpoint.unwrap_or(ALL_ENDPOINTS);
        self.endpoints.iter().find(|e| e.endpoint == name).map(|e| e.completed)
    }

    fn column(&self, name: &str) -> Option<(Vec<Option<f64>>, String)> {
        self.load.column(name).map(|c| (c.values().to_vec(), c.unit().to_owned()))
    }

    fn columns(&self) -> Vec<String> {
        self.load.columns().iter().map(|c| c.name().to_owned()).collect()
    }
}

/// One verdict a threshold, in the order of the experiment: `check-1`, `check-2`, …
pub fn checks(raw: &Raw, figures: &[Figure], client: &Client, load: &Frame) -> Vec<Verdict> {
    let run = Run { figures, endpoints: &client.endpoints, load };
    raw.manifest.plan.checks.iter().enumerate().map(|(at, text)| check(at + 1, text, &run)).collect()
}

fn check(number: usize, text: &str, run: &Run<'_>) -> Verdict {
    let code = format!("check-{number}");
    let title = format!("{text}: not judged");
    let parsed = match parse(text) {
        Ok(parsed) => parsed,
        // Read before the run started; another version may have written the folder.
        Err(e) => return not_judged(&code, title, format!("{e}.")),
    };
    match evaluate(&parsed, run) {
        Outcome::NotJudged(why) => not_judged(&code, title, why),
        Outcome::Judged { holds, value, limit } => make(
            &code,
            if holds { Status::Pass } else { Status::Fail },
            format!("{text}: {}", if holds { "holds" } else { "missed" }),
            "A threshold of the experiment, over the whole load.",
            vec![figure("check_value", "measured", value), figure("check_limit", "threshold", limit)],
        ),
    }
}

fn figure(key: &str, label: &str, amount: Amount) -> Figure {
    Figure::number(key, label, amount.value, amount.decimals(), amount.kind.base_unit())
}
