//! `series.parquet`: who.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use swarmlab_record::FileError;
use swarmlab_record::metric::{Kind, Meaning};
use swarmlab_record::series::{Head, Identity};

use crate::store::parquet::{Sheet, Spec, Values, read};

pub(super) fn write(path: &Path, all: &[Head]) -> Result<(), FileError> {
    let labels: Vec<String> = all
        .iter()
        .map(|s| serde_json::to_string(&s.identity.labels))
        .collect::<Result<_, _>>()
        .map_err(|e| FileError::column(path, "labels", e))?;
    let mut sheet = Sheet::new(all.len());
    let number = Values::Counts((0..all.len() as u64).collect());
    sheet.push(Spec::counts("series", "", "number of the series in samples.parquet"), number);
    let mut words = |name: &str, source: &str, pick: fn(&Identity) -> &str| {
        let values = Values::Texts(all.iter().map(|s| pick(&s.identity).to_owned()).collect());
        sheet.push(Spec::texts(name, source), values);
    };
    words("service", "service as named in the stack", |s| &s.service);
    words("task", "task that was measured, by the orchestrator's name or by address", |s| &s.task);
    words("metric", "name at the source", |s| &s.metric);
    words("meaning", "what it says, whatever its source calls it", |s| s.meaning.name());
    words("kind", "counter, gauge or bucket: how it is brought onto bins", |s| s.kind.name());
    words("unit", "unit of value times scale (of a bucket: of the label le times scale)", |s| &s.unit);
    words("upstream", "service behind a proxy that the series speaks of; empty: none", |s| {
        s.upstream.as_deref().unwrap_or_default()
    });
    sheet.push(Spec::texts("labels", "further labels, a JSON object"), Values::Texts(labels));
    let exact = Values::Counts(all.iter().map(|s| u64::from(s.identity.task_is_exact)).collect());
    sheet.push(
        Spec::counts("task_is_exact", "", "1: task is the orchestrator's own name, 0: an address"),
        exact,
    );
    sheet.push(
        Spec::counts("samples", "samples", "rows of the series in samples.parquet"),
        Values::Counts(all.iter().map(|s| s.samples).collect()),
    );
    let mut whole = |name: &str, unit: &str, source: &str, pick: fn(&Head) -> f64| {
        let values = Values::AllNumbers(all.iter().map(pick).collect());
        sheet.push(Spec::all_numbers(name, unit, source), values);
    };
    whole("scale", "", "factor from the source's numbers to the unit", |s| s.identity.scale);
    whole("interval_s", "s", "time between samples, mean of the gaps without holes", |s| s.interval_s);
    let mut times = |name: &str, source: &str, pick: fn(&Head) -> Option<f64>| {
        sheet.push(Spec::numbers(name, "s", source), Values::Numbers(all.iter().map(pick).collect()));
    };
    times("born_unix_s", "start of the task, orchestrator's events; null: unknown", |s| s.born_unix_s);
    times("died_unix_s", "end of the task, orchestrator's events; null: alive or unknown", |s| s.died_unix_s);
    times("first_unix_s", "time of the first sample", |s| s.first_unix_s);
    times("last_unix_s", "time of the last sample", |s| s.last_unix_s);
    sheet.write(path, &[("swarmlab.table", "series".into())])
}

/// Reads all series, and whether the file says when their samples begin and end (files of before do not).
pub(super) fn read_all(path: &Path) -> Result<(Vec<Head>, bool), FileError> {
    let sheet = read(path)?;
    let texts = |name| sheet.texts(name);
    let (service, task, metric) = (texts("service")?, texts("task")?, texts("metric")?);
    let (meaning, kind, unit) = (texts("meaning")?, texts("kind")?, texts("unit")?);
    let (upstream, labels) = (texts("upstream")?, texts("labels")?);
    let (scale, interval_s) = (sheet.all_numbers("scale")?, sheet.all_numbers("interval_s")?);
    let exact = sheet.counts("task_is_exact")?;
    let (born, died) = (sheet.numbers("born_unix_s")?, sheet.numbers("died_unix_s")?);
    let spanned = ["first_unix_s", "last_unix_s", "samples"].iter().all(|name| sheet.has(name));
    let unknown = || Ok(vec![None; service.len()]);
    let first = if spanned { sheet.numbers("first_unix_s") } else { unknown() }?;
    let last = if spanned { sheet.numbers("last_unix_s") } else { unknown() }?;
    let samples = if spanned { sheet.counts("samples") } else { Ok(vec![0; service.len()]) }?;
    let wrong = |column, problem: String| FileError::column(path, column, problem);
    let mut all = Vec::with_capacity(service.len());
    for i in 0..service.len() {
        let labels: BTreeMap<String, String> =
            serde_json::from_str(&labels[i]).map_err(|e| wrong("labels", e.to_string()))?;
        let kind = Kind::from_name(&kind[i])
            .ok_or_else(|| wrong("kind", format!("{:?} is no kind of metric", kind[i])))?;
        let identity = Identity {
            service: service[i].clone(),
            task: task[i].clone(),
            metric: metric[i].clone(),
            meaning: Meaning::named(meaning[i].clone()),
            kind,
            unit: unit[i].clone(),
            scale: scale[i],
            upstream: Some(upstream[i].clone()).filter(|u| !u.is_empty()),
            task_is_exact: exact[i] != 0,
            labels,
        };
        all.push(Head {
            identity: Arc::new(identity),
            interval_s: interval_s[i],
            born_unix_s: born[i],
            died_unix_s: died[i],
            first_unix_s: first[i],
            last_unix_s: last[i],
            samples: samples[i],
        });
    }
    Ok((all, spanned))
}
