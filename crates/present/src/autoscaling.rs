//! What controllers did: what they decided, what it cost, and how long it took until it helped.

use std::collections::BTreeMap;

use swarmlab_analysis::assemble::{Raw, replica_events};
use swarmlab_analysis::column;
use swarmlab_control::Outcome;
use swarmlab_elasticity::{Steps, cost};
use swarmlab_frame::frame::Frame;
use swarmlab_record::action::{Action, ActionEvent, Progress};
use swarmlab_record::decisions::{Controlled, Decided, Line};
use swarmlab_record::events::Event;
use swarmlab_record::topology::ReplicaEvent;
use swarmlab_report::model::{self as m, Cell, Column, Ink, Panel, Scale, Table, Unit};

/// A panel for each service that is scaled.
pub fn panels(raw: &Raw, frame: &Frame) -> Vec<Panel> {
    let line = |service: &str, what: &str, metric: &str, dashed: bool| {
        let values = frame.get(&column(service, metric, ""))?.to_vec();
        let known = values.iter().any(Option::is_some);
        let ink = if dashed { Ink::Offered } else { Ink::ByName };
        known.then(|| m::Line {
            name: what.to_owned(),
            ink,
            values,
            step: true,
            dashed,
            ..m::Line::default()
        })
    };
    let panel = |c: &Controlled| Panel {
        title: format!("Autoscaling of {}", c.service),
        unit: Unit::Count,
        scale: Scale::Linear,
        lines: [
            line(&c.service, "desired", "replicas_desired", true),
            line(&c.service, "running", "replicas_running", false),
            line(&c.service, "healthy", "replicas_healthy", false),
            line(&c.service, "serving", "replicas_serving", false),
        ]
        .into_iter()
        .flatten()
        .collect(),
        references: Vec::new(),
    };
    controlled(raw).map(panel).filter(|p| !p.lines.is_empty()).collect()
}

/// The tables; none of a run without controllers.
pub fn tables(raw: &Raw, frame: &Frame) -> Vec<Table> {
    let all: Vec<&Controlled> = controlled(raw).collect();
    if all.is_empty() {
        return Vec::new();
    }
    let dry = if all.iter().any(|c| !c.acts) {
        " The run was one without scaling (--no-scaling): what was decided was not done."
    } else {
        ""
    };
    let figures = Table {
        title: "Autoscaling".to_owned(),
        note: format!(
            "Decisions of the load, by decisions.jsonl. Changes: decisions that wanted another count or CPU limit. Reversals and \
             changes an hour are those of the count that was asked for; replica-seconds those of running replicas over the \
             load.{dry}"
        ),
        columns: vec![
            Column::text("service"),
            Column::text("controller"),
            Column::number("decisions", ""),
            Column::number("changes", ""),
            Column::text("holds"),
            Column::number("reversals", ""),
            Column::number("changes", "per hour"),
            Column::number("replicas", "replica-s"),
        ],
        rows: all.iter().map(|c| figures(raw, c)).collect(),
    };
    let rows: Vec<Vec<Cell>> = all.iter().filter_map(|c| delays(raw, frame, c)).collect();
    let delays = (!rows.is_empty()).then(|| Table {
        title: "Autoscaling: delays".to_owned(),
        note: "Of what controllers asked for and was in force: the median, and the range where there are several. From asking until \
               the testbed had taken it; where replicas were added, from then on until so many ran, were healthy, and were sent \
               requests by the proxies before them (to the end of a bin)."
            .to_owned(),
        columns: vec![
            Column::text("service"),
            Column::number("actions", ""),
            Column::number("asked to taken", "s"),
            Column::number("taken to running", "s"),
            Column::number("taken to healthy", "s"),
            Column::number("taken to serving", "s"),
        ],
        rows,
    });
    std::iter::once(figures).chain(delays).collect()
}

