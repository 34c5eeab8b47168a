//! Which runs are repetitions of the same, and which are variants.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::run::Run;

/// Runs that are repetitions of each other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Variant {
    /// Name.
    pub name: String,
    /// Its runs, in the order in which they were given.
    pub runs: Vec<Run>,
}

/// Why runs make no variants.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VariantError {
    /// A key to group by that no run has.
    #[error("no run has a key {key:?} to group by; there are: {}", .known.join(", "))]
    UnknownKey {
        /// The key.
        key: String,
        /// Those that the runs differ in, or all.
        known: Vec<String>,
    },
    /// Nothing to compare with.
    #[error("{}", alone(.name, *.runs))]
    OneVariant {
        /// Its name.
        name: String,
        /// How many runs there are.
        runs: usize,
    },
    /// A baseline that is none of them.
    #[error("{name:?} is neither a variant nor a run that was given; variants: {}", .known.join(", "))]
    UnknownBaseline {
        /// What was asked for.
        name: String,
        /// Names of the variants.
        known: Vec<String>,
    },
    /// A run given more than once, under one name of its folder or two.
    #[error("{folder} was given more than once{}: a run is one repetition", also(.folder, .first))]
    Twice {
        /// Its folder the second time.
        folder: String,
        /// Its folder the first time.
        first: String,
    },
    /// Pairs need as many runs on both sides.
    #[error("{a:?} has {n} runs and {b:?} {m}: pairs need as many on both sides, in the same order")]
    Unpaired {
        /// A variant.
        a: String,
        /// Its runs.
        n: usize,
        /// Another one.
        b: String,
        /// Its runs.
        m: usize,
    },
}

fn alone(name: &str, runs: usize) -> String {
    match runs {
        0 => "no run was given".to_owned(),
        1 => format!("one run alone was given, of {name:?}: there is nothing to compare it with"),
        _ => format!("all {runs} runs are repetitions of {name:?}: there is nothing to compare them with"),
    }
}

fn also(folder: &str, first: &str) -> String {
    if folder == first { String::new() } else { format!(", also as {first}") }
}

/// Longer values are not shown as names.
const LONGEST_NAME: usize = 40;

/// Groups runs that have the same values of these keys; without keys, of all.
pub fn group(runs: Vec<Run>, by: &[String]) -> Result<Vec<Variant>, VariantError> {
    let differing = differing(&runs);
    for key in by {
        if !runs.iter().any(|r| r.facets.contains_key(key)) {
            let known = if differing.is_empty() {
                runs.iter().flat_map(|r| r.facets.keys().cloned()).collect::<BTreeSet<_>>()
            } else {
                differing.clone()
            };
            return Err(VariantError::UnknownKey { key: key.clone(), known: known.into_iter().collect() });
        }
    }
    // The text of a file differs when the name in it does.
    let by: Vec<String> = if by.is_empty() { differing.into_iter().collect() } else { by.to_vec() };
    let named: Vec<String> = match by.iter().any(|k| k != "experiment") {
        true => by.iter().filter(|k| *k != "experiment" || telling(&runs, &by)).cloned().collect(),
        false => by.clone(),
    };
    let mut letters = Letters::default();
    let mut out: Vec<(Vec<Option<String>>, Variant)> = Vec::new();
    for run in runs {
        let values: Vec<Option<String>> = by.iter().map(|k| run.facets.get(k).cloned()).collect();
        match out.iter_mut().find(|(of, _)| *of == values) {
            Some((_, variant)) => variant.runs.push(run),
            None => {
                let name = name(&run, &named, &mut letters);
                out.push((values, Variant { name, runs: vec![run] }));
            }
        }
    }
    Ok(out.into_iter().map(|(_, variant)| variant).collect())
}

