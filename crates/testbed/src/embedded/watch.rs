//! What happens to the children by themselves, and what they used.
//!
//! No health check of its own disturbs what is measured: a task whose metrics can be read answers, and one whose
//! metrics cannot be read three times in a row counts as unhealthy until they can.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use swarmlab_telemetry::TelemetryError;
use swarmlab_telemetry::sampler::{self, Round, Watched};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Inner;
use crate::Observation;
use crate::chronicle::Told;
use crate::seam::{Out, SAMPLE_EVERY};

/// How often it is looked for children that ended.
const LOOK: Duration = Duration::from_millis(200);
/// So many rounds without an answer make a task unhealthy.
const MISSES: u32 = 3;
/// Rounds of samples that may wait for an observer.
const ROUNDS_WAITING: usize = 4;

/// Tells of children that end, until the bed goes down.
pub async fn look(bed: Arc<Inner>) {
    loop {
        tokio::select! {
            () = bed.going.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
        for service in bed.fleet.look() {
            if let Err(e) = bed.tell_proxies(&service, Duration::ZERO).await {
                bed.fleet.story.tell(Told::Warning(e.to_string()));
            }
        }
    }
}

/// Passes the story and the samples on, each in a task of its own.
pub fn observe(bed: &Arc<Inner>, out: Out, cancel: CancellationToken) {
    let (rounds, received) = mpsc::channel(ROUNDS_WAITING);
    if let Ok(mut all) = bed.fleet.rounds.lock() {
        all.retain(|known| !known.is_closed());
        all.push(rounds.clone());
    }
    let (story, samples) = (Arc::clone(bed), Arc::clone(bed));
    let (for_story, stop, going) = (out.clone(), cancel.clone(), bed.going.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = going.cancelled() => {}
            _ = story.fleet.story.follow(&for_story) => {}
        }
    });
    let (watched, catalogues) = (bed.fleet.watched.subscribe(), Arc::clone(&bed.options.catalogues));
    let sampling = tokio::spawn(sampler::run(watched, catalogues, SAMPLE_EVERY, rounds));
    tokio::spawn(async move {
        let going = samples.going.clone();
        tokio::select! {
            () = cancel.cancelled() => {}
            () = going.cancelled() => {}
            _ = pass_on(&samples, received, &out) => {}
        }
        sampling.abort();
    });
}

async fn pass_on(bed: &Inner, mut rounds: mpsc::Receiver<Round>, out: &Out) -> Option<()> {
    let mut missed = BTreeMap::new();
    loop {
        let (samples, errors) = rounds.recv().await?;
        let watched = bed.fleet.watched.borrow().clone();
        judge(bed, &watched, &errors, &mut missed);
        out.send(Observation::Samples(samples)).await.ok()?;
        // What was about to end while it was read, is no news.
        for error in errors.into_iter().filter(|e| watched.iter().any(|w| concerns(e, w))) {
            out.send(Observation::TelemetryFailed(error)).await.ok()?;
        }
    }
}

fn concerns(error: &TelemetryError, watched: &Watched) -> bool {
    match error {
        TelemetryError::Scrape { url, .. } => *url == watched.metrics_url,
        TelemetryError::Process { pid, .. } => *pid == watched.pid,
        TelemetryError::Prometheus { .. } => false,
    }
}

/// Takes a round as a health check: a task that does not answer again and again is told as unhealthy.
fn judge(bed: &Inner, watched: &[Watched], errors: &[TelemetryError], missed: &mut BTreeMap<String, u32>) {
    missed.retain(|task, _| watched.iter().any(|w| w.task == *task));
    for w in watched {
        let times = missed.entry(w.task.clone()).or_default();
        if !errors.iter().any(|e| concerns(e, w)) {
            if *times >= MISSES
                && bed.fleet.set_healthy(&w.task, true, &format!("task {} answers again", w.task))
            {
                bed.fleet.story.tell(Told::Warning(format!("{} answers again", w.task)));
            }
            *times = 0;
            continue;
        }
        *times += 1;
        if *times == MISSES && bed.fleet.set_healthy(&w.task, false, &format!("task {} unhealthy", w.task)) {
            let said = format!("{} became unhealthy: it did not answer {MISSES} times in a row", w.task);
            bed.fleet.story.tell(Told::Warning(said));
        }
    }
}