fn controlled(raw: &Raw) -> impl Iterator<Item = &Controlled> {
    raw.decisions.iter().filter_map(|l| if let Line::Controller(c) = l { Some(c.as_ref()) } else { None })
}

fn decided<'a>(raw: &'a Raw, service: &'a str) -> impl Iterator<Item = &'a Decided> {
    raw.decisions.iter().filter_map(move |l| match l {
        Line::Decision(d) if d.decision.service == service => Some(d.as_ref()),
        _ => None,
    })
}

fn figures(raw: &Raw, c: &Controlled) -> Vec<Cell> {
    let mut holds: BTreeMap<&str, u64> = BTreeMap::new();
    for d in decided(raw, &c.service) {
        if let Outcome::Hold { cause } = &d.decision.outcome {
            *holds.entry(cause.name()).or_default() += 1;
        }
    }
    let holds: Vec<String> = holds.iter().map(|(name, n)| format!("{n} {name}")).collect();
    let changes = decided(raw, &c.service).filter(|d| d.decision.outcome == Outcome::Change).count();
    let (asked, running) = (level(raw, &c.service, |e| e.desired), level(raw, &c.service, |e| e.running));
    let asked = asked.map(|s| cost::count(&s, None));
    let number = |v: Option<f64>| v.map_or_else(|| Cell::from(""), |v| Cell::from(format!("{v:.0}")));
    vec![
        Cell::from(c.service.as_str()),
        Cell::from(c.by.name()),
        Cell::from(decided(raw, &c.service).count().to_string()),
        Cell::from(changes.to_string()),
        Cell::from(if holds.is_empty() { "none".to_owned() } else { holds.join(", ") }),
        Cell::from(asked.map_or(String::new(), |a| a.reversals.to_string())),
        number(asked.and_then(|a| a.actions_per_h)),
        number(running.map(|s| s.integral())),
    ]
}

/// A count over the load, from the orchestrator's events; none where it was not told before the load began.
fn level(raw: &Raw, service: &str, of: fn(&ReplicaEvent) -> u64) -> Option<Steps> {
    let w = raw.windows().ok()?;
    let events = replica_events(&raw.events);
    let own: Vec<&ReplicaEvent> = events.iter().filter(|e| e.service == service).collect();
    let before = own.iter().rev().find(|e| e.t_unix_s <= w.load_start_unix_s)?;
    let first = (w.load_start_unix_s, of(before) as f64);
    let later = own.iter().filter(|e| e.t_unix_s > w.load_start_unix_s);
    let all: Vec<(f64, f64)> =
        std::iter::once(first).chain(later.map(|e| (e.t_unix_s, of(e) as f64))).collect();
    Steps::known(&all, w.load_end_unix_s)
}

/// The row of a service; none where nothing that its controller asked for came into force.
fn delays(raw: &Raw, frame: &Frame, c: &Controlled) -> Option<Vec<Cell>> {
    let events = replica_events(&raw.events);
    let own: Vec<&ReplicaEvent> = events.iter().filter(|e| e.service == c.service).collect();
    let actions: Vec<&ActionEvent> = raw
        .events
        .iter()
        .filter_map(|e| if let Event::Action(a) = e { Some(a) } else { None })
        .filter(|a| a.decision.is_some() && a.what.service() == c.service)
        .collect();
    let mut taken = Vec::new();
    let (mut ran, mut healthy, mut served) = (Vec::new(), Vec::new(), Vec::new());
    for asked in actions.iter().filter(|a| a.progress == Progress::Asked) {
        let end = actions.iter().find(|a| a.id == asked.id && a.progress != Progress::Asked);
        let Some(Progress::InForce { accepted_unix_s, done_unix_s, changed: true }) =
            end.map(|e| &e.progress)
        else {
            continue;
        };
        taken.push(accepted_unix_s - asked.t_unix_s);
        let Action::Scale { replicas, .. } = &asked.what else { continue };
        let before = own.iter().rev().find(|e| e.t_unix_s <= asked.t_unix_s).map(|e| e.running);
        if before.is_none_or(|before| before >= *replicas) {
            continue;
        }
        // What is reached after the action's end is another's doing.
        let reached = |is: &dyn Fn(&ReplicaEvent) -> bool| {
            let within = own.iter().filter(|e| (asked.t_unix_s..=done_unix_s + 1.0).contains(&e.t_unix_s));
            within.filter(|e| is(e)).map(|e| (e.t_unix_s - accepted_unix_s).max(0.0)).next()
        };
        ran.extend(reached(&|e| e.running >= *replicas));
        healthy.extend(reached(&|e| e.health_checked != Some(false) && e.healthy >= *replicas));
        served.extend(serving(frame, &c.service, *replicas, *accepted_unix_s));
    }
    (!taken.is_empty()).then(|| {
        vec![
            Cell::from(c.service.as_str()),
            Cell::from(taken.len().to_string()),
            spread(taken),
            spread(ran),
            spread(healthy),
            spread(served),
        ]
    })
}

