//! All parts together: series by series, each with its samples in order of time, in a bounded amount of memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use swarmlab_catalogue::answer::{Labels, Point};

use super::PastError;
use super::parts::Parts;

/// Samples held at once: 16 bytes each. A single longer series is held whole.
const HELD: u64 = 4 << 20;

/// Takes a series with its samples.
pub type Take<'a, E> = dyn FnMut(&Labels, &[Point]) -> Result<(), E> + 'a;

/// What all parts hold.
pub struct Joined<'a> {
    parts: &'a Parts,
    /// Labels as JSON and number of samples of each series, in the order of the labels.
    series: Vec<(String, u64)>,
    /// Names of all labels.
    pub labels: BTreeSet<String>,
    /// Everything that Prometheus warned of, each once.
    pub warnings: BTreeSet<String>,
    /// Samples of all series.
    pub samples: u64,
}

impl<'a> Joined<'a> {
    /// Surveys the parts; all must be there.
    ///
    /// # Errors
    /// [`PastError`]: a part cannot be read.
    pub fn new(parts: &'a Parts) -> Result<Self, PastError> {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let (mut warnings, mut samples) = (BTreeSet::new(), 0);
        for index in 0..parts.count() {
            let told = parts.read(index, &mut |labels, count, _| {
                samples += count;
                match counts.get_mut(labels) {
                    Some(all) => *all += count,
                    None => {
                        counts.insert(labels.to_owned(), count);
                    }
                }
                Ok(())
            })?;
            warnings.extend(told);
        }
        let mut labels = BTreeSet::new();
        for text in counts.keys() {
            labels.extend(read(text)?.into_keys());
        }
        let series = counts.into_iter().filter(|(_, count)| *count > 0).collect();
        Ok(Self { parts, series, labels, warnings, samples })
    }

    /// Number of series.
    pub fn series(&self) -> usize {
        self.series.len()
    }

    /// The labels of each series, in the order of [`Joined::each`].
    ///
    /// # Errors
    /// [`PastError`].
    pub fn heads(&self) -> impl Iterator<Item = Result<Labels, PastError>> {
        self.series.iter().map(|(text, _)| read(text))
    }

    /// Hands over each series with its samples.
    ///
    /// # Errors
    /// [`PastError`], and whatever the taker says.
    pub fn each<E: From<PastError>>(&self, take: &mut Take<'_, E>) -> Result<(), E> {
        self.each_holding(HELD, take)
    }

    fn each_holding<E: From<PastError>>(&self, held: u64, take: &mut Take<'_, E>) -> Result<(), E> {
        let mut begin = 0;
        while begin < self.series.len() {
            let mut count = 0;
            let fits = self.series[begin..].iter().take_while(|(_, n)| {
                count += n;
                count <= held
            });
            let some = &self.series[begin..begin + fits.count().max(1)];
            begin += some.len();
            for ((text, _), points) in some.iter().zip(self.gather(some)?) {
                take(&read(text)?, &points)?;
            }
        }
        Ok(())
    }

    fn gather(&self, some: &[(String, u64)]) -> Result<Vec<Vec<Point>>, PastError> {
        let place: HashMap<&str, usize> =
            some.iter().enumerate().map(|(i, (text, _))| (&**text, i)).collect();
        let mut out: Vec<Vec<Point>> = some.iter().map(|(_, n)| Vec::with_capacity(*n as usize)).collect();
        for index in 0..self.parts.count() {
            self.parts.read(index, &mut |labels, _, samples| match place.get(labels) {
                Some(i) => samples.take(&mut out[*i]),
                None => Ok(()),
            })?;
        }
        // Pieces are in order, and so are the samples of each: only an answer that told a series twice breaks it.
        for ((text, _), points) in some.iter().zip(&out) {
            if let Some(pair) = points.windows(2).find(|w| w[1].t_ms <= w[0].t_ms) {
                let why = format!("two samples of {text} at {} ms, or out of order", pair[1].t_ms);
                return Err(PastError::Part { path: "an answer".into(), why });
            }
        }
        Ok(out)
    }
}

fn read(text: &str) -> Result<Labels, PastError> {
    serde_json::from_str(text).map_err(|e| PastError::Part { path: "a part".into(), why: e.to_string() })
}
