//! What controllers can know: it is fed by what goes by, and remembers as much as they may look back.

use std::collections::BTreeMap;
use std::sync::Arc;

use swarmlab_analysis::Raw;
use swarmlab_analysis::assemble::AssembleError;
use swarmlab_analysis::replay::{Live, is_needed};
use swarmlab_control::Observation;
use swarmlab_record::client::{self, ALL_ENDPOINTS};
use swarmlab_record::events::Event;
use swarmlab_record::integrity::Integrity;
use swarmlab_record::manifest::Manifest;
use swarmlab_record::series::{Identity, Reading, Sample, Series};

use crate::message::News;

/// Values are looked for so far back at least, seconds: several rounds of a slow source.
const LEAST_S: f64 = 30.0;
/// And so far at most: what is older is missing rather than stale, and holds all the same.
const MOST_S: f64 = 120.0;
/// Samples are kept so much longer, seconds: what begins a window lies before it.
const BEFORE_S: f64 = 30.0;
/// Where a series has one sample its interval is not known yet, seconds.
const INTERVAL_S: f64 = 1.0;

/// A series by what tells it apart.
type Key = (String, String, String, Option<String>, BTreeMap<String, String>);

pub(super) struct View {
    live: Live,
    series: BTreeMap<Key, (Arc<Identity>, Vec<Sample>)>,
    /// The samples' clock less ours, where they are known to differ.
    shift_s: f64,
}

impl View {
    /// Nothing was seen yet; readings may be acted on until they are so old.
    pub fn new(manifest: Manifest, stale_after_s: f64) -> Self {
        let raw = Raw {
            manifest,
            client: Vec::new(),
            events: Vec::new(),
            decisions: Vec::new(),
            files: Integrity::default(),
        };
        let keep_s = stale_after_s.clamp(LEAST_S, MOST_S);
        Self { live: Live { raw, series: Vec::new(), keep_s }, series: BTreeMap::new(), shift_s: 0.0 }
    }

    pub fn see(&mut self, t_unix_s: f64, news: &News) {
        let raw = &mut self.live.raw;
        match news {
            News::CameUp { clock_offset, .. } => {
                // As the run's own samples are put onto one clock when it is sealed.
                let told = clock_offset.filter(|o| o.offset_s.abs() > o.error_s);
                self.shift_s = told.map_or(0.0, |o| o.offset_s);
            }
            News::NextTrial(_) => {
                (raw.manifest.windows, raw.client, raw.events) = (None, Vec::new(), Vec::new());
                self.series.clear();
            }
            News::Windows(windows) => raw.manifest.windows = *windows,
            News::Replicas(event) => raw.events.push(Event::Replicas(event.clone())),
            News::Task(life) => raw.events.push(Event::Task(life.clone())),
            News::Interval { load, interval } => {
                let rows = client::rows(interval, load.part.phase());
                raw.client.extend(rows.into_iter().filter(|r| r.endpoint == ALL_ENDPOINTS));
                let since = t_unix_s - self.live.keep_s - BEFORE_S;
                raw.client.retain(|r| r.t_unix_s >= since);
            }
            News::Samples(readings) => self.sampled(t_unix_s, readings),
            _ => {}
        }
    }

    fn sampled(&mut self, t_unix_s: f64, readings: &[Reading]) {
        for r in readings.iter().filter(|r| is_needed(&r.series.meaning)) {
            let is = &r.series;
            let key = (
                is.service.clone(),
                is.task.clone(),
                is.metric.clone(),
                is.upstream.clone(),
                is.labels.clone(),
            );
            let (_, samples) = self.series.entry(key).or_insert_with(|| (Arc::clone(is), Vec::new()));
            samples.push(Sample::new(r.t_unix_s - self.shift_s, r.value));
        }
        let since = t_unix_s - self.live.keep_s - BEFORE_S;
        self.series.retain(|_, (_, samples)| {
            samples.retain(|s| s.t_unix_s >= since);
            !samples.is_empty()
        });
    }

