//! The campaign's file.

use std::path::{Path, PathBuf};

use swarmlab_codes as codes;
use swarmlab_experiment::{FileKind, folder_name, unreadable};
use swarmlab_yaml::{Cx, Diagnostics, Value};

use crate::axis::{self, Axis};
use crate::exclude::{self, Exclusion};
use crate::plan::{self, MOST_TRIALS, Variant};
use crate::until::{self, Until};

/// Repetitions where the file does not say: from five on means and medians have intervals.
const REPETITIONS: u32 = 5;
/// Attempts at a trial where the file does not say.
const ATTEMPTS: u32 = 3;
/// Seed where the file does not say, that of experiments.
const SEED: u64 = 42;

/// What is to be run.
#[derive(Debug, Clone, PartialEq)]
pub struct Campaign {
    /// Its file, as given.
    pub path: PathBuf,
    /// That file's text.
    pub text: String,
    /// Its name, and that of its folder.
    pub name: String,
    /// The experiment that is varied.
    pub experiment: PathBuf,
    /// What is varied.
    pub axes: Vec<Axis>,
    /// Combinations of levels, those that are excluded left out, in the order of the axes.
    pub variants: Vec<Variant>,
    /// How often each variant is run at most.
    pub repetitions: u32,
    /// When fewer are enough; empty where never.
    pub until: Vec<Until>,
    /// Seed of the first block's runs and of all orders.
    pub seed: u64,
    /// How often a trial that fails is tried.
    pub attempts: u32,
    /// Whether a run of which a check of the figures failed is tried again.
    pub require_valid: bool,
}

/// Reads a campaign's file. Whether its variants are experiments, `swarmlab_experiment` says.
///
/// # Errors
/// All that is wrong with it.
pub fn read(path: &Path) -> Result<Campaign, Diagnostics> {
    let text = std::fs::read_to_string(path).map_err(|e| unreadable(path, &e))?;
    from_text(&text, path)
}

/// The same from a text at hand; `path` is where it would stand.
///
/// # Errors
/// As [`read`].
pub fn from_text(text: &str, path: &Path) -> Result<Campaign, Diagnostics> {
    FileKind::Campaign.expect(path, text)?;
    let document = swarmlab_yaml::load(text, &path.display().to_string())?;
    let cx = Cx::new(&document);
    let found = element(&cx.root(), path);
    cx.finish(found).map(|(campaign, _)| campaign)
}

fn element(root: &Value<'_>, path: &Path) -> Option<Campaign> {
    let base = path.parent().unwrap_or(Path::new("."));
    let map = root.mapping()?;
    let name = map.required("name", folder_name);
    let experiment = map.required("experiment", Value::name);
    let axes = map.required("axes", axis::read);
    let exclusions = match (&axes, map.get("exclude").filter(|v| !v.is_null())) {
        (Some(axes), Some(value)) => exclude::read(&value, axes),
        _ => Some(Vec::new()),
    };
    let whole = |v: &Value<'_>, most| v.int(1..=most).and_then(|n| u32::try_from(n).ok());
    let repetitions = map.or("repetitions", REPETITIONS, |v| whole(v, 1000));
    let until = match map.get("until").filter(|v| !v.is_null()) {
        Some(value) => until::read(&value, repetitions),
        None => Some(Vec::new()),
    };
    let seed = map.or("seed", SEED, |v| v.int(0..=i64::MAX >> 1).map(i64::unsigned_abs));
    let attempts = map.or("attempts", ATTEMPTS, |v| whole(v, 100));
    let require_valid = map.or("require_valid", false, Value::bool);
    map.known_prefix("x-");
    map.finish();
    let axes = axes?;
    let variants = variants(root, &axes, &exclusions?, repetitions)?;
    let experiment = experiment?;
    Some(Campaign {
        path: path.to_owned(),
        text: root.cx().document().text.clone(),
        name: name?,
        experiment: base.join(&experiment),
        axes,
        variants,
        repetitions,
        until: until?,
        seed,
        attempts,
        require_valid,
    })
}

fn variants(
    root: &Value<'_>,
    axes: &[Axis],
    exclusions: &[Exclusion],
    repetitions: u32,
) -> Option<Vec<Variant>> {
    let fail = |message: String, help: &str| {
        root.cx().push(root.cx().error(codes::BAD_VALUE, root.span(), message).at("axes").help(help));
        None
    };
    let combinations = axes.iter().try_fold(1_usize, |n, axis| n.checked_mul(axis.levels.len()));
    if combinations.is_none_or(|n| n.saturating_mul(repetitions as usize) > MOST_TRIALS) {
        return fail(
            format!(
                "all combinations of all axes, {repetitions} times each, are more than {MOST_TRIALS} trials"
            ),
            "vary less at once, or make campaigns of it",
        );
    }
    let variants = plan::variants(axes, exclusions);
    if variants.is_empty() {
        return fail("`exclude` leaves out all combinations".to_owned(), "leave out less");
    }
    Some(variants)
}
