#![allow(clippy::unwrap_used)]

mod counter;
mod histogram;
mod levels;
mod properties;

use std::collections::BTreeMap;

use crate::clock::Bins;
use crate::series::{Kind, Sample, Series};

/// One task's series, scraped each second.
fn series(samples: &[(f64, f64)], born: Option<f64>, died: Option<f64>) -> Series {
    Series {
        service: "web".into(),
        task: "web.1".into(),
        metric: "m".into(),
        unit: String::new(),
        kind: Kind::Counter,
        scrape_interval_s: 1.0,
        labels: BTreeMap::new(),
        samples: samples.iter().map(|&(t, v)| Sample::new(t, v)).collect(),
        born_unix_s: born,
        died_unix_s: died,
    }
}

fn bins(origin: f64, width: f64, count: usize) -> Bins {
    Bins::new(origin, width, count).unwrap()
}