/// From a moment until the proxies send requests to so many replicas; nothing where no proxy says so.
fn serving(frame: &Frame, service: &str, replicas: u64, since_unix_s: f64) -> Option<f64> {
    let values = frame.get(&column(service, "replicas_serving", ""))?;
    let bins = frame.bins();
    let ends = (0..bins.count()).map(|i| bins.edge(i + 1)).zip(values);
    let mut later = ends.filter(|(end, _)| *end >= since_unix_s);
    later.find(|(_, v)| v.is_some_and(|v| v >= replicas as f64)).map(|(end, _)| end - since_unix_s)
}

/// The median and the range; empty of nothing.
fn spread(mut all: Vec<f64>) -> Cell {
    all.sort_by(f64::total_cmp);
    let (Some(first), Some(last)) = (all.first(), all.last()) else { return Cell::from("") };
    let middle = all.len() / 2;
    let median = if all.len() % 2 == 1 { all[middle] } else { (all[middle - 1] + all[middle]) / 2.0 };
    Cell::from(if all.len() == 1 {
        format!("{median:.1}")
    } else {
        format!("{median:.1} ({first:.1} to {last:.1})")
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use swarmlab_control::controllers::Schedule;
    use swarmlab_control::{Autoscaler, Bounds, Observation, Replicas};
    use swarmlab_frame::clock::Bins;
    use swarmlab_frame::frame::{Column as FrameColumn, Fold, Owner};
    use swarmlab_record::decisions::{By, FORMAT};
    use swarmlab_record::integrity::Integrity;
    use swarmlab_record::manifest::{Manifest, Origin, State, Windows};
    use swarmlab_record::plan::{LoadModel, Plan};

    use super::*;

    /// A load of 60 s from 1000 on; `web` has one replica, two from 1012 on, and one again from 1040 on.
    fn raw(acts: bool) -> Raw {
        let plan = Plan::of_load("web".into(), LoadModel::Open, 60.0, 10.0, 1);
        let manifest = Manifest {
            windows: Some(Windows::alone(1000.0, 1060.0, 1060.0)),
            state: State::Complete,
            ..Manifest::begun(Origin::Run, "x", 1000.0, plan)
        };
        let schedule = Schedule {
            entries: Schedule::parse("0,1\n10,2\n30,1\n").unwrap(),
            repeat_s: None,
            begun_s: None,
        };
        let mut autoscaler = Autoscaler::new(Bounds::default(), schedule.into());
        let by = By::House(autoscaler.clone());
        let first = Controlled { format: FORMAT, service: "web".into(), every_s: 10.0, acts, by };
        let mut decisions = vec![Line::Controller(Box::new(first))];
        let mut desired = 1;
        for i in 0..5_u32 {
            let t_s = 1000.0 + 10.0 * f64::from(i);
            let replicas = Replicas { desired, running: desired, ready: desired };
            // The last one is older than it may be.
            let seen_s = if i == 4 { t_s - 100.0 } else { t_s };
            let seen = Observation { t_s: seen_s, service: "web".into(), replicas, ..Observation::default() };
            let decision = autoscaler.decide(&seen, t_s);
            desired = decision.replicas;
            decisions.push(Line::Decision(Box::new(Decided::of(i as usize, seen, decision))));
        }
        let replicas = |t_unix_s, desired, running, healthy| {
            Event::Replicas(ReplicaEvent {
                t_unix_s,
                service: "web".into(),
                desired,
                running,
                healthy,
                health_checked: Some(true),
                cause: String::new(),
            })
        };
        let action = |id, t_unix_s, replicas, progress| {
            let what = Action::Scale { service: "web".into(), replicas };
            Event::Action(ActionEvent { t_unix_s, id, what, decision: Some(1), progress })
        };
        let done =
            |accepted_unix_s, done_unix_s| Progress::InForce { accepted_unix_s, done_unix_s, changed: true };
        let events = vec![
            replicas(990.0, 1, 1, 1),
            action(0, 1010.0, 2, Progress::Asked),
            replicas(1010.5, 2, 1, 1),
            replicas(1012.0, 2, 2, 1),
            replicas(1015.0, 2, 2, 2),
            action(0, 1015.0, 2, done(1010.5, 1015.0)),
            action(1, 1030.0, 1, Progress::Asked),
            replicas(1040.0, 1, 1, 1),
            action(1, 1040.0, 1, done(1031.5, 1040.0)),
        ];
        Raw { manifest, client: Vec::new(), events, decisions, files: Integrity::default() }
    }

    fn frame() -> Frame {
        let mut frame = Frame::with_zero(Bins::new(1000.0, 10.0, 6).unwrap(), 1000.0);
        let serving = [1.0, 2.0, 2.0, 2.0, 1.0, 1.0].map(Some).to_vec();
        let owner = || Owner::Service("web".into());
        for metric in ["replicas_serving", "replicas_running"] {
            frame
                .push(FrameColumn::new(owner(), metric, "", "by hand", Fold::Last, serving.clone()).unwrap())
                .unwrap();
        }
        frame
    }

    fn text(table: &Table) -> Vec<String> {
        let row = |row: &Vec<Cell>| row.iter().map(|c| c.text.clone()).collect::<Vec<_>>().join(" | ");
        table.rows.iter().map(row).collect()
    }

    #[test]
    fn what_was_decided_what_it_cost_and_how_long_it_took() {
        let tables = tables(&raw(true), &frame());
        // 12 s of one replica, 28 of two, 20 of one; two changes in a minute.
        assert_eq!(text(&tables[0]), ["web | schedule | 5 | 2 | 1 old_observation | 1 | 120 | 88"]);
        assert!(!tables[0].note.contains("--no-scaling"));
        // Only the first added replicas: they served at the end of the second bin.
        assert_eq!(text(&tables[1]), ["web | 2 | 1.0 (0.5 to 1.5) | 1.5 | 4.5 | 9.5"]);
    }

    #[test]
    fn a_run_without_scaling_says_so_and_one_without_controllers_nothing() {
        let mut raw = raw(false);
        raw.events.retain(|e| matches!(e, Event::Replicas(_)));
        let of_dry = tables(&raw, &frame());
        assert!(of_dry.len() == 1 && of_dry[0].note.contains("--no-scaling"), "{of_dry:?}");
        raw.decisions.clear();
        assert!(tables(&raw, &frame()).is_empty() && panels(&raw, &frame()).is_empty());
    }

    #[test]
    fn the_panel_has_a_line_for_each_count_that_is_known() {
        let panels = panels(&raw(true), &frame());
        let names: Vec<&str> = panels[0].lines.iter().map(|l| l.name.as_str()).collect();
        assert_eq!((panels[0].title.as_str(), names), ("Autoscaling of web", vec!["running", "serving"]));
    }
}
