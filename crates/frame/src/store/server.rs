//! `server.parquet`: the tidy table, one row a sample.

use std::collections::BTreeMap;
use std::path::Path;

use super::StoreError;
use super::parquet::{Sheet, read};
use crate::series::{Kind, Sample, Series};

/// Writes series as the tidy table `t_unix_s, service, task, metric, labels, kind, unit, value,
/// scrape_interval_s, born_unix_s, died_unix_s`.
///
/// `labels` is a JSON object with sorted keys. A series without samples is one row whose time is
/// null, so that the life of a task nobody could measure is not forgotten.
///
/// # Errors
/// [`StoreError`] naming the file.
pub fn write_server(path: &Path, series: &[Series]) -> Result<(), StoreError> {
    let labels: Vec<String> = series
        .iter()
        .map(|s| serde_json::to_string(&s.labels))
        .collect::<Result<_, _>>()
        .map_err(|e| StoreError::column(path, "labels", e))?;
    let rows: Vec<(usize, Option<Sample>)> = series
        .iter()
        .enumerate()
        .flat_map(|(i, s)| {
            let lone = s.samples.is_empty().then_some((i, None));
            s.samples.iter().map(move |sample| (i, Some(*sample))).chain(lone)
        })
        .collect();
    let mut sheet = Sheet::new(rows.len());
    let owners = || rows.iter().map(|(i, _)| &series[*i]);
    sheet.numbers("t_unix_s", rows.iter().map(|(_, s)| s.map(|s| s.t_unix_s)));
    sheet.texts("service", owners().map(|s| s.service.as_str()));
    sheet.texts("task", owners().map(|s| s.task.as_str()));
    sheet.texts("metric", owners().map(|s| s.metric.as_str()));
    sheet.texts("labels", rows.iter().map(|(i, _)| labels[*i].as_str()));
    sheet.texts("kind", owners().map(|s| s.kind.as_str()));
    sheet.texts("unit", owners().map(|s| s.unit.as_str()));
    sheet.numbers("value", rows.iter().map(|(_, s)| s.map(|s| s.value)));
    sheet.numbers("scrape_interval_s", owners().map(|s| Some(s.scrape_interval_s)));
    sheet.numbers("born_unix_s", owners().map(|s| s.born_unix_s));
    sheet.numbers("died_unix_s", owners().map(|s| s.died_unix_s));
    sheet.write(path, None)
}

/// Reads what [`write_server`] wrote, series in the same order.
///
/// Consecutive rows that agree in everything but time and value are one series; so are two series
/// written one after the other that agree in everything (see [`crate::series::merge`]).
///
/// # Errors
/// [`StoreError`] naming the file, and the column when it is not as expected.
pub fn read_server(path: &Path) -> Result<Vec<Series>, StoreError> {
    let (sheet, _) = read(path, "")?;
    let t_unix_s = sheet.numbers("t_unix_s")?;
    let value = sheet.numbers("value")?;
    let service = sheet.texts("service")?;
    let task = sheet.texts("task")?;
    let metric = sheet.texts("metric")?;
    let labels = sheet.texts("labels")?;
    let kind = sheet.texts("kind")?;
    let unit = sheet.texts("unit")?;
    let scrape_interval_s = sheet.all_numbers("scrape_interval_s")?;
    let born_unix_s = sheet.numbers("born_unix_s")?;
    let died_unix_s = sheet.numbers("died_unix_s")?;
    let same = |a: usize, b: usize| {
        [&service, &task, &metric, &labels, &kind, &unit].iter().all(|c| c[a] == c[b])
            && scrape_interval_s[a] == scrape_interval_s[b]
            && born_unix_s[a] == born_unix_s[b]
            && died_unix_s[a] == died_unix_s[b]
    };
    let mut all: Vec<Series> = Vec::new();
    for i in 0..sheet.height() {
        let mut continued = all.last_mut().filter(|_| i > 0 && same(i - 1, i));
        if continued.is_none() {
            let wrong = |column, problem: String| StoreError::column(path, column, problem);
            let labels: BTreeMap<String, String> =
                serde_json::from_str(&labels[i]).map_err(|e| wrong("labels", e.to_string()))?;
            let kind = Kind::from_name(&kind[i])
                .ok_or_else(|| wrong("kind", format!("{:?} is no kind of metric", kind[i])))?;
            all.push(Series {
                service: service[i].clone(),
                task: task[i].clone(),
                metric: metric[i].clone(),
                unit: unit[i].clone(),
                kind,
                scrape_interval_s: scrape_interval_s[i],
                labels,
                samples: Vec::new(),
                born_unix_s: born_unix_s[i],
                died_unix_s: died_unix_s[i],
            });
            continued = all.last_mut();
        }
        if let (Some(series), Some((t, value))) = (continued, t_unix_s[i].zip(value[i])) {
            series.samples.push(Sample::new(t, value));
        }
    }
    Ok(all)
}
