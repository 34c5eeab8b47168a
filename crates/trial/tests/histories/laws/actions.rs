//! Actions on the testbed: each is asked for once, at its time, and has one end.

use std::collections::{BTreeMap, BTreeSet};

use swarmlab_record::Phase;
use swarmlab_record::action::Action;
use swarmlab_trial::{Command, EndState, Happening, Part, When};

use super::{commands, ensure};
use crate::script::Script;
use crate::world::History;

pub fn actions_are_asked_for_once_and_have_one_end(script: &Script, history: &History) -> Result<(), String> {
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

pub fn actions_are_asked_for_at_their_time(script: &Script, history: &History) -> Result<(), String> {
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

pub fn a_load_starts_and_a_trial_follows_only_on_a_system_left_alone(
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

pub fn what_is_not_asked_for_is_told(script: &Script, history: &History) -> Result<(), String> {
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
