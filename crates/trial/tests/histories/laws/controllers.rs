//! Controllers: asked while the load lasts, and what they want is done once, within bounds and in turn.

use std::collections::{BTreeMap, BTreeSet};

use swarmlab_record::action::Action;
use swarmlab_trial::{ActId, Command, DecisionId, Happening, Part};

use super::ensure;
use crate::script::{MAX, MIN, Script};
use crate::world::History;

pub fn controllers_are_asked_while_the_load_lasts_and_each_decision_has_one_end(
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

pub fn what_controllers_want_is_asked_for_once_within_bounds_and_in_turn(
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

pub fn the_newest_decision_counts(_: &Script, history: &History) -> Result<(), String> {
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