/// Whether the text of the experiment tells runs apart that the other keys do not.
fn telling(runs: &[Run], by: &[String]) -> bool {
    let others = |r: &Run| {
        by.iter().filter(|k| *k != "experiment").map(|k| r.facets.get(k).cloned()).collect::<Vec<_>>()
    };
    let mut texts: BTreeMap<Vec<Option<String>>, BTreeSet<Option<&String>>> = BTreeMap::new();
    for run in runs {
        texts.entry(others(run)).or_default().insert(run.facets.get("experiment"));
    }
    texts.values().any(|t| t.len() > 1)
}

/// Keys of which runs have different values.
fn differing(runs: &[Run]) -> BTreeSet<String> {
    let keys: BTreeSet<&String> = runs.iter().flat_map(|r| r.facets.keys()).collect();
    let differs = |key: &&String| runs.windows(2).any(|w| w[0].facets.get(*key) != w[1].facets.get(*key));
    keys.into_iter().filter(differs).cloned().collect()
}

/// Letters for values that are too long to be shown, by order of appearance.
#[derive(Default)]
struct Letters(BTreeMap<String, Vec<String>>);

impl Letters {
    fn of(&mut self, key: &str, value: &str) -> String {
        let seen = self.0.entry(key.to_owned()).or_default();
        let at = seen.iter().position(|v| v == value).unwrap_or_else(|| {
            seen.push(value.to_owned());
            seen.len() - 1
        });
        match u8::try_from(at) {
            Ok(at) if at < 26 => char::from(b'A' + at).to_string(),
            _ => (at + 1).to_string(),
        }
    }
}

fn name(run: &Run, by: &[String], letters: &mut Letters) -> String {
    let words: Vec<String> = by
        .iter()
        .map(|key| match (key.as_str(), run.facets.get(key)) {
            ("name", Some(value)) => value.clone(),
            (key, Some(value)) if value.len() > LONGEST_NAME || value.contains('\n') => {
                format!("{} {}", key.trim_start_matches("image "), letters.of(key, value))
            }
            (key, Some(value)) => format!("{key}={value}"),
            (key, None) => format!("without {}", key.trim_start_matches("image ")),
        })
        .collect();
    match words.is_empty() {
        true => run.facets.get("name").cloned().unwrap_or_else(|| run.folder.clone()),
        false => words.join(", "),
    }
}

/// A run is given once. When it began and its name tell runs apart: a folder may be copied, or go and be written anew.
pub fn once(runs: &[&Run]) -> Result<(), VariantError> {
    let mut seen = BTreeMap::new();
    for run in runs {
        let who = (run.started_unix_s.to_bits(), run.facets.get("name"));
        if let Some(first) = seen.insert(who, &run.folder) {
            return Err(VariantError::Twice { folder: run.folder.clone(), first: first.clone() });
        }
    }
    Ok(())
}

