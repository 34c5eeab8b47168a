//! All figures of all variants against the baseline, judged together.

use serde::Serialize;
use swarmlab_record::summary::Direction;
use swarmlab_stats::StatsError;
use swarmlab_stats::multiple::{benjamini_hochberg, holm};

use crate::pair::{Distance, Side, distance, side};
use crate::variants::Variant;
use crate::verdict::{Evidence, Verdict, judge};

/// How p-values are adjusted for the number of figures that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Adjustment {
    /// Of the differences that are claimed, at most a share `alpha` is false on average (Benjamini & Hochberg).
    #[default]
    FalseDiscoveries,
    /// The chance that any claim is false is at most `alpha` (Holm).
    AnyError,
}

impl Adjustment {
    fn of(self, p: &[f64]) -> Result<Vec<f64>, StatsError> {
        match self {
            Self::FalseDiscoveries => benjamini_hochberg(p),
            Self::AnyError => holm(p),
        }
    }
}

/// How to compare.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Settings {
    /// What counts as the same: a share of the baseline.
    pub margin: f64,
    /// Chance of a false claim that is accepted.
    pub alpha: f64,
    /// How p-values are adjusted.
    pub adjustment: Adjustment,
    /// Whether the n-th run of a variant belongs to the n-th of the baseline.
    pub paired: bool,
    /// Resamples of each bootstrap.
    pub resamples: usize,
    /// Draws of a permutation test that cannot try all orders.
    pub draws: usize,
    /// Fixes what is drawn.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            margin: 0.03,
            alpha: 0.05,
            adjustment: Adjustment::default(),
            paired: false,
            resamples: 2000,
            draws: 20_000,
            seed: 42,
        }
    }
}

/// One figure of one variant against the baseline's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// The figure.
    pub key: String,
    /// What it is.
    pub label: String,
    /// Unit, may be empty.
    pub unit: String,
    /// Which way it is better.
    pub direction: Option<Direction>,
    /// The baseline.
    pub baseline: Side,
    /// The variant.
    pub variant: Side,
    /// How far apart they are, where both have at least two runs.
    pub distance: Option<Distance>,
    /// p-value of "there is no difference", adjusted.
    pub p_adjusted: Option<f64>,
    /// p-value of "it lies outside of the margin", adjusted.
    pub p_outside_adjusted: Option<f64>,
    /// What is said of it.
    pub verdict: Verdict,
}

/// The whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// How it was made.
    pub settings: Settings,
    /// Name of the variant that the others are compared with.
    pub baseline: String,
    /// All variants and how many runs each has.
    pub variants: Vec<(String, usize)>,
    /// Figure by figure, and for each figure variant by variant.
    pub rows: Vec<Row>,
    /// What a reader must know, sentences.
    pub remarks: Vec<String>,
}

/// Figures that these patterns name, in the order of the runs' own: `*` stands for any text. Without a pattern those that are
/// read first.
///
/// # Errors
/// The pattern that fits no figure of any run.
pub fn keys(variants: &[Variant], patterns: &[String]) -> Result<Vec<String>, String> {
    let runs = || variants.iter().flat_map(|v| &v.runs);
    let mut out: Vec<String> = Vec::new();
    let mut add = |fits: &dyn Fn(&crate::run::Measured) -> bool| {
        let mut any = false;
        for m in runs().flat_map(|r| &r.figures).filter(|m| fits(m)) {
            any = true;
            if !out.contains(&m.key) {
                out.push(m.key.clone());
            }
        }
        any
    };
    if patterns.is_empty() {
        add(&|m| m.headline);
    }
    for pattern in patterns {
        if !add(&|m| fits(pattern, &m.key)) {
            return Err(pattern.clone());
        }
    }
    Ok(out)
}

/// Whether a key fits a pattern, in which `*` stands for any text.
pub fn fits(pattern: &str, key: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == key,
        Some((start, rest)) => key.strip_prefix(start).is_some_and(|key| {
            let ends = key.char_indices().map(|(at, _)| at).chain([key.len()]);
            ends.into_iter().any(|at| fits(rest, &key[at..]))
        }),
    }
}

