//! `until`: blocks are run until figures are known well enough, and no longer.
//!
//! After each block the half-width of the 95 % interval (Student's t) of the mean of each variant is looked at; once all are small
//! enough, in one and the same block, the campaign has ended. It is the sequential procedure of Chow and Robbins (1965, "On the
//! asymptotic theory of fixed-width sequential confidence intervals for the mean"): where it stops early the samples happened to
//! lie close to each other, so that its intervals hold the truth somewhat less often than they say; the least number of blocks
//! bounds by how much (docs/measurement.md has the figure).

use serde::{Deserialize, Serialize};
use swarmlab_checks::{figure_keys, is_figure};
use swarmlab_codes as codes;
use swarmlab_stats::distribution::t_quantile;
use swarmlab_yaml::{Kind, Value, nearest};

/// Fewer blocks than that tell no interval that is worth stopping for.
pub const LEAST_BLOCKS: u32 = 5;
/// How often the intervals claim to hold the truth.
const LEVEL: f64 = 0.95;

/// A figure and how well it must be known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Until {
    /// Key of the figure, as in `summary.json`.
    pub figure: String,
    /// The widest half of its interval.
    pub half_width: HalfWidth,
}

/// A bound of half an interval's width.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HalfWidth {
    /// A share of the mean, 0 to 1.
    Share(f64),
    /// In the unit of the figure.
    Amount(f64),
}

/// What is known of a figure of a variant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Known {
    /// Runs in which it is known.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Half the width of its 95 % interval.
    pub half_width: f64,
}

impl Known {
    /// Of the values of runs; `None` of fewer than two.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        if n < 2 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        let error = (squares / (n - 1) as f64 / n as f64).sqrt();
        Some(Self { n, mean, half_width: error * t_quantile((1.0 + LEVEL) / 2.0, (n - 1) as f64) })
    }
}

impl Until {
    /// Whether it is known well enough.
    pub fn is_met(&self, known: &Known) -> bool {
        let most = match self.half_width {
            HalfWidth::Share(share) => share * known.mean.abs(),
            HalfWidth::Amount(amount) => amount,
        };
        known.n >= LEAST_BLOCKS as usize && known.half_width <= most
    }
}

/// The figures of one trial's run, in the order of the [`Until`]s; none of a trial that was given up.
pub type Sample = Vec<Option<f64>>;

/// The block after which nothing need be run, if there is one. `blocks` holds, for each block that is over, the samples of its
/// trials by variant. The same folder gives the same answer, whenever it is asked.
pub fn enough(untils: &[Until], variants: usize, blocks: &[Vec<(usize, Sample)>]) -> Option<usize> {
    let met = |so_far: &[Vec<(usize, Sample)>]| {
        (0..variants).all(|variant| {
            untils.iter().enumerate().all(|(i, until)| {
                Known::of(&values(so_far, variant, i)).is_some_and(|known| until.is_met(&known))
            })
        })
    };
    if untils.is_empty() {
        return None;
    }
    (1..=blocks.len()).find(|n| met(&blocks[..*n]))
}

/// What the runs of a variant say of the `figure`-th figure.
pub fn values(blocks: &[Vec<(usize, Sample)>], variant: usize, figure: usize) -> Vec<f64> {
    let own = blocks.iter().flatten().filter(|(of, _)| *of == variant);
    own.filter_map(|(_, sample)| sample.get(figure).copied().flatten()).collect()
}

/// Reads `until`: one mapping, or a list of them.
pub(crate) fn read(value: &Value<'_>, repetitions: u32) -> Option<Vec<Until>> {
    let untils = match value.node().kind {
        Kind::Sequence(_) => value.list(one)?,
        _ => vec![one(value)?],
    };
    if repetitions < LEAST_BLOCKS {
        let message = format!(
            "{} is looked at from {LEAST_BLOCKS} blocks on, and `repetitions` allows {repetitions}",
            value.path()
        );
        value.fail(
            codes::BAD_VALUE,
            message,
            format!("`repetitions` of {LEAST_BLOCKS} or more: the most that are run"),
        );
        return None;
    }
    Some(untils)
}

fn one(value: &Value<'_>) -> Option<Until> {
    let map = value.mapping()?;
    let figure = map.required("figure", figure);
    let half_width = map.required("half_width", half_width);
    map.finish();
    Some(Until { figure: figure?, half_width: half_width? })
}

fn figure(value: &Value<'_>) -> Option<String> {
    let key = value.name()?;
    if is_figure(&key) && key != "offered" {
        return Some(key);
    }
    let keys: Vec<String> = figure_keys().collect();
    let expected = format!("the key of a figure: {}", keys.join(", "));
    let told = value
        .error(codes::BAD_VALUE, format!("{}: a run has no figure `{key}`", value.path()))
        .expected(expected);
    value.cx().push(match nearest(&key, keys.iter().map(String::as_str)) {
        Some(near) => told.help(format!("did you mean `{near}`?")),
        None => told,
    });
    None
}

