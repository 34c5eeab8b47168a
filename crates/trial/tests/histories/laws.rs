//! What must hold of every history, said without knowing how the core does it.

use std::collections::{BTreeMap, BTreeSet};

use swarmlab_record::Phase;
use swarmlab_record::action::Action;
use swarmlab_record::manifest::Windows;
use swarmlab_trial::{
    ActId, Command, DecisionId, EndState, Entry, Happening, Keep, LEAD_S, LoadId, Part, Start, TrialPlan,
    When,
};

use crate::script::{MAX, MIN, Script};
use crate::world::{History, Step};

type Law = fn(&Script, &History) -> Result<(), String>;

const LAWS: [Law; 15] = [
    it_ends_once_and_within_its_bound,
    what_is_brought_up_is_taken_down_once,
    what_happened_is_recorded_in_its_order,
    nothing_is_sent_after_a_stop,
    windows_are_consistent,
    phases_are_in_order,
    complete_means_complete,
    orders_come_in_pairs,
    actions_are_asked_for_once_and_have_one_end,
    actions_are_asked_for_at_their_time,
    a_load_starts_and_a_trial_follows_only_on_a_system_left_alone,
    what_is_not_asked_for_is_told,
    controllers_are_asked_while_the_load_lasts_and_each_decision_has_one_end,
    what_controllers_want_is_asked_for_once_within_bounds_and_in_turn,
    the_newest_decision_counts,
];

/// Checks all laws.
pub fn check(script: &Script, history: &History) -> Result<(), String> {
    LAWS.iter().try_for_each(|law| law(script, history))
}

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

fn commands(history: &History) -> impl Iterator<Item = (&Step, &Command)> {
    history.steps.iter().flat_map(|s| s.commands.iter().map(move |c| (s, c)))
}

fn count(history: &History, is: fn(&Command) -> bool) -> usize {
    commands(history).filter(|(_, c)| is(c)).count()
}

fn it_ends_once_and_within_its_bound(script: &Script, history: &History) -> Result<(), String> {
    ensure(history.end().is_some(), || "it never ends".to_owned())?;
    ensure(count(history, |c| matches!(c, Command::End(_))) == 1, || "it ends twice".to_owned())?;
    let took_s = history.steps.last().map_or(0.0, |s| s.now) - script.begin;
    // Ticks of this world come up to some milliseconds late.
    ensure(took_s <= script.plan.bound_s() + 0.1, || format!("took {took_s} of {}", script.plan.bound_s()))
}