/// Compares every variant but the baseline with it.
pub fn compare(variants: &[Variant], baseline: usize, keys: &[String], settings: &Settings) -> Comparison {
    let base = &variants[baseline];
    let mut rows = Vec::new();
    for key in keys {
        let words = variants.iter().flat_map(|v| &v.runs).find_map(|r| r.measured(key));
        for other in variants.iter().enumerate().filter(|(at, _)| *at != baseline).map(|(_, v)| v) {
            let (base, other) = (side(base, key, settings), side(other, key, settings));
            rows.push(Row {
                key: key.clone(),
                label: words.map_or_else(String::new, |m| m.label.clone()),
                unit: words.map_or_else(String::new, |m| m.unit.clone()),
                direction: Direction::of(key),
                distance: distance(key, &base, &other, settings),
                baseline: base,
                variant: other,
                p_adjusted: None,
                p_outside_adjusted: None,
                verdict: Verdict::Missing,
            });
        }
    }
    adjust(&mut rows, settings);
    let tests = rows.iter().filter(|r| r.distance.is_some()).count();
    for row in &mut rows {
        row.verdict = verdict(row, tests, settings);
    }
    let remarks = remarks(variants, &rows, tests, settings);
    let variants = variants.iter().map(|v| (v.name.clone(), v.runs.len())).collect();
    Comparison { settings: *settings, baseline: base.name.clone(), variants, rows, remarks }
}

fn adjust(rows: &mut [Row], settings: &Settings) {
    let raw = |rows: &[Row], p: &dyn Fn(&Distance) -> Option<f64>| -> Vec<(usize, f64)> {
        let of = |(at, row): (usize, &Row)| row.distance.as_ref().and_then(p).map(|p| (at, p));
        rows.iter().enumerate().filter_map(of).collect()
    };
    let adjusted = |raw: Vec<(usize, f64)>| -> Vec<(usize, f64)> {
        let (at, p): (Vec<usize>, Vec<f64>) = raw.into_iter().unzip();
        at.into_iter().zip(settings.adjustment.of(&p).unwrap_or_default()).collect()
    };
    for (at, p) in adjusted(raw(rows, &|d| Some(d.permutation.p))) {
        rows[at].p_adjusted = Some(p);
    }
    for (at, p) in adjusted(raw(rows, &|d| d.equivalence.map(|e| e.p))) {
        rows[at].p_outside_adjusted = Some(p);
    }
}

fn verdict(row: &Row, tests: usize, settings: &Settings) -> Verdict {
    let fewest = row.baseline.values.len().min(row.variant.values.len());
    let (Some(distance), Some(p_different)) = (&row.distance, row.p_adjusted) else {
        return if fewest == 1 { Verdict::OneSample } else { Verdict::Missing };
    };
    let mut all = row.baseline.values.iter().chain(&row.variant.values);
    let first = all.next();
    if all.all(|v| Some(v) == first) {
        return Verdict::Same;
    }
    let mean = |side: &Side| side.mean.map_or(0.0, |m| m.estimate);
    let evidence = Evidence {
        direction: row.direction,
        shift: mean(&row.variant) - mean(&row.baseline),
        p_different,
        p_outside: row.p_outside_adjusted,
        alpha: settings.alpha,
    };
    judge(&evidence, || distance.question(&row.baseline, &row.variant, tests, settings)?.more())
}

fn remarks(variants: &[Variant], rows: &[Row], tests: usize, settings: &Settings) -> Vec<String> {
    let mut out = Vec::new();
    let single: Vec<&str> = variants.iter().filter(|v| v.runs.len() == 1).map(|v| v.name.as_str()).collect();
    if !single.is_empty() {
        out.push(format!("One run is one sample: of {} nothing is claimed.", single.join(", ")));
    }
    let least =
        rows.iter().filter_map(|r| r.distance.as_ref()).map(|d| d.permutation.least_p).fold(0.0, f64::max);
    if tests > 0 && least * tests as f64 > settings.alpha {
        let after = (least * tests as f64).min(1.0);
        let figures = if tests == 1 { "1 test".to_owned() } else { format!("{tests} tests") };
        out.push(format!(
            "Of so few repetitions no p-value is below {least:.2}, after {figures} {after:.2}: a change of one figure alone cannot \
             be told from chance. Make more repetitions, or ask about fewer figures (--figure)."
        ));
    }
    for row in rows.iter().filter(|r| r.baseline.missing + r.variant.missing > 0) {
        let told: Vec<String> = [&row.baseline, &row.variant]
            .into_iter()
            .filter(|s| s.missing > 0)
            .map(|s| format!("{} of {} runs of {}", s.missing, s.missing + s.values.len(), s.variant))
            .collect();
        out.push(format!(
            "{} is not known of {}; a figure that is missing is not zero.",
            row.key,
            told.join(" and of ")
        ));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn patterns() {
        assert!(fits("demand_ms:*", "demand_ms:ms-exercise"));
        assert!(fits("response_*_ms", "response_p95_ms"));
        assert!(fits("*", "x") && fits("x", "x") && fits("*ü*", "aüb"));
        assert!(!fits("response_*_ms", "response_p95_ms:login") && !fits("x", "xy"));
    }
}