fn half_width(value: &Value<'_>) -> Option<HalfWidth> {
    const EXPECTED: &str =
        "a share of the mean such as 3 %, or an amount in the figure's unit such as 0.5, above 0";
    let positive = |number: f64| number.is_finite() && number > 0.0;
    let text = value.text()?;
    let read = match text.trim().strip_suffix('%') {
        Some(percent) => percent.trim().parse().map(|p: f64| HalfWidth::Share(p / 100.0)),
        None => text.trim().parse().map(HalfWidth::Amount),
    };
    match read {
        Ok(HalfWidth::Share(number) | HalfWidth::Amount(number)) if !positive(number) => {}
        Ok(half_width) => return Some(half_width),
        Err(_) => {}
    }
    value.fail(codes::BAD_VALUE, format!("{} cannot be `{text}`", value.path()), EXPECTED);
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    fn until(half_width: HalfWidth) -> Vec<Until> {
        vec![Until { figure: "response_p95_ms".into(), half_width }]
    }

    /// Blocks of one variant.
    fn alone(values: &[f64]) -> Vec<Vec<(usize, Sample)>> {
        values.iter().map(|v| vec![(0, vec![Some(*v)])]).collect()
    }

    #[test]
    fn an_interval_is_students() {
        // Student's t at 97.5 % with four degrees of freedom is 2.776445105197793; the variance is 6.8 / 4.
        let known = Known::of(&[10.0, 11.0, 12.0, 10.0, 13.0]).unwrap();
        assert_eq!((known.n, known.mean), (5, 11.2));
        assert!((known.half_width - 1.618_931_784_708_7).abs() < 1e-9, "{}", known.half_width);
        assert_eq!(Known::of(&[1.0]), None);
    }

    #[test]
    fn it_ends_with_the_first_block_after_which_all_are_known_well_enough() {
        let steady = [10.0, 10.1, 9.9, 10.0, 10.05, 9.95];
        let untils = until(HalfWidth::Share(0.03));
        assert_eq!(enough(&untils, 1, &alone(&steady[..4])), None, "four blocks are too few");
        assert_eq!(enough(&untils, 1, &alone(&steady)), Some(5));
        assert_eq!(enough(&until(HalfWidth::Amount(0.01)), 1, &alone(&steady)), None);
        assert_eq!(enough(&[], 1, &alone(&steady)), None);
        // Another variant that wavers, and one whose figure is not known, are waited for.
        let mut two = alone(&steady);
        for (block, other) in two.iter_mut().zip([10.0, 20.0, 10.0, 20.0, 10.0, 20.0]) {
            block.push((1, vec![Some(other)]));
        }
        assert_eq!(enough(&untils, 2, &two), None);
        let mut unknown = alone(&steady);
        unknown[2][0].1[0] = None;
        assert_eq!(enough(&untils, 1, &unknown), Some(6));
        // All figures that are named, and a variant without any run is never known.
        let both = [untils[0].clone(), until(HalfWidth::Amount(1e-9))[0].clone()];
        let twice: Vec<_> = steady.iter().map(|v| vec![(0, vec![Some(*v), Some(*v)])]).collect();
        assert_eq!(enough(&both, 1, &twice), None);
        assert_eq!(enough(&untils, 2, &alone(&steady)), None);
    }

    /// The figure that docs/measurement.md gives. Normal with 5 % of deviation, 3 % wanted, over 4,000 campaigns.
    #[test]
    fn how_often_the_interval_holds_the_truth_where_it_stops() {
        let mut random = StdRng::seed_from_u64(20_261_129);
        let (mut held, mut blocks) = (0, 0);
        let untils = until(HalfWidth::Share(0.03));
        for _ in 0..4000 {
            let mut values = Vec::new();
            loop {
                // Box and Muller.
                let (u, v): (f64, f64) = (random.random_range(f64::MIN_POSITIVE..1.0), random.random());
                values.push(100.0 + 5.0 * (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos());
                let Some(known) = Known::of(&values) else { continue };
                if untils[0].is_met(&known) {
                    held += usize::from((known.mean - 100.0).abs() <= known.half_width);
                    blocks += known.n;
                    break;
                }
            }
        }
        let (share, mean) = (held as f64 / 4000.0, blocks as f64 / 4000.0);
        println!("held the truth in {:.1} %, after {mean:.1} blocks on average", share * 100.0);
        assert!((0.90..0.97).contains(&share), "{share}");
        assert!((8.0..16.0).contains(&mean), "{mean}");
    }
}
