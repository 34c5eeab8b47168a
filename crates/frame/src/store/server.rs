//! `server.parquet` of the first layout: the tidy table, one row a sample.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use swarmlab_record::series::{Sample, Series};
use swarmlab_record::{FileError, identity_in_layout_1};

use super::parquet::read;

/// Reads the table of the first layout. Consecutive rows that agree in everything but time and value are one series.
///
/// # Errors
/// [`FileError`] naming the file, and the column when it is not as expected.
pub fn read_server(path: &Path) -> Result<Vec<Series>, FileError> {
    let sheet = read(path)?;
    let t_unix_s = sheet.numbers("t_unix_s")?;
    let value = sheet.numbers("value")?;
    let service = sheet.texts("service")?;
    let task = sheet.texts("task")?;
    let metric = sheet.texts("metric")?;
    let labels = sheet.texts("labels")?;
    let scrape_interval_s = sheet.all_numbers("scrape_interval_s")?;
    let born_unix_s = sheet.numbers("born_unix_s")?;
    let died_unix_s = sheet.numbers("died_unix_s")?;
    let same = |a: usize, b: usize| {
        [&service, &task, &metric, &labels].iter().all(|c| c[a] == c[b])
            && scrape_interval_s[a] == scrape_interval_s[b]
            && born_unix_s[a] == born_unix_s[b]
            && died_unix_s[a] == died_unix_s[b]
    };
    let mut all: Vec<Series> = Vec::new();
    for i in 0..t_unix_s.len() {
        let mut continued = all.last_mut().filter(|_| i > 0 && same(i - 1, i));
        if continued.is_none() {
            let wrong = |column, problem: String| FileError::column(path, column, problem);
            let labels: BTreeMap<String, String> =
                serde_json::from_str(&labels[i]).map_err(|e| wrong("labels", e.to_string()))?;
            let unknown = || wrong("metric", format!("{:?} was never collected", metric[i]));
            let identity =
                identity_in_layout_1(service[i].clone(), task[i].clone(), metric[i].clone(), labels)
                    .ok_or_else(unknown)?;
            all.push(Series {
                identity: Arc::new(identity),
                interval_s: scrape_interval_s[i],
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
