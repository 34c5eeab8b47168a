//! What a session owes: it ends, takes down what it brought up, records what happened, and calls complete what is.

use std::collections::BTreeSet;

use swarmlab_record::Phase;
use swarmlab_record::manifest::Windows;
use swarmlab_trial::{Command, EndState, Entry, Happening, Keep, LEAD_S, LoadId, Part, Start, TrialPlan};

use super::{commands, count, ensure};
use crate::script::Script;
use crate::world::History;

pub fn it_ends_once_and_within_its_bound(script: &Script, history: &History) -> Result<(), String> {
    ensure(history.end().is_some(), || "it never ends".to_owned())?;
    ensure(count(history, |c| matches!(c, Command::End(_))) == 1, || "it ends twice".to_owned())?;
    let took_s = history.steps.last().map_or(0.0, |s| s.now) - script.begin;
    // Ticks of this world come up to some milliseconds late.
    ensure(took_s <= script.plan.bound_s() + 0.1, || format!("took {took_s} of {}", script.plan.bound_s()))
}

pub fn what_is_brought_up_is_taken_down_once(script: &Script, history: &History) -> Result<(), String> {
    let ups = count(history, |c| matches!(c, Command::BringUp));
    let downs = count(history, |c| matches!(c, Command::TakeDown));
    let left = count(history, |c| matches!(c, Command::LeaveUp));
    ensure(ups == 1 && downs + left == 1, || format!("{ups} up, {downs} down, {left} left up"))?;
    ensure(left == 0 || script.plan.keep == Keep::Yes, || "left up unasked".to_owned())
}

fn entry_fits(happening: &Happening, entry: &Entry) -> bool {
    match happening {
        Happening::Sampled(_) => *entry == Entry::Samples,
        Happening::Observed => *entry == Entry::Observed,
        Happening::Acted(..) => *entry == Entry::Acted,
        Happening::Decided(..) => *entry == Entry::Decided,
        Happening::Interval(load, _) => *entry == Entry::Interval(*load),
        Happening::Noted(m) => *entry == Entry::Step(m.clone()),
        _ => matches!(entry, Entry::Step(_)),
    }
}

pub fn what_happened_is_recorded_in_its_order(_: &Script, history: &History) -> Result<(), String> {
    let mut warned = BTreeSet::new();
    let mut closed = false;
    for step in &history.steps {
        let records: Vec<_> = step.commands.iter().filter(|c| matches!(c, Command::Record(_))).collect();
        match &step.happening {
            _ if closed => ensure(records.is_empty(), || "recorded after the close".to_owned())?,
            None | Some(Happening::Tick | Happening::RecordFailed(_) | Happening::Closed) => {
                ensure(records.is_empty(), || format!("recorded out of nothing: {records:?}"))?;
            }
            Some(Happening::Warned(m)) => {
                let first = matches!(step.commands.first(), Some(Command::Warn(w)) if w == m);
                ensure(first || warned.contains(m), || format!("not warned of {m}"))?;
            }
            Some(h) => {
                let fits = matches!(step.commands.first(), Some(Command::Record(e)) if entry_fits(h, e));
                ensure(fits && records.len() == 1, || format!("{h:?} is not recorded at {}", step.now))?;
            }
        }
        for c in &step.commands {
            match c {
                Command::NextTrial(_) => warned.clear(),
                Command::Warn(m) => {
                    ensure(!closed && warned.insert(m.clone()), || format!("said twice: {m}"))?;
                }
                Command::Close => closed = true,
                _ => {}
            }
        }
    }
    Ok(())
}

