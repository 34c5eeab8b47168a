//! One pass over series gives what holding them all gave, bit for bit.

#![allow(clippy::unwrap_used)]

mod held;

use std::sync::Arc;

use proptest::prelude::*;
use swarmlab_frame::frame::Column;
use swarmlab_record::manifest::Origin;
use swarmlab_record::metric::{Kind, Meaning};
use swarmlab_record::plan::{LoadModel, Plan};
use swarmlab_record::series::{Identity, Sample};
use swarmlab_record::topology::{Front, Role, Service, Topology};
use swarmlab_shapes::Shape;
use swarmlab_shapes::shape::Constant;

use super::*;

const BINS: usize = 12;

fn raw() -> Raw {
    let service =
        |name: &str| Service { name: name.into(), role: Role::Other, replicas: 1, image: String::new() };
    let front = |service: &str| Front { proxy: "edge".into(), service: service.into() };
    let end = 100.0 + BINS as f64;
    let plan = Plan {
        shape: Some(Shape::Constant(Constant::default())),
        measured: vec!["web".into()],
        ..Plan::of_load("edge".into(), LoadModel::Open, BINS as f64, 1.0, 0)
    };
    let manifest = Manifest {
        topology: Topology {
            services: ["web", "edge", "db"].map(service).into(),
            fronts: vec![front("web")],
            nodes: vec![],
        },
        windows: Some(Windows { grid_unix_s: 100.0, ..Windows::alone(101.5, end, end) }),
        state: State::Complete,
        ..Manifest::begun(Origin::Run, "test", 100.0, plan)
    };
    Raw {
        manifest,
        client: Vec::new(),
        events: Vec::new(),
        decisions: Vec::new(),
        files: Integrity::default(),
    }
}

/// What a series is: service, meaning, labels, and the one that a proxy speaks of.
fn identities() -> impl Strategy<Value = Identity> {
    let meaning = prop_oneof![
        Just((Meaning::CPU, Kind::Counter, None)),
        Just((Meaning::MEMORY, Kind::Gauge, None)),
        Just((Meaning::APPLICATION_CPU, Kind::Counter, None)),
        "[2-5]".prop_map(|class| (Meaning::PROXY_RESPONSES, Kind::Counter, Some(("class", class)))),
        // Now and then a task lacks a bound, or a bound is no number.
        prop::sample::select(vec!["1", "5", "+Inf", "+Inf", "x"]).prop_map(|le| (
            Meaning::PROXY_UPSTREAM_TIME,
            Kind::Bucket,
            Some(("le", le.to_owned()))
        )),
    ];
    let words = |words: &[&'static str]| prop::sample::select(words.to_vec());
    let upstream = prop::option::of(words(&["web", "other"]));
    (words(&["web", "edge", "db", "unknown"]), words(&["a", "b", "c"]), meaning, upstream, any::<bool>())
        .prop_map(|(service, task, (meaning, kind, label), upstream, scaled)| Identity {
            service: service.into(),
            task: task.into(),
            metric: format!("{meaning}_of_{task}"),
            meaning,
            kind,
            unit: "s".into(),
            scale: if scaled { 1e-3 } else { 1.0 },
            upstream: upstream.map(str::to_owned),
            task_is_exact: true,
            labels: label.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
        })
}

fn series() -> impl Strategy<Value = Series> {
    let sample = (0.2..1.4_f64, prop_oneof![4 => 0.0..10.0_f64, 1 => -50.0..0.0_f64]);
    let life = prop::option::of(99.0..105.0_f64);
    (identities(), prop::collection::vec(sample, 0..20), life.clone(), life, 98.0..103.0_f64).prop_map(
        |(identity, steps, born, died, begin)| {
            let (mut t, mut total) = (begin, 0.0_f64);
            let samples = steps.into_iter().map(|(dt, more)| {
                t += dt;
                total = (total + more).max(0.0);
                Sample::new(t, total)
            });
            let series = Series::new(Arc::new(identity), samples.collect(), 1.0);
            Series { born_unix_s: born, died_unix_s: died.map(|d| d + 6.0), ..series }
        },
    )
}

fn planned(raw: &Raw) -> Grid {
    Grid { origin_unix_s: 100.0, width_s: raw.manifest.plan.bin_s, widened: false }
}

/// Columns with their values bit by bit.
fn bits(columns: &[Column]) -> Vec<(String, String, String, Vec<Option<u64>>)> {
    let values = |c: &Column| c.values().iter().map(|v| v.map(f64::to_bits)).collect();
    columns.iter().map(|c| (c.name().into(), c.unit().into(), c.source().into(), values(c))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn one_pass_gives_what_holding_all_gave(all in prop::collection::vec(series(), 0..30)) {
        let raw = raw();
        let heads: Vec<Head> = all.iter().map(Head::of).collect();
        let (frame, totals) =
            build::<AssembleError>(&raw, &planned(&raw), &raw.client, &heads, all.iter().cloned().map(Ok)).unwrap();
        prop_assert_eq!(bits(frame.columns()), bits(&held::servers(&raw, &all, frame.bins()).unwrap()));
        for service in &raw.manifest.topology.services {
            for series in &all {
                let meaning = &series.identity.meaning;
                let bits = |i: crate::counts::Increase| (i.value.to_bits(), i.exact);
                prop_assert_eq!(
                    totals.of(&service.name, meaning).map(bits),
                    held::total(&raw, &all, &service.name, meaning).map(bits)
                );
            }
        }
    }

    #[test]
    fn the_order_of_the_series_changes_no_column(
        (all, shuffled) in prop::collection::vec(series(), 0..12).prop_flat_map(|all| {
            (Just(all.clone()), Just(all).prop_shuffle())
        }),
    ) {
        let raw = raw();
        // Which series is first decides what a column is called at its source, so that is one name here.
        let same = |s: &Series| {
            let identity = Identity { metric: "m".into(), scale: 1.0, ..s.identity.as_ref().clone() };
            Series { identity: Arc::new(identity), ..s.clone() }
        };
        let frame = |all: &[Series]| {
            let all: Vec<Series> = all.iter().map(same).collect();
            let heads: Vec<Head> = all.iter().map(Head::of).collect();
            build::<AssembleError>(&raw, &planned(&raw), &raw.client, &heads, all.into_iter().map(Ok)).unwrap().0
        };
        prop_assert_eq!(bits(frame(&all).columns()), bits(frame(&shuffled).columns()));
    }
}