fn what_is_brought_up_is_taken_down_once(script: &Script, history: &History) -> Result<(), String> {
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

fn what_happened_is_recorded_in_its_order(_: &Script, history: &History) -> Result<(), String> {
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

fn nothing_is_sent_after_a_stop(script: &Script, history: &History) -> Result<(), String> {
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

fn windows_are_consistent(script: &Script, history: &History) -> Result<(), String> {
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

fn phases_are_in_order(_: &Script, history: &History) -> Result<(), String> {
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

fn complete_means_complete(script: &Script, history: &History) -> Result<(), String> {
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

fn orders_come_in_pairs(_: &Script, history: &History) -> Result<(), String> {
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

fn actions_are_asked_for_once_and_have_one_end(script: &Script, history: &History) -> Result<(), String> {
    let (mut ids, mut under_way) = (BTreeSet::new(), BTreeSet::new());
    let (mut planned, mut undone): (Vec<&Action>, Vec<&Action>) = (vec![], vec![]);
    for trial in &script.plan.trials {
        planned.extend(trial.actions.iter().map(|p| &p.action));
        undone.extend(trial.actions.iter().filter_map(|p| p.undo.as_ref()));
        undone.extend(trial.scaling.iter().flat_map(|s| &s.undo));
    }
    for step in &history.steps {
        if let Some(Happening::Acted(id, _)) = &step.happening {
            under_way.remove(id);
        }
        for c in &step.commands {
            match c {
                Command::Act { id, action, decision } => {
                    ensure(ids.insert(*id) && under_way.insert(*id), || format!("{id:?} twice"))?;
                    if decision.is_some() {
                        continue;
                    }
                    let of = if undone.contains(&action) { &mut undone } else { &mut planned };
                    let at = of.iter().position(|a| *a == action);
                    of.swap_remove(at.ok_or_else(|| format!("{action} is asked for once too often"))?);
                }
                Command::GiveUpAct { id, .. } => {
                    ensure(under_way.remove(id), || format!("{id:?} is given up and not under way"))?;
                }
                Command::TakeDown | Command::LeaveUp | Command::NextTrial(_) | Command::End(_) => {
                    ensure(under_way.is_empty(), || format!("{under_way:?} under way at {c:?}"))?;
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn actions_are_asked_for_at_their_time(script: &Script, history: &History) -> Result<(), String> {
    let (mut trial, mut phase, mut start) = (0, Phase::Up, f64::INFINITY);
    let (mut cut, mut told) = (false, f64::NEG_INFINITY);
    let mut asked: Vec<&Action> = vec![];
    for step in &history.steps {
        for c in &step.commands {
            match c {
                Command::NextTrial(n) => (trial, start) = (*n, f64::INFINITY),
                Command::Enter { phase: p, .. } => phase = *p,
                Command::StartLoad { load, start_unix_s } if load.part == Part::Load => start = *start_unix_s,
                Command::StopLoad(_) | Command::AbortLoad(_) => cut = true,
                Command::Act { action, decision: None, .. } => {
                    asked.push(action);
                    let plan = script.plan.trials[trial].actions.iter().find(|p| p.action == *action);
                    let fits = match plan.map(|p| p.at) {
                        Some(When::WarmUp) => phase == Phase::WarmUp,
                        Some(When::Settle) => phase == Phase::Settle,
                        Some(When::Load(s)) => {
                            (phase == Phase::Load || phase == Phase::Drain) && step.told >= start + s
                        }
                        // What was changed is taken back.
                        None => phase == Phase::Collect,
                    };
                    ensure(fits, || format!("{action} at {} in {phase:?}", step.told))?;
                }
                _ => {}
            }
        }
        // Nobody who is due waits for longer than until the next step.
        if !cut && phase == Phase::Load && step.told > told {
            told = step.told;
            for p in &script.plan.trials[trial].actions {
                let due = matches!(p.at, When::Load(s) if start + s <= told);
                ensure(!due || asked.contains(&&p.action), || {
                    format!("{} is due at {told} and not asked for", p.action)
                })?;
            }
        }
    }
    Ok(())
}

fn a_load_starts_and_a_trial_follows_only_on_a_system_left_alone(
    script: &Script,
    history: &History,
) -> Result<(), String> {
    let (mut under_way, mut changed): (BTreeMap<_, &Action>, Vec<&Action>) = Default::default();
    let mut trial = 0;
    for step in &history.steps {
        if let Some(Happening::Acted(id, result)) = &step.happening
            && let Some(action) = under_way.remove(id)
            && result.is_ok()
        {
            changed.retain(|undo| *undo != action);
        }
        for c in &step.commands {
            match c {
                Command::Act { id, action, decision } => {
                    under_way.insert(*id, action);
                    let scaled = script.plan.trials[trial].scaling.iter();
                    let of_loop = scaled.filter(|s| decision.is_some() && s.service == action.service());
                    changed.extend(of_loop.flat_map(|s| &s.undo));
                    let plan = script.plan.trials[trial].actions.iter().find(|p| p.action == *action);
                    changed.extend(plan.and_then(|p| p.undo.as_ref()));
                }
                Command::GiveUpAct { id, .. } => drop(under_way.remove(id)),
                Command::StartLoad { load, .. } if load.part == Part::Load => {
                    ensure(under_way.is_empty(), || format!("{load:?} starts beside {under_way:?}"))?;
                }
                Command::NextTrial(n) => {
                    trial = *n;
                    ensure(changed.is_empty(), || format!("not taken back: {changed:?}"))?;
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn what_is_not_asked_for_is_told(script: &Script, history: &History) -> Result<(), String> {
    if history.end() != Some(&EndState::Complete) {
        return Ok(());
    }
    for p in script.plan.trials.iter().flat_map(|t| t.actions.iter().map(move |p| (t, p))) {
        let (trial, p) = p;
        if p.at == When::WarmUp && trial.warm_up_s.is_none() {
            // There is no such moment; whoever plans sees to it that nobody asks for it.
            continue;
        }
        let asked =
            commands(history).any(|(_, c)| matches!(c, Command::Act { action, .. } if *action == p.action));
        let told = || {
            let of = format!("{}:", p.action);
            commands(history).any(|(_, c)| matches!(c, Command::Warn(m) if m.starts_with(&of)))
        };
        ensure(asked || told(), || format!("{} was forgotten", p.action))?;
    }
    Ok(())
}

fn controllers_are_asked_while_the_load_lasts_and_each_decision_has_one_end(
    script: &Script,
    history: &History,
) -> Result<(), String> {
    let (mut trial, mut start) = (0, f64::INFINITY);
    let (mut ids, mut open): (BTreeSet<DecisionId>, BTreeMap<&str, DecisionId>) = Default::default();
    for step in &history.steps {
        if let Some(Happening::Decided(id, _)) = &step.happening {
            open.retain(|_, o| o != id);
        }
        for c in &step.commands {
            match c {
                Command::NextTrial(n) => {
                    (trial, start) = (*n, f64::INFINITY);
                    ensure(open.is_empty(), || format!("{open:?} open at {c:?}"))?;
                }
                Command::StartLoad { load, start_unix_s } if load.part == Part::Load => start = *start_unix_s,
                Command::Decide { id, service } => {
                    ensure(ids.insert(*id), || format!("{id:?} twice"))?;
                    let before = open.insert(service, *id);
                    ensure(before.is_none(), || format!("{service} is asked while {before:?} is open"))?;
                    let plan = &script.plan.trials[trial];
                    let scaled = plan.scaling.iter().find(|s| s.service == *service);
                    let every_s = scaled.map(|s| s.every_s).ok_or_else(|| format!("{service} is asked"))?;
                    let fits = step.told >= start + every_s && step.told < start + plan.load_s;
                    ensure(fits, || format!("{id:?} at {} of a load from {start} on", step.told))?;
                }
                Command::GiveUpDecision(id) => {
                    let known = open.values().any(|o| o == id);
                    open.retain(|_, o| o != id);
                    ensure(known, || format!("{id:?} is given up and not open"))?;
                }
                Command::StopLoad(_) | Command::TakeDown | Command::LeaveUp => {
                    ensure(open.is_empty(), || format!("{open:?} open at {c:?}"))?;
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn what_controllers_want_is_asked_for_once_within_bounds_and_in_turn(
    _: &Script,
    history: &History,
) -> Result<(), String> {
    // Of each decision what it wanted when it was heard first, while it was open.
    let mut open: BTreeSet<DecisionId> = BTreeSet::new();
    let mut wanted: BTreeMap<DecisionId, Vec<&Action>> = BTreeMap::new();
    let mut under_way: BTreeMap<&str, ActId> = BTreeMap::new();
    for step in &history.steps {
        match &step.happening {
            Some(Happening::Decided(id, wants)) if open.remove(id) => {
                wanted.insert(*id, wants.iter().collect());
            }
            Some(Happening::Acted(id, _)) => under_way.retain(|_, act| act != id),
            _ => {}
        }
        for c in &step.commands {
            match c {
                Command::Decide { id, .. } => drop(open.insert(*id)),
                Command::GiveUpDecision(id) => drop(open.remove(id)),
                Command::GiveUpAct { id, .. } => under_way.retain(|_, act| act != id),
                Command::Act { id, action, decision: Some(decision) } => {
                    let wants =
                        wanted.get_mut(decision).ok_or_else(|| format!("{decision:?} is not taken"))?;
                    let at = wants.iter().position(|a| *a == action);
                    wants.remove(at.ok_or_else(|| format!("{action} is not wanted, or not any more"))?);
                    let within =
                        matches!(action, Action::Scale { replicas, .. } if (MIN..=MAX).contains(replicas));
                    ensure(within, || format!("{action} is out of bounds"))?;
                    let other = under_way.insert(action.service(), *id);
                    ensure(other.is_none(), || format!("{action} beside {other:?}"))?;
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn the_newest_decision_counts(_: &Script, history: &History) -> Result<(), String> {
    let mut service_of: BTreeMap<DecisionId, &str> = BTreeMap::new();
    let (mut open, mut newest): (BTreeSet<DecisionId>, BTreeMap<&str, DecisionId>) = Default::default();
    for step in &history.steps {
        if let Some(Happening::Decided(id, _)) = &step.happening
            && open.remove(id)
        {
            newest.insert(service_of[id], *id);
        }
        for c in &step.commands {
            match c {
                Command::Decide { id, service } => {
                    service_of.insert(*id, service);
                    open.insert(*id);
                }
                Command::GiveUpDecision(id) => drop(open.remove(id)),
                Command::Act { action, decision: Some(decision), .. } => {
                    let now = newest.get(action.service());
                    ensure(now == Some(decision), || {
                        format!("{action} of {decision:?}, and {now:?} is newer")
                    })?;
                }
                _ => {}
            }
        }
    }
    Ok(())
}