pub fn nothing_is_sent_after_a_stop(script: &Script, history: &History) -> Result<(), String> {
    let (mut stopped, mut started) = (false, BTreeSet::new());
    for step in &history.steps {
        stopped |= step.happening == Some(Happening::Interrupted);
        for c in &step.commands {
            match c {
                Command::StopLoad(_) | Command::AbortLoad(_) | Command::TakeDown | Command::LeaveUp => {
                    stopped = true;
                }
                Command::StartLoad { load, start_unix_s } => {
                    ensure(!stopped, || format!("{load:?} starts after a stop"))?;
                    ensure(started.insert(*load), || format!("{load:?} starts twice"))?;
                    let lead_s = if script.plan.start == Start::AtEdge { LEAD_S } else { 0.0 };
                    ensure(*start_unix_s >= step.told + lead_s - 1e-6, || "started in the past".to_owned())?;
                }
                Command::Act { id, .. } => ensure(!stopped, || format!("{id:?} is asked for after a stop"))?,
                Command::Decide { id, .. } => ensure(!stopped, || format!("{id:?} is asked after a stop"))?,
                Command::SetLevel { load, level } => {
                    ensure(!stopped, || format!("level of {load:?} after a stop"))?;
                    ensure(started.contains(load) && level.is_finite(), || format!("level {level}"))?;
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn consistent(w: &Windows, bin_s: f64, start: Start) -> bool {
    let bins = (w.load_start_unix_s - w.grid_unix_s) / bin_s;
    w.grid_unix_s <= w.load_start_unix_s
        && w.load_start_unix_s <= w.load_end_unix_s
        && w.load_end_unix_s <= w.drained_unix_s
        && w.drained_unix_s <= w.settled_unix_s
        && (w.grid_unix_s.fract() == 0.0 || start == Start::AtOnce)
        && (bins - bins.round()).abs() < 1e-9
}

pub fn windows_are_consistent(script: &Script, history: &History) -> Result<(), String> {
    let mut trial = 0;
    for (_, c) in commands(history) {
        match c {
            Command::NextTrial(n) => trial = *n,
            Command::Windows(Some(w)) => {
                ensure(consistent(w, script.plan.trials[trial].bin_s, script.plan.start), || {
                    format!("{w:?}")
                })?;
            }
            _ => {}
        }
    }
    Ok(())
}

pub fn phases_are_in_order(_: &Script, history: &History) -> Result<(), String> {
    let mut phases = vec![];
    for (_, c) in commands(history) {
        match c {
            Command::Enter { phase, .. } => {
                ensure(phases.last().is_none_or(|last| last < phase), || {
                    format!("{phase:?} after {phases:?}")
                })?;
                phases.push(*phase);
            }
            Command::NextTrial(_) => {
                ensure(phases.last() == Some(&Phase::Collect), || format!("next after {phases:?}"))?;
                phases = vec![Phase::Up];
            }
            _ => {}
        }
    }
    ensure(phases.first() == Some(&Phase::Up) && phases.ends_with(&[Phase::Down, Phase::Analyse]), || {
        format!("{phases:?}")
    })
}

/// Whether a measured load ran its whole length.
fn whole(history: &History, load: LoadId, plan: &TrialPlan) -> bool {
    let start = commands(history).find_map(|(_, c)| match c {
        Command::StartLoad { load: l, start_unix_s } if *l == load => Some(*start_unix_s),
        _ => None,
    });
    let Some(start) = start else { return false };
    let end = history.steps.iter().find_map(|s| match &s.happening {
        Some(Happening::LoadEnded(l, Ok(()))) if *l == load => Some(s.told),
        _ => None,
    });
    end.is_some_and(|e| e >= start + plan.load_s - plan.bin_s.min(1.0) - 1e-6)
}

pub fn complete_means_complete(script: &Script, history: &History) -> Result<(), String> {
    let going_down = |c: &Command| matches!(c, Command::TakeDown | Command::LeaveUp);
    let down_at = history.steps.iter().position(|s| s.commands.iter().any(going_down)).unwrap_or(0);
    let closed_at = history.steps.iter().position(|s| s.commands.contains(&Command::Close)).unwrap_or(0);
    let mut wrong = vec![];
    for (i, step) in history.steps.iter().enumerate() {
        match &step.happening {
            Some(Happening::Interrupted | Happening::Broken(_)) if i <= down_at => wrong.push(step),
            Some(Happening::Down(Err(_))) if i > down_at && i <= closed_at => wrong.push(step),
            Some(Happening::RecordFailed(_)) => wrong.push(step),
            _ => {}
        }
    }
    let cut_by_us = count(history, |c| {
        matches!(c, Command::CancelUp | Command::StopLoad(_) | Command::AbortLoad(_) | Command::Windows(None))
    });
    let loads_whole = (0..script.plan.trials.len())
        .all(|n| whole(history, LoadId { trial: n, part: Part::Load }, &script.plan.trials[n]));
    let whole = wrong.is_empty() && cut_by_us == 0 && loads_whole;
    match history.end() {
        Some(EndState::Complete) => {
            ensure(whole, || format!("complete in spite of {wrong:?}, {cut_by_us} cuts, whole {loads_whole}"))
        }
        Some(EndState::Partial(cut)) => {
            let late = matches!(cut, swarmlab_trial::Cut::Overdue(_) | swarmlab_trial::Cut::Testbed(_));
            ensure(!whole || late, || format!("partial for nothing: {cut}"))
        }
        None => Ok(()),
    }
}

pub fn orders_come_in_pairs(_: &Script, history: &History) -> Result<(), String> {
    let mut observing = false;
    let (mut started, mut stopped, mut aborted) = (None, None, None);
    for (_, c) in commands(history) {
        match c {
            Command::Observe | Command::StopObserving => {
                let on = *c == Command::Observe;
                ensure(observing != on, || format!("{c:?} twice"))?;
                observing = on;
            }
            Command::StartLoad { load, .. } => started = Some(*load),
            Command::StopLoad(load) => {
                ensure(started == Some(*load) && stopped.is_none(), || format!("stopped {load:?}"))?;
                stopped = Some(*load);
            }
            Command::AbortLoad(load) => {
                ensure(started == Some(*load) && aborted.is_none(), || format!("aborted {load:?}"))?;
                aborted = Some(*load);
            }
            _ => {}
        }
    }
    ensure(!observing, || "still observing".to_owned())
}
