//! A trial begins and ends.

use super::{State, down, load, restore, settle};
use crate::acts::GaveUp;
use crate::grid::Grid;
use crate::happening::Part;
use crate::plan::Start;
use crate::rules::Timeline;
use crate::run::Run;

/// Begins the trial under way: its grid, its sources, its warm-up.
pub(super) fn enter(run: &mut Run) -> State {
    let Some(plan) = run.trial_plan().cloned() else { return down::enter(run) };
    run.grid = match run.plan.start {
        Start::AtEdge => Grid::at(run.now, plan.bin_s),
        Start::AtOnce => Grid::of_load(run.now, plan.bin_s),
    };
    run.timeline = Timeline::of(&plan.actions);
    run.scaling.begin(&plan.scaling);
    run.observe();
    match plan.warm_up_s {
        Some(length_s) => load::enter(Part::WarmUp, run.grid.origin_unix_s, length_s, run),
        None => settle::enter(run.now, run),
    }
}

/// Goes on to the next trial, if there is one and nothing cut this one.
pub(super) fn leave(run: &mut Run) -> State {
    if run.is_cut() || run.trial + 1 >= run.plan.trials.len() {
        return down::enter(run);
    }
    run.give_up_acts(GaveUp::TrialOver);
    restore::enter(run)
}

/// Begins the next trial.
pub(super) fn next(run: &mut Run) -> State {
    run.stop_observing();
    run.next_trial();
    enter(run)
}
