//! What the stack's Prometheus is asked for while a run lasts.

use swarmlab_telemetry::QuerySource;
use swarmlab_telemetry::prometheus::PrometheusSource;
use tokio::time::{Interval, MissedTickBehavior};

use crate::observation::Observation;
use crate::seam::{Out, SAMPLE_EVERY};

/// Passes on what Prometheus stored since the last look, until nobody listens.
pub async fn fetch(mut source: PrometheusSource, out: Out) {
    let mut ticks = ticks();
    loop {
        ticks.tick().await;
        let news = match source.fetch().await {
            Ok(round) => Observation::Samples(round),
            Err(e) => Observation::TelemetryFailed(e),
        };
        let remarks = source.remarks().into_iter().map(|r| Observation::Warning(r.text));
        for news in std::iter::once(news).chain(remarks) {
            if out.send(news).await.is_err() {
                return;
            }
        }
    }
}

/// Passes on what a query of the user's is answered, and once why it is no column, until nobody listens.
pub async fn ask(mut query: QuerySource, out: Out) {
    let mut ticks = ticks();
    let mut told = false;
    loop {
        ticks.tick().await;
        let news = match query.ask().await {
            Ok(answers) if answers.is_empty() => continue,
            Ok(answers) => Observation::Samples(answers),
            Err(_) if told => continue,
            Err(why) => {
                told = true;
                Observation::Warning(why)
            }
        };
        if out.send(news).await.is_err() {
            return;
        }
    }
}

fn ticks() -> Interval {
    let mut ticks = tokio::time::interval(SAMPLE_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    ticks
}