/// Which variant the others are compared with: the one of that name, or that holds that run, or the first.
pub fn baseline(variants: &[Variant], asked: Option<&str>) -> Result<usize, VariantError> {
    if variants.len() < 2 {
        let (name, runs) = variants.first().map_or((String::new(), 0), |v| (v.name.clone(), v.runs.len()));
        return Err(VariantError::OneVariant { name, runs });
    }
    let Some(asked) = asked else { return Ok(0) };
    let folder = asked.trim_end_matches('/');
    let holds = |v: &Variant| v.runs.iter().any(|r| r.folder.trim_end_matches('/') == folder);
    let value =
        |v: &Variant| v.name.split(", ").any(|w| w.split_once('=').is_some_and(|(_, value)| value == asked));
    variants
        .iter()
        .position(|v| v.name == asked)
        .or_else(|| variants.iter().position(holds))
        .or_else(|| variants.iter().position(value))
        .ok_or_else(|| VariantError::UnknownBaseline {
            name: asked.to_owned(),
            known: variants.iter().map(|v| v.name.clone()).collect(),
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn run(folder: &str, facets: &[(&str, &str)]) -> Run {
        Run {
            folder: folder.to_owned(),
            started_unix_s: 0.0,
            stack: String::new(),
            bin_s: 1.0,
            incomplete: None,
            failed_checks: Vec::new(),
            facets: facets.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            figures: Vec::new(),
        }
    }

    #[test]
    fn what_differs_names_the_variants() {
        let runs = vec![
            run("a", &[("name", "x"), ("POOL", "4"), ("experiment", "t")]),
            run("b", &[("name", "x"), ("POOL", "8"), ("experiment", "t")]),
            run("c", &[("name", "x"), ("POOL", "4"), ("experiment", "t")]),
        ];
        let variants = group(runs, &[]).unwrap();
        let told: Vec<_> = variants.iter().map(|v| (v.name.as_str(), v.runs.len())).collect();
        assert_eq!(told, [("POOL=4", 2), ("POOL=8", 1)]);
        assert_eq!(baseline(&variants, Some("POOL=8")).unwrap(), 1);
        assert_eq!(baseline(&variants, Some("b/")).unwrap(), 1);
        assert_eq!(baseline(&variants, Some("8")).unwrap(), 1);
        assert!(matches!(baseline(&variants, Some("9")), Err(VariantError::UnknownBaseline { .. })));
    }

    #[test]
    fn the_text_of_a_file_is_named_only_where_nothing_else_tells() {
        let two = |second: &str| {
            vec![
                run("a", &[("name", "hpa"), ("experiment", "name: hpa\nmore: 1")]),
                run("b", &[("name", second), ("experiment", "name: pid\nmore: 1")]),
            ]
        };
        let names = |runs| group(runs, &[]).unwrap().into_iter().map(|v| v.name).collect::<Vec<_>>();
        assert_eq!(names(two("pid")), ["hpa", "pid"]);
        assert_eq!(names(two("hpa")), ["experiment A", "experiment B"]);
    }

    #[test]
    fn what_a_variant_lacks_is_told_in_words() {
        let runs = vec![run("a", &[("image demo:1", "sha256:a"), ("POOL", "4")]), run("b", &[])];
        let names: Vec<String> = group(runs, &[]).unwrap().into_iter().map(|v| v.name).collect();
        assert_eq!(names[1], "without POOL, without demo:1");
        let told = |runs| VariantError::OneVariant { name: "x".to_owned(), runs }.to_string();
        assert_eq!(told(1), "one run alone was given, of \"x\": there is nothing to compare it with");
        assert!(told(2).starts_with("all 2 runs are repetitions"));
    }

    #[test]
    fn repetitions_alone_are_told() {
        let variants = group(vec![run("a", &[("name", "x")]), run("b", &[("name", "x")])], &[]).unwrap();
        assert_eq!(
            baseline(&variants, None),
            Err(VariantError::OneVariant { name: "x".to_owned(), runs: 2 })
        );
        let unknown = group(vec![run("a", &[("name", "x")])], &["POOL".to_owned()]);
        assert!(matches!(unknown, Err(VariantError::UnknownKey { .. })));
    }

    #[test]
    fn a_run_is_who_it_was_and_not_where_it_lies() {
        let began = |folder: &str, at| Run { started_unix_s: at, ..run(folder, &[("name", "x")]) };
        let both = |a: Run, b: Run| once(&[&a, &b]);
        assert_eq!(
            both(began("results/x", 1.5), began("results/x", 2.5)),
            Ok(()),
            "the folder was written anew"
        );
        let other = Run { started_unix_s: 1.5, ..run("results/y", &[("name", "y")]) };
        assert_eq!(both(began("results/x", 1.5), other), Ok(()));
        let told = both(began("results/x", 1.5), began("results/x", 1.5)).unwrap_err().to_string();
        assert_eq!(told, "results/x was given more than once: a run is one repetition");
        let told = both(began("results/x", 1.5), began("copy", 1.5)).unwrap_err().to_string();
        assert_eq!(told, "copy was given more than once, also as results/x: a run is one repetition");
    }
}
