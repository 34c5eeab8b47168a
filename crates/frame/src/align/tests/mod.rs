#![allow(clippy::unwrap_used)]

mod counter;
mod histogram;
mod levels;
mod lives;
mod properties;

use std::sync::Arc;

use crate::clock::Bins;
use swarmlab_record::series::{Identity, Sample, Series, fixture};

/// One task's series, scraped each second.
fn series(samples: &[(f64, f64)], born: Option<f64>, died: Option<f64>) -> Series {
    let identity = Identity { metric: "m".into(), ..fixture::identity("web", "web.1") };
    Series {
        identity: Arc::new(identity),
        interval_s: 1.0,
        samples: samples.iter().map(|&(t, v)| Sample::new(t, v)).collect(),
        born_unix_s: born,
        died_unix_s: died,
    }
}

fn bins(origin: f64, width: f64, count: usize) -> Bins {
    Bins::new(origin, width, count).unwrap()
}