    /// What is known of a service now; `None` where nobody knows its replicas.
    pub fn observe(&mut self, service: &str, now_unix_s: f64) -> Result<Option<Observation>, AssembleError> {
        let series = |(is, samples): &(Arc<Identity>, Vec<Sample>)| {
            Series::new(Arc::clone(is), samples.clone(), INTERVAL_S)
        };
        self.live.series = self.series.values().map(series).collect();
        self.live.observe(service, now_unix_s)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use std::cell::Cell;

    use swarmlab_control::controllers::Fixed;
    use swarmlab_control::{Autoscaler, Bounds};
    use swarmlab_record::decisions::{By, Controlled, Line};
    use swarmlab_record::manifest::{Origin, Windows};
    use swarmlab_record::plan::{LoadModel, Plan};
    use swarmlab_record::series::fixture;
    use swarmlab_record::topology::{ClockOffset, ReplicaEvent, Role, Service, Target};

    use super::super::{AtWork, Controllers, Decider, Scalers};
    use super::*;
    use swarmlab_trial::DecisionId;

    fn view() -> View {
        let mut manifest = Manifest::begun(
            Origin::Run,
            "x",
            1000.0,
            Plan::of_load("web".into(), LoadModel::Open, 60.0, 1.0, 1),
        );
        let web = Service { name: "web".into(), role: Role::Application, replicas: 1, image: String::new() };
        manifest.topology.services.push(web);
        let mut view = View::new(manifest, 30.0);
        view.see(1000.0, &News::Windows(Some(Windows::alone(1000.0, 1060.0, 1060.0))));
        let event = ReplicaEvent {
            t_unix_s: 999.0,
            service: "web".into(),
            desired: 2,
            running: 2,
            healthy: 1,
            health_checked: Some(true),
            cause: String::new(),
        };
        view.see(1000.0, &News::Replicas(event));
        view
    }

    fn sample(view: &mut View, t_unix_s: f64, stamp: f64, value: f64) {
        let series = Arc::new(fixture::identity("web", "a"));
        view.see(t_unix_s, &News::Samples(vec![Reading { series, t_unix_s: stamp, value }].into()));
    }

    #[test]
    fn a_controller_is_asked_when_what_it_is_shown_has_been_put_together() {
        let by = Autoscaler::new(Bounds::default(), Fixed { replicas: 2 }.into());
        let controlled = Controlled {
            format: swarmlab_record::decisions::FORMAT,
            service: "web".into(),
            every_s: 1.0,
            acts: false,
            by: By::House(by.clone()),
        };
        let decider = Decider::House(Box::new(by));
        let at_work = vec![AtWork { controlled, shown: 0, decider, open: None }];
        let view = view();
        let setup = Controllers { all: Vec::new(), manifest: view.live.raw.manifest.clone() };
        let mut scalers = Scalers { setup, view, trial: 0, at_work };
        // To look takes two seconds.
        let (now_s, looked) = (Cell::new(1010.0), Cell::new(0));
        let clock = || {
            looked.set(looked.get() + 1);
            now_s.replace(now_s.get() + 2.0)
        };
        let came = scalers.ask(DecisionId(0), "web", &clock);
        let Some((_, _, Some(News::Controllers(line)))) = came.decided else { panic!("{:?}", came.warning) };
        let Line::Decision(decided) = &*line else { panic!("{line:?}") };
        assert_eq!((decided.observation.t_s, decided.decision.at_s, looked.get()), (1010.0, 1012.0, 2));
    }

    #[test]
    fn samples_of_another_clock_are_as_old_as_they_are_and_not_as_they_say() {
        let ages: Vec<f64> = [0.0, 100.0]
            .into_iter()
            .map(|offset_s| {
                let mut view = view();
                let news = News::CameUp {
                    target: Target { addresses: Vec::new(), host: String::new() },
                    clock_offset: Some(ClockOffset { offset_s, error_s: 0.01 }),
                    provenance: BTreeMap::new(),
                };
                view.see(1000.0, &news);
                for i in 0..10 {
                    let t = 1000.0 + f64::from(i);
                    sample(&mut view, t + 0.2, t + offset_s, f64::from(i));
                }
                let seen = view.observe("web", 1010.5).unwrap().unwrap();
                assert_eq!(seen.metrics["cpu"].v, Some(1.0));
                seen.metrics["cpu"].age_s
            })
            .collect();
        assert_eq!(ages, [1.5, 1.5]);
    }

    #[test]
    fn it_does_not_grow_with_the_run_and_forgets_with_the_trial() {
        let mut view = view();
        for i in 0..3600 {
            let t = 1000.0 + f64::from(i);
            sample(&mut view, t, t, f64::from(i));
        }
        let kept: usize = view.series.values().map(|(_, s)| s.len()).sum();
        assert!(kept < 100, "{kept}");
        view.see(5000.0, &News::NextTrial(1));
        assert!(view.series.is_empty() && view.observe("web", 5000.0).unwrap().is_none());
    }
}
