//! How many replicas there were: asked for, running, healthy by the orchestrator's own events, serving by the proxies
//! before them; and when tasks began and ended.

use std::collections::BTreeMap;

use swarmlab_frame::align::{StepFunction, Tolerance, gauge_last};
use swarmlab_frame::clock::Bins;
use swarmlab_frame::frame::{Column, Fold, NameError, Owner};
use swarmlab_record::events::Event;
use swarmlab_record::metric::Meaning;
use swarmlab_record::series::{Sample, Series};
use swarmlab_record::topology::{ReplicaEvent, TaskLife, Topology};

use super::{AssembleError, Raw, lives, replica_events};

/// The columns from events, service by service.
///
/// # Errors
/// [`AssembleError`] when a column cannot be named.
pub(super) fn of_events(raw: &Raw, bins: &Bins) -> Result<Vec<Column>, AssembleError> {
    let events = replica_events(&raw.events);
    let lives = lives(&raw.events);
    let told_of_tasks = raw.events.iter().any(|e| matches!(e, Event::Task(_)));
    let known_until = raw.known_until_unix_s();
    let mut out = Vec::new();
    for service in &raw.manifest.topology.services {
        let of_service: Vec<_> = events.iter().filter(|e| e.service == service.name).collect();
        if of_service.is_empty() {
            continue;
        }
        let owner = || Owner::Service(service.name.clone());
        for (metric, pick) in [
            ("replicas_desired", (|e| Some(e.desired)) as fn(&ReplicaEvent) -> Option<u64>),
            ("replicas_running", |e| Some(e.running)),
            // Where nobody checks, nobody knows.
            ("replicas_healthy", |e| (e.health_checked != Some(false)).then_some(e.healthy)),
        ] {
            let level = |e: &&ReplicaEvent| pick(e).map(|n| Sample::new(e.t_unix_s, n as f64));
            let points = of_service.iter().filter_map(level).collect();
            let values = StepFunction::new(points, known_until).last(bins);
            let source = "orchestrator's tasks and events, value in force at the end of the bin";
            out.push(Column::new(owner(), metric, "", source, Fold::Last, values)?);
        }
        if told_of_tasks {
            let own: Vec<&TaskLife> = lives.iter().filter(|l| l.service == service.name).collect();
            for (metric, when, source) in [
                (
                    "tasks_started",
                    born as fn(&TaskLife) -> Option<f64>,
                    "orchestrator: containers that started in the bin",
                ),
                ("tasks_ended", died, "orchestrator: containers that ended in the bin"),
            ] {
                let values = happened(own.iter().filter_map(|l| when(l)), bins, known_until);
                out.push(Column::new(owner(), metric, "", source, Fold::Sum, values)?);
            }
        }
    }
    Ok(out)
}

fn born(life: &TaskLife) -> Option<f64> {
    life.born_unix_s
}

/// Of a task that had begun: one that the Swarm gives up before had no container.
fn died(life: &TaskLife) -> Option<f64> {
    life.born_unix_s.and(life.died_unix_s)
}

/// How many of these moments lie in each bin; null where it is not known as a whole.
fn happened(moments: impl Iterator<Item = f64> + Clone, bins: &Bins, known_until: f64) -> Vec<Option<f64>> {
    let within = |from: f64, to: f64| moments.clone().filter(|t| (from..to).contains(t)).count() as f64;
    bins.spans().map(|(from, to)| (to <= known_until).then(|| within(from, to))).collect()
}

/// Replicas that are served, by service: what each task of each proxy before it tells.
#[derive(Default)]
pub(super) struct Serving(BTreeMap<String, Vec<Vec<Option<f64>>>>);

impl Serving {
    /// Adds a series, if it tells of members.
    pub(super) fn add(&mut self, series: &Series, topology: &Topology, bins: &Bins) {
        let is = &series.identity;
        if is.meaning != Meaning::PROXY_MEMBERS_HEALTHY {
            return;
        }
        // A proxy that does not say of whom it speaks, speaks of the only one behind it.
        let mut behind = topology.behind(&is.service);
        let only = || behind.next().filter(|_| behind.next().is_none());
        let Some(service) = is.upstream.as_deref().or_else(only) else { return };
        if topology.before(service).any(|proxy| proxy == is.service) {
            let levels = gauge_last(series, bins, Tolerance::default());
            let scaled = levels.into_iter().map(|v| v.map(|v| v * is.scale)).collect();
            self.0.entry(service.to_owned()).or_default().push(scaled);
        }
    }

