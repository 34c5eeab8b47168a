//! The journal of samples becomes Parquet in a bounded amount of memory.
//!
//! The journal is in the order of time, the tables are in the order of series. Reading it costs some nanoseconds a sample,
//! so it is read several times, each time for as many series as fit into memory, rather than spread over files and read
//! back. Series of one service, meaning and set of labels lie next to each other, which is the order in which the analysis
//! needs the fewest of them at a time.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use swarmlab_analysis::assemble;
use swarmlab_frame::store::SeriesWriter;
use swarmlab_record::samples::{Entry, scan};
use swarmlab_record::series::{Head, Identity, Sample, Series};
use swarmlab_record::topology::TaskLife;
use swarmlab_record::{FileError, folder::RunFolder};

/// Samples held at once: 16 bytes each. A single longer series is held whole.
const HELD: u64 = 4 << 20;
/// Taken for the interval of a series of a single sample, seconds.
const EXPECTED_INTERVAL_S: f64 = 1.0;

/// A series as the journal tells it.
struct Found {
    number: u32,
    head: Head,
}

/// Writes `series.parquet` and `samples.parquet` from a journal; times are moved back by `shift_s`.
///
/// # Errors
/// [`FileError`] naming the file.
pub fn samples(
    folder: &RunFolder,
    journal: &Path,
    lives: &[TaskLife],
    shift_s: f64,
) -> Result<(), FileError> {
    samples_holding(HELD, folder, journal, lives, shift_s)
}

fn samples_holding(
    held: u64,
    folder: &RunFolder,
    journal: &Path,
    lives: &[TaskLife],
    shift_s: f64,
) -> Result<(), FileError> {
    let mut found = survey(journal, shift_s)?;
    found.sort_by(|a, b| order(&a.head.identity).cmp(&order(&b.head.identity)));
    let mut heads: Vec<Head> = found.iter().map(|f| f.head.clone()).collect();
    assemble::give_lives(&mut heads, lives);
    let mut writer = SeriesWriter::create(&folder.series(), &folder.samples())?;
    let mut begin = 0;
    while begin < found.len() {
        let mut count = 0;
        let fits = found[begin..].iter().take_while(|f| {
            count += f.head.samples;
            count <= held
        });
        let end = begin + fits.count().max(1);
        let samples = gather(journal, &found[begin..end], shift_s)?;
        for (head, samples) in heads[begin..end].iter().zip(samples) {
            let series = Series::new(Arc::clone(&head.identity), samples, EXPECTED_INTERVAL_S);
            let (born_unix_s, died_unix_s) = (head.born_unix_s, head.died_unix_s);
            writer.push(&Series { born_unix_s, died_unix_s, ..series })?;
        }
        begin = end;
    }
    writer.finish()
}

fn order(is: &Identity) -> impl Ord {
    (&is.service, &is.meaning, &is.upstream, &is.labels)
}

/// Which series there are, in the order in which they were named, how many samples each has, from when to when.
fn survey(journal: &Path, shift_s: f64) -> Result<Vec<Found>, FileError> {
    let mut found: Vec<Found> = Vec::new();
    let mut place: HashMap<u32, usize> = HashMap::new();
    scan(journal, |entry| match entry {
        Entry::Series(number, identity) => {
            place.insert(number, found.len());
            let head = Head {
                identity: Arc::new(identity),
                interval_s: EXPECTED_INTERVAL_S,
                born_unix_s: None,
                died_unix_s: None,
                first_unix_s: None,
                last_unix_s: None,
                samples: 0,
            };
            found.push(Found { number, head });
        }
        Entry::Sample(number, sample) => {
            let Some(series) = place.get(&number).and_then(|i| found.get_mut(*i)) else { return };
            let t = sample.t_unix_s - shift_s;
            series.head.samples += 1;
            series.head.first_unix_s = Some(series.head.first_unix_s.map_or(t, |first| first.min(t)));
            series.head.last_unix_s = Some(series.head.last_unix_s.map_or(t, |last| last.max(t)));
        }
    })?;
    Ok(found)
}

/// The samples of some series, each in the order in which they were appended.
fn gather(journal: &Path, of: &[Found], shift_s: f64) -> Result<Vec<Vec<Sample>>, FileError> {
    let mut out: Vec<Vec<Sample>> = of.iter().map(|f| Vec::with_capacity(f.head.samples as usize)).collect();
    // Numbers count from 0, so a table is faster than a map, and a sample of other series costs one look.
    let numbers = of.iter().map(|f| f.number as usize + 1).max().unwrap_or(0);
    let mut place: Vec<Option<usize>> = vec![None; numbers];
    for (i, f) in of.iter().enumerate() {
        place[f.number as usize] = Some(i);
    }
    scan(journal, |entry| {
        if let Entry::Sample(number, sample) = entry
            && let Some(Some(samples)) = place.get(number as usize).map(|i| i.and_then(|i| out.get_mut(i)))
        {
            samples.push(Sample { t_unix_s: sample.t_unix_s - shift_s, ..sample });
        }
    })?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::path::PathBuf;

    use swarmlab_frame::store::read_series;
    use swarmlab_record::samples::SampleJournal;
    use swarmlab_record::series::{Reading, fixture};

    use super::*;

    fn folder() -> (tempfile::TempDir, RunFolder, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::open(dir.path());
        let journal = folder.server_journal();
        (dir, folder, journal)
    }

    #[test]
    fn however_little_is_held_the_tables_are_the_same() {
        let (_dir, folder, path) = folder();
        let mut journal = SampleJournal::create(&path).unwrap();
        let name = |service: &str, task: &str| Arc::new(fixture::identity(service, task));
        let all = [name("web", "b"), name("db", "x"), name("web", "a")];
        for t in 0..50 {
            for (i, series) in all.iter().enumerate().filter(|(i, _)| t % (i + 1) == 0) {
                // Pieces of ranges overlap: the last that was written of one time counts.
                for value in [0.0, (t * i) as f64] {
                    let reading = Reading { series: Arc::clone(series), t_unix_s: 100.0 + t as f64, value };
                    journal.append(&reading, t as f64).unwrap();
                }
            }
        }
        journal.finish().unwrap();
        let life =
            TaskLife { service: "db".into(), task: "x".into(), born_unix_s: Some(7.0), died_unix_s: None };
        let mut before = None;
        for held in [1, 30, 60, 120, HELD] {
            samples_holding(held, &folder, &path, std::slice::from_ref(&life), 0.5).unwrap();
            let series = read_series(&folder.series(), &folder.samples()).unwrap();
            assert!(before.replace(series.clone()).is_none_or(|b| b == series), "{held}");
        }
        let series = before.unwrap();
        let who: Vec<_> = series.iter().map(|s| (&*s.identity.service, &*s.identity.task)).collect();
        // By service, and within it in the order in which they came.
        assert_eq!(who, [("db", "x"), ("web", "b"), ("web", "a")]);
        assert_eq!((series[0].born_unix_s, series[0].interval_s), (Some(7.0), 2.0));
        assert_eq!(series[2].samples[1], Sample::new(102.5, 6.0));
        assert_eq!(series[1].samples.len(), 50);
    }

    #[test]
    fn an_empty_journal_gives_empty_tables() {
        let (_dir, folder, path) = folder();
        SampleJournal::create(&path).unwrap().finish().unwrap();
        samples(&folder, &path, &[], 0.0).unwrap();
        assert_eq!(read_series(&folder.series(), &folder.samples()).unwrap(), []);
    }
}
