//! `series.parquet` and `samples.parquet`: who, and what when. One row a series, one row a sample, joined by `series`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use swarmlab_record::FileError;
use swarmlab_record::metric::{Kind, Meaning};
use swarmlab_record::series::{Identity, Sample, Series};

use super::parquet::{Sheet, read};

/// Writes both tables. Samples are in the order of the series, and within a series in order of time.
///
/// # Errors
/// [`FileError`] naming the file.
pub fn write_series(series_path: &Path, samples_path: &Path, all: &[Series]) -> Result<(), FileError> {
    let labels: Vec<String> = all
        .iter()
        .map(|s| serde_json::to_string(&s.identity.labels))
        .collect::<Result<_, _>>()
        .map_err(|e| FileError::column(series_path, "labels", e))?;
    let mut sheet = Sheet::new(all.len());
    let each = || all.iter().map(|s| s.identity.as_ref());
    sheet.counts("series", 0..all.len() as u64);
    sheet.texts("service", each().map(|s| s.service.as_str()));
    sheet.texts("task", each().map(|s| s.task.as_str()));
    sheet.texts("metric", each().map(|s| s.metric.as_str()));
    sheet.texts("meaning", each().map(|s| s.meaning.name()));
    sheet.texts("kind", each().map(|s| s.kind.name()));
    sheet.texts("unit", each().map(|s| s.unit.as_str()));
    sheet.numbers("scale", each().map(|s| Some(s.scale)));
    sheet.texts("upstream", each().map(|s| s.upstream.as_deref().unwrap_or_default()));
    sheet.counts("task_is_exact", each().map(|s| u64::from(s.task_is_exact)));
    sheet.texts("labels", labels.iter().map(String::as_str));
    sheet.numbers("interval_s", all.iter().map(|s| Some(s.interval_s)));
    sheet.numbers("born_unix_s", all.iter().map(|s| s.born_unix_s));
    sheet.numbers("died_unix_s", all.iter().map(|s| s.died_unix_s));
    sheet.write(series_path, None)?;
    let rows = || all.iter().enumerate().flat_map(|(i, s)| s.samples.iter().map(move |p| (i as u64, *p)));
    let mut sheet = Sheet::new(rows().count());
    sheet.counts("series", rows().map(|(i, _)| i));
    sheet.numbers("t_unix_s", rows().map(|(_, p)| Some(p.t_unix_s)));
    sheet.numbers("value", rows().map(|(_, p)| Some(p.value)));
    sheet.write(samples_path, None)
}

/// Reads what [`write_series`] wrote, series in the same order.
///
/// # Errors
/// [`FileError`] naming the file, and the column when it is not as expected.
pub fn read_series(series_path: &Path, samples_path: &Path) -> Result<Vec<Series>, FileError> {
    let (sheet, _) = read(series_path, "")?;
    let texts = |name| sheet.texts(name);
    let (service, task, metric) = (texts("service")?, texts("task")?, texts("metric")?);
    let (meaning, kind, unit) = (texts("meaning")?, texts("kind")?, texts("unit")?);
    let (upstream, labels) = (texts("upstream")?, texts("labels")?);
    let (scale, interval_s) = (sheet.all_numbers("scale")?, sheet.all_numbers("interval_s")?);
    let exact = sheet.counts("task_is_exact")?;
    let (born, died) = (sheet.numbers("born_unix_s")?, sheet.numbers("died_unix_s")?);
    let wrong = |column, problem: String| FileError::column(series_path, column, problem);
    let mut all = Vec::with_capacity(sheet.height());
    for i in 0..sheet.height() {
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
        all.push(Series {
            identity: Arc::new(identity),
            interval_s: interval_s[i],
            samples: Vec::new(),
            born_unix_s: born[i],
            died_unix_s: died[i],
        });
    }
    let (samples, _) = read(samples_path, "")?;
    let (of, t, value) =
        (samples.counts("series")?, samples.all_numbers("t_unix_s")?, samples.all_numbers("value")?);
    for ((i, t_unix_s), value) in of.into_iter().zip(t).zip(value) {
        let series = usize::try_from(i).ok().and_then(|i| all.get_mut(i));
        let Some(series) = series else {
            return Err(FileError::column(samples_path, "series", format!("no series has the number {i}")));
        };
        series.samples.push(Sample { t_unix_s, value });
    }
    Ok(all)
}