    /// The columns: of several proxies, or several tasks of one, the least. A replica serves once all send it requests.
    pub(super) fn finish(self) -> Result<Vec<Column>, NameError> {
        let least = |tasks: &[Vec<Option<f64>>]| -> Vec<Option<f64>> {
            let bins = tasks.iter().map(Vec::len).max().unwrap_or(0);
            let of_bin = |i: usize| -> Option<f64> {
                let told: Vec<f64> =
                    tasks.iter().map(|t| t.get(i).copied().flatten()).collect::<Option<_>>()?;
                told.into_iter().reduce(f64::min)
            };
            (0..bins).map(of_bin).collect()
        };
        let source = "members that the proxies before it call healthy, the least of their tasks, last sample in the bin";
        let column = |(service, tasks): (String, Vec<Vec<Option<f64>>>)| {
            Column::server(&service, "replicas_serving", "", source, Fold::Last, least(&tasks))
        };
        self.0.into_iter().map(column).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use swarmlab_record::metric::Kind;
    use swarmlab_record::series::{Identity, fixture};
    use swarmlab_record::topology::{Front, Role, Service};

    use super::*;
    use crate::assemble::fixture::load_alone;

    fn topology(fronts: &[(&str, &str)]) -> Topology {
        let service =
            |name: &str| Service { name: name.into(), role: Role::Other, replicas: 1, image: String::new() };
        let front =
            |(proxy, service): &(&str, &str)| Front { proxy: (*proxy).into(), service: (*service).into() };
        Topology {
            services: ["edge", "own", "web", "db"].map(service).into(),
            fronts: fronts.iter().map(front).collect(),
            nodes: Vec::new(),
        }
    }

    fn members(proxy: &str, task: &str, upstream: Option<&str>, levels: &[(f64, f64)]) -> Series {
        let identity = Identity {
            meaning: Meaning::PROXY_MEMBERS_HEALTHY,
            kind: Kind::Gauge,
            unit: "replicas".into(),
            upstream: upstream.map(str::to_owned),
            ..fixture::identity(proxy, task)
        };
        let samples = levels.iter().map(|&(t, v)| Sample::new(t, v)).collect();
        Series { interval_s: 1.0, ..Series::new(Arc::new(identity), samples, 1.0) }
    }

    fn served(topology: &Topology, all: &[Series]) -> Vec<(String, Vec<Option<f64>>)> {
        let mut serving = Serving::default();
        all.iter().for_each(|s| serving.add(s, topology, &Bins::new(0.0, 1.0, 3).unwrap()));
        let columns = serving.finish().unwrap();
        columns.iter().map(|c| (c.name().to_owned(), c.values().to_vec())).collect()
    }

    #[test]
    fn a_replica_serves_once_every_proxy_before_it_sends_it_requests() {
        let topology = topology(&[("edge", "web"), ("edge", "db"), ("own", "web")]);
        let all = [
            members("edge", "1", Some("web"), &[(0.5, 1.0), (1.5, 4.0), (2.5, 4.0)]),
            members("edge", "2", Some("web"), &[(0.5, 1.0), (1.5, 3.0), (2.5, 4.0)]),
            // It stands before one service and does not name it.
            members("own", "1", None, &[(0.5, 2.0), (1.5, 4.0), (2.5, 4.0)]),
            members("edge", "1", Some("db"), &[(0.5, 1.0)]),
            // Nobody stands before it.
            members("own", "1", Some("edge"), &[(0.5, 9.0)]),
        ];
        assert_eq!(
            served(&topology, &all),
            [
                ("db_replicas_serving".to_owned(), vec![Some(1.0), Some(1.0), None]),
                ("web_replicas_serving".to_owned(), vec![Some(1.0), Some(3.0), Some(4.0)]),
            ]
        );
        assert_eq!(served(&topology, &all[..0]), []);
    }

    #[test]
    fn without_a_health_check_nobody_knows_who_is_healthy() {
        let mut raw = load_alone(3);
        raw.manifest.topology = topology(&[]);
        let counted = |service: &str, health_checked| {
            Event::Replicas(ReplicaEvent {
                t_unix_s: 999.0,
                service: service.into(),
                desired: 2,
                running: 2,
                healthy: 1,
                health_checked,
                cause: String::new(),
            })
        };
        raw.events = vec![counted("web", Some(true)), counted("db", Some(false)), counted("own", None)];
        let life = |born_unix_s, died_unix_s| TaskLife {
            service: "web".into(),
            task: "t".into(),
            born_unix_s,
            died_unix_s,
        };
        raw.events.push(Event::Task(life(Some(1000.2), None)));
        raw.events.push(Event::Task(life(None, Some(1002.0))));
        let columns = of_events(&raw, &Bins::new(1000.0, 1.0, 4).unwrap()).unwrap();
        let column = |name: &str| columns.iter().find(|c| c.name() == name).unwrap().values().to_vec();
        assert_eq!(column("web_replicas_healthy")[0], Some(1.0));
        assert_eq!(column("own_replicas_healthy")[0], Some(1.0));
        assert_eq!((column("db_replicas_healthy")[0], column("db_replicas_running")[0]), (None, Some(2.0)));
        // Begun in the first bin, ended as the third begins; what came after the run nobody knows.
        assert_eq!(column("web_tasks_started"), [Some(1.0), Some(0.0), Some(0.0), None]);
        assert_eq!(column("web_tasks_ended"), [Some(0.0), Some(0.0), Some(1.0), None]);
        assert_eq!(column("db_tasks_ended"), [Some(0.0), Some(0.0), Some(0.0), None]);
    }
}
